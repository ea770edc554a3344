"""Everything the fake venue says is what Kalshi's published descriptions say it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conformance import specs
from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.fake_kalshi.rest import ROOT, ROUTES, find
from tests.conformance.raw_kalshi import RawClient

SHARED = Path(__file__).parents[3] / "shared" / "specs" / "kalshi"
OLD = "KXRAIN-26AUG01-T1"
# the paths of the descriptions call some of their parameters otherwise
NAMES = {"{series}": "{series_ticker}", "{group_id}": "{order_group_id}"}


class Checked:
    """Calls that are validated, and the routes that were called with success."""

    def __init__(self, client: RawClient) -> None:
        self.client = client
        self.seen: set[tuple[str, str]] = set()

    def check(self, response: httpx.Response, expected: int) -> Any:
        """Validate an answer against the operation it belongs to."""
        request = response.request
        found = find(request.method, request.url.path)
        assert found is not None
        route, _ = found
        assert response.status_code == expected, f"{request.method} {request.url}: {response.text}"
        self.seen.add((route.method, route.path))
        read = response.json() if response.content else None
        top = f"{route.method} {described(route.path)} {expected}"
        if top in specs.spec("openapi")["top"]:
            assert specs.faults("openapi", top, read) == [], top
        else:
            assert read is None or expected >= 400, f"{top} is in no description"
        return read

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        """A validated GET."""
        return self.check(self.client.call("GET", path, **query), expected)

    def send(self, method: str, path: str, read: Any = None, expected: int = 200, **query: Any) -> Any:
        """A validated write."""
        return self.check(self.client.call(method, path, read, **query), expected)


def described(path: str) -> str:
    """A route's path in the words of the descriptions."""
    for ours, theirs in NAMES.items():
        path = path.replace(ours, theirs)
    if path.startswith("/series/{ticker}"):
        return path.replace("{ticker}", "{series_ticker}")
    if path.startswith("/events/{ticker}"):
        return path.replace("{ticker}", "{event_ticker}")
    return path


@pytest.fixture
def calls(client: RawClient) -> Checked:
    """Validated calls."""
    return Checked(client)


def prepare(venue: FakeKalshi) -> float:
    """Give the venue a history: an archived market, quotes, trades, fees; return a moment in it."""
    now = venue.clock.now() / 1e6
    past = now // 60 * 60 - 100 * 86_400
    venue.add_market(OLD, opens_in=-101 * 86_400, closes_in=-99 * 86_400)
    venue.history(OLD, [(past + 5, "0.40", "0.45"), (past + 90, "0.41", "0.45")], [(past + 30, "0.44", "5")])
    venue.settled_at(OLD, "yes", past + 3600)
    venue.fee_change(
        "KXRAIN", "quadratic_with_maker_fees", venue.exchange.series["KXRAIN"].fee_multiplier * 2, now + 9e5
    )
    venue.fee_override("KXRAIN-26NOV30", "quadratic", None)
    venue.post(MARKET, "ask", "0.52", "10")
    venue.post(MARKET, "bid", "0.48", "10")
    venue.hit(MARKET, "bid", "0.52", "1")
    return past


