"""Kalshi's public data, which needs no key: series, events, markets, books, trades, fees, the exchange itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pandas as pd

from engine.brokers.base import Listing, Trade, VenueClock
from engine.brokers.kalshi.book import OrderBook, read_order_book
from engine.brokers.kalshi.candles import Interval, market_frame
from engine.brokers.kalshi.fields import Fields, nanoseconds
from engine.brokers.kalshi.history import Cutoff, find_market, load_candles, read_cutoff, span
from engine.brokers.kalshi.paging import collect
from engine.brokers.kalshi.transport import Transport
from engine.brokers.kalshi.wire import (
    Event,
    FeeChange,
    Market,
    Series,
    read_event,
    read_fee_change,
    read_market,
    read_series,
    read_trade,
)
from engine.core.errors import InvalidData, suggest
from engine.core.instrument import BINARY, Instrument

STATUSES = ("unopened", "open", "paused", "closed", "settled")  # what the filter takes; markets answer other words
MOST_A_PAGE, MOST_EVENTS_A_PAGE, MOST_BOOKS = 1000, 200, 100
CONTRACT_LOT = "0.01"
Moment = str | date | datetime | pd.Timestamp | int | None


def path_of(*parts: str) -> str:
    """Return a path of quoted parts, so that a ticker cannot become another path."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def ticker_of(value: object, what: str = "ticker") -> str:
    """Return a ticker as Kalshi writes it, or say that it is none."""
    if not isinstance(value, str) or not value.strip() or "/" in value:
        raise InvalidData(f"{what} is {value!r}; pass a Kalshi ticker such as 'KXBTC-24DEC31'")
    return value.strip().upper()


def unix_seconds(value: Moment) -> int | None:
    """Return a time as Unix seconds; a time without a zone is UTC."""
    if value is None or isinstance(value, int):
        return value
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError):
        raise InvalidData(f"time is {value!r}; write it as '2026-09-30' or '2026-09-30T14:00Z'") from None
    stamp = stamp.tz_localize(UTC) if stamp.tzinfo is None else stamp
    return int(stamp.timestamp())


def given(**params: Any) -> dict[str, str | int]:
    """Return the parameters that are set, booleans and lists as Kalshi writes them."""
    out: dict[str, str | int] = {}
    for key, value in params.items():
        if isinstance(value, bool):
            out[key] = "true" if value else "false"
        elif isinstance(value, str | int):
            if value != "":
                out[key] = value
        elif isinstance(value, Iterable):
            out[key] = ",".join(str(item) for item in value)
    return out


def _check_status(status: str) -> None:
    if status and status not in STATUSES:
        raise InvalidData(f"status is {status!r}; it must be one of {', '.join(STATUSES)}{suggest(status, STATUSES)}")


