#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a pseudoterminal of 24 rows and 80 columns, and judges what it does there.

usage: on-terminal.py STEP... -- PROGRAM [WORD...]

  wait TEXT         TEXT is drawn, after the last step that changed anything
  frames N          N more frames are drawn, and none of them clears the screen
  key K, ^K         a key, or one with control
  resize R C        the terminal gets another size
  fits R C          the next frame has no row and no column that the terminal lacks
  signal NAME       to the program
  run COMMAND...    something else, which must succeed
  stopped           the program is stopped
  hang up           the terminal goes away
  ends [STATUS]     the program ends, with that status (128 and the number for a signal)
  restored          the terminal is set as it was, and shows its normal screen and cursor

Each step has ten seconds.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 10


class Failure(Exception):
    pass


class Terminal:
    def __init__(self, words):
        self.master, self.slave = pty.openpty()
        self.resize(24, 80, tell=False)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.mark = 0
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for number in range(3):
                os.dup2(self.slave, number)
            os.closerange(3, 256)
            os.execv(words[0], words)

    def read(self, seconds):
        if self.master is None or not select.select([self.master], [], [], seconds)[0]:
            return
        try:
            self.seen += os.read(self.master, 65536)
        except OSError:
            pass

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise Failure(f"not within {PATIENCE} s: {what}; seen: {self.seen[-2000:]!r}")
            self.read(0.05)

    def frames(self):
        return self.seen[self.mark:].split(b"\x1b[H")[1:]

    def reap(self, options):
        if self.status is None:
            pid, status = os.waitpid(self.pid, options | os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    # The steps.

    def resize(self, rows, columns, tell=True):
        self.mark = len(self.seen) if tell else 0
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, text):
        self.until(lambda: text.encode() in self.seen[self.mark:], f"wait {text}")

    def more_frames(self, count):
        self.mark = len(self.seen)
        self.until(lambda: len(self.frames()) > count, f"{count} frames")
        if b"\x1b[2J" in self.seen[self.mark:]:
            raise Failure("a frame clears the screen")

    def fits(self, rows, columns):
        # The first frame after the change may have been on its way.
        self.until(lambda: len(self.frames()) > 2, "two frames")
        text = re.sub(rb"\x1b\[[?0-9]*[A-Za-z]|\r", b"", self.frames()[1])
        lines = text.removesuffix(b"\n").split(b"\n")
        if len(lines) > rows or any(len(line) > columns for line in lines):
            raise Failure(f"does not fit {rows} rows and {columns} columns: {lines}")
        if not any(len(line) > columns // 2 for line in lines):
            raise Failure(f"leaves {columns} columns unused: {lines}")

    def key(self, name):
        self.mark = len(self.seen)
        os.write(self.master, bytes([ord(name[1]) - 64]) if name[0] == "^" else name.encode())

    def send(self, name):
        self.mark = len(self.seen)
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def stopped(self):
        self.until(lambda: self.reap(os.WUNTRACED), "stopped")
        if not os.WIFSTOPPED(self.status):
            raise Failure(f"not stopped but ended: {self.status}")
        self.status = None
        self.read(0.1)

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.master = None

    def ends(self, wanted=None):
        end = time.monotonic() + PATIENCE
        while not self.reap(0):
            if time.monotonic() > end:
                raise Failure("does not end")
            self.read(0.05)
            time.sleep(0.01)
        code = os.waitstatus_to_exitcode(self.status)
        code = 128 - code if code < 0 else code
        if wanted is not None and code != wanted:
            raise Failure(f"ended with {code}, wanted {wanted}; seen: {self.seen[-300:]!r}")
        self.read(0.1)

    def restored(self):
        self.read(0.1)
        if termios.tcgetattr(self.slave) != self.before:
            raise Failure("the terminal is not set as it was")
        for on, off, what in ((b"\x1b[?1049h", b"\x1b[?1049l", "screen"),
                              (b"\x1b[?25l", b"\x1b[?25h", "cursor")):
            if self.seen.rfind(on) < 0 or self.seen.rfind(off) < self.seen.rfind(on):
                raise Failure(f"the normal {what} is not back")


def step(terminal, words):
    verb, _, rest = words.partition(" ")
    if verb == "wait":
        terminal.wait(rest)
    elif verb == "frames":
        terminal.more_frames(int(rest))
    elif verb == "key":
        terminal.key(rest)
    elif verb in ("resize", "fits"):
        getattr(terminal, verb)(*map(int, rest.split()))
    elif verb == "signal":
        terminal.send(rest)
    elif verb == "run":
        terminal.mark = len(terminal.seen)
        subprocess.run(rest.split(), check=True, timeout=PATIENCE)
    elif verb == "stopped":
        terminal.stopped()
    elif verb == "hang":
        terminal.hang_up()
    elif verb == "ends":
        terminal.ends(int(rest) if rest else None)
    elif verb == "restored":
        terminal.restored()
    else:
        raise Failure(f"no such step: {words}")


def main():
    border = sys.argv.index("--")
    terminal = Terminal(sys.argv[border + 1:])
    try:
        for words in sys.argv[1:border]:
            step(terminal, words)
    except Failure as failure:
        print(f"{words}: {failure}", file=sys.stderr)
        return 1
    finally:
        if terminal.status is None:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)
    return 0


sys.exit(main())
