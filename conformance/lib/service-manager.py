#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what a service says to its manager, as systemd does; sd_notify(3).

usage: service-manager.py SOCKET [deaf|full]

A name that begins with @ is abstract. Prints one line a datagram: the number of descriptors that came
with it, which are closed at once, and its text with | between the lines. One that is deaf reads nothing, and one that is full has no room for more.
"""
import array
import os
import socket
import sys
import time


def fill(name):
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sender.connect(name)
    try:
        while True:
            sender.send(b"STATUS=waiting")
    except BlockingIOError:
        pass


def main():
    name = sys.argv[1]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind("\0" + name[1:] if name.startswith("@") else name)
    if sys.argv[2:] == ["full"]:
        fill(listener.getsockname())
    print("listening", flush=True)
    while sys.argv[2:]:
        time.sleep(60)
    while True:
        data, control, _, _ = listener.recvmsg(65536, socket.CMSG_LEN(64 * 4))
        numbers = array.array("i")
        for level, kind, passed in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(passed[: len(passed) - len(passed) % 4])
        for number in numbers:
            os.close(number)
        print(len(numbers), data.decode().rstrip("\n").replace("\n", "|"), flush=True)


main()
