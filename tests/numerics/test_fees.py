"""Fees: exact integers against fractions, the three roundings, and the properties a fee must have."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from engine.core.errors import InvalidConfig
from engine.numerics.fees import (
    BROKER,
    DIRECT,
    SPRING_2026,
    FeeRule,
    OrderFees,
    align_fill,
    kalshi_breakeven_probability,
    kalshi_fill_fees,
    kalshi_order_fee,
    kalshi_rate,
    percent_fee,
    quadratic_fee,
)

CENTS = st.integers(1, 99).map(lambda cents: Decimal(cents) / 100)
COUNTS = st.integers(1, 2000)
RULES = st.sampled_from([DIRECT, BROKER])


@given(st.integers(0, 36_000_000), st.integers(0, 9 * 10**10), st.integers(0, 10**6), st.sampled_from([1, 100, 10_000]))
def test_the_integer_fee_equals_exact_fractions(rate: int, count: int, price: int, unit: int) -> None:
    part = Fraction(price, 10**6)
    exact = Fraction(rate, 10**8) * Fraction(count, 100) * part * (1 - part) * 10**6
    assert quadratic_fee(rate, count, price, unit) == math.ceil(exact / unit) * unit


def test_the_compiler_takes_both_integer_rules_without_overflow() -> None:
    largest = (36_000_000, 9 * 10**10, 499_999, 1)
    assert njit(quadratic_fee)(*largest) == quadratic_fee(*largest)
    fill = (1_750_000, -52_000_000, 10_000, 9_999)
    assert njit(align_fill)(*fill) == align_fill(*fill)


def test_floats_would_charge_a_cent_too_much_for_four_contracts_at_fifty() -> None:
    assert math.ceil(0.07 * 4 * 0.5 * (1 - 0.5) * 100) == 8
    assert kalshi_order_fee(4, "0.50", mode="cent") == Decimal("0.07")


@pytest.mark.parametrize(
    ("count", "price", "fee"), [("1", "0.52", "0.0175"), ("1", "0.99", "0.0007"), ("4", "0.49", "0.07")]
)
def test_real_fills_of_api_members_are_met(count: str, price: str, fee: str) -> None:
    assert kalshi_fill_fees([(count, price)])[0].net_fee == Decimal(fee)
    assert kalshi_order_fee(count, price) == Decimal(fee)


@given(COUNTS, CENTS, st.sampled_from(["direct", "cent"]))
def test_a_fee_is_the_same_for_yes_and_no(count: int, price: Decimal, mode: str) -> None:
    assert kalshi_order_fee(count, price, mode=mode) == kalshi_order_fee(count, 1 - price, mode=mode)


@given(COUNTS, CENTS, st.sampled_from(["direct", "cent"]))
def test_a_fee_never_falls_with_more_contracts(count: int, price: Decimal, mode: str) -> None:
    assert kalshi_order_fee(count + 1, price, mode=mode) >= kalshi_order_fee(count, price, mode=mode)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), CENTS, st.booleans())
def test_many_fills_of_an_api_member_cost_within_a_step_of_one(counts: list[int], price: Decimal, buy: bool) -> None:
    fees = kalshi_fill_fees([(count, price) for count in counts], buy)
    single = kalshi_fill_fees([(sum(counts), price)], buy)[0]
    # each fill's own fee is rounded up to the sixth decimal before the steps are settled
    slack = DIRECT.step + len(fees) * DIRECT.trade_unit
    assert abs(sum(fee.net_fee for fee in fees) - single.net_fee) <= slack


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=8), CENTS, RULES, st.booleans())
def test_what_fills_cost_beyond_their_fees_is_exactly_what_the_order_still_carries(
    hundredths: list[int], price: Decimal, rule: FeeRule, buy: bool
) -> None:
    fees = kalshi_fill_fees([(Decimal(count) / 100, price) for count in hundredths], buy, rule=rule)
    assert all(fee.net_fee >= 0 for fee in fees)
    assert sum(fee.net_fee - fee.trade_fee for fee in fees) == fees[-1].accumulator_after


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=8), CENTS, RULES, st.booleans())
def test_cash_moves_by_the_price_and_the_net_fee_in_whole_steps(
    hundredths: list[int], price: Decimal, rule: FeeRule, buy: bool
) -> None:
    account = OrderFees(rule)
    for hundredth in hundredths:
        count = Decimal(hundredth) / 100
        fee, account = account.fill(count, price, buy)
        assert fee.cash_change == (-count if buy else count) * price - fee.net_fee
        assert fee.cash_change % rule.step == 0
        assert fee.accumulator_after == account.accumulator >= 0


def test_the_rule_of_spring_returns_one_cent_at_a_time() -> None:
    fees = kalshi_fill_fees([("1", "0.50")] * 10, rule=SPRING_2026)
    assert sum(fee.net_fee for fee in fees) == Decimal("0.18")
    assert [fee.rebate for fee in fees].count(Decimal("0.01")) == 2


def test_a_known_fee_is_rounded_up_and_never_down() -> None:
    fee, _ = OrderFees(BROKER).fill("1", "0.055", True, model_fee="0.00363825")
    assert fee.trade_fee == Decimal("0.003639")


def test_resting_orders_pay_by_the_fee_type() -> None:
    assert kalshi_rate("quadratic", taker=False) == 0
    assert kalshi_rate("quadratic_with_maker_fees", taker=False) == Decimal("0.0175")
    assert kalshi_rate("quadratic_with_combo_maker_fees", taker=False, multiplier="0.5") == Decimal("0.0175")
    assert kalshi_rate("something_new", taker=False) == Decimal("0.0175")
    assert kalshi_rate("quadratic", taker=True, multiplier=0) == 0


def test_a_contract_at_fifty_breaks_even_at_5175() -> None:
    assert kalshi_breakeven_probability("0.50") == Decimal("0.5175")
    assert kalshi_breakeven_probability("0.99", count=1, mode="cent") == 1
    assert kalshi_breakeven_probability("0.99", count=1) == Decimal("0.9907")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1, 52), "did you mean 0.52"),
        ((1, 0.52), "pass Decimal"),
        (("1.005", "0.5"), "at most 2 decimals"),
        (("1", "0.1234567"), "at most 6 decimals"),
        ((-1, "0.5"), "0 or more"),
        (("x", "0.5"), "0 or more"),
        ((True, "0.5"), "exact"),
        (("1", "0.5", "7"), "did you mean 0.07"),
        (("1", "0.5", "0.07", "direkt"), "did you mean 'direct'"),
    ],
)
def test_nonsense_is_refused_with_the_fix(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        kalshi_order_fee(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "per_share", "minimum", "quantity", "price", "fee"),
    [
        (0.001, 0.0, 0.0, 100, 50.0, 5.0),
        (0.001, 0.0, 0.0, -100, 50.0, 5.0),
        (0.0, 0.005, 1.0, 100, 50.0, 1.0),
        (0.0, 0.005, 1.0, 1000, 50.0, 5.0),
        (0.001, 0.005, 0.0, 100, 50.0, 5.5),
        (0.001, 0.005, 1.0, 0, 50.0, 0.0),
        (0.0, 0.0, 0.0, 100, 50.0, 0.0),
    ],
)
def test_the_percentage_fee_has_rate_share_and_minimum(
    rate: float, per_share: float, minimum: float, quantity: float, price: float, fee: float
) -> None:
    assert percent_fee(rate, per_share, minimum, quantity, price) == pytest.approx(fee)
    assert njit(percent_fee)(rate, per_share, minimum, float(quantity), price) == pytest.approx(fee)
