"""A strategy's tunable number: what is valid, what a slider shows, and what it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import InvalidParams, suggest

Number = int | float


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its default, its valid range, the step of its slider, and one line of help.

    `low` and `high` bound what is valid; whole-number parameters are those whose default and step are ints. `name` is
    filled in from the attribute it is assigned to.
    """

    default: Number
    low: Number
    high: Number
    step: Number
    help: str
    label: str = ""
    unit: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high:
            raise InvalidParams(f"default {self.default} lies outside [{self.low}, {self.high}]")
        if not self.step > 0:
            raise InvalidParams(f"step is {self.step}; it must be above 0")

    @property
    def whole(self) -> bool:
        """Whether the parameter takes whole numbers only."""
        return isinstance(self.default, int) and isinstance(self.step, int)

    def check(self, value: Any) -> Number:
        """Return the value as a number of the right type, or say what is wrong with it."""
        if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
            raise InvalidParams(f"{self.name} is {value!r}; it must be a number")
        number = float(value)
        if not math.isfinite(number):
            raise InvalidParams(f"{self.name} is {value}; it must be a finite number")
        if not self.low <= number <= self.high:
            raise InvalidParams(f"{self.name} is {value}; it must lie in [{self.low}, {self.high}]: {self.help}")
        if not self.whole:
            return number
        if number != int(number):
            raise InvalidParams(f"{self.name} is {value}; it counts bars or levels, so it must be a whole number")
        return int(number)


def resolve(owner: str, declared: Mapping[str, Param], given: Mapping[str, Any] | None) -> dict[str, Number]:
    """Return every declared parameter with its given or default value, checked."""
    if given is not None and not isinstance(given, Mapping):
        raise InvalidParams(f"params of {owner} is {given!r}; it must be a dict of parameter names and values")
    given = dict(given or {})
    for name in given:
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise InvalidParams(f"{owner} has no parameter {name!r}{suggest(name, declared)}; it has: {known}")
    return {name: param.check(given.get(name, param.default)) for name, param in declared.items()}
