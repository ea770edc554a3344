"""Every stream connection, and which of them hears of what."""

from __future__ import annotations

from typing import Any

from tests.conformance.fake_kalshi import wire_stream as wire
from tests.conformance.fake_kalshi.happenings import (
    BookChanged,
    EventMade,
    FeeOverridden,
    Filled,
    GroupChanged,
    Happening,
    Lifecycle,
    OrderChanged,
    PositionChanged,
    QuoteChanged,
    Traded,
)
from tests.conformance.fake_kalshi.stream import Session
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
TIMES = {"ts", "ts_ms", "time"}


class Hub:
    """Listens to the exchange, under its lock, and hands each happening to the subscriptions that want it."""

    def __init__(self, venue: Venue) -> None:
        self.sessions: set[Session] = set()
        self._exchange = venue.exchange
        self._tickers: dict[str, Json] = {}
        venue.exchange.listeners.append(self.hear)

    def hear(self, row: Happening) -> None:
        """Pass a happening on."""
        if not self.sessions:
            return
        match row:
            case BookChanged():
                self._book(row)
            case QuoteChanged():
                self._quote(row)
            case Traded():
                self._public("trade", "trade", row.trade.ticker, wire.trade(row.trade))
            case Filled():
                self._private(row.fill.account, "fill", "fill", row.fill.ticker, wire.fill(row.fill))
            case OrderChanged():
                order = row.order
                self._private(order.account, "user_orders", "user_order", order.ticker, wire.user_order(row))
            case PositionChanged():
                msg = wire.market_position(row)
                self._private(row.account, "market_positions", "market_position", row.ticker, msg)
            case _:
                self._state(row)

    def _state(self, row: Happening) -> None:
        channel = "market_lifecycle_v2"
        match row:
            case Lifecycle():
                self._public(channel, channel, row.ticker, wire.lifecycle(self._exchange, row))
            case EventMade():
                self._public(channel, "event_lifecycle", "", wire.event_made(row))
            case FeeOverridden():
                self._public(channel, "event_fee_update", "", wire.fee_update(row))
            case GroupChanged():
                name = "order_group_updates"
                self._private(row.account, name, name, "", wire.group(row))

    def _book(self, row: BookChanged) -> None:
        for session in self.sessions:
            for sub in session.on("orderbook_delta"):
                if sub.wants(row.ticker):
                    mine = session.account == row.account
                    msg = wire.delta(self._exchange, row, sub.yes_price, mine)
                    session.publish(sub, "orderbook_delta", msg)

    def _quote(self, row: QuoteChanged) -> None:
        msg = wire.ticker(self._exchange, row.ticker, row.us)
        fields = {name: value for name, value in msg.items() if name not in TIMES}
        if self._tickers.get(row.ticker) != fields:
            self._tickers[row.ticker] = fields
            self._public("ticker", "ticker", row.ticker, msg)

    def _public(self, channel: str, kind: str, ticker: str, msg: Json) -> None:
        for session in self.sessions:
            for sub in session.on(channel):
                if sub.wants(ticker):
                    session.publish(sub, kind, msg)

    def _private(self, account: str, channel: str, kind: str, ticker: str, msg: Json) -> None:
        for session in self.sessions:
            if session.account != account:
                continue
            for sub in session.on(channel):
                if sub.wants(ticker):
                    session.publish(sub, kind, msg)
