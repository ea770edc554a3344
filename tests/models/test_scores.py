"""Scores: their identities on any forecasts, and the interval shared with the Kelly pages."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.models import scores
from engine.risk.kelly_math import wilson_interval

DRAWN = settings(deadline=None, derandomize=True, max_examples=100)
ROWS = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=80)


@DRAWN
@given(ROWS, st.integers(1, 25))
def test_the_brier_score_is_the_sum_of_its_parts(rows: list[tuple[float, bool]], bins: int) -> None:
    p, y = [row[0] for row in rows], [float(row[1]) for row in rows]
    parts = scores.brier_parts(p, y, bins)
    assert parts.total == pytest.approx(scores.brier(p, y), abs=1e-12)
    assert min(parts.reliability, parts.resolution, parts.uncertainty, parts.within_variance) >= 0.0


def test_the_classic_three_parts_are_exact_when_a_bins_forecasts_are_equal() -> None:
    p, y = [0.1] * 10 + [0.7] * 10, [1.0] + [0.0] * 9 + [1.0] * 6 + [0.0] * 4
    parts = scores.brier_parts(p, y)
    assert parts.brier == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty)
    assert parts.within_variance == pytest.approx(0.0, abs=1e-15)
    assert parts.reliability == pytest.approx(0.5 * 0.1**2)


@DRAWN
@given(ROWS, st.integers(1, 12), st.sampled_from(["width", "mass"]))
def test_a_calibration_curve_holds_every_forecast_once(
    rows: list[tuple[float, bool]], bins: int, by: Literal["width", "mass"]
) -> None:
    p, y = [row[0] for row in rows], [float(row[1]) for row in rows]
    curve = scores.calibration_curve(p, y, bins, by)
    assert sum(one.n for one in curve.bins) == len(rows)
    assert sum(one.n * one.outcome for one in curve.bins) == pytest.approx(sum(y))
    assert 0.0 <= curve.ece <= curve.mce + 1e-12 <= 1.0 + 1e-12
    for one in curve.bins:
        assert one.low - 1e-12 <= one.outcome <= one.high + 1e-12
        low, high = wilson_interval(round(one.n * one.outcome), one.n)
        assert (one.low, one.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))
    if by == "mass":
        assert max(one.n for one in curve.bins) - min(one.n for one in curve.bins) <= 1


def test_bins_are_closed_on_the_left_and_the_last_on_both_sides() -> None:
    curve = scores.calibration_curve([0.0, 0.2, 0.6, 0.29, 1.0], [0, 0, 1, 0, 1], 100)
    assert [one.index for one in curve.bins] == [0, 20, 29, 60, 99]


def test_calibrated_forecasts_pass_and_bold_ones_fail() -> None:
    rng = np.random.default_rng(8)
    p = rng.uniform(0.05, 0.95, 5000)
    y = (rng.random(5000) < p).astype(float)
    assert abs(scores.spiegelhalter_z(p, y)) < 2.5
    bold = np.clip(0.5 + 1.8 * (p - 0.5), 0.01, 0.99)
    assert abs(scores.spiegelhalter_z(bold, y)) > 5.0
    inside = [one.low <= one.forecast <= one.high for one in scores.calibration_curve(p, y).bins]
    assert sum(inside) >= 8
    assert math.isnan(scores.spiegelhalter_z([0.5, 1.0], [1.0, 1.0]))


def test_a_sure_miss_costs_much_but_not_everything() -> None:
    assert scores.log_loss([0.0], [1.0]) == pytest.approx(-math.log(1e-15))
    assert scores.log_loss([0.5, 0.5], [1.0, 0.0]) == pytest.approx(math.log(2.0))


def test_skill_is_the_share_of_error_that_is_gone() -> None:
    assert scores.skill(0.1, 0.2) == 0.5
    assert math.isnan(scores.skill(0.1, 0.0))
    assert scores.brier_skill([0.5, 0.5], [1.0, 0.0]) == 0.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: scores.brier([], []), InvalidData, "the history is empty"),
        (lambda: scores.brier([0.5], [1.0, 0.0]), InvalidData, "1 forecasts and 2 outcomes"),
        (lambda: scores.brier([55.0], [1.0]), InvalidData, "did you mean 0.55"),
        (lambda: scores.brier([math.nan], [1.0]), InvalidData, "it is a probability"),
        (lambda: scores.brier([0.5], [2.0]), InvalidData, "an outcome is 2"),
        (lambda: scores.brier_parts([0.5], [1.0], 0), InvalidConfig, "bins is 0"),
        (lambda: scores.calibration_curve([0.5], [1.0], 2, "number"), InvalidConfig, "by is 'number'"),
        (lambda: scores.wilson(1, 2, 95.0), InvalidConfig, "did you mean 0.95"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
