"""Simulated bankrolls, for the fan chart and for the drawdowns that no closed form gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.checks import not_negative, positive, probability, whole
from engine.core.errors import InvalidConfig

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class KellyPaths:
    """Many seeded bankrolls that start at 1 and stake one fixed fraction on the same bet.

    `bands` has shape (levels, n_bets + 1): the quantile of all bankrolls at each bet. `max_drawdown`, `final` and
    `lowest` have shape (n_paths,); a drawdown is a positive share of the peak here.
    """

    fraction: float
    levels: tuple[float, ...]
    bands: FloatArray
    max_drawdown: FloatArray
    final: FloatArray
    lowest: FloatArray

    @property
    def median_max_drawdown(self) -> float:
        """The maximum drawdown that half of the paths exceed."""
        return float(np.median(self.max_drawdown))

    @property
    def q95_max_drawdown(self) -> float:
        """The maximum drawdown that one path in twenty exceeds."""
        return float(np.quantile(self.max_drawdown, 0.95))

    @property
    def median_final(self) -> float:
        """The median bankroll at the end."""
        return float(np.median(self.final))

    @property
    def p_final_below_start(self) -> float:
        """The share of paths that end with a loss."""
        return float(np.mean(self.final < 1.0))

    def p_ever_below(self, x: float) -> float:
        """Return the share of paths that ever stood at or below `x` times the start."""
        return float(np.mean(self.lowest <= positive("x", x)))


def simulate_kelly_paths(
    p: float,
    b: float,
    fraction: float,
    n_bets: int = 250,
    n_paths: int = 10_000,
    seed: int = 0,
    a: float = 1.0,
    levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
) -> KellyPaths:
    """Return `n_paths` bankrolls after each of `n_bets` bets; one seed gives the same wins whatever the fraction."""
    p, b, a, fraction = probability("p", p), positive("b", b), positive("a", a), not_negative("fraction", fraction)
    n_bets, n_paths = whole("n_bets", n_bets), whole("n_paths", n_paths)
    if a * fraction >= 1.0:
        raise InvalidConfig(
            f"fraction is {fraction:g}; it must be below 1/a = {1.0 / a:g}, or one loss takes everything"
        )
    won = _draw(p, n_bets, n_paths, seed)
    win, loss = math.log1p(b * fraction), math.log1p(-a * fraction)
    log_wealth, peak, lowest, fall = (np.zeros(n_paths) for _ in range(4))
    quantiles = tuple(probability("level", level) for level in levels)
    bands = np.ones((len(quantiles), n_bets + 1))
    for bet in range(1, n_bets + 1):
        log_wealth += np.where(won[:, bet - 1], win, loss)
        np.maximum(peak, log_wealth, out=peak)
        np.minimum(lowest, log_wealth, out=lowest)
        np.maximum(fall, peak - log_wealth, out=fall)
        if quantiles:
            bands[:, bet] = np.exp(np.quantile(log_wealth, quantiles))
    return KellyPaths(fraction, quantiles, bands, -np.expm1(-fall), np.exp(log_wealth), np.exp(lowest))


def _draw(p: float, n_bets: int, n_paths: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return wins of shape (n_paths, n_bets), drawn path by path so that more paths keep the first ones."""
    rng = np.random.default_rng(seed)
    won = np.empty((n_paths, n_bets), dtype=np.bool_)
    for start in range(0, n_paths, 2048):
        block = won[start : start + 2048]
        np.less(rng.random(block.shape), p, out=block)
    return won
