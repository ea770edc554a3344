"""How good forecasts were: Brier score with its parts, log loss, calibration by bins with intervals.

`p` are forecasts in [0, 1], `y` outcomes in [0, 1], both (n,). A score of 0 is perfect; 0.5 for everything scores
0.25 (Brier) and 0.693 (log loss).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.core.checks import chance
from engine.core.errors import InvalidConfig, InvalidData
from engine.models.record import FloatArray, outcomes
from engine.models.special import normal_quantile
from engine.numerics import proportion

# a forecast of 0 or 1 that fails costs 34.5, not infinity
_CLIP = 1e-15


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of one bin: their number, mean, share of YES, and the Wilson interval of that share."""

    index: int
    n: int
    forecast: float
    outcome: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CalibrationCurve:
    """The bins that hold forecasts, lowest first, with the mean and the largest gap between forecast and outcome."""

    bins: tuple[Bin, ...]
    ece: float
    mce: float


@dataclass(frozen=True, slots=True)
class BrierParts:
    """brier = reliability - resolution + uncertainty + within_variance - 2 within_covariance (Stephenson 2008).

    The classic three parts are exact only where all forecasts of a bin are equal; the last two are what is missing.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float

    @property
    def total(self) -> float:
        """The parts put together."""
        three = self.reliability - self.resolution + self.uncertainty
        return three + self.within_variance - 2.0 * self.within_covariance


def brier(p: ArrayLike, y: ArrayLike) -> float:
    """Return mean (p - y)^2."""
    ps, ys = _pairs(p, y)
    return float(np.mean((ps - ys) ** 2))


def log_loss(p: ArrayLike, y: ArrayLike) -> float:
    """Return the mean of -ln of the probability given to what happened, p clipped to [1e-15, 1 - 1e-15]."""
    return float(np.mean(log_losses(p, y)))


def log_losses(p: ArrayLike, y: ArrayLike) -> FloatArray:
    """Return the log loss of each forecast, (n,)."""
    ps, ys = _pairs(p, y)
    safe = np.clip(ps, _CLIP, 1.0 - _CLIP)
    result: FloatArray = -(ys * np.log(safe) + (1.0 - ys) * np.log1p(-safe))
    return result


def skill(score: float, reference: float) -> float:
    """Return 1 - score / reference: above 0 is better than the reference, NaN where that is perfect."""
    return 1.0 - score / reference if reference > 0.0 else math.nan


def brier_skill(p: ArrayLike, y: ArrayLike) -> float:
    """Return the skill against always forecasting the base rate of these very outcomes."""
    ps, ys = _pairs(p, y)
    return skill(brier(ps, ys), float(np.mean((ys - ys.mean()) ** 2)))


def brier_parts(p: ArrayLike, y: ArrayLike, bins: int = 10) -> BrierParts:
    """Return the decomposition over bins of equal width."""
    ps, ys = _pairs(p, y)
    place = _binned(ps, bins, "width")
    n = np.bincount(place, minlength=bins)
    mean_p, mean_y = (_means(values, place, n)[place] for values in (ps, ys))
    return BrierParts(
        brier(ps, ys),
        float(np.mean((mean_p - mean_y) ** 2)),
        float(np.mean((mean_y - ys.mean()) ** 2)),
        float(np.mean((ys - ys.mean()) ** 2)),
        float(np.mean((ps - mean_p) ** 2)),
        float(np.mean((ys - mean_y) * (ps - mean_p))),
    )


def calibration_curve(
    p: ArrayLike, y: ArrayLike, bins: int = 10, by: Literal["width", "mass"] = "width", level: float = 0.95
) -> CalibrationCurve:
    """Return forecast against outcome in bins of equal width on [0, 1], or of equal numbers (`by="mass"`).

    Bin k is [k/bins, (k+1)/bins), the last closed. An outcome outside the Wilson interval of its bin's forecasts is
    what bad calibration looks like; with n below 10 a bin says little.
    """
    ps, ys = _pairs(p, y)
    place = _binned(ps, bins, by)
    n = np.bincount(place, minlength=bins)
    mean_p, mean_y = _means(ps, place, n), _means(ys, place, n)
    low, high = wilson(mean_y * n, n, level)
    used = np.flatnonzero(n).tolist()
    found = tuple(Bin(k, int(n[k]), float(mean_p[k]), float(mean_y[k]), float(low[k]), float(high[k])) for k in used)
    gaps = [abs(one.forecast - one.outcome) for one in found]
    return CalibrationCurve(found, sum(one.n * gap for one, gap in zip(found, gaps, strict=True)) / ps.size, max(gaps))


def spiegelhalter_z(p: ArrayLike, y: ArrayLike) -> float:
    """Return a score that is standard normal for calibrated forecasts (Spiegelhalter 1986); NaN if all are 0, .5, 1."""
    ps, ys = _pairs(p, y)
    spread = math.sqrt(float(np.sum((1.0 - 2.0 * ps) ** 2 * ps * (1.0 - ps))))
    return float(np.sum((ys - ps) * (1.0 - 2.0 * ps))) / spread if spread > 0.0 else math.nan


def wilson(wins: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Return the Wilson 1927 interval of rates seen as wins / n, arrays alike; NaN where n is 0."""
    return proportion.wilson(wins, n, normal_quantile(0.5 + 0.5 * chance("level", level)))


def _binned(p: FloatArray, bins: int, by: str) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    if isinstance(bins, bool) or bins != int(bins) or bins < 1:
        raise InvalidConfig(f"bins is {bins}; it is a whole number from 1: pass for example 10")
    if by == "width":
        # the product can fall a last digit short of a bin's edge: 0.29 * 100 is 28.999...
        return np.minimum(np.floor(p * bins + 1e-12).astype(np.intp), bins - 1)
    if by != "mass":
        raise InvalidConfig(f"by is {by!r}; bins are of equal 'width' or equal 'mass': pass one of them")
    place = np.empty(p.size, dtype=np.intp)
    for k, rows in enumerate(np.array_split(np.argsort(p, kind="stable"), bins)):
        place[rows] = k
    return place


def _means(values: FloatArray, place: np.ndarray[tuple[int, ...], np.dtype[np.intp]], n: ArrayLike) -> FloatArray:
    counts = np.asarray(n)
    sums = np.bincount(place, weights=values, minlength=counts.size)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float64)


def _pairs(p: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    ps, ys = np.asarray(p, np.float64).ravel(), outcomes(np.asarray(y, np.float64).ravel())
    if ps.size == 0:
        raise InvalidData("the history is empty; a score needs settled forecasts: pass at least one")
    if ps.size != ys.size:
        raise InvalidData(f"{ps.size} forecasts and {ys.size} outcomes; each forecast has one: pass as many")
    bad = np.flatnonzero(~((ps >= 0.0) & (ps <= 1.0)))
    if bad.size:
        value = ps[bad[0]]
        guess = f"did you mean {value / 100:g}?" if 1.0 < value <= 100.0 else "leave out what was not forecast"
        raise InvalidData(f"forecast {bad[0] + 1} is {value:g}; it is a probability in [0, 1]: {guess}")
    return ps, ys
