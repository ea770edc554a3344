"""Turns recorded markets (a table of best prices, or hourly candles) into books, saying what had to be assumed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.core.checks import not_negative
from engine.core.errors import InvalidConfig, InvalidData
from engine.research.quoting.book import Book, Tape

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


def book_from_frame(
    frame: pd.DataFrame, close_time: datetime, payout: float, name: str = "", notes: tuple[str, ...] = ()
) -> Book:
    """Return a book from columns ts, bid, bid_size, ask, ask_size; its clock is seconds to the close, negative before.

    Rows from the close on are dropped: the quotes are pulled there. Zoned times all, or none.
    """
    seconds = _seconds(frame, "ts", close_time)
    there = seconds < 0.0
    bid, ask, bid_size, ask_size = (_floats(frame, key)[there] for key in ("bid", "ask", "bid_size", "ask_size"))
    return Book.of(seconds[there], bid, ask, bid_size, ask_size, 0.0, payout, None, name, notes)


def book_from_candles(
    frame: pd.DataFrame,
    close_time: datetime,
    payout: float,
    name: str = "",
    *,
    depth: float = 100.0,
    at_extremes: float = 0.25,
    notes: tuple[str, ...] = (),
) -> Book:
    """Return a book from candles in cents (end_time, yes_bid_close, yes_ask_close, price_low, price_high, volume).

    A candle knows neither sizes nor who traded when, so both are assumed: `depth` contracts stand at each best price,
    and `at_extremes` of the volume was sold to buyers at the low, as much was bought from sellers at the high.
    """
    if not 0.0 <= at_extremes <= 0.5:
        raise InvalidConfig(f"at_extremes is {at_extremes}; it is a share of the volume from 0 to 0.5: lower it")
    seconds = _seconds(frame, "end_time", close_time)
    there = seconds < 0.0
    bid, ask = (_floats(frame, f"yes_{side}_close")[there] / 100.0 for side in ("bid", "ask"))
    size = np.full(len(bid), not_negative("depth", depth))
    low, high = (_floats(frame, f"price_{end}")[there] / 100.0 for end in ("low", "high"))
    part = np.floor(at_extremes * _floats(frame, "volume")[there])
    traded = ~np.isnan(low) & (part > 0.0)
    when, many = np.repeat(seconds[there][traded], 2), np.repeat(part[traded], 2)
    prices = np.column_stack((low[traded], high[traded])).ravel()
    tape = Tape.of(when, prices, many, np.tile([-1.0, 1.0], int(traded.sum())))
    assumed = (
        f"Candles show no sizes and no takers: {depth:g} contracts are assumed at each best price, {at_extremes:.0%} of"
        " a candle's volume sold at its low and as much bought at its high, and quotes are those of its end; how queues"
        " move is not seen, so the range between the assumptions is too narrow there."
    )
    return Book.of(seconds[there], bid, ask, size, size, 0.0, payout, tape, name, (*notes, assumed))


def _seconds(frame: pd.DataFrame, column: str, close_time: datetime) -> FloatArray:
    if column not in frame.columns:
        raise InvalidData(f"there is no column {column!r} among {', '.join(map(str, frame.columns))}: rename it")
    return np.asarray((frame[column] - close_time).dt.total_seconds(), np.float64)


def _floats(frame: pd.DataFrame, column: str) -> FloatArray:
    if column not in frame.columns:
        raise InvalidData(f"there is no column {column!r} among {', '.join(map(str, frame.columns))}: rename it")
    return frame[column].to_numpy(np.float64, na_value=np.nan)
