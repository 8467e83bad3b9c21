# SPDX-License-Identifier: Apache-2.0
"""A resctrl where the hardware has none: resctrl.py MOUNTPOINT LOG.

A file system in user space that does of the kernel's what a runtime sees: a directory that is made gets
its files, `schemata` takes lines that name a resource and refuses others with EINVAL, `tasks` takes a
process a write. Each write and each directory that is made or removed is a line of LOG. What it can't
show is that a processor heeds any of it.
"""

import ctypes
import errno
import os
import stat
import struct
import sys

ATTR = "=6Q10I"


class Node:
    def __init__(self, number, mode):
        self.number, self.mode = number, mode
        self.children, self.text = {}, ""


class Tree:
    def __init__(self, log):
        self.nodes, self.log = {}, log
        self.root = self.group()
        self.add(self.root, "info", self.node(stat.S_IFDIR | 0o555))

    def node(self, mode):
        made = Node(len(self.nodes) + 1, mode)
        self.nodes[made.number] = made
        return made

    def add(self, parent, name, child):
        parent.children[name] = child
        child.path = f"{getattr(parent, 'path', '')}/{name}"
        for inner, node in child.children.items():
            self.add(child, inner, node)
        return child

    def group(self):
        made = self.node(stat.S_IFDIR | 0o755)
        for name, text in (("schemata", "    L3:0=fff;1=fff\n    MB:0=100\n"), ("tasks", "")):
            self.add(made, name, self.node(stat.S_IFREG | 0o644)).text = text
        self.add(made, "mon_groups", self.node(stat.S_IFDIR | 0o755))
        return made

    def monitor(self):
        made = self.node(stat.S_IFDIR | 0o755)
        self.add(made, "tasks", self.node(stat.S_IFREG | 0o644))
        return made

    def note(self, text):
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def write(self, node, data):
        text = data.decode()
        self.note(f"write {node.path} {text.strip()!r}")
        if node.path.endswith("schemata"):
            lines = {}
            for line in (node.text + text).splitlines():
                resource, colon, share = line.strip().partition(":")
                if not colon or "=" not in share or resource not in ("L3", "MB", "L2"):
                    raise OSError(errno.EINVAL, line)
                lines[resource] = f"    {resource}:{share}\n"
            node.text = "".join(lines.values())
        else:
            node.text += text.strip() + "\n"

    def attributes(self, node):
        size = len(node.text)
        links = 2 if node.mode & stat.S_IFDIR else 1
        return struct.pack(ATTR, node.number, size, 0, 0, 0, 0, 0, 0, 0, node.mode, links, 0, 0, 0, 4096, 0)

    def entry(self, node):
        return struct.pack("=4Q2I", node.number, 0, 0, 0, 0, 0) + self.attributes(node)

    def answer(self, call, number, data):
        node = self.nodes.get(number)
        name = data.rstrip(b"\0").decode(errors="replace")
        match call:
            case 1:  # LOOKUP
                if name not in node.children:
                    raise OSError(errno.ENOENT, name)
                return self.entry(node.children[name])
            case 3 | 4:  # GETATTR, SETATTR
                return struct.pack("=Q2I", 0, 0, 0) + self.attributes(node)
            case 9:  # MKDIR
                name = data[8:].rstrip(b"\0").decode()
                if name in node.children:
                    raise OSError(errno.EEXIST, name)
                made = self.monitor() if node.path.endswith("mon_groups") else self.group()
                self.note(f"mkdir {self.add(node, name, made).path}")
                return self.entry(made)
            case 11:  # RMDIR
                if name not in node.children:
                    raise OSError(errno.ENOENT, name)
                self.note(f"rmdir {node.children.pop(name).path}")
                return b""
            case 14 | 27:  # OPEN, OPENDIR; not through the page cache
                return struct.pack("=Q2I", 0, 1 if call == 14 else 0, 0)
            case 15:  # READ
                offset, size = struct.unpack_from("=QI", data, 8)
                return node.text.encode()[offset : offset + size]
            case 16:  # WRITE
                size = struct.unpack_from("=I", data, 16)[0]
                self.write(node, data[40 : 40 + size])
                return struct.pack("=2I", size, 0)
            case 17:  # STATFS
                return b"\0" * 80
            case 18 | 25 | 29 | 34:  # RELEASE, FLUSH, RELEASEDIR, ACCESS
                return b""
            case 26:  # INIT
                return struct.pack("=4I2H2I2HI7I", 7, 31, 0, 0, 16, 12, 4096, 1, 1, 0, 0, *[0] * 7)
            case 28:  # READDIR: nobody looks
                return b""
        raise OSError(errno.ENOSYS, str(call))


def main():
    target, log = sys.argv[1:3]
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"resctrl", target.encode(), b"fuse", 0, options) != 0:
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
    tree = Tree(log)
    tree.root.path = ""
    for name, node in list(tree.root.children.items()):
        tree.add(tree.root, name, node)
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError:
            return  # unmounted
        _, call, unique, number = struct.unpack_from("=2I2Q", request)
        if call in (2, 36, 38, 42):  # FORGET, INTERRUPT, DESTROY, BATCH_FORGET
            continue
        try:
            error, body = 0, tree.answer(call, number, request[40:])
        except OSError as failure:
            error, body = -failure.errno, b""
        os.write(device, struct.pack("=IiQ", 16 + len(body), error, unique) + body)


main()
