"""Live public data of Kalshi, asked for only when a person asks: short of patience, without a key, the last good kept.

Nothing here runs by itself. A call that fails says why in one sentence and leaves what was fetched before as it is.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from engine.brokers.kalshi.adapter import KalshiAdapter
from engine.brokers.kalshi.book import Level, OrderBook
from engine.brokers.kalshi.config import KalshiConfig
from engine.brokers.kalshi.wire import Event, Market
from engine.core.errors import InvalidData, SteadyhandError
from engine.data.event_frame import events_from_frame
from engine.service.markets import MarketRow
from engine.service.markets_quote import HistoryView, LadderLevel, LadderView, history_of
from engine.service.recent import Recent

T = TypeVar("T")

# where public data comes from; tests point it to a Kalshi of their own on this machine
VENUE = [KalshiConfig(use_demo=False, timeout_s=3.0)]
PATIENCE_S = 8.0
MOST_EVENTS = 100
_DAYS = 7
_ALL = "*"


@dataclass(frozen=True, slots=True)
class LiveList:
    """The open markets of a series, or of all, as they were quoted at `as_of_ms`."""

    series: str
    rows: tuple[MarketRow, ...] = field(repr=False)
    as_of_ms: float

    def row(self, ticker: str) -> MarketRow:
        """Return one of the markets."""
        for row in self.rows:
            if row.ticker == ticker:
                return row
        raise InvalidData(f"{ticker!r} is not among the markets that were fetched; fetch its series, or choose another")


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """A market with its book and the last week of its history, None where Kalshi has none, as of `as_of_ms`."""

    row: MarketRow
    book: LadderView
    history: HistoryView | None
    fee_rate: float
    as_of_ms: float
    problem: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a call brought; None with the reason where it failed."""

    found: T | None
    problem: str = ""


_LISTS: Recent[str, LiveList] = Recent(4)
_MARKETS: Recent[str, LiveMarket] = Recent(16)


def live_markets(series: str = "") -> LiveList | None:
    """Return what was fetched last for a series, however old; None before the first."""
    return _LISTS.get(series or _ALL)


def live_market(ticker: str) -> LiveMarket | None:
    """Return what was fetched last for a market, however old; None before the first."""
    return _MARKETS.get(ticker)


def fetch_markets(series: str = "") -> Answer[LiveList]:
    """Ask Kalshi for the open markets of a series, or of the first hundred open events."""
    answer = _asked(_list(series))
    if answer.found is not None:
        _LISTS.put(series or _ALL, answer.found)
    return answer


def fetch_market(row: MarketRow) -> Answer[LiveMarket]:
    """Ask Kalshi for the book and the history of a market."""
    answer = _asked(_market(row))
    if answer.found is not None:
        _MARKETS.put(row.ticker, answer.found)
    return answer


def listed_book(row: MarketRow, as_of_ms: float) -> LadderView:
    """Return the best bid and offer that the list of markets showed."""
    sides = [() if math.isnan(price) else (LadderLevel(price, math.nan, math.nan),) for price in (row.bid, row.ask)]
    note = "This is the top of the book from the list; load the market for all of its levels."
    return LadderView(sides[0], sides[1], as_of_ms, "Best bid and offer", note, live=True)


def age_seconds(as_of_ms: float) -> float:
    """Return how old something fetched at a time is by now."""
    return max(0.0, _now_ms() / 1e3 - as_of_ms / 1e3)


def _now_ms() -> float:
    return time.time_ns() / 1e6


def _asked(call: Coroutine[Any, Any, T]) -> Answer[T]:
    try:
        return Answer(asyncio.run(_in_time(call)))
    except TimeoutError:
        return Answer(None, f"Kalshi did not answer within {PATIENCE_S:.0f} seconds; try again later")
    except SteadyhandError as error:
        return Answer(None, str(error))


async def _in_time(call: Coroutine[Any, Any, T]) -> T:
    return await asyncio.wait_for(call, PATIENCE_S)


async def _list(series: str) -> LiveList:
    async with KalshiAdapter(VENUE[0]) as venue:
        events = await venue.get_events(
            series_ticker=series.strip().upper(), status="open", markets=True, most=MOST_EVENTS
        )
    rows = tuple(_row(event, market) for event in events for market in event.markets if market.status == "active")
    if not rows:
        named = f"the series {series.strip().upper()!r}" if series.strip() else "any series"
        raise InvalidData(f"Kalshi has no open markets of {named}; check its ticker, such as KXBTC")
    return LiveList(series, rows, _now_ms())


async def _market(row: MarketRow) -> LiveMarket:
    async with KalshiAdapter(VENUE[0]) as venue:
        start = datetime.now(UTC) - timedelta(days=_DAYS)
        book, frame = await asyncio.gather(
            venue.get_orderbook(row.ticker),
            venue.get_market_history(row.ticker, start=start, interval=60),
            return_exceptions=True,
        )
    if isinstance(book, BaseException):
        raise book
    now, history, problem = _now_ms(), None, ""
    if isinstance(frame, SteadyhandError):
        problem = str(frame)
    elif isinstance(frame, BaseException):
        raise frame
    else:
        bars = events_from_frame(frame)
        history = history_of(row, bars.columns(0), bars.interval, "Kalshi, live")
    rate = 0.07 if history is None else history.fee_rate
    return LiveMarket(row, _ladder(book, now), history, rate, now, problem)


def _row(event: Event, market: Market) -> MarketRow:
    named = "" if market.yes_title.lower() in ("", "yes") else market.yes_title
    asks = " ".join(part for part in (event.title, named or market.title) if part)
    return MarketRow(
        ticker=market.ticker,
        label=named or market.ticker.removeprefix(event.event_ticker).strip("-"),
        event=event.event_ticker,
        series=event.series_ticker,
        title=asks,
        opens_ms=_milliseconds(market.open_time),
        closes_ms=_milliseconds(market.close_time),
        result="",
        settlement=math.nan,
        volume=float(market.volume),
        bid=_price(market.yes_bid),
        ask=_price(market.yes_ask),
        live=True,
        kind="exclusive" if event.mutually_exclusive else "unknown",
    )


def _price(value: Decimal | None) -> float:
    return math.nan if value is None or not 0 < value < 1 else float(value)


def _milliseconds(value: datetime | None) -> float:
    return math.nan if value is None else value.timestamp() * 1e3


def _ladder(book: OrderBook, now_ms: float) -> LadderView:
    return LadderView(_side(book.bids), _side(book.asks), now_ms, "Live book", "", live=True)


def _side(levels: tuple[Level, ...]) -> tuple[LadderLevel, ...]:
    found, depth = [], 0.0
    for level in levels:
        depth += float(level.size)
        found.append(LadderLevel(float(level.price), float(level.size), depth))
    return tuple(found)
