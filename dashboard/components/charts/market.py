"""What a market cost over its life: bid and ask as a band, the trades within it, the volume beneath."""

from __future__ import annotations

from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import LINE, figure, lay_out, nothing_to_draw, time_axis, y_axis
from dashboard.components.charts.sampling import Floats, keep
from dashboard.components.theme import Palette, rgba

_HEIGHT: Final = 400
_CENTS: Final = "%{y:.1f}¢"


def market_history(
    time_ms: Floats,
    bid: Floats,
    ask: Floats,
    trade: Floats,
    volume: Floats,
    palette: Palette,
    *,
    now_ms: float | None = None,
    belief: float | None = None,
) -> go.Figure:
    """Bid and ask of YES with the trades between them, arrays (n,) in dollars; volume beneath where there is any.

    `now_ms` is the moment that is looked at, `belief` a probability drawn against the price.
    """
    if not np.isfinite(bid).any() and not np.isfinite(ask).any():
        return nothing_to_draw(palette, _HEIGHT, "Nobody quoted this market")
    shown = keep(bid, ask, trade, volume)
    time = time_ms[shown]
    fig = figure(palette, height=_HEIGHT)
    _add_band(fig, time, 100.0 * bid[shown], 100.0 * ask[shown], palette)
    _add_trades(fig, time, 100.0 * trade[shown], palette)
    counted = bool(np.nansum(volume) > 0.0)
    if counted:
        _add_volume(fig, time, volume[shown], palette)
    shapes = []
    if now_ms is not None:
        line = {"color": palette.text, "width": 1.2, "dash": "dash"}
        shapes.append({"type": "line", "x0": now_ms, "x1": now_ms, "yref": "paper", "y0": 0, "y1": 1, "line": line})
    if belief is not None:
        _add_belief(fig, time_ms, 100.0 * belief, palette)
    lay_out(
        fig,
        shapes=shapes,
        xaxis=time_axis(palette, time_ms, **({"anchor": "y2"} if counted else {})),
        yaxis=y_axis(
            palette, "Price of YES (¢)", domain=[0.30, 1.0] if counted else [0, 1], range=_reach(bid, ask, belief)
        ),
    )
    if counted:
        lay_out(
            fig,
            yaxis2=y_axis(
                palette, "Volume (contracts)", domain=[0.0, 0.20], nticks=3, tickformat="~s", rangemode="tozero"
            ),
        )
    return fig


def _add_band(fig: go.Figure, time: Floats, bid: Floats, ask: Floats, palette: Palette) -> None:
    blue = palette.series[0]
    fig.add_scatter(
        **_between(time, bid, ask),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=rgba(blue, 0.18),
        hoverinfo="skip",
        showlegend=False,
    )
    for rank, (name, values, dash) in enumerate((("Bid", bid, "solid"), ("Ask", ask, "dot"))):
        fig.add_scatter(
            x=time,
            y=values,
            name=name,
            mode="lines",
            line={"color": blue, "width": LINE, "dash": dash},
            hovertemplate=_CENTS,
            legendrank=rank + 1,
        )


def _between(time: Floats, bid: Floats, ask: Floats) -> dict[str, Floats]:
    """The outline of what lies between bid and ask: one shape a stretch in which both sides are quoted."""
    both = np.flatnonzero(np.isfinite(bid) & np.isfinite(ask))
    across, up = [], []
    for run in np.split(both, np.flatnonzero(np.diff(both) > 1) + 1):
        across += [time[run], time[run][::-1], [np.nan]]
        up += [bid[run], ask[run][::-1], [np.nan]]
    return {"x": np.concatenate(across), "y": np.concatenate(up)} if across else {"x": time[:0], "y": time[:0]}


def _add_trades(fig: go.Figure, time: Floats, trade: Floats, palette: Palette) -> None:
    done = np.isfinite(trade)
    if not done.any():
        return
    fig.add_scatter(
        x=time[done],
        y=trade[done],
        name="Last trade",
        mode="markers",
        marker={"color": palette.text, "size": 5, "opacity": 0.75},
        hovertemplate=_CENTS,
    )


def _add_volume(fig: go.Figure, time: Floats, volume: Floats, palette: Palette) -> None:
    fig.add_bar(
        x=time,
        y=volume,
        name="Volume",
        yaxis="y2",
        marker={"color": rgba(palette.muted, 0.7), "line": {"width": 0}},
        hovertemplate="%{y:,.0f} contracts",
        showlegend=False,
    )


def _add_belief(fig: go.Figure, time_ms: Floats, belief: float, palette: Palette) -> None:
    fig.add_scatter(
        x=np.array([time_ms[0], time_ms[-1]]),
        y=np.array([belief, belief]),
        name=f"Your {belief:.1f}%",
        mode="lines",
        line={"color": palette.series[3], "width": 2.0},
        hoverinfo="skip",
        legendrank=2000,
    )


def _reach(bid: Floats, ask: Floats, belief: float | None) -> list[float]:
    """All that was quoted and believed, with a little room, never wider than 0 to 100 cents."""
    seen = np.concatenate([bid, ask, [np.nan if belief is None else belief]]) * 100.0
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    room = max(2.0, 0.06 * (high - low))
    return [max(0.0, low - room), min(100.0, high + room)]


def market_alt(bid: Floats, ask: Floats, label: str) -> str:
    """One sentence with what the figure shows."""
    both = 50.0 * (bid + ask)
    known = both[np.isfinite(both)]
    if not known.size:
        return f"{label} was never quoted on both sides."
    wide = 100.0 * float(np.nanmedian(ask - bid))
    return (
        f"The middle price of {label} went from {known[0]:.1f}¢ to {known[-1]:.1f}¢, "
        f"between {known.min():.1f}¢ and {known.max():.1f}¢; bid and ask were {wide:.1f}¢ apart as a rule."
    )
