"""What the Kelly page is told of a bet equals what the engine's functions return, and what the vectors expect."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import service
from engine.core.errors import InvalidConfig
from engine.risk import growth, kelly_math
from engine.risk.kelly import KellyCriterion
from engine.risk.paths import simulate_kelly_paths
from engine.service import kelly_law as law_views
from tests.vectors.runner import BUNDLED, load

SIZING = service.Sizing()
OPEN = service.Sizing(fraction=1.0, max_position_pct=1.0, min_position_pct=0.0)
COIN = service.Law(0.55, 1.0)


def cases(file: str, function: str) -> list[Any]:
    found = [case for case in load(BUNDLED / f"{file}.json") if case["function"] == function]
    return [pytest.param(case, id=case["id"]) for case in found]


@pytest.mark.parametrize("case", cases("01_kelly_single", "kelly_binary"))
def test_a_bet_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    given_, expected = case["inputs"], case["expected"]
    if "raises" in expected:
        with pytest.raises(InvalidConfig):
            service.bet(given_["p"], given_["b"], OPEN, a=given_.get("a", 1.0))
        return
    view = service.bet(given_["p"], given_["b"], SIZING, a=given_.get("a", 1.0))
    if "kelly_raw" in expected:
        assert view.size.full == pytest.approx(expected["kelly_raw"], abs=1e-12)
    if "kelly" in expected:
        assert view.kelly.kelly == pytest.approx(expected["kelly"], abs=1e-12)
    if "edge_per_unit" in expected:
        assert view.kelly.edge == pytest.approx(expected["edge_per_unit"], abs=1e-12)


def test_the_first_sentence_of_the_page_has_its_numbers() -> None:
    view = service.bet(0.55, 1.0, SIZING)
    assert (view.stake, view.win, view.loss) == pytest.approx((250.0, 250.0, 250.0))
    assert view.size == SIZING.criterion.binary(0.55, 1.0)
    assert view.growth == growth.growth_rate(view.size.position, 0.55, 1.0)
    assert view.doubling_bets == pytest.approx(math.log(2) / view.growth)


@pytest.mark.parametrize(
    ("kind", "odds", "b"),
    [("net", 2.5, 2.5), ("decimal", 3.5, 2.5), ("american", 250, 2.5), ("fractional", "5/2", 2.5), ("price", 0.4, 1.5)],
)
def test_odds_are_read_in_every_way_of_quoting_them(kind: str, odds: float | str, b: float) -> None:
    assert service.bet(0.5, odds, SIZING, kind=kind).law.b == pytest.approx(b)


def test_costs_take_from_the_win_and_add_to_the_loss() -> None:
    view = service.bet(0.6, 1.0, SIZING, cost=0.02)
    assert (view.law.b, view.law.a) == (0.98, 1.02)
    assert view.size.full == kelly_math.kelly_binary(0.6, 1.0, 1.0, 0.02).raw


def test_without_an_edge_the_stake_is_nothing_and_full_kelly_stays_negative() -> None:
    view = service.bet(0.48, 1.0, SIZING)
    assert (view.stake, view.growth, view.size.reason) == (0.0, 0.0, "no_edge")
    assert view.size.full == pytest.approx(-0.04)
    assert math.isnan(view.doubling_bets)


def test_limits_are_those_of_the_sizer_of_the_backtest() -> None:
    sizing = service.Sizing(5_000.0, 0.5, 0.05, 0.02)
    assert sizing.criterion == KellyCriterion(0.5, 0.05, 0.02)
    assert service.bet(0.6, 1.0, sizing).size.reason == "capped"
    assert service.bet(0.51, 1.0, sizing).size.reason == "below_min"
    with pytest.raises(InvalidConfig, match="min_position_pct"):
        service.Sizing(5_000.0, 0.5, 0.05, 0.06)
    with pytest.raises(InvalidConfig, match="bankroll"):
        service.Sizing(0.0)


def test_the_quick_reference_is_the_published_one() -> None:
    rows = [(row.p, row.b, row.full, row.half, row.quarter) for row in service.reference()]
    wanted = [
        (0.55, 1.0, 0.10, 0.05, 0.025),
        (0.60, 1.0, 0.20, 0.10, 0.05),
        (0.50, 2.0, 0.25, 0.125, 0.0625),
        (0.40, 3.0, 0.20, 0.10, 0.05),
    ]
    assert rows == [pytest.approx(row) for row in wanted]
    assert [row.growth for row in service.reference()] == pytest.approx([0.00501, 0.02014, 0.05889, 0.05412], abs=1e-5)


@pytest.mark.parametrize("case", cases("02_kelly_growth_drawdown", "growth_curve"))
def test_the_growth_curve_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    p, b, expected = case["inputs"]["p"], case["inputs"]["b"], case["expected"]
    law = service.Law(p, b)
    view = service.growth_view(law, 0.25 * law.kelly)
    marks = {mark.name: mark for mark in view.marks}
    by_multiple = dict(zip(case["inputs"]["c"], expected["growth"], strict=True))
    assert marks["Full Kelly"].growth == pytest.approx(by_multiple[1], abs=1e-9)
    assert marks["Half Kelly"].growth == pytest.approx(by_multiple[0.5], abs=1e-9)
    assert marks["Your stake (quarter Kelly)"].growth == pytest.approx(by_multiple[0.25], abs=1e-9)
    assert marks["Zero growth"].stake == pytest.approx(expected["zero_growth_f"], abs=1e-9)
    assert view.growth.tolist() == growth.growth_rate(view.stakes, p, b).tolist()
    assert view.stakes[-1] > marks["Zero growth"].stake


def test_a_stake_of_its_own_is_marked_beside_the_named_ones() -> None:
    marks = service.growth_view(COIN, 0.03).marks
    assert [mark.name for mark in marks] == ["Full Kelly", "Half Kelly", "Quarter Kelly", "Zero growth", "Your stake"]
    assert marks[-1].growth == growth.growth_rate(0.03, 0.55, 1.0)


def test_without_an_edge_nothing_is_marked_and_the_curve_falls() -> None:
    view = service.growth_view(service.Law(0.45, 1.0), 0.0)
    assert view.marks == ()
    assert (np.diff(view.growth) < 0).all()


def test_a_sure_win_has_a_curve_without_zero_growth() -> None:
    view = service.growth_view(service.Law(1.0, 1.0), 0.1)
    assert "Zero growth" not in [mark.name for mark in view.marks]
    assert np.isfinite(view.growth).all()


def test_the_chances_of_falling_are_the_closed_form() -> None:
    view = service.fall_view(COIN.multiple(0.03), COIN, 0.03)
    assert view.columns == ("Full Kelly", "Half Kelly", "Quarter Kelly", "Tenth Kelly", "Your stake")
    assert view.multiples[-1] == pytest.approx(0.3)
    for row, level in enumerate(view.levels):
        assert view.chance[row] == pytest.approx([growth.prob_drawdown_below(c, level) for c in view.multiples])
    assert view.chance[view.levels.index(0.5)][:3] == pytest.approx([0.5, 0.125, 0.0078125])
    theta = growth.drawdown_exponent(0.55, 1.0, 0.03)
    assert view.bound == pytest.approx([level**theta for level in view.levels])
    assert view.named_chance.tolist() == view.chance[:, :4].tolist()


def test_the_own_stake_shares_its_column_with_the_one_it_equals() -> None:
    view = service.fall_view(0.5)
    assert view.columns == ("Full Kelly", "Quarter Kelly", "Tenth Kelly", "Your stake (half Kelly)")
    assert view.named == ("Full Kelly", "Half Kelly", "Quarter Kelly", "Tenth Kelly")
    assert np.isnan(view.bound).all()


def test_without_a_stake_only_the_named_ones_are_shown() -> None:
    assert service.fall_view(0.0).columns == service.fall_view(0.0).named


def test_the_fan_is_the_simulation_in_dollars() -> None:
    fan = service.fan_view(COIN, 0.025, 10_000.0, 250, 7)
    runs = simulate_kelly_paths(0.55, 1.0, 0.025, 250, law_views.PATHS, 7)
    assert fan.quantiles == (0.05, 0.25, 0.5, 0.75, 0.95)
    assert fan.bands[:, -1] == pytest.approx(runs.bands[:, -1] * 10_000.0)
    assert fan.steps[[0, -1]].tolist() == [0.0, 250.0]
    assert (fan.median_max_drawdown, fan.p_loss) == (runs.median_max_drawdown, runs.p_final_below_start)
    assert fan.ever_below == tuple(runs.p_ever_below(level) for level in service.LEVELS)
    assert (fan.bands == service.fan_view(COIN, 0.025, 10_000.0, 250, 7).bands).all()
    assert fan.median_max_drawdown == pytest.approx(0.25, abs=0.015)


@pytest.mark.parametrize("n", [1, 50, 99, 100, 250, 1000])
def test_the_steps_of_a_fan_reach_from_the_start_to_the_end(n: int) -> None:
    steps = law_views.shown_steps(n)
    assert (steps[0], steps[-1]) == (0, n)
    assert (np.diff(steps) > 0).all()


def test_other_probabilities_give_other_sizes_and_tell_what_the_stake_would_earn() -> None:
    rows = service.doubt_rows(COIN, SIZING, 0.025)
    assert [row.shift for row in rows] == [-0.05, -0.02, -0.01, 0.0, 0.01, 0.02, 0.05]
    for row in rows:
        assert row.size == SIZING.criterion.binary(row.p, 1.0)
        assert row.stake == row.size.position * 10_000.0
        assert row.growth_of_yours == growth.growth_rate(0.025, row.p, 1.0)


def test_no_row_leaves_the_range_of_a_probability() -> None:
    assert [row.shift for row in service.doubt_rows(service.Law(0.985, 1.0), SIZING, 0.1)] == [
        -0.05,
        -0.02,
        -0.01,
        0,
        0.01,
    ]


def test_baker_mchale_halves_kelly_of_a_coin_seen_99_times() -> None:
    view = service.shrink_view(COIN, SIZING, 99)
    assert view.factor == pytest.approx(0.5)
    assert view.error == kelly_math.rate_error(0.55, 99)
    assert view.size == SIZING.criterion.size(view.factor * COIN.kelly)
    assert service.shrink_view(COIN, SIZING, 500).factor == pytest.approx(0.83, abs=0.005)


def test_baker_mchale_does_not_depend_on_how_a_partial_loss_is_written() -> None:
    half = service.shrink_view(service.Law(0.6, 1.0, 0.5), OPEN, 100)
    assert half.factor == service.shrink_view(service.Law(0.6, 2.0, 1.0), OPEN, 100).factor


def test_the_fall_one_fears_gives_the_stake() -> None:
    view = service.tolerance_view(COIN, SIZING, 0.7, 0.1)
    assert view.multiple == growth.kelly_fraction_for_drawdown(0.7, 0.1).multiple == pytest.approx(0.268, abs=1e-3)
    assert view.position == growth.rck_binary(0.55, 1.0, 0.7, 0.1)
    assert view.stake == view.position * 10_000.0


@settings(max_examples=40, deadline=None)
@given(st.floats(0.005, 0.995), st.floats(0.05, 20.0), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_every_bet_has_a_whole_set_of_views(p: float, b: float, a: float, fraction: float) -> None:
    sizing = service.Sizing(fraction=fraction)
    view = service.bet(p, b, sizing, a=a)
    position = view.size.position
    curve = service.growth_view(view.law, position)
    assert np.isfinite(curve.growth).all()
    assert all(np.isfinite(mark.growth) for mark in curve.marks)
    falls = service.fall_view(view.law.multiple(position) if position else 0.0, view.law, position)
    assert ((falls.chance >= 0) & (falls.chance <= 1)).all()
    assert len(service.doubt_rows(view.law, sizing, position)) >= 3
    if position:
        assert position <= view.size.full * fraction * (1 + 1e-12)
        assert 0 <= service.shrink_view(view.law, sizing, 50).factor <= 1
