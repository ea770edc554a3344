"""The compiled engine and its plain-Python twin tell the same story of any run on event markets."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from engine import BacktestResult
from engine.core import codes as c
from tests.effort import tried
from tests.engine_twin.book import Story
from tests.properties.event_scenarios import EventScenario, event_scenarios
from tests.properties.test_twin import agree, decisions_agree, fills_agree


def trades_agree(result: BacktestResult, story: Story, capital: float) -> None:
    log = result._log.trades[: result._log.counts[2]]
    names = (
        "slot",
        "entry_bar",
        "exit_bar",
        "reason",
        "quantity",
        "entry_price",
        "exit_price",
        "fees",
        "pnl",
        "worst",
        "best",
    )
    got = [[row[name] for name in names] for row in log]
    wanted = [
        (
            t.symbol,
            t.entry_bar,
            t.exit_bar,
            t.reason,
            t.quantity,
            t.entry_price,
            t.exit_price,
            t.fees,
            t.pnl,
            t.worst,
            t.best,
        )
        for t in sorted(story.trades, key=lambda t: (t.exit_bar, t.symbol))
    ]
    agree("trade", got, wanted, (-1, -1, -1, -1, 0.0, 0.0, 0.0, 0.0, capital, 1.0, 1.0))


@tried(100)
@given(event_scenarios())
def test_the_engine_and_its_twin_agree_on_events_to_the_settlement(scenario: EventScenario) -> None:
    result, story = scenario.run(), scenario.story()
    decisions_agree(result, story)
    fills_agree(result, story, scenario.capital)
    trades_agree(result, story, scenario.capital)
    for name, got, wanted in (
        ("equity", result.equity_values, story.equity),
        ("cash", result.cash_values, story.cash),
        ("held", result._log.held, np.array(story.held).T),
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9 * scenario.capital, err_msg=name)
    assert result.ambiguous_bars == story.ambiguous
    assert result.state == c.STATES[story.state]
