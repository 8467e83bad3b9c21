# SPDX-License-Identifier: Apache-2.0
"""Kills swrun on entry to chosen system calls and judges what is left.

usage: kill_at_calls.py SWRUN STATE BUNDLE CGROUP VERB COUNT

For each system call that changes the world, the first COUNT times that it is made: once in the
creator alone, once in any process. With the verb exec it is the adding of a process to a container that
goes on running.
"""
import os
import subprocess
import sys
import time

from aftermath import Container

CALLS = [
    "mkdirat", "openat", "openat2", "write", "renameat2", "renameat", "rename", "clone3", "clone", "bpf", "sendmsg",
    "recvmsg", "sendto", "recvfrom", "fsopen", "fsmount", "open_tree", "move_mount", "mount_setattr",
    "mount", "pivot_root", "umount2", "mknodat", "symlinkat", "linkat", "unlinkat", "flock", "fcntl",
    "seccomp", "execve", "execveat", "capset", "sethostname", "waitid", "wait4", "close", "fchownat",
]
# What exec makes beside those.
EXEC_CALLS = [
    "setns", "pidfd_open", "socketpair", "dup3", "close_range", "setsid", "ioctl", "prctl", "prlimit64",
    "setresuid", "setresgid", "setgroups", "keyctl", "chdir", "read", "poll", "signalfd4",
    "rt_sigprocmask", "getpid",
]


def main():
    program, state, bundle, tag, verb, count = sys.argv[1:7]
    container = Container(program, state, bundle, tag)
    target = Running(container) if verb == "exec" else Making(container, verb)
    rounds = 0
    for call in CALLS + (EXEC_CALLS if verb == "exec" else []):
        for follow in ([], ["-f"]):
            for number in range(1, int(count) + 1):
                run = subprocess.run(
                    ["strace", *follow, "-o", "/dev/null", "-e", f"trace={call}",
                     "-e", f"inject={call}:signal=KILL:when={number}", *target.command],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    timeout=60,
                ) if not follow else followed(target, call, number)
                rounds += 1
                target.judge(f"killed at {call} {number}{' in any' if follow else ''}")
                if run.returncode == 0:
                    break  # it is not made that often
    target.finish()
    print(f"{rounds} rounds of {verb}")


class Making:
    """A container that is made anew in each round."""

    def __init__(self, container, verb):
        self.container = container
        self.command = container.create_command(verb)

    def judge(self, moment):
        self.container.clean_and_judge(moment)

    def finish(self):
        pass


class Running:
    """A container that runs, and gets a process that soon ends in each round."""

    def __init__(self, container):
        self.container = container
        self.command = container.command("exec", "c1", "/probe", "exit")
        for words in (("create", "--bundle", container.bundle, "c1"), ("start", "c1")):
            done = container.quietly(*words)
            if done.returncode != 0:
                sys.exit(f"{words}: {done.stderr}")
        self.files = sorted(os.listdir(f"{container.state}/c1"))

    def judge(self, moment):
        """The container goes on, its init alone, and nobody has written anything."""
        deadline = time.monotonic() + 5
        while len(list(self.container.processes())) != 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        left = [why for _, why in self.container.processes()]
        if len(left) != 1:
            sys.exit(f"{moment}: {left} in place of init alone")
        files = sorted(os.listdir(f"{self.container.state}/c1"))
        if files != self.files or os.path.isdir(self.container.cgroup() / "c1"):
            sys.exit(f"{moment}: left behind: {files}")

    def finish(self):
        done = self.container.quietly("exec", "c1", "/probe", "exit", "7")
        if done.returncode != 7:
            sys.exit(f"exec does not work any more: {done.returncode}: {done.stderr}")
        self.container.clean_and_judge("after all")


def followed(target, call, number):
    """strace -f would wait for a container: let the creator's end suffice."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}",
         "-e", f"inject={call}:signal=KILL:when={number}", *target.command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        tracer.wait(timeout=0.4 if isinstance(target, Making) else 20)
    except subprocess.TimeoutExpired:
        tracer.kill()  # strace waits for the container on SIGTERM; its end detaches from it
        tracer.wait()
        tracer.returncode = 0
    return tracer


main()
