"""Kelly from a record of trades and from any discrete law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.errors import InvalidData
from engine.risk.kelly_math import kelly_binary
from engine.risk.kelly_record import kelly_discrete, kelly_from_trades

RETURNS = st.lists(st.floats(-0.5, 0.5).map(lambda r: round(r, 4)), min_size=2, max_size=40)


def test_the_three_numbers_of_a_record_differ() -> None:
    record = kelly_from_trades([0.02, -0.01, 0.03, -0.01, 0.0, 0.02, -0.02])
    assert record.breakeven == 1
    assert record.win_rate == 0.5
    assert record.notional == pytest.approx(record.risk_fraction / record.avg_loss)
    assert record.optimal_f == pytest.approx(record.exact_notional * 0.02)


def test_without_losses_the_stake_is_unbounded() -> None:
    record = kelly_from_trades([0.1, 0.2])
    assert (record.risk_fraction, record.notional, record.exact_notional) == (1.0, math.inf, math.inf)
    assert math.isnan(record.optimal_f)


def test_without_wins_nothing_is_staked() -> None:
    record = kelly_from_trades([-0.1, -0.2])
    assert (record.win_rate, record.risk_fraction, record.notional, record.exact_notional) == (0.0, 0.0, 0.0, 0.0)


def test_without_trades_nothing_is_known() -> None:
    record = kelly_from_trades([])
    assert record.n == 0
    assert math.isnan(record.risk_fraction)
    assert math.isnan(record.exact_notional)


def test_a_missing_return_is_refused_with_its_number() -> None:
    with pytest.raises(InvalidData, match="number 2 is nan"):
        kelly_from_trades([0.1, math.nan])


@given(RETURNS)
def test_the_exact_stake_beats_every_other_on_its_record(returns: list[float]) -> None:
    record, r = kelly_from_trades(returns), np.array(returns)
    assume(math.isfinite(record.exact_notional) and r.min() < 0.0)
    grid = np.linspace(0.0, 0.999 / -r.min(), 200)
    assert record.exact_growth >= np.log1p(np.outer(grid, r)).mean(axis=1).max() - 1e-9


@given(st.floats(0.05, 0.95), st.floats(0.1, 10.0))
def test_a_binary_law_has_the_binary_kelly(p: float, b: float) -> None:
    law = kelly_discrete([b, -1.0], [p, 1.0 - p])
    assert law.raw == pytest.approx(kelly_binary(p, b).raw, abs=1e-9)


def test_a_rare_crash_lowers_kelly_below_its_two_moments() -> None:
    law = kelly_discrete([0.01, -0.0099, -0.2], [0.51, 0.485, 0.005])
    assert law.raw < law.mean_over_variance


@pytest.mark.parametrize(
    ("returns", "probs"), [([], []), ([0.1], [0.5, 0.5]), ([0.1, -0.1], [0.5, 0.6]), ([0.1, -0.1], [1.5, -0.5])]
)
def test_a_law_that_is_none_is_refused(returns: list[float], probs: list[float]) -> None:
    with pytest.raises(InvalidData):
        kelly_discrete(returns, probs)


def test_a_law_without_losses_is_unbounded_and_one_without_wins_negative() -> None:
    assert kelly_discrete([0.1, 0.2], [0.5, 0.5]).kelly == math.inf
    assert kelly_discrete([-0.1, -0.2], [0.5, 0.5]).raw == -math.inf
    assert kelly_discrete([0.0, 0.0], [0.5, 0.5]).raw == 0.0
