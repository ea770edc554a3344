"""Thinning a curve keeps what a person looks for in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.charts.sampling import POINTS, keep


def test_a_short_curve_is_kept_whole() -> None:
    assert keep(np.arange(POINTS, dtype=float)).tolist() == list(range(POINTS))


@given(
    n=st.integers(1, 20_000),
    count=st.integers(1, 3),
    points=st.integers(40, POINTS),
    seed=st.integers(0, 2**32 - 1),
    gaps=st.booleans(),
)
def test_ends_and_extremes_of_every_series_stay(n: int, count: int, points: int, seed: int, gaps: bool) -> None:
    rng = np.random.default_rng(seed)
    series = [rng.normal(size=n).cumsum() for _ in range(count)]
    if gaps:
        series[0][: n // 3] = np.nan
    shown = keep(*series, points=points)
    assert shown.size <= max(points, 2)
    assert (np.diff(shown) > 0).all()
    assert shown[0] == 0
    assert shown[-1] == n - 1
    for values in series:
        if np.isfinite(values).any():
            assert np.nanmin(values[shown]) == np.nanmin(values)
            assert np.nanmax(values[shown]) == np.nanmax(values)


@pytest.mark.parametrize("n", [50_000, 1_601, 3_201])
def test_the_worst_drawdown_of_each_stretch_stays(n: int) -> None:
    equity = 1e4 * np.exp(np.random.default_rng(3).normal(0, 0.01, n).cumsum())
    drawdown = equity / np.maximum.accumulate(equity) - 1.0
    drawdown[n // 2] = -0.99
    shown = keep(equity, drawdown)
    assert n // 2 in shown
    assert shown.size <= POINTS
    assert shown.size > POINTS // 4, "thinned far more than the screen asks for"


def test_a_series_without_a_value_is_no_obstacle() -> None:
    nothing = np.full(10_000, np.nan)
    assert keep(nothing, np.arange(10_000.0)).size <= POINTS
