"""Every message of the stream is read or kept; none of them ends it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.base import FillUpdate, LinkUpdate, OrderUpdate, PositionUpdate, Trade, Unrecognised
from engine.brokers.kalshi.messages import EventUpdate, LifecycleUpdate, TickerUpdate
from engine.brokers.kalshi.session import Session
from engine.core.errors import AuthenticationFailed
from engine.core.trading import Side, Status

D = Decimal


def hear(kind: str, msg: Any, **envelope: Any) -> Any:
    (update,) = Session(["fill"], []).feed(json.dumps({"type": kind, "sid": 3, "msg": msg, **envelope}))
    return update


def test_each_channel_is_subscribed_by_a_command_of_its_own() -> None:
    s = Session(["orderbook_delta", "trade", "fill"], ["KXA-1", "KXB-1"])
    s.subscribe()
    commands = [json.loads(text) for text in s.take_commands()]
    assert [c["id"] for c in commands] == [1, 2, 3]
    assert {c["cmd"] for c in commands} == {"subscribe"}
    book, trade, fill = (c["params"] for c in commands)
    assert book == {"channels": ["orderbook_delta"], "market_tickers": ["KXA-1", "KXB-1"], "use_yes_price": True}
    assert trade == {"channels": ["trade"], "market_tickers": ["KXA-1", "KXB-1"]}
    assert fill == {"channels": ["fill"]}
    assert s.take_commands() == []


def test_a_fill_names_our_order() -> None:
    msg = {
        "trade_id": "t-1", "order_id": "o-1", "client_order_id": "mine", "market_ticker": "KXA-1", "is_taker": True,
        "yes_price_dollars": "0.5200", "count_fp": "1.50", "fee_cost": "0.017500", "book_side": "ask",
        "outcome_side": "no", "post_position_fp": "-1.50", "ts_ms": 1781000000123,
    }  # fmt: skip
    update = hear("fill", msg)
    assert isinstance(update, FillUpdate)
    fill = update.fill.fill
    assert (fill.fill_id, fill.client_order_id, fill.side) == ("t-1", "mine", Side.SELL)
    assert (fill.price, fill.quantity, fill.fee) == (D("0.52"), D("1.5"), D("0.0175"))
    assert fill.time_ns == 1781000000123 * 10**6 and update.fill.maker is False


@pytest.mark.parametrize(
    ("word", "filled", "reason", "status"),
    [
        ("resting", "0.00", "", Status.ACKED),
        ("resting", "1.00", "Trade", Status.PARTIAL),
        ("executed", "4.00", "Trade", Status.FILLED),
        ("canceled", "0.00", "SelfTradeCancel", Status.CANCELED),
        ("canceled", "1.00", "ExpiryCancel", Status.EXPIRED),
        ("some new word", "0.00", "", Status.UNKNOWN),
    ],
)
def test_an_order_is_told_in_the_words_of_the_engine(word: str, filled: str, reason: str, status: Status) -> None:
    msg = {
        "order_id": "o-1", "client_order_id": "mine", "ticker": "KXA-1", "status": word, "book_side": "bid",
        "yes_price_dollars": "0.40", "initial_count_fp": "4.00", "fill_count_fp": filled, "remaining_count_fp": "3.00",
        "taker_fees_dollars": "0.01", "maker_fees_dollars": "0.002", "last_update_reason": reason,
        "created_ts_ms": 1, "last_updated_ts_ms": 2,
    }  # fmt: skip
    update = hear("user_order", msg)
    assert isinstance(update, OrderUpdate)
    order = update.order
    assert (order.status, order.filled, order.fees, order.reason) == (status, D(filled), D("0.012"), reason)
    assert order.remaining == (D(3) if word == "resting" else 0)


@pytest.mark.parametrize(
    "wrong", [{"count_fp": "0.00"}, {"count_fp": "-1"}, {"yes_price_dollars": "0"}, {"book_side": "up"}]
)
def test_a_fill_that_cannot_be_is_kept_and_not_booked(wrong: dict[str, str]) -> None:
    msg = {
        "trade_id": "t",
        "order_id": "o",
        "market_ticker": "K",
        "yes_price_dollars": "0.5",
        "count_fp": "1",
        "book_side": "bid",
    }
    assert isinstance(hear("fill", msg), FillUpdate)
    assert isinstance(hear("fill", msg | wrong), Unrecognised)


def test_a_position_in_no_is_yes_sold() -> None:
    msg = {
        "market_ticker": "KXA-1",
        "position_fp": "-10.00",
        "position_cost_dollars": "3.00",
        "realized_pnl_dollars": "1",
        "fees_paid_dollars": "0.25",
    }
    update = hear("market_position", msg)
    assert isinstance(update, PositionUpdate)
    held = update.position
    assert (held.quantity, held.entry_price, held.realised) == (D(-10), D("0.7"), D("0.75"))


def test_a_trade_and_who_took_it() -> None:
    msg = {
        "trade_id": "x",
        "market_ticker": "KXA-1",
        "yes_price_dollars": "0.3",
        "count_fp": "2",
        "taker_outcome_side": "no",
        "is_block_trade": False,
        "ts_ms": 7,
    }
    assert hear("trade", msg, seq=1) == Trade("x", "KXA-1", D("0.3"), D(2), Side.SELL, 7_000_000)


def test_a_ticker_without_a_quote_has_none() -> None:
    msg = {
        "market_ticker": "KXA-1",
        "yes_bid_dollars": "0.0000",
        "yes_ask_dollars": "1.0000",
        "yes_bid_size_fp": "0.00",
        "volume_fp": "12.00",
        "new_field": 1,
    }
    update = hear("ticker", msg)
    assert isinstance(update, TickerUpdate)
    assert (update.quote.bid, update.quote.ask, update.quote.bid_size, update.volume) == (None, None, None, D(12))
    assert update.extra == {"new_field": 1}


def test_a_market_that_is_decided_says_how() -> None:
    msg = {
        "market_ticker": "KXA-1",
        "event_type": "determined",
        "result": "scalar",
        "settlement_value": "0.3333",
        "determination_ts": 5,
    }
    update = hear("market_lifecycle_v2", msg, seq=1)
    assert isinstance(update, LifecycleUpdate)
    assert (update.event, update.result, update.settlement_value) == ("determined", "scalar", D("0.3333"))


def test_an_event_fee_may_be_cleared() -> None:
    update = hear("event_fee_update", {"event_ticker": "KXE", "fee_multiplier_override": None})
    assert isinstance(update, EventUpdate) and update.extra == {"fee_multiplier_override": None}


@pytest.mark.parametrize("kind", ["order_group_updates", "pyth_value", "something_of_2027"])
def test_a_kind_that_nobody_knew_is_kept(kind: str) -> None:
    update = hear(kind, {"a": 1})
    assert isinstance(update, Unrecognised) and update.kind == kind and update.raw["msg"] == {"a": 1}


@pytest.mark.parametrize("kind", ["fill", "user_order", "market_position", "ticker", "trade", "market_lifecycle_v2"])
@pytest.mark.parametrize("msg", [None, [], "x", {}, {"market_ticker": 5}, {"order_id": None}])
def test_a_message_that_cannot_be_read_is_kept(kind: str, msg: Any) -> None:
    assert isinstance(hear(kind, msg), Unrecognised)


FIELDS = ["market_ticker", "ticker", "price_dollars", "delta_fp", "side", "yes_dollars_fp", "no_dollars_fp", "count_fp",
          "trade_id", "order_id", "yes_price_dollars", "book_side", "code", "sid", "channel", "clock", "ts_ms"]  # fmt: skip
KINDS = ["orderbook_snapshot", "orderbook_delta", "fill", "user_order", "trade", "ticker", "ok", "subscribed", "error",
         "market_position", "market_lifecycle_v2", "event_lifecycle", "new", "unsubscribed"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["yes", "0.5", "NaN", "1e999999999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.sampled_from(KINDS), st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 9), JSON)
def test_no_frame_whatever_it_holds_ends_the_stream(kind: str, sid: int | None, seq: int | None, msg: Any) -> None:
    s = Session(["orderbook_delta"], ["KXA-1"])
    text = json.dumps({"type": kind, "sid": sid, "seq": seq, "msg": msg})
    try:
        s.feed(text)
        s.feed(text)
    except AuthenticationFailed:
        assert kind == "error"
    s.take_commands()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.text() | st.binary())
def test_what_is_no_json_is_kept(text: Any) -> None:
    for update in Session(["fill"], []).feed(text):
        assert isinstance(update, Unrecognised)


def test_a_deeply_nested_frame_is_kept() -> None:
    (update,) = Session(["fill"], []).feed("[" * 100_000)
    assert isinstance(update, Unrecognised)


def test_lost_trades_are_said_and_not_made_up() -> None:
    s = Session(["trade"], ["KXA-1"])
    msg = {"trade_id": "x", "market_ticker": "KXA-1", "yes_price_dollars": "0.3", "count_fp": "2"}
    s.feed(json.dumps({"type": "trade", "sid": 1, "seq": 1, "msg": msg}))
    notice, trade = s.feed(json.dumps({"type": "trade", "sid": 1, "seq": 4, "msg": msg}))
    assert isinstance(notice, LinkUpdate) and "2 messages" in notice.detail and isinstance(trade, Trade)


@pytest.mark.parametrize(("code", "broken"), [(10, True), (25, True), (14, False), (27, False)])
def test_an_error_that_ends_a_subscription_asks_for_a_new_connection(code: int, broken: bool) -> None:
    s = Session(["fill"], [])
    (update,) = s.feed(json.dumps({"type": "error", "id": 1, "msg": {"code": code, "msg": "no"}}))
    assert isinstance(update, Unrecognised) and s.broken is broken


def test_a_stream_that_refuses_the_key_stops() -> None:
    with pytest.raises(AuthenticationFailed, match="refuses the key"):
        Session(["fill"], []).feed(json.dumps({"type": "error", "msg": {"code": 9, "msg": "auth"}}))
