"""A page with every component on made-up data, shown by the real shell in the browser tests."""

import numpy as np
import streamlit as st

from dashboard.components import states
from dashboard.components.charts import (
    Mark,
    Prices,
    Trades,
    decisions_alt,
    decisions_bar,
    drawdown_odds,
    drawdown_odds_alt,
    equity_alt,
    equity_with_drawdown,
    fan_alt,
    fan_chart,
    growth_alt,
    growth_curve,
    monthly_returns,
    monthly_returns_alt,
    param_heatmap,
    param_heatmap_alt,
    price_alt,
    price_with_trades,
    rolling_sharpe,
    rolling_sharpe_alt,
    trade_distribution,
    trade_distribution_alt,
)
from dashboard.components.show import show
from dashboard.components.theme import current_palette
from dashboard.components.tiles import Tile, show_tiles

DAY_MS = 86_400_000.0
palette = current_palette()
rng = np.random.default_rng(7)


def walk(drift, swing, n, seed):
    return 10_000.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, swing, n)))


def growth(f):
    return 0.55 * np.log1p(f) + 0.45 * np.log1p(-f)


with st.sidebar:
    drift = st.slider("Drift (basis points a bar)", 1, 10, 4, key="drift")
    log = st.toggle("Log scale", key="log")

n = 5_700
time_ms = 946_684_800_000.0 + np.arange(n) * DAY_MS
equity, benchmark, pinned = walk(drift / 1e4, 0.008, n, 1), walk(3e-4, 0.012, n, 2), walk(3e-4, 0.006, n, 3)
drawdown = equity / np.maximum.accumulate(equity) - 1.0

st.header("Gallery")
show_tiles(
    [
        Tile("Final equity", float(equity[-1]), "money", "Cash and positions at the last close.", float(benchmark[-1])),
        Tile("Return a year", 0.0834, "percent", "Compound annual growth.", 0.0721),
        Tile("Sharpe a year", 0.91, "ratio", "Mean over deviation of returns.", 0.62),
        Tile("Max drawdown", float(drawdown.min()), "percent", "The worst fall from a peak.", -0.51),
        Tile("Win rate", float("nan"), "percent", "Share of trades with a gain.", missing="no trade has closed"),
        Tile("Profit factor", float("inf"), "ratio", "Gains over losses.", infinite="no losses"),
    ],
    "buy and hold",
)
st.subheader("Equity")
show(
    equity_with_drawdown(time_ms, equity, drawdown, benchmark, palette, pinned=(time_ms, pinned), log=log),
    "equity",
    alt=equity_alt(equity, drawdown, benchmark),
)

st.subheader("Price")
close = walk(3e-4, 0.012, n, 5) / 100.0
entry = np.sort(rng.choice(n - 30, 60, replace=False))
left = entry + rng.integers(3, 25, 60)
side = np.where(rng.random(60) < 0.7, 1, -1)
trades = Trades(
    time_ms[entry], close[entry], time_ms[left], close[left], side, (close[left] - close[entry]) * side, ["Stop"] * 60
)
mean = np.concatenate([np.full(19, np.nan), np.convolve(close, np.ones(20) / 20, "valid")])
bands = {"Upper band": mean * 1.04, "Mean": mean, "Lower band": mean * 0.96}
show(
    price_with_trades(Prices(time_ms, close), palette, trades, bands),
    "price",
    alt=price_alt(Prices(time_ms, close), trades),
)
m = 200
opened = close[:m] * (1 + rng.normal(0, 0.004, m))
candles = Prices(
    time_ms[:m], close[:m], opened, np.maximum(opened, close[:m]) * 1.006, np.minimum(opened, close[:m]) * 0.994
)
show(price_with_trades(candles, palette), "candles", alt=price_alt(candles))

st.subheader("Parameters")
fast, slow = np.arange(5.0, 45.0, 5.0), np.arange(1.0, 3.1, 0.25)
table = np.sin(fast / 14)[None, :] * np.cos(slow - 1.8)[:, None] - 0.2
table[0, :3] = np.nan
axes = (fast, slow, table, "Lookback (bars)", "Deviations", "Sharpe")
clicked = show(
    param_heatmap(*axes, palette, current=(20.0, 2.0)), "heat", alt=param_heatmap_alt(*axes), on_select="rerun"
)
st.caption(f"Clicked: {[point['customdata'][:2] for point in clicked]}")
many = (np.arange(5.0, 105.0, 5.0), np.arange(100.0, 300.0, 10.0))
wide = 0.02 + np.abs(np.sin(many[0] / 30)[None, :] * np.cos(many[1] / 100)[:, None])
show(
    param_heatmap(*many, wide, "Fast (bars)", "Slow (bars)", "return", palette, current=(22.0, 120.0), tick=".1%"),
    "heat_many",
    alt="Many cells",
)

st.subheader("Months and windows")
months = rng.normal(0.008, 0.035, (11, 12))
months[0, :4] = np.nan
show(
    monthly_returns(range(2012, 2023), months, np.nansum(months, axis=1), palette),
    "months",
    alt=monthly_returns_alt(months),
)
rolling = np.concatenate([np.full(251, np.nan), np.convolve(rng.normal(0.004, 0.05, n), np.ones(252) / 16, "valid")])
show(rolling_sharpe(time_ms, rolling, palette, "252 bars"), "rolling", alt=rolling_sharpe_alt(rolling))

outcomes = rng.normal(0.004, 0.03, 180)
reasons = [
    "Entered",
    "Volatility above the filter",
    "Kelly stake too small to be meaningful",
    "Daily loss limit reached",
]
counts = [41, 812, 93, 7]
one, two = st.columns(2)
with one:
    show(trade_distribution(outcomes, palette), "outcomes", alt=trade_distribution_alt(outcomes))
with two:
    show(decisions_bar(reasons, counts, palette), "decisions", alt=decisions_alt(reasons, counts))

st.subheader("Stakes")
f = np.linspace(0.0, 0.3, 301)
named = (("Quarter Kelly", 0.025), ("Half Kelly", 0.05), ("Full Kelly", 0.1), ("No growth left", 0.1987))
marks = [Mark(stake, float(growth(stake)), label) for label, stake in named]
levels = np.linspace(0.01, 1.0, 100)
odds = {"Full Kelly": levels, "Half Kelly": levels**3, "Quarter Kelly": levels**7}
one, two = st.columns(2)
with one:
    show(growth_curve(f, growth(f), marks, palette), "growth", alt=growth_alt(marks))
with two:
    show(drawdown_odds(levels, odds, palette), "odds", alt=drawdown_odds_alt(levels, odds))
quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
runs = 1_000.0 * np.exp(np.cumsum(rng.normal(0.004, 0.05, (400, 501)), axis=1))
runs[:, 0] = 1_000.0
paths = np.quantile(runs, quantiles, axis=0)
show(fan_chart(np.arange(501.0), quantiles, paths, palette), "fan", alt=fan_alt(quantiles, paths))

st.subheader("States")
states.empty("No trades with these rules.", "Loosen the entry filter.", button="Reset", key="reset")
states.refused("fast_period is 30 and slow_period is 10; fast must be below slow: lower one or raise the other.")
states.partial(312, 320, "symbols")
states.stale("14:02:11 UTC", 3, 10)
states.stale("14:02:11 UTC", 300, 10)
nothing = np.empty(0)
show(equity_with_drawdown(nothing, nothing, nothing, None, palette), "none", alt=equity_alt(nothing, nothing))
