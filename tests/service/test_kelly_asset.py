"""Leverage on the Kelly page is the engine's, and Chan's."""

from __future__ import annotations

from typing import Any

import pytest

from engine import service
from engine.risk import growth, kelly_math

SIZING = service.Sizing()
OPEN = service.Sizing(fraction=1.0, max_position_pct=1.0, min_position_pct=0.0)


def test_an_asset_is_chans_example() -> None:
    sizing = service.Sizing(max_position_pct=1.0)
    view = service.continuous(0.1123, 0.1691, 0.04, sizing)
    assert view.size.full == pytest.approx(2.528, abs=1e-3)
    assert view.kelly.growth_at_kelly == pytest.approx(0.1314, abs=1e-4)
    assert view.size == sizing.criterion.continuous(0.1123, 0.1691, 0.04)
    assert view.multiple == pytest.approx(0.25)
    assert view.growth == view.kelly.growth(view.size.position)
    assert view.double_before_half == growth.prob_reach(2.0, 0.5, view.multiple)
    assert view.terminal == growth.terminal_wealth(view.multiple, view.kelly.sharpe, 10.0, 0.04)
    assert view.within[3] == growth.prob_min_wealth_below(view.multiple, view.kelly.sharpe, 10.0, 0.5)


def test_the_trap_of_the_log_mean_is_told_both_ways() -> None:
    mean, sigma, r = 0.05, 0.20, 0.0
    as_log = service.continuous(mean, sigma, r, SIZING, log_mean=True)
    as_simple = service.continuous(mean, sigma, r, SIZING)
    assert (as_simple.size.full, as_log.size.full) == pytest.approx((1.25, 1.75))
    assert as_log.full_otherwise == as_simple.size.full
    assert as_simple.full_otherwise == as_log.size.full


def test_the_leverage_curve_marks_kelly_and_twice_kelly_where_cash_is_as_good() -> None:
    view = service.continuous(0.1123, 0.1691, 0.04, OPEN)
    marks = {mark.name: mark for mark in service.leverage_curve(view).marks}
    twice = next(mark for name, mark in marks.items() if name.startswith("Twice"))
    assert twice.growth == pytest.approx(0.04)
    assert marks["Full Kelly"].growth == view.kelly.growth_at_kelly
    assert marks["Your stake"].stake == 1.0
    assert service.leverage_falls(view).multiples[-1] == view.multiple


def test_the_simulated_years_agree_with_the_exact_law() -> None:
    sizing = service.Sizing(max_position_pct=1.0)
    view = service.continuous(0.1123, 0.1691, 0.04, sizing)
    fan = simulated(view, sizing)
    assert fan.steps[-1] == 10.0
    assert fan.median_final == pytest.approx(view.terminal.median * 10_000.0, rel=0.03)
    assert fan.bands[0, -1] == pytest.approx(view.terminal.q05 * 10_000.0, rel=0.05)
    assert fan.bands[-1, -1] == pytest.approx(view.terminal.q95 * 10_000.0, rel=0.05)
    assert fan.p_loss == pytest.approx(view.terminal.p_loss, abs=0.01)


def simulated(view: Any, sizing: Any) -> Any:
    fan = service.outlook(view, sizing, 1)
    assert fan is not None
    return fan


@pytest.mark.parametrize("years", [1.0, 3.0, 30.0])
def test_the_years_are_simulated_to_their_end(years: float) -> None:
    view = service.continuous(0.11, 0.17, 0.04, OPEN, years=years)
    assert simulated(view, OPEN).steps[-1] == pytest.approx(years)


def test_below_cash_nothing_is_held_and_nothing_simulated() -> None:
    view = service.continuous(0.02, 0.17, 0.04, SIZING)
    assert (view.exposure, view.multiple, view.growth) == (0.0, 0.0, 0.04)
    assert service.outlook(view, SIZING) is None
    assert service.leverage_curve(view).marks == ()
    assert service.leverage_tolerance(view, SIZING, 0.7, 0.1).stake == 0.0


def test_other_drifts_give_other_positions() -> None:
    view = service.continuous(0.11, 0.17, 0.04, OPEN)
    for row in service.drift_rows(view, OPEN):
        other = kelly_math.kelly_continuous(row.mu, 0.17, 0.04)
        assert (row.size.full, row.growth_of_yours) == (other.raw, other.growth(view.size.position))
