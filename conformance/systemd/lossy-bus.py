# SPDX-License-Identifier: Apache-2.0
"""Stands between a program and the system's bus, and loses what it is told to.

usage: lossy-bus.py SOCKET FAULT...

faults:
  signal MEMBER          no signal of that name gets through
  reply MEMBER           the first call of that name is answered with NoReply, though it has been made
  meanwhile MEMBER TEXT  the first time that MEMBER is answered, the shell does TEXT before that

Serves until it is killed. See: D-Bus Specification, "Message Format".
"""
import os
import socket
import struct
import subprocess
import sys
import threading

BUS = "/run/dbus/system_bus_socket"
CALL, REPLY, ERROR, SIGNAL = 1, 2, 3, 4
MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER = 3, 4, 5, 6, 7


def aligned(offset, size):
    return -(-offset // size) * size


def fields(message):
    """The header's fields by their codes; those that are text or numbers."""
    found, offset = {}, 16
    end = offset + struct.unpack_from("<I", message, 12)[0]
    while offset < end:
        offset = aligned(offset, 8)
        code, kind = message[offset], chr(message[offset + 2])
        offset += 4
        if kind == "g":
            offset += message[offset] + 2
            continue
        offset = aligned(offset, 4)
        value = struct.unpack_from("<I", message, offset)[0]
        offset += 4
        if kind in "so":
            text, value = value, message[offset:offset + value].decode()
            offset += text + 1
        found[code] = value
    return found


def no_reply(serial, destination):
    """An error message in the place of a reply."""
    header = b""
    for code, kind, value in ((ERROR_NAME, b"s", "org.freedesktop.DBus.Error.NoReply"),
                              (REPLY_SERIAL, b"u", serial), (DESTINATION, b"s", destination),
                              (SENDER, b"s", "org.freedesktop.DBus")):
        header = header.ljust(aligned(len(header), 8), b"\0")
        header += bytes([code, 1]) + kind + b"\0"
        if kind == b"u":
            header += struct.pack("<I", value)
        else:
            header += struct.pack("<I", len(value)) + value.encode() + b"\0"
    message = struct.pack("<BBBBIII", ord("l"), ERROR, 1, 1, 0, serial + (1 << 20), len(header))
    return (message + header).ljust(aligned(16 + len(header), 8), b"\0")


class Connection:
    def __init__(self, client, faults):
        self.client, self.faults = client, faults
        self.bus = socket.socket(socket.AF_UNIX)
        self.bus.connect(BUS)
        self.calls = {}  # serial: member
        for work in (self.to_bus, self.to_client):
            threading.Thread(target=self.guarded, args=(work,), daemon=True).start()

    def guarded(self, work):
        try:
            work()
        except (OSError, EOFError):
            pass
        for end in (self.bus, self.client):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def read(source, count):
        data = b""
        while len(data) < count:
            more = source.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def lines(self, source, target, last):
        """Hands on the handshake, through the line that begins with `last`."""
        line = b""
        while True:
            line += self.read(source, 1)
            if line.endswith(b"\n"):
                target.sendall(line)
                if line.lstrip(b"\0").startswith(last):
                    return
                line = b""

    def message(self, source):
        start = self.read(source, 16)
        body, _, header = struct.unpack_from("<III", start, 4)
        return start + self.read(source, aligned(16 + header, 8) - 16 + body)

    def to_bus(self):
        self.lines(self.client, self.bus, b"BEGIN")
        while True:
            message = self.message(self.client)
            if message[1] == CALL:
                # Known before it can be answered.
                serial = struct.unpack_from("<I", message, 8)[0]
                self.calls[serial] = fields(message)[MEMBER]
            self.bus.sendall(message)

    def to_client(self):
        self.lines(self.bus, self.client, b"OK")
        while True:
            message = self.message(self.bus)
            known = fields(message)
            if message[1] == SIGNAL and ("signal", known.get(MEMBER)) in self.faults:
                continue
            member = self.calls.pop(known.get(REPLY_SERIAL), None)
            if message[1] == REPLY and member:
                command = self.faults.pop(("meanwhile", member), None)
                if command:
                    subprocess.run(["sh", "-c", command], stdout=subprocess.DEVNULL, timeout=30)
                if self.faults.pop(("reply", member), None):
                    message = no_reply(known[REPLY_SERIAL], known[DESTINATION])
            self.client.sendall(message)


def main():
    faults, words = {}, sys.argv[2:]
    while words:
        verb, member = words.pop(0), words.pop(0)
        faults[verb, member] = words.pop(0) if verb == "meanwhile" else True
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1] + ".new")
    listener.listen()
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    while True:
        Connection(listener.accept()[0], faults)


main()
