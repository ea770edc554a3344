"""The hand on the venue: list markets, trade as others do, move time, settle, break things, and read the truth."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from types import TracebackType
from typing import Self

from tests.conformance.fake_kalshi import lifecycle, matching, orders
from tests.conformance.fake_kalshi.auth import FULL, Key, Private, new_private, pem
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.faults import HttpFault, StreamFault
from tests.conformance.fake_kalshi.happenings import FeeOverridden
from tests.conformance.fake_kalshi.server import Server
from tests.conformance.fake_kalshi.tariff import Change
from tests.conformance.fake_kalshi.values import GTC, IOC, ONE, Event, Market, Order, Series, Ticket, Trade
from tests.conformance.fake_kalshi.venue import Seen, new_venue

D = Decimal
OWNER = "owner"
RICH = D(1_000_000)
POCKET = D(10_000)


@lru_cache(maxsize=4)
def _private(kind: str, number: int) -> Private:
    """Keys are costly to make; one process uses the same few."""
    return new_private(kind)


class FakeKalshi:
    """A running venue with one account, `owner`, whose cash lies on shard 0. Use it in a `with`, or start and stop it."""

    def __init__(self, port: int = 0, cash: Decimal = POCKET, tier: str = "prestige", ping_s: float = 10.0) -> None:
        self.venue = new_venue(tier, seed=7)
        self.exchange, self.clock = self.venue.exchange, self.venue.clock
        self.script, self.archive, self.limits = self.venue.script, self.venue.archive, self.venue.limits
        self.server = Server(self.venue, port, ping_s)
        self.fund(cash)
        self.key_id, self.private_pem = self.add_key()

    def start(self) -> Self:
        """Begin to serve."""
        self.server.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def rest_url(self) -> str:
        """The base of every REST path."""
        return f"http://127.0.0.1:{self.server.port}/trade-api/v2"

    @property
    def stream_url(self) -> str:
        """Where the stream is."""
        return f"ws://127.0.0.1:{self.server.port}/trade-api/ws/v2"

    # who may come in

    def add_key(
        self, kind: str = "rsa", account: str = OWNER, scopes: frozenset[str] = FULL, number: int = 0
    ) -> tuple[str, str]:
        """Register a key and return its id and its private PEM."""
        private = _private(kind, number)
        key_id = self.exchange.new_id()
        self.venue.doorman.add(Key(key_id, account, private.public_key(), scopes))
        return key_id, pem(private)

    def fund(self, amount: Decimal, shard: int = 0, account: str = OWNER) -> None:
        """Deposit (or, below 0, take out) cash."""
        with self.exchange.lock:
            self.exchange.deposit(account, amount, shard)

    # what is listed

    def add_series(self, ticker: str, **terms: object) -> Series:
        """List a series; terms are the fields of `values.Series`."""
        with self.exchange.lock:
            self.exchange.add_series(replace(Series(ticker), **terms))  # type: ignore[arg-type]
            return self.exchange.series[ticker]

    def add_event(self, ticker: str, series: str, **terms: object) -> Event:
        """List an event; its series is listed with it if need be."""
        with self.exchange.lock:
            if series not in self.exchange.series:
                self.add_series(series)
            event = replace(Event(ticker, series), **terms)  # type: ignore[arg-type]
            self.exchange.add_event(event)
            return event

    def add_market(
        self,
        ticker: str,
        event: str = "",
        *,
        opens_in: float = -3600,
        closes_in: float = 86_400,
        structure: str = "linear_cent",
        shard: int = 0,
        timer_s: int = 60,
        title: str = "A market",
    ) -> Market:
        """List a market, open for another day unless said otherwise; its event is listed with it if need be."""
        with self.exchange.lock:
            event = event or ticker.rpartition("-")[0] or ticker
            if event not in self.exchange.events:
                self.add_event(event, event.partition("-")[0])
            now = self.clock.now()
            opens, closes = now + int(opens_in * MICRO), now + int(closes_in * MICRO)
            market_id = self.exchange.new_id()
            times = (opens, closes, min(now, opens), closes, closes + 7 * 86_400 * MICRO)
            self.exchange.add_market(
                Market(ticker, event, market_id, *times, structure=structure, shard=shard, timer_s=timer_s, title=title)
            )
            return self.exchange.markets[ticker]

    def fee_change(self, series: str, fee_type: str, multiplier: Decimal, at_s: float | None = None) -> None:
        """Announce a series' fee from a moment on, now unless said otherwise."""
        with self.exchange.lock:
            us = self.clock.now() if at_s is None else int(at_s * MICRO)
            self.exchange.tariff.series.append(Change(self.exchange.new_id(), series, fee_type, multiplier, us))

    def fee_override(self, event: str, fee_type: str | None, multiplier: Decimal | None) -> None:
        """Give an event its own fee from now on; None clears it."""
        with self.exchange.lock:
            change = Change(self.exchange.new_id(), event, fee_type, multiplier, self.clock.now())
            self.exchange.tariff.events.append(change)
            self.exchange.announce(FeeOverridden(event, fee_type, multiplier))

    def history(
        self,
        ticker: str,
        quotes: list[tuple[float, str, str]] | None = None,
        trades: list[tuple[float, str, str]] | None = None,
    ) -> None:
        """Give a market a past: quotes (second, bid, ask) and trades (second, price, contracts), Unix seconds."""
        with self.exchange.lock:
            log, interest = self.exchange.quotes[ticker], D(0)
            for second, price, contracts in trades or []:
                us, interest = int(second * MICRO), interest + D(contracts)
                log.traded(us, D(price), D(contracts), interest)
                seq, trade_id = self.exchange.next_seq(), self.exchange.new_id()
                self.exchange.trades.append(Trade(seq, trade_id, ticker, D(price), D(contracts), "bid", us))
            for second, bid, ask in quotes or []:
                log.quoted(int(second * MICRO), D(bid), D(ask), interest)

    # what others do

    def post(
        self, ticker: str, side: str, price: str, contracts: str = "1", trader: str = "street", tif: str = GTC
    ) -> Order:
        """Place an order of another trader, who is rich."""
        with self.exchange.lock:
            lifecycle.tick(self.exchange)
            shard = self.exchange.market(ticker).shard
            if not self.exchange.account(trader).cash.get(shard):
                self.exchange.deposit(trader, RICH, shard)
            return matching.place(self.exchange, trader, Ticket(ticker, side, D(price), D(contracts), tif=tif))

    def hit(self, ticker: str, side: str, price: str, contracts: str = "1", trader: str = "passer-by") -> Order:
        """Take what rests, up to a price, as another trader."""
        return self.post(ticker, side, price, contracts, trader, IOC)

    def pull(self, order: Order) -> None:
        """Cancel another trader's order."""
        with self.exchange.lock:
            orders.cancel(self.exchange, self.exchange.orders[order.order_id])

    # what time and the venue do

    def advance(self, seconds: float) -> None:
        """Move exchange time forward and let happen what is due."""
        with self.exchange.lock:
            self.clock.advance(seconds)
            lifecycle.tick(self.exchange)

    def close_early(self, ticker: str, in_s: float = 0.0) -> None:
        """Move a market's close to now, or to a moment from now."""
        with self.exchange.lock:
            us = self.clock.now() + int(in_s * MICRO)
            lifecycle.move_close(self.exchange, self.exchange.market(ticker), us)

    def determine(self, ticker: str, result: str, value: str | None = None) -> None:
        """Fix an outcome: "yes", "no" or "scalar" with a value; it is paid when the market's timer is over."""
        with self.exchange.lock:
            dollars = None if value is None else D(value)
            lifecycle.determine(self.exchange, self.exchange.market(ticker), result, dollars)

    def settle(self, ticker: str, result: str, value: str | None = None) -> None:
        """Fix an outcome and let its timer run out."""
        self.determine(ticker, result, value)
        self.advance(self.exchange.market(ticker).timer_s + 1)

    def settle_event(self, event: str, winner: str) -> None:
        """Settle every market of an event: the winner at YES, the others at NO."""
        with self.exchange.lock:
            tickers = [m.ticker for m in self.exchange.markets.values() if m.event_ticker == event]
        for ticker in tickers:
            self.determine(ticker, "yes" if ticker == winner else "no")
        self.advance(max(self.exchange.market(ticker).timer_s for ticker in tickers) + 1)

    def settled_at(self, ticker: str, result: str, second: float) -> None:
        """Make a market one that closed and was paid at a past moment (for the archive)."""
        with self.exchange.lock:
            market, us = self.exchange.market(ticker), int(second * MICRO)
            market.close_us = market.determined_us = market.settled_us = us
            market.outcome, market.result, market.swept = "finalized", result, True
            market.value = ONE if result == "yes" else D(0)

    def dispute(self, ticker: str) -> None:
        """Dispute a determined outcome."""
        with self.exchange.lock:
            lifecycle.dispute(self.exchange, self.exchange.market(ticker))

    def pause_market(self, ticker: str, paused: bool = True) -> None:
        """Stop or restart a market."""
        with self.exchange.lock:
            lifecycle.pause_market(self.exchange, self.exchange.market(ticker), paused)

    def pause(self, whole: bool = False) -> None:
        """Stop trading, or the whole exchange, where not even cancels pass."""
        with self.exchange.lock:
            lifecycle.pause(self.exchange, whole=whole)

    def maintenance(self) -> None:
        """Answer 503 to everything until `resume`."""
        self.exchange.maintenance = True

    def resume(self) -> None:
        """Trade again."""
        with self.exchange.lock:
            lifecycle.resume(self.exchange)

    # what goes wrong

    def fail(self, kind: str, method: str = "", path: str = "", **how: object) -> None:
        """Script a fault of HTTP; see `faults.HttpFault`."""
        self.script.add(HttpFault(kind, method, path, **how))  # type: ignore[arg-type]

    def fail_stream(self, kind: str, message: str = "", times: int = 1, skip: int = 0) -> None:
        """Script a fault of the stream; see `faults.StreamFault`."""
        self.script.add(StreamFault(kind, message, times, skip))

    def lag(self, seconds: float) -> None:
        """Let reads of orders, fills, positions and cash trail behind writes."""
        self.exchange.readings.lag_s = seconds

    def skew(self, seconds: float) -> None:
        """Put the door's clock ahead of the computer's."""
        self.clock.skew_s = seconds

    # the truth

    def orders_of(self, account: str = OWNER) -> list[Order]:
        """An account's orders as the exchange has them, oldest first."""
        with self.exchange.lock:
            mine = [replace(order) for order in self.exchange.orders.values() if order.account == account]
        return sorted(mine, key=lambda order: order.seq)

    def position(self, ticker: str, account: str = OWNER) -> Decimal:
        """Signed contracts held."""
        with self.exchange.lock:
            return self.exchange.account(account).position(ticker)

    def cash(self, shard: int = 0, account: str = OWNER) -> Decimal:
        """Cash with what is locked."""
        with self.exchange.lock:
            return self.exchange.account(account).cash.get(shard, D(0))

    def requests(self, method: str = "", path: str = "") -> list[Seen]:
        """What came in over HTTP, oldest first."""
        rows = list(self.venue.log)
        return [r for r in rows if method in ("", r.request.method) and path in r.request.path]
