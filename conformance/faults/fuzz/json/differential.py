#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutates the corpus and compares the reader's dump of every text with Python's.

Usage: differential.py FIXTURES JUDGE COUNT [SEED]
"""

import random
import subprocess
import sys

sys.dont_write_bytecode = True
fixtures, judge_program, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 32)
sys.path.insert(0, fixtures)
from judge import judge  # noqa: E402

PIECES = [
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\u", b"\\ud83d", b"\\ude00", b"\\n", b"0",
    b"1", b"-", b".", b"e", b"E+", b"true", b"null", b'{"a":', b'"a"', b" ", b"\n", b"\t", b"\x00",
    b"\x1f", b"\x7f", b"\x80", b"\xc3\xa9", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xff",
]


def mutated(generator, texts):
    text = generator.choice(texts)
    if len(text) > 400:
        return text
    for _ in range(generator.randint(1, 4)):
        place = generator.randint(0, len(text))
        kind = generator.random()
        if kind < 0.35:
            text = text[:place] + generator.choice(PIECES) + text[place:]
        elif kind < 0.6:
            text = text[:place] + text[place + generator.randint(1, 3):]
        elif kind < 0.8:
            text = text[:place] + generator.choice(PIECES) + text[place + 1:]
        else:
            other = generator.choice(texts)[:400]
            cut = generator.randint(0, len(other))
            text = text[:place] + other[cut:cut + 20] + text[place:]
    return text


with open(f"{fixtures}/corpus.tsv") as table:
    corpus = [bytes.fromhex(line.split("\t")[1]) for line in table]
generator = random.Random(seed)
texts = corpus + [mutated(generator, corpus) for _ in range(count)]
# A text that is read is the better start for the next mutation.
valid = [text for text in texts if judge(text) is not None]
texts += [mutated(generator, valid) for _ in range(count)]

lines = "".join(text.hex() + "\n" for text in texts)
answers = subprocess.run([judge_program], input=lines, capture_output=True, text=True, check=True)
found = answers.stdout.splitlines()
assert len(found) == len(texts), "the judge lost lines"
accepted = 0
for text, answer in zip(texts, found):
    expected = judge(text) or "-"
    accepted += expected != "-"
    if answer != expected:
        sys.exit(f"seed {seed}: {text!r}\n  expected {expected}\n  found    {answer}")
print(f"{len(texts)} texts alike, {accepted} of them read, seed {seed}")
