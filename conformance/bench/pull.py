#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""swimg pull against skopeo and podman, from Debian's docker-registry on loopback.

One image of random bytes, which no program can compress away: BENCH_MEBIBYTES of it (1024) in four
layers, the largest half of it. swimg and skopeo write an OCI layout; podman pulls into its own storage
(the vfs driver, as overlay mounts are not to be had everywhere), for which it unpacks the layers: that
costs it more, and skopeo's row is the one to compare with. The programs take turns, BENCH_PULLS times (3). Prints medians of wall
and CPU time and the peak memory. What the registry itself takes comes out of the same two
processors. `--parallel-copies` and the like are left as each program has them.
"""
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SWIMG = os.environ.get("SWIMG", str(HERE.parent.parent / ".build" / "bin" / "swimg"))
SERVER = HERE.parent / "image" / "registry-server.py"
ROUNDS = int(os.environ.get("BENCH_PULLS", "3"))
MEBIBYTES = int(os.environ.get("BENCH_MEBIBYTES", "1024"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_registry(place):
    port = free_port()
    (place / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\n"
        f"storage: {{filesystem: {{rootdirectory: {place}/registry}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\n")
    process = subprocess.Popen(
        ["docker-registry", "serve", place / "registry.yml"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"127.0.0.1:{port}"
        time.sleep(0.05)
    sys.exit("pull bench: docker-registry does not start")


def measured(command):
    """Wall and CPU seconds, and the peak of its memory in MiB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = status
    if status != 0:
        sys.exit(f"pull bench: {' '.join(command)}: status {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    for program in ("docker-registry", "skopeo", "podman"):
        if not shutil.which(program):
            sys.exit(f"pull bench: {program} is not installed")
    place = pathlib.Path(tempfile.mkdtemp(prefix="swimg-bench-", dir="/var/tmp"))
    registry = None
    try:
        sizes = [MEBIBYTES << 20 >> shift for shift in (1, 2, 3, 4)]
        subprocess.run([sys.executable, SERVER, "image", place / "image", *map(str, sizes)], check=True)
        registry, host = start_registry(place)
        name = f"{host}/bench/app:1"
        subprocess.run(["skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{place}/image",
                        f"docker://{name}"], check=True)
        store = place / "store"
        commands = {
            "swimg": [SWIMG, "pull", "--quiet", "--tls-verify=false", "--store", str(store), name],
            "skopeo": ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}",
                       f"oci:{store}:app"],
            "podman": ["podman", "--root", f"{store}/root", "--runroot", f"{store}/run",
                       "--storage-driver", "vfs", "--events-backend", "none", "pull", "-q",
                       "--tls-verify=false", name],
        }
        results = {program: [] for program in commands}
        for _ in range(ROUNDS):
            for program, command in commands.items():
                store.mkdir(exist_ok=True)
                results[program].append(measured(command))
                shutil.rmtree(store)
        print(f"pull of {sum(sizes) >> 20} MiB in {len(sizes)} layers, medians of {ROUNDS}")
        print(f"{'':8} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
        for program, runs in results.items():
            wall, cpu, memory = (statistics.median(column) for column in zip(*runs))
            print(f"{program:8} {wall:8.2f} {cpu:8.2f} {memory:9.1f}")
    finally:
        if registry:
            registry.terminate()
            registry.wait()
        shutil.rmtree(place)


main()
