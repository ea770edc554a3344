"""Growth, drawdown and ruin: the known values, the limits, and simulation as the judge of the closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.risk import growth
from engine.risk.kelly_math import kelly_binary

EDGE = st.tuples(st.floats(0.2, 0.9), st.floats(0.2, 5.0)).filter(lambda bet: kelly_binary(*bet).raw > 0.02)
TOLERANCE = st.tuples(st.floats(0.1, 0.95), st.floats(0.01, 0.9))


def test_growth_is_minus_infinity_where_one_loss_ruins() -> None:
    assert growth.growth_rate(1.0, 0.9, 1.0) == -math.inf
    assert growth.growth_rate(5.0, 0.9, 1.0, 0.2) == -math.inf
    assert growth.growth_rate(1.0, 1.0, 1.0) == pytest.approx(math.log(2.0))
    assert growth.growth_rate([0.0, 2.0], 0.5, 1.0).tolist() == [0.0, -math.inf]


@given(EDGE)
def test_growth_is_gone_at_the_zero_growth_stake(bet: tuple[float, float]) -> None:
    stake = growth.zero_growth_fraction(*bet)
    assert stake > kelly_binary(*bet).kelly
    assert growth.growth_rate(stake, *bet) == pytest.approx(0.0, abs=1e-9)


def test_without_an_edge_the_curve_stays_at_zero() -> None:
    curve = growth.growth_curve(0.4, 1.0, [0.0, 1.0, 2.0])
    assert curve.growth.tolist() == [0.0, 0.0, 0.0]
    assert curve.zero_growth_fraction == 0.0
    assert np.isnan(curve.ratio).all()
    assert math.isnan(curve.zero_growth_multiple)


def test_half_kelly_keeps_three_quarters_of_the_growth() -> None:
    assert growth.excess_growth_ratio(0.5) == 0.75
    assert growth.excess_growth_ratio([1.0, 2.0]).tolist() == [1.0, 0.0]
    assert growth.growth_curve(0.501, 1.0, 0.5).ratio[0] == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    ("c", "x", "chance"), [(1, 0.5, 0.5), (0.5, 0.5, 0.125), (2, 0.5, 1.0), (3, 0.1, 1.0), (0, 0.9, 0.0)]
)
def test_the_chance_of_ever_falling_below_a_level(c: float, x: float, chance: float) -> None:
    assert growth.prob_drawdown_below(c, x) == chance


def test_a_level_at_or_above_the_start_is_met_at_once() -> None:
    assert growth.prob_drawdown_below(0.5, 1.0) == 1.0
    assert growth.prob_min_wealth_below(0.5, 1.0, 1.0, 1.2) == 1.0


@given(st.floats(0.05, 1.9), st.floats(0.2, 2.0), st.floats(0.05, 0.95))
def test_a_finite_horizon_is_safer_and_tends_to_the_infinite_one(c: float, sharpe: float, x: float) -> None:
    forever = growth.prob_drawdown_below(c, x)
    short, long = (growth.prob_min_wealth_below(c, sharpe, years, x) for years in (1.0, 1e7))
    assert short <= forever + 1e-12
    assert long == pytest.approx(forever, abs=1e-3)


def test_a_horizon_of_no_time_or_no_stake_cannot_lose() -> None:
    assert growth.prob_min_wealth_below(1.0, 1.0, 0.0, 0.9) == 0.0
    assert growth.prob_min_wealth_below(0.0, 1.0, 5.0, 0.9) == 0.0


@given(st.floats(0.05, 3.0), st.floats(1.1, 5.0), st.floats(0.1, 0.9))
def test_doubling_before_halving_is_a_probability_and_falls_with_the_stake(
    c: float, upper: float, lower: float
) -> None:
    chance = growth.prob_reach(upper, lower, c)
    assert 0.0 <= growth.prob_reach(upper, lower, c * 1.1) <= chance + 1e-12 <= 1.0 + 2e-12


def test_twice_kelly_is_a_fair_game_in_logs() -> None:
    assert growth.prob_reach(2.0, 0.5, 2.0) == pytest.approx(0.5)
    assert growth.prob_reach(1.0, 0.5, 1.0) == 1.0


def test_terminal_wealth_of_no_stake_is_cash() -> None:
    law = growth.terminal_wealth(0.0, 1.0, 2.0, r=0.05)
    assert law.median == law.mean == law.q05 == law.q95 == pytest.approx(math.exp(0.1))
    assert law.p_loss == 0.0


@given(EDGE)
def test_the_drawdown_exponent_is_1_at_full_kelly(bet: tuple[float, float]) -> None:
    assert growth.drawdown_exponent(*bet, kelly_binary(*bet).kelly) == pytest.approx(1.0, abs=1e-7)


def test_the_drawdown_exponent_at_its_limits() -> None:
    assert growth.drawdown_exponent(0.55, 1.0, 0.0) == math.inf
    assert growth.drawdown_exponent(1.0, 1.0, 0.5) == math.inf
    assert growth.drawdown_exponent(0.55, 1.0, 0.25) == 0.0
    assert growth.drawdown_exponent(0.45, 1.0, 0.01) == 0.0


@given(EDGE, TOLERANCE)
def test_risk_constrained_kelly_is_at_most_kelly_and_keeps_its_promise(
    bet: tuple[float, float], tolerance: tuple[float, float]
) -> None:
    (p, b), power = bet, growth.kelly_fraction_for_drawdown(*tolerance).exponent
    stake, kelly = growth.rck_binary(p, b, *tolerance), kelly_binary(p, b).kelly
    assert 0.0 <= stake <= kelly + 1e-15
    assert p * (1 + b * stake) ** -power + (1 - p) * (1 - stake) ** -power <= 1.0 + 1e-9


@given(EDGE, st.floats(0.3, 0.9), st.floats(0.02, 0.4))
def test_less_tolerance_means_a_smaller_stake(bet: tuple[float, float], alpha: float, beta: float) -> None:
    assert growth.rck_binary(*bet, alpha, beta / 2) <= growth.rck_binary(*bet, alpha, beta) + 1e-12


def test_risk_constrained_kelly_without_an_edge_is_nothing() -> None:
    assert growth.rck_binary(0.4, 1.0, 0.7, 0.1) == 0.0
    assert growth.rck_binary(0.6, 1.0, 0.5, 0.6) == pytest.approx(0.2)


def test_a_tolerance_at_its_limits() -> None:
    assert growth.kelly_fraction_for_drawdown(0.5, 1.0).multiple == 1.0
    assert growth.kelly_fraction_for_drawdown(1.0, 0.1).multiple == 0.0


@pytest.mark.parametrize(
    ("p", "units", "target", "ruin"),
    [
        (0.5, 20, 100, 0.8),
        (0.5, 5, None, 1.0),
        (0.4, 5, None, 1.0),
        (0.6, 5, None, (2 / 3) ** 5),
        (1, 5, 9, 0),
        (0, 5, 9, 1),
    ],
)
def test_fixed_units_are_ruined_by_the_classical_formula(p: float, units: int, target: int | None, ruin: float) -> None:
    assert growth.gamblers_ruin(p, units, target) == pytest.approx(ruin)


@given(st.floats(0.01, 0.99), st.integers(1, 2000), st.integers(1, 2000))
def test_ruin_is_a_probability_for_any_stack(p: float, units: int, more: int) -> None:
    assert 0.0 <= growth.gamblers_ruin(p, units, units + more) <= 1.0
    assert growth.gamblers_ruin(p, units + more, units) == 0.0


def test_a_losing_streak_by_counting_every_sequence() -> None:
    n, k, q = 10, 3, 0.45
    hits = 0.0
    for outcome in range(2**n):
        losses = f"{outcome:0{n}b}"
        if "1" * k in losses:
            hits += q ** losses.count("1") * (1 - q) ** losses.count("0")
    assert growth.prob_losing_streak(n, k, q) == pytest.approx(hits)
    assert growth.prob_losing_streak(2, 3, q) == 0.0


@pytest.mark.parametrize("bad", [{"c": -1.0, "x": 0.5}, {"c": 1.0, "x": 0.0}, {"c": math.nan, "x": 0.5}])
def test_a_question_without_meaning_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        growth.prob_drawdown_below(**bad)
