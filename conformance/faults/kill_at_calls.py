# SPDX-License-Identifier: Apache-2.0
"""Kills swrun on entry to chosen system calls and judges what is left.

usage: kill_at_calls.py SWRUN STATE BUNDLE CGROUP VERB COUNT

For each system call that changes the world, the first COUNT times that it is made: once in the
creator alone, once in any process.
"""
import subprocess
import sys

from aftermath import Container

CALLS = [
    "mkdirat", "openat", "openat2", "write", "renameat2", "renameat", "rename", "clone3", "clone", "bpf", "sendmsg",
    "recvmsg", "sendto", "recvfrom", "fsopen", "fsmount", "open_tree", "move_mount", "mount_setattr",
    "mount", "pivot_root", "umount2", "mknodat", "symlinkat", "linkat", "unlinkat", "flock", "fcntl",
    "seccomp", "execve", "execveat", "capset", "sethostname", "waitid", "wait4", "close", "fchownat",
]


def main():
    program, state, bundle, tag, verb, count = sys.argv[1:7]
    container = Container(program, state, bundle, tag)
    rounds = 0
    for call in CALLS:
        for follow in ([], ["-f"]):
            for number in range(1, int(count) + 1):
                run = subprocess.run(
                    ["strace", *follow, "-o", "/dev/null", "-e", f"trace={call}",
                     "-e", f"inject={call}:signal=KILL:when={number}",
                     *container.create_command(verb)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    timeout=60,
                ) if not follow else followed(container, call, number, verb)
                rounds += 1
                container.clean_and_judge(f"killed at {call} {number}{' in any' if follow else ''}")
                if run.returncode == 0:
                    break  # it is not made that often
    print(f"{rounds} rounds of {verb}")


def followed(container, call, number, verb):
    """strace -f would wait for the container: let the creator's end suffice."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}",
         "-e", f"inject={call}:signal=KILL:when={number}", *container.create_command(verb)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        tracer.wait(timeout=0.4)
    except subprocess.TimeoutExpired:
        tracer.kill()  # strace waits for the container on SIGTERM; its end detaches from it
        tracer.wait()
        tracer.returncode = 0
    return tracer


main()
