"""The scalar rules: what they say at their edges, and that a compiler gives the same numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from engine.numerics import rules

POSITIVE = st.floats(1e-3, 1e3)
PROBABILITY = st.floats(0.0, 1.0)


@pytest.mark.parametrize(("p", "b", "full"), [(0.55, 1, 0.10), (0.60, 1, 0.20), (0.50, 2, 0.25), (0.40, 3, 0.20)])
def test_the_quick_reference_table_holds(p: float, b: float, full: float) -> None:
    assert rules.kelly_full(p, b, 1.0) == pytest.approx(full, abs=1e-15)


def test_an_infinite_payoff_leaves_the_win_rate() -> None:
    assert rules.kelly_full(0.6, math.inf, 1.0) == 0.6


@pytest.mark.parametrize(("b", "a"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (1.0, math.nan)])
def test_a_bet_without_payoff_or_loss_has_no_number(b: float, a: float) -> None:
    assert math.isnan(rules.kelly_full(0.5, b, a))


@pytest.mark.parametrize(
    ("full", "position"),
    [(-0.1, 0.0), (0.0, 0.0), (math.nan, 0.0), (0.036, 0.0), (0.04, 0.01), (0.2, 0.05), (0.4, 0.10), (9.0, 0.10)],
)
def test_the_fraction_is_nothing_when_small_and_capped_when_large(full: float, position: float) -> None:
    assert rules.kelly_clip(full, 0.25, 0.01, 0.10) == position


@given(st.floats(-5, 5), st.floats(0.01, 1), st.floats(0, 0.1), st.floats(0.1, 1))
def test_a_clipped_fraction_is_0_or_within_its_limits(full: float, fraction: float, low: float, high: float) -> None:
    position = rules.kelly_clip(full, fraction, low, high)
    assert position == 0.0 or max(low, 0.0) <= position <= high
    assert position <= max(0.0, fraction * full)


def test_a_record_is_pulled_towards_a_coin_by_its_prior() -> None:
    # 30 of 50 with the prior is 40 of 70; the payoff ratio is 2
    assert rules.kelly_from_record(50, 30, 20, 60.0, 20.0) == pytest.approx(40 / 70 - (30 / 70) / 2)


def test_a_record_without_losses_counts_as_an_infinite_payoff() -> None:
    assert rules.kelly_from_record(20, 20, 0, 10.0, 0.0) == pytest.approx(30 / 40)


def test_a_record_without_wins_has_no_edge() -> None:
    assert rules.kelly_from_record(20, 0, 20, 0.0, 10.0) == 0.0
    assert rules.kelly_from_record(0, 0, 0, 0.0, 0.0) == 0.0


def test_the_sign_of_the_losses_does_not_matter() -> None:
    assert rules.kelly_from_record(30, 18, 12, 9.0, -4.0) == rules.kelly_from_record(30, 18, 12, 9.0, 4.0)


@pytest.mark.parametrize(
    ("kind", "floor"),
    [(rules.STATIC, 90.0), (rules.TRAILING_PCT, 108.0), (rules.TRAILING_AMOUNT, 110.0), (rules.TRAILING_LOCK, 100.0)],
)
def test_each_kind_of_drawdown_has_its_floor(kind: int, floor: float) -> None:
    assert rules.drawdown_floor(kind, 100.0, 120.0, 0.1) == pytest.approx(floor)


@given(st.integers(0, 3), POSITIVE, st.floats(1, 5), st.floats(1, 5), st.floats(0.01, 1))
def test_a_drawdown_floor_never_falls_when_the_peak_rises(
    kind: int, initial: float, rise: float, more: float, pct: float
) -> None:
    low = rules.drawdown_floor(kind, initial, initial * rise, pct)
    assert rules.drawdown_floor(kind, initial, initial * rise * more, pct) >= low - 1e-9


@pytest.mark.parametrize(
    ("drawdown", "scale"), [(0.0, 1.0), (0.1, 0.5), (0.2, 0.0), (0.3, 0.0), (math.nan, 0.0), (-0.1, 1.0)]
)
def test_positions_shrink_with_the_drawdown(drawdown: float, scale: float) -> None:
    assert rules.drawdown_scale(drawdown, 0.2) == scale


@pytest.mark.parametrize(
    ("basis", "floor"), [(rules.BASIS_BALANCE, 95.0), (rules.BASIS_EQUITY, 98.8), (rules.BASIS_MAX, 98.8)]
)
def test_the_daily_floor_follows_its_basis(basis: int, floor: float) -> None:
    assert rules.daily_floor(basis, 100.0, 104.0, 0.05) == pytest.approx(floor)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (rules.kelly_full, (0.6, 1.5, 1.0)),
        (rules.kelly_full, (0.6, 0.0, 1.0)),
        (rules.kelly_clip, (0.3, 0.25, 0.01, 0.1)),
        (rules.kelly_from_record, (50.0, 30.0, 20.0, 60.0, -20.0)),
        (rules.drawdown_floor, (rules.TRAILING_LOCK, 100.0, 120.0, 0.1)),
        (rules.drawdown_scale, (0.1, 0.2)),
        (rules.daily_floor, (rules.BASIS_MAX, 100.0, 104.0, 0.05)),
    ],
)
def test_the_compiler_takes_a_rule_as_it_is_written(function: object, arguments: tuple[float, ...]) -> None:
    plain = function(*arguments)  # type: ignore[operator]
    compiled = njit(function)(*arguments)
    assert compiled == plain or (math.isnan(compiled) and math.isnan(plain))
