"""The few distribution functions the models need, so that no statistics library is loaded for them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.numerics.roots import sign_change

FloatArray = NDArray[np.float64]

_NORMAL = NormalDist()
_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(x: float) -> float:
    """Return P(Z <= x) of a standard normal, exact far into the lower tail."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def normal_cdf_each(x: ArrayLike) -> FloatArray:
    """Return `normal_cdf` of every entry."""
    return np.asarray(0.5 * _erfc(-np.asarray(x, np.float64) / math.sqrt(2.0)), dtype=np.float64)


def normal_quantile(p: float) -> float:
    """Return the x with P(Z <= x) = p, p inside (0, 1)."""
    return _NORMAL.inv_cdf(p)


def log_normal_cdf(x: float) -> float:
    """Return ln P(Z <= x), also where the probability itself is below the smallest float."""
    if x > -30.0:
        return math.log(normal_cdf(x))
    # the first terms of Mills' ratio; the next is below 1e-8 there
    return -0.5 * x * x - math.log(-x * math.sqrt(2.0 * math.pi)) + math.log1p(-1.0 / x**2 + 3.0 / x**4)


def expit(x: ArrayLike) -> FloatArray:
    """Return 1 / (1 + e^-x) without overflow."""
    value = np.asarray(x, np.float64)
    small = np.exp(-np.abs(value))
    return np.asarray(np.where(value >= 0.0, 1.0, small) / (1.0 + small), np.float64)


def logit(p: ArrayLike) -> FloatArray:
    """Return ln(p / (1 - p))."""
    value = np.asarray(p, np.float64)
    return np.asarray(np.log(value) - np.log1p(-value), np.float64)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return P(X <= x) of a Beta(a, b) law: the regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # the continued fraction converges fast below the mean; above it the mirror image does
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(x, a, b) / a
    return 1.0 - front * _beta_fraction(1.0 - x, b, a) / b


def beta_quantile(q: float, a: float, b: float) -> float:
    """Return the x with P(X <= x) = q of a Beta(a, b) law."""
    return sign_change(lambda x: beta_cdf(x, a, b) - q, 0.0, 1.0, rising=True)


def student_tail(t: float, df: float) -> float:
    """Return P(T > t) of Student's law with `df` degrees of freedom."""
    half = 0.5 * beta_cdf(df / (df + t * t), 0.5 * df, 0.5)
    return half if t >= 0.0 else 1.0 - half


def poisson_pmf(mean: float, most: int) -> FloatArray:
    """Return P(N = 0), ..., P(N = most) of a Poisson law, shape (most + 1,)."""
    counts = np.arange(most + 1)
    if mean == 0.0:
        return np.asarray(counts == 0, np.float64)
    logs = counts * math.log(mean) - mean - np.array([math.lgamma(k + 1.0) for k in counts])
    return np.asarray(np.exp(logs), np.float64)


def negative_binomial_pmf(mean: float, variance: float, most: int) -> FloatArray:
    """Return P(N = 0), ..., P(N = most) of a negative binomial law with variance above its mean."""
    size = mean * mean / (variance - mean)
    share = mean / variance
    logs = [
        math.lgamma(k + size)
        - math.lgamma(size)
        - math.lgamma(k + 1.0)
        + size * math.log(share)
        + k * math.log1p(-share)
        for k in range(most + 1)
    ]
    return np.asarray(np.exp(logs), np.float64)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's algorithm."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0), tiny)
    value = d
    for m in range(1, 2000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 / _away(1.0 + term * d, tiny)
            c = _away(1.0 + term / c, tiny)
            value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
