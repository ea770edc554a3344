"""Pages end, limits are kept, and what the venue sends is read exactly or not at all."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.base import PriceStep
from engine.brokers.kalshi.fields import Fields, decimal, moment, nanoseconds, read_json
from engine.brokers.kalshi.limiter import BucketLimit, Limiter, TokenBucket
from engine.brokers.kalshi.wire import read_event, read_fee_change, read_market, read_series
from engine.core.errors import BrokerUnavailable, InvalidData, NotFound
from tests.brokers.kalshi.bench import bench, run
from tests.brokers.loopback import Answer, Reply, Request

D = Decimal


def market(name: str) -> dict[str, Any]:
    return {"ticker": name, "event_ticker": "KXE", "status": "active"}


def test_all_pages_are_read_and_the_combos_left_out() -> None:
    def handler(request: Request) -> Answer:
        at = int(request.query.get("cursor", 0))
        return Reply(200, {"markets": [market(f"KXA-{at}")], "cursor": str(at + 1) if at < 3 else ""})

    async def work() -> None:
        async with bench(handler, keyed=False) as (adapter, server, _):
            assert [m.ticker for m in await adapter.get_markets(series_ticker="kxa")] == [f"KXA-{n}" for n in range(4)]
            first = server.requests[0].query
            assert first == {"series_ticker": "KXA", "mve_filter": "exclude", "limit": "1000"}
            server.requests.clear()
            assert len(await adapter.get_markets(status="open", most=2)) == 2
            assert len(server.requests) == 2

    run(work())


@pytest.mark.parametrize("cursors", [["a"], ["a", "b"], ["a", "b", "c", "b"]])
def test_a_cursor_that_comes_back_ends_in_an_error_and_not_in_a_circle(cursors: list[str]) -> None:
    turn = iter(range(10_000))

    def handler(request: Request) -> Answer:
        return Reply(200, {"markets": [], "cursor": cursors[next(turn) % len(cursors)]})

    async def work() -> None:
        async with bench(handler, keyed=False) as (adapter, server, _):
            with pytest.raises(BrokerUnavailable, match="repeats a page"):
                await adapter.get_markets()
            assert len(server.requests) <= 5

    run(work())


def test_a_status_that_the_filter_does_not_know_is_named_with_those_it_knows() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(500), keyed=False) as (adapter, server, _):
            with pytest.raises(InvalidData, match="must be one of unopened, open, paused, closed, settled"):
                await adapter.get_markets(status="active")
            assert not server.requests

    run(work())


def test_a_market_is_read_exactly_and_what_is_new_is_kept() -> None:
    raw = market("KXA-1") | {
        "yes_bid_dollars": "0.4500", "yes_ask_dollars": "1.0000", "yes_bid_size_fp": "12.50", "volume_fp": "99.01",
        "last_price_dollars": "0.0000", "result": "scalar", "settlement_value_dollars": "0.3333",
        "floor_strike": 99999.99, "custom_strike": {"word": 1}, "close_time": "2026-12-31T21:00:00Z",
        "price_ranges": [{"start": "0.1", "end": "1", "step": "0.01"}, {"start": "0", "end": "0.1", "step": "0.001"}, 5],
        "brand_new": {"x": [1]}, "liquidity_dollars": "0",
    }  # fmt: skip
    read = read_market(raw)
    assert (read.yes_bid, read.yes_ask, read.last_price, read.yes_bid_size) == (D("0.45"), None, None, D("12.5"))
    assert read.payout == D("0.3333") and read.settled and read.volume == D("99.01")
    assert read.grid == (PriceStep(D(0), D("0.1"), D("0.001")), PriceStep(D("0.1"), D(1), D("0.01")))
    assert read.extra == {"brand_new": {"x": [1]}, "liquidity_dollars": "0"}
    assert read_market(market("X")).payout is None
    assert [read_market(market("X") | {"result": r}).payout for r in ("yes", "no", "")] == [D(1), D(0), None]


def test_fees_of_a_series_may_be_overridden_by_its_events() -> None:
    series = read_series({"ticker": "KXS", "fee_type": "quadratic_with_maker_fees", "fee_multiplier": D("0.5")})
    assert (series.fee_type, series.fee_multiplier) == ("quadratic_with_maker_fees", D("0.5"))
    event = read_event({"event_ticker": "KXE", "series_ticker": "KXS", "fee_multiplier_override": 1})
    assert (event.fee_type, event.fee_multiplier) == (None, D(1))
    change = read_fee_change(
        {"series_ticker": "KXS", "fee_type": "unheard_of", "fee_multiplier": 1, "scheduled_ts": "2026-07-03T00:00:00Z"}
    )
    assert change.fee_type == "unheard_of" and change.scheduled is not None


def test_a_market_is_listed_with_its_grid_and_whether_it_is_open() -> None:
    grid = [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]

    async def work() -> None:
        def handler(request: Request) -> Answer:
            return Reply(200, {"market": market("KXA-1") | {"price_ranges": grid}})

        async with bench(handler, keyed=False) as (adapter, _, _w):
            listing = await adapter.listing("KXA-1")
            assert listing.tradable and listing.on_grid(D("0.55")) and not listing.on_grid(D("0.555"))
            assert (listing.instrument.kind, listing.instrument.payoff, listing.lot) == ("event", "binary", D("0.01"))

    run(work())


def test_an_answer_without_its_heart_is_no_answer() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(200, {"market": {"title": "?"}}), keyed=False) as (adapter, _, _w):
            with pytest.raises(BrokerUnavailable, match="a market without ticker"):
                await adapter.get_market("KXA-1")

    run(work())


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-inf", "1e999999999", "1e30", "x", "", None, True, [], {}, 0.5])
def test_what_is_no_exact_number_is_none(value: Any) -> None:
    assert decimal(value) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_a_number_is_exact_as_text_and_as_a_number(value: Decimal) -> None:
    assert decimal(str(value)) == value
    assert decimal(read_json(f'{{"x": {value:f}}}')["x"]) == value


def test_times_keep_their_microseconds() -> None:
    assert nanoseconds(moment("2026-06-11T12:00:00.123456Z")) == 1781179200123456000
    assert nanoseconds(moment("2026-06-11T08:00:00-04:00")) == nanoseconds(moment(1781179200))
    assert [moment(v) for v in ("soon", "", None, -5, 10**20, True)] == [None] * 6
    f = Fields({"a_ms": 5, "b": "2026-06-11T12:00:00Z"}, "x")
    assert f.time_ns("missing", "a_ms", "b") == 5_000_000


def test_json_has_no_nan() -> None:
    assert read_json('{"a": NaN, "b": Infinity, "c": 1e5}') == {"a": None, "b": None, "c": D("1e5")}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([2, 10, 30])), max_size=40))
def test_a_bucket_is_never_overdrawn_over_any_stretch_of_time(calls: list[tuple[float, int]]) -> None:
    clock = Clock()
    bucket = TokenBucket(BucketLimit(100, 100), clock, clock.sleep)
    spent: list[tuple[float, int]] = []

    async def work() -> None:
        for pause, cost in calls:
            clock.now += pause
            await bucket.take(cost)
            spent.append((clock.now, cost))

    asyncio.run(work())
    for at, (start, _) in enumerate(spent):
        total = 0
        for when, cost in spent[at:]:
            total += cost
            assert total <= 100 + 100 * (when - start) + 1e-6


def test_a_bucket_that_affords_a_call_lets_it_go_at_once() -> None:
    clock = Clock()
    bucket = TokenBucket(BucketLimit(100, 100), clock, clock.sleep)

    async def work() -> None:
        for _ in range(11):
            await bucket.take(10)

    asyncio.run(work())
    assert clock.slept == [pytest.approx(0.1)]


def test_a_drained_or_smaller_bucket_makes_wait() -> None:
    clock = Clock()
    bucket = TokenBucket(BucketLimit(100, 100), clock, clock.sleep)

    async def work() -> None:
        bucket.drain()
        await bucket.take(10)
        bucket.resize(BucketLimit(10, 10))
        await bucket.take(10)

    asyncio.run(work())
    assert clock.slept == [pytest.approx(0.1), pytest.approx(1.0)]


def test_each_call_costs_what_the_venue_says() -> None:
    limiter = Limiter(keyed=True)
    assert limiter.cost("DELETE", "/portfolio/events/orders/o1") == 2
    assert limiter.cost("POST", "/portfolio/events/orders") == 10
    limiter.learn_costs(
        12, [("get", "/trade-api/v2/markets/{ticker}", 3.0), ("GET", "/x/:id", 4.0), ("GET", "/y", -1.0)]
    )
    assert limiter.cost("GET", "/markets/KXA-1") == 3
    assert limiter.cost("GET", "/markets/KXA-1/orderbook") == 12
    assert limiter.cost("GET", "/x/7") == 4 and limiter.cost("GET", "/y") == 12
    assert limiter.bucket("GET", "/portfolio/balance") is limiter.balance
    assert limiter.bucket("DELETE", "/portfolio/events/orders/o1") is limiter.write


def test_a_limit_of_nothing_is_not_believed() -> None:
    limiter = Limiter(keyed=True)
    before = limiter.read.limit
    limiter.learn_limits(BucketLimit(0, 0), BucketLimit(300, 900))
    assert limiter.read.limit == before and limiter.write.limit == BucketLimit(300, 900)


def test_an_unknown_series_is_said_so() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(404, {"msg": "not found"}), keyed=False) as (adapter, _, _w):
            with pytest.raises(NotFound, match="series KXNO"):
                await adapter.get_series("KXNO")

    run(work())
