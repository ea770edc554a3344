"""The price a strategy saw, its own bands, and where it went in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.components.charts.frame import (
    HEADLINE_HEIGHT,
    LINE,
    THIN,
    figure,
    lay_out,
    log_ticks,
    money_ticks,
    nothing_to_draw,
    roomy,
    time_axis,
    y_axis,
)
from dashboard.components.charts.sampling import Floats, keep
from dashboard.components.theme import Palette, rgba

# More candles than this are thinner than a pixel and take a third of a second to draw.
MOST_CANDLES: Final = 500


@dataclass(frozen=True, slots=True)
class Prices:
    """Bars of shape (n,) each; `close` alone draws a line."""

    time_ms: Floats
    close: Floats
    open: Floats | None = None
    high: Floats | None = None
    low: Floats | None = None


@dataclass(frozen=True, slots=True)
class Trades:
    """One row a trade, shape (k,); `side` is +1 or -1. NaN: an exit still to come, an entry not drawn."""

    entry_ms: Floats
    entry_price: Floats
    exit_ms: Floats
    exit_price: Floats
    side: NDArray[np.int64]
    pnl: Floats
    reason: Sequence[str]


def price_with_trades(
    prices: Prices,
    palette: Palette,
    trades: Trades | None = None,
    bands: Mapping[str, Floats] | None = None,
    unit: str = "$",
    log: bool = False,
) -> go.Figure:
    """Candles for a short range, the close for a long one, with the strategy's bands and the fills of its trades."""
    if not prices.time_ms.size:
        return nothing_to_draw(palette, HEADLINE_HEIGHT, "No bars in this range")
    bands = bands or {}
    fig = figure(palette, height=HEADLINE_HEIGHT)
    candles = prices.open is not None and prices.time_ms.size <= MOST_CANDLES
    shown = np.arange(prices.time_ms.size) if candles else keep(prices.close, *bands.values())
    time = prices.time_ms[shown]
    for number, (name, values) in enumerate(bands.items()):
        _add_band(fig, time, values[shown], name, number, palette, unit)
    if candles:
        _add_candles(fig, prices, palette)
    else:
        # Neutral, so that the markers and the bands carry the colour.
        line = {"color": rgba(palette.text, 0.75), "width": THIN if trades else LINE}
        fig.add_scatter(
            x=time, y=prices.close[shown], name="Close", mode="lines", line=line, hovertemplate=f"{unit}%{{y:,.6~g}}"
        )
    if trades is not None and trades.entry_ms.size:
        _add_trades(fig, trades, palette, unit)
    lay_out(
        fig,
        xaxis=time_axis(palette, prices.time_ms, rangeslider={"visible": False}),
        yaxis=y_axis(
            palette,
            f"Price ({unit}, log)" if log else f"Price ({unit})",
            **(log_ticks(prices.close, unit) if log else money_ticks(prices.close, unit) | roomy(prices.close)),
        ),
    )
    return fig


def _add_candles(fig: go.Figure, prices: Prices, palette: Palette) -> None:
    fig.add_candlestick(
        x=prices.time_ms,
        open=prices.open,
        high=prices.high,
        low=prices.low,
        close=prices.close,
        name="Price",
        increasing={"line": {"color": palette.up, "width": 1}, "fillcolor": palette.up},
        decreasing={"line": {"color": palette.down, "width": 1}, "fillcolor": palette.down},
        showlegend=False,
    )


def _add_band(
    fig: go.Figure, time: Floats, values: Floats, name: str, number: int, palette: Palette, unit: str
) -> None:
    # The two edges of one channel are one thing and share a colour.
    edge = any(word in name.lower() for word in ("upper", "lower"))
    fig.add_scatter(
        x=time,
        y=values,
        name=name,
        mode="lines",
        line={"color": palette.series[0 if edge else 1 + number % (len(palette.series) - 1)], "width": THIN},
        hovertemplate=f"{unit}%{{y:,.6~g}}",
    )


def _add_trades(fig: go.Figure, trades: Trades, palette: Palette, unit: str) -> None:
    shown, closed = np.isfinite(trades.entry_ms), np.isfinite(trades.exit_ms)
    _add_links(fig, trades, closed, palette)
    for name, rows, symbol, colour in (
        ("Bought", shown & (trades.side > 0), "triangle-up", palette.up),
        ("Sold short", shown & (trades.side < 0), "triangle-down", palette.down),
    ):
        text = [f"{name} at {unit}{price:,.6g}" for price in trades.entry_price[rows]]
        _add_marks(fig, name, trades.entry_ms[rows], trades.entry_price[rows], text, symbol, colour, palette)
    for name, rows, symbol, colour in (
        ("Closed with gain", closed & (trades.pnl > 0), "circle", palette.up),
        ("Closed with loss", closed & ~(trades.pnl > 0), "x", palette.down),
    ):
        text = [
            f"{trades.reason[row]}: {unit}{trades.exit_price[row]:,.6g}, P&L {_signed(trades.pnl[row], unit)}"
            for row in np.flatnonzero(rows).tolist()
        ]
        _add_marks(fig, name, trades.exit_ms[rows], trades.exit_price[rows], text, symbol, colour, palette)


def _add_links(fig: go.Figure, trades: Trades, closed: NDArray[np.bool_], palette: Palette) -> None:
    """A dotted line from the entry to the exit of each trade, all in one trace."""
    gap = np.full(int(closed.sum()), np.nan)
    fig.add_scatter(
        x=np.column_stack([trades.entry_ms[closed], trades.exit_ms[closed], gap]).ravel(),
        y=np.column_stack([trades.entry_price[closed], trades.exit_price[closed], gap]).ravel(),
        mode="lines",
        line={"color": rgba(palette.muted, 0.8), "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_marks(
    fig: go.Figure, name: str, time: Floats, price: Floats, text: list[str], symbol: str, colour: str, palette: Palette
) -> None:
    if not time.size:
        return
    fig.add_scatter(
        x=time,
        y=price,
        name=name,
        mode="markers",
        marker={"symbol": symbol, "size": 9, "color": colour, "line": {"color": palette.background, "width": 1}},
        text=text,
        hovertemplate="%{text}<extra></extra>",
    )


def _signed(value: float, unit: str) -> str:
    return f"{'−' if value < 0 else '+'}{unit}{abs(value):,.2f}"


def price_alt(prices: Prices, trades: Trades | None = None, unit: str = "$") -> str:
    """One sentence with what the figure shows."""
    if not prices.close.size:
        return "No prices in this range."
    text = f"The price went from {unit}{prices.close[0]:,.6g} to {unit}{prices.close[-1]:,.6g}"
    if trades is None:
        return text + "."
    closed = np.isfinite(trades.exit_ms)
    won = int((trades.pnl[closed] > 0).sum())
    return f"{text} with {trades.entry_ms.size} trades, {won} of the {int(closed.sum())} closed ones with a gain."
