"""The compiled engine and its plain-Python twin tell the same story of any run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given

from engine import BacktestResult
from engine.core import codes as c
from tests.effort import tried
from tests.engine_twin.book import Story
from tests.engine_twin.loop import run
from tests.properties.scenarios import Scenario, scenarios


def same(got: float, wanted: float, scale: float = 0.0) -> bool:
    """Compare within 1e-9, relative to the larger of the value and `scale`; NaN equals NaN."""
    if math.isnan(got) or math.isnan(wanted):
        return math.isnan(got) and math.isnan(wanted)
    return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-9 * max(scale, 1e-3))


def agree(name: str, rows: Sequence[Sequence[Any]], wanted: Sequence[Sequence[Any]], scales: Sequence[float]) -> None:
    """Compare two tables row by row: whole numbers exactly, the columns with a scale within 1e-9."""
    for k, (row, other) in enumerate(zip(rows, wanted, strict=False)):
        for value, should, scale in zip(row, other, scales, strict=True):
            equal = value == should if scale < 0 else same(float(value), float(should), scale)
            assert equal, f"{name} {k}: engine {row}, twin {other}"
    assert len(rows) == len(wanted), f"{name}: {len(rows)} in the engine, {len(wanted)} in the twin"


def decisions_agree(result: BacktestResult, story: Story) -> None:
    log = result._log.decisions[: result._log.counts[0]]
    got = [(d["bar"], d["slot"], int(d["code"]), d["asked"], d["allowed"], d["price"]) for d in log]
    # what is said of one symbol on one bar has an order; between symbols there is none
    wanted = sorted(story.decisions, key=lambda d: (d.bar, d.symbol))
    rows = [(d.bar, d.symbol, d.code, d.asked, d.allowed, d.price) for d in wanted]
    agree("decision", got, rows, (-1, -1, -1, 1.0, 1.0, 1.0))


def fills_agree(result: BacktestResult, story: Story, capital: float) -> None:
    log = result._log.fills[: result._log.counts[1]]
    got = [
        (
            f["bar"],
            f["slot"],
            int(f["side"]),
            int(f["reason"]),
            f["quantity"],
            f["price"],
            f["raw_price"],
            f["fee"],
            f["cash"],
        )
        for f in log
    ]
    rows = [
        (f.bar, f.symbol, f.side, f.reason, f.quantity, f.price, f.raw, f.fee, f.cash)
        for f in sorted(story.fills, key=lambda f: (f.bar, f.symbol))
    ]
    # the log keeps fills by symbol, cash is what the account had after each
    agree("fill", got, rows, (-1, -1, -1, -1, 0.0, 0.0, 0.0, 0.0, capital))


def trades_agree(result: BacktestResult, story: Story, capital: float) -> None:
    closed = result.trades[result.trades["exit_reason"] != c.EXITS[c.NO_EXIT]]
    names = [
        "symbol",
        "side",
        "entry_bar",
        "exit_bar",
        "exit_reason",
        "quantity",
        "entry_price",
        "exit_price",
        "fees",
        "pnl",
    ]
    got = [list(row) for row in closed[[*names, "mae", "mfe"]].itertuples(index=False)]
    rows = []
    for t in sorted(story.trades, key=lambda t: (t.exit_bar, t.symbol)):
        far = [t.side * (price / t.entry_price - 1.0) for price in (t.worst, t.best)]
        rows.append(
            [result.bars.symbols[t.symbol], "long" if t.side > 0 else "short", t.entry_bar, t.exit_bar, c.EXITS[t.reason],
             t.quantity, t.entry_price, t.exit_price, t.fees, t.pnl, min(far[0], 0.0), max(far[1], 0.0)]
        )  # fmt: skip
    agree("trade", got, rows, (-1, -1, -1, -1, -1, 0.0, 0.0, 0.0, 0.0, capital, 1.0, 1.0))


def stories_agree(scenario: Scenario) -> tuple[BacktestResult, Story]:
    result = scenario.run()
    story = run(scenario.bars, scenario.script, scenario.capital, scenario.risk, scenario.costs, scenario.options)
    capital = scenario.capital
    decisions_agree(result, story)
    fills_agree(result, story, capital)
    trades_agree(result, story, capital)
    for name, got, wanted in (
        ("equity", result.equity_values, story.equity),
        ("cash", result.cash_values, story.cash),
        ("held", result._log.held, np.array(story.held).T),
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9 * capital, err_msg=name)
    assert result.ambiguous_bars == story.ambiguous
    assert result.state == c.STATES[story.state]
    return result, story


@tried(250)
@given(scenarios())
def test_the_engine_and_its_twin_agree_on_every_fill_decision_trade_and_value(scenario: Scenario) -> None:
    stories_agree(scenario)
