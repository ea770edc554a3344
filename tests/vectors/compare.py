"""Compares what a mapping produced with what a case expects, at the tolerance of the case."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

Miss = tuple[str, Any, Any]
NOT_PRODUCED = "(not produced)"


def is_informative(key: str) -> bool:
    """Say whether a key only documents what others publish or compute, and is not to be compared."""
    return (
        key.startswith(("published_", "quantstats_", "empyrical_"))
        or key.endswith("_informative")
        or key == "k_numeric_exact"
    )


def misses(got: Any, expected: Any, absolute: float, relative: float, path: str = "") -> list[Miss]:
    """Return (key path, got, expected) for every leaf that differs."""
    if isinstance(expected, dict):
        return _in_dict(got, expected, absolute, relative, path)
    if isinstance(expected, list):
        return _in_list(got, expected, absolute, relative, path)
    return [] if _same(got, expected, absolute, relative) else [(path, got, expected)]


def _in_dict(got: Any, expected: dict[str, Any], absolute: float, relative: float, path: str) -> list[Miss]:
    if not isinstance(got, dict):
        return [(path, got, expected)]
    found: list[Miss] = []
    for key, value in expected.items():
        if not is_informative(key):
            name = f"{path}.{key}" if path else key
            found += misses(got[key], value, absolute, relative, name) if key in got else [(name, NOT_PRODUCED, value)]
    return found


def _in_list(got: Any, expected: list[Any], absolute: float, relative: float, path: str) -> list[Miss]:
    if not isinstance(got, list | tuple) or len(got) != len(expected):
        return [(path, got, expected)]
    found: list[Miss] = []
    for position, (left, right) in enumerate(zip(got, expected, strict=True)):
        found += misses(left, right, absolute, relative, f"{path}[{position}]")
    return found


def _same(got: Any, expected: Any, absolute: float, relative: float) -> bool:
    if expected is None:
        return got is None or (isinstance(got, float) and math.isnan(got))
    if isinstance(expected, bool) or isinstance(got, bool):
        return got is expected
    left, right = _number(got), _number(expected)
    if left is None or right is None:
        return bool(got == expected)
    if not (left.is_finite() and right.is_finite()):
        return (left.is_nan() and right.is_nan()) or (not left.is_nan() and not right.is_nan() and left == right)
    gap = abs(left - right)
    return bool(gap <= Decimal(repr(absolute)) or gap <= Decimal(repr(relative)) * abs(right))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        # floats keep all their digits, so that a tolerance of 0 means equal
        return Decimal(value) if isinstance(value, str | int | Decimal) else Decimal(float(value))
    except (InvalidOperation, TypeError, ValueError):
        return None
