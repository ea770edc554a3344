"""Kalshi's sparse candles as a full frame of bars: quiet ones filled with the quotes that stood, no price made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.brokers.kalshi.fields import Fields
from engine.brokers.kalshi.wire import Event, Market, Series, price
from engine.core.errors import InvalidData

OHLC = ("open", "high", "low", "close")
COLUMNS = (
    *(f"bid_{name}" for name in OHLC),
    *(f"ask_{name}" for name in OHLC),
    *OHLC,
    "volume",
    "open_interest",
)
MOST_BARS = 5000
_NAMES = {"1m": 1, "1min": 1, "1h": 60, "60m": 60, "60min": 60, "1hour": 60, "1d": 1440, "1day": 1440}
_WRITTEN = {1: "1m", 60: "1h", 1440: "1d"}
Quad = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Interval:
    """One of the three lengths of a candle that Kalshi makes."""

    minutes: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.minutes * 60

    @property
    def name(self) -> str:
        """Its name in the rest of the product."""
        return _WRITTEN[self.minutes]

    @classmethod
    def of(cls, value: str | int | None, seconds: int) -> Self:
        """Return the interval that was asked for, or the finest that gives at most 5,000 bars."""
        if value is None:
            return cls(next((m for m in _WRITTEN if seconds <= m * 60 * MOST_BARS), 1440))
        minutes = value if isinstance(value, int) else _NAMES.get(str(value).strip().lower().replace(" ", ""))
        if minutes not in _WRITTEN:
            raise InvalidData(f"interval is {value!r}; Kalshi has '1m', '1h' and '1d' (1, 60 and 1440 minutes)")
        return cls(minutes)


@dataclass(frozen=True, slots=True)
class Candle:
    """One period up to second `end`: quotes and trades of YES as open, high, low, close; NaN is "no such price"."""

    end: int
    bid: Quad
    ask: Quad
    trade: Quad
    volume: float
    open_interest: float


def read_candle(raw: object) -> Candle:
    """Return a candle of either tier; only the live one marks its keys with units."""
    f = Fields(raw, "a candle")
    end = f.whole("end_period_ts")
    if end is None:
        raise InvalidData("Kalshi sent a candle without end_period_ts; try again later")
    return Candle(
        end=end,
        bid=_quad(f.get("yes_bid")),
        ask=_quad(f.get("yes_ask")),
        trade=_quad(f.get("price")),
        volume=_float(f.number("volume_fp", "volume"), 0.0),
        open_interest=_float(f.number("open_interest_fp", "open_interest"), np.nan),
    )


def _quad(raw: Any) -> Quad:
    f = Fields(raw if isinstance(raw, dict) else {}, "a candle's prices")
    # a bid of 0 and an ask of 1 say that nobody quotes: no price
    a, b, c, d = (_float(price(f.number(f"{name}_dollars", name)), np.nan) for name in OHLC)
    return a, b, c, d


def _float(value: Decimal | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def market_frame(
    rows: Sequence[Candle],
    market: Market,
    event: Event,
    series: Series,
    interval: Interval,
    span: tuple[int, int],
    now: int,
) -> pd.DataFrame:
    """Return candles as full bars over a span, with what the market is and how it ended in `attrs`."""
    ends, values = fill_sparse(rows, interval.seconds, *span)
    over = market.close_time is not None and market.close_time.timestamp() <= now
    if not over:  # a bar that is still open would show what it is going to be
        ends, values = ends[ends <= now], values[ends <= now]
    if not len(ends):
        raise InvalidData(
            f"{market.ticker} has no candles of {interval.name} between start and end; choose other times"
        )
    index = pd.DatetimeIndex((ends - interval.seconds) * 1_000_000_000, tz="UTC", name="time")
    frame = pd.DataFrame(values, index=index, columns=list(COLUMNS))
    frame.attrs.update(_attrs(market, event, series, interval))
    return frame


def fill_sparse(
    rows: Sequence[Candle], step: int, low: int, high: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (ends, values of shape (bars, 14)) with every period from the first candle on that opens before `high`.

    A period without a candle has the closing quotes and the open interest of the one before, no trade, and volume 0.
    The bar in which `low` lies is the first. NaN stays NaN: an empty side is carried as empty.
    """
    if not rows:
        return np.empty(0, np.int64), np.empty((0, len(COLUMNS)))
    known = np.array([row.end for row in rows], np.int64)
    parts = [
        # days begin at midnight in New York for some series, so that two of a year have another length
        np.arange(end, follower - step // 2, step, dtype=np.int64)
        for end, follower in zip(known, [*known[1:], high + step + step // 2], strict=True)
    ]
    ends = np.concatenate(parts)
    source = np.repeat(np.arange(len(rows)), [len(part) for part in parts])
    fresh = np.concatenate([[True] * min(len(part), 1) + [False] * (len(part) - 1) for part in parts]).astype(bool)
    table = np.array([(*row.bid, *row.ask, *row.trade, row.volume, row.open_interest) for row in rows])
    values = table[source]
    quiet = ~fresh
    values[quiet, 0:4] = values[quiet, 3:4]
    values[quiet, 4:8] = values[quiet, 7:8]
    values[quiet, 8:12] = np.nan
    values[quiet, 12] = 0.0
    inside = (ends - step >= low - low % step) & (ends - step < high)
    return ends[inside], values[inside]


def _attrs(market: Market, event: Event, series: Series, interval: Interval) -> dict[str, Any]:
    payout = market.payout
    return {
        "symbol": market.ticker,
        "interval": interval.name,
        "kind": "event",
        "calendar": "24/7",
        "source": "Kalshi",
        "title": market.title or event.title,
        "event_ticker": event.event_ticker,
        "series_ticker": series.ticker,
        "mutually_exclusive": event.mutually_exclusive,
        "status": market.status,
        "open_time": _iso(market.open_time),
        "close_time": _iso(market.close_time),
        "settled_time": _iso(market.settlement_time),
        "result": market.result,
        "settlement_value": None if payout is None else float(payout),
        "strike_type": market.strike_type,
        "floor_strike": None if market.floor_strike is None else float(market.floor_strike),
        "cap_strike": None if market.cap_strike is None else float(market.cap_strike),
        "fee_type": event.fee_type or series.fee_type,
        "fee_multiplier": float(series.fee_multiplier if event.fee_multiplier is None else event.fee_multiplier),
    }


def _iso(time: Any) -> str:
    return time.isoformat() if time is not None else ""
