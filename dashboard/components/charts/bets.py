"""What a run over events made on each of them, and the book of a market as a ladder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import SECONDARY_HEIGHT, axis, figure, lay_out, nothing_to_draw, y_axis
from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette, rgba

_LADDER_ROW: Final = 24


def event_profit(names: Sequence[str], profit: Floats, stake: Floats, palette: Palette) -> go.Figure:
    """P&L of each event as a bar, in the order given; arrays (events,) in dollars."""
    if not len(names):
        return nothing_to_draw(palette, SECONDARY_HEIGHT, "No event was bet on")
    fig = figure(palette, height=SECONDARY_HEIGHT, hovermode="closest")
    fig.add_bar(
        x=np.arange(1, len(names) + 1),
        y=profit,
        marker={"color": np.where(profit < 0, palette.down, palette.up), "line": {"width": 0}},
        customdata=np.column_stack([np.asarray(names, object), stake]),
        hovertemplate="%{customdata[0]}: %{y:+$,.2f} on %{customdata[1]:$,.2f} staked<extra></extra>",
        showlegend=False,
    )
    fig.add_hline(y=0.0, line={"color": palette.muted, "width": 1})
    lay_out(
        fig,
        xaxis=axis(
            palette, "Events bet on, in the order of their first bet", showgrid=False, tickformat=",d", nticks=8
        ),
        yaxis=y_axis(palette, "P&L after fees ($)", tickformat="$,.0f"),
    )
    return fig


def event_profit_alt(names: Sequence[str], profit: Floats) -> str:
    """One sentence with what the figure shows."""
    if not len(names):
        return "No event was bet on."
    best, worst = int(np.argmax(profit)), int(np.argmin(profit))
    return (
        f"{int((profit > 0).sum())} of {len(names)} events made money; the best was {names[best]} with "
        f"${profit[best]:,.2f}, the worst {names[worst]} with ${profit[worst]:,.2f}."
    )


def depth_ladder(
    bid_price: Floats, bid_size: Floats, ask_price: Floats, ask_size: Floats, palette: Palette
) -> go.Figure:
    """The best levels of a book, arrays (levels,) best first: bids to the left, offers to the right."""
    levels = bid_price.size + ask_price.size
    if not levels:
        return nothing_to_draw(palette, 140, "The book is empty")
    fig = figure(palette, height=110 + _LADDER_ROW * levels, hovermode="closest")
    prices = np.concatenate([ask_price[::-1], bid_price])
    labels = [f"{100.0 * price:.4g}¢" for price in prices]
    sizes = np.concatenate([ask_size[::-1], -bid_size])
    colours = [rgba(palette.series[3], 0.75)] * ask_price.size + [rgba(palette.series[0], 0.75)] * bid_price.size
    fig.add_bar(
        orientation="h",
        x=sizes,
        y=labels,
        marker={"color": colours, "line": {"width": 0}},
        text=[f"{abs(size):,.0f}" for size in sizes],
        textposition="outside",
        textfont={"color": palette.text, "size": 12},
        cliponaxis=False,
        hovertemplate="%{text} contracts at %{y}<extra></extra>",
        showlegend=False,
    )
    largest = float(np.max(np.abs(sizes))) or 1.0
    ticks = [-largest, 0.0, largest]
    marks = [f"{largest:,.0f}", "0", f"{largest:,.0f}"]
    lay_out(
        fig,
        xaxis=axis(
            palette,
            "Bid  ·  contracts  ·  offered",
            range=[-1.4 * largest, 1.4 * largest],
            tickvals=ticks,
            ticktext=marks,
        ),
        yaxis=axis(
            palette, "", type="category", autorange="reversed", showgrid=False, tickfont={"color": palette.text}
        ),
    )
    return fig
