"""One path: a run as a whole, a bar at a time, in a block of a sweep, and written bar by bar are the same run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    Backtest,
    BacktestResult,
    BarStrategy,
    BuyAndHoldStrategy,
    Costs,
    FixedFraction,
    KellyCriterion,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    RiskManager,
    Strategy,
    load_sample,
)
from engine.backtest.backtest import as_bars
from engine.backtest.encode import Present, check_signals, encode
from engine.backtest.rulebook import build_rules, build_terms, session_days, volatility_of
from engine.core.errors import InputError
from engine.numerics.kernels.stage import Desk, Log, Market, advance, simulate
from engine.research.robustness import check_lookahead
from engine.strategies import CATALOGUE
from tests.properties.scenarios import Scenario, scenarios
from tests.properties.test_twin import QUIET

RISKS = (
    RiskManager(KellyCriterion(0.5, 0.6, 0.2), max_drawdown_pct=0.08, cooldown_bars=15, daily_loss_limit_pct=0.01),
    RiskManager(FixedFraction(1.0, at_fill=True), max_drawdown_pct=0.15, max_volatility=0.03),
    RiskManager(FixedFraction(0.5), daily_loss_limit_pct=0.02, on_daily_loss="flatten", max_position_pct=0.4),
)
COSTS = Costs(fee_rate=0.001, slippage_rate=0.0005)


def staged(backtest: Backtest, data: Any) -> tuple[Any, Any, Any, Any]:
    """Return (signals, market, rules, bars) of a run, so that a test can drive it."""
    bars = as_bars(data, nan=backtest.options.nan)
    risk, costs = backtest.risk_manager, backtest.costs
    rules = build_rules(backtest.initial_capital, risk, costs, backtest.options)
    market = Market(bars.prices, volatility_of(bars, risk), session_days(bars, risk), build_terms(bars, risk, costs))
    present = [Present(bars, s) for s in range(len(bars.instruments))]
    strategy = backtest.strategy
    assert isinstance(strategy, Strategy)
    found = [check_signals(strategy.signals(p.bars, strategy.indicators(p.bars)), "strategy", p.bars) for p in present]
    return encode(found, present, len(bars), 1, rules), market, rules, bars


def a_bar_at_a_time_is_the_same(backtest: Backtest, data: Any, whole: BacktestResult) -> None:
    signals, market, rules, bars = staged(backtest, data)
    rules["log"] = 1
    desk, log = Desk(len(bars.instruments)), Log(len(bars.instruments), len(bars), len(whole._log.decisions))
    advance(desk, signals, market, rules, log, -1, 0)
    for t in range(len(bars)):
        advance(desk, signals, market, rules, log, t, t + 1)
    assert log.curve.tobytes() == whole._log.curve.tobytes()
    assert log.held.tobytes() == whole._log.held.tobytes()
    assert (log.counts == whole._log.counts).all()
    for name, count in zip(("decisions", "fills", "trades"), log.counts, strict=True):
        assert getattr(log, name)[:count].tobytes() == getattr(whole._log, name)[:count].tobytes(), name


def a_block_is_the_same(backtest: Backtest, data: Any, whole: BacktestResult) -> None:
    signals, market, rules, bars = staged(backtest, data)
    account = simulate(Desk(len(bars.instruments)), signals, market, rules)[0]
    for name in (
        "equity",
        "cash",
        "worst",
        "fees",
        "traded",
        "sum_r",
        "sum_r2",
        "down",
        "closed",
        "state",
        "bars_held",
    ):
        assert account[name] == whole._account[name], name


def catalogue_cases() -> Any:
    return st.tuples(st.sampled_from(CATALOGUE), st.sampled_from(RISKS), st.sampled_from(("MSFT", "SPY", "GOOG", "KO")))


def drawn(cls: type[Strategy], data: st.DataObject) -> Strategy:
    """Return the strategy with random parameters that make sense together."""
    params = {
        name: data.draw(
            st.integers(int(p.low), int(min(p.high, 80))) if p.whole else st.floats(p.low, p.high), label=name
        )
        for name, p in cls.PARAMS.items()
    }
    try:
        return cls(params)
    except InputError:
        return cls()


@settings(QUIET, max_examples=25)
@given(catalogue_cases(), st.data())
def test_every_strategy_of_the_catalogue_is_one_path(case: Any, data: st.DataObject) -> None:
    cls, risk, symbol = case
    frame = load_sample(symbol).iloc[:900]
    backtest = Backtest(drawn(cls, data), 10_000, risk, COSTS)
    whole = backtest.run(frame)
    a_bar_at_a_time_is_the_same(backtest, frame, whole)
    a_block_is_the_same(backtest, frame, whole)


@settings(QUIET, max_examples=60)
@given(scenarios())
def test_any_signals_under_any_limits_are_one_path(scenario: Scenario) -> None:
    whole = scenario.run()
    a_bar_at_a_time_is_the_same(scenario.backtest(), scenario.bars, whole)
    a_block_is_the_same(scenario.backtest(), scenario.bars, whole)


@settings(QUIET, max_examples=15)
@given(st.sampled_from(CATALOGUE), st.data())
def test_every_strategy_of_the_catalogue_keeps_the_prefix_law(cls: type[Strategy], data: st.DataObject) -> None:
    frame = load_sample(data.draw(st.sampled_from(("MSFT", "SPY", "IBM")), label="symbol"))
    start = data.draw(st.integers(0, 200), label="start")
    assert check_lookahead(drawn(cls, data), frame.iloc[start : start + 300], cuts=8).clean


class MeanReversionByBar(BarStrategy):
    """The rule of MeanReversionStrategy, a bar at a time."""

    PARAMS = MeanReversionStrategy.PARAMS
    INDICATORS = MeanReversionStrategy.INDICATORS

    def on_bar(self, context: Any) -> None:
        p, ind = context.params, context.ind
        if context.close >= ind.mean:
            context.close_position()
        lower = ind.mean - p.std_dev_threshold * ind.deviation
        calm = ind.deviation > 0 and ind.volatility <= p.volatility_filter
        if context.close < lower and ind.rsi < p.rsi_oversold and calm:
            context.buy()


class LowVolMomentumByBar(BarStrategy):
    """The rule of LowVolMomentumStrategy, a bar at a time."""

    PARAMS = LowVolMomentumStrategy.PARAMS
    INDICATORS = LowVolMomentumStrategy.INDICATORS

    def on_bar(self, context: Any) -> None:
        ind = context.ind
        if ind.fast < ind.slow:
            context.close_position()
        elif ind.fast > ind.slow and ind.volatility <= context.params.max_volatility:
            context.buy()


class BuyAndHoldByBar(BarStrategy):
    """The rule of BuyAndHoldStrategy, a bar at a time."""

    def on_bar(self, context: Any) -> None:
        context.buy()


TWICE = (
    (MeanReversionStrategy, MeanReversionByBar),
    (LowVolMomentumStrategy, LowVolMomentumByBar),
    (BuyAndHoldStrategy, BuyAndHoldByBar),
)


@pytest.mark.parametrize(("at_once", "by_bar"), TWICE)
@pytest.mark.parametrize("risk", RISKS)
def test_the_same_rule_written_both_ways_gives_the_same_result(
    at_once: type[Strategy], by_bar: type[BarStrategy], risk: RiskManager
) -> None:
    frame = load_sample("MSFT").iloc[:1500]
    one, two = (Backtest(cls(), 10_000, risk, COSTS).run(frame) for cls in (at_once, by_bar))
    assert one.equity_values.tobytes() == two.equity_values.tobytes()
    assert one.fills.equals(two.fills)
    assert one.decisions.equals(two.decisions)
    assert np.array_equal(one.trades["pnl"], two.trades["pnl"])
    assert len(one.fills) > 0
