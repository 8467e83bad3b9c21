#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes small OCI layouts and docker-archives, sound and hostile, byte by byte.

usage: images.py CASE TARGET

A CASE is a function below whose name begins with "case_"; TARGET is the file or directory to make.
Every case starts from the same sound image of two layers and breaks one thing.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
NAME = "org.opencontainers.image.ref.name"
BUSYBOX = "/bin/busybox"
# A directory of the host that hostile layers try to reach.
OUTSIDE = os.environ.get("OUTSIDE", "/outside")


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def document(value):
    return json.dumps(value).encode()


def entry(name, content=None, kind=None, mode=0o755, **fields):
    info = tarfile.TarInfo(name)
    info.mode = mode
    info.mtime = 1_700_000_000
    if kind is not None:
        info.type = kind
    elif content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content or b""


def tar(*entries):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return data.getvalue()


def symlink(name, target):
    return entry(name, kind=tarfile.SYMTYPE, linkname=target)


def hardlink(name, target):
    return entry(name, kind=tarfile.LNKTYPE, linkname=target)


def base_layer(*more):
    with open(BUSYBOX, "rb") as file:
        busybox = file.read()
    return tar(
        entry("bin"),
        entry("bin/busybox", busybox),
        hardlink("bin/sh", "bin/busybox"),
        entry("etc"),
        entry("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n", mode=0o644),
        entry("etc/group", b"root:x:0:\napp:x:1001:\nextra:x:50:app\n", mode=0o644),
        entry("gone", b"from the first layer"),
        entry("data"),
        entry("data/seed", b"seed"),
        *more,
    )


class Image:
    """An image in the making; whatever a case changes before write() is written as it stands."""

    def __init__(self, *layers, **config):
        self.layers = list(layers) or [base_layer(), tar(entry(".wh.gone", b""), entry("new", b"n"))]
        self.config = {"Cmd": ["/bin/sh", "-c", "echo hello"], **config}
        self.platform = {"os": "linux", "architecture": "amd64"}
        self.name = "app:1.0"
        self.pack = lambda data: gzip.compress(data, mtime=0)
        self.suffix = "+gzip"
        self.blobs = {}
        self.change_configuration = lambda value: None
        self.change_manifest = lambda value: None
        self.change_index = lambda value: None

    def blob(self, data, media_type):
        digest = sha256(data)
        self.blobs[digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def build(self):
        self.packed = [self.blob(self.pack(layer), LAYER + self.suffix) for layer in self.layers]
        configuration = {
            **self.platform,
            "created": "2026-01-02T03:04:05Z",
            "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in self.layers]},
        }
        self.change_configuration(configuration)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(document(configuration), CONFIG),
            "layers": self.packed,
        }
        self.change_manifest(manifest)
        self.descriptor = self.blob(document(manifest), manifest.get("mediaType", MANIFEST))
        if self.name:
            self.descriptor["annotations"] = {NAME: self.name}
        return self

    def files(self):
        self.build()
        index = {"schemaVersion": 2, "manifests": [self.descriptor]}
        self.change_index(index)
        files = {f"blobs/{key.replace(':', '/')}": data for key, data in self.blobs.items()}
        files["index.json"] = document(index)
        files["oci-layout"] = document({"imageLayoutVersion": "1.0.0"})
        return files

    def docker_files(self):
        self.build()
        configuration = next(
            data for data in self.blobs.values() if data.startswith(b'{"os"')
        )
        names = [f"{number}/layer.tar" for number, _ in enumerate(self.layers)]
        files = dict(zip(names, self.layers))
        files["config.json"] = configuration
        manifest = [{"Config": "config.json", "RepoTags": [self.name], "Layers": names}]
        files["manifest.json"] = document(manifest)
        return files


def write_directory(files, target):
    for name, data in files.items():
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def write_tar(files, target, *more):
    entries = [entry(name, data, mode=0o644) for name, data in files.items()]
    with open(target, "wb") as file:
        file.write(tar(*entries, *more))


# --- sound images --------------------------------------------------------------------------------


def case_sound(target):
    write_directory(Image().files(), target)


def case_volume(target):
    write_directory(Image(Volumes={"/data": {}, "/new": {}}).files(), target)


