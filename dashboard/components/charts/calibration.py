"""Whether forecasts of a probability came true as often as they said, with what chance alone would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import axis, figure, lay_out, nothing_to_draw, y_axis
from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette, rgba

_HEIGHT: Final = 400
_PERCENT: Final = {"tickformat": ".0%", "range": [-0.03, 1.03], "dtick": 0.2}


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of forecasts: their mean, the share that came true with its interval, and how many, arrays (bins,)."""

    forecast: Floats
    outcome: Floats
    low: Floats
    high: Floats
    count: Floats


def calibration_chart(curves: Sequence[tuple[str, Reliability]], palette: Palette) -> go.Figure:
    """Share of YES over the forecast, one set of points with intervals a curve; the diagonal is a perfect one."""
    if not any(curve.forecast.size for _, curve in curves):
        return nothing_to_draw(palette, _HEIGHT, "Nothing was forecast before it settled")
    fig = figure(palette, height=_HEIGHT, hovermode="closest")
    fig.add_scatter(
        x=np.array([0.0, 1.0]),
        y=np.array([0.0, 1.0]),
        name="Perfect",
        mode="lines",
        line={"color": palette.muted, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    looks = ((palette.strategy, "circle", "solid"), (palette.series[3], "diamond", "dot"))
    for (name, curve), (colour, symbol, dash) in zip(curves, looks, strict=False):
        fig.add_scatter(
            x=curve.forecast,
            y=curve.outcome,
            name=name,
            mode="lines+markers",
            line={"color": rgba(colour, 0.55), "width": 1.2, "dash": dash},
            marker={"color": colour, "symbol": symbol, "size": 6.0 + 10.0 * np.sqrt(curve.count / curve.count.max())},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": curve.high - curve.outcome,
                "arrayminus": curve.outcome - curve.low,
                "color": rgba(colour, 0.6),
                "thickness": 1.2,
                "width": 3,
            },
            customdata=np.column_stack([curve.count, curve.low, curve.high]),
            hovertemplate=(
                f"{name}: said %{{x:.1%}}, came true %{{y:.1%}}<br>"
                "95%: %{customdata[1]:.1%} to %{customdata[2]:.1%}, %{customdata[0]:,.0f} forecasts<extra></extra>"
            ),
        )
    lay_out(
        fig,
        xaxis=axis(palette, "Forecast probability of YES (%)", **_PERCENT),
        yaxis=y_axis(palette, "Settled YES (%)", **_PERCENT),
    )
    return fig


def calibration_alt(curves: Sequence[tuple[str, Reliability]]) -> str:
    """One sentence with what the figure shows."""
    said = []
    for name, curve in curves:
        inside = int(((curve.low <= curve.forecast) & (curve.forecast <= curve.high)).sum())
        said.append(f"{name}: {inside} of {curve.forecast.size} bins agree with what came true")
    return "Calibration. " + "; ".join(said) + "."
