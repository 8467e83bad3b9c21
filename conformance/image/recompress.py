#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies an OCI layout of one image with its layers packed otherwise.

usage: recompress.py LAYOUT TARGET none|gzip|zstd
"""

import gzip
import hashlib
import json
import pathlib
import subprocess
import sys

SUFFIX = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}


def pack(data, form):
    if form == "none":
        return data
    if form == "gzip":
        return gzip.compress(data, 1, mtime=0)
    return subprocess.run(["zstd", "-q", "-3", "-c"], input=data, stdout=-1, check=True).stdout


def main():
    source, target, form = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(digest):
        return (source / "blobs" / digest.replace(":", "/")).read_bytes()

    def add(data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    index = json.loads((source / "index.json").read_text())
    descriptor = index["manifests"][0]
    manifest = json.loads(blob(descriptor["digest"]))
    manifest["config"] = add(blob(manifest["config"]["digest"]), manifest["config"]["mediaType"])
    manifest["layers"] = [
        add(
            pack(gzip.decompress(blob(layer["digest"])), form),
            "application/vnd.oci.image.layer.v1.tar" + SUFFIX[form],
        )
        for layer in manifest["layers"]
    ]
    descriptor |= add(json.dumps(manifest).encode(), descriptor["mediaType"])
    (target / "index.json").write_text(json.dumps(index))
    (target / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


main()
