"""What was quoted and what was settled, each row with the time from which it was known: the only food of a model.

The rule of time, in one place: at `as_of` a quote is known from its own moment on, a result only after it. Prices are
stamped when they were on the screen; a bar's is its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidData
from engine.models.when import Moments, TimeArray, moments, one_clock

FloatArray = NDArray[np.float64]
Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Quoted:
    """Prices of YES that were on the screen, all arrays (n,), sorted by time; bid and ask are NaN where unknown."""

    ticker: Names
    event: Names
    group: Names
    time: TimeArray
    price: FloatArray
    bid: FloatArray
    ask: FloatArray
    clock: str

    @classmethod
    def of(
        cls,
        ticker: Sequence[str],
        time: Any,
        price: ArrayLike,
        event: Sequence[str] | None = None,
        group: Sequence[str] | None = None,
        bid: ArrayLike | None = None,
        ask: ArrayLike | None = None,
    ) -> Quoted:
        """Return checked quotes; without `event` every ticker is its own, without `group` all belong to one."""
        names, stamps = _names("ticker", ticker), moments(time)
        n = names.size
        prices = inside("price", _column("price", price, n))
        lows = np.full(n, np.nan) if bid is None else _column("bid", bid, n)
        highs = np.full(n, np.nan) if ask is None else _column("ask", ask, n)
        crossed = np.flatnonzero(lows > highs)
        if crossed.size:
            low, high = lows[crossed[0]], highs[crossed[0]]
            raise InvalidData(f"{names[crossed[0]]} has a bid {low:g} above its ask {high:g}: correct or drop it")
        _as_many("time", stamps.nanoseconds.size, n)
        events = names if event is None else _as_names("event", event, n)
        groups = np.full(n, "") if group is None else _as_names("group", group, n)
        order = np.argsort(stamps.nanoseconds, kind="stable")
        whole = cls(names, events, groups, stamps.nanoseconds, prices, lows, highs, stamps.clock)
        return whole[order]

    @classmethod
    def from_book(
        cls,
        ticker: Sequence[str],
        time: Any,
        bid: ArrayLike,
        ask: ArrayLike,
        event: Sequence[str] | None = None,
        group: Sequence[str] | None = None,
    ) -> Quoted:
        """Return quotes at the middle of the book; a row without both sides has no price and is left out.

        A pulled book after the close shows bid 0 and ask 1: its middle of 0.50 is nobody's price.
        """
        lows, highs = np.asarray(bid, np.float64), np.asarray(ask, np.float64)
        real = np.flatnonzero((lows > 0.0) & (highs < 1.0) & (lows <= highs))
        stamps = moments(time)
        return cls.of(
            _names("ticker", ticker)[real].tolist(),
            Moments(stamps.nanoseconds[real], stamps.clock),
            0.5 * (lows[real] + highs[real]),
            None if event is None else _names("event", event)[real].tolist(),
            None if group is None else _names("group", group)[real].tolist(),
            lows[real],
            highs[real],
        )

    def __len__(self) -> int:
        return self.time.size

    def __getitem__(self, rows: Any) -> Quoted:
        """Return some of the rows."""
        names = self.ticker[rows], self.event[rows], self.group[rows]
        return Quoted(*names, self.time[rows], self.price[rows], self.bid[rows], self.ask[rows], self.clock)

    def until(self, as_of: int) -> Quoted:
        """Return what had been quoted at `as_of`, that moment included."""
        return self[: int(np.searchsorted(self.time, as_of, side="right"))]

    def latest(self) -> Quoted:
        """Return the last quote of each ticker, by name."""
        names, back = np.unique(self.ticker[::-1], return_index=True)
        return self[len(self) - 1 - back] if names.size else self


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Quotes whose markets have settled since, all arrays (n,), sorted by settlement; `outcome` in [0, 1]."""

    ticker: Names
    event: Names
    group: Names
    quoted: TimeArray
    price: FloatArray
    time: TimeArray
    outcome: FloatArray
    clock: str

    @classmethod
    def of(
        cls,
        ticker: Sequence[str],
        time: Any,
        outcome: ArrayLike,
        price: ArrayLike | None = None,
        quoted: Any = None,
        event: Sequence[str] | None = None,
        group: Sequence[str] | None = None,
    ) -> Settled:
        """Return checked results: settled at `time`; quoted at `price` when `quoted` says, or at settlement."""
        names, stamps = _names("ticker", ticker), moments(time, "the settlement time")
        n = names.size
        before = stamps if quoted is None else moments(quoted, "the time of the quote")
        clock = one_clock({"the settlement": stamps, "the quote": before})
        _as_many("the settlement time", stamps.nanoseconds.size, n)
        _as_many("the time of the quote", before.nanoseconds.size, n)
        late = np.flatnonzero(before.nanoseconds > stamps.nanoseconds)
        if late.size:
            raise InvalidData(f"{names[late[0]]} was quoted after it settled; that price knows the result: drop it")
        prices = np.full(n, 0.5) if price is None else inside("price", _column("price", price, n))
        events = names if event is None else _as_names("event", event, n)
        groups = np.full(n, "") if group is None else _as_names("group", group, n)
        results = outcomes(_column("outcome", outcome, n))
        order = np.argsort(stamps.nanoseconds, kind="stable")
        return cls(names, events, groups, before.nanoseconds, prices, stamps.nanoseconds, results, clock)[order]

    @classmethod
    def joined(cls, quoted: Quoted, results: Mapping[str, tuple[Any, float]]) -> Settled:
        """Return every quote made before its market settled, with the result: ticker -> (settled at, outcome)."""
        stamps = moments([when for when, _ in results.values()], "the settlement time")
        one_clock({"the settlement": stamps, "the quote": Moments(quoted.time, quoted.clock)})
        when = dict(zip(results, stamps.nanoseconds.tolist(), strict=True))
        end = np.array([when.get(name, -1) for name in quoted.ticker.tolist()], dtype=np.int64)
        rows = quoted[np.flatnonzero((end >= 0) & (quoted.time <= end))]
        known = rows.ticker.tolist()
        return cls.of(
            known,
            Moments(np.array([when[name] for name in known], dtype=np.int64), stamps.clock),
            [results[name][1] for name in known],
            rows.price,
            Moments(rows.time, rows.clock),
            rows.event.tolist(),
            rows.group.tolist(),
        )

    def __len__(self) -> int:
        return self.time.size

    def __getitem__(self, rows: Any) -> Settled:
        """Return some of the rows."""
        names = self.ticker[rows], self.event[rows], self.group[rows]
        return Settled(*names, self.quoted[rows], self.price[rows], self.time[rows], self.outcome[rows], self.clock)

    def before(self, as_of: int) -> Settled:
        """Return what had settled before `as_of`; a result of that very moment is not known yet."""
        end = int(np.searchsorted(self.time, as_of, side="left"))
        return self[:end]

    def shares(self) -> FloatArray:
        """Return the weight of each row that makes every market count once, however often it was quoted; (n,)."""
        _, place, counts = np.unique(self.ticker, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / counts[place.ravel()], np.float64)

    def once(self) -> Settled:
        """Return one row a ticker, its first, for models that learn from results and not from prices."""
        _, first = np.unique(self.ticker, return_index=True)
        return self[np.sort(first)]


