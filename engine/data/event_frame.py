"""A user's own event market, or one from a venue: a frame of candles as event bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.core.errors import InvalidData
from engine.core.events import EventBars, EventContract
from engine.core.instrument import BINARY, FeeModel, Instrument
from engine.core.quotes import clean_quotes
from engine.data.intervals import interval_seconds
from engine.numerics.fees import kalshi_fees

OHLC = ("open", "high", "low", "close")
COLUMNS = (*(f"bid_{n}" for n in OHLC), *(f"ask_{n}" for n in OHLC), *OHLC, "volume", "open_interest")
_SECOND = 1_000_000_000
_LOT = 0.01  # contracts come in hundredths everywhere


def events_from_frame(frame: pd.DataFrame, fees: FeeModel | None = None) -> EventBars:
    """Return one market's candles as event bars.

    Columns bid_open ... bid_close, ask_open ... ask_close, open ... close (trades), volume, open_interest; the index
    is the open of each bar in UTC. `attrs` name the symbol and, as far as known, event_ticker, series_ticker, title,
    interval, close_time, settled_time, settlement_value (of YES, in dollars), fee_type and fee_multiplier. Missing bars
    keep the quotes that stood; a market that is over gets bars up to its settlement, with an empty book.
    """
    attrs = frame.attrs
    symbol = attrs.get("symbol")
    if not symbol:
        raise InvalidData("the frame names no market; set frame.attrs['symbol'] to its ticker")
    missing = [name for name in COLUMNS[:8] if name not in frame.columns]
    if missing:
        raise InvalidData(
            f"{symbol} has no column {missing[0]}; candles of an event contract have {', '.join(COLUMNS)}"
        )
    if not isinstance(frame.index, pd.DatetimeIndex) or frame.index.tz is None:
        raise InvalidData(
            f"{symbol} has no times with a time zone; candles are stamped with the open of each bar in UTC"
        )
    interval = str(attrs.get("interval") or "1h")
    step = interval_seconds(interval) * _SECOND
    market = _market_of(symbol, attrs, fees)
    stamps = frame.index.tz_convert("UTC").as_unit("ns").asi8
    table = frame.reindex(columns=list(COLUMNS)).to_numpy(np.float64).T
    time, quotes = _filled(symbol, stamps, table, step, market)
    index = pd.DatetimeIndex(time, tz="UTC", name="time")
    note = (str(attrs["note"]),) if attrs.get("note") else ()
    zero, count = np.zeros(1, np.int64), np.array([len(time)])
    return EventBars(
        (market,), time, index, clean_quotes(quotes, time, market.closes), zero, count, step, interval, notes=note
    )


def _market_of(symbol: str, attrs: dict[Any, Any], fees: FeeModel | None) -> EventContract:
    fee = fees or kalshi_fees(str(attrs.get("fee_type") or "quadratic"), str(attrs.get("fee_multiplier") or 1))
    if attrs.get("fee_multiplier") == 0:
        fee = fees or kalshi_fees(multiplier=0)
    tick = float(attrs.get("tick") or 0.01)
    value = attrs.get("settlement_value")
    return EventContract(
        Instrument(symbol, kind="event", lot=_LOT, tick=tick, payoff=BINARY, fee=fee),
        str(attrs.get("event_ticker") or ""),
        str(attrs.get("series_ticker") or ""),
        str(attrs.get("title") or ""),
        _instant(attrs.get("close_time")),
        _instant(attrs.get("settled_time")),
        None if value is None else float(value),
    )


def _instant(value: Any) -> int | None:
    if not value:
        return None
    stamp = pd.Timestamp(value)
    if stamp.tzinfo is None:
        raise InvalidData(f"the time {value} of a market has no time zone; say which, for example {value}+00:00")
    return int(stamp.as_unit("ns").value)


def _filled(
    symbol: str, stamps: NDArray[Any], table: NDArray[np.float64], step: int, market: EventContract
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return every bar from the first to the last, or to the settlement of a market that is over."""
    if not len(stamps):
        raise InvalidData(f"{symbol} has no candles; choose other times")
    places = (stamps - stamps[0]) / step
    if (np.diff(stamps) <= 0).any() or (places != np.round(places)).any():
        raise InvalidData(f"{symbol} has candles that do not rise by whole intervals; sort them and name the interval")
    last = int(stamps[-1])
    over = market.over if market.settlement is not None else None
    if over is not None and over >= last + step:
        last = int(stamps[0] + (over - stamps[0]) // step * step)
    time = np.arange(stamps[0], last + 1, step)
    source = np.searchsorted(stamps, time, side="right") - 1
    quotes = table[:, source]
    quiet = stamps[source] != time
    for close in (3, 7):
        quotes[close - 3 : close + 1, quiet] = quotes[close, quiet]
    quotes[8:12, quiet] = np.nan
    quotes[12, quiet] = 0.0
    return time, quotes
