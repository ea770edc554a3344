"""Kelly's closed forms for one bet (binary, any odds, continuous) and for how far its probability can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.checks import not_negative, number, positive, probability
from engine.core.errors import InvalidConfig, suggest
from engine.numerics.proportion import wilson
from engine.numerics.rules import kelly_full

_ODDS = ("net", "decimal", "american", "fractional", "price")


@dataclass(frozen=True, slots=True)
class BinaryKelly:
    """A bet that pays `b` per unit staked with probability `p` and costs `a` otherwise; `raw` may be negative."""

    p: float
    b: float
    a: float
    raw: float
    kelly: float
    edge: float
    growth: float
    max_stake: float

    @property
    def doubling_bets(self) -> float:
        """Bets until the median bankroll has doubled at full Kelly; NaN without an edge."""
        return math.log(2.0) / self.growth if self.growth > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class ContinuousKelly:
    """Kelly leverage of a diffusion with arithmetic drift `mu`, volatility `sigma` and cash rate `r`, per year."""

    mu: float
    sigma: float
    r: float
    raw: float
    kelly: float
    sharpe: float

    def growth(self, leverage: float) -> float:
        """Return the growth rate r + f (mu - r) - f^2 sigma^2 / 2 of the log bankroll."""
        return self.r + leverage * (self.mu - self.r) - 0.5 * leverage**2 * self.sigma**2

    @property
    def growth_at_kelly(self) -> float:
        """Growth at full Kelly, r + Sharpe^2 / 2."""
        return self.growth(self.raw)

    @property
    def vol_at_kelly(self) -> float:
        """Volatility of the bankroll at full Kelly; equals the size of the Sharpe ratio."""
        return abs(self.raw) * self.sigma


def kelly_binary(p: float, b: float, a: float = 1.0, cost: float = 0.0) -> BinaryKelly:
    """Return Kelly of a binary bet, f* = p/a - (1-p)/b (Kelly 1956); `cost` per unit staked lowers b and raises a."""
    p = probability("p", p)
    cost = not_negative("cost", cost)
    b, a = positive("b", b) - cost, positive("a", a) + cost
    if b <= 0.0:
        raise InvalidConfig(f"cost is {cost}; it must stay below the payoff b = {b + cost:g}: lower the cost")
    raw = kelly_full(p, b, a)
    kelly = max(0.0, raw)
    return BinaryKelly(p, b, a, raw, kelly, p * b - (1.0 - p) * a, _log_growth(kelly, p, b, a), 1.0 / a)


def payoff_ratio(odds: float | str, kind: str = "decimal") -> float:
    """Return the net payoff b per unit staked of odds: "net", "decimal", "american", "fractional" (5/2) or "price"."""
    if kind not in _ODDS:
        raise InvalidConfig(f"odds kind is '{kind}'; it is one of {', '.join(_ODDS)}{suggest(kind, _ODDS)}")
    if kind == "fractional" and isinstance(odds, str):
        top, _, bottom = odds.partition("/")
        try:
            odds = float(top) / float(bottom or "1")
        except (ValueError, ZeroDivisionError):
            raise InvalidConfig(f"odds are '{odds}'; fractional odds are two numbers: write 5/2") from None
    value = number("odds", odds)
    ratio = _to_net(value, kind)
    if not ratio > 0.0:
        raise InvalidConfig(f"odds are {odds}; as {kind} odds they pay nothing: check the number and its kind")
    return ratio


def _to_net(value: float, kind: str) -> float:
    if kind == "decimal":
        return value - 1.0
    if kind == "american":
        if abs(value) < 100.0:
            return math.nan
        return value / 100.0 if value > 0.0 else 100.0 / -value
    if kind == "price":
        return (1.0 - value) / value if 0.0 < value < 1.0 else math.nan
    return value


def kelly_from_win_rate(win_rate: float, ratio: float) -> float:
    """Return W - (1-W)/R, the fraction at risk; `ratio` is average win over average loss and may be infinite."""
    win_rate = probability("win_rate", win_rate)
    if ratio != math.inf:
        ratio = positive("payoff_ratio", ratio)
    return kelly_full(win_rate, ratio, 1.0)


def kelly_continuous(mu: float, sigma: float, r: float = 0.0) -> ContinuousKelly:
    """Return Kelly leverage (mu - r) / sigma^2; `mu` is the arithmetic drift (see `arithmetic_drift`)."""
    mu, sigma, r = number("mu", mu), positive("sigma", sigma), number("r", r)
    raw = (mu - r) / sigma**2
    return ContinuousKelly(mu, sigma, r, raw, max(0.0, raw), (mu - r) / sigma)


def arithmetic_drift(log_mean: float, sigma: float) -> float:
    """Return the drift mu = m + sigma^2 / 2 that belongs to a mean log return m."""
    return number("log_mean", log_mean) + 0.5 * positive("sigma", sigma) ** 2


def wilson_interval(wins: float, n: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the Wilson score interval of a win rate, by default at 95 %; NaN for no trades."""
    wins, n, z = not_negative("wins", wins), not_negative("n", n), positive("z", z)
    if wins > n:
        raise InvalidConfig(f"wins is {wins:g}; it must not exceed n = {n:g}: check the counts")
    low, high = wilson(wins, n, z)
    return float(low), float(high)


def baker_mchale(p: float, b: float, sigma: float) -> float:
    """Return the factor in [0, 1] that shrinks Kelly when p has a standard error `sigma` (Baker-McHale 2013)."""
    p, b, sigma = probability("p", p), positive("b", b), not_negative("sigma", sigma)
    full = kelly_full(p, b, 1.0)
    if full <= 0.0:
        return 0.0
    return full**2 / (full**2 + ((b + 1.0) / b * sigma) ** 2)


def rate_error(p: float, n: float) -> float:
    """Return the standard error of a win rate `p` seen over `n` trades."""
    p = probability("p", p)
    return math.sqrt(p * (1.0 - p) / positive("n", n))


def _log_growth(f: float, p: float, b: float, a: float) -> float:
    growth = 0.0
    for chance, outcome in ((p, b), (1.0 - p, -a)):
        if chance > 0.0:
            if 1.0 + f * outcome <= 0.0:
                return -math.inf
            growth += chance * math.log1p(f * outcome)
    return growth
