"""What a broker makes of an answer that is lost, doubled, late or a refusal to serve at all."""

from __future__ import annotations

import asyncio

import pytest

from engine.brokers.base import (
    Broker,
)
from engine.core.errors import (
    AuthenticationFailed,
    BrokerUnavailable,
    DuplicateOrder,
    InputError,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    Stopped,
)
from engine.core.trading import Status
from tests.conformance.desk import (
    BUY,
    SELL,
    SHORT_S,
    D,
    Desk,
    SuitePart,
    settled,
)


class OutcomeBehaviour(SuitePart):
    """Duplicate id, unknown outcome, rate limit, tick and lot, clock, keys."""

    # duplicate client id

    def test_a_client_order_id_lands_once(self, desk: Desk) -> None:
        self.needs(desk, "dedupes")
        request = desk.order(BUY, -5)

        async def work(broker: Broker) -> None:
            first = await broker.submit(request)
            with pytest.raises(DuplicateOrder) as caught:
                await broker.submit(request)
            # what is a duplicate has landed: it must never pass for a refusal
            assert isinstance(caught.value, OutcomeUnknown) and not isinstance(caught.value, OrderRejected)
            assert caught.value.client_order_id == request.client_order_id
            found = await broker.order_by_client_id(request.client_order_id, symbol=request.symbol)
            assert found is not None and found.ref == first.ref

        desk.run(work)
        assert desk.harness.landed(request.client_order_id) == 1

    def test_a_client_order_id_stays_taken_after_its_cancel(self, desk: Desk) -> None:
        if desk.harness.broker().capabilities.dedupes != "forever":
            pytest.skip("the venue forgets the ids of orders that are over")
        request = desk.order(BUY, -5)

        async def work(broker: Broker) -> None:
            await broker.cancel((await broker.submit(request)).ref)
            with pytest.raises(DuplicateOrder):
                await broker.submit(request)

        desk.run(work)

    # unknown outcome

    @pytest.mark.parametrize("how", ["hang", "reset", "half", "error", "empty"])
    def test_a_lost_answer_is_unknown_and_the_order_is_there_once(self, desk: Desk, how: str) -> None:
        request = desk.order(BUY, -5)
        if how == "hang":
            desk.harness.patience_s = SHORT_S

        async def work(broker: Broker) -> None:
            before = (await broker.clock()).time_ns
            desk.harness.lose_answer(how)
            with pytest.raises(OutcomeUnknown) as caught:
                await broker.submit(request)
            assert caught.value.client_order_id == request.client_order_id
            found = await broker.order_by_client_id(request.client_order_id, symbol=request.symbol, since_ns=before)
            assert found is not None and (found.quantity, found.limit) == (request.quantity, request.limit)

        desk.run(work)
        assert (desk.harness.sent(), desk.harness.landed(request.client_order_id)) == (1, 1)

    @pytest.mark.parametrize("how", ["hang", "reset", "error"])
    def test_a_lost_request_is_unknown_too_and_is_not_there(self, desk: Desk, how: str) -> None:
        request = desk.order(BUY, -5)
        if how == "hang":
            desk.harness.patience_s = SHORT_S

        async def work(broker: Broker) -> None:
            desk.harness.lose_request(how)
            with pytest.raises(OutcomeUnknown):
                await broker.submit(request)
            assert await broker.order_by_client_id(request.client_order_id, symbol=request.symbol) is None

        desk.run(work)
        assert (desk.harness.sent(), desk.harness.landed(request.client_order_id)) == (1, 0)

    def test_a_refused_connection_means_that_nothing_was_sent(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            desk.harness.stop()
            with pytest.raises(BrokerUnavailable):
                await broker.submit(desk.order(BUY, -5))

        desk.run(work)
        assert desk.harness.sent() == 0

    def test_a_miss_while_reads_lag_is_no_verdict(self, desk: Desk) -> None:
        request = desk.order(BUY, -5)

        async def work(broker: Broker) -> None:
            desk.harness.lag(30)
            desk.harness.lose_answer("error")
            with pytest.raises(OutcomeUnknown):
                await broker.submit(request)
            sent = (await broker.clock()).time_ns
            assert await broker.order_by_client_id(request.client_order_id, symbol=request.symbol) is None
            as_of = await broker.reads_as_of_ns()
            assert as_of is None or as_of < sent
            assert broker.capabilities.lookup_lag_s > 0
            desk.harness.lag(0)
            found = await settled(
                lambda: broker.order_by_client_id(request.client_order_id, symbol=request.symbol),
                lambda order: order is not None,
            )
            assert found.status is Status.ACKED

        desk.run(work)

    # rate limit, hiccups

    def test_a_throttled_order_did_not_land_and_may_be_sent_again(self, desk: Desk) -> None:
        request = desk.order(BUY, -5)

        async def work(broker: Broker) -> None:
            desk.harness.throttle(reads=False)
            with pytest.raises(RateLimited) as caught:
                await broker.submit(request)
            assert caught.value.retry_after > 0
            assert desk.harness.landed(request.client_order_id) == 0
            ack = await broker.submit(request)
            assert ack.status is Status.ACKED

        desk.run(work)
        assert desk.harness.landed(request.client_order_id) == 1

    @pytest.mark.parametrize("fault", ["throttle", "stumble"])
    def test_a_read_is_tried_again(self, desk: Desk, fault: str) -> None:
        async def work(broker: Broker) -> None:
            if fault == "throttle":
                desk.harness.throttle(reads=True)
            else:
                desk.harness.stumble()
            assert await broker.positions() == ()

        desk.run(work)

    # tick and lot

    def test_the_listing_knows_tick_and_lot(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            listing = await broker.listing(desk.harness.symbol)
            middle, tick = desk.harness.middle, desk.harness.tick
            assert listing.tradable and listing.lot == desk.harness.lot
            assert listing.on_grid(middle) and not listing.on_grid(middle + tick / 2)
            # rounding never raises what is paid or lowers what is asked
            assert listing.round_price(middle + tick / 2, BUY) == middle
            assert listing.round_price(middle + tick / 2, SELL) == middle + tick
            assert listing.round_quantity(desk.harness.lot * D("1.5")) == desk.harness.lot
            assert not (await broker.listing(desk.harness.closed)).tradable

        desk.run(work)

    def test_a_price_off_the_grid_and_a_part_of_a_lot_are_refused(self, desk: Desk) -> None:
        off = desk.order(BUY, 0, limit=desk.harness.middle + desk.harness.tick / 2)
        crumb = desk.order(BUY, -5, desk.harness.lot / 2)

        async def work(broker: Broker) -> None:
            for request in (off, crumb):
                with pytest.raises((InputError, OrderRejected)):
                    await broker.submit(request)

        desk.run(work)
        assert desk.harness.landed(off.client_order_id) == desk.harness.landed(crumb.client_order_id) == 0

    def test_one_lot_is_enough(self, desk: Desk) -> None:
        desk.street(SELL, 0, desk.harness.lot)

        async def work(broker: Broker) -> None:
            ack = await broker.submit(desk.order(BUY, 0, desk.harness.lot))
            assert (ack.status, ack.filled) == (Status.FILLED, desk.harness.lot)

        desk.run(work)

    # clock and keys

    def test_a_clock_that_is_far_off_stops_before_anything_is_sent(self, desk: Desk) -> None:
        for seconds in (desk.harness.skew_refused_s, -desk.harness.skew_refused_s):
            desk.harness.skew(seconds)

            async def work(broker: Broker) -> None:
                with pytest.raises(Stopped, match="clock"):
                    await broker.connect()

            desk.run(work, connect=False)
        assert desk.harness.sent() == 0

    def test_a_clock_that_is_a_little_off_is_measured_and_taken(self, desk: Desk) -> None:
        desk.harness.skew(desk.harness.skew_taken_s)

        async def work(broker: Broker) -> None:
            clock = await broker.clock()
            assert clock.skew_s == pytest.approx(-desk.harness.skew_taken_s, abs=2.5)
            assert clock.trading in (True, None)
            assert (await broker.submit(desk.order(BUY, -5))).status is Status.ACKED

        desk.run(work)

    def test_a_clock_that_runs_off_while_trading_stops(self, desk: Desk) -> None:
        async def work(broker: Broker) -> None:
            desk.harness.skew(desk.harness.skew_refused_s)
            with pytest.raises(Stopped, match="clock"):
                await broker.submit(desk.order(BUY, -5))

        desk.run(work)
        assert desk.harness.landed("suite-1") == 0

    def test_a_wrong_key_stops(self, desk: Desk) -> None:
        async def work() -> None:
            broker = desk.harness.broker(wrong_key=True)
            try:
                with pytest.raises(AuthenticationFailed):
                    await broker.connect()
            finally:
                await broker.close()

        asyncio.run(work())
