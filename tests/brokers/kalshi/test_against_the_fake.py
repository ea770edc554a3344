"""The adapter and a whole venue, over real sockets: what it reads is what the venue knows, money and books to the digit."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import aclosing
from decimal import Decimal

import pandas as pd
import pytest

from engine import KalshiAdapter, KalshiConfig
from engine.brokers.base import FillUpdate, LinkUpdate, OrderRequest, OrderUpdate, PositionUpdate, TimeInForce, Trade
from engine.brokers.kalshi.messages import BookUpdate, LifecycleUpdate, TickerUpdate
from engine.core.errors import NotFound, OrderRejected
from engine.core.trading import Position, Side, Status
from tests.brokers.kalshi.bench import run
from tests.conformance.fake_kalshi import FakeKalshi

D = Decimal
DAY = 86_400
MARKET = "KXRAIN-26NOV30-T1"


@pytest.fixture
def venue() -> Iterator[FakeKalshi]:
    with FakeKalshi() as running:
        running.add_market(MARKET)
        yield running


def adapter(venue: FakeKalshi, *, keyed: bool = True) -> KalshiAdapter:
    keys = {"api_key": venue.key_id, "private_key": venue.private_pem} if keyed else {}
    return KalshiAdapter(KalshiConfig(rest_url=venue.rest_url, stream_url=venue.stream_url, **keys))


def buy(name: str, price: str, count: str, **terms: object) -> OrderRequest:
    return OrderRequest(name, MARKET, Side.BUY, D(count), D(price), **terms)  # type: ignore[arg-type]


def test_markets_events_and_series_can_be_browsed_without_a_key(venue: FakeKalshi) -> None:
    venue.add_series("KXHI", title="Highest temperature", fee_type="quadratic_with_maker_fees", fee_multiplier=D("0.5"))
    venue.add_event("KXHI-A", "KXHI", mutually_exclusive=True)
    for number in range(5):
        venue.add_market(f"KXHI-A-B{number}", structure="tapered_deci_cent")
    venue.post("KXHI-A-B0", "bid", "0.045", "3")

    async def work() -> None:
        async with adapter(venue, keyed=False) as kalshi:
            markets = await kalshi.get_markets(series_ticker="KXHI", status="open")
            assert sorted(m.ticker for m in markets) == [f"KXHI-A-B{n}" for n in range(5)]
            first = await kalshi.get_market("kxhi-a-b0")
            assert (first.yes_bid, first.yes_ask, first.status) == (D("0.045"), None, "active")
            assert [band.step for band in first.grid] == [D("0.001"), D("0.01"), D("0.001")]
            (event,) = await kalshi.get_events(series_ticker="KXHI", markets=True)
            assert event.mutually_exclusive and len(event.markets) == 5
            series = await kalshi.get_series("KXHI")
            assert (series.fee_type, series.fee_multiplier) == ("quadratic_with_maker_fees", D("0.5"))
            assert "KXHI" in [s.ticker for s in await kalshi.list_series()]
            books = await kalshi.get_orderbooks([m.ticker for m in markets])
            assert books["KXHI-A-B0"].bids == ((D("0.045"), D(3)),)
            assert (await kalshi.clock()).trading is True
            with pytest.raises(NotFound):
                await kalshi.get_event("KXNO")

    run(work())


def test_fee_changes_are_read_with_their_past(venue: FakeKalshi) -> None:
    venue.fee_change("KXRAIN", "quadratic_with_maker_fees", D("0.5"), time.time() - DAY)
    venue.fee_override("KXRAIN-26NOV30", "quadratic", D(2))

    async def work() -> None:
        async with adapter(venue, keyed=False) as kalshi:
            (series,) = await kalshi.get_fee_changes("KXRAIN")
            assert (series.fee_type, series.fee_multiplier) == ("quadratic_with_maker_fees", D("0.5"))
            (event,) = await kalshi.get_event_fee_changes("KXRAIN-26NOV30")
            assert (event.fee_type, event.fee_multiplier) == ("quadratic", D(2))

    run(work())


@pytest.mark.parametrize("days_ago", [3, 100])
def test_a_settled_market_has_its_whole_history_in_either_tier(venue: FakeKalshi, days_ago: int) -> None:
    begin = int(time.time() // DAY - days_ago) * DAY
    name = "KXOLD-A-B1"
    venue.add_market(name, opens_in=begin - time.time(), closes_in=begin + DAY - time.time())
    quotes = [(begin + 600.0, "0.40", "0.45"), (begin + 3_700.0, "0.41", "0.44"), (begin + DAY - 1, "0", "1")]
    venue.history(name, quotes, [(begin + 660.0, "0.45", "2"), (begin + 3_730.0, "0.44", "1.50")])
    venue.settled_at(name, "yes", begin + DAY)

    async def work() -> None:
        async with adapter(venue, keyed=False) as kalshi:
            minutes = await kalshi.get_market_history(name, interval="1m")
            assert minutes.attrs["result"] == "yes" and minutes.attrs["settlement_value"] == 1.0
            assert minutes.index[-1].timestamp() == begin + DAY - 60
            assert minutes.index.to_series().diff().dropna().dt.total_seconds().eq(60).all()
            quiet = minutes.loc[pd.Timestamp(begin + 1800, unit="s", tz="UTC")]
            assert (quiet["bid_close"], quiet["ask_close"], quiet["volume"]) == (0.40, 0.45, 0.0)
            assert minutes["bid_close"].isna().iloc[-1] and minutes["ask_close"].isna().iloc[-1]
            assert minutes["volume"].sum() == 3.5
            hours = await kalshi.get_market_history(name, interval="1h")
            assert hours["close"].dropna().tolist() == [0.45, 0.44]
            assert [t.price for t in await kalshi.get_trades(name)] == [D("0.44"), D("0.45")]

    run(work())


def test_what_the_account_reads_adds_up_from_the_first_fill_to_the_settlement(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            start = (await kalshi.balance()).cash
            venue.post(MARKET, "ask", "0.40", "10")
            venue.post(MARKET, "bid", "0.30", "4")
            await kalshi.submit(buy("b1", "0.45", "10"))
            await kalshi.place(MARKET, "sell", "yes", D(4), D("0.30"), client_order_id="s1")
            page = await kalshi.fills()
            (position,) = await kalshi.positions()
            followed = Position(MARKET)
            for item in page.fills:
                followed = followed.after(item.fill)
            assert (
                (position.quantity, position.entry_price) == (followed.quantity, followed.entry_price) == (6, D("0.4"))
            )
            moved = sum(-f.fill.side.value * f.fill.quantity * f.fill.price - f.fill.fee for f in page.fills)
            cash = (await kalshi.balance()).cash
            assert cash - start == moved
            venue.close_early(MARKET)
            venue.settle(MARKET, "yes")
            (paid,) = await kalshi.settlements()
            assert (paid.result, paid.yes_payout) == ("yes", 1)
            end = (await kalshi.balance()).cash
            assert end - cash == 6
            assert end - start == paid.pnl == moved + 6
            assert await kalshi.positions() == ()

    run(work())


def test_an_order_on_a_closed_market_or_off_the_grid_is_refused_with_what_to_do(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            with pytest.raises(OrderRejected, match=r"off this market's grid: round it") as caught:
                await kalshi.submit(buy("b1", "0.455", "1"))
            assert caught.value.code == "invalid_price"
            with pytest.raises(OrderRejected, match="not enough cash on this market's shard"):
                await kalshi.submit(buy("b2", "0.99", "1000000"))
            venue.close_early(MARKET)
            with pytest.raises(OrderRejected, match="closed or paused"):
                await kalshi.submit(buy("b3", "0.45", "1"))

    run(work())


def test_an_order_group_cancels_its_orders_when_it_is_triggered(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            group = await kalshi.create_order_group(D(10))
            ack = await kalshi.submit(buy("g1", "0.10", "2", group=group))
            assert (await kalshi.order_group(group)).orders == (ack.ref.venue_order_id,)
            assert [g.group_id for g in await kalshi.order_groups()] == [group]
            await kalshi.trigger_order_group(group)
            assert await kalshi.open_orders() == ()
            await kalshi.reset_order_group(group)
            await kalshi.submit(buy("g2", "0.10", "2", group=group))
            await kalshi.delete_order_group(group)

    run(work())


def test_orders_are_made_smaller_queued_and_all_canceled(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            venue.post(MARKET, "bid", "0.20", "7")
            ack = await kalshi.submit(buy("q1", "0.20", "5"))
            assert await kalshi.queue_position(ack.ref.venue_order_id) == 7
            assert await kalshi.decrease(ack.ref, by=D(2)) == 3
            await kalshi.submit(buy("q2", "0.10", "1", expires_ns=int((time.time() + 60) * 1e9)))
            assert len(await kalshi.open_orders(MARKET)) == 2
            await kalshi.cancel_all()
            assert await kalshi.open_orders(MARKET) == ()
            states = {o.ref.client_order_id: o.status for o in await kalshi.orders(MARKET)}
            assert states == {"q1": Status.CANCELED, "q2": Status.CANCELED}

    run(work())


@pytest.mark.parametrize("faults", [(), ("drop", "duplicate", "gap", "garbage", "unknown", "drop", "close")])
def test_the_book_of_the_stream_is_the_book_of_the_venue_whatever_gets_lost(
    venue: FakeKalshi, faults: tuple[str, ...]
) -> None:
    dice = random.Random(5)
    resting = []

    def move() -> None:
        side = dice.choice(["bid", "ask"])
        price = dice.randint(30, 49) if side == "bid" else dice.randint(51, 70)
        resting.append(venue.post(MARKET, side, f"0.{price}", str(dice.randint(1, 20))))
        if len(resting) > 12:
            venue.pull(resting.pop(dice.randrange(len(resting))))

    async def work() -> None:
        async with adapter(venue) as kalshi:
            seen = {}
            states = []
            connected = asyncio.Event()

            async def listen() -> None:
                async with aclosing(kalshi.stream([MARKET], ("orderbook_delta",))) as updates:
                    async for update in updates:
                        if isinstance(update, BookUpdate):
                            seen["book"] = update.book
                        if isinstance(update, LinkUpdate):
                            states.append(update.state)
                            connected.set()

            task = asyncio.create_task(listen())
            await connected.wait()
            for turn in range(80):
                if turn % 10 == 5 and turn // 10 < len(faults):
                    venue.fail_stream(faults[turn // 10])
                move()
                await asyncio.sleep(0.002)
            for _ in range(300):
                move()  # a lost last frame shows only when another follows
                await asyncio.sleep(0.03)
                book = await kalshi.get_orderbook(MARKET)
                if (seen["book"].bids, seen["book"].asks) == (book.bids, book.asks):
                    break
            else:
                pytest.fail(f"{seen['book']} is not {book}")
            assert ("stale" in states) is bool(faults)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    run(work())


def test_the_stream_tells_of_orders_fills_positions_trades_and_the_end_of_a_market(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            channels = ("fill", "user_orders", "market_positions", "ticker", "trade", "market_lifecycle_v2")
            heard = []
            async with aclosing(kalshi.stream([MARKET], channels)) as updates:
                assert isinstance(await anext(updates), LinkUpdate)
                ack = await kalshi.submit(buy("w1", "0.45", "5"))
                venue.hit(MARKET, "ask", "0.45", "2")
                await kalshi.cancel(ack.ref)
                venue.close_early(MARKET)
                venue.settle(MARKET, "no")
                async with asyncio.timeout(5):
                    async for update in updates:
                        heard.append(update)
                        if isinstance(update, LifecycleUpdate) and update.event == "settled":
                            break
            kinds = {type(update) for update in heard}
            assert {FillUpdate, OrderUpdate, PositionUpdate, TickerUpdate, Trade, LifecycleUpdate} <= kinds
            (fill,) = [u.fill for u in heard if isinstance(u, FillUpdate)]
            (booked,) = (await kalshi.fills()).fills
            assert (fill.fill.fill_id, fill.fill.fee, fill.fill.price) == (
                booked.fill.fill_id, booked.fill.fee, booked.fill.price,
            )  # fmt: skip
            assert fill.fill.client_order_id == booked.fill.client_order_id == "w1"
            states = [u.order.status for u in heard if isinstance(u, OrderUpdate)]
            assert states[0] is Status.ACKED and Status.PARTIAL in states and states[-1] is Status.CANCELED
            decided = [u for u in heard if isinstance(u, LifecycleUpdate) and u.event == "determined"]
            assert [(u.result, u.settlement_value) for u in decided] == [("no", D(0))]

    run(work())


def test_many_reads_stay_within_the_venues_own_buckets() -> None:
    async def work() -> None:
        with FakeKalshi(tier="basic") as venue:
            venue.add_market(MARKET)
            async with adapter(venue) as kalshi:
                await asyncio.gather(*(kalshi.get_market(MARKET) for _ in range(60)))
            assert {seen.status for seen in venue.requests("GET")} == {200}

    run(work())


def test_an_immediate_order_that_gets_nothing_is_canceled_and_burns_no_money(venue: FakeKalshi) -> None:
    async def work() -> None:
        async with adapter(venue) as kalshi:
            before = (await kalshi.balance()).cash
            ack = await kalshi.submit(buy("i1", "0.45", "5", time_in_force=TimeInForce.IOC))
            assert (ack.status, ack.filled, ack.remaining) == (Status.CANCELED, 0, 0)
            assert (await kalshi.balance()).cash == before

    run(work())
