# SPDX-License-Identifier: Apache-2.0
"""Answers every rtnetlink socket of this network namespace with EPERM: answer-netlink.py

Says "ready", then "sent" or "refused" for each answer, until it is killed.
"""

import errno
import os
import socket
import struct

forger = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
forger.bind((0, 0))
own = forger.getsockname()[0]
print("ready", flush=True)
while True:
    with open("/proc/net/netlink", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    for row in rows:
        port = int(row[2])
        if row[1] != str(socket.NETLINK_ROUTE) or port in (0, own):
            continue
        # struct nlmsghdr of NLMSG_ERROR, the error, the head of the question.
        answer = struct.pack("=IHHIIi", 36, 2, 0, 1, port, -errno.EPERM) + bytes(16)
        try:
            forger.sendto(answer, socket.MSG_DONTWAIT, (port, 0))
            print("sent", flush=True)
        except OSError as error:
            print("refused", os.strerror(error.errno), flush=True)
