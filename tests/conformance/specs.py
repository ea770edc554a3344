"""Whether an answer or a stream message is what Kalshi's published descriptions say."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[1] / "data_files" / "specs" / "kalshi"
DOLLARS = r"^-?\d+\.\d{4}(\d{2})?$"
COUNT = r"^-?\d+\.\d{2}$"
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


@lru_cache(maxsize=2)
def spec(name: str) -> dict[str, Any]:
    """An extract: "openapi" or "asyncapi"."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return read


def _strict(schema: Any) -> Any:
    """A schema in JSON Schema's own terms, which takes no member that it does not declare."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        read: dict[str, Any] = {"$ref": "#/$defs/" + schema["$ref"].rpartition("/")[2]}
    else:
        read = {key: value if key in ("enum", "required") else _strict(value) for key, value in schema.items()}
        read.pop("nullable", None)
        if "properties" in schema:
            read["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
            read["additionalProperties"] = False
        if schema.get("format") == "date-time":
            read["pattern"] = INSTANT
    return {"anyOf": [read, {"type": "null"}]} if schema.get("nullable") else read


@lru_cache(maxsize=256)
def _validator(name: str, top: str) -> Draft202012Validator:
    read = spec(name)
    schemas = {key: _strict(value) for key, value in read["schemas"].items()}
    if name == "openapi":
        schemas["FixedPointDollars"]["pattern"] = DOLLARS
        schemas["FixedPointCount"]["pattern"] = COUNT
    return Draft202012Validator({**_strict(read["top"][top]), "$defs": schemas})


def faults(name: str, top: str, value: Any) -> list[str]:
    """What is wrong with a value, in words; nothing if it is as described."""
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in _validator(name, top).iter_errors(value)]


def message_kinds() -> dict[str, str]:
    """Message type -> the schema that describes it, for the types that have one."""
    kinds: dict[str, str] = {}
    for top, schema in spec("asyncapi")["top"].items():
        kinds.setdefault(schema["properties"]["type"]["const"], top)
    return kinds