def read_public(calls: Checked, past: float) -> None:
    """Every public call."""
    now = int(past) + 100 * 86_400
    window = {"start_ts": now - 3600, "end_ts": now + 3600, "period_interval": 60}
    old = {"start_ts": int(past) - 60, "end_ts": int(past) + 600, "period_interval": 1}
    for path in ("/exchange/status", "/exchange/schedule", "/exchange/user_data_timestamp", "/account/endpoint_costs"):
        calls.get(path)
    for path in ("/series", "/series/KXRAIN", "/events", "/events/KXRAIN-26NOV30", "/markets", f"/markets/{MARKET}"):
        calls.get(path)
    assert calls.get("/events", with_nested_markets="true")["events"][0]["markets"]
    assert calls.get("/series/fee_changes", series_ticker="KXRAIN")["series_fee_change_arr"]
    assert calls.get("/events/fee_changes")["event_fee_changes"]
    assert calls.get("/markets/trades")["trades"]
    assert calls.get(f"/markets/{MARKET}/orderbook")["orderbook_fp"]["yes_dollars"]
    assert calls.get("/markets/orderbooks", tickers=[MARKET])["orderbooks"]
    assert calls.get(f"/series/KXRAIN/markets/{MARKET}/candlesticks", **window)["candlesticks"]
    assert calls.get("/markets/candlesticks", market_tickers=MARKET, **window)["markets"][0]["candlesticks"]
    assert calls.get("/series/KXRAIN/events/KXRAIN-26NOV30/candlesticks", **window)["market_tickers"]
    calls.get("/historical/cutoff")
    assert calls.get("/historical/markets")["markets"]
    calls.get(f"/historical/markets/{OLD}")
    assert len(calls.get(f"/historical/markets/{OLD}/candlesticks", **old)["candlesticks"]) == 2
    assert calls.get("/historical/trades", ticker=OLD)["trades"]


