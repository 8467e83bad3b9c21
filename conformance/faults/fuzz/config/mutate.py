# SPDX-License-Identifier: Apache-2.0
"""Mutated config.json against swrun: mutate.py [--seed N] [--count N] SWRUN BUNDLE STATE GOOD...

Makes COUNT documents from the good ones, each with one to four changes that know JSON's structure
(members dropped, repeated, renamed, exchanged, of another type; numbers beyond every range; texts with
NUL, control characters, lone surrogates, bytes that are no UTF-8, or of hostile length; nesting without
end) or none (bytes flipped, cut, inserted). The same seed makes the same documents.

`swrun check` judges each one, and `swrun create` makes a container of each that came from the first of
GOOD, which is the bundle's own: the others name files of the host, and are only judged. What counts as
failure: a crash, an answer that takes too long or has none of the statuses of the manual page, a message
of more than a line, a container of a document that `check` refuses, and what is left at the end.
"""

import argparse
import copy
import json
import os
import pathlib
import random
import subprocess
import sys

TEXTS = [
    b'"\\u0000"', b'"a\\u0000b"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff\xfe"', b'"\xc0\xaf"',
    b'"\x01"', b'"\\x"', b'"%s%n%x"', b'"../../../../../../etc/passwd"', b'"/"', b'"."', b'""',
    b'"' + b"a" * 70000 + b'"', b'"' + b"/a" * 3000 + b'"', b'"\\\\"', b'"\xe2\x80\xae"', b"'x'",
]
NUMBERS = [
    b"-1", b"0", b"-0", b"1e400", b"0.5", b"1e3", b"01", b"+1", b"NaN", b"2147483648", b"4294967295",
    b"4294967296", b"9223372036854775807", b"9223372036854775808", b"18446744073709551615",
    b"18446744073709551616", b"-9223372036854775809", b"9" * 5000,
]
OTHERS = [b"null", b"true", b"{}", b"[]", b"[[]]", b'{"":{}}', b"[null]", b"nul", b"", b"//x", b"[,]"]


class Raw:
    """A value that is written as it stands."""

    def __init__(self, text):
        self.text = text


class Members(list):
    """An object as a list of keys and values, so that a key may stand twice."""


def loosened(value):
    if isinstance(value, dict):
        return Members([key, loosened(inner)] for key, inner in value.items())
    return [loosened(inner) for inner in value] if isinstance(value, list) else value


def text(value):
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Members):
        return b"{" + b",".join(json.dumps(k).encode() + b":" + text(v) for k, v in value) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(text, value)) + b"]"
    return json.dumps(value).encode()


def places(value):
    """Every (holder, index) of a document; of an object's member the holder is its pair."""
    if isinstance(value, Raw) or not isinstance(value, list):
        return
    for index, inner in enumerate(value):
        holder, at = (inner, 1) if isinstance(value, Members) else (value, index)
        yield value, index, holder, at
        yield from places(holder[at])


def mutated(document, rng):
    found = list(places(document))
    if not found:
        return
    container, index, holder, at = rng.choice(found)
    match rng.randrange(10):
        case 0:
            del container[index]
        case 1:
            container.append(copy.deepcopy(container[index]))
        case 2:
            holder[at] = Raw(rng.choice(TEXTS))
        case 3:
            holder[at] = Raw(rng.choice(NUMBERS))
        case 4:
            holder[at] = Raw(rng.choice(OTHERS))
        case 5:
            _, _, other, place = rng.choice(found)
            holder[at], other[place] = copy.deepcopy(other[place]), copy.deepcopy(holder[at])
        case 6 if isinstance(container, Members):
            key = container[index][0]
            container[index][0] = rng.choice([key.upper(), key + " ", "", key * 300, "x"])
        case 7:
            depth = rng.choice([60, 127, 129, 100000])
            opening, closing = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
            holder[at] = Raw(opening * depth + b"1" + closing * depth)
        case 8 if isinstance(container, Members):
            # The same key again with another value: the last one counts.
            container.append([container[index][0], Raw(rng.choice(OTHERS + NUMBERS + TEXTS))])
        case _:
            container.extend(copy.deepcopy(container[index]) for _ in range(rng.choice([1, 400])))


def mangled(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
            case 3:
                del data[at:]
    return bytes(data)


def documents(goods, seed, count):
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        # The bundle's own is every second one: it alone is made a container of.
        place = 0 if rng.random() < 0.5 else rng.randrange(len(goods))
        document = copy.deepcopy(goods[place])
        for _ in range(rng.randrange(1, 5)):
            mutated(document, rng)
        data = text(document)
        yield number, place == 0, mangled(data, rng) if rng.random() < 0.2 else data


class Judge:
    def __init__(self, swrun, bundle, state):
        self.swrun, self.bundle, self.state = swrun, bundle, state
        self.errors = open(os.path.join(state, ".errors"), "w+b")
        self.failures, self.counts = [], {"refused": 0, "failed": 0, "created": 0, "judged": 0}

    def run(self, number, *words, statuses, seconds):
        """The status; None and a note of the failure where there is none to be had."""
        self.errors.seek(0)
        self.errors.truncate()
        try:
            result = subprocess.run(
                [self.swrun, "--root", self.state, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if words[0] == "check" else subprocess.DEVNULL,
                stderr=self.errors,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.failures.append(f"{number}: {words[0]} hangs")
            return None
        if result.returncode not in statuses:
            self.failures.append(f"{number}: {words[0]} ends with {result.returncode}")
        return result.returncode

    def judge(self, number, is_own, data):
        with open(os.path.join(self.bundle, "config.json"), "wb") as file:
            file.write(data)
        verdict = self.run(number, "check", self.bundle, statuses=(0, 1, 2), seconds=20)
        self.counts["judged"] += 1
        if not is_own:
            return
        container = f"fuzz{number}"
        status = self.run(
            number, "create", "--bundle", self.bundle, container, statuses=(0, 1), seconds=60
        )
        self.errors.seek(0)
        said = [line for line in self.errors.read().splitlines() if b": warning: " not in line]
        if status == 1:
            self.counts["refused" if verdict == 2 else "failed"] += 1
            if len(said) != 1 or not said[0].startswith(b"swrun: "):
                self.failures.append(f"{number}: create says {said[:3]}")
        elif status == 0:
            self.counts["created"] += 1
            if verdict == 2:
                self.failures.append(f"{number}: a container of what check refuses")
            self.run(number, "delete", "--force", container, statuses=(0,), seconds=60)
        left = [name for name in os.listdir(self.state) if not name.startswith(".")]
        if left:
            self.failures.append(f"{number}: left {left}")
            for name in left:
                self.run(number, "delete", "--force", name, statuses=(0,), seconds=60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", type=int, help="the one document of this number, printed")
    parser.add_argument("swrun")
    parser.add_argument("bundle")
    parser.add_argument("state")
    parser.add_argument("good", nargs="+")
    options = parser.parse_args()
    goods = [loosened(json.loads(pathlib.Path(path).read_bytes())) for path in options.good]
    judge = Judge(options.swrun, options.bundle, options.state)
    for number, is_own, data in documents(goods, options.seed, options.count):
        if options.only not in (None, number):
            continue
        if options.only is not None:
            sys.stdout.buffer.write(data)
            return
        judge.judge(number, is_own, data)
    print(", ".join(f"{count} {what}" for what, count in judge.counts.items()))
    for failure in judge.failures:
        print(failure)
    sys.exit(1 if judge.failures else 0)


main()
