"""Orders as Kalshi takes them, and its answers as the engine understands them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.base import OrderRef, OrderRequest, TimeInForce
from engine.brokers.kalshi.trading import on_yes_book, read_ack, write_order
from engine.core.errors import InvalidConfig, OrderRejected, OutcomeUnknown
from engine.core.trading import Side, Status
from tests.brokers.kalshi.bench import ORDER_PATH, bench, run
from tests.brokers.loopback import Answer, Hang, Reply, Request

D = Decimal
REF = OrderRef("KXA-1", Side.BUY, "t1", "o1")


def request(**changes: Any) -> OrderRequest:
    base: dict[str, Any] = {
        "client_order_id": "t1",
        "symbol": "KXA-1",
        "side": Side.BUY,
        "quantity": D("1.5"),
        "limit": D("0.56"),
    }
    return OrderRequest(**(base | changes))


@pytest.mark.parametrize(
    ("action", "outcome", "price", "side", "yes"),
    [
        ("buy", "yes", "0.30", Side.BUY, "0.30"),
        ("sell", "yes", "0.30", Side.SELL, "0.30"),
        ("buy", "no", "0.30", Side.SELL, "0.70"),
        ("sell", "no", "0.30", Side.BUY, "0.70"),
    ],
)
def test_no_is_the_mirror_of_yes(action: str, outcome: str, price: str, side: Side, yes: str) -> None:
    assert on_yes_book(action, outcome, D(price)) == (side, D(yes))


def test_an_intent_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="'buy' or 'sell', 'yes' or 'no'"):
        on_yes_book("bid", "yes", D("0.3"))


def test_an_order_is_strings_and_has_no_word_too_many() -> None:
    assert write_order(request(), 0) == {
        "ticker": "KXA-1",
        "client_order_id": "t1",
        "side": "bid",
        "count": "1.50",
        "price": "0.5600",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }


def test_every_wish_reaches_the_venue() -> None:
    body = write_order(request(post_only=True, expires_ns=1_800_000_000 * 10**9, group="g1", side=Side.SELL), 3)
    wishes = {
        "post_only": True,
        "expiration_time": 1_800_000_000,
        "order_group_id": "g1",
        "side": "ask",
        "subaccount": 3,
    }
    assert wishes.items() <= body.items()
    reducing = write_order(request(reduce_only=True, time_in_force=TimeInForce.IOC), 0)
    assert (reducing["reduce_only"], reducing["time_in_force"]) == (True, "immediate_or_cancel")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"limit": None}, "no market orders; buy at 0.99"),
        ({"limit": D(1)}, "between 0 and 1 .* dollars, not cents"),
        ({"limit": D(56)}, "dollars, not cents"),
        ({"limit": D("0.50005")}, "at most four decimals"),
        ({"quantity": D("0.005")}, "steps of 0.01"),
        ({"client_order_id": "a b"}, "id that Kalshi refuses"),
        ({"client_order_id": "x" * 65}, "id that Kalshi refuses"),
        ({"time_in_force": TimeInForce.DAY}, "use GTC with expires_ns"),
        ({"reduce_only": True}, "with immediate-or-cancel only"),
    ],
)
def test_an_order_that_kalshi_cannot_take_is_refused_before_it_is_sent(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        write_order(request(**changes), 0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.decimals("0.01", "99999.99", places=2), st.decimals("0.0001", "0.9999", places=4))
def test_sizes_and_prices_are_written_exactly(size: Decimal, price: Decimal) -> None:
    body = write_order(request(quantity=size, limit=price), 0)
    assert D(body["count"]) == size and D(body["price"]) == price
    assert "E" not in body["count"] + body["price"]


@pytest.mark.parametrize(
    ("filled", "remaining", "status"),
    [
        ("0.00", "1.50", Status.ACKED),
        ("1.00", "0.50", Status.PARTIAL),
        ("1.50", "0.00", Status.FILLED),
        ("1.00", "0.00", Status.CANCELED),
        ("0.00", "0.00", Status.CANCELED),
    ],
)
def test_an_accepted_order_may_rest_trade_or_be_over_at_once(filled: str, remaining: str, status: Status) -> None:
    raw = {"order_id": "o9", "fill_count": filled, "remaining_count": remaining, "average_fill_price": "0.52",
           "average_fee_paid": "0.0175", "ts_ms": 12}  # fmt: skip
    ack = read_ack(raw, OrderRef("KXA-1", Side.BUY, "t1", ""), D("1.5"))
    assert (ack.status, ack.filled, ack.remaining) == (status, D(filled), D(remaining))
    assert ack.ref == OrderRef("KXA-1", Side.BUY, "t1", "o9")
    assert ack.fee == D("0.0175") * D(filled) and ack.time_ns == 12_000_000


def test_buying_no_goes_out_as_the_ask_that_it_is() -> None:
    reply = Reply(201, {"order_id": "o1", "fill_count": "0.00", "remaining_count": "2.00", "ts_ms": 1})

    async def work() -> None:
        async with bench(lambda _: reply) as (adapter, server, _):
            await adapter.place("KXA-1", "buy", "no", D(2), D("0.30"), client_order_id="t7")
            (sent,) = server.seen("POST", ORDER_PATH)
            assert (sent.json["side"], sent.json["price"], sent.json["count"]) == ("ask", "0.7000", "2.00")

    run(work())


def test_a_cancel_names_the_market_and_says_what_it_took_out() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(200, {"order_id": "o1", "reduced_by": "1.50", "ts_ms": 4})) as (
            adapter,
            server,
            _,
        ):
            assert (await adapter.cancel(REF)).canceled == D("1.5")
            assert server.requests[0].method == "DELETE"
            assert server.requests[0].query == {"market_ticker": "KXA-1"}

    run(work())


def test_a_cancel_that_crossed_the_last_fill_finds_nothing_to_cancel() -> None:
    async def work() -> None:
        reply = Reply(404, {"error": {"code": "not_found", "message": "not found"}})
        async with bench(lambda _: reply) as (adapter, server, _):
            assert (await adapter.cancel(REF)).canceled == 0
            assert len(server.requests) == 1

    run(work())


def test_a_cancel_that_is_refused_or_lost_is_no_cancel() -> None:
    async def work() -> None:
        paused = Reply(400, {"error": {"code": "MARKET_INACTIVE"}})
        async with bench(lambda _: paused) as (adapter, _, _w):
            with pytest.raises(OrderRejected, match="closed or paused"):
                await adapter.cancel(REF)
        async with bench(lambda _: Hang(), timeout_s=0.1) as (adapter, server, _w):
            with pytest.raises(OutcomeUnknown) as caught:
                await adapter.cancel(REF)
            assert caught.value.client_order_id == "t1" and len(server.requests) == 1

    run(work())


@pytest.mark.parametrize(
    ("answer", "status", "remaining"),
    [
        ({}, Status.ACKED, "8"),
        ({"remaining_count": "5.00", "fill_count": "3.00"}, Status.PARTIAL, "5"),
        ({"remaining_count": "0.00", "fill_count": "8.00"}, Status.FILLED, "0"),
        ({"remaining_count": None, "fill_count": None}, Status.ACKED, "8"),
    ],
)
def test_an_amend_states_the_new_total_and_keeps_our_id(answer: dict[str, Any], status: Status, remaining: str) -> None:
    async def work() -> None:
        reply = Reply(200, {"order_id": "o1", "ts_ms": 1, **answer})
        async with bench(lambda _: reply) as (adapter, server, _):
            ack = await adapter.amend(REF, quantity=D(8), limit=D("0.57"))
            assert (ack.status, ack.remaining) == (status, D(remaining))
            (sent,) = server.seen("POST", f"{ORDER_PATH}/o1/amend")
            assert sent.json == {
                "ticker": "KXA-1", "side": "bid", "price": "0.5700", "count": "8.00", "client_order_id": "t1",
                "updated_client_order_id": "t1",
            }  # fmt: skip

    run(work())


def test_order_groups_are_made_triggered_reset_limited_and_forgotten() -> None:
    def handler(request: Request) -> Answer:
        if request.path.endswith("/create"):
            return Reply(201, {"order_group_id": "g1", "subaccount": 0, "exchange_index": 0})
        if request.method == "GET":
            return Reply(200, {"is_auto_cancel_enabled": True, "contracts_limit_fp": "10.00", "orders": ["o1"]})
        return Reply(200, b"" if request.method == "DELETE" else {})

    async def work() -> None:
        async with bench(handler) as (adapter, server, _):
            assert await adapter.create_order_group(D(10)) == "g1"
            await adapter.trigger_order_group("g1")
            await adapter.reset_order_group("g1")
            await adapter.limit_order_group("g1", D("2.5"))
            group = await adapter.order_group("g1")
            assert (group.group_id, group.limit, group.orders) == ("g1", D(10), ("o1",))
            await adapter.delete_order_group("g1")
            root = "/portfolio/order_groups"
            assert [(r.method, r.path.removeprefix(root)) for r in server.requests] == [
                ("POST", "/create"), ("PUT", "/g1/trigger"), ("PUT", "/g1/reset"), ("PUT", "/g1/limit"),
                ("GET", "/g1"), ("DELETE", "/g1"),
            ]  # fmt: skip
            assert server.requests[3].json == {"contracts_limit_fp": "2.50"}

    run(work())


def test_all_orders_are_canceled_by_one_call_and_one_can_be_made_smaller() -> None:
    def handler(request: Request) -> Answer:
        return (
            Reply(200, {"order_id": "o1", "remaining_count": "0.50", "ts_ms": 1}) if request.body else Reply(204, b"")
        )

    async def work() -> None:
        async with bench(handler) as (adapter, server, _):
            await adapter.cancel_all()
            assert await adapter.decrease(REF, by=D(1)) == D("0.5")
            assert server.seen("POST", f"{ORDER_PATH}/o1/decrease")[0].json["reduce_by"] == "1.00"

    run(work())
