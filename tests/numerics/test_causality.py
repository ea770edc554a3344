"""Every public indicator is causal to the bit, and a missing bar harms only what it touches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.numerics import indicators
from tests.numerics.prices import Bars, ohlc, random_bars, same

INDICATORS: dict[str, Callable[..., Any]] = {
    "sma": lambda o, h, lo, c: indicators.sma(c, 7),
    "rolling_std": lambda o, h, lo, c: indicators.rolling_std(c, 7, 1),
    "rolling_max": lambda o, h, lo, c: indicators.rolling_max(c, 5),
    "rolling_min": lambda o, h, lo, c: indicators.rolling_min(c, 5),
    "zscore": lambda o, h, lo, c: indicators.zscore(c, 6, 1),
    "percentile_rank": lambda o, h, lo, c: indicators.percentile_rank(c, 6),
    "ema": lambda o, h, lo, c: indicators.ema(c, 5),
    "ema_first": lambda o, h, lo, c: indicators.ema(c, 5, "first"),
    "ema_weighted": lambda o, h, lo, c: indicators.ema(c, 5, "weighted"),
    "wilder": lambda o, h, lo, c: indicators.wilder(c, 5),
    "bollinger": lambda o, h, lo, c: indicators.bollinger(c, 9, 2.0),
    "percent_b": lambda o, h, lo, c: indicators.percent_b(c, 9, 2.0),
    "bandwidth": lambda o, h, lo, c: indicators.bandwidth(c, 9, 2.0),
    "rsi": lambda o, h, lo, c: indicators.rsi(c, 6),
    "cutler_rsi": lambda o, h, lo, c: indicators.cutler_rsi(c, 6),
    "true_range": lambda o, h, lo, c: indicators.true_range(h, lo, c),
    "atr": lambda o, h, lo, c: indicators.atr(h, lo, c, 5),
    "macd": lambda o, h, lo, c: indicators.macd(c, 3, 7, 4),
    "donchian": lambda o, h, lo, c: indicators.donchian(h, lo, 6),
    "volatility": lambda o, h, lo, c: indicators.volatility(c, 6),
    "ewma_variance": lambda o, h, lo, c: indicators.ewma_variance(c / 500.0 - 1.0),
    "ewma_volatility": lambda o, h, lo, c: indicators.ewma_volatility(c / 500.0 - 1.0),
    "hysteresis": lambda o, h, lo, c: indicators.hysteresis(c, 600.0, 300.0),
    **{
        f"realised_{kind}": lambda o, h, lo, c, kind=kind: indicators.rolling_realised_volatility(
            o, h, lo, c, 6, 252, kind
        )
        for kind in ("close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang")
    },
}


def bits(result: Any) -> list[bytes]:
    return [array.tobytes() for array in (result if isinstance(result, tuple) else (result,))]


def cut(result: Any, k: int) -> Any:
    return tuple(array[:k].copy() for array in result) if isinstance(result, tuple) else result[:k].copy()


def test_the_prefix_law_is_tried_on_every_public_indicator() -> None:
    functions = {name for name in indicators.__all__ if name not in {"Seed", "realised_volatility"}}
    tried = {name for name in functions if name in INDICATORS}
    assert functions - tried == {"rolling_realised_volatility"}


@pytest.mark.parametrize("name", INDICATORS)
@settings(deadline=None, max_examples=15)
@given(bars=ohlc(), place=st.floats(0.0, 1.0))
def test_a_cut_history_gives_the_cut_indicator_bit_for_bit(name: str, bars: Bars, place: float) -> None:
    k = int(place * bars[0].size)
    whole = INDICATORS[name](*bars)
    assert bits(INDICATORS[name](*(price[:k] for price in bars))) == bits(cut(whole, k))


@pytest.mark.parametrize("name", INDICATORS)
def test_the_prefix_law_holds_at_every_bar_of_a_long_history(name: str) -> None:
    bars = random_bars(300)
    whole = INDICATORS[name](*bars)
    for k in range(301):
        assert bits(INDICATORS[name](*(price[:k] for price in bars))) == bits(cut(whole, k))


@pytest.mark.parametrize("name", INDICATORS)
def test_a_change_of_the_last_bar_changes_nothing_before_it(name: str) -> None:
    bars = random_bars(60)
    changed = tuple(np.append(price[:-1], price[-1] * 1.5) for price in bars)
    before = cut(INDICATORS[name](*bars), 59)
    assert bits(cut(INDICATORS[name](*changed), 59)) == bits(before)


@pytest.mark.parametrize(
    "name", ["sma", "rolling_std", "bollinger", "percent_b", "zscore", "rolling_max", "cutler_rsi"]
)
def test_a_nan_poisons_only_the_windows_that_contain_it(name: str) -> None:
    bars = random_bars(60)
    clean = INDICATORS[name](*bars)
    close = bars[3].copy()
    close[30] = np.nan
    got = INDICATORS[name](*bars[:3], close)
    for spoiled, whole in zip(np.atleast_2d(got), np.atleast_2d(clean), strict=True):
        gone = np.flatnonzero(np.isnan(spoiled) & ~np.isnan(whole))
        assert gone[0] == 30
        assert (np.diff(gone) == 1).all()
        assert gone.size <= 9
        same(np.delete(spoiled, gone), np.delete(whole, gone))


@pytest.mark.parametrize("name", ["ema", "ema_first", "ema_weighted", "wilder", "rsi", "macd"])
def test_a_recursive_indicator_passes_over_a_nan_and_keeps_its_memory(name: str) -> None:
    close = random_bars(60)[3]
    holed = np.insert(close, 30, np.nan)
    clean, got = INDICATORS[name](None, None, None, close), INDICATORS[name](None, None, None, holed)
    for spoiled, whole in zip(np.atleast_2d(got), np.atleast_2d(clean), strict=True):
        assert math.isnan(spoiled[30])
        assert np.delete(spoiled, 30).tobytes() == whole.tobytes()


@pytest.mark.parametrize("name", INDICATORS)
def test_no_bars_give_no_values_and_few_bars_give_nan(name: str) -> None:
    empty = np.empty(0)
    for array in np.atleast_2d(INDICATORS[name](empty, empty, empty, empty)):
        assert array.size == 0
    one = np.array([500.0])
    for array in np.atleast_2d(INDICATORS[name](one, one, one, one)):
        assert array.size == 1
