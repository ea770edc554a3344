"""The rules that prices, volumes and times must obey, checked in a few passes and explained only when one is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.columns import COLUMNS, PRICES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SMALLEST, LARGEST = 1e-12, 1e12
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Fault:
    """The first broken rule; `row` counts from 0."""

    row: int
    column: str
    says: str


@dataclass(frozen=True, slots=True)
class _Rule:
    column: str
    broken: Bools
    says: Callable[[int], str]


def is_clean(times: NDArray[np.int64], columns: Mapping[str, Floats]) -> bool:
    """Whether no rule is broken, no NaN is there and every range holds exactly."""
    open_, high, low, close, volume = (columns[name] for name in COLUMNS)
    if not len(times) or times[0] == np.iinfo(np.int64).min or not (times[1:] > times[:-1]).all():
        return False
    # a NaN makes a comparison false, so once these hold, low and high bound all four prices
    if not ((low <= open_).all() and (open_ <= high).all() and (low <= close).all() and (close <= high).all()):
        return False
    return bool(low.min() >= SMALLEST and high.max() <= LARGEST and volume.min() >= 0.0 and volume.max() < np.inf)


def find_fault(times: NDArray[np.int64], columns: Mapping[str, Floats], *, allow_nan: bool = False) -> Fault | None:
    """The fault of the earliest row, or None; columns may hold any prices and a volume, each of shape (n,)."""
    with np.errstate(all="ignore"):
        rules = [*_time_rules(times), *_cell_rules(columns, allow_nan=allow_nan), *_range_rules(columns)]
    hits = [(int(rule.broken.argmax()), order) for order, rule in enumerate(rules) if rule.broken.any()]
    if not hits:
        return None
    row, order = min(hits)
    return Fault(row, rules[order].column, rules[order].says(row))


def widened(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    """Columns whose range holds open and close exactly; a NaN price stays NaN, a NaN volume becomes 0."""
    open_, high, low, close, volume = (columns[name] for name in COLUMNS)
    return {
        "open": open_,
        "high": np.where(np.isnan(high), high, np.fmax(high, np.fmax(open_, close))),
        "low": np.where(np.isnan(low), low, np.fmin(low, np.fmin(open_, close))),
        "close": close,
        "volume": np.where(np.isnan(volume), 0.0, volume),
    }


def _time_rules(times: NDArray[np.int64]) -> Iterator[_Rule]:
    yield _Rule("time", times == np.iinfo(np.int64).min, lambda row: "the time is empty; fill it in or remove the row")
    later, first = times[1:], np.zeros(1, dtype=np.bool_)
    yield _Rule(
        "time",
        np.concatenate([first, later == times[:-1]]),
        lambda row: "repeats the time of the row before; remove one",
    )
    yield _Rule(
        "time",
        np.concatenate([first, later < times[:-1]]),
        lambda row: "is earlier than the row before; sort the rows by time, oldest first",
    )


def _cell_rules(columns: Mapping[str, Floats], *, allow_nan: bool) -> Iterator[_Rule]:
    for name, values in columns.items():
        if not allow_nan:
            yield _Rule(name, np.isnan(values), lambda row: "is empty or NaN; fill it in or remove the row")
        yield from _volume_rules(name, values) if name == "volume" else _price_rules(name, values)


def _volume_rules(name: str, values: Floats) -> Iterator[_Rule]:
    yield _Rule(name, np.isinf(values), lambda row: f"{shown(values, row)} is not finite; correct the number")
    yield _Rule(name, values < 0.0, lambda row: f"{shown(values, row)} is negative; a volume is 0 or more")


def _price_rules(name: str, values: Floats) -> Iterator[_Rule]:
    beyond = (values < SMALLEST) | (values > LARGEST)
    bounds = f"{SMALLEST:g} to {LARGEST:g}"
    yield _Rule(name, np.isinf(values), lambda row: f"{shown(values, row)} is not finite; correct the number")
    yield _Rule(
        name, values <= 0.0, lambda row: f"{shown(values, row)} is not above 0; correct the price or remove the row"
    )
    yield _Rule(name, beyond, lambda row: f"{shown(values, row)} is no market's price ({bounds}); check its unit")


def _range_rules(columns: Mapping[str, Floats]) -> Iterator[_Rule]:
    if not set(PRICES) <= set(columns):
        return
    high, low = columns["high"], columns["low"]
    crossed = high * (1.0 + ROUNDING) < low
    yield _Rule(
        "high", crossed, lambda row: f"{shown(high, row)} is below the low of {shown(low, row)}; swap or correct them"
    )
    for name in ("open", "close"):
        yield _outside(name, columns[name], high, low)


def _outside(name: str, values: Floats, high: Floats, low: Floats) -> _Rule:
    def says(row: int) -> str:
        bounds = f"{shown(low, row)} to {shown(high, row)}"
        return f"{shown(values, row)} lies outside the bar's range {bounds}; correct the price or the range"

    return _Rule(name, (values > high * (1.0 + ROUNDING)) | (values < low * (1.0 - ROUNDING)), says)


def shown(values: Floats, row: int) -> str:
    """One of the numbers as a person would write it."""
    return f"{values[row]:.10g}"
