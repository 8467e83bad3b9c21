# SPDX-License-Identifier: Apache-2.0
# unpack-kernel.py VMLINUZ VMLINUX: the ELF file in a compressed kernel.
import lzma
import sys
import zlib

FORMATS = (
    (b"\xfd7zXZ\0", lzma.LZMADecompressor),
    (b"\x1f\x8b\x08", lambda: zlib.decompressobj(31)),
)


def unpacked(data):
    for magic, decompressor in FORMATS:
        start = data.find(magic)
        if start <= 0:
            continue
        try:
            kernel = decompressor().decompress(data[start:])
        except (lzma.LZMAError, zlib.error):
            continue  # the magic number was there by chance
        if kernel.startswith(b"\x7fELF"):
            return kernel
    sys.exit(f"unpack-kernel.py: no kernel found in {sys.argv[1]}")


with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    target.write(unpacked(source.read()))
