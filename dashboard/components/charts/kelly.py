"""What a stake does: the growth it buys, the falls it risks, and the spread of what may come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import LINE, THIN, axis, figure, lay_out, log_ticks, money_ticks, y_axis
from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette, rgba

_HEIGHT: Final = 360
_SYMBOLS: Final = ("diamond", "circle", "square", "x", "triangle-up")
_DASHES: Final = ("solid", "dash", "dot")


class Mark(NamedTuple):
    """A stake worth naming on the growth curve; `own` is the one that was chosen."""

    fraction: float
    growth: float
    label: str
    own: bool = False


def growth_curve(f: Floats, g: Floats, marks: Sequence[Mark], palette: Palette, per: str = "bet") -> go.Figure:
    """Expected log growth g(f), shape (n,), over the staked fraction of the bankroll; -inf (ruin) is left out."""
    fig = figure(palette, height=_HEIGHT)
    growth = np.where(np.isfinite(g), g, np.nan)
    _add_growth(fig, f, np.where(growth >= 0, growth, np.nan), "Grows", palette.up)
    _add_growth(fig, f, np.where(growth <= 0, growth, np.nan), "Shrinks", palette.down)
    for mark, symbol in zip(marks, cycle(_SYMBOLS), strict=False):
        fig.add_scatter(
            x=[mark.fraction],
            y=[mark.growth],
            name=f"{mark.label} {mark.fraction:.1%}",
            mode="markers",
            marker={
                "symbol": "star" if mark.own else symbol,
                "size": 16 if mark.own else 10,
                "color": palette.accent if mark.own else palette.text,
                "line": {"color": palette.background, "width": 1.5},
            },
            hovertemplate="%{y:.3%}",
        )
    fig.add_hline(y=0.0, line={"color": palette.muted, "width": 1})
    stake = {"tickformat": ".0%", "hoverformat": ".1%", "showgrid": False, "rangemode": "tozero"}
    lay_out(
        fig,
        xaxis=axis(palette, "Stake (% of bankroll)", **stake),
        yaxis=y_axis(palette, f"Growth (% a {per})", tickformat=".2~%", range=_growth_range(growth)),
    )
    return fig


def _add_growth(fig: go.Figure, f: Floats, growth: Floats, name: str, colour: str) -> None:
    if not np.isfinite(growth).any():
        return
    fig.add_scatter(
        x=f,
        y=growth,
        name=name,
        mode="lines",
        line={"color": colour, "width": 2},
        fill="tozeroy",
        fillcolor=rgba(colour, 0.12),
        hovertemplate="%{y:.3%}",
        showlegend=False,
    )


def _growth_range(growth: Floats) -> list[float]:
    """All of the gain and as much of the loss again: the fall towards ruin would flatten the part that matters."""
    known = growth[np.isfinite(growth)]
    top, lowest = (float(known.max()), float(known.min())) if known.size else (0.0, 0.0)
    reach = top if top > 0 else max(abs(lowest) / 2, 1e-4)
    return [max(lowest, -1.5 * reach) - 0.08 * reach, max(top, 0.0) + 0.2 * reach]


def drawdown_odds(levels: Floats, odds: Mapping[str, Floats], palette: Palette) -> go.Figure:
    """The chance of ever falling to a share of the starting bankroll; levels (n,) in (0, 1], one line a stake."""
    fig = figure(palette, height=_HEIGHT)
    for (name, chance), colour, dash in zip(odds.items(), cycle(palette.series), cycle(_DASHES), strict=False):
        fig.add_scatter(
            x=levels,
            y=chance,
            name=name,
            mode="lines",
            line={"color": colour, "width": LINE, "dash": dash},
            hovertemplate=f"{name} %{{y:.1%}}<extra></extra>",
        )
    level = {"tickformat": ".0%", "hoverformat": ".0%", "showgrid": False, "range": [0, 1], "dtick": 0.25}
    lay_out(
        fig,
        xaxis=axis(palette, "Falls to (% of bankroll)", **level),
        yaxis=y_axis(palette, "Chance (%)", tickformat=".0%", range=[0, 1.03]),
    )
    return fig


def fan_chart(
    steps: Floats, quantiles: Sequence[float], paths: Floats, palette: Palette, per: str = "bet", log: bool = True
) -> go.Figure:
    """Quantiles of simulated bankrolls over time: paths of shape (len(quantiles), n), lowest quantile first."""
    fig = figure(palette, height=_HEIGHT)
    middle = len(quantiles) // 2
    for outer in range(middle):
        low, high = outer, len(quantiles) - 1 - outer
        fill = rgba(palette.strategy, 0.14 + 0.12 * outer)
        edge = {"color": rgba(palette.strategy, 0.45), "width": THIN}
        span = f"{quantiles[low]:.0%} to {quantiles[high]:.0%}"
        for row, filled in ((low, None), (high, "tonexty")):
            fig.add_scatter(
                x=steps,
                y=paths[row],
                name=span if filled else f"{quantiles[row]:.0%}",
                mode="lines",
                line=edge,
                fill=filled,
                fillcolor=fill,
                showlegend=bool(filled),
                hovertemplate=f"{quantiles[row]:.0%}: $%{{y:,.0f}}<extra></extra>",
            )
    fig.add_scatter(
        x=steps,
        y=paths[middle],
        name="Median",
        mode="lines",
        line={"color": palette.strategy, "width": 2},
        hovertemplate="median: $%{y:,.0f}<extra></extra>",
    )
    fig.add_hline(y=float(paths[middle][0]), line={"color": palette.muted, "width": 1, "dash": "dot"})
    lay_out(
        fig,
        xaxis=axis(
            palette, f"Number of {per}s", showgrid=False, tickformat=",d", range=[float(steps[0]), float(steps[-1])]
        ),
        yaxis=y_axis(
            palette, "Bankroll ($, log)" if log else "Bankroll ($)", **(log_ticks if log else money_ticks)(paths)
        ),
    )
    return fig


def growth_alt(marks: Sequence[Mark], per: str = "bet") -> str:
    """One sentence with what the figure shows."""
    if not marks:
        return "No stake grows the bankroll."
    named = ", ".join(f"{mark.label} stakes {mark.fraction:.1%} and grows {mark.growth:.2%} a {per}" for mark in marks)
    return f"{named[0].upper()}{named[1:]}."


def drawdown_odds_alt(levels: Floats, odds: Mapping[str, Floats]) -> str:
    """One sentence with what the figure shows: the chance of losing half."""
    half = [f"{name} {float(np.interp(0.5, levels, chance)):.0%}" for name, chance in odds.items()]
    return f"Chance of ever falling to half the bankroll: {', '.join(half)}."


def fan_alt(quantiles: Sequence[float], paths: Floats, per: str = "bet") -> str:
    """One sentence with what the figure shows."""
    ends = paths[:, -1]
    return (
        f"After {paths.shape[1] - 1:,} {per}s the median bankroll is ${ends[len(quantiles) // 2]:,.0f}; "
        f"{quantiles[-1] - quantiles[0]:.0%} of runs end between ${ends[0]:,.0f} and ${ends[-1]:,.0f}."
    )
