"""Every statistic a page can show, with its one label, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["money", "percent", "ratio", "count", "days", "bars"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One statistic; `annualised` ones are scaled by the bars a year, which stand beside them."""

    name: str
    label: str
    unit: Unit
    help: str
    better: Literal["higher", "lower", "neither"] = "higher"
    annualised: bool = False
    missing: str = "it is not defined for this run"
    infinite: str = "no limit"


_NONE_CLOSED = "no trade has closed"
_ALL: Final = (
    Metric("final_equity", "Final equity", "money", "Cash and positions at the last close, after fees and slippage."),
    Metric("total_return", "Total return", "percent", "Final equity over starting capital, minus one."),
    Metric(
        "cagr", "CAGR (calendar)", "percent", "Compound return a year, by calendar time from the first to the last bar."
    ),
    Metric(
        "sharpe",
        "Sharpe",
        "ratio",
        "Mean over standard deviation of all bar returns, times the root of bars a year; no interest.",
        annualised=True,
    ),
    Metric(
        "sortino",
        "Sortino",
        "ratio",
        "Like Sharpe with losses only as the risk: mean over downside deviation from zero.",
        annualised=True,
    ),
    Metric(
        "annual_volatility",
        "Volatility a year",
        "percent",
        "Standard deviation of all bar returns, times the root of bars a year.",
        "lower",
        annualised=True,
    ),
    Metric("max_drawdown", "Max drawdown", "percent", "Deepest fall of equity below its highest point before."),
    Metric(
        "max_drawdown_days",
        "Longest drawdown",
        "days",
        "Longest time from a peak of equity until it was reached again, or until the end.",
        "lower",
    ),
    Metric("calmar", "Calmar", "ratio", "CAGR over the max drawdown."),
    Metric(
        "trades", "Trades", "count", "Closed round trips; a position still open at the end is not counted.", "neither"
    ),
    Metric(
        "win_rate",
        "Win rate",
        "percent",
        "Closed trades with a profit after costs, of all closed trades.",
        missing=_NONE_CLOSED,
    ),
    Metric(
        "profit_factor",
        "Profit factor",
        "ratio",
        "Sum of all winning trades over the sum of all losing ones.",
        missing=_NONE_CLOSED,
        infinite="no losses",
    ),
    Metric(
        "expectancy",
        "Expectancy",
        "money",
        "Average profit or loss of a closed trade, after costs.",
        missing=_NONE_CLOSED,
    ),
    Metric(
        "average_bars_held", "Bars held", "bars", "Average time in a closed trade.", "neither", missing=_NONE_CLOSED
    ),
    Metric("exposure", "Exposure", "percent", "Share of bars with a position at the close.", "neither"),
    Metric("turnover", "Turnover a year", "ratio", "Traded value a year, in multiples of average equity.", "lower"),
    Metric("fees", "Fees paid", "money", "All fees; slippage is in the prices.", "lower"),
    Metric("value_at_risk", "VaR 95%", "percent", "The return of a bar that only one bar in twenty falls below."),
    Metric("conditional_value_at_risk", "CVaR 95%", "percent", "The average return of the worst one bar in twenty."),
)
METRICS: Final[dict[str, Metric]] = {metric.name: metric for metric in _ALL}
