"""How often such markets have settled YES: a Beta-Binomial count whose evidence fades with time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.checks import chance, not_negative, positive
from engine.core.errors import InvalidConfig
from engine.models.base import ProbabilityModel
from engine.models.record import FloatArray, Quoted, Settled
from engine.models.special import beta_quantile
from engine.models.when import HOUR


@dataclass(frozen=True, slots=True)
class BetaBelief:
    """A Beta(a, b) law of an unknown probability."""

    a: float
    b: float

    def __post_init__(self) -> None:
        positive("a", self.a)
        positive("b", self.b)

    @classmethod
    def around(cls, mean: float, strength: float) -> BetaBelief:
        """Return the belief with this mean that is worth `strength` observations: a market price makes a good one."""
        size = positive("strength", strength)
        return cls(chance("mean", mean) * size, (1.0 - mean) * size)

    def after(self, wins: float, losses: float) -> BetaBelief:
        """Return the belief after (possibly faded) counts of YES and NO."""
        return BetaBelief(self.a + not_negative("wins", wins), self.b + not_negative("losses", losses))

    @property
    def mean(self) -> float:
        """The probability of YES next time: all that one log-optimal bet needs."""
        return self.a / (self.a + self.b)

    @property
    def mode(self) -> float:
        """The likeliest value; NaN unless a and b are both above 1."""
        return (self.a - 1.0) / (self.a + self.b - 2.0) if min(self.a, self.b) > 1.0 else math.nan

    @property
    def deviation(self) -> float:
        """The standard deviation of the belief."""
        return math.sqrt(self.mean * (1.0 - self.mean) / (self.a + self.b + 1.0))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval that holds the probability with chance `level`."""
        tail = 0.5 * (1.0 - chance("level", level))
        return beta_quantile(tail, self.a, self.b), beta_quantile(1.0 - tail, self.a, self.b)

    def chance_of(self, wins: int, trials: int) -> float:
        """Return P(`wins` YES in the next `trials`), the Beta-Binomial law."""
        if not 0 <= wins <= trials:
            raise InvalidConfig(f"wins is {wins}; it must lie between 0 and trials = {trials}: check the counts")
        choose = math.lgamma(trials + 1.0) - math.lgamma(wins + 1.0) - math.lgamma(trials - wins + 1.0)
        return math.exp(choose + _log_beta(self.a + wins, self.b + trials - wins) - _log_beta(self.a, self.b))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frequency(ProbabilityModel):
    """The share of YES among a group's settled markets, each counted once, its weight halving every `half_life_days`.

    The prior is worth `prior_strength` markets at `prior`, or at the price just quoted when that is None. A half-life
    of None forgets nothing.
    """

    half_life_days: float | None = 90.0
    prior: float | None = None
    prior_strength: float = 10.0

    def __post_init__(self) -> None:
        if self.half_life_days is not None:
            positive("half_life_days", self.half_life_days)
        if self.prior is not None:
            chance("prior", self.prior)
        positive("prior_strength", self.prior_strength)

    def belief(self, known: Settled, group: str, price: float, now: int) -> BetaBelief:
        """Return the belief about one group at `now`."""
        return self._beliefs(known.once(), {group: price}, now)[group]

    def _learn(self, known: Settled) -> Settled:
        return known.once()

    def _apply(self, learned: Settled, seen: Quoted, now: int) -> FloatArray:
        counts = {group: self._counts(learned, group, now) for group in np.unique(seen.group).tolist()}
        pairs = zip(seen.group.tolist(), seen.price.tolist(), strict=True)
        return np.array([self._prior(price).after(*counts[group]).mean for group, price in pairs])

    def _beliefs(self, once: Settled, prices: dict[str, float], now: int) -> dict[str, BetaBelief]:
        return {group: self._prior(price).after(*self._counts(once, group, now)) for group, price in prices.items()}

    def _prior(self, price: float) -> BetaBelief:
        return BetaBelief.around(price if self.prior is None else self.prior, self.prior_strength)

    def _counts(self, once: Settled, group: str, now: int) -> tuple[float, float]:
        rows = once.group == group
        weights = faded(once.time[rows], now, self.half_life_days)
        yes = float(weights @ once.outcome[rows])
        return yes, max(0.0, float(weights.sum()) - yes)


def faded(times: npt.NDArray[np.int64], now: int, half_life_days: float | None) -> FloatArray:
    """Return the weight of each past time at `now`: 1/2 for every half-life gone by."""
    if half_life_days is None:
        return np.ones(times.size)
    age = (now - times) / (24.0 * HOUR * half_life_days)
    return np.asarray(0.5**age, np.float64)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
