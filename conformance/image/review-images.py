#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the images of review-*.bats: what a second look at swimg brought to light.

usage: review-images.py CASE TARGET
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from images import *  # noqa: E402,F403


def write_layout(top, blobs, target):
    """A layout of ready-made blobs; its only name is app:1.0."""
    files = {f"blobs/{key.replace(':', '/')}": data for key, data in blobs.items()}
    named = {**top, "annotations": {NAME: "app:1.0"}}
    files["index.json"] = document({"schemaVersion": 2, "manifests": [named]})
    files["oci-layout"] = document({"imageLayoutVersion": "1.0.0"})
    write_directory(files, target)


def case_index_bomb(target):
    """Seven indexes, each naming the next one 300 times: 300^6 ways to one image."""
    image = Image().build()
    del image.descriptor["annotations"]
    blobs, entries = dict(image.blobs), [image.descriptor]
    for _ in range(7):
        data = document({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        blobs[sha256(data)] = data
        top = {"mediaType": INDEX, "digest": sha256(data), "size": len(data)}
        entries = [top] * 300
    write_layout(top, blobs, target)


def case_huge_sizes(target):
    """Two layers that nobody may hand out, and whose sizes together are no 64-bit number."""
    image = Image()
    foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"

    def change(manifest):
        manifest["layers"] += [
            {"mediaType": foreign, "digest": "sha256:" + digit * 64, "size": 2**63 - 1}
            for digit in "ab"
        ]

    image.change_manifest = change
    image.change_configuration = lambda value: value["rootfs"]["diff_ids"].extend(
        "sha256:" + digit * 64 for digit in "cd"
    )
    write_directory(image.files(), target)


def case_escape_key(target):
    """A key that would clear the terminal, twice."""
    image = Image()
    files = image.files()
    files["index.json"] = b'{"\\u001b[2J\\u009b31mred": 1, "\\u001b[2J\\u009b31mred": 2}'
    write_directory(files, target)


def case_escape_type(target):
    """A media type that would change the terminal's title."""
    image = Image()
    image.change_manifest = lambda value: value["layers"][0].update(
        mediaType="a\x1b]0;owned\x07\n\u202eb"
    )
    write_directory(image.files(), target)


def case_escape_user(target):
    write_directory(Image(User="\x1b[31mmallory").files(), target)


def case_many_labels(target):
    labels = {f"k{number:x}": "" for number in range(40_000)}
    write_directory(Image(Labels=labels).files(), target)


def case_runtime_labels(target):
    labels = {
        "run.oci.keep_original_groups": "1",
        "run.oci.seccomp_bpf_data": "AAAA",
        "org.systemd.property.ExecStopPost": "'x'",
        "org.criu.config": "/tmp/criu",
        "run.ocilot": "harmless",
        "org.opencontainers.image.author": "me",
    }
    write_directory(Image(Labels=labels).files(), target)


def case_combining(target):
    """A value that begins with a combining mark, which joins the equals sign to one character."""
    write_directory(Image(Env=["MARK=\u0301x", "A=1", "A=2"]).files(), target)


CASES = {key[5:]: value for key, value in globals().items() if key.startswith("case_")}

if __name__ == "__main__":
    CASES[sys.argv[1]](sys.argv[2])