def trade(calls: Checked) -> None:
    """Every write, with and without success."""
    ticket = {
        "ticker": MARKET,
        "side": "bid",
        "price": "0.5500",
        "count": "2.00",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
    orders = "/portfolio/events/orders"
    group = calls.send("POST", "/portfolio/order_groups/create", {"contracts_limit": 50}, 201)["order_group_id"]
    taken = calls.send("POST", orders, ticket | {"client_order_id": "one"}, 201)
    assert taken["average_fill_price"] == "0.5200"
    low = ticket | {"price": "0.40", "order_group_id": group}
    rested = calls.send("POST", orders, low | {"client_order_id": "two", "expiration_time": 4_000_000_000}, 201)
    calls.get(f"/portfolio/orders/{rested['order_id']}")
    calls.get(f"/portfolio/orders/{rested['order_id']}/queue_position")
    assert calls.get("/portfolio/orders/queue_positions")["queue_positions"]
    calls.get("/portfolio/order_groups")
    assert calls.get(f"/portfolio/order_groups/{group}")["orders"]
    place = f"{orders}/{rested['order_id']}"
    amended = {"ticker": MARKET, "side": "bid", "price": "0.41", "count": "5.00"}
    calls.send("POST", f"{place}/amend", amended)
    assert calls.send("POST", f"{place}/amend", amended | {"price": "0.53", "count": "6.00"})["fill_count"] == "6.00"
    rested = calls.send("POST", orders, low, 201)
    place = f"{orders}/{rested['order_id']}"
    calls.send("POST", f"{place}/decrease", {"reduce_by": "1.00", "market_ticker": MARKET})
    calls.send("DELETE", place, market_ticker=MARKET)
    calls.send("DELETE", place, expected=404, market_ticker=MARKET)
    batch(calls, low)
    calls.send("DELETE", orders, expected=204)
    move = {"source": "event_contract", "destination": "event_contract", "amount": 10_000}
    calls.send("POST", "/portfolio/intra_exchange_instance_transfer", move | {"destination_exchange_shard": 2})
    for act, read in (("limit", {"contracts_limit_fp": "70.00"}), ("trigger", None), ("reset", None)):
        calls.send("PUT", f"/portfolio/order_groups/{group}/{act}", read)
    calls.send("DELETE", f"/portfolio/order_groups/{group}")


def batch(calls: Checked, low: dict[str, Any]) -> None:
    """A batch of two, of which the second is refused, and its cancel."""
    orders = "/portfolio/events/orders"
    both = calls.send("POST", f"{orders}/batched", {"orders": [low, low | {"price": "0.405"}]}, 201)["orders"]
    assert both[1]["error"]["code"] == "invalid_price"
    items = [{"order_id": item["order_id"] or "nobody", "market_ticker": MARKET} for item in both]
    assert [item["reduced_by"] for item in calls.send("DELETE", f"{orders}/batched", {"orders": items})["orders"]] == [
        "2.00",
        "0.00",
    ]


def read_account(calls: Checked) -> None:
    """Every read of the account."""
    calls.get("/account/limits")
    calls.get("/portfolio/balance")
    assert calls.get("/portfolio/positions", settlement_status="all")["market_positions"]
    for path in ("fills", "orders", "settlements"):
        assert calls.get(f"/portfolio/{path}")[path]
    for path in ("fills", "orders", "positions"):
        calls.get(f"/historical/{path}")


def test_every_answer_is_as_described(venue: FakeKalshi, calls: Checked) -> None:
    past = prepare(venue)
    read_public(calls, past)
    trade(calls)
    venue.settle(MARKET, "yes")
    read_account(calls)
    dead = {(route.method, route.path) for route in ROUTES if route.handler.__name__ == "gone"}
    every = {(route.method, route.path) for route in ROUTES} - dead
    assert calls.seen == every
    for method, path in dead:
        response = calls.client.call(method, path.replace("{order_id}", "x"), {})
        assert (response.status_code, response.json()["error"]["code"]) == (410, "deprecated_v1_order_endpoint")


def test_every_stream_message_is_as_described(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.52", "10")
    channels = ["orderbook_delta", "ticker", "trade", "fill", "user_orders", "market_positions"]
    with client.stream() as stream:
        stream.send("subscribe", channels=channels, market_tickers=[MARKET], send_initial_snapshot=True)
        stream.send("subscribe", channels=["market_lifecycle_v2", "order_group_updates"])
        stream.send("list_subscriptions")
        stream.send("update_subscription", sid=1, market_tickers=[MARKET], action="get_snapshot")
        stream.send("update_subscription", sid=1, market_tickers=[MARKET], action="add_markets")
        stream.send("unsubscribe", sids=[99])
        group = client.call("POST", "/portfolio/order_groups/create", {"contracts_limit_fp": "50.00"}).json()
        client.order(MARKET, "bid", "0.55", "12", order_group_id=group["order_group_id"], expiration_time=4_000_000_000)
        client.call("DELETE", "/portfolio/events/orders")
        venue.fee_override("KXRAIN-26NOV30", None, None)
        venue.add_market("KXSNOW-26DEC24-T1", structure="deci_cent")
        venue.settle(MARKET, "scalar", "0.25")
        stream.send("unsubscribe", sids=[1])
        rows = stream.rest()
    kinds = specs.message_kinds()
    bodies = {"ok": ("okResponsePayload", "listSubscriptionsResponsePayload")}
    for row in rows:
        tops = bodies.get(row["type"], (kinds[row["type"]],))
        wrong = [specs.faults("asyncapi", top, row) for top in tops]
        assert [] in wrong, f"{row}: {wrong}"
    assert {row["type"] for row in rows} == set(kinds)


def test_the_check_sees_what_is_wrong() -> None:
    top = "GET /portfolio/balance 200"
    good = {"balance": 1, "balance_dollars": "0.0100", "portfolio_value": 0, "updated_ts": 1}
    assert specs.faults("openapi", top, good) == []
    for change in ({"balance": "1"}, {"balance_dollars": "0.01"}, {"balance_dollars": 0.01}, {"more": 1}):
        assert specs.faults("openapi", top, good | change)
    del good["updated_ts"]
    assert specs.faults("openapi", top, good)


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_the_extract_is_of_the_descriptions_at_hand(name: str) -> None:
    source = SHARED / f"{name}.yaml"
    if not source.exists():
        pytest.skip("the published descriptions (../shared/specs/kalshi) are not on this machine; the extract is used")
    found = hashlib.sha256(source.read_bytes()).hexdigest()
    assert found == specs.spec(name)["sha256"], "run tests/conformance/extract_specs.py: the descriptions have changed"


def test_every_path_but_the_dead_ones_is_in_the_descriptions() -> None:
    known = {top.rpartition(" ")[0] for top in specs.spec("openapi")["top"]}
    for route in ROUTES:
        if route.handler.__name__ != "gone" and route.status != 204:
            assert f"{route.method} {described(route.path)}" in known, ROOT + route.path
