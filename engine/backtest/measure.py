"""The metrics of a run: one definition each, from `numerics.metrics`, with years taken from the calendar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.backtest.tables import trade_records
from engine.core import codes as c
from engine.core.events import EventBars
from engine.core.market import Bars
from engine.numerics.metrics import Returns, cagr_calendar, performance
from engine.numerics.trade_metrics import trade_statistics

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

MIN_PERIODS = 60  # fewer bars than this, and no annualised number is shown
ANNUALISED = ("cagr", "annual_volatility", "sharpe", "sortino", "calmar")
_DAYS_A_YEAR = 365.25


def years_of(bars: Bars | EventBars) -> float:
    """Return the calendar years that the bars cover, the first and the last bar counted whole."""
    time = bars.time
    if len(time) < 2:
        return math.nan
    span = float(time[-1] - time[0]) * len(time) / (len(time) - 1)
    return span / 86_400e9 / _DAYS_A_YEAR


def measure(result: BacktestResult) -> dict[str, float]:
    """Return every statistic by name; durations in bars and in days, returns as fractions, P&L in currency."""
    found = performance(Returns(result.returns, result.bars_per_year))
    years = years_of(result.bars)
    equity = result.equity_values
    found["cagr"] = cagr_calendar(float(equity[-1]) / result.initial_capital, years)
    worst = found["max_drawdown"]
    found["calmar"] = found["cagr"] / abs(worst) if worst < 0 else math.nan
    if len(result.bars) < MIN_PERIODS:
        found.update(dict.fromkeys(ANNUALISED, math.nan))
    trades = trade_records(result)
    closed = trades["reason"].astype(np.int64) != c.NO_EXIT
    pnl = trades["pnl"][closed]
    found.update({f"trade_{k}" if k in ("best", "worst") else k: v for k, v in trade_statistics(pnl).items()})
    account = result._account
    found["final_equity"] = float(equity[-1])
    found["years"] = years
    found["bars_per_year"] = result.bars_per_year
    found["trades"] = float(len(pnl))
    found["open_trades"] = float(len(trades["pnl"]) - len(pnl))
    found["exposure"] = float(account["bars_held"]) / len(result.bars)
    mean_equity = float(equity.mean())
    found["turnover"] = float(account["traded"]) / mean_equity / years if years > 0 and mean_equity > 0 else math.nan
    found["fees"] = float(account["fees"])
    held = (trades["exit_bar"] - trades["entry_bar"])[closed]
    found["average_bars_held"] = float(held.mean()) if len(held) else math.nan
    found["max_drawdown_bars"], found["max_drawdown_days"] = _longest_underwater(result)
    return found


def _longest_underwater(result: BacktestResult) -> tuple[float, float]:
    """Return the longest time from a peak to its recovery (or the end), in bars and in calendar days."""
    under = result.drawdown_values < 0.0
    if not under.any():
        return 0.0, 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], under, [False])).astype(np.int8)))
    starts, ends = edges[::2] - 1, np.minimum(edges[1::2], len(under) - 1)
    time = result.bars.time
    days = (time[ends] - time[np.maximum(starts, 0)]) / 86_400e9
    return float((ends - starts).max()), float(days.max())
