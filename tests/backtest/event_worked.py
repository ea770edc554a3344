"""Event markets small enough to be checked with pencil and paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import EventBars, EventContract, Instrument, kalshi_fees
from engine.core.instrument import BINARY
from engine.core.quotes import clean_quotes

HOUR = 3_600_000_000_000
START = pd.Timestamp("2025-03-10 12:00", tz="UTC").value
Quote = tuple[float, float]
FREE = kalshi_fees(multiplier=0)


def market(
    quotes: Sequence[Quote | tuple[Quote, Quote]],
    settlement: float | None = None,
    *,
    ticker: str = "KXELEC-2024",
    event: str = "",
    closes: int | None = None,
    settles: int | None = None,
    first: int = 0,
    volume: float = 1e6,
    **instrument: Any,
) -> EventBars:
    """Return one market, a bar a quote: (bid, ask), or the quotes at its open and at its close.

    It closes when the bars end, or at the open of bar `closes`, and settles then or at the open of bar `settles`.
    """
    pairs = [q if isinstance(q[0], tuple) else (q, q) for q in quotes]
    n = len(pairs)
    table = np.full((14, n), np.nan)
    for t, (opened, closed) in enumerate(pairs):
        for row, side in ((0, 0), (4, 1)):
            a, b = opened[side], closed[side]  # type: ignore[index]
            table[row : row + 4, t] = a, max(a, b), min(a, b), b
    table[12], table[13] = volume, 1000.0
    time = START + (first + np.arange(n)) * HOUR
    thing = Instrument(ticker, kind="event", **{"lot": 1.0, "tick": 0.01, "payoff": BINARY, "fee": FREE, **instrument})
    end = START + (first + n if closes is None else first + closes) * HOUR
    paid = None if settles is None else START + (first + settles) * HOUR
    contract = EventContract(thing, event or ticker, "KX", "", end, paid, settlement)
    index = pd.DatetimeIndex(time, tz="UTC", name="time")
    return EventBars(
        (contract,), time, index, clean_quotes(table, time, end), np.zeros(1, np.int64), np.array([n]), HOUR
    )
