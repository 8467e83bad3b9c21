# SPDX-License-Identifier: Apache-2.0
"""What is still there of a container after a fault and a `delete --force`."""
import glob
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time


def cgroup_root():
    for line in open("/proc/self/mounts"):
        fields = line.split()
        if fields[2] == "cgroup2":
            return pathlib.Path(fields[1])
    sys.exit("missing: a cgroup v2 mount")


# Who makes cgroups, as in lib/common.bash.
MANAGER = os.environ.get("MANAGER", "cgroupfs")


class Container:
    """One container's id, state directory, bundle and cgroup, and the program under test."""

    def __init__(self, program, state, bundle, tag):
        self.program, self.state, self.bundle, self.tag = program, state, bundle, tag

    def command(self, *words):
        options = []
        # Every other verb knows without being told.
        if MANAGER == "systemd" and words[0] in ("create", "run"):
            options = ["--systemd-cgroup"]
        return [self.program, "--root", self.state, *options, *words]

    def cgroup(self):
        name = self.tag.strip("/")
        place = f"{name}.slice/{name}-c1.scope" if MANAGER == "systemd" else f"{name}/c1"
        return cgroup_root() / place

    def units(self, asks):
        """Units and jobs that systemd still has: a transient one has a file for as long as it is known,
        with a job too. Now and then it is asked itself, which takes long."""
        if MANAGER != "systemd":
            return []
        name = self.tag.strip("/")
        files = glob.glob(f"/run/systemd/transient/{name}-*")
        if files or not asks:
            return [f"systemd: {file}" for file in files]
        text = ""
        for words in (["list-units", "--all", f"{name}-*"], ["list-jobs", f"{name}*"]):
            text += subprocess.run(["systemctl", "--plain", "--no-legend", *words], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout
        return [f"systemd: {line.strip()}" for line in text.splitlines()]

    def create_command(self, verb="create"):
        return self.command(verb, "--bundle", self.bundle, "c1")

    def quietly(self, *words):
        # A file and no pipe: a container that goes on would hold it open.
        with tempfile.TemporaryFile("w+") as messages:
            done = subprocess.run(
                self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=messages, timeout=60,
            )
            messages.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, stderr=messages.read())

    def processes(self):
        """(pid, why) of every living process of the container, or of swrun for it."""
        for directory in glob.glob("/proc/[0-9]*"):
            pid = int(directory[6:])
            try:
                cgroup = open(f"{directory}/cgroup").read()
                words = open(f"{directory}/cmdline", "rb").read()
                state = open(f"{directory}/stat").read().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state in "ZX" or pid == os.getpid():
                continue
            if self.tag in cgroup:
                yield pid, f"process {pid} in the cgroup"
            elif self.state.encode() in words and words.startswith(self.program.encode()):
                yield pid, f"process {pid}: {words.decode().replace(chr(0), ' ')}"

    def leftovers(self):
        found = [why for _, why in self.processes()]
        found += [f"file {entry}" for entry in os.listdir(self.state) if entry[0] != "."]
        if self.cgroup().exists():
            found.append("the cgroup")
        with open("/proc/self/mountinfo") as mounts:
            found += [f"mount {line.split()[4]}" for line in mounts
                      if line.split()[4].startswith(self.bundle)]
        return found

    def clean_and_judge(self, moment, asks=True):
        """delete --force, then nothing may be left after two seconds; exits if anything is."""
        deleted = self.quietly("delete", "--force", "c1")
        if deleted.returncode != 0:
            sys.exit(f"{moment}: delete --force: status {deleted.returncode}: {deleted.stderr}")
        deadline = time.monotonic() + 2
        while (self.leftovers() or self.units(False)) and time.monotonic() < deadline:
            time.sleep(0.01)
        left = self.leftovers() + self.units(asks)
        if left:
            for pid, _ in self.processes():
                os.kill(pid, signal.SIGKILL)
            sys.exit(f"{moment}: left behind: {'; '.join(left)}")
        again = self.quietly("create", "--bundle", self.bundle, "c1")
        if again.returncode != 0:
            sys.exit(f"{moment}: the id cannot be used again: {again.stderr}")
        self.quietly("delete", "--force", "c1")
