"""The statistics of `numerics.metrics` from running sums, for runs that keep no curve; equal to 1e-9 (tested)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Below this share of the squared mean a variance from sums is rounding noise: such returns have no dispersion.
_NOISE = 1e-13


def deviation(total: FloatArray, squares: FloatArray, n: int) -> FloatArray:
    """Return the standard deviation (ddof 1) from a sum and a sum of squares; NaN without dispersion."""
    mean = total / n
    variance = (squares - n * mean * mean) / (n - 1)
    with np.errstate(invalid="ignore"):
        return np.where(variance > _NOISE * mean * mean, np.sqrt(variance), np.nan)


def sharpe(total: FloatArray, squares: FloatArray, n: int, periods_per_year: float) -> FloatArray:
    """Return mean over standard deviation, annualised; NaN without dispersion."""
    result: FloatArray = total / n / deviation(total, squares, n) * np.sqrt(periods_per_year)
    return result


def sortino(total: FloatArray, downside: FloatArray, n: int, periods_per_year: float) -> FloatArray:
    """Return mean over downside deviation (losses over all periods), annualised; NaN without a loss."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = total / n / np.sqrt(downside / n) * np.sqrt(periods_per_year)
    return np.where(downside > 0.0, found, np.nan)


def ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return top / bottom, NaN where the bottom is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom != 0.0, top / bottom, np.nan)


def profit_factor(profit: FloatArray, loss: FloatArray) -> FloatArray:
    """Return wins over losses: inf without losses, NaN without either."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(loss > 0.0, profit / loss, np.where(profit > 0.0, np.inf, np.nan))
