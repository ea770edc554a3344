"""Every compiled indicator equals its plain-Python twin, behaves at the edges, and refuses nonsense in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidData, InvalidParams
from engine.numerics import indicators
from tests.numerics import naive
from tests.numerics.prices import Bars, cents, ohlc, random_bars, same, series, tried, windows


@tried
@given(series(), windows)
def test_simple_statistics_of_a_window_equal_their_twins(x: np.ndarray, window: int) -> None:
    same(indicators.sma(x, window), naive.sma(x.tolist(), window))
    same(indicators.rolling_max(x, window), naive.rolling_max(x.tolist(), window))
    same(indicators.rolling_min(x, window), naive.rolling_min(x.tolist(), window))
    same(indicators.percentile_rank(x, window), naive.percentile_rank(x.tolist(), window))


@tried
@given(series(), st.integers(2, 12), st.sampled_from([0, 1]), st.floats(0.5, 4.0))
def test_deviations_bands_and_scores_equal_their_twins(x: np.ndarray, window: int, ddof: int, k: float) -> None:
    std = naive.rolling_std(x.tolist(), window, ddof)
    same(indicators.rolling_std(x, window, ddof), std)
    same(indicators.zscore(x, window, ddof), naive.zscore(x.tolist(), window, ddof))
    bands = naive.bollinger(x.tolist(), window, k, ddof)
    same(indicators.bollinger(x, window, k, ddof), bands)
    mid, upper, lower = (np.array(band) for band in bands)
    wide = np.array(std) > 1e-9
    place = np.divide(x - lower, upper - lower, out=np.full(x.size, np.nan), where=wide)
    same(indicators.percent_b(x, window, k, ddof), place)
    same(indicators.bandwidth(x, window, k, ddof), (upper - lower) / mid)


@tried
@given(series(), windows, st.sampled_from(["sma", "first", "weighted"]))
def test_exponential_averages_equal_their_twins_for_every_seed(x: np.ndarray, window: int, seed: Any) -> None:
    same(indicators.ema(x, window, seed), naive.ema(x.tolist(), window, seed), 1e3)
    if seed == "sma":
        same(indicators.wilder(x, window), naive.smoothed(x.tolist(), 1 / window, window), 1e3)


@tried
@given(series(), windows)
def test_relative_strength_equals_its_twin_and_stays_between_0_and_100(x: np.ndarray, window: int) -> None:
    got = indicators.rsi(x, window)
    same(got, naive.rsi(x.tolist(), window))
    same(indicators.cutler_rsi(x, window), naive.cutler_rsi(x.tolist(), window))
    known = got[~np.isnan(got)]
    assert ((known >= 0.0) & (known <= 100.0)).all()


@tried
@given(ohlc(), windows)
def test_ranges_and_channels_equal_their_twins(bars: Bars, window: int) -> None:
    _, high, low, close = bars
    same(indicators.true_range(high, low, close), naive.true_range(high.tolist(), low.tolist(), close.tolist()))
    same(indicators.atr(high, low, close, window), naive.atr(high.tolist(), low.tolist(), close.tolist(), window))
    same(indicators.donchian(high, low, window), naive.donchian(high.tolist(), low.tolist(), window))


@tried
@given(series(), st.integers(1, 5), st.integers(1, 5), windows)
def test_macd_equals_its_twin(x: np.ndarray, fast: int, more: int, signal: int) -> None:
    same(indicators.macd(x, fast, fast + more, signal), naive.macd(x.tolist(), fast, fast + more, signal), 1e3)


@tried
@given(series(), cents, cents)
def test_hysteresis_equals_its_twin(x: np.ndarray, a: float, b: float) -> None:
    enter, release = max(a, b), min(a, b)
    assert indicators.hysteresis(x, enter, release).tolist() == naive.hysteresis(x.tolist(), enter, release)


def test_a_constant_window_has_exactly_no_width_even_after_wild_prices() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate((rng.normal(0.0, 1e6, 500), np.full(300, 0.1), rng.normal(0.0, 1e6, 50)))
    mid, upper, lower = indicators.bollinger(x, 20)
    assert (mid[519:800] == 0.1).all()
    assert (upper[519:800] == 0.1).all()
    assert (lower[519:800] == 0.1).all()
    assert (indicators.rolling_std(x, 20, 1)[519:800] == 0.0).all()
    assert np.isnan(indicators.percent_b(x, 20)[519:800]).all()
    assert np.isnan(indicators.zscore(x, 20)[519:800]).all()


def test_sums_do_not_drift_and_a_spike_leaves_no_trace() -> None:
    rng = np.random.default_rng(1)
    x = 1e5 + rng.normal(0.0, 0.01, 200_000)
    x[150_000] = 1e14
    std, mean = indicators.rolling_std(x, 50), indicators.sma(x, 50)
    for t in (49, 777, 149_999, 150_050, 150_099, 199_999):
        part = x[t - 49 : t + 1].tolist()
        assert std[t] == pytest.approx(naive.deviation(part, 0), rel=1e-9)
        assert mean[t] == pytest.approx(math.fsum(part) / 50, rel=1e-14)


def test_the_middle_band_is_the_moving_average_to_the_bit() -> None:
    close = random_bars(500)[3]
    assert indicators.bollinger(close, 20)[0].tobytes() == indicators.sma(close, 20).tobytes()


def test_relative_strength_is_100_without_losses_0_without_gains_and_50_when_nothing_moves() -> None:
    up = np.arange(1.0, 40.0)
    for strength in (indicators.rsi, indicators.cutler_rsi):
        assert set(strength(up, 14)[14:]) == {100.0}
        assert set(strength(up[::-1], 14)[14:]) == {0.0}
        assert set(strength(np.full(30, 7.5), 14)[14:]) == {50.0}
        assert np.isnan(strength(up, 14)[:14]).all()


def test_the_channel_leaves_out_its_own_bar_so_that_it_can_be_broken() -> None:
    high = np.array([1.0, 2.0, 3.0, 9.0])
    upper, lower = indicators.donchian(high, high - 0.5, 2)
    same(upper, [np.nan, np.nan, 2.0, 3.0])
    same(lower, [np.nan, np.nan, 0.5, 1.5])


def test_hysteresis_does_not_flap_between_its_two_levels() -> None:
    assert indicators.hysteresis([0.2, 0.3, 0.25, 0.21, 0.2, 0.25, np.nan, 0.31], 0.3, 0.2).tolist() == [
        False, True, True, True, False, False, False, True,
    ]  # fmt: skip


def test_lists_integers_strided_and_read_only_arrays_are_all_taken() -> None:
    wanted = indicators.sma(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    locked = np.array([1.0, 2.0, 3.0, 4.0])
    locked.flags.writeable = False
    for x in ([1, 2, 3, 4], np.array([1, 2, 3, 4]), np.array([[1.0, 9.0], [2, 9], [3, 9], [4, 9]])[:, 0], locked):
        assert indicators.sma(x, 2).tobytes() == wanted.tobytes()


def test_the_input_is_neither_changed_nor_locked() -> None:
    x = np.array([1.0, 2.0, 3.0])
    indicators.ema(x, 2)
    x[0] = 5.0
    assert x.tolist() == [5.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indicators.sma([1.0], 0), "window is 0; it counts bars and must be at least 1"),
        (lambda: indicators.sma([1.0], -3), "window is -3"),
        (lambda: indicators.ema([1.0], 20.0), "window is 20.0; it is a whole number of bars: did you mean 20"),
        (lambda: indicators.ema([1.0], True), "window is True"),
        (
            lambda: indicators.ema([1.0], 3, "smaa"),
            "seed is 'smaa'; it is one of sma, first, weighted; did you mean 'sma'",
        ),
        (lambda: indicators.volatility([1.0, 2.0], 1), "needs at least 2 bars"),
        (lambda: indicators.rolling_std([1.0, 2.0], 2, 3), "ddof is 3"),
        (lambda: indicators.bollinger([1.0], 2, 0.0), "k is 0.0"),
        (lambda: indicators.macd([1.0], 26, 12), "fast is 26 and slow is 12"),
        (lambda: indicators.hysteresis([1.0], 0.2, 0.3), "release is 0.3 and enter is 0.2"),
        (lambda: indicators.ewma_variance([1.0], 94), "lam is 94"),
        (lambda: indicators.realised_volatility([1.0], [1.0], [1.0], [1.0], 0), "periods_per_year is 0"),
        (
            lambda: indicators.realised_volatility([1.0], [1.0], [1.0], [1.0], 252, "garman"),
            "did you mean 'garman_klass'",
        ),
    ],
)
def test_a_nonsense_parameter_is_refused_with_the_value_the_rule_and_the_fix(
    call: Callable[[], Any], says: str
) -> None:
    with pytest.raises(InvalidParams) as caught:
        call()
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indicators.sma([[1.0, 2.0]], 1), "x has shape (1, 2)"),
        (lambda: indicators.sma(5.0, 1), "x has shape ()"),
        (lambda: indicators.rsi(["a", "b"], 1), "close is not numeric"),
        (lambda: indicators.atr([1.0, 2.0], [1.0], [1.0, 2.0], 1), "high 2, low 1, close 2"),
    ],
)
def test_data_of_the_wrong_shape_is_refused(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(InvalidData) as caught:
        call()
    assert says in str(caught.value)


def test_a_window_longer_than_memory_is_just_undefined() -> None:
    assert np.isnan(indicators.bollinger([1.0, 2.0], 10**15)[0]).all()
    assert np.isnan(indicators.donchian([1.0, 2.0], [1.0, 2.0], 10**15)[0]).all()
