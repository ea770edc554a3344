"""What is measured of ours: sweeps with every risk rule on, single runs through the public API, starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from engine import (
    RSI,
    SMA,
    Backtest,
    Bars,
    BarStrategy,
    KellyCriterion,
    LowVolMomentumStrategy,
    Param,
    RiskManager,
    Signals,
    Strategy,
)
from engine.research import sweep
from tests.benchmarks.market import walk

RISK = RiskManager(
    position_sizer=KellyCriterion(fraction=0.25),
    max_drawdown_pct=0.15,
    daily_loss_limit_pct=0.03,
    max_volatility=0.03,
)
BARS = 2520
GRID = {"fast_period": list(range(2, 101)), "slow_period": list(range(105, 206))}
COMBOS = len(GRID["fast_period"]) * len(GRID["slow_period"])


class UsersOwn(Strategy):
    """A rule a user might write: dips in an uptrend."""

    trend = Param(100, 2, 300, 1, "bars in the trend")
    below = Param(40, 1, 99, 1, "buy when RSI is below this")
    mean = SMA("close", "trend")
    rsi = RSI("close", 14)

    def signals(self, bars: Any, ind: Any) -> Signals:
        up = bars.close > ind.mean
        return Signals(entry=up & (ind.rsi < self.p("below")), exit=~up | (ind.rsi > 70))


USERS_GRID = {"trend": list(range(20, 220, 2)), "below": list(range(1, 100))}


class CrossByBar(BarStrategy):
    """Two averages, decided bar by bar, with a stop."""

    fast = SMA("close", 10)
    slow = SMA("close", 30)

    def on_bar(self, context: Any) -> None:
        if context.position == 0 and context.ind.fast > context.ind.slow:
            context.buy(stop_loss_pct=0.1)
        elif context.position > 0 and context.ind.fast < context.ind.slow:
            context.close_position()


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def sweep_builtin(bars: Bars) -> Any:
    """Sweep the built-in momentum rule over the whole grid."""
    return sweep(LowVolMomentumStrategy, GRID, bars, RISK)


def sweep_users(bars: Bars) -> Any:
    """Sweep a user's rule in plain NumPy over a grid of about the same size."""
    return sweep(UsersOwn, USERS_GRID, bars, RISK)


def single_runs() -> dict[str, list[float]]:
    """Return milliseconds of warm runs with their metrics."""
    daily, minutes = walk(BARS), walk(500_000, minutes=True)
    backtest = Backtest(LowVolMomentumStrategy(), 10_000, RISK)
    by_bar = Backtest(CrossByBar(), 10_000, RISK)
    bars = Bars.from_frame(daily)
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "2,520 daily bars, DataFrame in, metrics out": (lambda: backtest.run(daily).metrics, 40),
        "2,520 daily bars, Bars in, metrics out": (lambda: backtest.run(bars).metrics, 40),
        "500,000 minute bars, DataFrame in, metrics out": (lambda: backtest.run(minutes).metrics, 9),
        "BarStrategy, 2,520 daily bars": (lambda: by_bar.run(daily).metrics, 15),
    }
    found = {}
    for name, (call, rounds) in calls.items():
        call()
        found[name] = [1e3 * timed(call) for _ in range(rounds)]
    return found


_FIRST = """
import time; began = time.perf_counter()
import engine; imported = time.perf_counter() - began
from engine import Backtest, MeanReversionStrategy, load_sample
Backtest(MeanReversionStrategy(), 10_000).run(load_sample("SPY"), symbol="SPY").metrics
print(imported)
"""


def starts() -> dict[str, list[float]]:
    """Return seconds of `import engine`, of a process from start to its first result, and of a first compile."""

    def run(env: dict[str, str]) -> tuple[float, float]:
        began = time.perf_counter()
        said = subprocess.run([sys.executable, "-c", _FIRST], env=env, capture_output=True, text=True, check=True)
        return time.perf_counter() - began, float(said.stdout)

    warm = [run(dict(os.environ)) for _ in range(6)][1:]
    with tempfile.TemporaryDirectory() as empty:
        cold = run({**os.environ, "STEADYHAND_CACHE": empty})[0]
    return {
        "import engine": [imported for _, imported in warm],
        "process start to first result, warm compile cache": [whole for whole, _ in warm],
        "process start to first result, first ever (compiles)": [cold],
    }


def row(name: str, values: list[float], unit: str) -> str:
    """Return one line of the report."""
    return f"{name:<58} median {median(values):9.3f} {unit}   min {min(values):9.3f}   max {max(values):9.3f}"
