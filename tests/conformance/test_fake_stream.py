"""The fake venue's stream: who may open it, what a subscription brings, its numbers, its errors, its faults."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient, RawStream

D = Decimal


def code(stream: RawStream) -> int:
    return int(stream.next("error")["msg"]["code"])


def test_without_a_signature_there_is_no_stream(venue: FakeKalshi, client: RawClient) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(venue.stream_url, proxy=None):
        pass
    assert caught.value.response.status_code == 401
    assert json.loads(caught.value.response.body or b"")["error"]["code"] == "token_authentication_failure"
    headers = client.headers("GET", "/trade-api/v2")
    with pytest.raises(InvalidStatus), connect(venue.stream_url, additional_headers=headers, proxy=None):
        pass
    venue.script.refuse_streams = 1
    with pytest.raises(InvalidStatus) as caught, client.stream():
        pass
    assert caught.value.response.status_code == 502
    with client.stream() as stream:
        assert stream.rest() == []


def test_each_channel_is_confirmed_and_a_snapshot_comes_before_any_delta(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.52", "5")
    with client.stream() as stream:
        stream.send("subscribe", channels=["orderbook_delta", "trade"], market_tickers=[MARKET])
        first, second, third = (stream.next() for _ in range(3))
        assert (first["type"], first["msg"]) == ("subscribed", {"channel": "orderbook_delta", "sid": 1})
        assert (second["type"], second["seq"], second["sid"]) == ("orderbook_snapshot", 1, 1)
        assert second["msg"]["no_dollars_fp"] == [["0.4800", "5.00"]]
        assert "yes_dollars_fp" not in second["msg"]  # an empty side has no key
        assert third["msg"] == {"channel": "trade", "sid": 2}
        mine = client.order(MARKET, "bid", "0.52", "2.00", client_order_id="mine")
        assert mine.status_code == 201
        delta = stream.next("orderbook_delta")
        assert (delta["seq"], delta["msg"]["delta_fp"], delta["msg"]["side"]) == (2, "-2.00", "no")
        assert delta["msg"]["clock"] > second["msg"]["clock"]
        assert delta["msg"]["client_order_id"] == "mine"
        venue.post(MARKET, "ask", "0.53", "1")
        assert "client_order_id" not in stream.next("orderbook_delta")["msg"]


@pytest.mark.parametrize(("flag", "price"), [(False, "0.4800"), (True, "0.5200")])
def test_the_no_side_is_told_in_the_leg_that_was_asked_for(
    venue: FakeKalshi, client: RawClient, flag: bool, price: str
) -> None:
    venue.post(MARKET, "ask", "0.52", "5")
    with client.stream() as stream:
        stream.send("subscribe", channels=["orderbook_delta"], market_tickers=[MARKET], use_yes_price=flag)
        assert stream.next("orderbook_snapshot")["msg"]["no_dollars_fp"] == [[price, "5.00"]]
        venue.hit(MARKET, "bid", "0.52", "5")
        assert stream.next("orderbook_delta")["msg"]["price_dollars"] == price


def test_the_private_channels_tell_their_owner_and_nobody_else(venue: FakeKalshi, client: RawClient) -> None:
    other = RawClient(venue, *venue.add_key(account="somebody", number=1))
    channels = ["fill", "user_orders", "market_positions"]
    with client.stream() as mine, other.stream() as theirs:
        for stream in (mine, theirs):
            stream.send("subscribe", channels=channels)
            assert [stream.next()["type"] for _ in channels] == ["subscribed"] * 3
        venue.post(MARKET, "ask", "0.52", "2")
        client.order(MARKET, "bid", "0.52", "5.00", client_order_id="mine")
        rows = mine.rest()
        assert theirs.rest() == []
    other.close()
    by_kind = {row["type"]: row for row in rows}
    assert "seq" not in by_kind["fill"]
    assert (by_kind["fill"]["msg"]["post_position_fp"], by_kind["fill"]["msg"]["is_taker"]) == ("2.00", True)
    last = [row["msg"] for row in rows if row["type"] == "user_order"][-1]
    assert (last["status"], last["fill_count_fp"], last["remaining_count_fp"]) == ("resting", "2.00", "3.00")
    assert by_kind["market_position"]["msg"]["position_cost_dollars"] == "1.0400"


def test_reasons_of_the_venues_own_cancels_are_told(venue: FakeKalshi, client: RawClient) -> None:
    with client.stream() as stream:
        stream.send("subscribe", channels=["user_orders"])
        stream.next("subscribed")
        now = venue.clock.now() // 1_000_000
        client.order(MARKET, "bid", "0.40", expiration_time=now + 50)
        venue.advance(60)
        client.order(MARKET, "bid", "0.41")
        venue.close_early(MARKET)
        reasons = [row["msg"].get("last_update_reason") for row in stream.rest()]
    assert reasons == [None, "ExpiryCancel", None, "CloseCancel"]


def test_the_lifecycle_is_told_but_for_opening_and_closing_by_time(venue: FakeKalshi, client: RawClient) -> None:
    with client.stream() as stream:
        stream.send("subscribe", channels=["market_lifecycle_v2"], market_tickers=["ignored"])
        stream.next("subscribed")
        venue.add_market("KXNEW-1-T1", closes_in=50)
        venue.advance(60)
        venue.settle("KXNEW-1-T1", "yes")
        rows = stream.rest()
    kinds = [row["msg"].get("event_type") for row in rows]
    assert kinds == [None, "created", "determined", "settled"]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]


def test_commands_are_answered_with_what_is_wrong(venue: FakeKalshi, client: RawClient) -> None:
    with client.stream() as stream:
        stream.socket.send("{")
        assert code(stream) == 1
        stream.socket.send(json.dumps({"id": 9, "cmd": "subscribe"}))
        assert stream.next("error")["id"] == 9
        for command, params, expected in (
            ("subscribe", {}, 3),
            ("unsubscribe", {}, 4),
            ("dance", {}, 5),
            ("unsubscribe", {"sids": [7]}, 7),
            ("subscribe", {"channels": ["gossip"]}, 8),
            ("subscribe", {"channels": ["trade"], "market_tickers": "x"}, 11),
            ("update_subscription", {"sids": [1, 2], "action": "add_markets"}, 12),
            ("subscribe", {"channels": ["orderbook_delta"]}, 14),
        ):
            stream.send(command, **params)
            assert code(stream) == expected, command
        stream.send("subscribe", channels=["orderbook_delta"], market_tickers=[MARKET])
        stream.next("orderbook_snapshot")
        for params, expected in (({"sid": 1, "action": "dance"}, 13), ({"sid": 1}, 15)):
            stream.send("update_subscription", market_tickers=[MARKET], **params)
            assert code(stream) == expected
        stream.send("list_subscriptions")
        assert stream.next("ok")["msg"] == [{"channel": "orderbook_delta", "sid": 1}]


def test_markets_are_added_taken_out_and_shown_again(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXTWO-1-T1")
    with client.stream() as stream:
        stream.send("subscribe", channels=["orderbook_delta"], market_tickers=[MARKET])
        assert stream.next("orderbook_snapshot")["seq"] == 1
        stream.send("update_subscription", sids=[1], market_tickers=["KXTWO-1-T1"], action="add_markets")
        added = stream.next("ok")
        assert (added["seq"], added["msg"]["market_tickers"]) == (2, [MARKET, "KXTWO-1-T1"])
        assert stream.next()["msg"]["market_ticker"] == "KXTWO-1-T1"
        asked = stream.send("update_subscription", sid=1, market_tickers=[MARKET], action="get_snapshot")
        again = stream.next("orderbook_snapshot")
        assert (again["id"], again["seq"]) == (asked, 4)
        stream.send("update_subscription", sid=1, market_tickers=[MARKET], action="delete_markets")
        assert stream.next("ok")["seq"] == 5
        venue.post(MARKET, "bid", "0.40", "1")
        venue.post("KXTWO-1-T1", "bid", "0.40", "1")
        only = stream.next("orderbook_delta")
        assert (only["seq"], only["msg"]["market_ticker"]) == (6, "KXTWO-1-T1")
        stream.send("unsubscribe", sids=[1])
        assert stream.next("unsubscribed")["seq"] == 7
        venue.post("KXTWO-1-T1", "bid", "0.41", "1")
        assert stream.rest() == []


def replay(rows: list[Any]) -> dict[tuple[str, str], Decimal]:
    """The book that a snapshot and the deltas after it make."""
    book: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        msg = row["msg"]
        if row["type"] == "orderbook_snapshot":
            book = {(s, p): D(c) for s in ("yes", "no") for p, c in msg.get(f"{s}_dollars_fp", [])}
        elif row["type"] == "orderbook_delta":
            level = (msg["side"], msg["price_dollars"])
            book[level] = book.get(level, D(0)) + D(msg["delta_fp"])
            if not book[level]:
                del book[level]
    return book


def busy(venue: FakeKalshi) -> None:
    for n in range(12):
        venue.post(MARKET, "bid", f"0.4{n % 5}", "2", f"b{n}")
        venue.post(MARKET, "ask", f"0.5{n % 5}", "3", f"a{n}")
        if n % 3 == 0:
            venue.hit(MARKET, "bid", "0.60", "4")


def test_deltas_over_the_wire_add_up_to_the_book(venue: FakeKalshi, client: RawClient) -> None:
    with client.stream() as stream:
        stream.send("subscribe", channels=["orderbook_delta"], market_tickers=[MARKET])
        busy(venue)
        rows = stream.rest()
        assert [row["seq"] for row in rows[1:]] == list(range(1, len(rows)))
        book = client.public(f"/markets/{MARKET}/orderbook").json()["orderbook_fp"]
        assert replay(rows) == {(s, p): D(c) for s in ("yes", "no") for p, c in book[f"{s}_dollars"]}


@pytest.mark.parametrize("fault", ["drop", "gap", "duplicate"])
def test_frames_are_lost_skipped_and_doubled_on_demand(venue: FakeKalshi, client: RawClient, fault: str) -> None:
    with client.stream() as stream:
        stream.send("subscribe", channels=["orderbook_delta"], market_tickers=[MARKET])
        stream.next("orderbook_snapshot")
        venue.fail_stream(fault, "orderbook_delta", skip=1)
        for n in range(3):
            venue.post(MARKET, "bid", f"0.4{n}", "1")
        numbers = [row["seq"] for row in stream.rest()]
    assert numbers == {"drop": [2, 4], "gap": [2, 4, 5], "duplicate": [2, 3, 3, 4]}[fault]


def test_rubbish_and_unknown_kinds_and_a_cut_line_come_on_demand(venue: FakeKalshi, client: RawClient) -> None:
    with client.stream() as stream:
        stream.send("subscribe", channels=["trade"])
        stream.next("subscribed")
        venue.post(MARKET, "ask", "0.50", "9")
        venue.fail_stream("unknown", "trade")
        venue.hit(MARKET, "bid", "0.50", "1")
        assert [stream.next()["type"] for _ in range(2)] == ["news_of_tomorrow", "trade"]
        venue.fail_stream("garbage", "trade")
        venue.hit(MARKET, "bid", "0.50", "1")
        with pytest.raises(json.JSONDecodeError):
            stream.next()
        assert stream.next()["type"] == "trade"
        venue.fail_stream("close", "trade")
        venue.hit(MARKET, "bid", "0.50", "1")
        with pytest.raises(ConnectionClosed):
            stream.next()


def idle(stream: RawStream, seconds: float = 0.05) -> None:
    """Listen for a while to nothing."""
    with pytest.raises(TimeoutError):
        stream.socket.recv(seconds)


def test_the_heartbeat_is_a_ping_that_says_so(client: RawClient) -> None:
    with FakeKalshi(ping_s=0.05) as quick:
        raw = RawClient(quick)
        with raw.stream() as stream:
            seen: list[bytes] = []
            protocol = stream.socket.protocol
            original = protocol.recv_frame

            def listen(frame: Any) -> None:
                if frame.opcode.name == "PING":
                    seen.append(bytes(frame.data))
                original(frame)

            protocol.recv_frame = listen  # type: ignore[method-assign]
            while len(seen) < 3:
                idle(stream)
            assert set(seen) == {b"heartbeat"}
            quick.script.mute = True
            idle(stream, 0.2)
            seen.clear()
            idle(stream, 0.3)
            assert len(seen) <= 1  # one may have been on its way
        raw.close()
