"""The law of one path: whole, bar by bar, step by step or in a block, the same rule is the same run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Backtest, BacktestResult, BarStrategy, FixedFraction, KellyCriterion, RiskManager, Strategy
from engine.backtest.rulebook import build_rules, build_terms, session_days, volatility_of
from engine.core.costs import Costs
from engine.core.market import Bars
from engine.numerics.kernels.stage import Desk, Log, Market, advance, simulate
from engine.research.sweep import sweep
from engine.strategies import CATALOGUE
from tests.effort import tried
from tests.properties.rules import BY_HAND, SAMPLES, AskedBarByBar, bundled, parameters, random_bars, sample
from tests.properties.scenarios import Scenario, costs, risks, scenarios, some

STATISTICS = (
    "equity", "cash", "worst", "closed", "wins", "fees", "traded", "sum_r", "sum_r2", "down", "bars_held", "ambiguous",
    "state", "peak",
)  # fmt: skip
RISKS = (
    RiskManager(KellyCriterion(0.5, 0.6, 0.2), max_drawdown_pct=0.08, cooldown_bars=15, daily_loss_limit_pct=0.01),
    RiskManager(FixedFraction(1.0, at_fill=True), max_drawdown_pct=0.15, max_volatility=0.03),
    RiskManager(FixedFraction(0.5), daily_loss_limit_pct=0.02, on_daily_loss="flatten", max_position_pct=0.4),
)


@dataclass
class Path:
    """One way to run: the account as it ends, and what was written down if anything was."""

    account: Any
    log: Log | None = None


def _prepared(backtest: Backtest, bars: Bars, *, log: bool) -> tuple[Any, Market, Any]:
    rules = build_rules(backtest.initial_capital, backtest.risk_manager, backtest.costs, backtest.options)
    rules["log"] = log
    market = Market(
        bars.prices,
        volatility_of(bars, backtest.risk_manager),
        session_days(bars, backtest.risk_manager),
        build_terms(bars, backtest.risk_manager, backtest.costs),
    )
    return backtest._signals(bars, rules), market, rules


def step_by_step(backtest: Backtest, bars: Bars) -> Path:
    """Advance one bar at a time: nothing is coasted over."""
    signals, market, rules = _prepared(backtest, bars, log=True)
    desk, log = Desk(len(bars.instruments)), Log(len(bars.instruments), len(bars), 1 << 14)
    advance(desk, signals, market, rules, log, -1, 0)
    for t in range(len(bars)):
        advance(desk, signals, market, rules, log, t, t + 1)
    return Path(desk.accounts[0], log)


def in_a_block(backtest: Backtest, bars: Bars) -> Path:
    """Run with running statistics only."""
    signals, market, rules = _prepared(backtest, bars, log=False)
    return Path(simulate(Desk(len(bars.instruments)), signals, market, rules)[0])


def same_log(one: Log, other: Log) -> None:
    """Two runs wrote down the same, bit for bit."""
    np.testing.assert_array_equal(one.counts, other.counts)
    for name, count in (("decisions", 0), ("fills", 1), ("trades", 2)):
        rows = [getattr(log, name)[: log.counts[count]] for log in (one, other)]
        for field in rows[0].dtype.names:
            np.testing.assert_array_equal(rows[0][field], rows[1][field], err_msg=f"{name}.{field}")
    np.testing.assert_array_equal(one.curve, other.curve)
    np.testing.assert_array_equal(one.held, other.held)


def all_paths_agree(backtest: Backtest, bars: Bars) -> BacktestResult:
    whole = backtest.run(bars)
    stepped, block = step_by_step(backtest, bars), in_a_block(backtest, bars)
    assert stepped.log is not None
    same_log(whole._log, stepped.log)
    for name in STATISTICS:
        assert whole._account[name] == stepped.account[name], name
        assert whole._account[name] == block.account[name], name
    equity = whole.equity_values
    assert equity[-1] == block.account["equity"]
    assert whole.metrics["max_drawdown"] == pytest.approx(block.account["worst"], rel=1e-12, abs=1e-15)
    return whole


@st.composite
def backtests(draw: st.DrawFn, strategy: Strategy | BarStrategy) -> Backtest:
    return Backtest(
        strategy,
        10_000,
        draw(risks(clustered=False)),
        draw(costs(volume=False)),
        fill=draw(some("next_open", "close")),
        stops_from=draw(some("entry_bar", "next_bar")),
    )


@tried(100)
@given(scenarios())
def test_any_run_is_the_same_whole_step_by_step_and_in_a_block(scenario: Scenario) -> None:
    all_paths_agree(scenario.backtest(), scenario.bars)


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
@tried(12)
@given(st.data())
def test_a_strategy_of_the_catalogue_is_the_same_on_every_path(cls: type[Strategy], data: st.DataObject) -> None:
    bars = data.draw(random_bars() | bundled(600))
    all_paths_agree(data.draw(backtests(cls(data.draw(parameters(cls))))), bars)


def same_run(one: BacktestResult, other: BacktestResult) -> None:
    for name in ("bar", "quantity", "price", "raw_price", "fee", "cash", "reason"):
        assert one.fills[name].tolist() == other.fills[name].tolist(), name
    np.testing.assert_array_equal(one.equity_values, other.equity_values)
    assert one.decisions["code"].tolist() == other.decisions["code"].tolist()


def both_ways(backtest: Backtest, other: BarStrategy, bars: Bars) -> None:
    o = backtest.options
    barwise = Backtest(
        other, backtest.initial_capital, backtest.risk_manager, backtest.costs,
        o.fill, o.allow_short, o.stops_from, o.stop_basis, o.nan,
    )  # fmt: skip
    same_run(backtest.run(bars), barwise.run(bars))


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
@tried(6)
@given(st.data())
def test_a_strategy_asked_at_every_close_gives_the_same_run(cls: type[Strategy], data: st.DataObject) -> None:
    bars = data.draw(random_bars(60, 150) | bundled(150))
    params = data.draw(parameters(cls))
    both_ways(data.draw(backtests(cls(params))), AskedBarByBar(cls, params, bars.one(bars.symbols[0])), bars)


@pytest.mark.parametrize("cls", BY_HAND, ids=lambda cls: cls.name)
@tried(12)
@given(st.data())
def test_the_same_rule_written_by_hand_bar_by_bar_gives_the_same_run(cls: type[Strategy], data: st.DataObject) -> None:
    params = data.draw(parameters(cls))
    bars = data.draw(random_bars() | bundled(400))
    both_ways(data.draw(backtests(cls(params))), BY_HAND[cls](params), bars)


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
@tried(4)
@given(st.data())
def test_a_block_of_combinations_is_each_of_them_alone(cls: type[Strategy], data: st.DataObject) -> None:
    bars = data.draw(bundled(500))
    sets = [data.draw(parameters(cls)) for _ in range(3)]
    grid = {name: sorted({s[name] for s in sets}) for name in cls.PARAMS}
    if not grid:
        return  # without parameters there is nothing to sweep
    risk, cost = data.draw(risks(clustered=False)), data.draw(costs(volume=False))
    table = sweep(cls, grid, bars, risk, costs=cost, threads=1)
    for params in sets:
        row = table[np.all([table[name] == value for name, value in params.items()], axis=0)].iloc[0]
        alone = Backtest(cls(params), 10_000, risk, cost).run(bars).metrics
        for name in ("total_return", "max_drawdown", "trades", "fees", "final_equity"):
            assert row[name] == pytest.approx(alone[name], rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("cls", BY_HAND, ids=lambda cls: cls.name)
def test_the_defaults_trade_on_real_prices_and_are_one_path(cls: type[Strategy], risk: RiskManager) -> None:
    backtest = Backtest(cls(), 10_000, risk, Costs(fee_rate=0.001, slippage_rate=0.0005))
    for symbol in SAMPLES:
        result = all_paths_agree(backtest, sample(symbol))
        both_ways(backtest, BY_HAND[cls](), sample(symbol))
        assert symbol != "MSFT" or len(result.fills) > 0


@tried(20)
@given(scenarios())
def test_a_run_can_be_repeated_to_the_last_bit(scenario: Scenario) -> None:
    backtest = scenario.backtest()
    same_log(backtest.run(scenario.bars)._log, backtest.run(scenario.bars)._log)
