"""The order ticket of the Kelly page is the engine's, and that of the vectors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine import service
from engine.core.errors import InvalidConfig
from engine.numerics.fees import kalshi_order_fee
from engine.risk import contract as contracts
from tests.vectors.runner import BUNDLED, load

SIZING = service.Sizing()


def cases(file: str, function: str) -> list[Any]:
    found = [case for case in load(BUNDLED / f"{file}.json") if case["function"] == function]
    return [pytest.param(case, id=case["id"]) for case in found]


@pytest.mark.parametrize("case", cases("04_kalshi_kelly", "kalshi_size"))
def test_a_ticket_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    bid, ask = inputs.get("yes_bid_cents"), inputs.get("yes_ask_cents")
    order = service.ContractOrder(bid or 0, ask or 100, fee_mode=inputs.get("fee_mode", "direct"))
    sizing = service.Sizing(inputs["bankroll"], inputs["kelly_multiple"], inputs["max_fraction"], 0.0)
    view = service.contract(inputs["p"], order, sizing)
    ticket = view.ticket
    assert (ticket.side, ticket.contracts) == (expected["side"], expected["contracts"])
    if ticket.contracts:
        assert ticket.fee * 100 == Decimal(str(expected["fee_cents"]))
        assert ticket.stake * 100 == Decimal(str(expected["cost_cents"]))
        assert ticket.expected == pytest.approx(expected["ev_dollars"], abs=1e-9)
        assert view.position == pytest.approx(float(ticket.stake) / inputs["bankroll"])


@pytest.mark.parametrize("mode", service.FEE_MODES)
def test_a_ticket_equals_the_engines(mode: str) -> None:
    order = service.ContractOrder(48, 50, fee_mode=mode)
    view = service.contract(0.6, order, SIZING)
    bid, ask = Decimal("0.48"), Decimal("0.50")
    assert view.ticket == contracts.size_contract(
        0.6, bid, ask, 10_000.0, 0.25, 0.10, mode, Decimal("0.07"), min_fraction=0.01
    )
    assert view.ticket.fee == kalshi_order_fee(view.ticket.contracts, ask, Decimal("0.07"), mode)
    assert view.edge == contracts.contract_kelly(0.6, ask)
    assert view.law is not None
    assert view.law.kelly == pytest.approx(view.ticket.full_kelly)
    assert view.growth == pytest.approx(contracts.growth_if_true(0.6, 0.6, ask, view.position / view.ticket.full_kelly))


def test_a_resting_order_joins_the_bid_and_pays_the_makers_fee() -> None:
    free = service.contract(0.6, service.ContractOrder(48, 50, resting=True), SIZING)
    assert (free.ticket.price, free.ticket.fee, free.ticket.side) == (Decimal("0.48"), 0, "yes")
    assert (free.ticket.yes_break_even, free.ticket.no_break_even) == (0.48, 0.5)
    paid = service.ContractOrder(48, 50, resting=True, fee_type="quadratic_with_maker_fees")
    assert paid.rate == Decimal("0.0175")
    assert service.contract(0.6, paid, SIZING).ticket.fee > 0
    no = service.contract(0.3, service.ContractOrder(48, 50, resting=True), SIZING)
    assert (no.ticket.side, no.ticket.price) == ("no", Decimal("0.50"))


def test_between_the_break_evens_there_is_no_trade_but_a_picture_of_why() -> None:
    view = service.contract(0.49, service.ContractOrder(48, 50), SIZING)
    assert (view.ticket.reason, view.position, view.growth) == ("no_edge", 0.0, 0.0)
    assert view.edge is not None
    assert view.edge.edge < 0
    assert view.law is not None
    assert view.law.kelly < 0


def test_an_empty_book_has_no_law() -> None:
    view = service.contract(0.6, service.ContractOrder(0, 100), SIZING)
    assert (view.side, view.law, view.ticket.reason) == ("none", None, "no_quote")
    assert service.contract_doubt(0.6, service.ContractOrder(0, 100), SIZING, view) == ()


def test_other_yes_probabilities_give_other_tickets() -> None:
    order = service.ContractOrder(48, 50)
    view = service.contract(0.3, order, SIZING)
    rows = service.contract_doubt(0.3, order, SIZING, view)
    assert view.side == "no"
    for row in rows:
        assert row.ticket == service.contract(row.p, order, SIZING).ticket
    # believing more in YES is worse for a holder of NO
    assert [row.growth_of_yours for row in rows] == sorted((row.growth_of_yours for row in rows), reverse=True)


def test_a_quote_that_crosses_is_refused_also_for_a_resting_order() -> None:
    for resting in (False, True):
        with pytest.raises(InvalidConfig, match="yes_bid"):
            service.contract(0.6, service.ContractOrder(60, 50, resting=resting), SIZING)
