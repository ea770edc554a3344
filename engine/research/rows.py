"""One row of metrics for a run: from an account's running sums, or from a finished backtest; the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.measure import ANNUALISED, MIN_PERIODS, years_of
from engine.backtest.result import BacktestResult
from engine.core.market import Bars
from engine.data.calendar import bars_per_year_of
from engine.numerics import sums
from engine.numerics.metrics import cagr_calendar

Array = NDArray[Any]
COLUMNS = (
    "total_return",
    "cagr",
    "sharpe",
    "sortino",
    "annual_volatility",
    "max_drawdown",
    "calmar",
    "trades",
    "win_rate",
    "profit_factor",
    "exposure",
    "fees",
    "final_equity",
)


def account_rows(accounts: Array, bars: Bars) -> Array:
    """Return metrics of shape (runs, columns) from accounts as they end."""
    n = len(bars)
    scale = float(bars_per_year_of(bars.index, calendar=bars.calendar, interval=bars.interval))
    years = years_of(bars)
    start, end = accounts["initial"], accounts["equity"]
    growth = end / start
    worst = accounts["worst"]
    cagr = np.array([cagr_calendar(float(g), years) for g in growth])
    total, squares = accounts["sum_r"], accounts["sum_r2"]
    closed = accounts["closed"].astype(float)
    found = {
        "total_return": growth - 1.0,
        "cagr": cagr,
        "sharpe": sums.sharpe(total, squares, n, scale),
        "sortino": sums.sortino(total, accounts["down"], n, scale),
        "annual_volatility": np.nan_to_num(sums.deviation(total, squares, n), nan=0.0) * np.sqrt(scale),
        "max_drawdown": worst,
        "calmar": sums.ratio(cagr, np.abs(worst)),
        "trades": closed,
        "win_rate": sums.ratio(accounts["wins"].astype(float), closed),
        "profit_factor": sums.profit_factor(accounts["profit"], accounts["loss"]),
        "exposure": accounts["bars_held"] / n,
        "fees": accounts["fees"],
        "final_equity": end,
    }
    if n < MIN_PERIODS:
        found.update({name: np.full(len(accounts), np.nan) for name in ANNUALISED})
    return np.column_stack([found[name] for name in COLUMNS])


def result_row(result: BacktestResult) -> Array:
    """Return the same columns of one finished backtest."""
    return np.array([result.metrics[name] for name in COLUMNS])
