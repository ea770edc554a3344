"""Labels of 10: performance statistics of returns, of an equity curve, and of closed trades."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.core.errors import InvalidData
from engine.numerics import metrics
from tests.vectors.inputs import Inputs, Mapping, pick

# what the files call it -> what `performance` calls it
_NAMES = {
    "n": "periods",
    "ann_vol": "annual_volatility",
    "omega_0": "omega",
    "var_95_hist": "value_at_risk",
    "cvar_95_hist": "conditional_value_at_risk",
    "var_99_hist": "value_at_risk_99",
    "cvar_99_hist": "conditional_value_at_risk_99",
    "skew_population": "skewness",
    "kurtosis_population_raw": "kurtosis",
    "hit_rate_nonzero": "hit_rate",
}


def performance(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    values, per_year = pick(inputs, "returns"), pick(inputs, "periods_per_year", default=252)
    risk_free = metrics.annual_rate(pick(inputs, "rf_per_period", default=0.0), per_year)
    minimum = metrics.annual_rate(pick(inputs, "mar_per_period", default=0.0), per_year)
    returns = metrics.Returns(
        np.asarray(values, dtype=np.float64),
        per_year,
        pick(inputs, "rf_annual", default=risk_free),
        pick(inputs, "mar_annual", default=minimum),
    )
    got: dict[str, Any] = dict(metrics.performance(returns))
    got |= {theirs: got[ours] for theirs, ours in _NAMES.items() if ours in got}
    got["longest_underwater_recovered"] = bool(got["longest_underwater_recovered"])
    got["sharpe_lo_autocorrelation"] = got["sharpe_lo"] = metrics.sharpe_autocorrelated(returns)
    return got | _places(values)


def _places(returns: list[float]) -> dict[str, Any]:
    """Return where the deepest fall lies; the starting capital is number 0."""
    wealth = np.cumprod(np.concatenate(([1.0], 1.0 + np.asarray(returns, dtype=np.float64))))
    try:
        stats = metrics.drawdown_stats(wealth)
    except InvalidData:
        return {}
    return {"max_drawdown_trough_index": stats.trough_index, "max_drawdown_peak_index": stats.peak_index}


def drawdown_stats(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    equity = pick(inputs, "equity")
    stats = metrics.drawdown_stats(equity)
    return {
        "max_drawdown": stats.max_drawdown,
        "peak_index": stats.peak_index,
        "trough_index": stats.trough_index,
        "recovered": stats.recovered,
        "longest_underwater_periods": stats.longest_underwater_periods,
        "longest_underwater_recovered": stats.longest_underwater_recovered,
        "underwater_spans": [list(span) for span in stats.spans],
        "current_drawdown": stats.current,
        "drawdown_series": metrics.drawdown_series(equity).tolist(),
        "calmar_denominator": -stats.max_drawdown,
    }


def trade_statistics(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    pnl = pick(inputs, "pnl", "trades", "trade_pnl", "r_multiples", "R")
    risk = pick(inputs, "risk", "risk_per_trade", "initial_risk", default=None)
    if risk is not None and not isinstance(risk, list):
        risk = [risk] * len(pnl)
    got: dict[str, Any] = dict(metrics.trade_statistics(pnl, risk))
    total = [got["wins"], got["losses"]]
    got |= {
        "n": got["trades"],
        "n_trades": got["trades"],
        "hit_rate": got["win_rate"],
        "hit_rate_incl_zeros": got["win_rate"],
        "hit_rate_excl_zeros": got["win_rate_without_zeros"],
        "hit_rate_nonzero": got["win_rate_without_zeros"],
        "win_rate_excl_breakeven": got["win_rate_without_zeros"],
        "avg_win": got["average_win"],
        "avg_loss": got["average_loss"],
        "payoff": got["payoff_ratio"],
        "breakeven": got["trades"] - sum(total),
        "max_consecutive_wins": got["longest_win_streak"],
        "max_consecutive_losses": got["longest_loss_streak"],
        "max_win_streak": got["longest_win_streak"],
        "max_loss_streak": got["longest_loss_streak"],
        "expectancy_R": got.get("expectancy_r", got["expectancy"]),
        "sqn": got.get("sqn_r", got["sqn"]),
        "best": got["best_trade"],
        "worst": got["worst_trade"],
    }
    return got


def exposure_turnover(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    positions, traded = pick(inputs, "positions", default=[]), pick(inputs, "traded_notional", "traded", default=[])
    equity, years = pick(inputs, "equity", default=[math.nan]), pick(inputs, "years", default=1.0)
    return {
        "exposure": metrics.exposure(positions),
        "turnover": metrics.turnover(traded, equity, years) if traded else math.nan,
    }


LABELS: dict[str, Mapping] = {
    "performance_metrics": performance,
    "performance_metrics_edge": performance,
    "drawdown_stats": drawdown_stats,
    "drawdown_stats_edge": drawdown_stats,
    "trade_statistics": trade_statistics,
    "trade_statistics_edge": trade_statistics,
    "exposure_turnover": exposure_turnover,
}
