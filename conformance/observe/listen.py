#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Listens at a datagram socket while a program runs, and writes what comes to a file.

usage: listen.py SOCKET FILE PROGRAM [WORD...]
Each datagram is a line, its line feeds written as \\n. Exits as the program does.
"""
import socket
import subprocess
import sys

path, file, *words = sys.argv[1:]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
    listener.bind(path)
    status = subprocess.run(words, check=False).returncode
    listener.setblocking(False)
    with open(file, "a", encoding="utf-8") as out:
        while True:
            try:
                datagram = listener.recv(1 << 16)
            except BlockingIOError:
                break
            out.write(datagram.decode().replace("\n", "\\n") + "\n")
sys.exit(status)
