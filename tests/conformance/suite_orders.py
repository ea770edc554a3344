"""What becomes of an order: it rests, trades, is changed, cancelled or refused."""

from __future__ import annotations

import pytest

from engine.brokers.base import (
    Broker,
    OrderRef,
    OrderRequest,
    TimeInForce,
)
from engine.core.errors import (
    NotFound,
    OrderRejected,
)
from engine.core.trading import Status
from tests.conformance.desk import (
    BUY,
    SELL,
    D,
    Desk,
    SuitePart,
    all_fills,
    order_of,
    settled,
)


class OrderBehaviour(SuitePart):
    """Submit, partial fill, cancel, amend, reject."""

    # submit

    def test_an_order_rests_and_is_found_by_both_ids(self, desk: Desk) -> None:
        request = desk.order(BUY, -5)

        async def work(broker: Broker) -> None:
            ack = await broker.submit(request)
            assert (ack.status, ack.filled, ack.remaining) == (Status.ACKED, 0, request.quantity)
            assert ack.ref.client_order_id == request.client_order_id
            order = await order_of(broker, ack, Status.ACKED)
            assert (order.quantity, order.limit) == (request.quantity, request.limit)
            assert order.ref == ack.ref
            found = await broker.order_by_client_id(request.client_order_id, symbol=request.symbol)
            assert found is not None and found.ref == ack.ref
            assert [o.ref for o in await broker.open_orders(request.symbol)] == [ack.ref]

        desk.run(work)
        assert desk.harness.landed(request.client_order_id) == 1

    def test_an_order_that_crosses_trades_at_the_resting_price(self, desk: Desk) -> None:
        desk.street(SELL, 0, desk.harness.size)

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 3))
            assert (ack.status, ack.filled, ack.remaining) == (Status.FILLED, desk.harness.size, 0)
            assert ack.average_price in (None, desk.harness.middle)
            (fill,), _ = await settled(lambda: all_fills(broker), lambda read: len(read[0]) == 1)
            assert (fill.fill.price, fill.fill.quantity) == (desk.harness.middle, desk.harness.size)
            assert (fill.fill.side, fill.fill.client_order_id) == (BUY, ack.ref.client_order_id)
            assert ack.fee is None or abs(ack.fee - fill.fill.fee) < D("0.001")

        desk.run(work)
        assert desk.harness.held() == desk.harness.size

    def test_a_sale_without_a_holding_is_a_short_position(self, desk: Desk) -> None:
        self.needs(desk, "short")
        desk.street(BUY, 0, desk.harness.size)

        async def work(broker: Broker) -> None:
            await broker.submit(desk.order(SELL, -2))
            (position,) = await settled(broker.positions, lambda read: len(read) == 1)
            assert (position.symbol, position.quantity) == (desk.harness.symbol, -desk.harness.size)
            assert position.entry_price == desk.harness.middle

        desk.run(work)
        assert desk.harness.held() == -desk.harness.size

    # partial fill

    def test_a_partial_fill_is_counted_exactly(self, desk: Desk) -> None:
        part, size = 4 * desk.harness.lot, 10 * desk.harness.lot

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 0, size))
            desk.taker(SELL, 0, part)
            order = await order_of(broker, ack, Status.PARTIAL)
            assert (order.filled, order.remaining) == (part, size - part)
            (fill,), cursor = await all_fills(broker)
            assert (fill.fill.quantity, fill.venue_order_id) == (part, ack.ref.venue_order_id)
            assert fill.maker in (True, None)
            desk.taker(SELL, 0, size - part)
            await order_of(broker, ack, Status.FILLED)
            (rest,), _ = await all_fills(broker, cursor)
            assert rest.fill.quantity == size - part and rest.fill.fill_id != fill.fill.fill_id

        desk.run(work)
        assert desk.harness.held() == size

    def test_what_an_immediate_order_does_not_get_is_cancelled(self, desk: Desk) -> None:
        self.needs(desk, "IOC")
        part = 3 * desk.harness.lot
        desk.street(SELL, 0, part)

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 0, time_in_force=TimeInForce.IOC))
            assert (ack.status, ack.filled, ack.remaining) == (Status.CANCELED, part, 0)
            none = await broker.submit(desk.order(BUY, -5, time_in_force=TimeInForce.IOC))
            assert (none.status, none.filled) == (Status.CANCELED, 0)
            assert await broker.open_orders(desk.harness.symbol) == ()

        desk.run(work)

    def test_fill_or_kill_takes_all_or_nothing(self, desk: Desk) -> None:
        self.needs(desk, "FOK")
        desk.street(SELL, 0, desk.harness.size / 2)

        async def work(broker: Broker) -> None:
            with pytest.raises(OrderRejected):
                await broker.submit(desk.order(BUY, 0, time_in_force=TimeInForce.FOK))
            whole = await broker.submit(desk.order(BUY, 0, desk.harness.size / 2, time_in_force=TimeInForce.FOK))
            assert whole.status is Status.FILLED

        desk.run(work)
        assert desk.harness.held() == desk.harness.size / 2

    # cancel, amend

    def test_a_cancel_takes_out_what_is_left_and_a_second_finds_nothing(self, desk: Desk) -> None:
        part = 4 * desk.harness.lot

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 0))
            desk.taker(SELL, 0, part)
            assert (await broker.cancel(ack.ref)).canceled == desk.harness.size - part
            order = await order_of(broker, ack, Status.CANCELED)
            assert (order.filled, order.remaining) == (part, 0)
            assert (await broker.cancel(ack.ref)).canceled == 0
            assert await broker.open_orders(desk.harness.symbol) == ()

        desk.run(work)

    @pytest.mark.parametrize("share", [1, 2])
    def test_a_cancel_that_a_fill_overtakes_loses_no_fill(self, desk: Desk, share: int) -> None:
        taken = desk.harness.size / share

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 0))
            desk.harness.before_cancel(lambda: desk.taker(SELL, 0, taken))
            cancelled = await broker.cancel(ack.ref)
            assert cancelled.canceled == desk.harness.size - taken
            order = await order_of(broker, ack, Status.FILLED if share == 1 else Status.CANCELED)
            assert order.filled == taken
            fills, _ = await all_fills(broker)
            assert sum(fill.fill.quantity for fill in fills) == taken

        desk.run(work)
        assert desk.harness.held() == taken

    def test_a_cancel_of_an_order_that_never_was_finds_nothing(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            ref = OrderRef(desk.harness.symbol, BUY, "never", "00000000-0000-4000-8000-000000000000")
            assert (await broker.cancel(ref)).canceled == 0

        desk.run(work)

    def test_an_amended_order_has_its_new_price_and_size_and_the_same_id(self, desk: Desk) -> None:
        self.needs(desk, "amend")

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, -5))
            quantity, limit = desk.harness.size * 2, desk.harness.middle - 3 * desk.harness.tick
            changed = await broker.amend(ack.ref, quantity=quantity, limit=limit)
            assert (changed.status, changed.remaining) == (Status.ACKED, quantity)
            order = await broker.order_by_client_id(ack.ref.client_order_id, symbol=desk.harness.symbol)
            assert order is not None and (order.quantity, order.limit) == (quantity, limit)

        desk.run(work)

    # reject with reason

    def test_without_money_the_order_is_rejected_with_a_reason(self, desk: Desk) -> None:
        desk.harness.empty_pockets()
        request = desk.order(BUY, -1)

        async def work(broker: Broker) -> None:
            with pytest.raises(OrderRejected, match=r"(?i)balance|cash|fund"):
                await broker.submit(request)

        desk.run(work)
        assert desk.harness.landed(request.client_order_id) == 0

    def test_a_closed_and_a_missing_market_take_no_order(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            for symbol in (desk.harness.closed, desk.harness.missing):
                request = OrderRequest(f"no-{symbol[:6]}", symbol, BUY, desk.harness.size, desk.harness.middle)
                with pytest.raises(OrderRejected, match=r"(?i)market|symbol|asset"):
                    await broker.submit(request)
            with pytest.raises(NotFound):
                await broker.listing(desk.harness.missing)

        desk.run(work)

    def test_post_only_never_takes(self, desk: Desk) -> None:
        self.needs(desk, "post_only")
        desk.street(SELL, 0, desk.harness.size)

        async def work(broker: Broker) -> None:
            with pytest.raises(OrderRejected, match=r"(?i)cross"):
                await broker.submit(desk.order(BUY, 0, post_only=True))
            ack = await broker.submit(desk.order(BUY, -1, post_only=True))
            assert ack.status is Status.ACKED

        desk.run(work)
        assert desk.harness.held() == 0

    def test_reduce_only_never_turns_a_position(self, desk: Desk) -> None:
        self.needs(desk, "reduce_only")
        part = desk.harness.size / 2
        desk.street(SELL, 0, part)
        desk.street(BUY, -2, desk.harness.size)

        async def work(broker: Broker) -> None:
            await broker.submit(desk.order(BUY, 0, part))
            ack = await broker.submit(desk.order(SELL, -2, time_in_force=TimeInForce.IOC, reduce_only=True))
            assert ack.filled == part

        desk.run(work)
        assert desk.harness.held() == 0
