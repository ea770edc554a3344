"""The Kalshi order ticket: whole contracts inside a budget, fee included, and a reason where there is none."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.numerics.fees import kalshi_order_fee
from engine.risk.contract import (
    best_whole_contracts,
    contract_kelly,
    contracts_to_buy,
    contracts_to_sell,
    equivalent_probability,
    growth_if_true,
    size_contract,
)

QUOTE = st.tuples(st.integers(1, 98), st.integers(1, 10)).map(lambda q: (q[0], min(99, q[0] + q[1])))


def test_kelly_of_a_contract_is_its_price_formula() -> None:
    assert contract_kelly(0.7, 0.60, Decimal(0)).raw == pytest.approx((0.7 - 0.6) / 0.4)


def test_a_ticket_says_all_that_an_order_needs() -> None:
    ticket = size_contract(0.6, 0.48, 0.50, 1000.0, 0.5, 1.0, "cent")
    assert (ticket.side, ticket.price, ticket.contracts) == ("yes", Decimal("0.5"), 165)
    assert (ticket.fee, ticket.stake) == (Decimal("2.89"), Decimal("85.39"))
    assert (ticket.worst_case, ticket.best_case) == (Decimal("-85.39"), Decimal("79.61"))
    assert ticket.expected == pytest.approx(13.61)
    assert ticket.break_even == pytest.approx(85.39 / 165)
    assert ticket.edge_per_contract == pytest.approx(0.6 - ticket.break_even)
    assert ticket.reason == "trade"


@given(st.floats(0.01, 0.99), QUOTE, st.floats(10, 1e5), st.floats(0.05, 1.0), st.floats(0.01, 1.0), st.booleans())
def test_a_ticket_stays_inside_its_budget_and_wastes_less_than_a_contract(
    p: float, quote: tuple[int, int], bankroll: float, fraction: float, cap: float, cents: bool
) -> None:
    mode = "cent" if cents else "direct"
    bid, ask = (Decimal(price) / 100 for price in quote)
    ticket = size_contract(p, bid, ask, bankroll, fraction, cap, mode)
    if not ticket.contracts:
        assert ticket.side == "none"
        assert ticket.words
        return
    budget = ticket.position * bankroll
    assert ticket.position <= cap
    assert float(ticket.stake) <= budget + 1e-8
    assert ticket.expected > 0.0
    one_more = (ticket.contracts + 1) * ticket.price + kalshi_order_fee(ticket.contracts + 1, ticket.price, mode=mode)
    assert float(one_more) > budget - 1e-8


@given(st.integers(1, 99), QUOTE, st.floats(100, 1e5))
def test_yes_mirrors_no(percent: int, quote: tuple[int, int], bankroll: float) -> None:
    bid, ask = (Decimal(price) / 100 for price in quote)
    # a binary fraction keeps 1 - p exact, so that both sides see the very same numbers
    p = percent / 128
    one, other = size_contract(p, bid, ask, bankroll), size_contract(1 - p, 1 - ask, 1 - bid, bankroll)
    assert (one.contracts, one.price, one.stake, one.reason) == (
        other.contracts,
        other.price,
        other.stake,
        other.reason,
    )
    assert {one.side, other.side} in ({"yes", "no"}, {"none"})


def test_between_the_break_evens_there_is_no_trade() -> None:
    ticket = size_contract(0.515, 0.48, 0.50, 1000.0)
    assert (ticket.side, ticket.reason) == ("none", "no_edge")
    assert ticket.no_break_even < 0.515 < ticket.yes_break_even
    assert math.isnan(ticket.edge_per_contract)
    assert math.isnan(ticket.break_even)
    assert ticket.expected == 0.0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0.6, None, None, 1000.0), "no_quote"),
        ((0.6, 0, 1, 1000.0), "no_quote"),
        ((0.6, 0.48, None, 1000.0), "no_edge"),
        ((0.6, 0.48, 0.50, 2.0), "budget"),
        ((0.998, 0.98, 0.99, 2.0, 1.0, 1.0, "cent"), "fee"),
        ((0.6, 0.48, 0.50, 1000.0, 0.25, 0.1, "direct", Decimal("0.07"), 0.05), "too_small"),
    ],
)
def test_a_missing_trade_has_a_reason(arguments: tuple[object, ...], reason: str) -> None:
    ticket = size_contract(*arguments)  # type: ignore[arg-type]
    assert (ticket.side, ticket.contracts, ticket.reason) == ("none", 0, reason)


def test_a_capped_ticket_says_so() -> None:
    assert size_contract(0.9, 0.48, 0.50, 1000.0).capped
    assert not size_contract(0.6, 0.48, 0.50, 1000.0).capped


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((60, 0.48, 0.50, 1000.0), "did you mean 0.60"),
        ((0.6, 48, 50, 1000.0), "did you mean 0.48"),
        ((0.6, 0.52, 0.50, 1000.0), "must not exceed yes_ask"),
        ((0.6, 0.48, 0.50, 0.0), "bankroll"),
        ((0.6, 0.48, 0.50, 1000.0, 25), "did you mean 0.25"),
        ((0.6, 0.48, 0.50, 1000.0, 0.25, 0.1, "cents"), "did you mean 'cent'"),
    ],
)
def test_a_quote_or_account_that_cannot_be_is_refused(arguments: tuple[float, ...], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        size_contract(*arguments)


def test_the_whole_number_optimum_beats_its_neighbours() -> None:
    best = best_whole_contracts(0.6, 0.5, 1000.0, "cent")

    def wealth(count: int) -> float:
        left = 1000.0 - float(count * Decimal("0.5") + kalshi_order_fee(count, "0.5", mode="cent"))
        return 0.6 * math.log(left + count) + 0.4 * math.log(left)

    assert max(range(1, 1900), key=wealth) == best


def test_no_edge_is_best_bought_not_at_all() -> None:
    assert best_whole_contracts(0.5, 0.5, 1000.0) == 0


def test_what_is_held_is_taken_off_and_nothing_is_churned() -> None:
    flat = contracts_to_buy(0.6, 0.5175, 1000.0, 1000.0)
    assert flat == pytest.approx((0.6 - 0.5175) / (0.5175 * 0.4825) * 1000.0)
    held = contracts_to_buy(0.6, 0.5175, 1000.0, 800.0)
    assert held < flat
    enough = 800.0 + 2000.0
    assert contracts_to_buy(0.6, 0.5175, enough, 800.0) < 0.0
    assert contracts_to_sell(0.6, 0.5625, 1000.0, 1000.0) < 0.0
    with pytest.raises(InvalidConfig, match="between 0 and 1"):
        contracts_to_sell(0.6, 1.0, 1.0, 1.0)


@given(st.floats(0.3, 0.9), st.floats(0.1, 0.9))
def test_a_fraction_of_kelly_is_full_kelly_at_a_blended_probability(p: float, k: float) -> None:
    blended = equivalent_probability(p, 0.25, k)
    assert contract_kelly(blended, 0.25, Decimal(0)).raw == pytest.approx(k * contract_kelly(p, 0.25, Decimal(0)).raw)


def test_a_wrong_probability_hurts_full_kelly_first() -> None:
    full, half = (growth_if_true(0.60, 0.55, 0.5, k) for k in (1.0, 0.5))
    assert full == pytest.approx(-0.0030, abs=5e-5)
    assert half == pytest.approx(0.0020, abs=5e-5)
