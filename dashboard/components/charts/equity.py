"""The curves of a run over time: equity with its drawdown beneath, and the rolling Sharpe ratio."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import (
    HEADLINE_HEIGHT,
    LINE,
    MONEY_HOVER,
    PERCENT_HOVER,
    SECONDARY_HEIGHT,
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

Curve = tuple[Floats, Floats]


def equity_with_drawdown(
    time_ms: Floats,
    equity: Floats,
    drawdown: Floats,
    benchmark: Floats | None,
    palette: Palette,
    pinned: Curve | None = None,
    log: bool = False,
) -> go.Figure:
    """Equity above its drawdown on one time axis; all arrays (n,), `drawdown` <= 0 as a fraction.

    `pinned` is the (time_ms, equity) of another run, drawn as a ghost; the benchmark may start with NaN.
    """
    if not time_ms.size:
        return nothing_to_draw(palette, HEADLINE_HEIGHT, "No bars in this range")
    shown = keep(equity, drawdown) if benchmark is None else keep(equity, drawdown, benchmark)
    time = time_ms[shown]
    fig = figure(palette, height=HEADLINE_HEIGHT)
    if pinned is not None:
        _add_pinned(fig, pinned, palette)
    if benchmark is not None:
        _add_line(fig, time, benchmark[shown], "Buy and hold", palette.muted, THIN, "dot")
    _add_line(fig, time, equity[shown], "Strategy", palette.strategy, LINE, rank=1)
    _add_drawdown(fig, time, drawdown[shown], palette)
    amounts = np.concatenate([curve for curve in (equity, benchmark, pinned and pinned[1]) if curve is not None])
    lay_out(
        fig,
        xaxis=time_axis(palette, time_ms, anchor="y2"),
        yaxis=y_axis(
            palette,
            "Equity ($, log)" if log else "Equity ($)",
            domain=[0.31, 1.0],
            **(log_ticks(amounts) if log else money_ticks(amounts) | roomy(amounts)),
        ),
        yaxis2=y_axis(
            palette,
            "Drawdown (%)",
            domain=[0.0, 0.24],
            nticks=4,
            **_drawdown_scale(drawdown),
        ),
    )
    return fig


def _drawdown_scale(drawdown: Floats) -> dict[str, Any]:
    """From zero down to the worst, but never so close that a fall of nothing fills the pane."""
    if float(np.nanmin(drawdown)) < -0.02:
        return {"rangemode": "tozero", "tickformat": ".0%"}
    return {"range": [-0.02, 0.0], "tickformat": ".1%"}


def _add_line(
    fig: go.Figure,
    time: Floats,
    values: Floats,
    name: str,
    colour: str,
    width: float,
    dash: str = "solid",
    rank: int = 2,
) -> None:
    fig.add_scatter(
        x=time,
        y=values,
        name=name,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate=MONEY_HOVER,
        legendrank=rank,
    )


def _add_pinned(fig: go.Figure, pinned: Curve, palette: Palette) -> None:
    time_ms, values = pinned
    shown = keep(values)
    _add_line(fig, time_ms[shown], values[shown], "Pinned run", palette.series[1], THIN)


def _add_drawdown(fig: go.Figure, time: Floats, drawdown: Floats, palette: Palette) -> None:
    fig.add_scatter(
        x=time,
        y=drawdown,
        name="Drawdown",
        yaxis="y2",
        mode="lines",
        fill="tozeroy",
        line={"color": palette.down, "width": THIN},
        fillcolor=rgba(palette.down, 0.25),
        hovertemplate=PERCENT_HOVER,
        showlegend=False,
    )


def rolling_sharpe(time_ms: Floats, values: Floats, palette: Palette, window: str = "") -> go.Figure:
    """The annualised Sharpe ratio of a moving window; (n,), NaN until it is full. `window` words its length."""
    if not np.isfinite(values).any():
        return nothing_to_draw(palette, SECONDARY_HEIGHT, "Too few bars for a rolling Sharpe ratio")
    shown = keep(values)
    fig = figure(palette, height=SECONDARY_HEIGHT)
    fig.add_scatter(
        x=time_ms[shown],
        y=values[shown],
        name="Rolling Sharpe",
        mode="lines",
        line={"color": palette.strategy, "width": LINE},
        hovertemplate="%{y:.2f}",
        showlegend=False,
    )
    fig.add_hline(y=0.0, line={"color": palette.muted, "width": 1, "dash": "dot"})
    title = f"Sharpe, {window}" if window else "Sharpe (annualised)"
    lay_out(fig, xaxis=time_axis(palette, time_ms), yaxis=y_axis(palette, title, tickformat=".2~f"))
    return fig


def equity_alt(equity: Floats, drawdown: Floats, benchmark: Floats | None = None) -> str:
    """One sentence with what the figure shows."""
    if not equity.size:
        return "No equity curve: there are no bars."
    text = f"Equity {_moved(equity)} with a worst drawdown of {_percent(abs(float(np.nanmin(drawdown))))}"
    if benchmark is not None and np.isfinite(benchmark).any():
        text += f"; buy and hold {_moved(benchmark[np.isfinite(benchmark)])}"
    return text + "."


def rolling_sharpe_alt(values: Floats) -> str:
    """One sentence with what the figure shows."""
    known = values[np.isfinite(values)]
    if not known.size:
        return "Too few bars for a rolling Sharpe ratio."
    return f"The rolling Sharpe ratio ranged from {known.min():.2f} to {known.max():.2f} and ended at {known[-1]:.2f}."


def _moved(values: Floats) -> str:
    change = float(values[-1] / values[0] - 1.0)
    return "unchanged" if abs(change) < 5e-5 else f"{'up' if change > 0 else 'down'} {_percent(abs(change))}"


def _percent(value: float) -> str:
    return f"{value:.1%}".replace("-", "−")
