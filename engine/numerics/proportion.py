"""How sure a share of successes is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from engine.numerics.series import FloatArray


def wilson(wins: ArrayLike, n: ArrayLike, z: float) -> tuple[FloatArray, FloatArray]:
    """Return the Wilson 1927 interval of rates seen as wins / n, arrays alike, to `z` deviations; NaN where n is 0."""
    total, won = np.asarray(n, np.float64), np.asarray(wins, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = won / total
        half = z * np.sqrt(rate * (1.0 - rate) / total + z * z / (4.0 * total * total)) / (1.0 + z * z / total)
        centre = (rate + z * z / (2.0 * total)) / (1.0 + z * z / total)
    return np.asarray(np.maximum(centre - half, 0.0)), np.asarray(np.minimum(centre + half, 1.0))
