"""Accounting identities that hold in every run, whatever is switched on."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from engine import BacktestResult
from engine.core import codes as c
from tests.properties.scenarios import Scenario, scenarios
from tests.properties.test_twin import QUIET


def last_marks(scenario: Scenario) -> np.ndarray:
    """Return each symbol's last close at every bar, shape (symbols, bars)."""
    close = scenario.bars.prices[3].copy()
    for s in range(close.shape[0]):
        there = np.isfinite(close[s])
        at = np.maximum.accumulate(np.where(there, np.arange(close.shape[1]), 0))
        close[s] = close[s, at]
    return close


@settings(QUIET, max_examples=60)
@given(scenarios())
def test_equity_is_cash_and_positions_at_the_last_price(scenario: Scenario) -> None:
    result = scenario.run()
    held = np.nan_to_num(result._log.held * last_marks(scenario)).sum(axis=0)
    np.testing.assert_allclose(result.equity_values, result.cash_values + held, rtol=1e-9, atol=1e-6)


@settings(QUIET, max_examples=60)
@given(scenarios())
def test_the_pnl_of_all_trades_is_the_change_in_equity(scenario: Scenario) -> None:
    result = scenario.run()
    made = result.trades["pnl"].sum()
    assert abs(result.equity_values[-1] - scenario.capital - made) < 1e-6 * scenario.capital
    assert abs(result.fills["fee"].sum() - result.metrics["fees"]) < 1e-9 * max(1.0, result.metrics["fees"])


@settings(QUIET, max_examples=60)
@given(scenarios())
def test_no_fill_lies_outside_its_bar_before_slippage(scenario: Scenario) -> None:
    result = scenario.run()
    high, low = scenario.bars.prices[1], scenario.bars.prices[2]
    log = result._log.fills[: result._log.counts[1]]
    top, bottom = high[log["slot"], log["bar"]], low[log["slot"], log["bar"]]
    raw = log["raw_price"]
    known = np.isfinite(top) & np.isfinite(bottom)
    assert (raw[known] <= top[known] * (1 + 1e-12)).all()
    assert (raw[known] >= bottom[known] * (1 - 1e-12)).all()
    against = (log["price"] - raw) * log["side"]
    tick = max(i.tick for i in scenario.bars.instruments)
    most = raw * scenario.costs.slippage_rate + scenario.costs.slippage_range * np.nan_to_num(top - bottom) + tick
    assert (against <= most * (1 + 1e-9) + 1e-9).all()


def exposure_limit_holds(scenario: Scenario, result: BacktestResult) -> None:
    limit = scenario.risk.max_gross_exposure
    marks = last_marks(scenario)
    log = result._log.fills[: result._log.counts[1]]
    for t in np.unique(log["bar"][log["reason"] == c.NO_EXIT]):
        worth = result.equity_values[t]
        gross = np.nansum(np.abs(result._log.held[:, t]) * marks[:, t])
        moved = np.nanmax(np.abs(scenario.bars.prices[1, :, t] / scenario.bars.prices[2, :, t] - 1))
        if np.isfinite(moved) and worth > 0:  # measured at the fill; the rest of the bar may carry it on
            assert gross <= limit * worth * (1 + 3 * moved * (1 + limit)) + 1e-6


@settings(QUIET, max_examples=60)
@given(scenarios(gross=(0.5,), sides=("long",), shorts=False))
def test_cash_never_goes_below_zero_and_nothing_is_bought_with_money_that_is_not_there(scenario: Scenario) -> None:
    result = scenario.run()
    log = result._log.fills[: result._log.counts[1]]
    assert (log["cash"][log["side"] > 0] >= -1e-7 * scenario.capital).all()
    assert (result.cash_values >= -1e-7 * scenario.capital).all()
    exposure_limit_holds(scenario, result)


@settings(QUIET, max_examples=60)
@given(scenarios())
def test_positions_stay_within_their_number_and_quantities_are_whole_lots(scenario: Scenario) -> None:
    result = scenario.run()
    if scenario.risk.max_open_positions is not None:
        assert ((result._log.held != 0).sum(axis=0) <= scenario.risk.max_open_positions).all()
    for s, instrument in enumerate(scenario.bars.instruments):
        if instrument.lot:
            lots = result._log.held[s] / instrument.lot
            assert np.abs(lots - np.round(lots)).max() < 1e-6


@settings(QUIET, max_examples=40)
@given(scenarios())
def test_a_run_can_be_repeated_to_the_last_bit(scenario: Scenario) -> None:
    first, again = scenario.run(), scenario.run()
    assert first.equity_values.tobytes() == again.equity_values.tobytes()
    assert first.decisions.equals(again.decisions)
