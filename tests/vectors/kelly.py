"""Labels of 01: Kelly for one bet."""

from __future__ import annotations

import math
from typing import Any

from engine.risk import kelly_math, kelly_record
from tests.vectors.inputs import Inputs, Mapping, pick


def kelly_binary(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    a = pick(inputs, "a", "loss_fraction", "loss", default=1.0)
    cost = pick(inputs, "cost", "cost_per_unit", "c", default=0.0)
    bet = kelly_math.kelly_binary(pick(inputs, "p"), _payoff(inputs), a, cost)
    return _bet(bet)


def _bet(bet: kelly_math.BinaryKelly) -> dict[str, Any]:
    return {
        "kelly": bet.kelly,
        "kelly_raw": bet.raw,
        "half_kelly": bet.kelly / 2.0,
        "quarter_kelly": bet.kelly / 4.0,
        "growth_per_bet": bet.growth,
        "growth_at_kelly": bet.growth,
        "edge_per_unit": bet.edge,
        "edge": bet.edge,
        "max_admissible_f": bet.max_stake,
        "doubling_time_bets": bet.doubling_bets,
        "b_net": bet.b,
        "a_net": bet.a,
        "b": bet.b,
        "a": bet.a,
        "b_effective": bet.b,
        "a_effective": bet.a,
    }


def _payoff(inputs: Inputs) -> float:
    if "b" in inputs:
        return float(inputs["b"])
    kinds = {"decimal": "decimal", "decimal_odds": "decimal", "american": "american", "american_odds": "american"}
    kinds |= {"fractional": "fractional", "fractional_odds": "fractional", "price": "price", "contract_price": "price"}
    for name, kind in kinds.items():
        if inputs.get(name) is not None:
            return kelly_math.payoff_ratio(inputs[name], kind)
    return kelly_math.payoff_ratio(pick(inputs, "odds"), pick(inputs, "format", "kind", "type", default="decimal"))


def kelly_odds(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    b = _payoff(inputs)
    got: dict[str, Any] = {"b": b, "implied_probability": 1.0 / (1.0 + b), "decimal": 1.0 + b, "decimal_odds": 1.0 + b}
    if "p" in inputs:
        got |= _bet(kelly_math.kelly_binary(inputs["p"], b))
    return got


def kelly_from_trades(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    record = kelly_record.kelly_from_trades(pick(inputs, "trade_returns", "returns", "trades", "pnl"))
    clipped = record.risk_fraction if math.isnan(record.risk_fraction) else max(0.0, record.risk_fraction)
    return {
        "n": record.n,
        "wins": record.wins,
        "losses": record.losses,
        "breakeven": record.breakeven,
        "win_rate": record.win_rate,
        "win_rate_excl_breakeven": record.win_rate,
        "avg_win": record.avg_win,
        "avg_loss": record.avg_loss,
        "payoff_ratio": record.payoff_ratio,
        "kelly": clipped,
        "kelly_risk_fraction_K": record.risk_fraction,
        "kelly_risk_fraction_K_clipped": clipped,
        "notional_leverage_K_over_avg_loss": record.notional,
        "exact_log_optimal_notional": record.exact_notional,
        "exact_growth_per_trade": record.exact_growth,
        "gaussian_approx_mean_over_var_ddof1": record.mean_over_variance,
        "second_moment_approx_mean_over_m2": record.mean_over_second_moment,
        "vince_optimal_f": record.optimal_f,
        "unbounded": record.exact_notional == math.inf,
    }


def kelly_from_win_rate(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    ratio = pick(inputs, "payoff_ratio", "R", "win_loss_ratio", default=math.inf)
    raw = kelly_math.kelly_from_win_rate(pick(inputs, "win_rate", "W", "p"), ratio)
    return {"kelly_raw": raw, "kelly": max(0.0, raw)}


def kelly_continuous(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    if "daily_mu_excess" in inputs:
        return {
            f"kelly_{unit}": kelly_math.kelly_continuous(inputs[f"{unit}_mu_excess"], inputs[f"{unit}_sigma"]).raw
            for unit in ("daily", "annual")
        }
    sigma = pick(inputs, "sigma", "sigma_annual", "vol", "annual_sigma")
    r = pick(inputs, "r", "rf", "risk_free", default=0.0)
    logs = ("log_mean", "mean_log", "mu_log", "m", "log_mean_annual", "mean_log_return_annual", "mean_log_annual")
    log_mean = pick(inputs, *logs, default=None)
    names = ("mu_annual_arith", "mu_arith", "mu", "mu_annual", "mean")
    mu = pick(inputs, *names) if log_mean is None else kelly_math.arithmetic_drift(log_mean, sigma)
    got = kelly_math.kelly_continuous(mu, sigma, r)
    values: dict[str, Any] = {
        "mu_arith": mu,
        "kelly_raw": got.raw,
        "kelly": got.kelly,
        "sharpe": got.sharpe,
        "growth_at_kelly": got.growth_at_kelly,
        "growth_at_half_kelly": got.growth(got.raw / 2.0),
        "growth_unlevered_f1": got.growth(1.0),
        "growth_at_double_kelly": got.growth(2.0 * got.raw),
        "vol_at_kelly": got.vol_at_kelly,
    }
    if log_mean is not None:
        values |= _log_mean_words(wanted, got.raw, kelly_math.kelly_continuous(log_mean, sigma, r).raw)
    return values


def _log_mean_words(wanted: Inputs, right: float, wrong: float) -> dict[str, float]:
    """Name both readings of a log mean as the case does: a key that speaks of a mistake gets the wrong one."""
    mistakes = ("wrong", "naive", "uncorrected", "trap", "if_log", "using_log", "incorrect")
    kelly = (key for key in wanted if "kelly" in key and "growth" not in key and "vol" not in key)
    return {key: wrong if any(word in key for word in mistakes) else right for key in kelly}


def kelly_discrete(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    got = kelly_record.kelly_discrete(pick(inputs, "returns", "outcomes"), pick(inputs, "probs", "probabilities", "p"))
    return {
        "exact_raw": got.raw,
        "exact": got.raw,
        "kelly_raw": got.raw,
        "kelly": got.kelly,
        "growth": got.growth,
        "growth_at_kelly": got.growth,
        "growth_per_bet": got.growth,
        "mean": got.mean,
        "variance": got.variance,
        "var": got.variance,
        "mean_over_var": got.mean_over_variance,
        "mu_over_var": got.mean_over_variance,
        "approx_mean_over_var": got.mean_over_variance,
        "mean_over_m2": got.mean / (got.variance + got.mean**2),
        "approx_mean_over_m2": got.mean / (got.variance + got.mean**2),
    }


def wilson_interval(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    z = pick(inputs, "z", default=1.959963984540054)
    low, high = kelly_math.wilson_interval(pick(inputs, "wins", "k"), pick(inputs, "n", "trades"), z)
    b = pick(inputs, "b", "payoff_ratio", default=1.0)
    ends = [kelly_math.kelly_from_win_rate(rate, b) for rate in (low, high)]
    return {
        "lower": low,
        "upper": high,
        "interval": [low, high],
        "kelly_lower": max(0.0, ends[0]),
        "kelly_upper": max(0.0, ends[1]),
        "kelly_lower_raw": ends[0],
    }


LABELS: dict[str, Mapping] = {
    "kelly_binary": kelly_binary,
    "kelly_with_costs": kelly_binary,
    "kelly_from_odds": kelly_odds,
    "kelly_odds": kelly_odds,
    "odds_conversion": kelly_odds,
    "odds_to_b": kelly_odds,
    "kelly_from_trades": kelly_from_trades,
    "kelly_from_win_rate": kelly_from_win_rate,
    "kelly_continuous": kelly_continuous,
    "kelly_discrete": kelly_discrete,
    "wilson_interval": wilson_interval,
    "win_rate_confidence": wilson_interval,
}
