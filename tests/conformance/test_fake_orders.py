"""The fake venue takes, matches, changes and refuses orders as Kalshi's pages and recordings say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient, refusal

D = Decimal
ORDERS = "/portfolio/events/orders"


def test_a_json_number_is_refused_and_so_is_a_missing_field(client: RawClient) -> None:
    status, code, details = refusal(client.order(MARKET, "bid", "0.40", count=1))  # type: ignore[arg-type]
    assert (status, code) == (400, "bad_request")
    assert details == "json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string"
    assert refusal(client.order(MARKET, "bid", 0.4))[:2] == (400, "bad_request")  # type: ignore[arg-type]
    assert refusal(client.call("POST", ORDERS, {"ticker": MARKET}))[:2] == (400, "bad_request")
    assert refusal(client.order(MARKET, "buy", "0.40"))[:2] == (400, "bad_request")


@pytest.mark.parametrize("price", ["0.405", "0.00", "1.00", "1.01", "-0.10", "0.4000001", "4e-1"])
def test_a_price_off_the_grid_is_refused(client: RawClient, price: str) -> None:
    assert refusal(client.order(MARKET, "bid", price))[:2] == (400, "invalid_price")


@pytest.mark.parametrize(
    ("structure", "good", "bad"),
    [
        ("deci_cent", "0.405", "0.4055"),
        ("tapered_deci_cent", "0.905", "0.405"),
        ("center_half_edge_deci_cent", "0.405", "0.403"),
        ("center_deci_edge_centi_cent", "0.0001", "0.4005"),
    ],
)
def test_the_grid_is_the_markets_own(venue: FakeKalshi, client: RawClient, structure: str, good: str, bad: str) -> None:
    venue.add_market("KXFINE-1-T1", structure=structure)
    assert client.order("KXFINE-1-T1", "bid", good).status_code == 201
    assert refusal(client.order("KXFINE-1-T1", "bid", bad))[:2] == (400, "invalid_price")


@pytest.mark.parametrize("count", ["0", "0.001", "-1.00", "x"])
def test_a_count_is_a_positive_number_of_hundredths(client: RawClient, count: str) -> None:
    assert refusal(client.order(MARKET, "bid", "0.40", count))[:2] == (400, "invalid_order_size")


def test_the_worked_fills_of_the_recordings_come_out(venue: FakeKalshi, client: RawClient) -> None:
    """Recorded on demo: 1 at 0.52 costs 0.0175 in fees, 1 at 0.99 0.0007, 4 at 0.49 0.07; at the maker's price."""
    for price, count, fee in (("0.52", "1.00", "0.017500"), ("0.49", "4.00", "0.070000")):
        venue.post(MARKET, "ask", price, count)
        read = client.order(MARKET, "bid", "0.99", count).json()
        assert (read["fill_count"], read["remaining_count"], D(read["average_fill_price"])) == (count, "0.00", D(price))
        assert client.get(f"/portfolio/orders/{read['order_id']}")["order"]["taker_fees_dollars"] == fee
    venue.post(MARKET, "ask", "0.99")
    client.order(MARKET, "bid", "0.99")
    assert client.get("/portfolio/fills")["fills"][0]["fee_cost"] == "0.000700"


def test_price_comes_before_time_and_time_before_size(venue: FakeKalshi, client: RawClient) -> None:
    first = venue.post(MARKET, "ask", "0.52", "1", "one")
    second = venue.post(MARKET, "ask", "0.52", "5", "two")
    best = venue.post(MARKET, "ask", "0.51", "1", "three")
    client.order(MARKET, "bid", "0.60", "3.00")
    filled = {order.order_id: order.filled for order in venue.exchange.orders.values()}
    assert (filled[best.order_id], filled[first.order_id], filled[second.order_id]) == (1, 1, 1)
    prices = [fill["yes_price_dollars"] for fill in client.get("/portfolio/fills")["fills"]]
    assert prices == ["0.5200", "0.5200", "0.5100"]


