"""The questions the formulas ask of their inputs, so that each refusal reads alike."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from engine.core.errors import InvalidConfig


def number(name: str, value: Any) -> float:
    """Return `value` as a finite float, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidConfig(f"{name} is {value!r}; it must be a finite number: pass an int or a float")
    return float(value)


def positive(name: str, value: Any) -> float:
    """Return `value` as a float above 0, or refuse it."""
    result = number(name, value)
    if result <= 0.0:
        raise InvalidConfig(f"{name} is {result:g}; it must be above 0: pass a positive number")
    return result


def not_negative(name: str, value: Any) -> float:
    """Return `value` as a float of 0 or more, or refuse it."""
    result = number(name, value)
    if result < 0.0:
        raise InvalidConfig(f"{name} is {result:g}; it must be 0 or more: pass the amount without a sign")
    return result


def share(name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1], or refuse it and guess what was meant."""
    result = number(name, value)
    if not 0.0 <= result <= 1.0:
        guess = f"did you mean {result / 100.0:g}?" if 1.0 < result <= 100.0 else "pass for example 0.5"
        raise InvalidConfig(f"{name} is {result:g}; it must lie in [0, 1]: {guess}")
    return result


def chance(name: str, value: Any) -> float:
    """Return `value` as a probability strictly between 0 and 1, or refuse it and guess what was meant."""
    result = number(name, value)
    if not 0.0 < result < 1.0:
        guess = f"did you mean {result / 100.0:g}?" if 1.0 < result < 100.0 else "nothing is certain, pass one inside"
        raise InvalidConfig(f"{name} is {result:g}; it must be a probability inside (0, 1): {guess}")
    return result
