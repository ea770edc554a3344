"""How fast a bankroll grows at a given stake, and how deep it may fall on the way.

`c` is a multiple of full Kelly, `f` a fraction of bankroll staked, `p`, `b`, `a` the bet of `kelly_binary`; growth is
of the natural log of the bankroll per bet. Continuous results hold for small, frequent bets with cash at 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.checks import fraction_of, not_negative, number, positive, probability, whole
from engine.numerics.roots import sign_change
from engine.numerics.rules import kelly_full

FloatArray = npt.NDArray[np.float64]

# the 95 % quantile of the standard normal law
_Z95 = 1.6448536269514722


@dataclass(frozen=True, slots=True, eq=False)
class GrowthCurve:
    """Growth at multiples of full Kelly, all arrays of shape (n,); growth is minus infinity where a loss ruins."""

    multiples: FloatArray
    fractions: FloatArray
    growth: FloatArray
    ratio: FloatArray
    quadratic: FloatArray
    kelly: float
    zero_growth_fraction: float

    @property
    def zero_growth_multiple(self) -> float:
        """The multiple of full Kelly at which growth is gone; near 2, NaN without an edge."""
        return self.zero_growth_fraction / self.kelly if self.kelly > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class TerminalWealth:
    """The lognormal law of the bankroll after a time, as multiples of the start."""

    median: float
    mean: float
    p_loss: float
    q05: float
    q95: float


@dataclass(frozen=True, slots=True)
class DrawdownTolerance:
    """The largest Kelly multiple with P(ever below alpha x start) <= beta, and its exponent ln beta / ln alpha."""

    exponent: float
    multiple: float


def growth_rate(f: Any, p: float, b: float, a: float = 1.0) -> Any:
    """Return g(f) = p ln(1 + b f) + (1-p) ln(1 - a f), shaped like `f`; minus infinity where a loss ruins."""
    p, b, a = probability("p", p), positive("b", b), positive("a", a)
    stake = np.asarray(f, dtype=np.float64)
    growth = np.zeros_like(stake)
    for chance, move in ((p, b * stake), (1.0 - p, -a * stake)):
        if chance > 0.0:
            alive = move > -1.0
            growth += np.where(alive, chance * np.log1p(np.where(alive, move, 0.0)), -math.inf)
    return float(growth) if growth.ndim == 0 else growth


def excess_growth_ratio(c: Any) -> Any:
    """Return c(2-c), the growth above cash at `c` times Kelly over that at full Kelly, for small frequent bets."""
    ratio = np.asarray(c, dtype=np.float64)
    ratio = ratio * (2.0 - ratio)
    return float(ratio) if ratio.ndim == 0 else ratio


def growth_curve(p: float, b: float, multiples: Any, a: float = 1.0) -> GrowthCurve:
    """Return growth at the given multiples of full Kelly, beside the approximation c(2-c); all 0 without an edge."""
    c = np.atleast_1d(np.asarray(multiples, dtype=np.float64))
    kelly = max(0.0, kelly_full(probability("p", p), positive("b", b), positive("a", a)))
    fractions = c * kelly
    growth = growth_rate(fractions, p, b, a)
    best = growth_rate(kelly, p, b, a)
    ratio = growth / best if best > 0.0 else np.full_like(growth, math.nan)
    return GrowthCurve(c, fractions, growth, ratio, excess_growth_ratio(c), kelly, zero_growth_fraction(p, b, a))


def zero_growth_fraction(p: float, b: float, a: float = 1.0) -> float:
    """Return the stake above full Kelly at which growth is back at 0; 0 without an edge, NaN for a sure win."""
    kelly = kelly_full(probability("p", p), positive("b", b), positive("a", a))
    if kelly <= 0.0:
        return 0.0
    if p >= 1.0:
        return math.nan
    return sign_change(lambda f: float(growth_rate(f, p, b, a)), kelly, 1.0 / a, rising=False)


def prob_drawdown_below(c: Any, x: Any) -> Any:
    """Return P(bankroll ever <= x times the start) = x^(2/c - 1), 1 from twice Kelly on.

    The same number is the long-run share of time spent below x times the running peak. Floats or arrays.
    """
    multiple, level = np.broadcast_arrays(np.asarray(c, np.float64), np.asarray(x, np.float64))
    if np.any(~(multiple >= 0.0)) or np.any(~(level > 0.0)):
        number("c", float(np.min(multiple)))
        not_negative("c", float(np.min(multiple)))
        positive("x", float(np.min(level)))
    safe = np.where(multiple > 0.0, multiple, 1.0)
    chance = np.where(multiple > 0.0, np.minimum(level, 1.0) ** np.maximum(2.0 / safe - 1.0, 0.0), 0.0)
    chance = np.where(level >= 1.0, 1.0, chance)
    return float(chance) if chance.ndim == 0 else chance


def prob_min_wealth_below(c: float, sharpe: float, years: float, x: float) -> float:
    """Return P(bankroll ever <= x times the start within `years`), `sharpe` annual: the minimum of a drifting BM."""
    c, sharpe, years = not_negative("c", c), not_negative("sharpe", sharpe), not_negative("years", years)
    if positive("x", x) >= 1.0:
        return 1.0
    spread = c * sharpe
    if spread * years == 0.0:
        return 0.0
    drift, level, root = (c - 0.5 * c * c) * sharpe**2, math.log(x), spread * math.sqrt(years)
    mirror: float = x ** (2.0 * drift / spread**2)
    return _normal((level - drift * years) / root) + mirror * _normal((level + drift * years) / root)


def prob_reach(upper: float, lower: float, c: Any) -> Any:
    """Return P(bankroll reaches `upper` times the start before `lower` times it), for one `c` or an array."""
    upper, lower = positive("upper", upper), fraction_of("lower", lower, of="the start")
    multiples = np.atleast_1d(np.asarray(c, dtype=np.float64))
    chances = np.array([_reach(upper, lower, 2.0 / positive("c", float(k)) - 1.0) for k in multiples])
    return float(chances[0]) if np.ndim(c) == 0 else chances


def _reach(upper: float, lower: float, m: float) -> float:
    if upper <= 1.0:
        return 1.0
    if abs(m) < 1e-9:
        return -math.log(lower) / (math.log(upper) - math.log(lower))
    return float(math.expm1(m * math.log(lower)) / math.expm1(m * math.log(lower / upper)))


def terminal_wealth(c: float, sharpe: float, years: float, r: float = 0.0) -> TerminalWealth:
    """Return the law of the bankroll after `years` at `c` times Kelly on a bet of annual Sharpe ratio `sharpe`."""
    c, sharpe, years = not_negative("c", c), number("sharpe", sharpe), positive("years", years)
    centre = (number("r", r) + (c - 0.5 * c * c) * sharpe**2) * years
    spread = abs(c * sharpe) * math.sqrt(years)
    loss = _normal(-centre / spread) if spread > 0.0 else float(centre < 0.0)
    tail = _Z95 * spread
    return TerminalWealth(
        math.exp(centre), math.exp(centre + 0.5 * spread**2), loss, math.exp(centre - tail), math.exp(centre + tail)
    )


def drawdown_exponent(p: float, b: float, f: float, a: float = 1.0) -> float:
    """Return theta > 0 with p(1+bf)^-theta + (1-p)(1-af)^-theta = 1, so that P(ever <= x times the start) <= x^theta.

    1 at full Kelly, near 3 at half (Ville's inequality; Busseti, Ryu, Boyd 2016). 0 where growth is not positive: no
    bound; infinite where nothing is staked or lost.
    """
    p, b, a, f = probability("p", p), positive("b", b), positive("a", a), not_negative("f", f)
    if f == 0.0 or p == 1.0:
        return math.inf
    if not growth_rate(f, p, b, a) > 0.0:
        return 0.0
    win, loss = math.log1p(b * f), math.log1p(-a * f)

    def excess(theta: float) -> float:
        return float(np.logaddexp(math.log(p) - theta * win, math.log1p(-p) - theta * loss))

    high = 1.0
    while excess(high) <= 0.0:
        high *= 2.0
    return sign_change(excess, 0.0, high, rising=True)


def rck_binary(p: float, b: float, alpha: float, beta: float, a: float = 1.0) -> float:
    """Return the largest stake up to full Kelly that keeps P(ever below alpha x start) <= beta; 0 without an edge.

    Risk-constrained Kelly for one bet: Busseti, Ryu, Boyd 2016.
    """
    kelly = kelly_full(probability("p", p), positive("b", b), positive("a", a))
    power = kelly_fraction_for_drawdown(alpha, beta).exponent
    if kelly <= 0.0 or p == 1.0:
        return max(0.0, kelly)

    def excess(f: float) -> float:
        lost = math.log1p(-a * f) if a * f < 1.0 else -math.inf
        return float(np.logaddexp(math.log(p) - power * math.log1p(b * f), math.log1p(-p) - power * lost))

    return kelly if excess(kelly) <= 0.0 else sign_change(excess, 0.0, kelly, rising=True)


def kelly_fraction_for_drawdown(alpha: float, beta: float) -> DrawdownTolerance:
    """Return the Kelly multiple min(1, 2 / (1 + ln beta / ln alpha)) that tolerates P(ever below alpha) = beta."""
    alpha, beta = fraction_of("alpha", alpha, of="the start"), fraction_of("beta", beta, of="all paths")
    if alpha == 1.0:
        return DrawdownTolerance(math.inf if beta < 1.0 else 0.0, 0.0 if beta < 1.0 else 1.0)
    exponent = math.log(beta) / math.log(alpha)
    return DrawdownTolerance(exponent, min(1.0, 2.0 / (1.0 + exponent)))


def gamblers_ruin(p: float, units: float, target: float | None = None) -> float:
    """Return P(losing all `units` at one even unit a bet before holding `target`), or ever without a target."""
    p, units = probability("p", p), positive("units", units)
    if p in (0.0, 1.0):
        return 1.0 - p
    odds = (1.0 - p) / p
    if target is None:
        return 1.0 if odds >= 1.0 else float(odds**units)
    target = positive("target", target)
    if units >= target:
        return 0.0
    if abs(odds - 1.0) < 1e-12:
        return 1.0 - units / target
    if odds > 1.0:
        # the same formula over odds^target, which would overflow
        return float((1.0 - odds ** -(target - units)) / (1.0 - odds**-target))
    return float((odds**units - odds**target) / (1.0 - odds**target))


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def prob_losing_streak(n: int, k: int, loss_prob: float) -> float:
    """Return P(at least one run of `k` losses among `n` independent bets)."""
    n, k, q = whole("n", n, 0), whole("k", k), probability("loss_prob", loss_prob)
    runs = np.zeros(k)
    runs[0] = 1.0
    reached = 0.0
    for _ in range(n):
        alive = float(runs.sum())
        reached += float(runs[-1]) * q
        runs = np.concatenate(([alive * (1.0 - q)], runs[:-1] * q))
    return reached
