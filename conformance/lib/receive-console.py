#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for containerd's shim or conmon: takes a terminal's master by a Unix socket.

usage: receive-console.py SOCKET SCREEN: what the terminal shows is copied to the file SCREEN.
"""
import array
import os
import socket
import sys


def receive(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    listener.settimeout(30)
    connection, _ = listener.accept()
    descriptors = array.array("i")
    size = socket.CMSG_SPACE(4 * descriptors.itemsize)
    name, ancillary, _, _ = connection.recvmsg(4096, size)
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[:len(data) - len(data) % descriptors.itemsize])
    if len(descriptors) != 1:
        sys.exit(f"{len(descriptors)} descriptors, wanted one")
    print("name:", name)
    return descriptors[0]


def main():
    master = receive(sys.argv[1])
    with open(sys.argv[2], "wb") as screen:
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the last slave has been closed
                break
            if not data:
                break
            screen.write(data)


main()
