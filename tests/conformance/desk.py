"""A test's shorthand around a venue and a broker, and what every part of the suite stands on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from engine.brokers.base import (
    Ack,
    Broker,
    OrderRequest,
    TimeInForce,
    VenueFill,
    VenueOrder,
)
from engine.core.trading import Side, Status
from tests.conformance.harness import Harness

D = Decimal
LIMIT_S = 30.0
SHORT_S = 0.5  # the patience of a broker whose answer never comes
BUY, SELL = Side.BUY, Side.SELL
Work = Callable[[Broker], Awaitable[None]]


class Desk:
    """Shorthand for a test: a harness, orders with ids of their own, and waiting with a limit."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self._made = 0

    def order(self, side: Side = BUY, steps: int = 0, quantity: Decimal | None = None, **terms: Any) -> OrderRequest:
        """An order `steps` ticks from the middle."""
        self._made += 1
        price = self.harness.middle + steps * self.harness.tick
        size = self.harness.size if quantity is None else quantity
        name = terms.pop("client_order_id", f"suite-{self._made}")
        return OrderRequest(name, self.harness.symbol, side, size, terms.pop("limit", price), **terms)

    def run(self, work: Work, *, connect: bool = True) -> None:
        """Run a coroutine with a broker, which is closed whatever happens."""

        async def all_of_it() -> None:
            broker = self.harness.broker()
            try:
                if connect:
                    await broker.connect()
                await work(broker)
            finally:
                await broker.close()

        asyncio.run(asyncio.wait_for(all_of_it(), LIMIT_S))

    def street(self, side: Side, steps: int, quantity: Decimal) -> None:
        """Somebody else's order rests, `steps` ticks from the middle."""
        self.harness.rest(side, self.harness.middle + steps * self.harness.tick, quantity)

    def taker(self, side: Side, steps: int, quantity: Decimal) -> None:
        """Somebody else trades at once, up to `steps` ticks from the middle."""
        self.harness.take(side, self.harness.middle + steps * self.harness.tick, quantity)


async def settled(read: Callable[[], Awaitable[Any]], done: Callable[[Any], bool]) -> Any:
    """What a read gives once it is as expected; reads may trail behind."""
    for _ in range(60):
        value = await read()
        if done(value):
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"the venue's reads still say {value}")


async def order_of(broker: Broker, ack: Ack, status: Status) -> VenueOrder:
    """The order once it has this status."""
    read = await settled(
        lambda: broker.order(ack.ref.venue_order_id), lambda order: order is not None and order.status is status
    )
    assert isinstance(read, VenueOrder)
    return read


async def all_fills(broker: Broker, cursor: str = "") -> tuple[list[VenueFill], str]:
    """Every page of fills after a cursor, and the cursor after them."""
    found: list[VenueFill] = []
    while True:
        page = await broker.fills(cursor)
        found, cursor = [*found, *page.fills], page.cursor
        if not page.more:
            return found, cursor


async def next_update(updates: Any, kind: type, fits: Callable[[Any], bool] = lambda update: True) -> Any:
    """The next update of a kind, within the test's patience."""
    async with asyncio.timeout(LIMIT_S / 2):
        async for update in updates:
            if isinstance(update, kind) and fits(update):
                return update
    raise AssertionError(f"the stream ended without {kind.__name__}")


class SuitePart:
    """What every part of the suite stands on."""

    harness_type: ClassVar[type[Harness]]

    @pytest.fixture
    def desk(self) -> Iterator[Desk]:
        """A venue that is open, and the shorthand around it."""
        with self.harness_type() as harness:
            yield Desk(harness)

    def needs(self, desk: Desk, capability: str) -> None:
        """Skip what the broker says it cannot do."""
        capabilities = desk.harness.broker().capabilities
        able = capabilities.dedupes != "no" if capability == "dedupes" else getattr(capabilities, capability, None)
        if able is None:
            able = TimeInForce[capability] in capabilities.time_in_force
        if not able:
            pytest.skip(f"{capabilities.venue} has no {capability}")
