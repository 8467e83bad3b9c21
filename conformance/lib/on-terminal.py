#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a pseudoterminal, as a person at a shell would, by a script on standard input.

usage: on-terminal.py ROWS COLUMNS SCREEN COMMAND...

    expect TEXT          waits until the terminal has shown it since the last expect
    send TEXT            types it; \\r, \\x03 and their like are understood
    resize ROWS COLUMNS
    signal NAME [TEXT]   sends it to the command itself; if TEXT is given each second, until it is shown
    stopped              waits until the command has been stopped
    raw | cooked         the terminal has to be so at this moment
    hangup               closes the terminal
    slow SECONDS         reads nothing for so long
    run COMMAND          something else, which must succeed
    frames N             N more frames are drawn, from the corner, and none of them clears the screen
    fits ROWS COLUMNS    a frame that is drawn after the last change fits, and uses more than half a row
    restored             the terminal is set as it was, and shows its normal screen and a cursor

Prints what came of it as facts: status, sane (whether the terminal is as it was before). All that was
shown goes to the file SCREEN.
"""
import codecs
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

PATIENCE = float(os.environ.get("PATIENCE", 15))


class Session:
    def __init__(self, rows, columns, screen, command):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.screen = open(screen, "wb", buffering=0)
        self.seen = b""  # since the last expect
        self.new = b""  # since the last step that changed anything
        self.all = b""
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for number in range(3):
                os.dup2(self.slave, number)
            os.closerange(3, 1024)
            os.execvp(command[0], command)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))

    def read(self, seconds):
        if self.master is None:
            time.sleep(seconds)
            return
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 65536)
            self.screen.write(data)
            self.seen += data
            self.new += data
            self.all += data

    def reap(self, flags):
        if self.status is None:
            pid, status = os.waitpid(self.pid, flags)
            if pid and not os.WIFSTOPPED(status):
                self.status = os.waitstatus_to_exitcode(status)
            return pid and os.WIFSTOPPED(status)
        return False

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                sys.exit(f"not in {PATIENCE} s: {what}; seen: {self.seen!r}")
            self.read(0.05)

    def signal(self, name, text):
        number = getattr(signal, f"SIG{name}")
        os.kill(self.pid, number)
        sent = time.monotonic()

        def shown():
            nonlocal sent
            if time.monotonic() > sent + 1:
                os.kill(self.pid, number)
                sent = time.monotonic()
            return text.encode() in self.seen

        if text:
            self.until(f"{text} by SIG{name}", shown)

    def settings(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.settings()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

    def frames(self):
        return self.new.split(b"\x1b[H")[1:]

    def draws(self, count):
        self.new = b""
        self.until(f"{count} frames", lambda: len(self.frames()) > count)
        if b"\x1b[2J" in self.new:
            sys.exit(f"a frame clears the screen: {self.new!r}")

    def fits(self, rows, columns):
        # The first frame after the change may have been on its way.
        self.until("two frames", lambda: len(self.frames()) > 2)
        text = re.sub(rb"\x1b\[[?0-9]*[A-Za-z]|\r", b"", self.frames()[1])
        lines = text.removesuffix(b"\n").split(b"\n")
        if len(lines) > rows or any(len(line) > columns for line in lines):
            sys.exit(f"does not fit {rows} rows and {columns} columns: {lines}")
        if not any(len(line) > columns // 2 for line in lines):
            sys.exit(f"leaves {columns} columns unused: {lines}")

    def is_restored(self):
        return self.settings() == self.before and all(
            -1 < self.all.rfind(on) < self.all.rfind(off)
            for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h")))

    def step(self, word, rest):
        if word in ("send", "resize", "signal", "run"):
            self.new = b""
        if word == "expect":
            text = codecs.escape_decode(rest.encode())[0]
            self.until(f"expect {rest}", lambda: text in self.seen)
            self.seen = self.seen[self.seen.index(text) + len(text):]
        elif word == "send":
            os.write(self.master, codecs.escape_decode(rest.encode())[0])
        elif word == "resize":
            self.resize(*rest.split())
        elif word == "signal":
            name, _, text = rest.partition(" ")
            self.signal(name, text)
        elif word == "stopped":
            self.until("stopped", lambda: self.reap(os.WNOHANG | os.WUNTRACED))
        elif word == "raw":
            self.until("raw", self.is_raw)
        elif word == "cooked":
            self.until("cooked", lambda: self.settings() == self.before)
        elif word == "hangup":
            os.close(self.master)
            self.master = None
        elif word == "slow":
            time.sleep(float(rest))
        elif word == "run":
            subprocess.run(rest.split(), check=True, timeout=PATIENCE)
        elif word == "frames":
            self.draws(int(rest))
        elif word == "fits":
            self.fits(*map(int, rest.split()))
        elif word == "restored":
            self.until("restored", self.is_restored)
        else:
            sys.exit(f"no such step: {word}")

    def finish(self):
        def ended():
            self.reap(os.WNOHANG)
            return self.status is not None
        self.until("the end", ended)
        print(f"status={self.status}")
        if self.master is None:
            return
        while select.select([self.master], [], [], 0.1)[0]:
            self.read(0)
        print(f"sane={'yes' if self.settings() == self.before else 'no'}")


def main():
    session = Session(*sys.argv[1:4], sys.argv[4:])
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        session.step(word, rest)
    session.finish()


main()
