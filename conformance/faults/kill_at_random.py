# SPDX-License-Identifier: Apache-2.0
"""Kills a verb of swrun by SIGKILL at random moments, ROUNDS times, and judges what is left.

usage: kill_at_random.py SWRUN STATE BUNDLE CGROUP VERB ROUNDS

Every tenth round kills init instead of the creator.
"""
import os
import random
import signal
import subprocess
import sys
import time

from aftermath import Container


def command_of(container, verb):
    if verb in ("create", "run"):
        return container.create_command(verb)
    if verb == "start":
        return container.command("start", "c1")
    return container.command("delete", "--force", "c1")


def prepare(container, verb):
    if verb in ("start", "delete"):
        created = container.quietly("create", "--bundle", container.bundle, "c1")
        if created.returncode != 0:
            sys.exit(f"create: {created.stderr}")


def usual_time(container, verb):
    """How long the verb takes when nobody kills it; run does not end by itself."""
    times = []
    for _ in range(5):
        prepare(container, verb)
        begun = time.monotonic()
        if verb == "run":
            container.quietly("create", "--bundle", container.bundle, "c1")
            times.append(2 * (time.monotonic() - begun))
        else:
            subprocess.run(command_of(container, verb), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times.append(time.monotonic() - begun)
        container.quietly("delete", "--force", "c1")
    return max(times)


def main():
    program, state, bundle, tag, verb, rounds = sys.argv[1:7]
    container = Container(program, state, bundle, tag)
    longest = usual_time(container, verb) * 1.3
    random.seed(7)
    for number in range(int(rounds)):
        prepare(container, verb)
        delay = random.uniform(0, longest)
        process = subprocess.Popen(
            command_of(container, verb), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        if number % 10 == 9:
            for pid, _ in list(container.processes()):
                if pid != process.pid:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            time.sleep(0.01)
        process.kill()
        process.wait()
        container.clean_and_judge(f"{verb} killed after {delay * 1e3:.2f} ms (round {number})",
                                  asks=number % 10 == 9)
    print(f"{rounds} rounds of {verb} within {longest * 1e3:.1f} ms")


main()