def inside(name: str, values: ArrayLike) -> FloatArray:
    """Return probabilities strictly between 0 and 1 as an array, or refuse the first that is not."""
    array = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~((array > 0.0) & (array < 1.0)))
    if bad.size:
        value = array.ravel()[bad[0]]
        guess = f"did you mean {value / 100:g}?" if 1.0 < value < 100.0 else "leave it out, nothing is certain"
        raise InvalidData(f"{name} is {value:g}; it must be a probability inside (0, 1): {guess}")
    return array


def outcomes(values: ArrayLike) -> FloatArray:
    """Return results as an array: 1 for YES, 0 for NO, between for a scalar settlement; anything else is refused."""
    array = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~((array >= 0.0) & (array <= 1.0)))
    if bad.size:
        raise InvalidData(f"an outcome is {array.ravel()[bad[0]]:g}; it is 1 for YES and 0 for NO: correct or drop it")
    return array


def _names(name: str, values: Sequence[str] | Names) -> Names:
    array = np.asarray(values, dtype=np.str_).ravel()
    if (array == "").any():
        raise InvalidData(f"a {name} is empty; every row names its market: fill it in")
    return array


def _as_names(name: str, values: Sequence[str], n: int) -> Names:
    array = np.asarray(values, dtype=np.str_).ravel()
    _as_many(name, array.size, n)
    return array


def _column(name: str, values: ArrayLike, n: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64).ravel()
    _as_many(name, array.size, n)
    return array


def _as_many(name: str, got: int, n: int) -> None:
    if got != n:
        raise InvalidData(f"{name} has {got} rows and ticker {n}; they describe the same markets: pass as many")
