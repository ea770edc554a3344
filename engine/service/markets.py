"""All that the Markets page may ask: which markets there are, what they cost, what to buy, and what a model is worth.

Loaded name by name through `engine.service`. Prices are dollars of a YES that pays 1, probabilities fractions of 1,
times epoch milliseconds in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from engine.core.errors import InvalidData, suggest
from engine.core.events import EventBars
from engine.data.events import list_events, load_events

RESULTS = ("any", "yes", "no")
_NAMES = {"synthetic": "Synthetic, made in Kalshi's manner", "polymarket": "Polymarket, real"}


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One market of a list; `settlement` is NaN while it is open, `live` says that it comes from Kalshi itself.

    `kind` says how the markets of its event hang together: "partition" (exactly one settles YES), "exclusive" (at most
    one does), or "unknown".
    """

    ticker: str
    label: str
    event: str
    series: str
    title: str
    opens_ms: float
    closes_ms: float
    result: str
    settlement: float
    volume: float
    bid: float = float("nan")
    ask: float = float("nan")
    live: bool = False
    kind: str = "partition"

    @property
    def heading(self) -> str:
        """What the market asks, as far as its source says."""
        return self.title or self.ticker


@dataclass(frozen=True, slots=True)
class MarketSet:
    """A bundled set of settled markets. `first_ms` and `last_ms` are its outer closes; `notes` must be on screen."""

    id: str
    title: str
    markets: int
    events: int
    synthetic: bool
    interval: str
    first_ms: float
    last_ms: float
    source: str
    licence: str
    notes: tuple[str, ...]

    @property
    def badge(self) -> str:
        """What these markets are, in a word or two."""
        return "SYNTHETIC" if self.synthetic else "RECORDED"


def market_sets() -> tuple[MarketSet, ...]:
    """Return the bundled sets."""
    return tuple(market_set(name) for name in _NAMES)


@cache
def market_set(name: str) -> MarketSet:
    """Return one bundled set."""
    rows, table = _known(name), _listed(name)
    first = table.iloc[0]
    return MarketSet(
        name,
        _NAMES[name],
        len(rows),
        int(table["event"].nunique()),
        bool(first["synthetic"]),
        str(first["interval"]),
        min(row.closes_ms for row in rows),
        max(row.closes_ms for row in rows),
        str(first["source"]),
        str(first["licence"]),
        events_of(name).notes,
    )


def search_markets(which: str, text: str = "", result: str = "any") -> tuple[MarketRow, ...]:
    """Return the markets of a set that have every word of a text in ticker, event or title, by their closes."""
    if result not in RESULTS:
        raise InvalidData(f"result is {result!r}; it is one of {', '.join(RESULTS)}{suggest(result, RESULTS)}")
    return matching(_known(which), text, result)


def matching(rows: tuple[MarketRow, ...], text: str, result: str = "any") -> tuple[MarketRow, ...]:
    """Return the rows with every word of a text, and with a result."""
    words = text.lower().split()

    def fits(row: MarketRow) -> bool:
        said = f"{row.ticker} {row.event} {row.title}".lower()
        return all(word in said for word in words) and result in ("any", row.result)

    return tuple(row for row in rows if fits(row))


def market_row(which: str, ticker: str) -> MarketRow:
    """Return one market of a set."""
    rows = {row.ticker: row for row in _known(which)}
    if ticker not in rows:
        raise InvalidData(f"no market {ticker!r} in the set {which!r}{suggest(ticker, rows)}; choose one of its list")
    return rows[ticker]


def event_rows(which: str, event: str) -> tuple[MarketRow, ...]:
    """Return the markets of one event."""
    return tuple(row for row in _known(which) if row.event == event)


def event_names(which: str) -> tuple[str, ...]:
    """Return the events of a set in the order of their closes."""
    return tuple(dict.fromkeys(row.event for row in _known(which)))


def events_of(which: str) -> EventBars:
    """Return the quotes of a set."""
    _check(which)
    return load_events(which)


def _known(which: str) -> tuple[MarketRow, ...]:
    _check(which)
    return _rows(which)


def _check(which: str) -> None:
    if which not in _NAMES:
        raise InvalidData(f"there is no set of markets {which!r}; the sets are {', '.join(_NAMES)}")


@cache
def _listed(which: str) -> pd.DataFrame:
    table = list_events()
    return table[table["set"] == which]


@cache
def _rows(which: str) -> tuple[MarketRow, ...]:
    table, bars = _listed(which), events_of(which)
    volumes = {market.ticker: float(np.nansum(bars.columns(k).volume)) for k, market in enumerate(bars.markets)}
    return tuple(_row(record, volumes) for record in table.to_dict("records"))


def _row(record: dict[Any, Any], volumes: dict[str, float]) -> MarketRow:
    ticker, event = str(record["ticker"]), str(record["event"])
    known = float(record["volume"])
    return MarketRow(
        ticker,
        ticker.removeprefix(event).strip("-") or ticker,
        event,
        str(record["series"]),
        str(record["title"]),
        milliseconds(record["open_time"]),
        milliseconds(record["close_time"]),
        str(record["result"]),
        float(record["settlement"]),
        known if known == known else volumes[ticker] or float("nan"),
    )


def milliseconds(time: Any) -> float:
    """Return a time with a zone in epoch milliseconds."""
    return float(pd.Timestamp(time).value) / 1e6