def case_volumes(target):
    layer = base_layer(entry("data/deep"), entry("data/deep/file", b"deep"), symlink("link", "/data"))
    write_directory(
        Image(layer, Volumes={"/data": {}, "/data/deep": {}, "/fresh/made": {}}).files(), target
    )


def case_user(target):
    write_directory(Image(User="app", WorkingDir="/data", Env=["A=1", "HOME=/own"]).files(), target)


def case_sound_tar(target):
    write_tar(Image().files(), target)


def case_sound_docker(target):
    write_tar(Image().docker_files(), target)


def case_docker_links(target):
    """As old versions of docker save: the second layer is a link to the first one's file."""
    image = Image(base_layer(), base_layer())
    files = image.docker_files()
    del files["1/layer.tar"]
    write_tar(files, target, symlink("1/layer.tar", "../0/layer.tar"))


def case_docker_gzip(target):
    files = Image().docker_files()
    files["0/layer.tar"] = gzip.compress(files["0/layer.tar"])
    write_tar(files, target)


def case_bare_tag(target):
    image = Image()
    image.name = "2.0"
    write_directory(image.files(), target)


def case_docker_types(target):
    """Docker's schema 2 media types in a layout."""
    image = Image()

    def change(manifest):
        manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
        manifest["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
        for layer in manifest["layers"]:
            layer["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"

    image.change_manifest = change
    write_directory(image.files(), target)


def platform_image(architecture, text):
    image = Image(base_layer(entry("which", text.encode())))
    image.platform = {"os": "linux", "architecture": architecture}
    image.build()
    image.descriptor["platform"] = dict(image.platform)
    del image.descriptor["annotations"]
    return image


def case_index(target):
    """An index in an index: unknown entries, a platform that is left out, two for amd64."""
    images = [platform_image("arm64", "arm64"), platform_image("amd64", "first")]
    second = platform_image("amd64", "second")
    top = Image()
    blobs = {}
    for image in images + [second]:
        blobs |= image.blobs
    absent = {
        "mediaType": MANIFEST, "digest": "sha256:" + "a" * 64, "size": 3,
        "platform": {"os": "linux", "architecture": "s390x"},
    }
    unknown = {"mediaType": "application/x-unknown", "digest": "sha256:" + "b" * 64, "size": 3}
    inner = document({
        "schemaVersion": 2, "mediaType": INDEX,
        "manifests": [unknown, absent] + [image.descriptor for image in images],
    })
    outer = document({
        "schemaVersion": 2, "mediaType": INDEX,
        "manifests": [
            {"mediaType": INDEX, "digest": sha256(inner), "size": len(inner)}, second.descriptor,
        ],
    })
    blobs |= {sha256(inner): inner, sha256(outer): outer}
    files = {f"blobs/{key.replace(':', '/')}": data for key, data in blobs.items()}
    files["index.json"] = document({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": INDEX, "digest": sha256(outer), "size": len(outer),
            "annotations": {NAME: "docker.io/library/multi:1"},
        }],
    })
    files["oci-layout"] = document({"imageLayoutVersion": "1.0.0"})
    write_directory(files, target)


# --- hostile to load -----------------------------------------------------------------------------


def first_layer(image):
    return f"blobs/{image.packed[0]['digest'].replace(':', '/')}"


def changed(target, change):
    image = Image()
    files = image.files()
    change(image, files)
    write_directory(files, target)


def case_truncated_layer(target):
    def change(image, files):
        files[first_layer(image)] = files[first_layer(image)][:-10]

    changed(target, change)


def case_longer_layer(target):
    def change(image, files):
        files[first_layer(image)] += b"more"

    changed(target, change)


