"""The formulas quotes are made of: Avellaneda and Stoikov's, the same in log-odds, and a binary position's risk."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.checks import chance, not_negative, number, positive


@dataclass(frozen=True, slots=True)
class LogitQuote:
    """A centre and the two prices around it, as probabilities before any rounding to a grid."""

    reservation: float
    bid: float
    ask: float


@dataclass(frozen=True, slots=True)
class PositionRisk:
    """What contracts of one binary market can still do: variance and deviation of their payoff, in dollars."""

    variance: float
    deviation: float
    max_loss: float


def reservation_price(mid: float, inventory: float, gamma: float, sigma: float, left: float) -> float:
    """Return mid - inventory x gamma x sigma^2 x left, where a holder is indifferent (Avellaneda and Stoikov 2008).

    `sigma` is in price per square root of the unit of `left`, the time until the position is closed.
    """
    risk = not_negative("gamma", gamma) * not_negative("sigma", sigma) ** 2 * not_negative("left", left)
    return number("mid", mid) - number("inventory", inventory) * risk


def optimal_spread(gamma: float, sigma: float, k: float, left: float) -> float:
    """Return the whole spread gamma sigma^2 left + (2 / gamma) ln(1 + gamma / k), and 2 / k without risk aversion.

    `k` is how fast the rate of fills decays with the distance from the mid.
    """
    gamma, k = not_negative("gamma", gamma), positive("k", k)
    risk = gamma * not_negative("sigma", sigma) ** 2 * not_negative("left", left)
    return risk + (2.0 / gamma * math.log1p(gamma / k) if gamma > 0.0 else 2.0 / k)


def mean_spread(gamma: float, sigma: float, k: float, session: float) -> float:
    """Return the average of `optimal_spread` over a session of that length."""
    return optimal_spread(gamma, sigma, k, 0.5 * not_negative("session", session))


def logit_quote(
    p: float, inventory: float, gamma: float, sx: float, left: float, half: float, fee: float = 0.0
) -> LogitQuote:
    """Return quotes around p whose centre and width live in log-odds, so that they stay inside (0, 1) before the fee.

    Centre: logit p - inventory x gamma x sx^2 x left; prices: expit(centre -+ half), each moved outwards by `fee`
    dollars. `sx` is the deviation of the log-odds per square root of the unit of `left`. Not a published formula: the
    one above, carried over to log-odds, where equal steps mean less near 0 and 1.
    """
    risk = not_negative("gamma", gamma) * not_negative("sx", sx) ** 2 * not_negative("left", left)
    shift = number("inventory", inventory) * risk
    return LogitQuote(*logit_prices(chance("p", p), shift, positive("half", half), not_negative("fee", fee)))


def logit_prices(p: float, shift: float, half: float, fee: float) -> tuple[float, float, float]:
    """Return (centre, bid, ask) of `logit_quote` for a p inside (0, 1) and a shift in log-odds; nothing is checked."""
    centre = math.log(p / (1.0 - p)) - shift
    return _expit(centre), _expit(centre - half) - fee, _expit(centre + half) + fee


def position_risk(p: float, contracts: float, price: float | None = None) -> PositionRisk:
    """Return the risk of contracts (negative: short) that pay $1 with probability p, bought or sold at `price`.

    Variance n^2 p (1 - p). The most that can be lost is the price paid, or 1 - price a contract when short;
    without a price, that of a position taken at p.
    """
    p, n = chance("p", p), number("contracts", contracts)
    paid = p if price is None else chance("price", price)
    variance = n * n * p * (1.0 - p)
    return PositionRisk(variance, math.sqrt(variance), n * paid if n >= 0.0 else -n * (1.0 - paid))


def _expit(x: float) -> float:
    # for one number at a time, which is how quotes are asked for, an array costs ten times as much
    small = math.exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)
