#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unpacks random layers with swimg and umoci and compares the trees.

usage: random-layers.py SWIMG FIRST-SEED LAST-SEED    (as root, in an empty working directory)

One to three small layers of files, directories, links, hard links, fifos, attributes, whiteouts and
opaque markers over the same few names, also through symbolic links, so that entries meet in every
way. Images that umoci refuses are counted, not judged: it does not replace a parent that is no
directory and wants hard links behind their targets. Times of directories are left out, because umoci
gives those that no entry describes the time of day.
"""

import hashlib
import io
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile

LEAVES = ["a", "b", "c", "d"]
DIRECTORIES = ["A", "B", "L"]


def directory_path(rng):
    return "/".join(rng.choice(DIRECTORIES) for _ in range(rng.randint(1, 2)))


def leaf_path(rng):
    parent = directory_path(rng) + "/" if rng.random() < 0.7 else ""
    return parent + rng.choice(LEAVES)


def simple(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, target, 0o755
    return member


def random_member(rng, files, is_first):
    """One entry and its data; None when the choice makes no sense here."""
    kinds = ["file"] * 4 + ["directory"] * 3 + ["link", "hard link", "fifo", "attribute"]
    kind = rng.choice(kinds if is_first else kinds + ["whiteout", "opaque"])
    if kind in ("directory", "attribute", "opaque") or kind == "whiteout" and rng.random() < 0.5:
        path = directory_path(rng)
    else:
        path = leaf_path(rng)
    member, data = tarfile.TarInfo(path), None
    member.mtime = rng.randint(1, 2_000_000_000)
    member.mode = rng.choice([0o644, 0o755, 0o4711, 0o600, 0o1777])
    member.uid, member.gid = rng.randint(0, 3000), rng.randint(0, 3000)
    if kind == "file":
        data = rng.randbytes(rng.choice([0, 5, 600]))
        member.size = len(data)
        files.append(path)
    elif kind == "hard link":
        targets = [file for file in files if file != path]
        if not targets:
            return None
        member.type, member.linkname = tarfile.LNKTYPE, rng.choice(targets)
    elif kind == "link":
        member.type = tarfile.SYMTYPE
        member.linkname = rng.choice(["a", "b/c", "/c", "../d", "x"])
    elif kind == "fifo":
        member.type = tarfile.FIFOTYPE
    elif kind == "whiteout":
        parent, _, name = path.rpartition("/")
        member.name = os.path.join(parent, ".wh." + name)
    elif kind == "opaque":
        member.name = path + "/.wh..wh..opq"
    else:
        member.type = tarfile.DIRTYPE
        if kind == "attribute":
            member.pax_headers = {"SCHILY.xattr.user.key": str(rng.random())}
    return member, data


def random_layer(rng, is_first):
    buffer = io.BytesIO()
    files = []
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        if is_first:
            archive.addfile(simple("A", tarfile.DIRTYPE))
            target = rng.choice(["A", "/A", "../A", "./A/B"])
            archive.addfile(simple("L", tarfile.SYMTYPE, target))
        for _ in range(rng.randint(3, 14)):
            chosen = random_member(rng, files, is_first)
            if chosen:
                member, data = chosen
                archive.addfile(member, io.BytesIO(data) if data else None)
    return buffer.getvalue()


def scan(root):
    files, links = {}, {}
    for folder, directories, names in os.walk(root):
        for path in (os.path.join(folder, name) for name in directories + names):
            status = os.lstat(path)
            name = os.path.relpath(path, root)
            facts = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_rdev]
            facts += [
                (attribute, os.getxattr(path, attribute, follow_symlinks=False))
                for attribute in sorted(os.listxattr(path, follow_symlinks=False))
            ]
            if not stat.S_ISDIR(status.st_mode):
                facts.append(status.st_mtime_ns)
            if stat.S_ISLNK(status.st_mode):
                facts.append(os.readlink(path))
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    facts.append(hashlib.sha256(file.read()).hexdigest())
                links.setdefault(status.st_ino, []).append(name)
            files[name] = facts
    return files, sorted(sorted(names) for names in links.values())


def succeeds(*command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def compare(swimg, seed):
    """True when the trees are the same, None when umoci refuses the image."""
    rng = random.Random(seed)
    for name in ("layout", "bundle", "store", "umoci"):
        shutil.rmtree(name, ignore_errors=True)
    subprocess.run(["umoci", "init", "--layout", "layout"], check=True, capture_output=True)
    subprocess.run(["umoci", "new", "--image", "layout:x"], check=True, capture_output=True)
    for index in range(rng.randint(1, 3)):
        with open("layer.tar", "wb") as file:
            file.write(random_layer(rng, index == 0))
        command = ["umoci", "raw", "add-layer", "--image", "layout:x", "layer.tar"]
        subprocess.run(command, check=True, capture_output=True)
    if not succeeds("umoci", "raw", "unpack", "--image", "layout:x", "umoci"):
        return None
    load = [swimg, "load", "--quiet", "--store", "store", "--name", "random:x", "layout"]
    unpack = [swimg, "unpack", "--quiet", "--store", "store", "random:x", "bundle", "--", "/a"]
    for command in (load, unpack):
        subprocess.run(command, check=True)
    theirs, ours = scan("umoci"), scan("bundle/rootfs")
    for name in sorted(set(theirs[0]) | set(ours[0])):
        if theirs[0].get(name) != ours[0].get(name):
            print(f"seed {seed}: {name}: umoci {theirs[0].get(name)}, swimg {ours[0].get(name)}")
    if theirs[1] != ours[1]:
        print(f"seed {seed}: hard links: umoci {theirs[1]}, swimg {ours[1]}")
    return theirs == ours


def main():
    swimg, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    results = [compare(swimg, seed) for seed in range(first, last)]
    same, different, refused = (results.count(kind) for kind in (True, False, None))
    print(f"{same} the same, {different} different, {refused} refused by umoci")
    # Most must have been compared for the comparison to mean anything.
    sys.exit(different > 0 or same * 2 < len(results))


main()
