#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares directory trees file by file and prints what differs.

usage: compare-trees.py TREE TREE...

Compared with the first tree are: type, mode, owner, size, content, modification time, device
numbers, link targets, extended attributes, and which names are hard links of each other.
"""

import hashlib
import os
import stat
import sys


def content(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def facts(path):
    status = os.lstat(path)
    mode = status.st_mode
    found = {
        "type": stat.S_IFMT(mode),
        "mode": oct(stat.S_IMODE(mode)),
        "owner": f"{status.st_uid}:{status.st_gid}",
        "mtime": status.st_mtime_ns,
        "xattrs": sorted(
            (name, os.getxattr(path, name, follow_symlinks=False))
            for name in os.listxattr(path, follow_symlinks=False)
            if name != "security.selinux"
        ),
    }
    if stat.S_ISREG(mode):
        found |= {"size": status.st_size, "content": content(path), "links": status.st_nlink}
    elif stat.S_ISLNK(mode):
        found["target"] = os.readlink(path)
    elif stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        found["device"] = (os.major(status.st_rdev), os.minor(status.st_rdev))
    return status, found


def tree(root):
    root = os.fsencode(root)
    names, groups = {}, {}
    pending = [root]
    while pending:
        path = pending.pop()
        relative = os.path.relpath(path, root)
        status, names[relative] = facts(path)
        if stat.S_ISDIR(status.st_mode):
            pending += [entry.path for entry in os.scandir(path)]
        elif status.st_nlink > 1:
            groups.setdefault(status.st_ino, []).append(relative)
    for group in groups.values():
        for name in group:
            names[name]["group"] = sorted(group)
    return names


def differences(first, second):
    for name in sorted(first.keys() | second.keys()):
        if name not in first:
            yield name, "only in the second"
        elif name not in second:
            yield name, "only in the first"
        else:
            for key in first[name].keys() | second[name].keys():
                one, other = first[name].get(key), second[name].get(key)
                if one != other:
                    yield name, f"{key}: {one} and {other}"


def main():
    roots = sys.argv[1:]
    first = tree(roots[0])
    count = 0
    for root in roots[1:]:
        for name, difference in differences(first, tree(root)):
            count += 1
            if count <= 50:
                print(f"{root}: {name.decode(errors='backslashreplace')}: {difference}")
    print(f"{len(first)} files, {count} differences")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
