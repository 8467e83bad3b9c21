# SPDX-License-Identifier: Apache-2.0
"""Adds very many processes to one container, one after the other, and counts what there is more of.

usage: many.py COUNT CONTAINER-PID STATE-DIRECTORY CGROUP-DIRECTORY -- EXEC-COMMAND...

Most run /bin/true; some are refused, fail, die by a signal, are detached or have a terminal. Prints each
count before and after as a fact NAME=BEFORE AFTER. What the whole machine shares is counted at quiet
moments as well as can be: the least of several looks.
"""
import glob
import os
import pathlib
import pty
import subprocess
import sys
import time


def lines(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def entries(directory):
    return sum(len(names) + len(files) for _, names, files in os.walk(directory))


def keys_of_root():
    with open("/proc/key-users") as file:
        for line in file:
            if line.split(":")[0].strip() == "0":
                return int(line.split()[1])
    return 0


def children_of(pid):
    """Of the container's init: who was orphaned there, zombies too."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return len(file.read().split())


def mount_namespaces():
    found = set()
    for path in glob.glob("/proc/[0-9]*/ns/mnt"):
        try:
            found.add(os.readlink(path))
        except OSError:
            pass  # it has ended
    return len(found)


def slab(name):
    """Objects of a kernel's cache in use; 0 where it does not say."""
    try:
        with open("/proc/slabinfo") as file:
            return next((int(line.split()[1]) for line in file if line.split()[0] == name), 0)
    except OSError:
        return 0


class World:
    def __init__(self, pid, state, cgroup):
        self.own = {
            "descriptors": lambda: len(os.listdir(f"/proc/{pid}/fd")),
            "mounts": lambda: lines(f"/proc/{pid}/mountinfo"),
            "files": lambda: entries(state),
            "cgroups": lambda: entries(cgroup),
            "processes": lambda: lines(f"{cgroup}/cgroup.procs"),
            "children": lambda: children_of(pid),
            "dying": lambda: int(pathlib.Path(cgroup, "cgroup.stat").read_text().split()[3]),
        }
        # Whatever else runs has its part in these.
        self.shared = {
            "hostmounts": lambda: lines("/proc/self/mountinfo"),
            "sockets": lambda: lines("/proc/net/unix"),
            "openfiles": lambda: int(open("/proc/sys/fs/file-nr").read().split()[0]),
            "keys": keys_of_root,
            "terminals": lambda: int(open("/proc/sys/kernel/pty/nr").read()),
            "namespaces": mount_namespaces,
            "nsproxies": lambda: slab("nsproxy"),
        }

    def counts(self):
        found = {name: look() for name, look in self.own.items()}
        looks = []
        for _ in range(5):
            looks.append({name: self.look(look) for name, look in self.shared.items()})
            time.sleep(0.2)
        found.update({name: min(look[name] for look in looks) for name in self.shared})
        return found

    @staticmethod
    def look(look):
        try:
            return look()
        except OSError:
            return 0


def run(command, expected, **streams):
    streams.setdefault("stdin", subprocess.DEVNULL)
    streams.setdefault("stdout", subprocess.DEVNULL)
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=120, check=False, **streams)
    if done.returncode != expected:
        sys.exit(f"{command}: {done.returncode}, wanted {expected}: {done.stderr.decode()}")


def one(number, execute, container):
    kind = number % 50
    if kind == 1:
        run([*execute, container, "nosuch"], 255)
    elif kind == 2:
        run([*execute, container, "/bin/false"], 1)
    elif kind == 3:
        run([*execute, container, "/probe", "die", "9"], 137)
    elif kind == 4:
        run([*execute, "--detach", container, "/bin/true"], 0)
    elif kind == 5:
        master, slave = pty.openpty()
        run([*execute, "--tty", container, "/bin/true"], 0, stdin=slave, stdout=slave)
        os.close(master)
        os.close(slave)
    elif kind == 6:
        run([*execute, "--cgroup", "nosuch", container, "/bin/true"], 255)
    else:
        run([*execute, container, "/bin/true"], 0)


def settled(world, before):
    """The counts once what is ending has ended."""
    for _ in range(50):
        after = world.counts()
        if all(after[name] <= before[name] for name in world.own):
            break
        time.sleep(0.1)
    return after


def main():
    count, pid, state, cgroup = int(sys.argv[1]), *sys.argv[2:5]
    *execute, container = sys.argv[6:]
    world = World(pid, state, cgroup)
    for number in range(100):  # what is made once is made now
        one(number, execute, container)
    before = world.counts()
    begun = time.monotonic()
    for number in range(count):
        one(number, execute, container)
    print(f"seconds={time.monotonic() - begun:.0f}")
    after = settled(world, before)
    for name, value in before.items():
        print(f"{name}={value} {after[name]}")


main()
