# SPDX-License-Identifier: Apache-2.0
"""Kills pull, push, load, rm and prune by SIGKILL at random moments, ROUNDS times in all, while another
process works in the same store, and judges what is left.

usage: kill_at_random.py SWIMG SERVER ROUNDS       (in an empty directory that holds `sound`, a layout)

After each kill `verify` has to find nothing, every name that was there is there, and nothing that was
complete is gone. What was killed is then done once more, and moves no byte that was there already, as
the registry counts them. Prints how much that has saved.
"""
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request

LAYERS = (20480, 6 << 20, 18 << 20)


class Failure(Exception):
    pass


class World:
    def __init__(self, program, server):
        self.program = program
        self.server_program = server
        self.store = pathlib.Path("store").absolute()
        self.environment = dict(os.environ, SWIMG_STORE=str(self.store))
        self.log = pathlib.Path("requests")
        self.log.touch()
        subprocess.run([sys.executable, server, "image", "origin", *map(str, LAYERS)], check=True)
        subprocess.run([sys.executable, server, "image", "pushed", *map(str, LAYERS)], check=True)
        self.server = subprocess.Popen(
            [sys.executable, server, "serve", "origin", "--log", self.log, "--ready", "ready"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists("ready"):
            time.sleep(0.02)
        self.address = f"127.0.0.1:{pathlib.Path('ready').read_text()}"

    def command(self, *words):
        return [self.program, *words]

    def run(self, *words):
        done = subprocess.run(self.command(*words), env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)}: status {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def kill(self, words, longest):
        """Whether it was killed before its end."""
        process = subprocess.Popen(self.command(*words), env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def time(self, *words):
        begun = time.monotonic()
        self.run(*words)
        return time.monotonic() - begun

    # --- what is there ---------------------------------------------------------------------------

    def names(self):
        return set(self.run("list", "--quiet").split())

    def moved(self, key):
        """Bytes of blobs that the registry has sent or received since this was last asked."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        self.log.write_text("")
        return sum(line[key] for line in lines if "/blobs/" in line["path"])

    def settle(self):
        """Lets the server notice that the killed are gone."""
        time.sleep(0.02)
        while True:
            with urllib.request.urlopen(f"http://{self.address}/active") as answer:
                if answer.read() == b"0":
                    break
            time.sleep(0.02)
        self.log.write_text("")

    def held(self, blobs):
        """How many bytes of these blobs are in the store, whole or in part."""
        total = 0
        for digest, size in blobs.items():
            if (self.store / "blobs/sha256" / digest).exists():
                total += size
                continue
            partial = self.store / "partial" / f"sha256-{digest}"
            journal = partial.with_suffix(".ranges")
            # A kill may leave the journal of a blob that was complete, and has been removed since.
            if not partial.exists() or not journal.exists():
                continue
            # Blobs come in their order: what counts is their beginning.
            end = 0
            for line in journal.read_text().splitlines(keepends=True):
                lower, upper = (int(bound) for bound in line.split())
                if line.endswith("\n") and lower <= end:
                    end = max(end, upper)
            total += end
        return total


def blobs_of(layout):
    found = {}
    for file in (pathlib.Path(layout) / "blobs/sha256").iterdir():
        if b"schemaVersion" not in file.read_bytes()[:64]:
            found[file.name] = file.stat().st_size
    return found


class Beside(threading.Thread):
    """The other process: it loads, verifies and removes an image of its own, and nothing of it fails."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.stopping = threading.Event()
        self.problem = None
        self.rounds = 0

    def run(self):
        try:
            while not self.stopping.is_set():
                self.world.run("load", "--quiet", "--name", "beside:1", "sound")
                self.world.run("verify", "--quiet", "beside:1")
                self.world.run("rm", "--quiet", "beside:1")
                self.rounds += 1
        except (Failure, subprocess.TimeoutExpired) as problem:
            self.problem = problem


class Trial:
    def __init__(self, world):
        self.world = world
        self.kept = {"docker.io/library/kept:1", "kept:1"}
        self.pulled = f"{world.address}/plain/app:1"
        self.target = f"{world.address}/plain/pushed:1"
        self.blobs = blobs_of("origin")
        self.pushed_blobs = blobs_of("pushed")
        self.saved = {"pull": 0, "push": 0}
        self.moved = {"pull": 0, "push": 0}
        self.kills = {}
        world.run("load", "--quiet", "--name", "kept:1", "sound")
        world.run("load", "--quiet", "--name", "topush:1", "pushed")
        self.usual = {verb: self.usual_time(verb) for verb in ("pull", "push", "load", "rm", "prune")}

    def words(self, verb):
        insecure = "--tls-verify=false"
        return {
            "pull": ("pull", "--quiet", insecure, self.pulled),
            "push": ("push", "--quiet", insecure, "topush:1", self.target),
            "load": ("load", "--quiet", "--name", "loaded:1", "origin"),
            "rm": ("rm", "--quiet", "loaded:1"),
            "prune": ("prune", "--quiet"),
        }[verb]

    def prepare(self, verb):
        world = self.world
        if verb in ("rm", "prune"):
            world.run("load", "--quiet", "--name", "loaded:1", "origin")
        if verb == "prune":
            # The image loses its name: it dangles.
            world.run("tag", "kept:1", "loaded:1")
        if verb in ("pull", "load"):
            for name in world.names() & {self.pulled, "loaded:1"}:
                world.run("rm", "--quiet", name)
            world.run("prune", "--quiet")
        if verb == "push":
            self.forget()

    def forget(self):
        """The registry forgets what was pushed."""
        for digest in self.pushed_blobs:
            (pathlib.Path("origin/blobs/sha256") / digest).unlink(missing_ok=True)

    def usual_time(self, verb):
        times = []
        for _ in range(3):
            self.prepare(verb)
            times.append(self.world.time(*self.words(verb)))
        return sorted(times)[1]

    def round(self, verb):
        world = self.world
        self.prepare(verb)
        if self.world.kill(self.words(verb), 1.1 * self.usual[verb]):
            self.kills[verb] = self.kills.get(verb, 0) + 1
        world.settle()
        # The store, whoever is at work in it.
        world.run("verify", "--quiet")
        names = world.names()
        if not names & self.kept or "topush:1" not in names:
            raise Failure(f"names are gone: {names}")
        self.check_blobs()
        if verb == "pull":
            self.resume(verb, "sent", self.blobs, world.held(self.blobs))
        elif verb == "push":
            there = sum(size for digest, size in self.pushed_blobs.items()
                        if (pathlib.Path("origin/blobs/sha256") / digest).exists())
            self.resume(verb, "received", self.pushed_blobs, there)
        elif verb == "rm" and "loaded:1" not in names:
            pass
        else:
            world.run(*self.words(verb))
        if verb in ("pull", "load"):
            world.run("verify", "--quiet", self.pulled if verb == "pull" else "loaded:1")

    def resume(self, verb, key, blobs, there):
        total = sum(blobs.values())
        self.world.run(*self.words(verb))
        moved = self.world.moved(key)
        if moved > total - there:
            raise Failure(f"{verb}: {moved} bytes moved, of {total}, where {there} were there")
        self.saved[verb] += total - moved
        self.moved[verb] += moved

    def check_blobs(self):
        for folder in (self.world.store, pathlib.Path("origin")):
            for file in (folder / "blobs/sha256").iterdir():
                try:
                    data = file.read_bytes()
                except FileNotFoundError:
                    continue
                if file.suffix == "" and hashlib.sha256(data).hexdigest() != file.name:
                    raise Failure(f"broken blob {file}")


def main():
    program, server, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    random.seed(int(os.environ.get("SEED", "7")))
    world = World(program, server)
    beside = None
    try:
        trial = Trial(world)
        beside = Beside(world)
        beside.start()
        verbs = ["pull", "push", "load", "rm", "prune"]
        for number in range(rounds):
            trial.round(verbs[number % len(verbs)])
            if beside.problem:
                raise Failure(f"the other process: {beside.problem}")
    except Failure as failure:
        sys.exit(f"kill_at_random: {failure}")
    finally:
        if beside:
            beside.stopping.set()
            beside.join()
        world.server.kill()
        world.server.wait()
    world.run("verify", "--quiet")
    world.run("prune", "--quiet")
    left = [str(file) for file in world.store.rglob(".swimg-*")]
    if left or any((world.store / "partial").iterdir()):
        sys.exit(f"kill_at_random: left in the store: {left}")
    print(f"{rounds} rounds, killed before their end: {trial.kills}; beside: {beside.rounds} rounds")
    for verb in trial.saved:
        whole = trial.saved[verb] + trial.moved[verb]
        print(f"{verb}: moved again {trial.moved[verb] / whole:.0%} of what the whole would have been")
        # In a few rounds it is chance whether any is killed while it has something to save.
        if trial.saved[verb] == 0 and rounds >= 100:
            sys.exit(f"kill_at_random: no {verb} has ever gone on where it was")


main()
