"""Indicators a strategy may read: validated faces over the compiled loops, all causal and none of them guessing.

Every one takes series `(n,)`, oldest first, and returns float64 `(n,)`, NaN until its window is full; `f(x[:k])` is
`f(x)[:k]` bit for bit. A NaN bar poisons exactly the windows that contain it; recursive indicators (EMA, RSI, ATR,
MACD) pass over it: NaN at that bar, memory kept. Conventions are TA-Lib's unless the docstring says otherwise.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidParams, suggest
from engine.numerics.rolling import (
    deviations,
    extremes,
    percentile_rank,
    rolling_max,
    rolling_min,
    rolling_std,
    sma,
    undefined,
    zscore,
)
from engine.numerics.series import FloatArray, as_series, as_window, together
from engine.numerics.volatility import (
    ewma_variance,
    ewma_volatility,
    realised_volatility,
    rolling_realised_volatility,
    volatility,
)

__all__ = [
    "Seed",
    "atr",
    "bandwidth",
    "bollinger",
    "cutler_rsi",
    "donchian",
    "ema",
    "ewma_variance",
    "ewma_volatility",
    "hysteresis",
    "macd",
    "percent_b",
    "percentile_rank",
    "realised_volatility",
    "rolling_max",
    "rolling_min",
    "rolling_realised_volatility",
    "rolling_std",
    "rsi",
    "sma",
    "true_range",
    "volatility",
    "wilder",
    "zscore",
]

Seed = Literal["sma", "first", "weighted"]
_SEEDS = ("sma", "first", "weighted")


def ema(x: ArrayLike, window: int, seed: Seed = "sma") -> FloatArray:
    """Exponential moving average with alpha = 2 / (window + 1).

    `sma` starts at index window - 1 from a simple mean (TA-Lib); `first` starts from the first value (pandas
    `adjust=False`); `weighted` normalises the weights seen so far (pandas `adjust=True`).
    """
    n = as_window(window)
    return _smoothed(as_series(x), 2.0 / (n + 1), n, seed)


def wilder(x: ArrayLike, window: int, seed: Seed = "sma") -> FloatArray:
    """Wilder's smoothing: an exponential average with alpha = 1 / window, seeds as in `ema`."""
    n = as_window(window)
    return _smoothed(as_series(x), 1.0 / n, n, seed)


def bollinger(x: ArrayLike, window: int, k: float = 2.0, ddof: int = 0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Middle, upper and lower band: the simple average and k standard deviations either side."""
    from engine.numerics.kernels.indicators import BANDS

    mid, upper, lower = deviations(as_series(x), window, ddof, BANDS, width=_above_zero(k), rows=3)
    return mid, upper, lower


def percent_b(x: ArrayLike, window: int, k: float = 2.0, ddof: int = 0) -> FloatArray:
    """Place within the Bollinger bands: 0 on the lower, 1 on the upper; NaN where the bands have no width."""
    from engine.numerics.kernels.indicators import PLACE

    return deviations(as_series(x), window, ddof, PLACE, width=_above_zero(k))[0]


def bandwidth(x: ArrayLike, window: int, k: float = 2.0, ddof: int = 0) -> FloatArray:
    """Width of the Bollinger bands as a fraction of the middle one."""
    from engine.numerics.kernels.indicators import WIDTH

    return deviations(as_series(x), window, ddof, WIDTH, width=_above_zero(k))[0]


def rsi(close: ArrayLike, window: int = 14) -> FloatArray:
    """Wilder's relative strength index in [0, 100], first at index window; 100 without losses, 50 if nothing moved."""
    from engine.numerics.kernels import indicators as kernels

    values, n = as_series(close, "close"), as_window(window)
    out = np.empty(values.size)
    kernels.rsi(values, n, out)
    return out


def cutler_rsi(close: ArrayLike, window: int = 14) -> FloatArray:
    """Relative strength index on simple averages (no memory beyond the window); 100 and 50 as in `rsi`."""
    values = as_series(close, "close")
    change = undefined(values)
    change[1:] = np.diff(values)
    # np.maximum keeps NaN, so a missing close undoes only the windows that need it
    gain, loss = sma(np.maximum(change, 0.0), window), sma(np.maximum(-change, 0.0), window)
    both = gain + loss
    strength = np.full(both.size, 0.5)
    np.divide(gain, both, out=strength, where=both != 0.0)
    strength *= 100.0
    return strength


def true_range(high: ArrayLike, low: ArrayLike, close: ArrayLike) -> FloatArray:
    """Range of the bar together with its gap from the previous close; NaN on the first bar."""
    from engine.numerics.kernels import indicators as kernels

    highs, lows, closes = together(high=high, low=low, close=close)
    out = np.empty(closes.size)
    kernels.true_range(highs, lows, closes, out)
    return out


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, window: int = 14) -> FloatArray:
    """Wilder's average true range: the mean of bars 1..window at index window, then smoothed by 1 / window."""
    return wilder(true_range(high, low, close), window)


def macd(
    close: ArrayLike, fast: int = 12, slow: int = 26, signal: int = 9
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """MACD line, signal line and histogram, all first at index slow + signal - 2.

    Both averages are seeded so that they begin on the same bar, slow - 1 (TA-Lib), not each at its own.
    """
    values = as_series(close, "close")
    quick, long, smooth = as_window(fast, "fast"), as_window(slow, "slow"), as_window(signal, "signal")
    if quick >= long:
        raise InvalidParams(f"fast is {fast} and slow is {slow}; fast must be the shorter: lower fast or raise slow.")
    line = _smoothed(values, 2.0 / (quick + 1), quick, "sma", skip=long - quick)
    line -= _smoothed(values, 2.0 / (long + 1), long, "sma")
    signal_line = _smoothed(as_series(line), 2.0 / (smooth + 1), smooth, "sma")
    line[np.isnan(signal_line)] = np.nan
    return line, signal_line, line - signal_line


def donchian(high: ArrayLike, low: ArrayLike, window: int = 20) -> tuple[FloatArray, FloatArray]:
    """Highest high and lowest low of the `window` bars before this one, first at index window.

    The bar itself is left out: a channel that contains today's high can never be broken by it.
    """
    highs, lows = together(high=high, low=low)
    return extremes(highs, 1.0, window, 1), extremes(lows, -1.0, window, 1)


def hysteresis(x: ArrayLike, enter: float, release: float) -> NDArray[np.bool_]:
    """Block that goes on at `enter` or above and off only at `release` or below, so it does not flap; starts off."""
    from engine.numerics.kernels import indicators as kernels

    if not release <= enter:
        raise InvalidParams(f"release is {release} and enter is {enter}; release must not lie above enter: swap them.")
    values = as_series(x)
    out = np.empty(values.size, dtype=np.bool_)
    kernels.hysteresis(values, float(enter), float(release), out)
    return out


def _smoothed(values: FloatArray, alpha: float, window: int, seed: str, skip: int = 0) -> FloatArray:
    from engine.numerics.kernels import indicators as kernels

    if seed not in _SEEDS:
        raise InvalidParams(f"seed is {seed!r}; it is one of {', '.join(_SEEDS)}{suggest(str(seed), _SEEDS)}.")
    out = np.empty(values.size)
    if seed == "weighted":
        kernels.weighted_ema(values, alpha, out)
    else:
        kernels.ema(values, alpha, window if seed == "sma" else 1, skip, out)
    return out


def _above_zero(k: float) -> float:
    if not (k > 0.0 and np.isfinite(k)):
        raise InvalidParams(f"k is {k}; it counts standard deviations and must be above 0: 2 is usual.")
    return float(k)
