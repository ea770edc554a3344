"""Bars: the one form in which prices reach the engine, a frozen panel of (symbol, time)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidData, suggest
from engine.core.instrument import Instrument

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
FIELDS = ("open", "high", "low", "close", "volume")
DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Prices of one or more symbols on one time axis.

    `prices` is float64 of shape (5, symbols, bars): open, high, low, close, volume; NaN where a symbol has no bar.
    `time` is int64 of shape (bars,), nanoseconds UTC of the bar's open (midnight of the exchange date for daily bars).
    `index` is the time axis as the user gave it. Symbols are sorted by name.
    """

    instruments: tuple[Instrument, ...]
    time: NDArray[np.int64]
    prices: FloatArray
    index: pd.DatetimeIndex = field(repr=False)
    interval: str = "1d"
    calendar: str = "XNYS"
    close_only: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (5, len(self.instruments), len(self.time))
        if self.prices.shape != shape:
            raise InvalidData(f"prices have shape {self.prices.shape}; they must have (5, symbols, bars) = {shape}")
        if len(set(self.symbols)) != len(self.instruments):
            raise InvalidData(f"symbols {self.symbols} repeat; each may stand once")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the order of the panel."""
        return tuple(i.symbol for i in self.instruments)

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, part: slice) -> Bars:
        """Return the bars of a slice of time, as views."""
        return replace(self, time=self.time[part], prices=self.prices[:, :, part], index=self.index[part])

    def one(self, symbol: str) -> Columns:
        """Return the columns of one symbol, each of shape (bars,); bars on which it did not trade are NaN."""
        if symbol not in self.symbols:
            raise InvalidData(f"no symbol {symbol!r} in these bars{suggest(symbol, self.symbols)}")
        return Columns(self.prices[:, self.symbols.index(symbol), :], self.time)

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, symbol: str | None = None, *, instrument: Instrument | None = None
    ) -> Bars:
        """Return a checked DataFrame (columns open, high, low, close, volume; a time index) as bars of one symbol."""
        attrs = frame.attrs
        name = symbol or (instrument.symbol if instrument else None) or attrs.get("symbol")
        if not name:
            raise InvalidData("the data names no symbol; pass symbol='...'")
        if instrument is None:
            kind = attrs.get("kind", "stock")
            instrument = Instrument(name, kind=kind, lot=1e-8 if kind == "crypto" else 1e-6)
        index = frame.index
        if not hasattr(index, "tz"):
            raise InvalidData(
                f"{name} has an index of {type(index).__name__}; it must be times: pd.to_datetime may help"
            )
        whole = frame if tuple(frame.columns) == FIELDS else frame[list(FIELDS)]
        prices = np.ascontiguousarray(whole.to_numpy(np.float64).T).reshape(5, 1, len(frame))
        return cls(
            (instrument,),
            _nanoseconds(index),
            prices,
            cast("pd.DatetimeIndex", index),
            interval=attrs.get("interval", "1d"),
            calendar=attrs.get("calendar", "XNYS"),
            close_only=(bool(attrs.get("close_only", False)),),
            notes=(attrs["note"],) if attrs.get("note") else (),
        )

    @classmethod
    def together(cls, parts: Mapping[str, Bars]) -> Bars:
        """Return several one-symbol bars as one panel on the union of their times, symbols sorted by name."""
        if not parts:
            raise InvalidData("no symbols were given; pass at least one")
        names = sorted(parts)
        parts = _one_kind_of_time({name: parts[name] for name in names})
        first = parts[names[0]]
        intervals = sorted({bars.interval for bars in parts.values()})
        if len(intervals) > 1:
            raise InvalidData(
                f"the symbols have bars of {' and '.join(intervals)}; a longer bar knows the future of a shorter one: "
                "resample all to one interval"
            )
        if len(names) == 1:
            return first
        index = parts[names[0]].index
        for name in names[1:]:
            index = index.union(parts[name].index)
        prices = np.full((5, len(names), len(index)), np.nan)
        for row, name in enumerate(names):
            prices[:, row, index.get_indexer(parts[name].index)] = parts[name].prices[:, 0]
        calendars = {parts[n].calendar for n in names}
        return cls(
            tuple(parts[n].instruments[0] for n in names),
            _nanoseconds(index),
            prices,
            index,
            interval=first.interval,
            calendar=calendars.pop() if len(calendars) == 1 else "24/7",
            close_only=tuple(parts[n].close_only[0] if parts[n].close_only else False for n in names),
            notes=tuple(dict.fromkeys(note for n in names for note in parts[n].notes)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One symbol's bars as a strategy sees them: every column of shape (bars,), none of which it may change.

    `places` says where on the panel's axis of `total` bars they lie, None if they are all of it.
    """

    prices: FloatArray = field(repr=False)
    time: NDArray[np.int64] = field(repr=False)
    places: NDArray[np.intp] | None = field(default=None, repr=False)
    total: int = 0

    def __post_init__(self) -> None:
        if self.prices.flags.writeable:
            view = self.prices.view()
            view.flags.writeable = False
            object.__setattr__(self, "prices", view)

    @property
    def open(self) -> FloatArray:
        """First price of each bar."""
        return cast(FloatArray, self.prices[0])

    @property
    def high(self) -> FloatArray:
        """Highest price of each bar."""
        return cast(FloatArray, self.prices[1])

    @property
    def low(self) -> FloatArray:
        """Lowest price of each bar."""
        return cast(FloatArray, self.prices[2])

    @property
    def close(self) -> FloatArray:
        """Last price of each bar."""
        return cast(FloatArray, self.prices[3])

    @property
    def volume(self) -> FloatArray:
        """Units traded in each bar."""
        return cast(FloatArray, self.prices[4])

    def column(self, name: str) -> FloatArray:
        """Return a column by its name."""
        if name not in FIELDS:
            raise InvalidData(f"no column {name!r} in bars{suggest(name, FIELDS)}; there are {', '.join(FIELDS)}")
        return cast(FloatArray, self.prices[FIELDS.index(name)])

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, part: slice) -> Columns:
        """Return the columns of a slice of time, as views."""
        return Columns(self.prices[:, part], self.time[part])


class Feed(Protocol):
    """A source of closed bars in time order: a replay now, a venue later."""

    def __iter__(self) -> Iterator[Bars]: ...


def _one_kind_of_time(parts: dict[str, Bars]) -> dict[str, Bars]:
    """Return the parts with one kind of time: beside bars in UTC, daily bars of exchange dates count as UTC days."""
    naive = [name for name, bars in parts.items() if bars.index.tz is None]
    if len(naive) in (0, len(parts)):
        return parts
    for name in naive:
        if parts[name].interval != "1d":
            raise InvalidData(f"{name} has times without a time zone and others have one; give all of them a time zone")
    return {name: replace(b, index=b.index.tz_localize("UTC")) if name in naive else b for name, b in parts.items()}


def _nanoseconds(index: Any) -> NDArray[np.int64]:
    stamps = index.asi8 if index.unit == "ns" else index.as_unit("ns").asi8
    result: NDArray[np.int64] = np.asarray(stamps, dtype=np.int64)
    return result
