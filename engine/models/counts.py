"""Probabilities of counts: how many events by a date, how many goals, who wins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.core.checks import not_negative, number
from engine.models.special import FloatArray, negative_binomial_pmf, poisson_pmf


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A match of two independent Poisson scores: `table[h, a]` is the chance that it ends h to a."""

    home_mean: float
    away_mean: float
    table: FloatArray

    @property
    def home(self) -> float:
        """The home side scores more."""
        return float(np.tril(self.table, -1).sum())

    @property
    def draw(self) -> float:
        """Both score alike."""
        return float(np.trace(self.table))

    @property
    def away(self) -> float:
        """The away side scores more."""
        return float(np.triu(self.table, 1).sum())

    def over(self, line: float) -> float:
        """Return P(both scores together > line)."""
        return 1.0 - float(poisson_pmf(self.home_mean + self.away_mean, max(0, math.floor(line))).sum())

    def covers(self, line: float) -> float:
        """Return P(home score - away score > line), the law of Skellam 1946."""
        goals = np.arange(len(self.table))
        return float(self.table[np.subtract.outer(goals, goals) > number("line", line)].sum())


def poisson_match(home_mean: float, away_mean: float) -> Match:
    """Return the law of a match from the expected scores of both sides; wrong for basketball, use `prob_margin`."""
    home, away = not_negative("home_mean", home_mean), not_negative("away_mean", away_mean)
    # beyond this many goals less than 1e-16 is left
    most = int(20 + max(home, away) + 12.0 * math.sqrt(max(home, away)))
    table = np.outer(poisson_pmf(home, most), poisson_pmf(away, most))
    return Match(home, away, table / table.sum())


def count_at_least(mean: float, threshold: float, variance: float | None = None) -> float:
    """Return P(N >= threshold) of a Poisson count, or a negative binomial one if its variance is above the mean."""
    mean, least = not_negative("mean", mean), math.ceil(number("threshold", threshold))
    if least <= 0:
        return 1.0
    if variance is None or number("variance", variance) <= mean:
        below = poisson_pmf(mean, least - 1)
    else:
        below = negative_binomial_pmf(mean, variance, least - 1)
    return max(0.0, 1.0 - math.fsum(below))


def count_by(rate: float, left: float, so_far: float, threshold: float, dispersion: float = 1.0) -> float:
    """Return P(the count reaches `threshold`) with `so_far` counted and `left` time at `rate`."""
    mean = not_negative("rate", rate) * not_negative("left", left)
    return count_at_least(
        mean, threshold - not_negative("so_far", so_far), not_negative("dispersion", dispersion) * mean
    )
