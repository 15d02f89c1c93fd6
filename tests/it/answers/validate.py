"""Validates a JSON object on standard input against a schema: validate.py SCHEMA

A field that the schema does not name is a fault here, so that none is printed that nobody wrote down.
"""

import json
import sys

import jsonschema


def closed(schema):
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            closed(part)
    elif isinstance(schema, list):
        for part in schema:
            closed(part)
    return schema


schema = closed(json.load(open(sys.argv[1], encoding="utf-8")))
jsonschema.Draft202012Validator.check_schema(schema)
faults = list(jsonschema.Draft202012Validator(schema).iter_errors(json.load(sys.stdin)))
for fault in faults:
    print(f"{fault.json_path}: {fault.message}")
sys.exit(bool(faults))
