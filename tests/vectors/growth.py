"""Labels of 02: growth, drawdown and ruin; with the one-bet labels of 08 and 09 that the same functions answer."""

from __future__ import annotations

import math
from typing import Any

from engine.risk import growth, kelly_math
from engine.risk.paths import simulate_kelly_paths
from tests.vectors.inputs import Inputs, Mapping, each, pick


def growth_curve(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, a = pick(inputs, "p"), pick(inputs, "b", default=1.0), pick(inputs, "a", default=1.0)
    curve = growth.growth_curve(p, b, pick(inputs, "c", "multiples"), a)
    return {
        "f": curve.fractions.tolist(),
        "growth": curve.growth.tolist(),
        "ratio_to_full_kelly": curve.ratio.tolist(),
        "quadratic_approx_c(2-c)": curve.quadratic.tolist(),
        "zero_growth_f": curve.zero_growth_fraction,
        "zero_growth_c": curve.zero_growth_multiple,
        "kelly": curve.kelly,
    }


def growth_rate(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, a = pick(inputs, "p"), pick(inputs, "b", default=1.0), pick(inputs, "a", default=1.0)
    got = each(pick(inputs, "f", "fraction"), lambda f: growth.growth_rate(f, p, b, a))
    return dict.fromkeys(("growth", "g", "growth_per_bet"), got)


def prob_drawdown_below(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    c, x = pick(inputs, "c"), pick(inputs, "x", "alpha")
    if isinstance(c, list) and isinstance(x, list):
        table = [[growth.prob_drawdown_below(multiple, level) for level in x] for multiple in c]
        return {"P": table, "rows": table}
    return {"P": each(x, lambda level: each(c, lambda multiple: growth.prob_drawdown_below(multiple, level)))}


def prob_reach(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    upper, lower = pick(inputs, "B", "upper"), pick(inputs, "A", "lower")
    return {"P": each(pick(inputs, "c"), lambda c: growth.prob_reach(upper, lower, c))}


def prob_min_wealth_below(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    c, x = pick(inputs, "c"), pick(inputs, "x", "alpha")
    sharpe, years = pick(inputs, "sharpe_annual", "sharpe", "S"), pick(inputs, "years", "T", default=1.0)
    return {
        "P": each(x, lambda level: growth.prob_min_wealth_below(c, sharpe, years, level)),
        "P_infinite": each(x, lambda level: growth.prob_drawdown_below(c, level)),
    }


def terminal_wealth(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    sharpe, years = pick(inputs, "sharpe_annual", "sharpe", "S"), pick(inputs, "years", "T", default=1.0)
    law = growth.terminal_wealth(pick(inputs, "c"), sharpe, years, pick(inputs, "r", default=0.0))
    return {"median": law.median, "mean": law.mean, "P_loss": law.p_loss, "q05": law.q05, "q95": law.q95}


def drawdown_exponent(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, a = pick(inputs, "p"), pick(inputs, "b", default=1.0), pick(inputs, "a", default=1.0)
    theta = growth.drawdown_exponent(p, b, pick(inputs, "f", "fraction"), a)
    return {"theta": theta} | {
        f"bound_P_below_{name}": level**theta
        for name, level in {"half": 0.5, "50pct": 0.5, "70pct": 0.7, "80pct": 0.8, "90pct": 0.9}.items()
    }


def gamblers_ruin(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    chance = growth.gamblers_ruin(
        pick(inputs, "p"), pick(inputs, "units", "n"), pick(inputs, "target", "N", default=None)
    )
    return {"P_ruin": chance, "P": chance, "P_success": 1.0 - chance}


def kelly_fraction_for_drawdown(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    got = growth.kelly_fraction_for_drawdown(pick(inputs, "alpha", "x"), pick(inputs, "beta", "P"))
    return {
        "lambda": got.exponent,
        "c_max": got.multiple,
        "continuous_fraction": got.multiple,
        "binding_for_full_kelly": got.exponent > 1.0,
    }


def prob_losing_streak(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    loss = pick(inputs, "loss_prob", "q", default=None)
    n, k = pick(inputs, "n", "n_bets"), pick(inputs, "k", "streak")
    return {"P": growth.prob_losing_streak(n, k, 1.0 - pick(inputs, "p") if loss is None else loss)}


def simulate(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, a = pick(inputs, "p"), pick(inputs, "b", default=1.0), pick(inputs, "a", default=1.0)
    bets, paths = pick(inputs, "n_bets", default=250), pick(inputs, "n_paths", default=40_000)
    kelly, rows = kelly_math.kelly_binary(p, b, a).kelly, []
    multiples = pick(inputs, "c", "multiples", default=1.0)
    for c in multiples if isinstance(multiples, list) else [multiples]:
        got = simulate_kelly_paths(p, b, c * kelly, bets, paths, pick(inputs, "seed", default=0), a, levels=())
        rows.append(
            {
                "c": c,
                "f": c * kelly,
                "median_max_drawdown": got.median_max_drawdown,
                "q95_max_drawdown": got.q95_max_drawdown,
                "median_final_wealth": got.median_final,
                "P_final_below_start": got.p_final_below_start,
                "P_ever_below_half": got.p_ever_below(0.5),
            }
        )
    return {"rows": rows} | rows[0]


def excess_growth_ratio(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    ratio = each(pick(inputs, "c", "k"), growth.excess_growth_ratio)
    return dict.fromkeys(("ratio", "growth_ratio", "growth", "excess_growth_ratio"), ratio)


def doubling_time(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, a = pick(inputs, "p"), pick(inputs, "b", default=1.0), pick(inputs, "a", default=1.0)
    kelly = kelly_math.kelly_binary(p, b, a)
    f = pick(inputs, "f", default=kelly.kelly * pick(inputs, "c", default=1.0))
    bets = math.log(2.0) / growth.growth_rate(f, p, b, a)
    return dict.fromkeys(("bets", "doubling_time_bets", "doubling_time"), bets)


def rck_binary(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b, alpha, beta = (pick(inputs, name) for name in ("p", "b", "alpha", "beta"))
    kelly, limit = kelly_math.kelly_binary(p, b), growth.kelly_fraction_for_drawdown(alpha, beta)
    stake = growth.rck_binary(p, b, alpha, beta)
    return {
        "kelly": kelly.kelly,
        "rck": stake,
        "lambda": limit.exponent,
        "multiple_of_kelly": stake / kelly.kelly if kelly.kelly > 0.0 else math.nan,
        "continuous_approx_multiple": limit.multiple,
        "growth_kelly": kelly.growth,
        "growth_rck": growth.growth_rate(stake, p, b),
    }


def baker_mchale(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b = pick(inputs, "p", "wins_fraction"), pick(inputs, "b", default=1.0)
    sigma = pick(inputs, "sigma_p", "sigma", default=None)
    sigma = kelly_math.rate_error(p, pick(inputs, "n")) if sigma is None else sigma
    factor, kelly = kelly_math.baker_mchale(p, b, sigma), kelly_math.kelly_binary(p, b).kelly
    return {"k": factor, "kelly": kelly, "shrunk_f": factor * kelly, "sigma_p": sigma}


LABELS: dict[str, Mapping] = {
    "growth_curve": growth_curve,
    "growth_rate": growth_rate,
    "excess_growth_ratio": excess_growth_ratio,
    "doubling_time": doubling_time,
    "prob_drawdown_below": prob_drawdown_below,
    "prob_reach_B_before_A": prob_reach,
    "prob_min_wealth_below_finite": prob_min_wealth_below,
    "terminal_wealth_distribution": terminal_wealth,
    "drawdown_exponent": drawdown_exponent,
    "gamblers_ruin": gamblers_ruin,
    "kelly_fraction_for_drawdown": kelly_fraction_for_drawdown,
    "rck_lambda": kelly_fraction_for_drawdown,
    "rck_binary": rck_binary,
    "prob_losing_streak": prob_losing_streak,
    "simulate_kelly_paths": simulate,
    "baker_mchale_shrinkage": baker_mchale,
    "baker_mchale_from_trades": baker_mchale,
}
