"""Kalshi's adapter in the broker suite, against the fake venue over real sockets."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal

from engine.brokers.base import Broker
from engine.brokers.kalshi.adapter import KalshiAdapter
from engine.brokers.kalshi.config import KalshiConfig
from engine.core.trading import Side
from tests.conformance.fake_kalshi import OWNER, FakeKalshi
from tests.conformance.harness import Harness
from tests.conformance.suite import BrokerSuite

ORDERS = "/portfolio/events/orders"
BOOK_SIDE = {Side.BUY: "bid", Side.SELL: "ask"}


class KalshiHarness(Harness):
    """The fake venue with one open and one closed market."""

    symbol, closed = "KXRAIN-26NOV30-T1", "KXRAIN-26NOV01-T1"
    middle, tick, lot = Decimal("0.50"), Decimal("0.01"), Decimal("0.01")

    def start(self) -> None:
        self.venue = FakeKalshi().start()
        self.running, self.traders = True, itertools.cycle(f"street-{n}" for n in range(50))
        self.venue.add_market(self.symbol)
        self.venue.add_market(self.closed, closes_in=-60)

    def stop(self) -> None:
        if self.running:
            self.venue.stop()
        self.running = False

    def broker(self, *, wrong_key: bool = False) -> Broker:
        key = "11111111-2222-4333-8444-555555555555" if wrong_key else self.venue.key_id
        urls = {"rest_url": self.venue.rest_url, "stream_url": self.venue.stream_url}
        pem = self.venue.private_pem
        return KalshiAdapter(KalshiConfig(api_key=key, private_key=pem, timeout_s=self.patience_s, **urls))

    def rest(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.venue.post(self.symbol, BOOK_SIDE[side], str(price), str(quantity), next(self.traders))

    def take(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.venue.hit(self.symbol, BOOK_SIDE[side], str(price), str(quantity))

    def empty_pockets(self) -> None:
        self.venue.fund(1 - self.venue.cash())

    def lose_answer(self, how: str) -> None:
        kind = {"error": "status", "empty": "body"}.get(how, how)
        self.venue.fail(kind, "POST", ORDERS, seconds=2 * self.patience_s)

    def lose_request(self, how: str) -> None:
        kind = {"error": "status"}.get(how, how)
        self.venue.fail(kind, "POST", ORDERS, after=False, seconds=2 * self.patience_s)

    def before_cancel(self, act: Callable[[], None]) -> None:
        self.venue.fail("first", "DELETE", ORDERS, act=act)

    def throttle(self, *, reads: bool) -> None:
        body = b'{"error":"too many requests"}'
        self.venue.fail("status", "GET" if reads else "POST", "/portfolio", status=429, body=body, after=False)

    def stumble(self) -> None:
        self.venue.fail("status", "GET", "/portfolio", status=503, after=False)

    def slow_subscription(self, seconds: float) -> None:
        self.venue.script.slow_subscribe_s = seconds

    def lag(self, seconds: float) -> None:
        self.venue.lag(seconds)

    def skew(self, seconds: float) -> None:
        self.venue.skew(seconds)

    def cut_stream(self) -> None:
        self.venue.server.cut_streams()

    def lose_fill_frame(self) -> None:
        self.venue.fail_stream("drop", "fill")

    def repeat_fill_frame(self) -> None:
        self.venue.fail_stream("duplicate", "fill")

    def landed(self, client_order_id: str) -> int:
        return sum(order.client_order_id == client_order_id for order in self.venue.orders_of())

    def sent(self) -> int:
        return len(self.venue.requests("POST", ORDERS))

    def held(self) -> Decimal:
        return self.venue.position(self.symbol)

    def fill_ids(self) -> set[str]:
        return {fill.trade_id for fill in self.venue.exchange.readings.fills(OWNER)}


class TestKalshi(BrokerSuite):
    """Every behaviour of the suite."""

    harness_type = KalshiHarness
