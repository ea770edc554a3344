"""Event contracts: what a market is, and the quotes of one or many of them on one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidData, suggest
from engine.core.instrument import BINARY, QUADRATIC, FeeModel, Instrument
from engine.core.market import Columns, FloatArray
from engine.core.quotes import INTEREST, ROWS, check_quotes, reference

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EventContract:
    """One yes-or-no market: what is traded, when, and how it ended as far as that is known.

    Times are nanoseconds UTC. `closes` is when trading really ended, early or not; `settles` when it was paid.
    `settlement` is what a YES was paid: 1, 0 or, for a void or scalar market, a part of a dollar.
    """

    instrument: Instrument
    event: str = ""
    series: str = ""
    title: str = ""
    closes: int | None = None
    settles: int | None = None
    settlement: float | None = None

    def __post_init__(self) -> None:
        ticker = self.instrument.symbol
        if self.instrument.payoff != BINARY:
            raise InvalidData(f"{ticker} has a payoff of {self.instrument.payoff!r}; an event contract's is 'binary'")
        value = self.settlement
        if value is not None and not 0.0 <= value <= 1.0:
            guess = f": did you mean {value / 100:g}?" if 1.0 < value <= 100.0 else ""
            raise InvalidData(f"{ticker} settled at {value}; a contract pays from 0 to 1 dollar{guess}")
        if self.settles is not None and self.closes is not None and self.settles < self.closes:
            raise InvalidData(f"{ticker} settles before it closes; correct one of the times")

    @property
    def ticker(self) -> str:
        """Its name on the venue."""
        return self.instrument.symbol

    @property
    def result(self) -> str:
        """How it ended: "yes", "no", "scalar", or "" while that is not known."""
        if self.settlement is None:
            return ""
        return {1.0: "yes", 0.0: "no"}.get(float(self.settlement), "scalar")

    @property
    def over(self) -> int | None:
        """When a holder was paid: the settlement or, where its time is not known, the close."""
        return self.closes if self.settles is None else self.settles


@dataclass(frozen=True, slots=True, eq=False)
class EventColumns(Columns):
    """One market's bars as a strategy sees them; nothing of how it ends.

    `bid` and `ask` are those of YES at the close of each bar, NaN where nobody quotes. The prices (`close` and the
    like) are those of trades; where nothing traded, the last trade, moved into the quote if the quote has left it.
    """

    quotes: FloatArray = field(default_factory=lambda: np.empty((ROWS, 0)), repr=False)
    ticker: str = ""
    event: str = ""
    series: str = ""
    step: int = 0
    fees: FeeModel = field(default_factory=FeeModel)

    @property
    def bid(self) -> FloatArray:
        """The best bid for YES at each close; NaN for none."""
        return cast(FloatArray, self.quotes[3])

    @property
    def ask(self) -> FloatArray:
        """The best offer of YES at each close; NaN for none."""
        return cast(FloatArray, self.quotes[7])

    @property
    def open_interest(self) -> FloatArray:
        """Contracts held by somebody at each close."""
        return cast(FloatArray, self.quotes[INTEREST])

    @property
    def ends(self) -> IntArray:
        """When each bar closes, which is when it may be known; nanoseconds UTC."""
        return self.time + self.step

    def fee(self, price: FloatArray) -> FloatArray:
        """Return what buying or selling a contract at a price costs on each bar, before rounding."""
        model = self.fees
        if model.kind != QUADRATIC:
            return model.rate * price + model.per_unit
        rate = np.full(len(self), model.rate)
        for when, changed in model.changes:
            rate[self.ends >= when] = changed
        return np.asarray(rate * price * (1.0 - price))

    def __getitem__(self, part: slice) -> EventColumns:
        """Return the columns of a slice of time, as views."""
        return replace(
            self, prices=self.prices[:, part], time=self.time[part], quotes=self.quotes[:, part], places=None
        )


@dataclass(frozen=True, slots=True, eq=False)
class EventBars:
    """Quotes of one or many markets on one time axis.

    `quotes` is float64 of shape (14, all bars of all markets): bid, ask and trades of YES as open, high, low, close
    (rows 0 to 11), volume, open interest. A market's bars are columns of their own and lie side by side, `count` of
    them, the first at bar `first` of the axis. A side that nobody quotes is NaN: the empty book after a close is no
    price. `time` is the open of each bar in nanoseconds UTC, `step` its length, `index` the axis as pandas has it.
    """

    markets: tuple[EventContract, ...]
    time: IntArray
    index: Any = field(repr=False)
    quotes: FloatArray = field(repr=False)
    first: IntArray = field(repr=False)
    count: IntArray = field(repr=False)
    step: int
    interval: str = "1h"
    calendar: str = "24/7"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (ROWS, int(self.count.sum()))
        if self.quotes.shape != shape:
            raise InvalidData(
                f"quotes have shape {self.quotes.shape}; they must have (14, bars of all markets) = {shape}"
            )
        if not len(self.markets) == len(self.first) == len(self.count):
            raise InvalidData(f"there are {len(self.markets)} markets and {len(self.count)} stretches of bars")
        if len(set(self.symbols)) != len(self.markets):
            raise InvalidData("a ticker stands twice among the markets; each may stand once")
        self._check_axis()
        check_quotes(self.quotes, self._where)

    def _check_axis(self) -> None:
        if not len(self.markets) or not self.count.min() > 0 or not len(self.time):
            raise InvalidData("there are no bars; pass at least one market with at least one bar")
        if len(self.time) > 1 and not (np.diff(self.time) > 0).all():
            raise InvalidData("the times of the bars do not rise; sort them and drop duplicates")
        last = self.first + self.count - 1
        if self.first.min() < 0 or last.max() >= len(self.time):
            raise InvalidData("a market has bars outside the time axis; pass the axis of all markets")
        wrong = np.flatnonzero(self.time[last] - self.time[self.first] != (self.count - 1) * self.step)
        if wrong.size:
            raise InvalidData(
                f"{self.symbols[wrong[0]]} has bars missing between its first and its last; "
                "fill them with the quotes that stood"
            )

    def _where(self, column: int) -> str:
        starts = np.cumsum(self.count) - self.count
        k = int(np.searchsorted(starts, column, side="right")) - 1
        return f"{self.symbols[k]} bar {column - starts[k]}"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The tickers in the order of the markets."""
        return tuple(m.ticker for m in self.markets)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What is traded, in the order of the markets."""
        return tuple(m.instrument for m in self.markets)

    @property
    def ends(self) -> IntArray:
        """When each bar of the axis closes."""
        return self.time + self.step

    def __len__(self) -> int:
        return len(self.time)

    def spans(self) -> list[tuple[int, int, int]]:
        """Return (first bar on the axis, first column of the quotes, number of bars) of each market."""
        starts = np.cumsum(self.count) - self.count
        return list(zip(self.first.tolist(), starts.tolist(), self.count.tolist(), strict=True))

    def market(self, ticker: str) -> EventContract:
        """Return one market by its ticker."""
        return self.markets[self._place(ticker)]

    def one(self, ticker: str, fees: FeeModel | None = None) -> EventColumns:
        """Return the columns of one market; `fees` are those of a market that brings none."""
        return self.columns(self._place(ticker), fees)

    def columns(self, k: int, fees: FeeModel | None = None) -> EventColumns:
        """Return the columns of market number `k`."""
        start, count = int(self.count[:k].sum()), int(self.count[k])
        quotes = self.quotes[:, start : start + count]
        return self._columns(k, quotes, reference(quotes, np.zeros(count, np.int64)), fees)

    def all_columns(self, fees: FeeModel | None = None) -> list[EventColumns]:
        """Return the columns of every market."""
        starts = np.cumsum(self.count) - self.count
        prices = reference(self.quotes, np.repeat(starts, self.count))
        owns = [slice(a, a + n) for a, n in zip(starts.tolist(), self.count.tolist(), strict=True)]
        return [self._columns(k, self.quotes[:, own], prices[:, own], fees) for k, own in enumerate(owns)]

    def _columns(self, k: int, quotes: FloatArray, prices: FloatArray, fees: FeeModel | None) -> EventColumns:
        market, first = self.markets[k], int(self.first[k])
        last, quotes.flags.writeable = first + quotes.shape[1], False
        return EventColumns(
            prices, self.time[first:last], np.arange(first, last), len(self.time), quotes,
            market.ticker, market.event, market.series, self.step, market.instrument.fee or fees or FeeModel(),
        )  # fmt: skip

    def book(self) -> dict[str, Any]:
        """Return every bar's closing quotes as columns (ticker, event, time of the end, bid, ask), for a model."""
        own = np.repeat(np.arange(len(self.markets)), self.count)
        within = np.arange(len(own)) - np.repeat(np.cumsum(self.count) - self.count, self.count)
        names, events = np.array([(m.ticker, m.event) for m in self.markets]).T[:, own]
        time = self.ends[self.first[own] + within]
        return {"ticker": names, "event": events, "time": time, "bid": self.quotes[3], "ask": self.quotes[7]}

    def results(self) -> dict[str, tuple[int, float]]:
        """Return (when it was known, what YES was paid) of every market that has settled, by ticker."""
        known = ((m.ticker, m.over, m.settlement) for m in self.markets)
        return {name: (over, paid) for name, over, paid in known if over is not None and paid is not None}

    def _place(self, ticker: str) -> int:
        if ticker not in self.symbols:
            raise InvalidData(f"no market {ticker!r} in these bars{suggest(ticker, self.symbols)}")
        return self.symbols.index(ticker)

    def __getitem__(self, part: slice) -> EventBars:
        """Return the bars of a slice of time; markets that have none in it are left out."""
        low, high, _ = part.indices(len(self.time))
        first = np.maximum(self.first, low)
        last = np.minimum(self.first + self.count, high)
        return self._cut(np.flatnonzero(last > first), first, last, slice(low, high))

    def select(self, tickers: Iterable[str]) -> EventBars:
        """Return some of the markets, on a time axis of their own."""
        kept = np.array([self._place(t) for t in dict.fromkeys(tickers)], np.int64)
        if not kept.size:
            raise InvalidData("no tickers were given; name at least one market")
        used = np.zeros(len(self.time) + 1, np.int64)
        np.add.at(used, self.first[kept], 1)
        np.add.at(used, self.first[kept] + self.count[kept], -1)
        bars = np.flatnonzero(np.cumsum(used[:-1]) > 0)
        return self._cut(kept, self.first, self.first + self.count, bars)

    def _cut(self, kept: IntArray, first: IntArray, last: IntArray, bars: Any) -> EventBars:
        """Return markets `kept` with their bars first .. last - 1, on some bars of the axis."""
        if not kept.size:
            raise InvalidData("no market has a bar in that time; choose a longer one")
        starts = np.cumsum(self.count) - self.count
        places = [np.arange(starts[k] + first[k] - self.first[k], starts[k] + last[k] - self.first[k]) for k in kept]
        number = np.full(len(self.time), -1)
        number[bars] = np.arange(len(number[bars]))
        return replace(
            self,
            markets=tuple(self.markets[k] for k in kept),
            time=self.time[bars],
            index=self.index[bars],
            quotes=self.quotes[:, np.concatenate(places)],
            first=number[first[kept]],
            count=(last - first)[kept],
        )

    @classmethod
    def together(cls, parts: Mapping[str, EventBars]) -> EventBars:
        """Return several sets of markets as one, on the union of their times."""
        sets = list(parts.values())
        if not sets:
            raise InvalidData("no markets were given; pass at least one")
        if len({part.step for part in sets}) > 1:
            steps = " and ".join(sorted({part.interval for part in sets}))
            raise InvalidData(f"the markets have bars of {steps}; use one interval for all")
        index = sets[0].index.append([part.index for part in sets[1:]]).unique().sort_values()
        time = np.unique(np.concatenate([part.time for part in sets]))
        first = np.concatenate([np.searchsorted(time, part.time[part.first]) for part in sets])
        return cls(
            tuple(market for part in sets for market in part.markets),
            time,
            index,
            np.concatenate([part.quotes for part in sets], axis=1),
            first,
            np.concatenate([part.count for part in sets]),
            sets[0].step,
            sets[0].interval,
            sets[0].calendar,
            tuple(dict.fromkeys(note for part in sets for note in part.notes)),
        )
