"""The fake venue's fees in their time, and a market's way from its close to its payment."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient

D = Decimal
EVENT = "KXRAIN-26NOV30"


@pytest.mark.parametrize(
    ("fee_type", "multiplier", "taker", "maker"),
    [
        ("quadratic", "1", "1.7500", "0.0000"),
        ("quadratic_with_maker_fees", "1", "1.7500", "0.4375"),
        ("quadratic_with_combo_maker_fees", "0.5", "0.8750", "0.4375"),
        ("quadratic", "0", "0.0000", "0.0000"),
    ],
)
def test_taker_and_maker_pay_by_the_series(
    venue: FakeKalshi, client: RawClient, fee_type: str, multiplier: str, taker: str, maker: str
) -> None:
    venue.add_series("KXFEE", fee_type=fee_type, fee_multiplier=D(multiplier))
    venue.add_market("KXFEE-1-T1")
    venue.post("KXFEE-1-T1", "ask", "0.50", "100")
    mine = client.order("KXFEE-1-T1", "bid", "0.50", "200.00").json()["order_id"]
    venue.hit("KXFEE-1-T1", "ask", "0.50", "100")
    order = client.get(f"/portfolio/orders/{mine}")["order"]
    assert D(order["taker_fees_dollars"]) == D(taker)
    assert D(order["maker_fees_dollars"]) == D(maker)


def test_an_events_override_and_an_announced_change_win_in_their_time(venue: FakeKalshi, client: RawClient) -> None:
    def fee() -> Decimal:
        venue.post(MARKET, "ask", "0.50", "100")
        client.order(MARKET, "bid", "0.50", "100.00")
        return D(client.get("/portfolio/fills", limit=1)["fills"][0]["fee_cost"])

    assert fee() == D("1.75")
    venue.fee_change("KXRAIN", "quadratic", D("0.5"), venue.clock.now() / 1e6 + 100)
    assert fee() == D("1.75")
    assert client.public("/series/fee_changes").json()["series_fee_change_arr"]
    venue.advance(101)
    assert fee() == D("0.875")
    assert client.public("/series/fee_changes").json()["series_fee_change_arr"] == []
    assert client.public("/series/fee_changes", show_historical="true").json()["series_fee_change_arr"]
    venue.fee_override(EVENT, None, D(2))
    assert fee() == D("3.50")
    event = client.public(f"/events/{EVENT}").json()["event"]
    assert event["fee_multiplier_override"] == 2.0
    venue.fee_override(EVENT, None, None)
    assert fee() == D("0.875")


def test_a_waiver_is_free_until_it_ends(venue: FakeKalshi, client: RawClient) -> None:
    venue.exchange.market(MARKET).fee_waiver_us = venue.clock.now() + 60 * 1_000_000
    assert "fee_waiver_expiration_time" in client.public(f"/markets/{MARKET}").json()["market"]
    fees = []
    for _ in range(2):
        venue.post(MARKET, "ask", "0.50", "100")
        client.order(MARKET, "bid", "0.50", "100.00")
        fees.append(client.get("/portfolio/fills", limit=1)["fills"][0]["fee_cost"])
        venue.advance(61)
    assert fees == ["0.000000", "1.750000"]


# settlement


def test_a_market_closes_is_determined_and_paid_when_its_timer_is_over(venue: FakeKalshi, client: RawClient) -> None:
    venue.post(MARKET, "ask", "0.40", "10")
    client.order(MARKET, "bid", "0.40", "10.00")
    rested = client.order(MARKET, "bid", "0.10").json()["order_id"]
    cash = venue.cash()

    def state() -> str:
        return str(client.public(f"/markets/{MARKET}").json()["market"]["status"])

    venue.close_early(MARKET)
    assert state() == "closed"
    assert client.get(f"/portfolio/orders/{rested}")["order"]["status"] == "canceled"
    assert client.order(MARKET, "bid", "0.10").json()["error"]["code"] == "MARKET_INACTIVE"
    venue.determine(MARKET, "yes")
    assert (state(), venue.cash()) == ("determined", cash)
    venue.dispute(MARKET)
    venue.advance(1_000)
    assert state() == "disputed"
    venue.determine(MARKET, "no")
    assert state() == "amended"
    venue.advance(30)
    assert (state(), venue.cash()) == ("amended", cash)
    venue.advance(31)
    assert (state(), venue.cash()) == ("finalized", cash)  # NO won: the ten YES are worth nothing
    row = client.get("/portfolio/settlements")["settlements"][0]
    assert (row["market_result"], row["yes_count_fp"], row["revenue"], row["value"]) == ("no", "10.00", 0, 0)
    assert client.get("/portfolio/positions")["market_positions"] == []


def test_settlement_rows_are_gross_and_their_arithmetic_closes(venue: FakeKalshi, client: RawClient) -> None:
    """profit = min(yes, no) + revenue / 100 - yes_cost - no_cost - fees, pairs having been redeemed before."""
    before = venue.cash()
    venue.post(MARKET, "ask", "0.40", "10")
    venue.post(MARKET, "bid", "0.35", "4")
    client.order(MARKET, "bid", "0.40", "10.00")
    client.order(MARKET, "ask", "0.35", "4.00")
    venue.settle(MARKET, "yes")
    row = client.get("/portfolio/settlements")["settlements"][0]
    assert (row["yes_count_fp"], row["no_count_fp"], row["revenue"], row["value"]) == ("10.00", "4.00", 600, 100)
    costs = D(row["yes_total_cost_dollars"]) + D(row["no_total_cost_dollars"]) + D(row["fee_cost"])
    assert venue.cash() - before == 4 + D(row["revenue"]) / 100 - costs


def test_a_scalar_result_pays_a_part_rounded_down_to_a_hundredth_of_a_cent(
    venue: FakeKalshi, client: RawClient
) -> None:
    venue.post(MARKET, "ask", "0.40", "0.33")
    client.order(MARKET, "bid", "0.40", "0.33")
    cash = venue.cash()
    venue.settle(MARKET, "scalar", "0.2525")
    assert venue.cash() - cash == D("0.0833")
    market = client.public(f"/markets/{MARKET}").json()["market"]
    assert (market["result"], market["settlement_value_dollars"]) == ("scalar", "0.2525")
    assert client.get("/portfolio/settlements")["settlements"][0]["value"] == 25


def test_of_a_mutually_exclusive_event_one_market_at_most_is_yes(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_event("KXHIGH-1", "KXHIGH", mutually_exclusive=True)
    for name in ("A", "B", "C"):
        venue.add_market(f"KXHIGH-1-{name}", "KXHIGH-1")
    assert client.public("/events/KXHIGH-1").json()["event"]["collateral_return_type"] == "MECNET"
    venue.settle_event("KXHIGH-1", "KXHIGH-1-B")
    results = {
        row["ticker"][-1]: row["result"] for row in client.public("/markets", event_ticker="KXHIGH-1").json()["markets"]
    }
    assert results == {"A": "no", "B": "yes", "C": "no"}
    venue.add_event("KXHIGH-2", "KXHIGH", mutually_exclusive=True)
    venue.add_market("KXHIGH-2-A", "KXHIGH-2")
    venue.add_market("KXHIGH-2-B", "KXHIGH-2")
    venue.determine("KXHIGH-2-A", "yes")
    with pytest.raises(ValueError, match="mutually exclusive"):
        venue.determine("KXHIGH-2-B", "yes")


def test_a_closed_market_can_reopen(venue: FakeKalshi, client: RawClient) -> None:
    venue.close_early(MARKET)
    assert client.order(MARKET, "bid", "0.40").status_code == 400
    venue.close_early(MARKET, in_s=600)
    assert client.order(MARKET, "bid", "0.40").status_code == 201
