"""The blocks of a backtest that are looked at first: headline numbers, remarks, curves, prices with the trades."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from dashboard.components.charts import (
    Prices,
    Trades,
    equity_alt,
    equity_with_drawdown,
    price_alt,
    price_with_trades,
)
from dashboard.components.charts.sampling import Floats
from dashboard.components.numbers import plain
from dashboard.components.show import show
from dashboard.components.theme import Palette
from dashboard.components.tiles import Tile, show_tiles
from engine import service
from engine.service import METRICS, PriceView, RunView

_HEADLINE: Final = ("final_equity", "cagr", "sharpe", "max_drawdown", "trades", "win_rate")
# Buy-and-hold never closes a trade, so that there is nothing to compare these with.
_OF_TRADES: Final = ("trades", "win_rate", "profit_factor", "expectancy", "average_bars_held")
_SCALES: Final = ("Auto", "Linear", "Log")
# From this factor between the least and the most on, equal gains early on are too small to see.
_WIDE: Final = 4.0
_DOUBLE: Final = 2.0
_WINDOWS: Final = {"All": 0, "Last 2,000": 2_000, "Last 500": 500, "Last 120": 120}
# More markers than this are a smear on the chart and a wait for the browser.
MOST_MARKERS: Final = 400


def headline(view: RunView, pinned: RunView | None) -> None:
    """The six numbers that are looked at first, beside the pinned run or else buy-and-hold."""
    other = view.benchmark_metrics if pinned is None else pinned.metrics
    show_tiles(
        [
            Tile(
                label=view.label(name, short=True),
                value=view.metrics[name],
                unit=METRICS[name].unit,
                help=METRICS[name].help,
                reference=None if pinned is None and name in _OF_TRADES else other[name],
                better=METRICS[name].better,
                missing=view.missing(name),
                infinite=METRICS[name].infinite,
            )
            for name in _headline_of(view)
        ],
        versus="buy and hold" if pinned is None else f"the pinned run ({pinned.title})",
    )


def _headline_of(view: RunView) -> list[str]:
    """A week scaled to a year is a number without meaning: short runs show what they returned."""
    long = view.metrics["years"] >= 1.0
    return [name if long or name != "cagr" else "total_return" for name in _HEADLINE]


def remarks(view: RunView) -> None:
    """What has to be known to read the numbers: what limits did, what the data and the fills leave out."""
    with st.container(gap="xxsmall"):
        for alert in view.alerts:
            st.caption(f":material/front_hand: {plain(alert)}")
        if view.notes:
            st.caption(f":material/info: {plain(' '.join(view.notes))}")


def scale_choice() -> str:
    """How amounts are drawn on both charts."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Scale", width="content")
        chosen: str = st.segmented_control(
            "Scale of the charts",
            _SCALES,
            default="Auto",
            required=True,
            key="tune_scale",
            label_visibility="collapsed",
            bind="query-params",
        )
    return chosen


def is_log(scale: str, *curves: Floats) -> bool:
    """Whether a scale is logarithmic for these curves; on one that hardly moves it would look the same."""
    least = min(float(np.nanmin(curve)) for curve in curves)
    if least <= 0.0 or scale == "Linear":
        return False
    return max(float(np.nanmax(curve)) for curve in curves) / least >= (_WIDE if scale == "Auto" else _DOUBLE)


def curves(view: RunView, pinned: RunView | None, palette: Palette, scale: str) -> None:
    """Equity with its drawdown beneath, beside buy-and-hold and the pinned run."""
    ghost = None if pinned is None else (pinned.time_ms, pinned.equity)
    log = is_log(scale, view.equity, view.benchmark, *([] if pinned is None else [pinned.equity]))
    fig = equity_with_drawdown(view.time_ms, view.equity, view.drawdown, view.benchmark, palette, pinned=ghost, log=log)
    show(fig, "tune_equity", alt=equity_alt(view.equity, view.drawdown, view.benchmark))


def price_block(view: RunView, palette: Palette, scale: str) -> None:
    """The price with the strategy's bands and where it went in and out."""
    every = {name: bars for name, bars in _WINDOWS.items() if bars < len(view.equity)}
    chosen = "All"
    if len(every) > 1:
        chosen = st.segmented_control(
            "Bars shown",
            list(every),
            default="All",
            required=True,
            key="tune_window",
            help="500 bars or fewer are drawn as candles.",
            bind="query-params",
        )
    price = service.prices(view.request)
    bars = len(price.time_ms)
    draw_prices(price, bars - (every[chosen] or bars), bars, palette, "tune_price", scale)


def draw_prices(price: PriceView, start: int, stop: int, palette: Palette, key: str, scale: str) -> None:
    """Draw the bars from start to stop with the trades that were open among them."""
    part = slice(start, stop)
    whole = not price.close_only
    prices = Prices(
        price.time_ms[part],
        price.close[part],
        price.open[part] if whole else None,
        price.high[part] if whole else None,
        price.low[part] if whole else None,
    )
    trades, hidden = _trades_between(price, float(price.time_ms[start]), float(price.time_ms[stop - 1]))
    bands = {name: values[part] for name, values in price.bands.items()}
    fig = price_with_trades(prices, palette, trades, bands, log=is_log(scale, prices.close))
    show(fig, key, alt=price_alt(prices, trades))
    if hidden:
        st.caption(plain(f"Marked are the last {MOST_MARKERS} trades; {hidden:,} before them are left out."))


def _trades_between(price: PriceView, first: float, last: float) -> tuple[Trades, int]:
    """The trades that were open between two times, the newest `MOST_MARKERS`, and how many there were before them."""
    ends = np.where(np.isnan(price.exit_ms), np.inf, price.exit_ms)
    rows = np.flatnonzero((price.entry_ms <= last) & (ends >= first))
    shown = rows[-MOST_MARKERS:]
    # A fill outside the window is not marked: its marker would stretch the axis.
    inside = price.entry_ms[shown] >= first
    left = price.exit_ms[shown] <= last
    trades = Trades(
        np.where(inside, price.entry_ms[shown], np.nan),
        np.where(inside, price.entry_price[shown], np.nan),
        np.where(left, price.exit_ms[shown], np.nan),
        np.where(left, price.exit_price[shown], np.nan),
        price.side[shown],
        price.pnl[shown],
        [price.reason[row] for row in shown],
    )
    return trades, len(rows) - len(shown)
