"""The exchange's memory: listings, books, accounts and records, and the announcing of what changes in them."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tests.conformance.fake_kalshi.accounts import Account, collateral
from tests.conformance.fake_kalshi.book import Book
from tests.conformance.fake_kalshi.candles import QuoteLog
from tests.conformance.fake_kalshi.clock import Clock
from tests.conformance.fake_kalshi.groups import Group
from tests.conformance.fake_kalshi.happenings import (
    BookChanged,
    EventMade,
    Happening,
    Lifecycle,
    OrderChanged,
    PositionChanged,
    QuoteChanged,
)
from tests.conformance.fake_kalshi.readings import Readings
from tests.conformance.fake_kalshi.tariff import Tariff
from tests.conformance.fake_kalshi.values import (
    ASK,
    BID,
    ONE,
    ZERO,
    Event,
    Market,
    Order,
    Refused,
    Series,
    Settlement,
    Trade,
)


class Exchange:
    """One venue. Whoever calls into it from another thread holds `lock`."""

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.tariff = Tariff()
        self.readings = Readings(clock)
        self.series: dict[str, Series] = {}
        self.events: dict[str, Event] = {}
        self.markets: dict[str, Market] = {}
        self.books: dict[str, Book] = {}
        self.quotes: dict[str, QuoteLog] = {}
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.expiring: dict[str, Order] = {}
        self.client_ids: dict[tuple[str, str], str] = {}
        self.groups: dict[str, Group] = {}
        self.trades: list[Trade] = []
        self.settlements: list[Settlement] = []
        self.pool = ZERO  # collateral of all open contracts
        self.fees = ZERO  # what the venue has earned, roundings included
        self.trading_active = True
        self.exchange_active = True
        self.maintenance = False
        self.listeners: list[Callable[[Happening], None]] = []
        self._random = random.Random(seed)
        self._seq = 0

    def next_seq(self) -> int:
        """A number that grows with every record."""
        self._seq += 1
        return self._seq

    def new_id(self) -> str:
        """A fresh UUID, the same in every run with the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def announce(self, happening: Happening) -> None:
        """Tell every listener."""
        for listener in self.listeners:
            listener(happening)

    def add_series(self, series: Series) -> None:
        """List a series."""
        self.series[series.ticker] = series

    def add_event(self, event: Event) -> None:
        """List an event."""
        self.events[event.event_ticker] = event
        self.announce(EventMade(event))

    def add_market(self, market: Market) -> None:
        """List a market with an empty book."""
        self.markets[market.ticker] = market
        self.books[market.ticker] = Book()
        self.quotes[market.ticker] = QuoteLog()
        self.announce(Lifecycle(market.ticker, "created"))

    def account(self, name: str) -> Account:
        """The account of a member, opened when first named."""
        if name not in self.accounts:
            self.accounts[name] = Account(name)
        return self.accounts[name]

    def deposit(self, name: str, amount: Decimal, shard: int = 0) -> None:
        """Move cash in (or, below 0, out)."""
        account = self.account(name)
        account.cash[shard] = account.cash.get(shard, ZERO) + amount
        self.keep_account(name, ())

    def market(self, ticker: str) -> Market:
        """A market that exists."""
        if ticker not in self.markets:
            raise Refused(404, "market_not_found", message="market not found")
        return self.markets[ticker]

    def event_of(self, market: Market) -> Event:
        """The event a market belongs to."""
        return self.events[market.event_ticker]

    def series_of(self, market: Market) -> Series:
        """The series a market belongs to."""
        return self.series[self.event_of(market).series_ticker]

    def status(self, market: Market) -> str:
        """The status that REST reports."""
        if market.outcome:
            return market.outcome
        now = self.clock.now()
        if now >= market.close_us:
            return "closed"
        if market.paused:
            return "inactive"
        return "initialized" if now < market.open_us else "active"

    def rate(self, market: Market, taker: bool) -> Decimal:
        """The fee rate of a market now."""
        return self.tariff.rate(self.series_of(market), self.event_of(market), market, taker, self.clock.now())

    def requirement(self, name: str, market: Market, incoming: Order | None = None) -> Decimal:
        """Cash that an account's orders in a market lock, with an incoming one among them."""
        orders = [order for order in self.books[market.ticker].owned(name) if order is not incoming]
        if incoming is not None:
            orders.append(incoming)
        maker = self.rate(market, taker=False)
        taker = self.rate(market, taker=True)
        position = self.account(name).position(market.ticker)
        return collateral(position, orders, lambda order: taker if order is incoming else maker)

    def relock(self, name: str, market: Market) -> None:
        """Lock again what an account's resting orders in a market need now."""
        self.account(name).locks[market.ticker] = (market.shard, self.requirement(name, market))

    def keep_account(self, name: str, tickers: tuple[str, ...]) -> None:
        """Let the reads know an account, and its holdings in some markets."""
        account = self.account(name)
        account.changed_us = self.clock.now()
        self.readings.account_changed(account, tickers)

    def order_changed(self, order: Order, reason: str) -> None:
        """Stamp an order, keep it for the reads and announce it."""
        order.updated_us = self.clock.now()
        order.reason = reason or order.reason
        if order.expires_us is not None and order.status == "resting":
            self.expiring[order.order_id] = order
        self.readings.order_changed(order)
        self.announce(OrderChanged(replace(order), reason))

    def position_changed(self, name: str, ticker: str) -> None:
        """Announce what an account holds in a market now."""
        holding = self.account(name).holdings[ticker]
        holding.updated_us = self.clock.now()
        self.announce(PositionChanged(name, ticker, replace(holding)))

    def book_changed(self, order: Order, change: Decimal, by: Order | None = None) -> None:
        """Announce that an order's level has grown or shrunk; `by` is the order whose owner caused it."""
        cause = by or order
        clock, now = self.markets[order.ticker].clock, self.clock.now()
        self.announce(
            BookChanged(order.ticker, order.side, order.price, change, clock, now, cause.account, cause.client_order_id)
        )

    def quote(self, ticker: str) -> tuple[Decimal, Decimal]:
        """Best bid and ask; an empty side is 0 or 1, which is no price."""
        book = self.books[ticker]
        return book.best(BID) or ZERO, book.best(ASK) or ONE

    def settle_action(self, market: Market, names: set[str]) -> None:
        """End an action on a market: locks, reads and quotes of all whom it touched."""
        for name in sorted(names):
            self.relock(name, market)
            self.keep_account(name, (market.ticker,))
        now = self.clock.now()
        market.updated_us = now
        self.quotes[market.ticker].quoted(now, *self.quote(market.ticker), market.open_interest)
        self.announce(QuoteChanged(market.ticker, now))

    def total(self) -> Decimal:
        """All cash of all accounts, plus the pool, plus fees: what was deposited, always."""
        return sum((sum(a.cash.values(), ZERO) for a in self.accounts.values()), ZERO) + self.pool + self.fees
