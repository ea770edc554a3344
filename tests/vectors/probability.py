"""Labels of 18: thresholds and touches of a price, games, counts and beliefs."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from engine.models import counts, digital, games
from engine.models.aggregation import bayes_odds
from engine.models.frequency import BetaBelief
from tests.vectors.inputs import Inputs, Mapping, each, pick

_MINUTES = 365.0 * 24.0 * 60.0


def prob_above(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    S, K, sigma, T, mu = (pick(inputs, *names) for names in (("S",), ("K",), ("sigma",), ("T",), ("mu", "drift")))
    got = each(K, lambda level: digital.prob_above(S, level, sigma, T, mu))
    df = pick(inputs, "df", "nu", "tail_df", default=4.0)
    values: dict[str, Any] = {"P": got, "prob_below": each(got, lambda p: 1.0 - p)}
    if not isinstance(K, list) and sigma * T > 0.0:
        fat = digital.prob_above(S, K, sigma, T, mu, tail_df=df)
        values |= dict.fromkeys(("P_t", "P_student_t", f"P_t{df:g}", "P_fat_tail"), fat)
    return values


def prob_between(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    S, sigma, T, mu = pick(inputs, "S"), pick(inputs, "sigma"), pick(inputs, "T"), pick(inputs, "mu", default=0.0)
    edges = pick(inputs, "edges", "strikes", default=None)
    if edges is not None:
        ends = [None, *edges, None]
        got = [digital.prob_between(S, a, b, sigma, T, mu) for a, b in pairwise(ends)]
        return {"P": got, "p": got, "sum": sum(got)}
    low, high = pick(inputs, "K1", "low", "L", default=None), pick(inputs, "K2", "high", "U", default=None)
    return {"P": digital.prob_between(S, low, high, sigma, T, mu)}


def prob_touch(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    S, H, sigma, T = pick(inputs, "S"), pick(inputs, "H", "K"), pick(inputs, "sigma"), pick(inputs, "T")
    mu = pick(inputs, "mu", default=0.0)
    above = digital.prob_above(S, H, sigma, T, mu)
    return {
        "P": digital.prob_touch(S, H, sigma, T, mu),
        "prob_terminal_beyond": above if H > S else 1.0 - above,
        "P_daily_monitoring_BGK": digital.prob_touch(S, H, sigma, T, mu, 1.0 / 365.0),
    }


def prob_above_average(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    S, K, sigma = pick(inputs, "S"), pick(inputs, "K"), pick(inputs, "sigma")
    left, window = pick(inputs, "minutes_to_close"), pick(inputs, "averaging_minutes")
    samples, T, span = pick(inputs, "samples", default=60), left / _MINUTES, window / _MINUTES
    # averages of an instant: the price at the close itself, drift left out as the case does
    return {
        "P_point_in_time": digital.prob_above_average(S, K, sigma, T, 0.0),
        "P_average_continuous": digital.prob_above_average(S, K, sigma, T, span),
        f"P_average_{samples}_samples": digital.prob_above_average(S, K, sigma, T, span, samples),
        "effective_minutes_continuous": digital.effective_time(left, window),
        f"effective_minutes_{samples}_samples": digital.effective_time(left, window, samples),
    }


def prob_margin(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    margin = pick(inputs, "margin", "lead", "mean")
    spread = pick(inputs, "sd", "sigma", "deviation")
    return {"P": digital.prob_margin(margin, spread, pick(inputs, "line", "threshold", default=0.0))}


def elo(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    rating, others = pick(inputs, "rating"), pick(inputs, "opponents", "opponent")
    others = others if isinstance(others, list) else [others]
    expected = [games.elo_expected(rating, other) for other in others]
    got: dict[str, Any] = {"expected_each": expected, "expected_total": sum(expected), "expected": expected[0]}
    score = pick(inputs, "score", default=None)
    if score is not None:
        got["new_rating"] = games.elo_updated(rating, others, score, pick(inputs, "K", "k", default=32.0))
    return got


def elo_expected(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    gap = pick(inputs, "d", "diff", "difference", "rating_diff", default=None)
    if gap is None:
        gap = pick(inputs, "rating_a", "rating", "ra") - pick(inputs, "rating_b", "opponent", "rb")
    got = each(gap, lambda d: games.elo_expected(d, 0.0))
    return dict.fromkeys(("P", "expected", "p"), got)


def poisson_match(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    match = counts.poisson_match(pick(inputs, "lambda_home", "home"), pick(inputs, "lambda_away", "away"))
    lines = (0.5, 1.5, 2.5, 3.5, 4.5)
    return (
        {"home": match.home, "draw": match.draw, "away": match.away}
        | {f"over_{line}": match.over(line) for line in lines}
        | {f"under_{line}": 1.0 - match.over(line) for line in lines}
        | {f"home_covers_{line}": match.covers(line) for line in lines}
    )


def poisson_at_least(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    mean, variance = pick(inputs, "mean", "lambda", default=None), pick(inputs, "variance", "var", default=None)
    threshold = pick(inputs, "threshold", "k", "K")
    so_far = pick(inputs, "count_so_far", "so_far", default=0)
    if mean is None:
        left = pick(inputs, "days", "total_days") - pick(inputs, "days_elapsed", "elapsed", default=0)
        mean = pick(inputs, "rate_per_day", "rate") * left
    return {"P": counts.count_at_least(mean, threshold - so_far, variance)}


def beta_binomial(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    a, b = pick(inputs, "a", "alpha", "prior_a", default=None), pick(inputs, "b", "beta", "prior_b", default=None)
    if a is None:
        strength = pick(inputs, "n0", "prior_strength", "strength", "prior_n")
        prior = BetaBelief.around(pick(inputs, "prior_mean", "market", "prior", "price"), strength)
    else:
        prior = BetaBelief(a, b)
    wins = pick(inputs, "wins", "successes", "yes", "k")
    losses = pick(inputs, "losses", "failures", "no", default=None)
    belief = prior.after(wins, pick(inputs, "n", "trials") - wins if losses is None else losses)
    low, high = belief.interval(pick(inputs, "level", default=0.95))
    got: dict[str, Any] = {"lower": low, "upper": high, "ci": [low, high], "interval": [low, high], "ci95": [low, high]}
    got |= dict.fromkeys(("a", "alpha", "posterior_a"), belief.a) | dict.fromkeys(
        ("b", "beta", "posterior_b"), belief.b
    )
    got |= dict.fromkeys(("mean", "posterior_mean", "P", "p", "posterior"), belief.mean)
    return got | dict.fromkeys(("sd", "std", "posterior_sd"), belief.deviation) | {"mode": belief.mode}


def odds(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    ratio = pick(inputs, "likelihood_ratio", "lr", "LR")
    return {"posterior": bayes_odds(pick(inputs, "prior"), math.prod(ratio) if isinstance(ratio, list) else ratio)}


LABELS: dict[str, Mapping] = {
    "prob_above": prob_above,
    "prob_between": prob_between,
    "prob_bucket": prob_between,
    "prob_in_range": prob_between,
    "prob_touch": prob_touch,
    "prob_above_average": prob_above_average,
    "prob_margin": prob_margin,
    "elo": elo,
    "elo_expected": elo_expected,
    "poisson_match": poisson_match,
    "poisson_at_least": poisson_at_least,
    "negative_binomial_at_least": poisson_at_least,
    "beta_binomial": beta_binomial,
    "beta_binomial_update": beta_binomial,
    "bayes_update_odds": odds,
}
