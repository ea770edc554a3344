"""Sizes without an edge, and the pipeline that takes the smallest limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.risk.sizing import (
    FixedFraction,
    FixedQuantity,
    fixed_fractional_size,
    floor_to_lot,
    position_size_pipeline,
    vol_target_weight,
)


def test_the_fixed_sizers_are_checked_values() -> None:
    assert FixedFraction(1).fraction == 1.0
    assert FixedQuantity(100).quantity == 100.0
    with pytest.raises(InvalidConfig, match=r"did you mean 0\.10"):
        FixedFraction(10)
    with pytest.raises(InvalidConfig, match="above 0"):
        FixedQuantity(0)


@given(
    st.floats(100, 1e6),
    st.floats(0.001, 0.1),
    st.floats(1, 500),
    st.floats(1, 500),
    st.sampled_from([0.001, 1.0, 10.0]),
)
def test_the_risk_to_the_stop_is_never_exceeded(
    equity: float, risk: float, entry: float, stop: float, lot: float
) -> None:
    size = fixed_fractional_size(equity, risk, entry, stop, lot)
    assert 0.0 <= size.risk <= equity * risk * (1 + 1e-9)


def test_a_stop_at_the_entry_sizes_nothing() -> None:
    assert fixed_fractional_size(10_000, 0.01, 50, 50).quantity == 0.0


def test_a_lot_of_0_leaves_a_size_unrounded() -> None:
    assert floor_to_lot(1.234, 0.0) == 1.234
    assert floor_to_lot(1.234, 0.1) == pytest.approx(1.2)


@pytest.mark.parametrize(("forecast", "weight"), [(0.4, 0.25), (0.05, 1.5), (None, 0.0), (0.0, 0.0), (math.nan, 0.0)])
def test_no_forecast_means_no_position(forecast: float | None, weight: float) -> None:
    assert vol_target_weight(0.1, forecast, 1.5) == weight


LIMIT = st.none() | st.floats(-0.5, 2.0)


@given(LIMIT, st.none() | st.floats(0.01, 2), LIMIT, LIMIT, st.none() | st.floats(-1e4, 1e6), st.floats(0, 1))
def test_the_pipeline_never_exceeds_any_of_its_limits(
    kelly: float | None, vol: float | None, cap: float | None, room: float | None, cash: float | None, scale: float
) -> None:
    got = position_size_pipeline(
        100_000, 50, kelly_full=kelly, forecast_vol=vol, target_vol=0.15, max_weight=cap, cluster_room=room, cash=cash,
        drawdown_scale=scale,
    )  # fmt: skip
    assert all(got.weight <= max(0.0, share) for share in got.candidates.values())
    assert got.weight >= 0.0
    assert got.quantity * 50 <= got.weight * 100_000 + 1e-6
    assert got.binding in got.candidates


def test_the_pipeline_names_the_limit_that_binds() -> None:
    limits = {"kelly_full": 2.0, "max_weight": 0.5, "cash": 30_000.0, "depth": 100.0}
    assert position_size_pipeline(100_000, 50, **limits).binding == "depth"
    assert position_size_pipeline(100_000, 50, kelly_full=-0.2, max_weight=0.5).binding == "kelly"
    assert position_size_pipeline(100_000, 50, kelly_full=-0.2, max_weight=0.5).weight == 0.0
    assert (
        position_size_pipeline(100_000, 50, max_weight=0.5, daily_loss_remaining=-1.0, stop_fraction=0.05).weight == 0.0
    )


def test_a_pipeline_without_limits_sizes_nothing() -> None:
    assert position_size_pipeline(100_000, 50) == position_size_pipeline(100_000, 50)
    assert position_size_pipeline(100_000, 50).weight == 0.0
