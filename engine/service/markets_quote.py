"""What one market cost over its life, and what stood in its book at a moment of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow.parquet import read_table

from engine.core.events import EventColumns
from engine.core.instrument import FeeModel
from engine.data.bundled import FOLDER
from engine.service.markets import MarketRow, events_of, market_row

Floats = NDArray[np.float64]
_DEEPER = "Deeper levels are not in the data."


@dataclass(frozen=True, slots=True, eq=False)
class HistoryView:
    """A market's bars, arrays (n,): `time_ms` is the END of each bar, when its close may be known.

    Bid and ask of YES are NaN where nobody quoted; trades are NaN on bars without one; `volume` is contracts, and
    `traded` says whether the source has trades at all. `fee_rate` is the taker's rate of the quadratic fee.
    """

    row: MarketRow
    time_ms: Floats
    bid: Floats
    ask: Floats
    low: Floats
    high: Floats
    trade: Floats
    volume: Floats
    interest: Floats
    interval: str
    source: str
    fee_rate: float

    @property
    def traded(self) -> bool:
        """Whether there is any trade to draw."""
        return bool(np.isfinite(self.trade).any())

    def bar_at(self, share: float) -> int:
        """Return the last bar within a share of the market's quoted life, 0 being its first quote and 1 its last."""
        known = np.flatnonzero(np.isfinite(self.bid) | np.isfinite(self.ask))
        if not known.size:
            return len(self.time_ms) - 1
        return int(known[min(round(share * (known.size - 1)), known.size - 1)])

    def quote(self, bar: int) -> tuple[float, float]:
        """Return bid and ask at the close of a bar."""
        return float(self.bid[bar]), float(self.ask[bar])


@dataclass(frozen=True, slots=True)
class LadderLevel:
    """One price of a book in dollars; `size` and `depth` (it and what is better) are contracts, NaN where not known."""

    price: float
    size: float
    depth: float


@dataclass(frozen=True, slots=True)
class LadderView:
    """A book of YES, the best level first on both sides; `label` says what it is, `note` what it leaves out."""

    bids: tuple[LadderLevel, ...]
    asks: tuple[LadderLevel, ...]
    time_ms: float
    label: str
    note: str
    live: bool = False

    @property
    def spread(self) -> float:
        """Ask less bid, NaN unless both sides are quoted."""
        return self.asks[0].price - self.bids[0].price if self.bids and self.asks else float("nan")

    @property
    def middle(self) -> float:
        """Half-way between bid and ask, NaN unless both sides are quoted."""
        return 0.5 * (self.asks[0].price + self.bids[0].price) if self.bids and self.asks else float("nan")


def market_history(which: str, ticker: str) -> HistoryView:
    """Return the history of a bundled market."""
    row, bars = market_row(which, ticker), events_of(which)
    return history_of(row, bars.one(ticker), bars.interval, f"bundled set, {which}")


def history_of(row: MarketRow, columns: EventColumns, interval: str, source: str) -> HistoryView:
    """Return the history of a market from its bars."""
    quotes = columns.quotes
    return HistoryView(
        row=row,
        time_ms=columns.ends / 1e6,
        bid=columns.bid,
        ask=columns.ask,
        low=quotes[2],
        high=quotes[5],
        trade=quotes[11],
        volume=np.nan_to_num(quotes[12]),
        interest=columns.open_interest,
        interval=interval,
        source=source,
        fee_rate=_rate(columns.fees),
    )


def _rate(fees: FeeModel) -> float:
    return float(fees.rate)


def quoted_ladder(which: str, view: HistoryView, bar: int) -> LadderView:
    """Return the top of the book that a bundled market quoted at the close of a bar."""
    bid, ask = view.quote(bar)
    when = float(view.time_ms[bar])
    sizes = _sizes(view.row.ticker, when) if which == "polymarket" else None
    if sizes is None:
        return LadderView(
            _one(bid), _one(ask), when, "Quoted top of book", f"{_DEEPER} Sizes are not in the data either."
        )
    size_bid, size_ask, deep_bid, deep_ask = sizes
    return LadderView(
        _one(bid, size_bid),
        _one(ask, size_ask),
        when,
        "Quoted top of book",
        f"The five best prices together hold {deep_bid:,.0f} contracts bid and {deep_ask:,.0f} offered. {_DEEPER}",
    )


def _one(price: float, size: float = float("nan")) -> tuple[LadderLevel, ...]:
    return () if np.isnan(price) else (LadderLevel(price, size, size),)


@cache
def _looks(ticker: str) -> tuple[Floats, Floats]:
    """Return the times of the looks at a book in ms, and (4, looks): sizes of bid and ask, and of their best five."""
    table = read_table(FOLDER / "pm_polymarket_book.parquet")
    own = table.filter(pc.equal(table["market"].cast(pa.string()), ticker))
    names = ("bid_size", "ask_size", "bid_depth5", "ask_depth5")
    sizes = np.array([np.nan_to_num(own[name].to_numpy().astype(np.float64)) for name in names])
    return own["ts"].cast(pa.int64()).to_numpy() / 1e3, sizes


def _sizes(ticker: str, when_ms: float) -> tuple[float, float, float, float] | None:
    times, sizes = _looks(ticker)
    at = int(np.searchsorted(times, when_ms, side="left")) - 1
    if at < 0:
        return None
    bid, ask, deep_bid, deep_ask = sizes[:, at].tolist()
    return bid, ask, deep_bid, deep_ask
