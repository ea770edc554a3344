"""How the trades came out, and why others were never made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import SECONDARY_HEIGHT, axis, figure, lay_out, nothing_to_draw, y_axis
from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette

Unit = Literal["%", "$"]
_MOST_BINS: Final = 40


def trade_distribution(outcomes: Floats, palette: Palette, unit: Unit = "%") -> go.Figure:
    """How many trades ended where; outcomes (k,) as fractions for "%", as amounts for "$". Zero parts two bars."""
    known = outcomes[np.isfinite(outcomes)]
    if not known.size:
        return nothing_to_draw(palette, SECONDARY_HEIGHT, "No closed trades yet")
    edges = _edges(known)
    counts, _ = np.histogram(known, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    form = ".1%" if unit == "%" else "$,.0f"
    fig = figure(palette, height=SECONDARY_HEIGHT, hovermode="closest")
    fig.add_bar(
        x=middles,
        y=counts,
        width=np.diff(edges),
        marker={"color": np.where(middles < 0, palette.down, palette.up), "line": {"width": 0}},
        customdata=np.column_stack([edges[:-1], edges[1:]]),
        hovertemplate=f"%{{customdata[0]:{form}}} to %{{customdata[1]:{form}}}<br>%{{y}} trades<extra></extra>",
        showlegend=False,
    )
    mean = float(known.mean())
    worded = f"{mean:+.2%}" if unit == "%" else f"{'−' if mean < 0 else '+'}${abs(mean):,.2f}"
    fig.add_scatter(
        x=[mean, mean],
        y=[0, int(counts.max())],
        name=f"Mean {worded.replace('-', '−')}",
        mode="lines",
        line={"color": palette.text, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
        showlegend=True,
    )
    title = "Return of a trade (%)" if unit == "%" else "P&L of a trade ($)"
    lay_out(
        fig,
        xaxis=axis(palette, title, tickformat="~%" if unit == "%" else "$,.0f", showgrid=False, nticks=9),
        yaxis=y_axis(palette, "Trades (count)", tickformat=",d", rangemode="tozero"),
    )
    return fig


def _edges(values: Floats) -> Floats:
    """Bins of one width with an edge at zero, about as many as the square root of the count asks for."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    bins = min(_MOST_BINS, max(8, int(np.sqrt(values.size) * 2)))
    width = (high - low) / bins or 0.01
    first, last = np.floor(low / width), np.ceil(high / width)
    return np.arange(first, max(last, first + 1.0) + 1.0) * width


def decisions_bar(reasons: Sequence[str], counts: Sequence[int], palette: Palette) -> go.Figure:
    """How often each reason decided, the most frequent on top; reasons as worded for people."""
    if not len(reasons):
        return nothing_to_draw(palette, 160, "No decisions in this run")
    order = np.argsort(np.asarray(counts), kind="stable")
    ordered = [int(counts[row]) for row in order]
    fig = figure(palette, height=90 + 30 * len(reasons), hovermode="closest")
    fig.add_bar(
        orientation="h",
        x=ordered,
        y=[_wrapped(reasons[row]) for row in order],
        marker={"color": palette.info},
        text=[f"{count:,}" for count in ordered],
        textposition="outside",
        textfont={"color": palette.text, "size": 12},
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,}<extra></extra>",
        showlegend=False,
    )
    lay_out(
        fig,
        xaxis=axis(palette, "Decisions (count)", tickformat=",d", range=[0, max(ordered) * 1.18 or 1], nticks=6),
        yaxis=axis(
            palette, "", showgrid=False, type="category", ticks="", tickfont={"size": 12, "color": palette.text}
        ),
    )
    return fig


def _wrapped(text: str, width: int = 26) -> str:
    """Break a long reason in two, so that it leaves room for its bar on a narrow screen."""
    if len(text) <= width:
        return text
    cut = text.rfind(" ", 0, width + 1)
    return text if cut < 0 else f"{text[:cut]}<br>{text[cut + 1 :]}"


def trade_distribution_alt(outcomes: Floats, unit: Unit = "%") -> str:
    """One sentence with what the figure shows."""
    known = outcomes[np.isfinite(outcomes)]
    if not known.size:
        return "There are no closed trades yet."
    best, worst = (f"{value:.1%}" if unit == "%" else f"${value:,.2f}" for value in (known.max(), known.min()))
    return f"{int((known > 0).sum())} of {known.size} trades gained; the best made {best}, the worst {worst}."


def decisions_alt(reasons: Sequence[str], counts: Sequence[int]) -> str:
    """One sentence with what the figure shows."""
    if not len(reasons):
        return "There are no decisions in this run."
    top = int(np.argmax(np.asarray(counts)))
    share = f"{counts[top]:,} of {sum(counts):,} decisions"
    return f"The most frequent of {len(reasons)} reasons is {reasons[top]!r} with {share}."
