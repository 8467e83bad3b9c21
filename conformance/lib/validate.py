#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Validates the JSON document on standard input by one of the OCI runtime specification's schemas.

usage: validate.py SCHEMA-FILE-NAME < document
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("missing: python3-jsonschema")

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "runtime" / "schema"


def main():
    path = FOLDER / sys.argv[1]
    schema = json.loads(path.read_text())
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    validator = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
    problems = list(validator.iter_errors(json.load(sys.stdin)))
    for problem in problems:
        where = "/".join(str(step) for step in problem.absolute_path)
        print(f"/{where}: {problem.message}", file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