def test_a_client_order_id_is_taken_for_ever(venue: FakeKalshi, client: RawClient) -> None:
    first = client.order(MARKET, "bid", "0.40", client_order_id="mine").json()
    assert refusal(client.order(MARKET, "bid", "0.40", client_order_id="mine"))[:2] == (409, "order_already_exists")
    assert client.cancel(first["order_id"], MARKET).status_code == 200
    assert refusal(client.order(MARKET, "bid", "0.40", client_order_id="mine"))[:2] == (409, "order_already_exists")


def test_fill_or_kill_kills_with_409_and_burns_its_id(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.50", "2")
    terms = {"time_in_force": "fill_or_kill", "client_order_id": "burnt"}
    killed = refusal(client.order(MARKET, "bid", "0.50", "3.00", **terms))
    assert killed[:2] == (409, "fill_or_kill_insufficient_resting_volume")
    assert refusal(client.order(MARKET, "bid", "0.50", "1.00", **terms))[:2] == (409, "order_already_exists")
    assert client.order(MARKET, "bid", "0.50", "2.00", time_in_force="fill_or_kill").json()["fill_count"] == "2.00"


def test_fill_or_kill_that_meets_its_own_order_is_treated_as_immediate(client: RawClient) -> None:
    client.order(MARKET, "ask", "0.50", "2.00")
    met = client.order(MARKET, "bid", "0.50", "3.00", time_in_force="fill_or_kill")
    assert (met.status_code, met.json()["fill_count"], met.json()["remaining_count"]) == (201, "0.00", "0.00")


def test_immediate_or_cancel_is_201_whatever_it_got(venue: FakeKalshi, client: RawClient) -> None:
    empty = client.order(MARKET, "bid", "0.50", time_in_force="immediate_or_cancel")
    assert empty.status_code == 201
    assert (empty.json()["fill_count"], empty.json()["remaining_count"]) == ("0.00", "0.00")
    assert "average_fill_price" not in empty.json()
    venue.post(MARKET, "ask", "0.50", "2")
    part = client.order(MARKET, "bid", "0.50", "5.00", time_in_force="immediate_or_cancel").json()
    assert (part["fill_count"], part["remaining_count"]) == ("2.00", "0.00")
    assert client.get(f"/portfolio/orders/{part['order_id']}")["order"]["status"] == "canceled"


@pytest.mark.parametrize("mode", ["taker_at_cross", "maker"])
def test_self_trades_are_prevented_both_ways(venue: FakeKalshi, client: RawClient, mode: str) -> None:
    venue.post(MARKET, "ask", "0.49", "1")
    mine = client.order(MARKET, "ask", "0.50", "2.00").json()["order_id"]
    venue.post(MARKET, "ask", "0.51", "1")
    read = client.order(MARKET, "bid", "0.55", "3.00", self_trade_prevention_type=mode).json()
    resting = client.get(f"/portfolio/orders/{mine}")["order"]
    if mode == "taker_at_cross":  # what traded before the cross stands, the rest is gone
        assert (read["fill_count"], read["remaining_count"], resting["status"]) == ("1.00", "0.00", "resting")
    else:  # one's own resting order gives way and matching goes on
        assert (read["fill_count"], read["remaining_count"], resting["status"]) == ("2.00", "1.00", "canceled")


def test_post_only_is_refused_when_it_would_cross(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.50", "2")
    assert refusal(client.order(MARKET, "bid", "0.50", post_only=True)) == (400, "invalid_order", "post only cross")
    assert client.order(MARKET, "bid", "0.49", post_only=True).status_code == 201


def test_reduce_only_needs_immediate_or_cancel_and_never_flips(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.50", "2")
    venue.post(MARKET, "bid", "0.48", "9")
    assert refusal(client.order(MARKET, "ask", "0.48", reduce_only=True))[:2] == (400, "invalid_order")
    terms = {"reduce_only": True, "time_in_force": "immediate_or_cancel"}
    assert client.order(MARKET, "ask", "0.48", "5.00", **terms).json()["fill_count"] == "0.00"
    client.order(MARKET, "bid", "0.50", "2.00")
    assert client.order(MARKET, "ask", "0.48", "5.00", **terms).json()["fill_count"] == "2.00"
    assert venue.position(MARKET) == 0


def test_an_expiry_lies_ahead_and_only_goes_with_good_till_cancelled(venue: FakeKalshi, client: RawClient) -> None:
    now = venue.clock.now() // 1_000_000
    past = refusal(client.order(MARKET, "bid", "0.40", expiration_time=now - 1))
    assert past == (400, "invalid_order", "Expiration timestamp must be in the future")
    both = refusal(client.order(MARKET, "bid", "0.40", expiration_time=now + 60, time_in_force="immediate_or_cancel"))
    assert both[2] == "Cannot specify both immediate_or_cancel and expiration_ts"
    rested = client.order(MARKET, "bid", "0.40", expiration_time=now + 60).json()["order_id"]
    venue.advance(61)
    assert client.get(f"/portfolio/orders/{rested}")["order"]["status"] == "canceled"


def test_collateral_lies_on_the_markets_shard(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXBTC-1-T1", shard=2)
    status, code, _ = refusal(client.order("KXBTC-1-T1", "bid", "0.40"))
    assert (status, code) == (400, "insufficient_balance")
    move = {"source": "event_contract", "destination": "event_contract", "amount": 50_000}
    client.call("POST", "/portfolio/intra_exchange_instance_transfer", move | {"destination_exchange_shard": 2})
    assert client.order("KXBTC-1-T1", "bid", "0.40", "11.00").status_code == 201
    assert refusal(client.order("KXBTC-1-T1", "bid", "0.40", "2.00"))[:2] == (400, "insufficient_balance")
    shards = {row["exchange_index"]: row["balance"] for row in client.get("/portfolio/balance")["balance_breakdown"]}
    assert shards == {0: "9995.0000", 2: "0.6000"}
    assert refusal(client.order("KXBTC-1-T1", "bid", "0.01", exchange_index=1))[0] == 404


def test_a_cancel_without_its_market_is_routed_to_shard_0(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXBTC-1-T1", shard=2)
    venue.fund(D(10), shard=2)
    order_id = client.order("KXBTC-1-T1", "bid", "0.40").json()["order_id"]
    assert refusal(client.cancel(order_id))[:2] == (404, "not_found")
    gone = client.cancel(order_id, "KXBTC-1-T1")
    assert (gone.status_code, gone.json()["reduced_by"]) == (200, "1.00")
    assert refusal(client.cancel(order_id, "KXBTC-1-T1"))[:2] == (404, "not_found")


def test_what_only_closes_a_position_locks_no_cash(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.50", "10")
    client.order(MARKET, "bid", "0.50", "10.00")
    before = client.get("/portfolio/balance")["balance_dollars"]
    client.order(MARKET, "ask", "0.70", "10.00")
    assert client.get("/portfolio/balance")["balance_dollars"] == before
    client.order(MARKET, "ask", "0.80", "1.00")  # an eleventh would be short: 0.20
    assert D(before) - D(client.get("/portfolio/balance")["balance_dollars"]) == D("0.20")


def test_amending_down_keeps_the_place_in_the_queue_and_anything_else_loses_it(
    venue: FakeKalshi, client: RawClient
) -> None:
    mine = client.order(MARKET, "bid", "0.40", "5.00", client_order_id="a").json()["order_id"]
    venue.post(MARKET, "bid", "0.40", "7")
    body = {"ticker": MARKET, "side": "bid", "price": "0.40"}

    def ahead() -> str:
        return str(client.get(f"/portfolio/orders/{mine}/queue_position")["queue_position_fp"])

    place = f"{ORDERS}/{mine}"
    assert client.call("POST", f"{place}/amend", body | {"count": "3.00"}).json()["remaining_count"] == "3.00"
    assert ahead() == "0.00"
    client.call("POST", f"{place}/decrease", {"reduce_to": "2.00"})
    assert ahead() == "0.00"
    client.call("POST", f"{place}/amend", body | {"count": "2.00", "expiration_time": 4_000_000_000})
    assert ahead() == "0.00"
    client.call("POST", f"{place}/amend", body | {"count": "4.00", "updated_client_order_id": "b"})
    assert ahead() == "7.00"
    assert client.get(f"/portfolio/orders/{mine}")["order"]["client_order_id"] == "b"
    client.call("POST", f"{place}/amend", body | {"price": "0.41", "count": "4.00"})
    assert ahead() == "0.00"


def test_an_amend_must_name_the_order_it_means(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXOTHER-1-T1")
    mine = client.order(MARKET, "bid", "0.40", "5.00").json()["order_id"]
    body = {"ticker": MARKET, "side": "bid", "price": "0.40", "count": "5.00"}
    for change, code in (
        ({"side": "ask"}, "order_side_mismatch"),
        ({"ticker": "KXOTHER-1-T1"}, "order_ticker_mismatch"),
        ({"client_order_id": "other"}, "order_id_and_client_order_id_mismatch"),
        ({"price": "0.405"}, "invalid_price"),
    ):
        assert refusal(client.call("POST", f"{ORDERS}/{mine}/amend", body | change))[:2] == (400, code)
    assert refusal(client.call("POST", f"{ORDERS}/nobody/amend", body))[0] == 404


def test_a_decrease_is_by_or_to_and_not_both(client: RawClient) -> None:
    place = f"{ORDERS}/{client.order(MARKET, 'bid', '0.40', '5.00').json()['order_id']}/decrease"
    assert client.call("POST", place, {"reduce_by": "1.00", "reduce_to": "1.00"}).status_code == 400
    assert client.call("POST", place, {}).status_code == 400
    assert client.call("POST", place, {"reduce_by": "6.00"}).status_code == 400
    assert client.call("POST", place, {"reduce_by": "1.50"}).json()["remaining_count"] == "3.50"


def test_an_order_group_pulls_everything_once_its_limit_is_hit(venue: FakeKalshi, client: RawClient) -> None:
    group = client.call("POST", "/portfolio/order_groups/create", {"contracts_limit": 5}).json()["order_group_id"]
    for price in ("0.40", "0.41", "0.42"):
        client.order(MARKET, "bid", price, "3.00", order_group_id=group)
    venue.hit(MARKET, "ask", "0.42", "3")
    assert len(client.get(f"/portfolio/order_groups/{group}")["orders"]) == 2
    venue.advance(16)  # the window rolls: three are forgotten
    client.call("PUT", f"/portfolio/order_groups/{group}/limit", {"contracts_limit": 3})
    assert len(client.get(f"/portfolio/order_groups/{group}")["orders"]) == 2
    client.call("PUT", f"/portfolio/order_groups/{group}/limit", {"contracts_limit": 5})
    venue.hit(MARKET, "ask", "0.41", "3")
    assert len(client.get(f"/portfolio/order_groups/{group}")["orders"]) == 1
    venue.hit(MARKET, "ask", "0.40", "2")
    assert client.get(f"/portfolio/order_groups/{group}")["orders"] == []
    again = refusal(client.order(MARKET, "bid", "0.40", order_group_id=group))
    assert again == (400, "invalid_order", "order group is triggered")
    assert client.call("PUT", f"/portfolio/order_groups/{group}/reset").status_code == 200
    assert client.order(MARKET, "bid", "0.40", order_group_id=group).status_code == 201