def case_wrong_digest(target):
    def change(image, files):
        data = bytearray(files[first_layer(image)])
        data[len(data) // 2] ^= 1
        files[first_layer(image)] = bytes(data)

    changed(target, change)


def case_missing_layer(target):
    changed(target, lambda image, files: files.pop(first_layer(image)))


def case_missing_manifest(target):
    def change(image, files):
        files.pop(f"blobs/{image.descriptor['digest'].replace(':', '/')}")

    changed(target, change)


def case_broken_index(target):
    changed(target, lambda image, files: files.update({"index.json": b'{\n"manifests": [,]\n}'}))


def case_duplicate_key(target):
    changed(target, lambda image, files: files.update(
        {"index.json": b'{"schemaVersion":2,"manifests":[],"manifests":[]}'}))


def case_deep_json(target):
    changed(target, lambda image, files: files.update({"index.json": b"[" * 500_000}))


def case_big_index(target):
    changed(target, lambda image, files: files.update({"index.json": b" " * (5 << 20) + b"{}"}))


def case_layout_version(target):
    changed(target, lambda image, files: files.update(
        {"oci-layout": b'{"imageLayoutVersion":"9.0"}'}))


def case_two_documents(target):
    image = Image()
    image.change_manifest = lambda manifest: manifest.update({"manifests": []})
    write_directory(image.files(), target)


def case_media_type(target):
    image = Image()
    image.change_index = lambda index: index["manifests"][0].update(
        {"mediaType": "application/vnd.docker.distribution.manifest.v2+json"})
    write_directory(image.files(), target)


def case_layer_count(target):
    image = Image()
    image.change_configuration = lambda value: value["rootfs"]["diff_ids"].pop()
    write_directory(image.files(), target)


def case_rootfs_type(target):
    image = Image()
    image.change_configuration = lambda value: value["rootfs"].update({"type": "other"})
    write_directory(image.files(), target)


def case_digest_path(target):
    image = Image()
    image.change_manifest = lambda value: value["layers"][0].update(
        {"digest": "sha256:../../../../etc/passwd"})
    write_directory(image.files(), target)


def case_negative_size(target):
    image = Image()
    image.change_manifest = lambda value: value["layers"][0].update({"size": -1})
    write_directory(image.files(), target)


def case_unknown_algorithm(target):
    image = Image()
    image.change_manifest = lambda value: value["layers"][0].update({"digest": "md5:" + "0" * 32})
    write_directory(image.files(), target)


def case_no_images(target):
    image = Image()
    image.change_index = lambda index: index.update({"manifests": []})
    write_directory(image.files(), target)


def case_bad_name(target):
    image = Image()
    image.name = "UPPER/Case:1"
    write_directory(image.files(), target)


def case_layer_link(target):
    """The blob is a link to a file of the host."""
    image = Image()
    files = image.files()
    layer = first_layer(image)
    del files[layer]
    write_directory(files, target)
    os.symlink("/etc/passwd", os.path.join(target, layer))


def case_docker_dotdot(target):
    write_tar(Image().docker_files(), target, entry("../../escaped", b"x"))


def case_docker_absolute(target):
    write_tar(Image().docker_files(), target, entry("/tmp/escaped", b"x"))


def case_docker_layer_path(target):
    files = Image().docker_files()
    files["manifest.json"] = files["manifest.json"].replace(b"0/layer.tar", b"../../etc/passwd")
    write_tar(files, target)


def case_docker_link_out(target):
    files = Image().docker_files()
    del files["0/layer.tar"]
    write_tar(files, target, symlink("0/layer.tar", "/etc/passwd"))


def case_docker_diff_id(target):
    files = Image().docker_files()
    files["0/layer.tar"] = base_layer(entry("evil", b"x"))
    write_tar(files, target)


def case_docker_twice(target):
    files = Image().docker_files()
    write_tar(files, target, entry("manifest.json", b"[]"))


def case_docker_fifo(target):
    write_tar(Image().docker_files(), target, entry("pipe", kind=tarfile.FIFOTYPE))


def case_tar_wrong_digest(target):
    image = Image()
    files = image.files()
    files[first_layer(image)] += b"x"
    write_tar(files, target)


def case_tar_cut(target):
    write_tar(Image().files(), target)
    with open(target, "rb+") as file:
        file.truncate(os.path.getsize(target) // 2)


def case_noise(target):
    with open(target, "wb") as file:
        file.write(hashlib.sha512(b"noise").digest() * 100)


def case_empty_file(target):
    open(target, "wb").close()


def case_other_tar(target):
    write_tar({"README": b"nothing here"}, target)


# --- hostile to unpack ---------------------------------------------------------------------------


def hostile(*entries):
    """The first layer plus these entries in the second."""
    return lambda target: write_directory(Image(base_layer(), tar(*entries)).files(), target)


def config_case(**config):
    return lambda target: write_directory(Image(**config).files(), target)


def case_diff_id(target):
    image = Image()
    image.change_configuration = lambda value: value["rootfs"]["diff_ids"].reverse()
    write_directory(image.files(), target)


def case_layer_type(target):
    image = Image()
    image.suffix = "+lzma"
    write_directory(image.files(), target)


def case_not_gzip(target):
    image = Image()
    image.pack = lambda data: data
    write_directory(image.files(), target)


def case_cut_gzip(target):
    image = Image()
    image.pack = lambda data: gzip.compress(data, mtime=0)[:-6]
    write_directory(image.files(), target)


def case_gzip_garbage(target):
    image = Image()
    image.pack = lambda data: gzip.compress(data, mtime=0) + b"garbage"
    write_directory(image.files(), target)


def case_cut_tar(target):
    write_directory(Image(base_layer()[: 512 * 5 + 77]).files(), target)


def case_closed(target):
    """Directories that nobody but root may enter or change, and a user that is not there."""
    layer = base_layer(
        entry("closed", mode=0), entry("closed/file", b"x"),
        entry("fixed", mode=0o555), entry("fixed/below", mode=0o555), entry("fixed/below/file", b"x"),
    )
    write_directory(Image(layer, User="nobody").files(), target)


def case_no_command(target):
    image = Image()
    del image.config["Cmd"]
    write_directory(image.files(), target)


def case_arm64(target):
    image = Image()
    image.platform = {"os": "linux", "architecture": "arm64"}
    write_directory(image.files(), target)


def passwd_case(*entries):
    layer = tar(entry("etc"), *entries)
    return lambda target: write_directory(Image(base_layer(), layer, User="app").files(), target)


CASES = {name[5:]: value for name, value in globals().items() if name.startswith("case_")}
CASES |= {
    "root_link": hostile(symlink(".", "/etc")),
    "bare_whiteout": hostile(entry(".wh.", b"")),
    "link_missing": hostile(hardlink("a", "not/there")),
    "huge_uid": hostile(entry("a", b"", uid=2**32)),
    "user_unknown": config_case(User="nobody"),
    "user_overflow": config_case(User="2147483648"),
    "user_wrap": config_case(User="4294967296"),
    "user_negative": config_case(User="-1"),
    "group_unknown": config_case(User="0:nogroup"),
    "cwd_relative": config_case(WorkingDir="relative"),
    "volume_proc": config_case(Volumes={"/proc": {}}),
    "volume_root": config_case(Volumes={"/": {}}),
    "volume_up": config_case(Volumes={"/../../x": {}}),
    "volume_file": config_case(Volumes={"/etc/passwd": {}}),
    "env_broken": config_case(Env=["=x"]),
    "passwd_fifo": passwd_case(entry("etc/passwd", kind=tarfile.FIFOTYPE)),
    "passwd_zero": passwd_case(symlink("etc/passwd", "../dev/zero"), entry("dev"), entry(
        "dev/zero", kind=tarfile.CHRTYPE, devmajor=1, devminor=5)),
    "passwd_huge": passwd_case(entry("etc/passwd", b"#" * (5 << 20))),
    "passwd_host": passwd_case(symlink("etc/passwd", "/../../../../etc/passwd")),
    # These are sound to unpack, but try to reach the host's files.
    "escape_names": hostile(
        entry("../../../../../../../../tmp/CANARY", b"x"), entry("/CANARY-absolute", b"x"),
        entry("a/../../../CANARY-up", b"x")),
    "escape_link": hostile(symlink("out", OUTSIDE), entry("out/CANARY", b"x")),
    "escape_dots": hostile(
        symlink("out", "../../../../../../../../../../../.." + OUTSIDE), entry("out/CANARY", b"x")),
    "escape_hardlink": hostile(
        symlink("out", OUTSIDE), hardlink("stolen", "out/victim"), hardlink("up", "../../../victim")),
    "escape_whiteout": hostile(symlink("out", OUTSIDE), entry("out/.wh.victim", b"")),
    "escape_chmod": hostile(symlink("link", OUTSIDE + "/victim"), entry("link", b"x", mode=0o4777)),
    "escape_volume": lambda target: write_directory(
        Image(base_layer(symlink("vol", OUTSIDE)), Volumes={"/vol": {}}).files(), target),
}


def main():
    case, target = sys.argv[1:3]
    CASES[case](target)


if __name__ == "__main__":
    main()
