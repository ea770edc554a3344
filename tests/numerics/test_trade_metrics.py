"""Statistics of closed trades by hand-worked cases, and the laws that tie them together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidData
from engine.numerics import metrics
from tests.numerics import naive

PNL = [100.0, -50.0, 0.0, 200.0, 150.0, -100.0, -25.0, 75.0]
results = st.lists(st.integers(-500, 500).map(float), max_size=40)


def test_a_hand_worked_list_of_trades() -> None:
    got = metrics.trade_statistics(PNL, risk=[50.0] * 8)
    assert (got["trades"], got["wins"], got["losses"], got["total_pnl"]) == (8, 4, 3, 350)
    assert (got["win_rate"], got["win_rate_without_zeros"]) == (0.5, 4 / 7)
    assert got["profit_factor"] == 525 / 175
    assert (got["expectancy"], got["expectancy_r"]) == (43.75, 0.875)
    assert (got["average_win"], got["average_loss"]) == (131.25, pytest.approx(175 / 3))
    assert got["payoff_ratio"] == pytest.approx(131.25 / (175 / 3))
    assert got["kelly"] == pytest.approx(4 / 7 - 3 / 7 / 2.25)
    assert (got["longest_win_streak"], got["longest_loss_streak"]) == (2, 2)
    assert (got["best_trade"], got["worst_trade"]) == (200, -100)
    assert got["sqn"] == pytest.approx(math.sqrt(8) * 43.75 / np.std(PNL, ddof=1)) == pytest.approx(got["sqn_r"])


def test_without_losses_the_profit_factor_is_infinite_and_without_trades_undefined() -> None:
    assert metrics.profit_factor([10.0, 20.0]) == math.inf
    assert metrics.profit_factor([-10.0]) == 0.0
    assert math.isnan(metrics.profit_factor([]))
    assert math.isnan(metrics.profit_factor([0.0, 0.0]))


def test_no_trades_give_nan_and_no_streaks() -> None:
    got = metrics.trade_statistics([])
    assert got["trades"] == got["total_pnl"] == got["longest_win_streak"] == got["longest_loss_streak"] == 0.0
    for name in ("win_rate", "win_rate_without_zeros", "profit_factor", "expectancy", "payoff_ratio", "kelly", "sqn"):
        assert math.isnan(got[name]), name


def test_system_quality_counts_at_most_100_trades_and_needs_dispersion() -> None:
    many = [1.0, -0.5] * 100
    assert metrics.sqn(many) == pytest.approx(10 * 0.25 / np.std(many, ddof=1))
    assert math.isnan(metrics.sqn([0.1] * 30))
    assert math.isnan(metrics.sqn([5.0]))


@settings(deadline=None)
@given(results)
def test_the_statistics_of_trades_hang_together(pnl: list[float]) -> None:
    got = metrics.trade_statistics(pnl)
    assert got["longest_win_streak"] == naive.streak([v > 0 for v in pnl])
    assert got["longest_loss_streak"] == naive.streak([v < 0 for v in pnl])
    if got["wins"] and got["losses"]:
        assert got["profit_factor"] == pytest.approx(got["payoff_ratio"] * got["wins"] / got["losses"])
        assert got["total_pnl"] == pytest.approx(got["wins"] * got["average_win"] - got["losses"] * got["average_loss"])
        assert (got["kelly"] > 0.0) == (got["profit_factor"] > 1.0) or got["kelly"] == pytest.approx(0.0, abs=1e-12)
    if pnl:
        assert got["expectancy"] == pytest.approx(got["total_pnl"] / len(pnl))


def test_exposure_is_the_share_of_bars_with_anything_held() -> None:
    assert metrics.exposure([0.0, 5.0, -5.0, 0.0]) == 0.5
    assert metrics.exposure([[0.0, 5.0, 0.0, 0.0], [0.0, 0.0, 0.0, -1.0]]) == 0.5
    assert math.isnan(metrics.exposure([]))


def test_turnover_is_traded_notional_over_mean_equity_a_year() -> None:
    assert metrics.turnover([1_000.0, -2_000.0], [900.0, 1_100.0], 2.0) == pytest.approx(1.5)
    assert metrics.turnover(3_000.0, [1_000.0], 1.0) == pytest.approx(3.0)
    assert math.isnan(metrics.turnover([1.0], [], 1.0))
    assert math.isnan(metrics.turnover([1.0], [1.0], 0.0))


@pytest.mark.parametrize(
    ("pnl", "risk", "says"),
    [
        ([1.0, math.nan], None, "pnl is nan at trade 1"),
        ([1.0, 2.0], [1.0], "pnl has 2 trades and risk 1"),
        ([1.0], [0.0], "risk is 0.0 at trade 0"),
    ],
)
def test_bad_trades_are_refused(pnl: list[float], risk: list[float] | None, says: str) -> None:
    with pytest.raises(InvalidData) as caught:
        metrics.trade_statistics(pnl, risk)
    assert says in str(caught.value)
