"""A sweep gives the numbers of single runs, says what it did not run, and never lets an idle run win."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import (
    RSI,
    SMA,
    Backtest,
    BarStrategy,
    Costs,
    FixedFraction,
    KellyCriterion,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    Param,
    RiskManager,
    Signals,
    Strategy,
    load_sample,
)
from engine.core.errors import InvalidParams
from engine.research.rows import COLUMNS
from engine.research.sweep import ranked, sweep

RISK = RiskManager(
    position_sizer=KellyCriterion(fraction=0.25, max_position_pct=0.5, min_position_pct=0.1),
    max_drawdown_pct=0.15,
    daily_loss_limit_pct=0.03,
    max_volatility=0.04,
    cooldown_bars=60,
)
COSTS = Costs(fee_rate=0.001, slippage_rate=0.0005)


def same_as_single_runs(cls: type[Strategy], grid: dict[str, list[float]], data: Any, symbol: str | None) -> None:
    table = sweep(cls, grid, data, RISK, symbol=symbol, costs=COSTS, allow_short=True)
    for row in table.to_dict("records"):
        params = {str(name): row[name] for name in grid}
        metrics = Backtest(cls(params), 10_000, RISK, COSTS, allow_short=True).run(data, symbol).metrics
        for name in COLUMNS:
            assert row[name] == pytest.approx(metrics[name], rel=1e-9, abs=1e-12, nan_ok=True), (params, name)


def test_a_sweep_gives_the_metrics_of_single_runs() -> None:
    grid: dict[str, list[float]] = {"fast_period": [5, 20], "slow_period": [30, 60, 90], "max_volatility": [0.02, 0.2]}
    same_as_single_runs(LowVolMomentumStrategy, grid, load_sample("MSFT"), "MSFT")


def test_a_sweep_over_several_symbols_gives_the_metrics_of_single_runs() -> None:
    data = {name: load_sample(name) for name in ("AAPL", "IBM", "KO")}
    grid: dict[str, list[float]] = {"lookback_period": [10, 20], "std_dev_threshold": [1.0, 1.5]}
    same_as_single_runs(MeanReversionStrategy, grid, data, None)


class Everything(Strategy):
    """Shorts, limits, probabilities and stops that differ by combination."""

    window = Param(10, 2, 50, 1, "bars")
    stop = Param(0.05, 0.01, 0.5, 0.01, "stop")

    def signals(self, bars: Any, ind: Any) -> Signals:
        turn = (np.arange(len(bars)) // self.p("window")) % 4
        return Signals(
            entry=(turn == 0) | (turn == 2),
            exit=(turn == 1) | (turn == 3),
            side=np.where(turn == 2, -1, 1).astype(np.int8),
            probability=np.where(turn == 0, 0.6, 0.55),
            payoff=np.ones(turn.shape),
            stop_loss_pct=self.p("stop"),
            take_profit_pct=0.1,
            trailing_stop_pct=0.07,
            limit=bars.close * np.where(turn == 2, 1.002, 0.998),
        )


def test_columns_that_differ_by_combination_give_the_metrics_of_single_runs() -> None:
    same_as_single_runs(Everything, {"window": [5, 8], "stop": [0.02, 0.3]}, load_sample("GOOG"), "GOOG")


def test_a_pair_that_makes_no_sense_is_not_run_and_says_why() -> None:
    table = sweep(LowVolMomentumStrategy, {"fast_period": [10, 40], "slow_period": [30]}, load_sample("SPY"), RISK)
    assert table["problem"].tolist()[0] == ""
    assert "must be shorter" in table["problem"].tolist()[1]
    assert math.isnan(table["total_return"].tolist()[1])


def test_a_run_without_trades_never_ranks_first() -> None:
    grid = {"lookback_period": [20], "std_dev_threshold": [2.0, 4.0], "rsi_oversold": [5, 45]}
    table = sweep(MeanReversionStrategy, grid, load_sample("MSFT"), RISK)
    assert (table["trades"] == 0).any()
    assert table.loc[table["trades"] == 0, "sharpe"].isna().all()
    assert ranked(table)["trades"].iloc[0] > 0
    assert ranked(table)["trades"].iloc[-1] == 0


def test_progress_reaches_the_end_and_cancel_leaves_the_rest_out() -> None:
    told: list[float] = []
    grid = {"fast_period": list(range(2, 60)), "slow_period": list(range(61, 101))}
    data = load_sample("MSFT")
    sweep(LowVolMomentumStrategy, grid, data, RISK, progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0
    table = sweep(LowVolMomentumStrategy, grid, data, RISK, cancel=lambda: True)
    left_out = table["problem"] == "cancelled before it was run"
    assert 0 < left_out.sum() < len(table)
    assert table.loc[left_out, "total_return"].isna().all() and table.loc[~left_out, "total_return"].notna().all()


def test_threads_change_nothing() -> None:
    grid = {"fast_period": list(range(2, 40)), "slow_period": list(range(50, 90))}
    one, two = (sweep(LowVolMomentumStrategy, grid, load_sample("SPY"), RISK, threads=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


class BarwiseCross(BarStrategy):
    """Buys above a mean."""

    window = Param(20, 2, 100, 1, "bars")

    def on_bar(self, context: Any) -> None:
        if context.index >= self.params["window"]:
            above = context.close > context.history("close", self.params["window"]).mean()
            if above and not context.position:
                context.buy()
            elif not above and context.position:
                context.close_position()


def test_a_bar_by_bar_strategy_can_be_swept_too() -> None:
    risk = RiskManager(position_sizer=FixedFraction(0.5))
    table = sweep(BarwiseCross, {"window": [10, 50]}, load_sample("SPY"), risk)
    single = Backtest(BarwiseCross({"window": 50}), 10_000, risk).run(load_sample("SPY"))
    assert table["total_return"].iloc[1] == single.metrics["total_return"]
    assert table["trades"].iloc[1] > 3


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ({}, "the grid is empty"),
        ({"fast_perod": [3]}, "did you mean 'fast_period'"),
        ({"fast_period": []}, "gives no values for fast_period"),
        ({"fast_period": [0]}, r"must lie in \[2, 100\]"),
        ({"fast_period": [2.5]}, "whole number"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(grid: dict[str, list[float]], says: str) -> None:
    with pytest.raises(InvalidParams, match=says):
        sweep(LowVolMomentumStrategy, grid, load_sample("SPY"), RISK)


def test_an_instance_instead_of_the_class_is_refused() -> None:
    with pytest.raises(InvalidParams, match="pass the class itself"):
        sweep(LowVolMomentumStrategy(), {"fast_period": [3]}, load_sample("SPY"), RISK)  # type: ignore[arg-type]


class AlongTheFirstAxis(Strategy):
    """Written for one run: in a block the first axis is the combinations."""

    window = Param(20, 2, 100, 1, "bars")
    mean = SMA("close", "window")

    def signals(self, bars: Any, ind: Any) -> Signals:
        before = np.roll(ind.mean, 1)
        before[0] = np.nan
        return Signals(entry=ind.mean > before, exit=ind.mean < before)


class AsksOneNumber(Strategy):
    """Treats its parameter as a number, which in a block is a column."""

    window = Param(20, 2, 100, 1, "bars")

    def signals(self, bars: Any, ind: Any) -> Signals:
        up = bars.close > np.roll(bars.close, int(self.p("window")))
        return Signals(entry=up, exit=~up)


class Meddles(Strategy):
    """Changes what it was given."""

    window = Param(20, 2, 100, 1, "bars")
    rsi = RSI("close", "window")

    def signals(self, bars: Any, ind: Any) -> Signals:
        r = ind.rsi
        r -= 50
        return Signals(entry=r < -10, exit=r > 10)


@pytest.mark.parametrize("cls", [AlongTheFirstAxis, AsksOneNumber, Meddles])
def test_code_that_does_not_know_blocks_gives_the_numbers_of_single_runs(cls: type[Strategy]) -> None:
    same_as_single_runs(cls, {"window": [5, 10, 20, 40]}, load_sample("SPY"), "SPY")


class Overwrites(Strategy):
    """Writes into the market's prices."""

    def signals(self, bars: Any, ind: Any) -> Signals:
        bars.close[:] = 100.0
        return Signals(entry=bars.close > 0, exit=bars.close < 0)


def test_a_strategy_cannot_change_the_prices() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Backtest(Overwrites(), 10_000).run(load_sample("SPY"))


def test_a_position_still_open_is_not_an_idle_run() -> None:
    table = pd.DataFrame({"exposure": [0.0, 0.97, 0.5], "trades": [0, 0, 3], "sharpe": [np.nan, 1.5, 0.2]})
    assert ranked(table)["sharpe"].tolist()[:2] == [1.5, 0.2]
    table["profit_factor"] = [np.nan, np.inf, 1.2]
    assert ranked(table, "profit_factor")["profit_factor"].iloc[0] == 1.2


def test_the_packages_own_name_is_the_function() -> None:
    from engine import research

    assert research.sweep is sweep
