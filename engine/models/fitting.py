"""Maps from a price to a probability, fitted to outcomes: a straight line in log-odds, and a rising step function."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.core.checks import not_negative
from engine.core.errors import InvalidData
from engine.models.record import outcomes
from engine.models.special import FloatArray, expit

_STEPS = 100


@dataclass(frozen=True, slots=True)
class LogitLine:
    """p = expit(intercept + slope x); on x = logit(price) a slope below 1 says that prices are overconfident."""

    intercept: float
    slope: float

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Return the probabilities, shaped like x."""
        return expit(self.intercept + self.slope * np.asarray(x, np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class RisingCurve:
    """A curve through the blocks of an isotonic fit: level between their ends, straight lines across the gaps."""

    x: FloatArray
    fitted: FloatArray

    def __call__(self, x: ArrayLike) -> FloatArray:
        """Return the fitted values, shaped like x; beyond the ends they stay level."""
        return np.asarray(np.interp(np.asarray(x, np.float64), self.x, self.fitted), np.float64)


def fit_logit_line(
    x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, prior_strength: float = 0.0
) -> LogitLine:
    """Return the line of largest likelihood, x and y (n,); `prior_strength` pulls it towards p = expit(x).

    The strength is a count: how many unit observations the prior is worth in each coefficient's precision. Without one,
    outcomes that x separates have no largest likelihood, and are refused.
    """
    xs, ys, ws = _columns(x, y, weights)
    strength = not_negative("prior_strength", prior_strength)
    design = np.column_stack([np.ones_like(xs), xs])
    prior = np.array([0.0, 1.0])
    return LogitLine(*_newton(design, ys, ws, prior, strength).tolist())


def fit_platt(scores: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> LogitLine:
    """Return Platt's line (1999): outcomes are softened to (N+ + 1)/(N+ + 2) and 1/(N- + 2), so it always exists."""
    xs, ys, ws = _columns(scores, y, weights)
    good = float(ws @ ys)
    top, low = (good + 1.0) / (good + 2.0), 1.0 / (float(ws.sum()) - good + 2.0)
    soft = low + ys * (top - low)
    design = np.column_stack([np.ones_like(xs), xs])
    if np.ptp(xs) == 0.0:
        level = float(np.average(soft, weights=ws))
        return LogitLine(math.log(level / (1.0 - level)), 0.0)
    return LogitLine(*_newton(design, soft, ws, np.zeros(2), 0.0).tolist())


def isotonic(y: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """Return the rising sequence nearest to y in weighted squares, by pooling adjacent violators; shape (n,)."""
    ys = np.asarray(y, np.float64).ravel()
    ws = np.ones_like(ys) if weights is None else np.asarray(weights, np.float64).ravel()
    levels: list[tuple[float, float, int]] = []
    for value, weight in zip(ys.tolist(), ws.tolist(), strict=True):
        level, mass, count = value, weight, 1
        while levels and levels[-1][0] >= level:
            before, heavy, many = levels.pop()
            level = (before * heavy + level * mass) / (heavy + mass)
            mass, count = mass + heavy, count + many
        levels.append((level, mass, count))
    return np.repeat([level for level, _, _ in levels], [count for _, _, count in levels])


def fit_isotonic(x: ArrayLike, y: ArrayLike, margin: float = 0.0, weights: ArrayLike | None = None) -> RisingCurve:
    """Return the isotonic fit of y on x, kept `margin` away from 0 and 1; equal x share one value."""
    xs, ys, ws = _columns(x, y, weights)
    places, back = np.unique(xs, return_inverse=True)
    mass = np.bincount(back.ravel(), weights=ws)
    means = np.bincount(back.ravel(), weights=ws * ys) / mass
    return RisingCurve(places, np.clip(isotonic(means, mass), margin, 1.0 - margin))


def _newton(design: FloatArray, y: FloatArray, w: FloatArray, prior: FloatArray, strength: float) -> FloatArray:
    """Return the coefficients of largest penalised likelihood: Newton's method, steps halved until it rises."""
    beta = prior.copy()
    best = _likelihood(design, y, w, beta, prior, strength)
    for _ in range(_STEPS):
        p = expit(design @ beta)
        slope = design.T @ (w * (y - p)) - strength * (beta - prior)
        curve = (design.T * (w * p * (1.0 - p))) @ design + strength * np.eye(2)
        if not np.isfinite(beta).all() or np.linalg.cond(curve) > 1e14 or np.abs(beta).max() > 1e4:
            raise InvalidData(
                "the prices separate the outcomes or are all alike, so no line fits best: use more history or a prior"
            )
        move = np.linalg.solve(curve, slope)
        value = _likelihood(design, y, w, beta + move, prior, strength)
        while value < best - 1e-12 * abs(best) and np.abs(move).max() > 1e-12:
            move = 0.5 * move
            value = _likelihood(design, y, w, beta + move, prior, strength)
        beta, best = beta + move, value
        if np.abs(move).max() < 1e-12:
            break
    return beta


def _likelihood(
    design: FloatArray, y: FloatArray, w: FloatArray, beta: FloatArray, prior: FloatArray, strength: float
) -> float:
    x = design @ beta
    return float(w @ (y * x - np.logaddexp(0.0, x)) - 0.5 * strength * ((beta - prior) ** 2).sum())


def _columns(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    xs, ys = np.asarray(x, np.float64).ravel(), outcomes(np.asarray(y, np.float64).ravel())
    if xs.size == 0:
        raise InvalidData("the history is empty; a fit needs outcomes: pass at least one")
    ws = np.ones_like(xs) if weights is None else np.asarray(weights, np.float64).ravel()
    if not xs.size == ys.size == ws.size:
        raise InvalidData(
            f"{xs.size} prices, {ys.size} outcomes and {ws.size} weights; each row needs all: pass as many"
        )
    if not np.isfinite(xs).all():
        raise InvalidData("a price is missing; every row needs one: leave such rows out")
    return xs, ys, ws
