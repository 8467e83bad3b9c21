#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Translates a profile in the format of Docker and podman to linux.seccomp of config.json.

usage: translate-seccomp.py PROFILE > seccomp.json

The rules' conditions are decided for x86_64 and Docker's default capabilities, as dockerd does.
"""
import json
import sys

CAPABILITIES = {
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}


def applies(rule):
    wanted, unwanted = rule.get("includes") or {}, rule.get("excludes") or {}
    if wanted.get("arches") and "amd64" not in wanted["arches"]:
        return False
    if "amd64" in (unwanted.get("arches") or []):
        return False
    if not set(wanted.get("caps") or []) <= CAPABILITIES:
        return False
    return not set(unwanted.get("caps") or []) & CAPABILITIES


def argument(value):
    result = {"index": value["index"], "value": value["value"], "op": value["op"]}
    if value.get("valueTwo"):
        result["valueTwo"] = value["valueTwo"]
    return result


def main():
    with open(sys.argv[1]) as file:
        profile = json.load(file)
    rules = []
    for rule in filter(applies, profile["syscalls"]):
        result = {"names": rule["names"], "action": rule["action"]}
        if rule.get("errnoRet") is not None and rule["action"] == "SCMP_ACT_ERRNO":
            result["errnoRet"] = rule["errnoRet"]
        if rule.get("args"):
            result["args"] = [argument(value) for value in rule["args"]]
        rules.append(result)
    json.dump(
        {
            "defaultAction": profile["defaultAction"],
            # Docker's default; podman's profile says ENOSYS here.
            "defaultErrnoRet": 1,
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": rules,
        },
        sys.stdout,
        indent=1,
    )
    print()


main()
