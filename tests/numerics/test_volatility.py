"""Volatility per bar and realised volatility equal their plain-Python twins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.numerics import indicators
from tests.numerics import naive
from tests.numerics.prices import random_bars, same, series, tried


@tried
@given(series(), st.integers(2, 12))
def test_volatility_equals_its_twin(x: np.ndarray, window: int) -> None:
    same(indicators.volatility(x, window), naive.volatility(x.tolist(), window))


@tried
@given(series(), st.floats(0.01, 0.99))
def test_ewma_variance_equals_its_twin(x: np.ndarray, lam: float) -> None:
    returns = x / 500.0 - 1.0
    variance = indicators.ewma_variance(returns, lam)
    same(variance, naive.ewma_variance(returns.tolist(), lam))
    same(indicators.ewma_volatility(returns, lam), np.sqrt(variance))


def test_volatility_is_the_sample_deviation_of_simple_returns_per_bar_from_index_window() -> None:
    got = indicators.volatility([100.0, 110.0, 99.0, 99.0], 2)
    same(got, [np.nan, np.nan, np.std([0.1, -0.1], ddof=1), np.std([-0.1, 0.0], ddof=1)])


@pytest.mark.parametrize("kind", ["close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"])
def test_realised_volatility_equals_its_twin_whole_and_rolling(kind: Any) -> None:
    bars = random_bars(90)
    lists = [price.tolist() for price in bars]
    same(indicators.realised_volatility(*bars, 252, kind), naive.realised(kind, *lists, 252))
    rolling = indicators.rolling_realised_volatility(*bars, 21, 252, kind)
    assert np.isnan(rolling[:20]).all()
    wanted = [naive.realised(kind, *(price[t - 20 : t + 1] for price in lists), 252) for t in range(20, 90)]
    same(rolling[20:], wanted)


@pytest.mark.parametrize("kind", ["close", "yang_zhang"])
def test_realised_volatility_of_too_few_bars_or_of_a_price_not_above_zero_is_nan(kind: Any) -> None:
    few = tuple(price[:2] for price in random_bars(5))
    assert math.isnan(indicators.realised_volatility(*few, 252, kind))
    assert math.isnan(indicators.realised_volatility([], [], [], [], 252, kind))
    spoiled = tuple(price.copy() for price in random_bars(10))
    spoiled[3][5] = 0.0
    assert math.isnan(indicators.realised_volatility(*spoiled, 252, kind))
