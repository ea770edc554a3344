"""Times as every model reads them: whole nanoseconds, and which kind of clock they were read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidData

# what a column of times may be; two kinds are never compared
ZONED, UNZONED, NUMBERS = "times with a time zone", "times without a time zone", "plain nanoseconds"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000_000
YEAR = 365 * 24 * HOUR

TimeArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Times of shape (n,) in nanoseconds since 1970, and the kind of clock they came from."""

    nanoseconds: TimeArray
    clock: str


def moments(values: Any, name: str = "time") -> Moments:
    """Return times given as datetimes, numpy datetime64, a pandas index, or int nanoseconds; one kind in a column."""
    if isinstance(values, Moments):
        return values
    if hasattr(values, "asi8"):
        index = values.as_unit("ns")
        return Moments(np.array(index.asi8, dtype=np.int64), UNZONED if values.tz is None else ZONED)
    if isinstance(values, np.ndarray) and values.dtype.kind in "Mi":
        clock = UNZONED if values.dtype.kind == "M" else NUMBERS
        plain = values.astype("datetime64[ns]") if clock == UNZONED else values
        return _without_gaps(Moments(plain.astype(np.int64).ravel(), clock), name)
    read = [_moment(value, name) for value in (values if isinstance(values, Iterable) else [values])]
    kinds = {clock for _, clock in read}
    if len(kinds) > 1:
        both = " and ".join(sorted(kinds))
        raise InvalidData(f"{name} mixes {both}; they cannot be ordered: use one kind throughout")
    return Moments(np.array([ns for ns, _ in read], dtype=np.int64), kinds.pop() if kinds else NUMBERS)


def moment(value: Any, clock: str, name: str = "as_of") -> int:
    """Return one time in nanoseconds, or refuse it when it is of another kind than the data's clock."""
    nanoseconds, kind = _moment(value, name)
    if kind != clock:
        raise InvalidData(f"{name} {value} belongs to {kind} and the data to {clock}; use one kind throughout")
    return nanoseconds


def one_clock(parts: dict[str, Moments]) -> str:
    """Return the clock that all non-empty columns share, or refuse them."""
    kinds = {name: part.clock for name, part in parts.items() if part.nanoseconds.size}
    if len(set(kinds.values())) > 1:
        told = ", ".join(f"{name} has {clock}" for name, clock in kinds.items())
        raise InvalidData(f"{told}; they cannot be ordered: use one kind throughout")
    return next(iter(kinds.values()), next(iter(parts.values())).clock)


def said(nanoseconds: int, clock: str) -> str:
    """Return a time as a person reads it."""
    if clock == NUMBERS:
        return str(nanoseconds)
    text = str(np.datetime64(nanoseconds, "ns").astype("datetime64[s]"))
    return text + ("Z" if clock == ZONED else "")


def _moment(value: Any, name: str) -> tuple[int, str]:
    if isinstance(value, datetime):
        # pandas keeps nanoseconds that a datetime loses
        exact = getattr(value, "value", None)
        if exact is None:
            gap = (value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH
            exact = (gap.days * 86_400 + gap.seconds) * 1_000_000_000 + gap.microseconds * 1000
        return int(exact), ZONED if value.tzinfo else UNZONED
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return int(value.astype("datetime64[ns]").astype(np.int64)), UNZONED
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value), NUMBERS
    raise InvalidData(f"{name} is {value!r}; it must be a datetime or whole nanoseconds: parse it first")


def _without_gaps(read: Moments, name: str) -> Moments:
    if read.clock == UNZONED and np.isnat(read.nanoseconds.astype("datetime64[ns]")).any():
        raise InvalidData(f"{name} has an empty time; every row needs one: leave such rows out")
    return read
