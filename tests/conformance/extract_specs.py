"""Cut the answers and stream messages that the fake venue gives out of Kalshi's published descriptions, as JSON.

Run by hand when the descriptions change; it needs PyYAML, which the project does not:
    python tests/conformance/extract_specs.py ../shared/specs/kalshi
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[1] / "data_files" / "specs" / "kalshi"
ROOTS = ("/exchange", "/series", "/markets", "/events", "/portfolio", "/historical", "/account")
KEPT = {
    "type",
    "enum",
    "const",
    "format",
    "required",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "nullable",
    "$ref",
}
MESSAGES = (
    "subscribedResponsePayload",
    "unsubscribedResponsePayload",
    "okResponsePayload",
    "errorResponsePayload",
    "listSubscriptionsResponsePayload",
    "orderbookSnapshotPayload",
    "orderbookDeltaPayload",
    "tickerPayload",
    "tradePayload",
    "fillPayload",
    "marketLifecycleV2Payload",
    "eventLifecyclePayload",
    "eventFeeUpdatePayload",
    "marketPositionPayload",
    "orderGroupUpdatesPayload",
    "userOrderPayload",
)


def _plain(schema: Any) -> Any:
    """A schema without its prose and code generator's hints."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    read = {
        key: value if key in ("enum", "required") else _plain(value) for key, value in schema.items() if key in KEPT
    }
    if "properties" in schema:
        read["properties"] = {name: _plain(value) for name, value in schema["properties"].items()}
    return read


def _follow(schema: Any, schemas: dict[str, Any], found: dict[str, Any]) -> None:
    """Collect every schema that one refers to."""
    if isinstance(schema, list):
        for item in schema:
            _follow(item, schemas, found)
    elif isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found[name] = _plain(schemas[name])
            _follow(found[name], schemas, found)
        for value in schema.values():
            _follow(value, schemas, found)


def _answers(read: dict[str, Any]) -> dict[str, Any]:
    answers = {}
    for path, operations in read["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if path.startswith(ROOTS) and method in operations:
                for status, response in operations[method]["responses"].items():
                    content = response.get("content", {}).get("application/json")
                    if content:
                        answers[f"{method.upper()} {path} {status}"] = _plain(content["schema"])
    return answers


def _write(name: str, source: Path, version: str, top: dict[str, Any], schemas: dict[str, Any]) -> None:
    found: dict[str, Any] = {}
    _follow(top, schemas, found)
    sha = hashlib.sha256(source.read_bytes()).hexdigest()
    read = {"version": version, "sha256": sha, "top": top, "schemas": dict(sorted(found.items()))}
    (TARGET / name).write_text(json.dumps(read, indent=1) + "\n")


def main(folder: Path) -> None:
    """Write both extracts."""
    source = folder / "openapi.yaml"
    read = yaml.safe_load(source.read_text())
    _write("openapi.json", source, read["info"]["version"], _answers(read), read["components"]["schemas"])
    source = folder / "asyncapi.yaml"
    read = yaml.safe_load(source.read_text())
    schemas = read["components"]["schemas"]
    top = {name: _plain(schemas[name]) for name in MESSAGES}
    _write("asyncapi.json", source, read["info"]["version"], top, schemas)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
