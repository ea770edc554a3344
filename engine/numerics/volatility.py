"""Volatility in all the senses the desk uses, each with its unit said: per bar unless a function says annual."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import InvalidParams, suggest
from engine.numerics.rolling import deviations, rolling_std, sma, undefined
from engine.numerics.series import FloatArray, as_series, as_window, together

Kind = Literal["close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"]
_KINDS = ("close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang")


def volatility(close: ArrayLike, window: int) -> FloatArray:
    """Standard deviation (ddof 1) of simple bar returns over the last `window` returns, per bar, first at index window.

    0.03 means that bars typically move by 3 %. Prices of zero count as missing.
    """
    from engine.numerics.kernels.indicators import STD

    return deviations(as_series(close, "close"), window, 1, STD, returns=True)[0]


def ewma_variance(returns: ArrayLike, lam: float = 0.94) -> FloatArray:
    """RiskMetrics variance per bar, v_t = lam v_(t-1) + (1 - lam) r_t^2 from v_0 = r_0^2; v_t sizes bar t + 1."""
    from engine.numerics.kernels import indicators as kernels

    if not 0.0 < lam < 1.0:
        raise InvalidParams(f"lam is {lam}; it is the weight kept from one bar to the next, in (0, 1): 0.94 is usual.")
    values = as_series(returns, "returns")
    out = np.empty(values.size)
    kernels.ema(as_series(values * values), 1.0 - lam, 1, 0, out)
    return out


def ewma_volatility(returns: ArrayLike, lam: float = 0.94) -> FloatArray:
    """Square root of `ewma_variance`: per bar, not annualised."""
    return np.sqrt(ewma_variance(returns, lam))


def realised_volatility(
    open: ArrayLike,  # noqa: A002 - the bar's own word
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    periods_per_year: float,
    kind: Kind = "close",
) -> float:
    """Annual volatility of the bars passed in, taken as one window; NaN for too few bars or a price not above zero.

    `close` and `yang_zhang` need the close before, so n bars give n - 1 returns (ddof 1); the range estimators of
    Parkinson 1980, Garman-Klass 1980 and Rogers-Satchell 1991 use all n.
    """
    bars = as_series(close, "close").size
    rolling = rolling_realised_volatility(open, high, low, close, max(bars, 1), periods_per_year, kind)
    return float(rolling[-1]) if bars else float("nan")


def rolling_realised_volatility(
    open: ArrayLike,  # noqa: A002 - the bar's own word
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    window: int,
    periods_per_year: float,
    kind: Kind = "close",
) -> FloatArray:
    """Annual volatility of the last `window` bars at each bar, estimators as in `realised_volatility`."""
    bars = together(open=open, high=high, low=low, close=close)
    n = as_window(window)
    if not (periods_per_year > 0.0 and np.isfinite(periods_per_year)):
        raise InvalidParams(f"periods_per_year is {periods_per_year}; it is above 0: 252 for stocks, 365 for crypto.")
    if kind not in _KINDS:
        raise InvalidParams(f"kind is {kind!r}; it is one of {', '.join(_KINDS)}{suggest(str(kind), _KINDS)}.")
    if kind in ("close", "yang_zhang") and n < 3:
        # one return has no sample variance
        return undefined(bars[0])
    variance = _variance(bars, n, kind)
    # bars whose close lies outside their range can make an estimator negative
    return np.sqrt(variance * periods_per_year, out=undefined(variance), where=variance >= 0.0)


def _variance(bars: tuple[FloatArray, ...], n: int, kind: str) -> FloatArray:
    """Variance per bar from log prices; the names are those of the formulas."""
    o, h, lo, c = (_logs(series) for series in bars)
    if kind == "close":
        return np.square(rolling_std(_since_previous(c, c), n - 1, ddof=1))
    if kind == "parkinson":
        return sma((h - lo) ** 2 / (4.0 * np.log(2.0)), n)
    if kind == "garman_klass":
        return sma(0.5 * (h - lo) ** 2 - (2.0 * np.log(2.0) - 1.0) * (c - o) ** 2, n)
    rogers_satchell = (h - c) * (h - o) + (lo - c) * (lo - o)
    if kind == "rogers_satchell":
        return sma(rogers_satchell, n)
    # Yang-Zhang 2000: overnight + k * open-to-close + (1 - k) * Rogers-Satchell, over the n - 1 bars with a bar before
    m = n - 1
    k = 0.34 / (1.34 + (m + 1) / (m - 1))
    night = np.square(rolling_std(_since_previous(o, c), m, ddof=1))
    day = np.square(rolling_std(c - o, m, ddof=1))
    return night + k * day + (1.0 - k) * sma(rogers_satchell, m)


def _logs(prices: FloatArray) -> FloatArray:
    return np.log(prices, out=undefined(prices), where=prices > 0.0)


def _since_previous(now: FloatArray, before: FloatArray) -> FloatArray:
    change = undefined(now)
    change[1:] = now[1:] - before[:-1]
    return change
