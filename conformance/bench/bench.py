# SPDX-License-Identifier: Apache-2.0
"""swrun against crun, runc and the kernel's floor, all in one run, taking turns.

Prints medians of wall and CPU time, peak memory and the number of system calls, of `run /bin/true`
of create, start and delete apart, and of `exec /bin/true` in a running container, with the default
config.json and with Docker's seccomp profile; then the ratios against crun and the floor. Times on a
shared machine are noisy: only what one run says about several programs can be compared. An older
swrun takes part as "before" if BENCH_BEFORE is its path.

CPU of create includes what the container's init has used until then, as /proc/PID/schedstat says.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = HERE.parent.parent / ".build" / "bin"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
PR_SET_CHILD_SUBREAPER = 36
CAP_SYS_RESOURCE = 24


def has_capability(number):
    for line in open("/proc/self/status"):
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16) >> number & 1 == 1
    return False


def programs():
    found = {"swrun": str(BIN / "swrun")}
    if os.environ.get("BENCH_BEFORE"):
        found["before"] = os.path.realpath(os.environ["BENCH_BEFORE"])
    for name in ("crun", "runc"):
        path = shutil.which(name)
        if path:
            found[name] = path
        else:
            print(f"{name} is not installed and left out")
    return found


class World:
    """A directory on a tmpfs with a rootfs, one bundle a configuration and state directories."""

    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="swrun-bench-", dir="/dev/shm"))
        self.tag = self.place.name
        self.running = []
        root = self.place / "rootfs"
        for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            (root / name).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), root / "bin" / "busybox")
        for name in ("true", "sleep"):
            (root / "bin" / name).symlink_to("busybox")
        base = json.loads((HERE.parent / "lib" / "config.json").read_text())
        base["process"]["args"] = ["/bin/true"]
        base["root"]["path"] = str(root)
        base["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}]
        self.whole = None
        if not has_capability(CAP_SYS_RESOURCE):
            # runc's rlimits and crun 1.8's device rules need it; the same for all, to be fair.
            self.whole = self.bundle("whole", base)
            del base["process"]["rlimits"], base["linux"]["resources"]
            print("no CAP_SYS_RESOURCE here: rlimits and device rules are left out for all")
        filtered = json.loads(json.dumps(base))
        filtered["linux"]["seccomp"] = json.loads((HERE / "docker-seccomp.json").read_text())
        self.bundles = {"default": self.bundle("default", base),
                        "with Docker's seccomp profile": self.bundle("seccomp", filtered)}

    def bundle(self, name, config):
        bundle = self.place / name
        bundle.mkdir()
        config["linux"]["cgroupsPath"] = f"/{self.tag}/{name}"
        (bundle / "config.json").write_text(json.dumps(config))
        return str(bundle)

    def state(self, program):
        state = self.place / f"state-{program}"
        state.mkdir(exist_ok=True)
        return str(state)

    def remove(self):
        for container in self.running:
            container.remove()
        shutil.rmtree(self.place, ignore_errors=True)
        parent = pathlib.Path("/sys/fs/cgroup") / self.tag
        for directory in [*parent.glob("*/"), parent]:
            if directory.is_dir():
                directory.rmdir()


def measured(*command):
    """(wall ms, CPU ms, peak MiB) of a command that has to succeed."""
    reader, writer = os.pipe()
    child = subprocess.Popen(
        ["/bin/sh", "-c", f'exec "$@" 3>&{writer} {writer}>&-', "sh", str(BIN / "measure"), *command],
        pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    with os.fdopen(reader) as pipe:
        line = pipe.readline()
    message = b"" if child.wait() == 0 else child.stderr.read()
    child.stderr.close()
    fields = line.split()
    if len(fields) != 4 or fields[0] != "0":
        sys.exit(f"bench: {' '.join(command)}: {line.strip()} {message.decode().strip()}")
    return int(fields[1]) / 1e3, int(fields[2]) / 1e3, int(fields[3]) / 1024


def one_cycle(path, state, bundle):
    """create, start and delete apart."""
    pid_file = os.path.join(bundle, "pid")
    create = measured(path, "--root", state, "create", "--bundle", bundle, "--pid-file", pid_file, "c")
    pid = int(open(pid_file).read())
    with open(f"/proc/{pid}/schedstat") as file:
        init_cpu = int(file.read().split()[0]) / 1e6
    create = (create[0], create[1] + init_cpu, create[2])
    start = measured(path, "--root", state, "start", "c")
    os.waitpid(pid, 0)  # ours since create ended
    delete = measured(path, "--root", state, "delete", "c")
    return {"create": create, "start": start, "delete": delete}


class Running:
    """A container of a program that does nothing, for processes to be added to."""

    def __init__(self, path, state, bundle):
        self.command = [path, "--root", state]
        config = json.loads(pathlib.Path(bundle, "config.json").read_text())
        config["process"]["args"] = ["/bin/sleep", "10000"]
        own = f"-{pathlib.Path(state).name}-running"
        config["linux"]["cgroupsPath"] += own
        other = pathlib.Path(bundle + own)
        other.mkdir()
        (other / "config.json").write_text(json.dumps(config))
        measured(*self.command, "run", "--detach", "--bundle", str(other), "running")

    def exec(self):
        return measured(*self.command, "exec", "running", "/bin/true")

    def count_system_calls(self):
        return system_calls(*self.command, "exec", "running", "/bin/true")

    def remove(self):
        subprocess.run([*self.command, "delete", "--force", "running"], check=False,
                       stderr=subprocess.DEVNULL)


def system_calls(*command):
    with tempfile.NamedTemporaryFile("r") as out:
        subprocess.run(
            ["strace", "-f", "-c", "-o", out.name, *command], check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for line in out.read().splitlines()[::-1]:
            if line.endswith("total"):
                # time seconds usecs/call calls errors total
                return int(line.split()[3])
    return 0


def count_system_calls(path, state, bundle):
    counts = {"run": system_calls(path, "--root", state, "run", "--bundle", bundle, "c")}
    if counts["run"] == 0:
        return {}
    # The tracer of create would wait for the container: let it go by a kill and a delete.
    out = os.path.join(bundle, "strace")
    pid_file = pathlib.Path(bundle, "pid")
    # That of a container before would name a process that has gone.
    pid_file.unlink(missing_ok=True)
    tracer = subprocess.Popen(
        ["strace", "-f", "-c", "-o", out, path, "--root", state, "create", "--bundle", bundle,
         "--pid-file", str(pid_file), "c"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    # The pid file comes last, with the number in it; a moment later create has ended.
    end = time.monotonic() + 60
    while not pid_file.exists() or not pid_file.read_text():
        if time.monotonic() > end or tracer.poll() is not None:
            sys.exit(f"bench: {path} create has made no container under strace")
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    tracer.wait()
    for line in open(out).read().splitlines():
        if line.endswith("total"):
            counts["create"] = int(line.split()[3])
    subprocess.run([path, "--root", state, "delete", "--force", "c"], stderr=subprocess.DEVNULL)
    pid_file.unlink()
    measured(path, "--root", state, "create", "--bundle", bundle, "--pid-file", str(pid_file), "c")
    pid = int(pid_file.read_text())
    counts["start"] = system_calls(path, "--root", state, "start", "c")
    os.waitpid(pid, 0)
    counts["delete"] = system_calls(path, "--root", state, "delete", "c")
    return counts


def row(name, verb, values, calls):
    wall, cpu, peak = (statistics.median(column) for column in zip(*values))
    shown = str(calls) if calls else "-"
    print(f"  {name:6} {verb:7} {wall:8.2f} {cpu:8.2f} {peak:9.1f} {shown:>9}")
    return wall, cpu


def measure_configuration(title, bundle, world, paths):
    results = {}
    floor = str(BIN / "floor")
    running = {name: Running(path, world.state(name), bundle) for name, path in paths.items()}
    world.running += running.values()
    for turn in range(ROUNDS + 2):
        taken = {("floor", "run"): measured(floor, str(world.place / "rootfs"), "/bin/true")}
        for name, path in paths.items():
            state = world.state(name)
            taken[name, "run"] = measured(path, "--root", state, "run", "--bundle", bundle, "c")
            taken[name, "exec"] = running[name].exec()
            for verb, value in one_cycle(path, state, bundle).items():
                taken[name, verb] = value
        if turn >= 2:  # the first ones fill caches
            for key, value in taken.items():
                results.setdefault(key, []).append(value)
    calls = {("floor", "run"): system_calls(floor, str(world.place / "rootfs"), "/bin/true")}
    for name, path in paths.items():
        for verb, count in count_system_calls(path, world.state(name), bundle).items():
            calls[name, verb] = count
        calls[name, "exec"] = running[name].count_system_calls()
        running[name].remove()
    print(f"\n{title}: medians of {ROUNDS}, taking turns")
    print("  program verb     wall ms   CPU ms  peak MiB  syscalls")
    medians = {}
    for (name, verb), values in results.items():
        medians[name, verb] = row(name, verb, values, calls.get((name, verb)))
    ratios(medians, paths)


def ratios(medians, paths):
    wall, cpu = medians["swrun", "run"]
    for other in [name for name in paths if name != "swrun"] + ["floor"]:
        other_wall, other_cpu = medians[other, "run"]
        if (other, "exec") in medians:
            print(f"  exec: swrun takes {medians['swrun', 'exec'][0] / medians[other, 'exec'][0]:.2f} of"
                  f" {other}'s wall time and {medians['swrun', 'exec'][1] / medians[other, 'exec'][1]:.2f}"
                  " of its CPU time")
        print(f"  run: swrun takes {wall / other_wall:.2f} of {other}'s wall time"
              f" and {cpu / other_cpu:.2f} of its CPU time")


def main():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    paths = programs()
    for path in paths.values():
        print(subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True)
              .stdout.splitlines()[0])
    world = World()
    if "before" in paths:
        # How a file's pages have come into memory makes a tenth of the time.
        for name in ("swrun", "before"):
            paths[name] = shutil.copy(paths[name], world.place / f"{name}-program")
    try:
        for title, bundle in world.bundles.items():
            measure_configuration(title, bundle, world, paths)
        if world.whole:
            ours = {name: paths[name] for name in ("swrun", "before") if name in paths}
            measure_configuration("default with rlimits and device rules", world.whole, world, ours)
    finally:
        world.remove()


main()
