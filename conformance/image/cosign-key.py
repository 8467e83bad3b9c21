#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypts a private key as cosign and skopeo want it: scrypt and NaCl's secretbox, in JSON, in PEM.

usage: cosign-key.py PKCS8.der PASSPHRASE >cosign.key
"""
import base64
import hashlib
import json
import os
import struct
import sys

N, R, P = 32768, 8, 1


def rotate(value, count):
    value &= 0xFFFFFFFF
    return (value << count | value >> (32 - count)) & 0xFFFFFFFF


def salsa_rounds(words):
    words = list(words)
    quarters = [(0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11),
                (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)]
    for _ in range(10):
        for a, b, c, d in quarters:
            words[b] ^= rotate(words[a] + words[d], 7)
            words[c] ^= rotate(words[b] + words[a], 9)
            words[d] ^= rotate(words[c] + words[b], 13)
            words[a] ^= rotate(words[d] + words[c], 18)
    return words


def block(key, nonce):
    """The words of one block: constants on the diagonal, key, and 16 bytes of nonce and counter."""
    constants = struct.unpack("<4I", b"expand 32-byte k")
    keys, nonces = struct.unpack("<8I", key), struct.unpack("<4I", nonce)
    return [constants[0], *keys[:4], constants[1], *nonces, constants[2], *keys[4:], constants[3]]


def hsalsa20(key, nonce):
    words = salsa_rounds(block(key, nonce))
    return struct.pack("<8I", *(words[index] for index in (0, 5, 10, 15, 6, 7, 8, 9)))


def salsa20(key, nonce, length):
    stream = b""
    for counter in range(length // 64 + 1):
        before = block(key, nonce + struct.pack("<Q", counter))
        after = salsa_rounds(before)
        stream += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(before, after)))
    return stream[:length]


def poly1305(key, message):
    factor = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for start in range(0, len(message), 16):
        piece = message[start:start + 16] + b"\1"
        total = (total + int.from_bytes(piece, "little")) * factor % ((1 << 130) - 5)
    total = (total + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)
    return total.to_bytes(16, "little")


def secretbox(key, nonce, message):
    subkey = hsalsa20(key, nonce[:16])
    stream = salsa20(subkey, nonce[16:], 32 + len(message))
    secret = bytes(a ^ b for a, b in zip(message, stream[32:]))
    return poly1305(stream[:32], secret) + secret


def main():
    with open(sys.argv[1], "rb") as file:
        plain = file.read()
    salt, nonce = os.urandom(32), os.urandom(24)
    key = hashlib.scrypt(sys.argv[2].encode(), salt=salt, n=N, r=R, p=P, dklen=32, maxmem=1 << 26)
    encode = lambda data: base64.b64encode(data).decode()
    document = json.dumps({
        "kdf": {"name": "scrypt", "params": {"N": N, "r": R, "p": P}, "salt": encode(salt)},
        "cipher": {"name": "nacl/secretbox", "nonce": encode(nonce)},
        "ciphertext": encode(secretbox(key, nonce, plain)),
    }).encode()
    text = encode(document)
    print("-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----")
    for start in range(0, len(text), 64):
        print(text[start:start + 64])
    print("-----END ENCRYPTED COSIGN PRIVATE KEY-----")


main()
