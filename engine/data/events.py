"""Event markets that ship with the product: made-up ones in the manner of Kalshi, and real ones of Polymarket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from engine.core.errors import InvalidData, suggest
from engine.core.events import EventBars, EventContract
from engine.core.instrument import BINARY, FeeModel, Instrument
from engine.core.quotes import ROWS, clean_quotes
from engine.data.bundled import FOLDER
from engine.data.intervals import interval_seconds
from engine.numerics.fees import kalshi_fees

OHLC = ("open", "high", "low", "close")
SYNTHETIC, POLYMARKET = "synthetic", "polymarket"
SETS = (SYNTHETIC, POLYMARKET)
_SECOND = 1_000_000_000
_LOT = 0.01  # contracts come in hundredths everywhere
_AT_CLOSE = "When these markets were paid is not known; they settle right after their close."
_MADE_UP = "These markets are SYNTHETIC: made for this product in the manner of Kalshi's, none of them is real."
_ONE_MINUTE = "The book was seen about once a second; between two looks the quote is taken to stand."
_FEES = "Polymarket's own fees are not modelled: every fill pays Kalshi's fee."
_ABOUT = {
    SYNTHETIC: ("pm_synth", "1h", "made for this product, seed 7", "MIT", (_MADE_UP, _AT_CLOSE)),
    POLYMARKET: (
        "pm_polymarket", "1m", "Polymarket order-book data from Resolved Markets (https://resolvedmarkets.com)",
        "CC BY 4.0", (_ONE_MINUTE, _AT_CLOSE, _FEES),
    ),
}  # fmt: skip


def list_events() -> pd.DataFrame:
    """One row a bundled market: set, ticker, event, title, times of its life, result, settlement, where it is from."""
    return pd.concat([_listed(name) for name in SETS], ignore_index=True)


def load_events(
    which: str | Iterable[str] = SYNTHETIC, interval: str | None = None, fees: FeeModel | None = None
) -> EventBars:
    """Return bundled event markets: a set ("synthetic", "polymarket"), or tickers and events of one set.

    The synthetic markets come in hourly bars; the Polymarket ones in any `interval` from "1s" up ("1m" by default).
    `fees` replaces the fee of Kalshi's schedule that every market charges.
    """
    names = [which] if isinstance(which, str) else list(which)
    found, tickers = _known(names)
    bars = _synthetic(interval) if found == SYNTHETIC else _polymarket(_seconds(interval))
    if tickers:
        bars = bars.select(tickers)
    return bars if fees is None else with_fees(bars, fees)


def with_fees(events: EventBars, fees: FeeModel) -> EventBars:
    """Return the same markets with another fee model."""
    markets = tuple(replace(m, instrument=replace(m.instrument, fee=fees)) for m in events.markets)
    return replace(events, markets=markets)


def _known(names: list[str]) -> tuple[str, list[str]]:
    if len(names) == 1 and names[0] in SETS:
        return names[0], []
    for name in SETS:
        table = _table(name)
        tickers = table["ticker"].tolist()
        within: dict[str, list[str]] = {}
        for ticker, event in zip(tickers, table["event"].tolist(), strict=True):
            within.setdefault(event, []).append(ticker)
        groups = [[n] if n in set(tickers) else within.get(n, []) for n in names]
        if names and all(groups):
            return name, [ticker for group in groups for ticker in group]
    options = [*SETS, *(t for name in SETS for column in ("event", "ticker") for t in _table(name)[column])]
    bad = next((n for n in names if n not in options), ", ".join(names))
    raise InvalidData(
        f"there are no bundled event markets {bad!r}{suggest(str(bad), options) or ';'} pass 'synthetic', "
        "'polymarket', or tickers and events of one of them from list_events()"
    )


def _listed(name: str) -> pd.DataFrame:
    _, interval, source, licence, _ = _ABOUT[name]
    table = _table(name).assign(set=name, interval=interval, synthetic=name == SYNTHETIC)
    return table.assign(source=source, licence=licence)[
        [
            "set", "ticker", "event", "series", "title", "open_time", "close_time", "result", "settlement", "volume",
            "interval", "synthetic", "source", "licence",
        ]
    ]  # fmt: skip


@cache
def _file(name: str) -> pa.Table:
    from pyarrow.parquet import ParquetFile

    return ParquetFile(FOLDER / f"{name}.parquet").read()


@cache
def _table(name: str) -> pd.DataFrame:
    """Return the markets of a set, one row each, in the order of their closes and tickers."""
    raw = _file(f"{_ABOUT[name][0]}_markets").to_pandas()
    if name == SYNTHETIC:
        table = pd.DataFrame(
            {
                "ticker": raw["ticker"].astype(str),
                "event": raw["event_ticker"].astype(str),
                "series": raw["series_ticker"].astype(str),
                "title": "",
                "settlement": raw["settlement_cents"] / 100.0,
                "volume": raw["volume"].astype(float),
            }
        )
    else:
        market = raw["market"].astype(str)
        table = pd.DataFrame(
            {
                "ticker": market,
                "event": market,
                "series": market.str.rsplit("-", n=1).str[0],
                "title": raw["question"].astype(str),
                "settlement": (raw["result"] == "yes").astype(float),
                "volume": np.nan,
            }
        )
    table = table.assign(open_time=raw["open_time"], close_time=raw["close_time"], result=raw["result"].astype(str))
    return table.sort_values(["close_time", "ticker"], ignore_index=True)


def _markets(name: str) -> tuple[EventContract, ...]:
    fee = kalshi_fees()
    tails: dict[str, Any] = {"tail_tick": 0.001, "tail_low": 0.04, "tail_high": 0.96} if name == POLYMARKET else {}
    table = _table(name)
    closes = (table["close_time"].astype("int64") * _per_unit(table["close_time"])).tolist()
    return tuple(
        EventContract(
            Instrument(ticker, kind="event", lot=_LOT, tick=0.01, payoff=BINARY, fee=fee, **tails),
            event, series, title, closed, None, settlement,
        )
        for ticker, event, series, title, settlement, closed in zip(
            table["ticker"], table["event"], table["series"], table["title"], table["settlement"], closes, strict=True
        )
    )  # fmt: skip


def _per_unit(times: pd.Series[Any]) -> int:
    return {"s": _SECOND, "ms": 10**6, "us": 10**3, "ns": 1}[times.dt.unit]


def _synthetic(interval: str | None) -> EventBars:
    if interval not in (None, "1h"):
        raise InvalidData(f"the synthetic markets have no interval {interval!r}; they come in 1h")
    return _synthetic_bars()


@cache
def _synthetic_bars() -> EventBars:
    table, step = _file("pm_synth_candles"), 3600 * _SECOND
    names = np.asarray(table["ticker"].cast(pa.string()).to_numpy(zero_copy_only=False)).astype(str)
    opened = table["end_time"].cast(pa.int64()).to_numpy() * 1000 - step
    markets = _markets(SYNTHETIC)
    rank = {m.ticker: k for k, m in enumerate(markets)}
    market = np.array([rank[name] for name in names])
    order = np.lexsort((opened, market))
    cents = [f"yes_{side}_{n}" for side in ("bid", "ask") for n in OHLC] + [f"price_{n}" for n in OHLC]
    quotes = np.empty((ROWS, len(names)))
    for row, column in enumerate(cents):
        quotes[row] = np.round(table[column].cast(pa.float64()).to_numpy()[order] / 100.0, 2)
    quotes[12] = table["volume"].to_numpy()[order]
    quotes[13] = table["open_interest"].to_numpy()[order]
    return _assembled(SYNTHETIC, markets, opened[order], market[order], quotes, step, "1h")


@cache
def _polymarket(seconds: int) -> EventBars:
    """Return the book as bars: the quote that stands at a bar's start, then every look at the book within it."""
    table, step = _file("pm_polymarket_book"), seconds * _SECOND
    names = np.asarray(table["market"].cast(pa.string()).to_numpy(zero_copy_only=False)).astype(str)
    looked = table["ts"].cast(pa.int64()).to_numpy() * 1000
    sides = [table[name].to_numpy() for name in ("bid", "ask")]
    markets = _markets(POLYMARKET)
    parts, opened, owner = [], [], []
    for k, market in enumerate(markets):
        own = np.flatnonzero(names == market.ticker)
        assert market.closes is not None
        starts = np.arange(looked[own[0]] // step * step, market.closes + 1, step)
        quotes = np.full((ROWS, len(starts)), np.nan)
        for row, side in zip((0, 4), sides, strict=True):
            quotes[row : row + 4] = _ohlc(looked[own], side[own], starts, step)
        quotes[12] = 0.0
        parts.append(clean_quotes(quotes, starts, market.closes))
        opened.append(starts)
        owner.append(np.full(len(starts), k))
    written = next((f"{seconds // n}{u}" for n, u in ((3600, "h"), (60, "m")) if seconds % n == 0), f"{seconds}s")
    return _assembled(
        POLYMARKET, markets, np.concatenate(opened), np.concatenate(owner), np.concatenate(parts, axis=1), step, written
    )


def _ohlc(looked: NDArray[Any], price: NDArray[Any], starts: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Return open, high, low, close of a quote on bars; a bar opens with the quote that stood, NaN before the first."""
    found = np.full((4, len(starts)), np.nan)
    low, high = np.searchsorted(looked, starts), np.searchsorted(looked, starts + step)
    for k, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        # an instant at which a side is empty is in the bar too: as the open or the close it is no price
        seen = price[max(a - 1, 0) : b]
        if not len(seen):
            continue
        if a < b and looked[a] == starts[k]:
            seen = price[a:b]
        known = seen[~np.isnan(seen)]
        found[:, k] = (seen[0], np.nan, np.nan, seen[-1])
        if len(known):
            found[1:3, k] = known.max(), known.min()
    return found


def _assembled(
    name: str,
    markets: tuple[EventContract, ...],
    opened: NDArray[Any],
    owner: NDArray[Any],
    quotes: NDArray[np.float64],
    step: int,
    interval: str,
) -> EventBars:
    closes = np.array([m.closes for m in markets])[owner]
    time = np.unique(opened)
    count = np.bincount(owner, minlength=len(markets))
    first = np.searchsorted(time, opened[np.cumsum(count) - count])
    index = pd.DatetimeIndex(time, tz="UTC", name="time")
    return EventBars(
        markets, time, index, clean_quotes(quotes, opened, closes), first, count, step, interval, notes=_ABOUT[name][4]
    )


def _seconds(interval: str | None) -> int:
    seconds = interval_seconds(interval or "1m")
    if seconds > 900:
        raise InvalidData(f"interval is {interval!r}; these markets live a quarter of an hour: use '15m' or shorter")
    return seconds