class PublicData:
    """The calls that anybody may make."""

    _http: Transport

    async def get_markets(
        self,
        *,
        series_ticker: str = "",
        event_ticker: str = "",
        tickers: Sequence[str] = (),
        status: str = "",
        min_close: Moment = None,
        max_close: Moment = None,
        combos: bool = False,
        most: int | None = None,
    ) -> list[Market]:
        """Return markets by series, event or ticker, at most `most`; `combos` adds the bets on several at once."""
        _check_status(status)
        params = given(
            series_ticker=ticker_of(series_ticker, "series_ticker") if series_ticker else "",
            event_ticker=ticker_of(event_ticker, "event_ticker") if event_ticker else "",
            tickers=[ticker_of(t) for t in tickers] or "",
            status=status,
            min_close_ts=unix_seconds(min_close),
            max_close_ts=unix_seconds(max_close),
            mve_filter="" if combos else "exclude",
            limit=min(most or MOST_A_PAGE, MOST_A_PAGE),
        )
        return await collect(self._http, "/markets", params, "markets", read_market, what="markets", most=most)

    async def get_market(self, ticker: str) -> Market:
        """Return one market, also one that has moved to the historical tier."""
        return (await find_market(self._http, ticker_of(ticker)))[0]

    async def get_events(
        self, *, series_ticker: str = "", status: str = "", markets: bool = False, most: int | None = None
    ) -> list[Event]:
        """Return events, with their markets if asked for."""
        _check_status(status)
        params = given(
            series_ticker=ticker_of(series_ticker, "series_ticker") if series_ticker else "",
            status=status,
            with_nested_markets=markets,
            limit=min(most or MOST_EVENTS_A_PAGE, MOST_EVENTS_A_PAGE),
        )
        return await collect(self._http, "/events", params, "events", read_event, what="events", most=most)

    async def get_event(self, event_ticker: str) -> Event:
        """Return one event with its markets."""
        ticker = ticker_of(event_ticker, "event_ticker")
        answer = await self._http.read(
            path_of("events", ticker), given(with_nested_markets=True), what=f"event {ticker}"
        )
        return read_event(Fields(answer, "an event").get("event"))

    async def get_series(self, series_ticker: str) -> Series:
        """Return one series, which says what its events cost in fees."""
        ticker = ticker_of(series_ticker, "series_ticker")
        answer = await self._http.read(path_of("series", ticker), what=f"series {ticker}")
        return read_series(Fields(answer, "a series").get("series"))

    async def list_series(self, *, category: str = "", tags: Sequence[str] = ()) -> list[Series]:
        """Return the series of a category, with tags, or all (14,000 of them, 18 MB)."""
        answer = await self._http.read("/series", given(category=category, tags=list(tags) or ""), what="series")
        return [read_series(raw) for raw in Fields(answer, "series").items("series")]

    async def get_orderbook(self, ticker: str, *, depth: int = 0) -> OrderBook:
        """Return the order book of a market as one YES book, its best `depth` levels a side (0: all)."""
        name = ticker_of(ticker)
        answer = await self._http.read(
            path_of("markets", name, "orderbook"), given(depth=depth), what=f"order book {name}"
        )
        return read_order_book(name, Fields(answer, "an order book").get("orderbook_fp"))

    async def get_orderbooks(self, tickers: Sequence[str]) -> dict[str, OrderBook]:
        """Return the order books of many markets."""
        names = [ticker_of(t) for t in tickers]
        books: dict[str, OrderBook] = {}
        for at in range(0, len(names), MOST_BOOKS):
            answer = await self._http.read(
                "/markets/orderbooks", {"tickers": names[at : at + MOST_BOOKS]}, what="order books"
            )
            for raw in Fields(answer, "order books").items("orderbooks"):
                item = Fields(raw, "an order book")
                name = item.name("ticker")
                books[name] = read_order_book(name, item.get("orderbook_fp"))
        return books

    async def get_trades(
        self, ticker: str = "", *, start: Moment = None, end: Moment = None, most: int | None = None
    ) -> list[Trade]:
        """Return public trades, the newest first, of both tiers where the time reaches back behind the cut-off."""
        low = unix_seconds(start)
        params = given(
            ticker=ticker_of(ticker) if ticker else "",
            min_ts=low,
            max_ts=unix_seconds(end),
            limit=min(most or MOST_A_PAGE, MOST_A_PAGE),
        )
        found = await collect(self._http, "/markets/trades", params, "trades", read_trade, what="trades", most=most)
        if (most is None or len(found) < most) and (ticker or low is not None):
            border = (await self.get_cutoff()).trades
            if low is None or border is None or low < border.timestamp():
                found += await collect(
                    self._http, "/historical/trades", params, "trades", read_trade, what="trades", most=most
                )
        unique = {trade.trade_id: trade for trade in found}  # the tiers overlap
        return sorted(unique.values(), key=lambda trade: trade.time_ns or 0, reverse=True)[:most]

    async def get_market_history(
        self, ticker: str, start: Moment = None, end: Moment = None, interval: str | int | None = None
    ) -> pd.DataFrame:
        """Return a market's candles of 1, 60 or 1440 minutes as a frame that a backtest takes.

        Columns bid_open, bid_high, bid_low, bid_close, ask_*, open, high, low, close, volume, open_interest; times in
        UTC of each bar's open. Prices are of YES; a side that nobody quotes and a bar without trades are NaN, never a
        bid of 0 or an ask of 1. Minutes in which nothing changed are filled with the last quotes. Only closed bars.
        Without an interval the finest is taken that stays within 5,000 bars. The outcome is in `attrs`.
        """
        name = ticker_of(ticker)
        market, archived = await find_market(self._http, name)
        now = self._http.now_ns // 1_000_000_000
        low, high = span(market, unix_seconds(start), unix_seconds(end), now)
        step = Interval.of(interval, high - low)
        event = await self.get_event(market.event_ticker)
        series = await self.get_series(event.series_ticker)
        rows = await load_candles(
            self._http, market, series.ticker, low, high, step, archived=archived, cutoff=await self.get_cutoff()
        )
        return market_frame(rows, market, event, series, step, (low, high), now)

    async def get_cutoff(self) -> Cutoff:
        """Return where the live tier ends and the historical one begins."""
        return read_cutoff(await self._http.read("/historical/cutoff", what="the historical cut-off"))

    async def get_fee_changes(self, series_ticker: str = "", *, past: bool = True) -> list[FeeChange]:
        """Return the fee changes of a series or of all, the past ones too."""
        params = given(series_ticker=series_ticker, show_historical=past)
        answer = await self._http.read("/series/fee_changes", params, what="fee changes")
        return [read_fee_change(raw) for raw in Fields(answer, "fee changes").items("series_fee_change_arr")]

    async def get_event_fee_changes(self, event_ticker: str = "") -> list[FeeChange]:
        """Return the fee overrides of an event or of all."""
        params = given(event_ticker=event_ticker)
        return await collect(
            self._http, "/events/fee_changes", params, "event_fee_changes", read_fee_change, what="event fee changes"
        )

    async def get_exchange_status(self) -> Mapping[str, Any]:
        """Return whether the exchange is open and trades, as Kalshi words it."""
        answer = await self._http.read("/exchange/status", what="the exchange status", signed=False)
        return Fields(answer, "the exchange status").rest()

    async def get_exchange_schedule(self) -> Mapping[str, Any]:
        """Return trading hours and maintenance windows, in New York time, as Kalshi words them."""
        answer = await self._http.read("/exchange/schedule", what="the exchange schedule")
        return Fields(answer, "the exchange schedule").rest()

    async def clock(self) -> VenueClock:
        """Return Kalshi's time, to about a second, and whether it trades."""
        status = Fields(await self.get_exchange_status(), "the exchange status")
        skew = self._http.skew_s or 0.0
        return VenueClock(
            time_ns=self._http.now_ns - int(skew * 1e9),
            skew_s=skew,
            trading=status.flag("trading_active") and status.flag("exchange_active"),
            next_open_ns=nanoseconds(status.time("exchange_estimated_resume_time")),
        )

    async def listing(self, symbol: str) -> Listing:
        """Return a market as something to trade: grid, lot, open or not."""
        market = await self.get_market(symbol)
        tick = min((float(band.step) for band in market.grid), default=0.0)
        return Listing(
            instrument=Instrument(market.ticker, kind="event", lot=0.01, tick=tick, payoff=BINARY),
            lot=Decimal(CONTRACT_LOT),
            grid=market.grid,
            high=Decimal(1),
            tradable=market.status == "active",
            status=market.status,
            opens_ns=nanoseconds(market.open_time),
            closes_ns=nanoseconds(market.close_time),
        )
