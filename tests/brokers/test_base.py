"""What every venue shares: orders that make sense before they are sent, prices that lie on a grid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Instrument, KalshiAdapter
from engine.brokers.base import Balance, Broker, Capabilities, Listing, OrderRequest, PriceStep, TimeInForce
from engine.core.errors import DuplicateOrder, InvalidConfig, InvalidData, OutcomeUnknown
from engine.core.trading import Side, Status

D = Decimal

TAPERED = (
    PriceStep(D(0), D("0.1"), D("0.001")),
    PriceStep(D("0.1"), D("0.9"), D("0.01")),
    PriceStep(D("0.9"), D(1), D("0.001")),
)
LISTING = Listing(Instrument("KXA-1", kind="event", lot=0.01), D("0.01"), TAPERED, high=D(1))


def request(**changes: Any) -> OrderRequest:
    given_: dict[str, Any] = {
        "client_order_id": "t1",
        "symbol": "KXA-1",
        "side": Side.BUY,
        "quantity": D(1),
        "limit": D("0.5"),
    }
    return OrderRequest(**(given_ | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_order_id": ""}, "client order id"),
        ({"symbol": ""}, "names no symbol"),
        ({"quantity": D(0)}, "must be above 0"),
        ({"quantity": D("NaN")}, "must be above 0"),
        ({"quantity": 1.0}, "Decimal"),
        ({"limit": D(-1)}, "must be above 0"),
        ({"limit": 0.5}, "Decimal"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "post_only"),
        ({"post_only": True, "limit": None}, "post_only"),
        ({"expires_ns": 5, "time_in_force": TimeInForce.FOK}, "needs time in force GTC"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_before_it_is_sent(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        request(**changes)


def test_an_order_begins_its_life_as_planned() -> None:
    order = request().order
    assert (order.status, order.client_order_id, order.remaining) == (Status.PLANNED, "t1", D(1))


def test_an_id_that_is_taken_is_reconciled_like_any_unknown_outcome() -> None:
    assert issubclass(DuplicateOrder, OutcomeUnknown)


def test_the_kalshi_adapter_has_every_call_of_the_protocol() -> None:
    assert isinstance(KalshiAdapter(), Broker)


def test_how_long_an_id_stays_taken_is_one_of_three_words() -> None:
    with pytest.raises(InvalidConfig, match="'forever', 'open' or 'no'"):
        Capabilities("X", frozenset(), dedupes="maybe")


def test_a_balance_keeps_its_purses_to_itself() -> None:
    purses = {"0": D(1)}
    balance = Balance(D(1), parts=purses)
    purses["1"] = D(9)
    assert dict(balance.parts) == {"0": D(1)}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.decimals("0.0001", "0.9999", places=4), st.sampled_from(Side))
def test_rounding_a_price_never_raises_exposure_and_lands_on_the_grid(price: D, side: Side) -> None:
    rounded = LISTING.round_price(price, side)
    assert rounded <= price if side is Side.BUY else rounded >= price
    assert LISTING.round_price(rounded, Side.BUY) == rounded == LISTING.round_price(rounded, Side.SELL)
    step = D("0.01") if D("0.1") < price < D("0.9") else D("0.001")
    assert abs(rounded - price) < step


@pytest.mark.parametrize(
    ("price", "good"),
    [("0.5", True), ("0.505", False), ("0.055", True), ("0.0555", False), ("0.945", True), ("0", False), ("1", False)],
)
def test_the_grid_of_a_market_may_be_finer_at_its_ends(price: str, good: bool) -> None:
    assert LISTING.on_grid(D(price)) is good


def test_a_price_outside_the_grid_is_refused() -> None:
    with pytest.raises(InvalidData, match="outside its grid"):
        LISTING.round_price(D("1.5"), Side.BUY)


def test_a_size_is_cut_to_whole_lots() -> None:
    assert LISTING.round_quantity(D("2.019")) == D("2.01")
    assert LISTING.round_quantity(D("0.009")) == 0
