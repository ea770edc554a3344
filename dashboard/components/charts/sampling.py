"""Thins a curve to what a screen can show without losing a peak, a trough or a drawdown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
POINTS = 1_600


def keep(*series: Floats, points: int = POINTS) -> NDArray[np.intp]:
    """Return increasing indices, at most `points`, with the extremes of every series in each of equal stretches.

    All series have shape (n,); the first and the last index always stay; NaN is never an extreme.
    """
    n = series[0].size
    if n <= points:
        return np.arange(n)
    stretches = points // 2
    while True:
        chosen = _extremes(series, stretches)
        if chosen.size <= points:
            return chosen
        # Extremes of different series often fall together, so the count that fits is found from above.
        stretches = max(1, min(stretches - 1, stretches * points // chosen.size))


def _extremes(series: tuple[Floats, ...], stretches: int) -> NDArray[np.intp]:
    n = series[0].size
    width = -(-n // stretches)
    starts = np.arange(0, n, width)
    padding = starts.size * width - n
    picked = [np.array([0, n - 1])]
    for values in series:
        low = np.pad(np.where(np.isnan(values), np.inf, values), (0, padding), constant_values=np.inf)
        high = np.pad(np.where(np.isnan(values), -np.inf, values), (0, padding), constant_values=-np.inf)
        picked.append(starts + low.reshape(-1, width).argmin(axis=1))
        picked.append(starts + high.reshape(-1, width).argmax(axis=1))
    return np.unique(np.concatenate(picked))
