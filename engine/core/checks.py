"""The questions that values and formulas ask of what is passed in, so that each refusal reads alike."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from engine.core.errors import InvalidConfig


def number(name: str, value: Any) -> float:
    """Return `value` as a finite float, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidConfig(f"{name} is {value!r}; it must be a number: pass an int or a float")
    result = float(value)
    if not math.isfinite(result):
        raise InvalidConfig(f"{name} is {result}; it must be finite: pass a number or leave it out")
    return result


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


def whole(name: str, value: Any, least: int = 1) -> int:
    """Return `value` as an int of at least `least`, or refuse it."""
    result = number(name, value)
    if result != int(result) or result < least:
        raise InvalidConfig(
            f"{name} is {value}; it must be a whole number of at least {least}: pass for example {least}"
        )
    return int(result)


def fraction_of(name: str, value: Any, *, of: str = "equity", zero: bool = False) -> float:
    """Return `value` as a fraction in (0, 1] (with `zero`, in [0, 1]), or refuse it and guess what was meant."""
    result = number(name, value)
    if 0.0 < result <= 1.0 or (zero and result == 0.0):
        return result
    span = "[0, 1]" if zero else "(0, 1]"
    raise InvalidConfig(f"{name} is {value}; it is a fraction of {of} in {span}: {_meant(result)}")


def probability(name: str, value: Any) -> float:
    """Return `value` as a probability in [0, 1], or refuse it and guess what was meant."""
    result = number(name, value)
    if 0.0 <= result <= 1.0:
        return result
    raise InvalidConfig(f"{name} is {value}; it is a probability in [0, 1]: {_meant(result)}")


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


def _meant(value: float) -> str:
    size = abs(value)
    if 0.0 < size <= 1.0:
        return f"did you mean {size:g}?"
    if 1.0 < size <= 100.0:
        guess = f"{size / 100.0:.2f}" if size == round(size) else f"{size / 100.0:g}"
        return f"did you mean {guess}?"
    return "pass for example 0.10 for 10 %"
