"""Models that correct the market price by how such prices have settled: favourite-longshot bias and worse.

All walk forward by the protocol: at `as_of` they are fitted to what had settled before it. Every market counts once,
however often it was quoted; with fewer than `least` settled markets the price is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.checks import not_negative
from engine.core.errors import InvalidConfig
from engine.models.base import ProbabilityModel
from engine.models.fitting import LogitLine, RisingCurve, fit_isotonic, fit_logit_line, fit_platt
from engine.models.record import FloatArray, Quoted, Settled
from engine.models.special import logit


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LogitRecalibration(ProbabilityModel):
    """p = expit(a + b logit(price)) by largest likelihood, pulled towards the price by a prior.

    b above 1 is the favourite-longshot bias: cheap contracts are dearer than they are worth.
    """

    prior_strength: float = 10.0
    least: int = 30

    def __post_init__(self) -> None:
        not_negative("prior_strength", self.prior_strength)
        _at_least_two(self.least)

    def line(self, known: Settled) -> LogitLine | None:
        """Return the fitted line, or None while there is too little to fit."""
        if _markets(known) < self.least:
            return None
        # without a prior outcomes that the price separates have no fit; a trace of one changes no digit shown
        strength = max(self.prior_strength, 1e-6)
        return fit_logit_line(logit(known.price), known.outcome, known.shares(), strength)

    def _learn(self, known: Settled) -> LogitLine | None:
        return self.line(known)

    def _apply(self, learned: LogitLine | None, seen: Quoted, now: int) -> FloatArray:
        return seen.price if learned is None else learned(logit(seen.price))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlattRecalibration(ProbabilityModel):
    """Platt's line on logit(price), with softened outcomes in place of a prior."""

    least: int = 30

    def __post_init__(self) -> None:
        _at_least_two(self.least)

    def _learn(self, known: Settled) -> LogitLine | None:
        if _markets(known) < self.least:
            return None
        return fit_platt(logit(known.price), known.outcome, known.shares())

    def _apply(self, learned: LogitLine | None, seen: Quoted, now: int) -> FloatArray:
        return seen.price if learned is None else learned(logit(seen.price))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IsotonicRecalibration(ProbabilityModel):
    """The rising step function nearest to the outcomes, inside [1/(n+2), (n+1)/(n+2)]; wants a thousand of them."""

    least: int = 200

    def __post_init__(self) -> None:
        _at_least_two(self.least)

    def _learn(self, known: Settled) -> RisingCurve | None:
        markets = _markets(known)
        if markets < self.least:
            return None
        return fit_isotonic(known.price, known.outcome, 1.0 / (markets + 2.0), known.shares())

    def _apply(self, learned: RisingCurve | None, seen: Quoted, now: int) -> FloatArray:
        return seen.price if learned is None else learned(seen.price)


def _markets(known: Settled) -> int:
    return int(np.unique(known.ticker).size)


def _at_least_two(least: int) -> None:
    if isinstance(least, bool) or least != int(least) or least < 2:
        raise InvalidConfig(f"least is {least}; it counts the settled markets a fit needs: pass a whole number from 2")
