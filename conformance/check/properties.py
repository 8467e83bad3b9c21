# SPDX-License-Identifier: Apache-2.0
"""Every property of the specification's schema against swrun: properties.py SWRUN TABLE DIRECTORY.

Walks the schema of config.json. For each property that Linux has a bundle is written below DIRECTORY in
which that property alone has a value of another type than the schema says, and `swrun check` has to
name its JSON pointer: a property that the parser did not know would be passed over. A section for
another platform has to be warned of. What swrun makes of each is in TABLE, a line a property: the
pointer, `done` or `warned`, and the cases that show it. Prints what does not fit, a line each.
"""

import json
import os
import subprocess
import sys

SCHEMAS = os.path.join(os.path.dirname(__file__), "..", "runtime", "schema")
PLATFORMS = ("freebsd", "solaris", "vm", "windows", "zos")


class Schema:
    def __init__(self):
        self.files = {}

    def load(self, name):
        if name not in self.files:
            with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
                self.files[name] = json.load(file)
        return self.files[name]

    def resolve(self, node, file):
        """The node that a reference leads to, with the file that it is in."""
        while "$ref" in node:
            name, _, place = node["$ref"].partition("#")
            file = name or file
            node = self.load(file)
            for step in filter(None, place.split("/")):
                node = node[step]
        for word in ("anyOf", "oneOf", "allOf"):
            if word in node and "type" not in node:
                return self.resolve(node[word][0], file)
        return node, file

    def properties(self, node, file, path=()):
        """(path, node, the objects above it) of everything below an object."""
        node, file = self.resolve(node, file)
        members = dict(node.get("properties", {}))
        extra = node.get("additionalProperties", node.get("patternProperties"))
        if isinstance(extra, dict) and not members:
            inner = extra if "$ref" in extra or "type" in extra else next(iter(extra.values()))
            members = {"x": inner}
        for name, member in members.items():
            yield from self.one(member, file, (*path, name))

    def one(self, member, file, path):
        node, where = self.resolve(member, file)
        yield path, node
        if node.get("type") == "array" and "items" in node:
            items = node["items"]
            yield from self.one(items[0] if isinstance(items, list) else items, where, (*path, 0))
        else:
            yield from self.properties(node, where, path)

    def sample(self, member, file):
        """A value that the schema allows."""
        node, file = self.resolve(member, file)
        if "enum" in node:
            return node["enum"][0]
        match node.get("type"):
            case "string":
                return "MB:0=1" if "pattern" in node else "x"
            case "integer":
                return max(1, node.get("minimum", 1))
            case "boolean":
                return True
            case "array":
                return []
        required = node.get("required", [])
        return {name: self.sample(node["properties"][name], file) for name in required}


# What the text of the specification requires, and its schema does not.
REQUIRED = {"memoryPolicy": {"mode": "MPOL_DEFAULT"}, "personality": {"domain": "LINUX"}}


def wrong(node):
    """A value of a type that the node does not have."""
    return 7 if node.get("type", "string") in ("string", "array", "object") or "enum" in node else {}


def document(schema, path, value):
    """A config.json that is whole but for one value."""
    root = {
        "ociVersion": "1.3.0",
        "root": {"path": "rootfs"},
        "process": {"cwd": "/", "args": ["x"]},
        "linux": {"namespaces": [{"type": "mount"}]},
    }
    place, node, file = root, schema.load("config-schema.json"), "config-schema.json"
    for step, following in zip(path, path[1:] + (None,)):
        node, file = schema.resolve(node, file)
        if node.get("type") == "array":
            items = node["items"]
            node = items[0] if isinstance(items, list) else items
        elif step in node.get("properties", {}):
            node = node["properties"][step]
        else:
            extra = node.get("additionalProperties", node.get("patternProperties"))
            node = extra if "$ref" in extra or "type" in extra else next(iter(extra.values()))
        if following is None:
            new = value
        elif isinstance(place, dict) and isinstance(place.get(step), (dict, list)):
            new = place[step]
        else:
            new = schema.sample(node, file)
            if step in REQUIRED:
                new |= REQUIRED[step]
        if isinstance(place, list):
            place[:] = [new]
        else:
            place[step] = new
        place = new
    return root


def main():
    swrun, table, directory = sys.argv[1:4]
    with open(table, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    listed = {row[0]: row[1:] for row in rows}
    schema = Schema()
    bundle = os.path.join(directory, "bundle")
    os.makedirs(os.path.join(bundle, "rootfs"), exist_ok=True)
    seen = set()
    for path, node in schema.properties({"$ref": "config-schema.json"}, "config-schema.json"):
        if path[0] in PLATFORMS and len(path) > 1:
            continue  # passed over as a whole
        pointer = "/" + "/".join(str(step) for step in path)
        seen.add(pointer)
        if pointer not in listed:
            print(f"{pointer}: in the schema, and not in the table")
        with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as file:
            json.dump(document(schema, path, {} if path[0] in PLATFORMS else wrong(node)), file)
        result = subprocess.run(
            [swrun, "check", "--format", "json", bundle],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=20,
            check=False,
        )
        kind, status = ("warnings", 1) if path[0] in PLATFORMS else ("violations", 2)
        found = [one["pointer"] for one in json.loads(result.stdout)[kind]]
        if result.returncode != status or pointer not in found:
            print(f"{pointer}: not among the {kind}, or passed over ({found})")
    for pointer, (state, *cases) in listed.items():
        if pointer not in seen:
            print(f"{pointer}: in the table, and not in the schema")
        if state not in ("done", "warned") or not cases:
            print(f"{pointer}: {state} is not done or warned by some cases")
        for case in cases:
            if not os.path.exists(os.path.join(SCHEMAS, "..", "..", case)):
                print(f"{pointer}: there are no cases {case}")


main()
