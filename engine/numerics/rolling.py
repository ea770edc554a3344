"""Statistics over a sliding window, the ground of the indicators: no drift, no trace of what has left the window."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import InvalidParams
from engine.numerics.series import FloatArray, as_series, as_window


def sma(x: ArrayLike, window: int) -> FloatArray:
    """Simple moving average; exactly the value itself while the window is constant."""
    from engine.numerics.kernels import indicators as kernels

    values, n = as_series(x), as_window(window)
    if n > values.size:
        return undefined(values)
    out = np.empty(values.size)
    kernels.window_means(values, n, out)
    return out


def rolling_std(x: ArrayLike, window: int, ddof: int = 0) -> FloatArray:
    """Standard deviation over the window; ddof 0 is TA-Lib and Bollinger, 1 is pandas. Never drifts, never negative."""
    from engine.numerics.kernels.indicators import STD

    return deviations(as_series(x), window, ddof, STD)[0]


def zscore(x: ArrayLike, window: int, ddof: int = 0) -> FloatArray:
    """Distance from the window's mean in standard deviations; NaN where the window is constant."""
    from engine.numerics.kernels.indicators import SCORE

    return deviations(as_series(x), window, ddof, SCORE)[0]


def rolling_max(x: ArrayLike, window: int) -> FloatArray:
    """Highest value of the window, this bar included."""
    return extremes(as_series(x), 1.0, window, 0)


def rolling_min(x: ArrayLike, window: int) -> FloatArray:
    """Lowest value of the window, this bar included."""
    return extremes(as_series(x), -1.0, window, 0)


def percentile_rank(x: ArrayLike, window: int) -> FloatArray:
    """Share in [0, 1] of the `window` values before this bar that lie at or below its own."""
    from engine.numerics.kernels import indicators as kernels

    values, n = as_series(x), as_window(window)
    out = np.empty(values.size)
    kernels.percentile_rank(values, n, out)
    return out


def deviations(
    values: FloatArray, window: int, ddof: int, kind: int, *, width: float = 0.0, rows: int = 1, returns: bool = False
) -> tuple[FloatArray, ...]:
    """The rows `(n,)` of what `kind` names (see the kernel), of the values or of their simple returns."""
    from engine.numerics.kernels import indicators as kernels

    n = as_window(window)
    if ddof not in (0, 1):
        raise InvalidParams(f"ddof is {ddof}; it is 0 (population) or 1 (sample): choose one of them.")
    if n <= ddof:
        raise InvalidParams(f"window is {n}; a deviation with ddof={ddof} needs at least {ddof + 1} bars: raise it.")
    if n > values.size:
        return tuple(undefined(values) for _ in range(rows))
    out = np.empty((rows, values.size))
    kernels.window_deviations(values, returns, n, int(ddof), kind, float(width), out)
    return tuple(out)


def extremes(values: FloatArray, sign: float, window: int, delay: int) -> FloatArray:
    """Highest (`sign` 1) or lowest (-1) value of the window that ended `delay` bars ago."""
    from engine.numerics.kernels import indicators as kernels

    n = as_window(window)
    if n + delay > values.size:
        return undefined(values)
    out = np.empty(values.size)
    kernels.window_extremes(values, sign, n, delay, out)
    return out


def undefined(values: FloatArray) -> FloatArray:
    """NaN at every bar."""
    return np.full(values.size, np.nan)
