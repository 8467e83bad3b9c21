# SPDX-License-Identifier: Apache-2.0
"""Judges JSON texts by Python's json module, made as strict as RFC 8259 and the reader's limits.

judge(bytes) gives a canonical dump of the text, or None where it must be refused:
n, t, f; i and d with the digits as written; s with the UTF-8 bytes in hex; [..] and {key:value,..}.
"""

import json

MAXIMUM_DEPTH = 128


class Refused(Exception):
    pass


class Pairs(list):
    """An object's members, those with a key that stands twice included."""


def refuse(name):
    raise Refused(name)


def judge(data):
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=lambda digits: ("i", digits),
            parse_float=lambda digits: ("d", digits),
            parse_constant=refuse,
            object_pairs_hook=Pairs,
        )
        return dump(value, 0)
    except (Refused, UnicodeError, RecursionError, ValueError):
        return None


def dump(value, depth):
    if value is None:
        return "n"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, tuple):
        return "".join(value)
    if isinstance(value, str):
        # Half a surrogate pair has no UTF-8, and so raises here.
        return "s" + value.encode("utf-8").hex()
    if depth == MAXIMUM_DEPTH:
        raise Refused("depth")
    if isinstance(value, Pairs):
        members = (dump(k, depth + 1) + ":" + dump(v, depth + 1) for k, v in value)
        return "{" + ",".join(members) + "}"
    return "[" + ",".join(dump(element, depth + 1) for element in value) + "]"
