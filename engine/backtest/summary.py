"""A run as a table of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.backtest.measure import MIN_PERIODS
from engine.backtest.words import named

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def percent(value: float, digits: int = 2) -> str:
    """Return a fraction as percent, or n/a."""
    return "n/a" if math.isnan(value) else f"{value:+.{digits}%}"


def number(value: float, digits: int = 2) -> str:
    """Return a number, or n/a."""
    if math.isnan(value):
        return "n/a"
    return "no losses" if math.isinf(value) else f"{value:,.{digits}f}"


def money(value: float) -> str:
    """Return an amount of currency, or n/a."""
    return "n/a" if math.isnan(value) else f"{value:,.2f}"


def metric_rows(result: BacktestResult) -> list[tuple[str, str]]:
    """Return every metric of the table with its words."""
    m = result.metrics
    scale = f"x {m['bars_per_year']:g} bars a year"
    if len(result.bars) < MIN_PERIODS:
        scale = f"needs {MIN_PERIODS} bars"
    return [
        ("Start", f"{money(result.initial_capital)}"),
        ("End", money(m["final_equity"])),
        ("Total return", percent(m["total_return"])),
        ("CAGR (calendar)", percent(m["cagr"])),
        ("Volatility a year", f"{percent(m['annual_volatility'])}  ({scale})"),
        ("Sharpe", f"{number(m['sharpe'])}  ({scale})"),
        ("Sortino", f"{number(m['sortino'])}  ({scale})"),
        ("Calmar", number(m["calmar"])),
        ("Max drawdown", percent(m["max_drawdown"])),
        ("Longest drawdown", f"{m['max_drawdown_bars']:.0f} bars, {m['max_drawdown_days']:.0f} days"),
        ("VaR / CVaR 95 % a bar", f"{percent(m['value_at_risk'])} / {percent(m['conditional_value_at_risk'])}"),
        ("Trades", f"{m['trades']:.0f}" + (f" (+ {m['open_trades']:.0f} open)" if m["open_trades"] else "")),
        ("Win rate", percent(m["win_rate"], 1).lstrip("+")),
        ("Profit factor", number(m["profit_factor"])),
        ("Expectancy a trade", money(m["expectancy"])),
        ("SQN", number(m["sqn"])),
        ("Exposure", percent(m["exposure"], 1).lstrip("+") + " of bars"),
        ("Turnover a year", number(m["turnover"]) + " x equity"),
        ("Fees paid", money(m["fees"])),
        ("Account", result.state),
    ]


def summary(result: BacktestResult) -> str:
    """Return headline, metrics, the commonest reasons for not trading, and notes."""
    first, last = result.index[0], result.index[-1]
    span = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, {len(result.bars):,} bars"
    lines = [f"{result.strategy.title} on {named(result.bars.symbols)}, {span}"]
    rows = metric_rows(result)
    width = max(len(name) for name, _ in rows)
    lines += [f"  {name:<{width}}  {value}" for name, value in rows]
    decisions = result.decisions
    vetoes = decisions.loc[decisions["kind"] != "order", "reason"].value_counts().head(5)
    if len(vetoes):
        lines.append("  Why it did not trade, or traded less:")
        lines += [f"    {count:>6,} x {reason}" for reason, count in vetoes.items()]
    lines += [f"  Note: {note}" for note in result.notes]
    return "\n".join(lines)
