# SPDX-License-Identifier: Apache-2.0
"""A seccomp agent: seccomp-agent.py SOCKET STATES [ERRNO].

Listens at SOCKET. Appends the container process state of each connection as one line to STATES, with
the number of descriptors that came with it, and answers every notification of the listener with ERRNO
(63 if none is given) until the last process with that filter has gone; then waits for the next one.
"""

import array
import fcntl
import json
import os
import select
import socket
import struct
import sys
import threading

RECEIVE = 0xC0502100  # SECCOMP_IOCTL_NOTIF_RECV
SEND = 0xC0182101  # SECCOMP_IOCTL_NOTIF_SEND


def answer(listener, number):
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        ((_, events),) = poll.poll()
        if not events & select.POLLIN:
            return
        notification = bytearray(80)
        try:
            fcntl.ioctl(listener, RECEIVE, notification)
            identity = struct.unpack_from("=Q", notification)[0]
            fcntl.ioctl(listener, SEND, struct.pack("=QqiI", identity, 0, -number, 0))
        except FileNotFoundError:
            continue


def serve(connection, states, number):
    numbers = array.array("i")
    text = b""
    while True:
        data, ancillary, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(64))
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
        if not data:
            break
        text += data
        try:
            state = json.loads(text)
        except ValueError:
            continue
        with open(states, "a", encoding="utf-8") as file:
            file.write(json.dumps({"descriptors": len(numbers), "state": state}) + "\n")
        connection.close()
        break
    for listener in numbers:
        answer(listener, number)
        os.close(listener)


def main():
    path, states = sys.argv[1:3]
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 63
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(8)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection, states, number), daemon=True).start()


main()
