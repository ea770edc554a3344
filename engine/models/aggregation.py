"""Several forecasts made one: averages of odds, trust in the market, and an event's prices without their overround."""

# ruff: noqa: SLF001  - an ensemble is one model in several parts
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from engine.core.checks import number, positive, share
from engine.core.errors import InvalidConfig, InvalidData
from engine.models.base import ProbabilityModel
from engine.models.record import FloatArray, Quoted, Settled, inside, outcomes
from engine.models.special import expit, logit
from engine.numerics.roots import sign_change


def pool_linear(p: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """Return the weighted mean over the first axis, (m, n) to (n,)."""
    array = inside("a forecast", p)
    return np.asarray(np.average(array, axis=0, weights=_weights(weights, len(array))), np.float64)


def pool_median(p: ArrayLike) -> FloatArray:
    """Return the median over the first axis."""
    return np.asarray(np.median(inside("a forecast", p), axis=0), np.float64)


def pool_logit(p: ArrayLike, weights: ArrayLike | None = None, extremise: float = 1.0) -> FloatArray:
    """Return expit(a x mean logit): geometric mean of odds, made bolder by a > 1 (Satopaa 2014, Baron 2014)."""
    array = logit(inside("a forecast", p))
    centre = np.average(array, axis=0, weights=_weights(weights, len(array)))
    return expit(positive("extremise", extremise) * centre)


def sharpen(p: ArrayLike, a: float) -> FloatArray:
    """Return p^a / (p^a + (1-p)^a) = expit(a logit p): bolder for a > 1, towards 0.5 for a < 1."""
    return expit(positive("a", a) * logit(inside("p", p)))


def blend_logit(model: ArrayLike, market: ArrayLike, weight: float) -> FloatArray:
    """Return expit(w logit(model) + (1-w) logit(market)): how far the model is trusted against the price."""
    w = share("weight", weight)
    return expit(w * logit(inside("model", model)) + (1.0 - w) * logit(inside("market", market)))


def fit_blend_weight(model: ArrayLike, market: ArrayLike, y: ArrayLike) -> float:
    """Return the weight in [0, 1] of least log loss on past forecasts (n,), which must have been made beforehand."""
    far, base = logit(inside("model", model)), logit(inside("market", market))
    results, step = outcomes(y), far - base
    if results.size == 0:
        raise InvalidData("the history is empty; a weight is fitted to settled forecasts: pass at least one")

    def slope(weight: float) -> float:
        return float(step @ (expit(base + weight * step) - results))

    # the loss is convex in the weight
    if slope(0.0) >= 0.0:
        return 0.0
    return 1.0 if slope(1.0) <= 0.0 else sign_change(slope, 0.0, 1.0, rising=True)


def fair_proportional(asks: Sequence[float]) -> FloatArray:
    """Return the prices of an event's outcomes scaled to sum to 1."""
    prices = inside("a price", asks)
    return np.asarray(prices / prices.sum(), np.float64)


def fair_power(asks: Sequence[float]) -> tuple[FloatArray, float]:
    """Return (prices^k, k) with the k that makes them sum to 1; takes relatively more from longshots."""
    prices = inside("a price", asks)
    if prices.size < 2:
        raise InvalidData("one price alone has no overround; pass all outcomes of the event")

    def excess(k: float) -> float:
        return float((prices**k).sum()) - 1.0

    high = 1.0
    while excess(high) > 0.0:
        high *= 2.0
    k = sign_change(excess, 0.0, high * (1.0 + 1e-9), rising=False)
    return np.asarray(prices**k, np.float64), k


def bayes_odds(prior: float, likelihood_ratio: float) -> float:
    """Return the posterior of odds x likelihood ratio."""
    odds = float(inside("prior", prior)) / (1.0 - prior) * positive("likelihood_ratio", likelihood_ratio)
    return odds / (1.0 + odds)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ensemble(ProbabilityModel):
    """Several models pooled in log-odds with given weights, extremised by `extremise`; `MarketPrice` may be one.

    A member that knows too little yet is left out; with none left the ensemble has no opinion.
    """

    members: tuple[ProbabilityModel, ...]
    weights: tuple[float, ...] | None = None
    extremise: float = 1.0

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidConfig("members is empty; an ensemble pools at least one model: pass some")
        _weights(self.weights, len(self.members))
        positive("extremise", self.extremise)

    def fit(self, settled: Settled) -> Self:
        """Return the ensemble with every member fitted."""
        # slots make a new class, which the short form of super does not know
        own = super(Ensemble, self).fit(settled)
        return replace(own, members=tuple(member.fit(settled) for member in self.members))

    def _learn(self, known: Settled) -> list[Any]:
        return [member._learn(known) for member in self.members]

    def _apply(self, learned: list[Any], seen: Quoted, now: int) -> FloatArray:
        weights = self.weights or (1.0,) * len(self.members)
        rows, used = [], []
        for member, state, weight in zip(self.members, learned, weights, strict=True):
            if weight > 0.0 and not member._missing(now):
                rows.append(np.clip(member._apply(state, seen, now), 1e-9, 1.0 - 1e-9))
                used.append(weight)
        return pool_logit(np.array(rows), used, self.extremise)

    def _missing(self, now: int) -> str:
        weights = self.weights or (1.0,) * len(self.members)
        lacks = [m._missing(now) for m, w in zip(self.members, weights, strict=True) if w > 0.0]
        return lacks[0] if all(lacks) else ""


def _weights(weights: ArrayLike | None, n: int) -> FloatArray | None:
    if weights is None:
        return None
    array = np.asarray(weights, np.float64)
    if array.shape != (n,) or array.min() < 0.0 or not 0.0 < math.fsum(array) < math.inf:
        shown = [number("a weight", w) for w in array.ravel().tolist()]
        raise InvalidConfig(f"weights are {shown}; {n} forecasts need as many, 0 or more and not all 0: correct them")
    return array
