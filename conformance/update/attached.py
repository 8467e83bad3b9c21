# SPDX-License-Identifier: Apache-2.0
"""The device programs of a cgroup, without any library of BPF.

usage: attached.py list CGROUP      id and name of each program, one a line
       attached.py add CGROUP       attaches one more, without a name, that allows everything
See: bpf(2).
"""
import ctypes
import os
import platform
import struct
import sys

NUMBER = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_LOAD, PROG_ATTACH, FD_BY_ID, INFO_BY_FD, PROG_QUERY = 5, 8, 13, 15, 16
CGROUP_DEVICE_TYPE, CGROUP_DEVICE_ATTACH, ALLOW_MULTI = 15, 6, 2
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    attributes = ctypes.create_string_buffer(attributes, 160)
    result = libc.syscall(NUMBER, command, attributes, 160)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"bpf {command}")
    return result, attributes.raw


def programs(cgroup):
    ids = (ctypes.c_uint32 * 64)()
    _, answer = bpf(PROG_QUERY, struct.pack(
        "=IIIIQI", cgroup, CGROUP_DEVICE_ATTACH, 0, 0, ctypes.addressof(ids), 64))
    return list(ids)[:struct.unpack_from("=I", answer, 24)[0]]


def name(program):
    descriptor, _ = bpf(FD_BY_ID, struct.pack("=I", program))
    info = ctypes.create_string_buffer(256)
    bpf(INFO_BY_FD, struct.pack("=IIQ", descriptor, 256, ctypes.addressof(info)))
    os.close(descriptor)
    return info.raw[64:80].split(b"\0")[0].decode() or "-"


def add(cgroup):
    code = struct.pack("=BBhi", 0xB7, 0, 0, 1) + struct.pack("=BBhi", 0x95, 0, 0, 0)
    instructions, license = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    program, _ = bpf(PROG_LOAD, struct.pack(
        "=IIQQ", CGROUP_DEVICE_TYPE, 2, ctypes.addressof(instructions), ctypes.addressof(license)))
    bpf(PROG_ATTACH, struct.pack("=IIII", cgroup, program, CGROUP_DEVICE_ATTACH, ALLOW_MULTI))


group = os.open(sys.argv[2], os.O_RDONLY | os.O_DIRECTORY)
if sys.argv[1] == "add":
    add(group)
else:
    for number in programs(group):
        print(number, name(number))
