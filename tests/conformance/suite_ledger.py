"""What a broker reads back: orders by either id, fills that are complete and never doubled, money, the stream."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from engine.brokers.base import (
    Broker,
    FillUpdate,
    LinkUpdate,
    Update,
)
from engine.core.trading import Status
from tests.conformance.desk import (
    BUY,
    SELL,
    Desk,
    SuitePart,
    all_fills,
    next_update,
    order_of,
    settled,
)


class LedgerBehaviour(SuitePart):
    """Lookup, fills, balance and positions, reconnect."""

    # lookup

    def test_what_was_never_sent_is_not_found(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            assert await broker.order_by_client_id("never-sent", symbol=desk.harness.symbol) is None
            assert await broker.order_by_client_id("never-sent") is None
            assert await broker.order("00000000-0000-4000-8000-000000000000") is None

        desk.run(work)

    def test_an_order_is_found_by_a_broker_that_did_not_send_it(self, desk: Desk) -> None:
        request = desk.order(BUY, -5)

        async def send(broker: Broker) -> None:
            await broker.submit(request)

        async def search(broker: Broker) -> None:
            found = await broker.order_by_client_id(request.client_order_id)
            assert found is not None and found.ref.client_order_id == request.client_order_id
            assert [o.ref for o in await broker.open_orders()] == [found.ref]

        desk.run(send)
        desk.run(search)

    # fills

    def test_fills_come_oldest_first_and_never_twice(self, desk: Desk) -> None:
        lot, rounds = desk.harness.lot, 6

        async def work(broker: Broker) -> None:
            cursor, seen = "", []
            for turn in range(rounds):
                for _ in range(turn):
                    desk.street(SELL, 0, lot)
                if turn:
                    await broker.submit(desk.order(BUY, 0, turn * lot))
                page, cursor = await settled(
                    lambda at=cursor: all_fills(broker, at), lambda read, n=turn: len(read[0]) == n
                )
                seen += page
            ids = [fill.fill.fill_id for fill in seen]
            assert len(ids) == len(set(ids)) and set(ids) == desk.harness.fill_ids()
            times = [fill.fill.time_ns for fill in seen]
            assert times == sorted(times)
            again, _ = await all_fills(broker)
            assert {fill.fill.fill_id for fill in again} == set(ids)
            assert all(fill.fill.client_order_id for fill in seen)

        desk.run(work)

    def test_more_fills_than_a_page_are_all_there(self, desk: Desk) -> None:
        many, lot = 1_203, desk.harness.lot

        async def work(broker: Broker) -> None:
            for _ in range(many):
                desk.street(SELL, 0, lot)
            await broker.submit(desk.order(BUY, 0, many * lot))
            first = await broker.fills()
            desk.street(SELL, 0, lot)
            await broker.submit(desk.order(BUY, 0, lot))
            rest, cursor = await all_fills(broker, first.cursor)
            ids = [fill.fill.fill_id for fill in (*first.fills, *rest)]
            assert len(ids) == len(set(ids)) and set(ids) == desk.harness.fill_ids()
            assert (await all_fills(broker, cursor))[0] == []

        desk.run(work)
        assert len(desk.harness.fill_ids()) == many + 1

    def test_a_fill_of_a_former_run_keeps_its_client_order_id(self, desk: Desk) -> None:
        desk.street(SELL, 0, desk.harness.size)

        async def send(broker: Broker) -> None:
            await broker.submit(desk.order(BUY, 0, client_order_id="former-run"))

        async def read(broker: Broker) -> None:
            (fill,), _ = await all_fills(broker)
            assert fill.fill.client_order_id == "former-run"

        desk.run(send)
        desk.run(read)

    # money and positions

    def test_balance_and_positions_follow_a_round_trip(self, desk: Desk) -> None:
        desk.street(SELL, 0, desk.harness.size)
        desk.street(BUY, -2, desk.harness.size)

        async def work(broker: Broker) -> None:
            before = (await broker.balance()).cash
            await broker.submit(desk.order(BUY, 0))
            (position,) = await settled(broker.positions, lambda read: len(read) == 1)
            assert (position.quantity, position.entry_price) == (desk.harness.size, desk.harness.middle)
            await broker.submit(desk.order(SELL, -2))
            await settled(broker.positions, lambda read: all(p.quantity == 0 for p in read))
            fills, _ = await settled(lambda: all_fills(broker), lambda read: len(read[0]) == 2)
            moved = sum(-f.fill.side.value * f.fill.quantity * f.fill.price - f.fill.fee for f in fills)
            assert (await broker.balance()).cash - before == moved

        desk.run(work)

    # reconnect

    def test_the_stream_comes_back_by_itself_and_says_so(self, desk: Desk) -> None:
        self.needs(desk, "stream")

        async def work(broker: Broker) -> None:
            async with aclosing(broker.events([desk.harness.symbol])) as updates:  # type: ignore[type-var]
                await next_update(updates, LinkUpdate, lambda link: link.state == "connected")
                ack = await broker.submit(desk.order(BUY, 0))
                desk.taker(SELL, 0, desk.harness.lot)
                first = await next_update(updates, FillUpdate)
                assert first.fill.venue_order_id == ack.ref.venue_order_id
                desk.harness.cut_stream()
                await next_update(updates, LinkUpdate, lambda link: link.state != "connected")
                desk.taker(SELL, 0, desk.harness.lot)  # nobody hears of this one
                await next_update(updates, LinkUpdate, lambda link: link.state == "connected")
                assert len((await all_fills(broker))[0]) == 2  # the sweep that is due now finds it
                desk.taker(SELL, 0, desk.harness.lot)
                last = await next_update(updates, FillUpdate)
            fills, _ = await all_fills(broker)
            assert len(fills) == 3  # the ledger has what the stream lost
            ids = {fill.fill.fill_id for fill in fills}
            assert {first.fill.fill.fill_id, last.fill.fill.fill_id} < ids

        desk.run(work)

    def test_after_connected_no_fill_is_missed_by_both_sweep_and_stream(self, desk: Desk) -> None:
        self.needs(desk, "stream")
        desk.harness.slow_subscription(0.1)

        async def work(broker: Broker) -> None:
            await broker.submit(desk.order(BUY, 0))
            async with aclosing(broker.events([desk.harness.symbol])) as updates:  # type: ignore[type-var]
                await next_update(updates, LinkUpdate, lambda link: link.state == "connected")
                assert (await all_fills(broker))[0] == []
                desk.taker(SELL, 0, desk.harness.lot)
                async with asyncio.timeout(4):
                    await next_update(updates, FillUpdate)

        desk.run(work)

    def test_a_fill_that_the_stream_loses_or_repeats_is_one_fill(self, desk: Desk) -> None:
        self.needs(desk, "stream")

        async def work(broker: Broker) -> None:
            heard: list[Update] = []
            async with aclosing(broker.events([desk.harness.symbol])) as updates:  # type: ignore[type-var]
                await next_update(updates, LinkUpdate, lambda link: link.state == "connected")
                await broker.submit(desk.order(BUY, 0))
                desk.harness.lose_fill_frame()
                desk.taker(SELL, 0, desk.harness.lot)
                desk.harness.repeat_fill_frame()
                desk.taker(SELL, 0, desk.harness.lot)
                heard = [await next_update(updates, FillUpdate) for _ in range(2)]
            fills, _ = await all_fills(broker)
            assert len(fills) == 2
            names = {update.fill.fill.fill_id for update in heard if isinstance(update, FillUpdate)}
            assert len(names) == 1 and names < {fill.fill.fill_id for fill in fills}

        desk.run(work)

    def test_a_closed_broker_opens_again_and_closing_twice_is_fine(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, -5))
            await broker.close()
            await broker.close()
            await broker.connect()
            assert (await order_of(broker, ack, Status.ACKED)).ref == ack.ref

        desk.run(work)
