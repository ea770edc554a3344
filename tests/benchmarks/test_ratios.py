"""Speed that must not be lost unnoticed, against a loop in plain Python on the same machine at the same moment."""

from __future__ import annotations

from collections.abc import Callable

from engine import Backtest, Bars, LowVolMomentumStrategy
from engine.research import sweep
from tests.benchmarks import ours
from tests.benchmarks.market import walk

STEPS = 500_000
GRID = {"fast_period": list(range(5, 15)), "slow_period": list(range(105, 205))}


def loop() -> None:
    total = 0
    for k in range(STEPS):
        total += k


def steps_for(call: Callable[[], object]) -> float:
    """Return how many steps of a Python loop a call takes, at best of interleaved rounds: noise only adds time."""
    call()
    one, other = [], []
    for _ in range(7):
        one.append(ours.timed(loop))
        other.append(ours.timed(call))
    return min(other) / (min(one) / STEPS)


def test_a_sweep_takes_less_than_one_and_a_half_python_steps_a_bar_and_combination() -> None:
    bars = Bars.from_frame(walk(ours.BARS))
    found = steps_for(lambda: sweep(LowVolMomentumStrategy, GRID, bars, ours.RISK))
    assert found / (len(GRID["fast_period"]) * len(GRID["slow_period"]) * ours.BARS) < 1.5  # 0.2 on an idle machine


def test_a_warm_backtest_of_ten_years_with_its_metrics_takes_fewer_than_a_hundred_and_fifty_thousand_python_steps() -> (
    None
):
    bars, backtest = Bars.from_frame(walk(ours.BARS)), Backtest(LowVolMomentumStrategy(), 10_000, ours.RISK)
    assert steps_for(lambda: backtest.run(bars).metrics) < 150_000  # 17,000 on an idle machine


def test_a_strategy_written_bar_by_bar_takes_fewer_than_a_thousand_python_steps_a_bar() -> None:
    backtest, daily = Backtest(ours.CrossByBar(), 10_000, ours.RISK), walk(ours.BARS)
    assert steps_for(lambda: backtest.run(daily).metrics) / ours.BARS < 1_000  # 130 on an idle machine
