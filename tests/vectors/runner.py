"""Reads vector files, calls the mapping of each case's label, and reports every difference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from tests.vectors import (
    calibration,
    contracts,
    fees,
    growth,
    indicators,
    joint,
    kelly,
    limits,
    market_making,
    metrics,
    probability,
)
from tests.vectors.compare import is_informative, misses
from tests.vectors.inputs import Mapping

BUNDLED = Path(__file__).parent.parent / "data_files" / "vectors"
LABELS: dict[str, Mapping] = {
    **kelly.LABELS,
    **growth.LABELS,
    **fees.LABELS,
    **contracts.LABELS,
    **limits.LABELS,
    **metrics.LABELS,
    **indicators.LABELS,
    **joint.LABELS,
    **calibration.LABELS,
    **probability.LABELS,
    **market_making.LABELS,
}
_SPECIALS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_SLICE = re.compile(r"^(\w+) bars (\d+)\.\.(\d+)$")


def load(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file, references to other cases of the file filled in."""
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")).get("cases", [])
    shared = {case["id"]: case["inputs"] for case in cases}
    return [{**case, "inputs": _resolved(case["inputs"], shared)} for case in cases]


def run_case(case: dict[str, Any]) -> list[str]:
    """Return one line for each key of a case that is not as expected."""
    label, name = case["function"], case["id"]
    if label not in LABELS:
        return [f"{name}: unknown label '{label}'"]
    expected = case["expected"]
    wanted = {key: value for key, value in expected.items() if not is_informative(key)}
    try:
        got = LABELS[label](case["inputs"], wanted)
    except Exception as error:  # noqa: BLE001  (a case may expect any refusal, and one bad case must not hide the rest)
        kinds = [kind.__name__ for kind in type(error).__mro__]
        if expected.get("raises") in kinds:
            return []
        return [f"{name}: raised {type(error).__name__}: {error}"]
    tolerance = case.get("tolerance", {})
    found = misses(got, expected, float(tolerance.get("abs", 1e-9)), float(tolerance.get("rel", 0.0)))
    return [f"{name}: {key}: got {left!r}, expected {right!r}" for key, left, right in found]


def main(arguments: Sequence[str], out: TextIO | None = None) -> int:
    """Run the files named, or the bundled ones, and return the exit status: 1 for any miss or unknown label."""
    paths = [Path(argument) for argument in arguments] or sorted(BUNDLED.glob("*.json"))
    bad = total = 0
    for path in paths:
        try:
            cases = load(path)
        except (OSError, ValueError, KeyError) as error:
            print(f"{path.name}: cannot be read: {type(error).__name__}: {error}", file=out)
            bad, total = bad + 1, total + 1
            continue
        for case in cases:
            lines = run_case(case)
            total += 1
            bad += bool(lines)
            for line in lines:
                print(f"{path.name}: {line}", file=out)
    print(f"{total - bad} of {total} cases in {len(paths)} files as expected", file=out)
    return 1 if bad else 0


def bundled_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an identifier and the case for everything in the bundled files."""
    for path in sorted(BUNDLED.glob("*.json")):
        for case in load(path):
            yield f"{path.stem}-{case['id']}", case


def _resolved(value: Any, shared: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(item, shared) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, shared) for item in value]
    return _named(value, shared) if isinstance(value, str) else value


def _named(text: str, shared: dict[str, Any]) -> Any:
    """Return what a text stands for: a special number, the inputs of another case, one of its series, or itself."""
    case, _, series = text.partition(".")
    span = _SLICE.match(text)
    if span and span[1] in shared:
        first, last = int(span[2]), int(span[3])
        return {key: item[first : last + 1] for key, item in shared[span[1]].items() if isinstance(item, list)}
    if series in shared.get(case, {}):
        return shared[case][series]
    return _SPECIALS.get(text, shared.get(text, text))
