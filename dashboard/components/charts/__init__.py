"""Figures as pure functions: arrays and a palette in, a Plotly figure out, and for each a sentence on what it shows."""

from dashboard.components.charts.bets import depth_ladder, event_profit, event_profit_alt
from dashboard.components.charts.calibration import Reliability, calibration_alt, calibration_chart
from dashboard.components.charts.equity import equity_alt, equity_with_drawdown, rolling_sharpe, rolling_sharpe_alt
from dashboard.components.charts.heatmap import monthly_returns, monthly_returns_alt, param_heatmap, param_heatmap_alt
from dashboard.components.charts.kelly import (
    Mark,
    drawdown_odds,
    drawdown_odds_alt,
    fan_alt,
    fan_chart,
    growth_alt,
    growth_curve,
)
from dashboard.components.charts.market import market_alt, market_history
from dashboard.components.charts.outcomes import (
    decisions_alt,
    decisions_bar,
    trade_distribution,
    trade_distribution_alt,
)
from dashboard.components.charts.price import Prices, Trades, price_alt, price_with_trades

__all__ = [
    "Mark",
    "Prices",
    "Reliability",
    "Trades",
    "calibration_alt",
    "calibration_chart",
    "decisions_alt",
    "decisions_bar",
    "depth_ladder",
    "drawdown_odds",
    "drawdown_odds_alt",
    "equity_alt",
    "equity_with_drawdown",
    "event_profit",
    "event_profit_alt",
    "fan_alt",
    "fan_chart",
    "growth_alt",
    "growth_curve",
    "market_alt",
    "market_history",
    "monthly_returns",
    "monthly_returns_alt",
    "param_heatmap",
    "param_heatmap_alt",
    "price_alt",
    "price_with_trades",
    "rolling_sharpe",
    "rolling_sharpe_alt",
    "trade_distribution",
    "trade_distribution_alt",
]
