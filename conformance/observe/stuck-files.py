#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A file system in user space whose root is there and whose files are never found: who looks one up
waits in the kernel, and can be killed but not frozen.

usage: stuck-files.py DIRECTORY
Prints "ready" when it is mounted, and each name that somebody waits for; ends by a signal, which lets
them go.
"""
import ctypes
import os
import struct
import sys

LOOKUP, FORGET, GETATTR, STATFS, INIT, INTERRUPT = 1, 2, 3, 17, 26, 36
ENOSYS = 38
NOSUID, NODEV = 2, 4


def mount(device, directory):
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"stuck", directory.encode(), b"fuse", NOSUID | NODEV, options.encode()) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")


def answer(device, unique, body=b"", error=0):
    os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


def serve(device):
    while True:
        request = os.read(device, 1 << 17)
        _, opcode, unique = struct.unpack_from("<IIQ", request)
        if opcode == INIT:
            # Version 7.31, nothing on demand, 64 KiB a write.
            answer(device, unique, struct.pack("<IIIIHHII", 7, 31, 0, 0, 8, 8, 65536, 1) + bytes(36))
            print("ready", flush=True)
        elif opcode == GETATTR:
            attributes = struct.pack("<6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)
            answer(device, unique, struct.pack("<QII", 3600, 0, 0) + attributes)
        elif opcode == STATFS:
            answer(device, unique, bytes(80))
        elif opcode == LOOKUP:
            print("lookup", request[40:].split(b"\0")[0].decode(), flush=True)
        elif opcode not in (FORGET, INTERRUPT):
            answer(device, unique, error=ENOSYS)


def main():
    device = os.open("/dev/fuse", os.O_RDWR)
    # The kernel's first request waits until somebody reads it: mount does not.
    mount(device, sys.argv[1])
    serve(device)


main()
