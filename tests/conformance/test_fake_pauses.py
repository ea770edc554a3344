"""The fake venue pauses, its reads trail behind its writes, and everything can be cancelled at once."""

from __future__ import annotations

from decimal import Decimal

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient, refusal

D = Decimal
ORDERS = "/portfolio/events/orders"


def test_a_trading_pause_lets_cancels_pass_and_an_exchange_pause_does_not(venue: FakeKalshi, client: RawClient) -> None:
    kept = client.order(MARKET, "bid", "0.40").json()["order_id"]
    flagged = client.order(MARKET, "bid", "0.41", cancel_order_on_pause=True).json()["order_id"]
    venue.pause()
    assert client.public("/exchange/status").json()["trading_active"] is False
    assert refusal(client.order(MARKET, "bid", "0.42"))[:2] == (409, "trading_is_paused")
    states = {row["order_id"]: row["status"] for row in client.get("/portfolio/orders")["orders"]}
    assert (states[kept], states[flagged]) == ("resting", "canceled")
    venue.pause(whole=True)
    assert client.cancel(kept, MARKET).status_code == 409
    venue.pause()
    assert client.cancel(kept, MARKET).status_code == 200
    venue.maintenance()
    down = client.public("/exchange/status")
    assert (down.status_code, down.json()["exchange_active"]) == (503, False)
    assert client.call("GET", "/portfolio/orders").status_code == 503
    venue.resume()
    assert client.order(MARKET, "bid", "0.42").status_code == 201


def test_a_paused_market_takes_nothing_and_its_return_pulls_what_rests(venue: FakeKalshi, client: RawClient) -> None:
    order_id = client.order(MARKET, "bid", "0.40").json()["order_id"]
    venue.pause_market(MARKET)
    assert client.public(f"/markets/{MARKET}").json()["market"]["status"] == "inactive"
    assert refusal(client.order(MARKET, "bid", "0.42"))[1] == "MARKET_INACTIVE"
    venue.pause_market(MARKET, paused=False)
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["status"] == "canceled"


def test_reads_trail_behind_writes_by_as_much_as_asked(venue: FakeKalshi, client: RawClient) -> None:
    order_id = client.order(MARKET, "bid", "0.40").json()["order_id"]
    venue.lag(30)
    client.cancel(order_id, MARKET)
    fresh = client.order(MARKET, "bid", "0.41").json()["order_id"]
    assert client.call("GET", f"/portfolio/orders/{fresh}").status_code == 404
    assert client.call("GET", f"/portfolio/orders/{order_id}").status_code == 404
    venue.lag(0)
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["status"] == "canceled"
    assert client.get(f"/portfolio/orders/{fresh}")["order"]["status"] == "resting"


def test_an_old_version_of_an_order_is_what_a_lagging_read_shows(venue: FakeKalshi, client: RawClient) -> None:
    order_id = client.order(MARKET, "bid", "0.40").json()["order_id"]
    made = venue.clock.wall()
    venue.skew(10)  # ten seconds pass at the door
    client.cancel(order_id, MARKET)
    venue.lag(venue.clock.wall() - made - 1)
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["status"] == "resting"
    venue.lag(0)
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["status"] == "canceled"


def test_cancel_all_takes_every_shard(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXBTC-1-T1", shard=2)
    venue.fund(D(10), shard=2)
    client.order(MARKET, "bid", "0.40")
    client.order("KXBTC-1-T1", "bid", "0.40")
    assert client.call("DELETE", ORDERS).status_code == 204
    assert client.get("/portfolio/orders", status="resting")["orders"] == []
