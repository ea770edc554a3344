"""Probabilities that a price ends above, ends between, or touches a level, for a lognormal price.

S is the price now, K and H levels, `sigma` and `mu` volatility and drift a year, T in years of 365 days. With no time
or volatility left the price is where its drift takes it, and the contract's text decides a tie (`inclusive`).
"""

from __future__ import annotations

import math

from engine.core.checks import not_negative, number, positive, share
from engine.core.errors import InvalidConfig
from engine.models.special import log_normal_cdf, normal_cdf, student_tail

# a barrier watched n times is a continuous one this many step deviations further off (Broadie-Glasserman-Kou 1997)
_WATCHED = 0.5826


def prob_above(
    S: float,
    K: float,
    sigma: float,
    T: float,
    mu: float = 0.0,
    *,
    inclusive: bool = False,
    tail_df: float | None = None,
) -> float:
    """Return P(S_T > K) = N(d2); with `tail_df` the log price has Student's law of the same variance instead."""
    S, K, sigma, T = positive("S", S), positive("K", K), not_negative("sigma", sigma), not_negative("T", T)
    spread = sigma * math.sqrt(T)
    ahead = math.log(S / K) + (number("mu", mu) - 0.5 * sigma * sigma) * T
    if spread == 0.0:
        return float(ahead > 0.0 or (inclusive and ahead == 0.0))
    if tail_df is None:
        return normal_cdf(ahead / spread)
    df = number("tail_df", tail_df)
    if df <= 2.0:
        raise InvalidConfig(f"tail_df is {df:g}; Student's law has a variance only above 2: pass for example 4")
    return student_tail(-ahead / spread * math.sqrt(df / (df - 2.0)), df)


def prob_between(
    S: float,
    low: float | None,
    high: float | None,
    sigma: float,
    T: float,
    mu: float = 0.0,
    *,
    tail_df: float | None = None,
) -> float:
    """Return P(low < S_T <= high); None is an open end. Brackets that meet at their ends sum to 1."""
    if low is not None and high is not None and not low < high:
        raise InvalidConfig(f"low is {low}; it must be below high = {high}: swap them")
    above_low = 1.0 if low is None else prob_above(S, low, sigma, T, mu, tail_df=tail_df)
    above_high = 0.0 if high is None else prob_above(S, high, sigma, T, mu, tail_df=tail_df)
    return above_low - above_high


def prob_touch(S: float, H: float, sigma: float, T: float, mu: float = 0.0, step: float = 0.0) -> float:
    """Return P(the price reaches H by T), from either side: the reflection formula.

    `step` is the time between looks in years, 0 for always: a barrier looked at seldom is passed unseen.
    """
    S, H, sigma, T = positive("S", S), positive("H", H), not_negative("sigma", sigma), not_negative("T", T)
    up = H > S
    H *= math.exp((1.0 if up else -1.0) * _WATCHED * sigma * math.sqrt(not_negative("step", step)))
    gap = math.log(H / S)
    if gap == 0.0:
        return 1.0
    spread, drift = sigma * math.sqrt(T), number("mu", mu) - 0.5 * sigma * sigma
    if spread == 0.0:
        arrives = drift * T / gap
        return float(arrives >= 1.0)
    towards = drift * T if up else -drift * T
    direct = normal_cdf((towards - abs(gap)) / spread)
    # in logs: the first factor alone may overflow while the second vanishes
    mirror = 2.0 * drift * gap / (sigma * sigma) + log_normal_cdf((-towards - abs(gap)) / spread)
    return min(1.0, direct + math.exp(min(mirror, 0.0)))


def effective_time(T: float, window: float, samples: int | None = None) -> float:
    """Return the time in which a price has the variance of its average over the last `window` before T.

    T - 2/3 window for a continuous average; for `samples` equally spaced values, the last at T, the mean of their
    covariances min(t_i, t_j). Both times in one unit, the window not yet begun: T >= window.
    """
    T, window = positive("T", T), not_negative("window", window)
    if window > T * (1.0 + 1e-12):
        raise InvalidConfig(
            f"the window {window:g} is longer than the {T:g} left: pass what was observed of it instead"
        )
    if samples is None or window == 0.0:
        return T - 2.0 * window / 3.0
    if samples < 1:
        raise InvalidConfig(f"samples is {samples}; an average has at least one: pass for example 60")
    step = window / samples
    first = T - window + step
    # sum over pairs of min(t_i, t_j) = sum of t_i weighted by how many pairs it is the earlier of
    pairs = samples * samples * first + step * sum(i * (2 * (samples - i) - 1) for i in range(samples))
    return pairs / (samples * samples)


def prob_above_average(
    S: float,
    K: float,
    sigma: float,
    T: float,
    window: float,
    samples: int | None = None,
    observed: float = 0.0,
    observed_average: float | None = None,
) -> float:
    """Return P(average price over the last `window` before T > K), T and window in years, without drift.

    Inside the window, `observed` is the share of it gone by and `observed_average` its average: the rest must make up
    the difference.
    """
    sigma, seen = positive("sigma", sigma), share("observed", observed)
    level = positive("K", K)
    if seen > 0.0:
        if observed_average is None:
            raise InvalidConfig(f"observed is {seen:g} but no average was given; pass observed_average")
        if seen == 1.0:
            return float(observed_average > level)
        level = (level - seen * positive("observed_average", observed_average)) / (1.0 - seen)
        if level <= 0.0:
            return 1.0
        window, samples = T, max(1, round(samples * (1.0 - seen))) if samples else None
    spread = sigma * math.sqrt(effective_time(T, window, samples))
    return normal_cdf(math.log(positive("S", S) / level) / spread)


def prob_margin(margin: float, deviation: float, line: float = 0.0) -> float:
    """Return P(result > line) for a result expected at `margin` with a normal error of `deviation` (points, votes)."""
    return normal_cdf((number("margin", margin) - number("line", line)) / positive("deviation", deviation))
