# SPDX-License-Identifier: Apache-2.0
# unpack-kernel.py VMLINUZ VMLINUX: the ELF file in a compressed kernel.
import lzma
import subprocess
import sys
import zlib


def without_zstd(data):
    # The program complains of what follows the kernel, once it has written that.
    return subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False).stdout


FORMATS = (
    (b"\xfd7zXZ\0", lambda data: lzma.LZMADecompressor().decompress(data)),
    (b"\x1f\x8b\x08", lambda data: zlib.decompressobj(31).decompress(data)),
    (b"\x28\xb5\x2f\xfd", without_zstd),
)


def unpacked(data):
    for magic, decompressed in FORMATS:
        start = data.find(magic)
        if start <= 0:
            continue
        try:
            kernel = decompressed(data[start:])
        except (lzma.LZMAError, zlib.error):
            continue  # the magic number was there by chance
        if kernel.startswith(b"\x7fELF"):
            return kernel
    sys.exit(f"unpack-kernel.py: no kernel found in {sys.argv[1]}")


with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    target.write(unpacked(source.read()))
