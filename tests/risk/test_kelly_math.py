"""The closed forms of Kelly, checked against the growth they claim to maximise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.risk.growth import growth_rate
from engine.risk.kelly_math import (
    arithmetic_drift,
    baker_mchale,
    kelly_binary,
    kelly_continuous,
    kelly_from_win_rate,
    payoff_ratio,
    rate_error,
    wilson_interval,
)

CHANCE = st.floats(0.01, 0.99)
PAYOFF = st.floats(0.05, 20.0)


@given(CHANCE, PAYOFF, st.floats(0.1, 1.0))
def test_kelly_maximises_growth_on_a_grid(p: float, b: float, a: float) -> None:
    bet = kelly_binary(p, b, a)
    grid = np.linspace(0.0, bet.max_stake * 0.999, 400)
    assert bet.growth >= growth_rate(grid, p, b, a).max() - 1e-12
    assert bet.growth == pytest.approx(growth_rate(bet.kelly, p, b, a), abs=1e-12)


@given(CHANCE, PAYOFF, st.floats(0.1, 10.0))
def test_kelly_in_money_does_not_depend_on_the_unit_of_payoff_and_loss(p: float, b: float, unit: float) -> None:
    scaled = kelly_binary(p, b * unit, unit)
    assert scaled.raw * unit == pytest.approx(kelly_binary(p, b).raw, rel=1e-9, abs=1e-12)


@given(st.floats(-1, 1), st.floats(0.05, 1.0), st.floats(0.001, 300))
def test_continuous_kelly_does_not_depend_on_the_unit_of_time(mu: float, sigma: float, years: float) -> None:
    assert kelly_continuous(mu * years, sigma * math.sqrt(years)).raw == pytest.approx(kelly_continuous(mu, sigma).raw)


def test_the_published_leverage_of_spy_is_met() -> None:
    spy = kelly_continuous(0.1123, 0.1691, 0.04)
    assert (round(spy.raw, 3), round(spy.growth_at_kelly, 4)) == (2.528, 0.1314)
    assert spy.vol_at_kelly == pytest.approx(spy.sharpe)


def test_a_log_mean_is_not_a_drift() -> None:
    assert kelly_continuous(0.05, 0.2).raw == pytest.approx(1.25)
    assert kelly_continuous(arithmetic_drift(0.05, 0.2), 0.2).raw == pytest.approx(1.75)


def test_costs_lower_the_payoff_and_raise_the_loss() -> None:
    assert kelly_binary(0.6, 1.0, 1.0, cost=0.02) == kelly_binary(0.6, 0.98, 1.02)


@pytest.mark.parametrize(
    ("odds", "kind", "b"),
    [
        (2.5, "decimal", 1.5),
        (150, "american", 1.5),
        (-200, "american", 0.5),
        ("5/2", "fractional", 2.5),
        (0.4, "price", 1.5),
    ],
)
def test_odds_of_every_kind_become_a_payoff(odds: float | str, kind: str, b: float) -> None:
    assert payoff_ratio(odds, kind) == pytest.approx(b)


@pytest.mark.parametrize(
    ("odds", "kind"),
    [(1.0, "decimal"), (50, "american"), (1.2, "price"), ("5/0", "fractional"), (0, "net"), (2, "roman")],
)
def test_odds_that_pay_nothing_are_refused(odds: float | str, kind: str) -> None:
    with pytest.raises(InvalidConfig):
        payoff_ratio(odds, kind)


def test_the_limits_of_certainty() -> None:
    assert kelly_binary(1.0, 1.0).kelly == 1.0
    assert kelly_binary(1.0, 1.0).growth == pytest.approx(math.log(2.0))
    assert kelly_binary(0.0, 2.0).raw == -0.5
    assert kelly_binary(0.0, 2.0).kelly == 0.0
    assert math.isnan(kelly_binary(0.4, 1.0).doubling_bets)
    assert kelly_binary(0.6, 1.0).doubling_bets == pytest.approx(34.424, abs=1e-3)


@pytest.mark.parametrize(
    ("p", "b", "a"), [(1.1, 1, 1), (55, 1, 1), (-0.1, 1, 1), (math.nan, 1, 1), (0.5, 0, 1), (0.5, 1, 0)]
)
def test_a_bet_that_cannot_be_is_refused(p: float, b: float, a: float) -> None:
    with pytest.raises(ValueError, match=r"must be|it is a probability"):
        kelly_binary(p, b, a)


def test_a_cost_above_the_payoff_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="below the payoff"):
        kelly_binary(0.6, 0.1, 1.0, cost=0.2)


def test_a_win_rate_without_losses_has_no_payoff_limit() -> None:
    assert kelly_from_win_rate(1.0, math.inf) == 1.0


def test_55_of_100_at_even_money_may_be_no_edge_at_all() -> None:
    low, high = wilson_interval(55, 100)
    assert (round(low, 3), round(high, 3)) == (0.452, 0.644)
    assert kelly_from_win_rate(low, 1.0) < 0.0
    assert all(math.isnan(end) for end in wilson_interval(0, 0))


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_wilson_interval_holds_the_rate_and_stays_in_0_to_1(wins: int, n: int) -> None:
    assume(wins <= n)
    low, high = wilson_interval(wins, n)
    assert 0.0 <= low <= wins / n + 1e-12
    assert wins / n - 1e-12 <= high <= 1.0


def test_99_trades_at_55_percent_halve_kelly() -> None:
    assert baker_mchale(0.55, 1.0, rate_error(0.55, 99)) == pytest.approx(0.5, abs=1e-12)


@given(CHANCE, PAYOFF, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_more_doubt_never_means_a_larger_stake(p: float, b: float, doubt: float, more: float) -> None:
    assert 0.0 <= baker_mchale(p, b, doubt + more) <= baker_mchale(p, b, doubt) <= 1.0
