"""The frame every figure stands in: margins, grid, hover, axes with a title, a legend on top."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette, rgba

HEADLINE_HEIGHT: Final = 440
SECONDARY_HEIGHT: Final = 300
LINE: Final = 1.6
THIN: Final = 1.0
MONEY_HOVER: Final = "$%{y:,.2f}"
PERCENT_HOVER: Final = "%{y:.2%}"
_DAY_MS: Final = 86_400_000.0
_GAP_BARS: Final = 30
_MOST_GAPS: Final = 80
_MOST_DAYS: Final = 600


def figure(palette: Palette, *, height: int, hovermode: str | bool = "x unified") -> go.Figure:
    """An empty figure in the house style; `frame_x` and `frame_y` give it its axes."""
    layout = {
        # Streamlit brings its own template in the browser; Plotly's would only travel along with each figure.
        "template": "none",
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 0},
        # Plotly puts a halo of this colour around the crosshair: a see-through one would come out white.
        "paper_bgcolor": palette.background,
        "plot_bgcolor": palette.background,
        "font": {"color": palette.text, "size": 12},
        "colorway": list(palette.series),
        "hovermode": hovermode,
        "hoversubplots": "axis",
        "hoverlabel": {
            "bgcolor": palette.surface,
            "bordercolor": palette.border,
            "font": {"color": palette.text, "size": 12},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.text},
        "dragmode": "zoom",
        "separators": ".,",
        "bargap": 0.12,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
            "font": {"color": palette.text, "size": 12},
            "bgcolor": "rgba(0,0,0,0)",
        },
    }
    return go.Figure(layout=layout)


def lay_out(fig: go.Figure, **parts: Any) -> None:
    """Set parts of the layout; `update_layout` does the same in ten times the time, which is half a slider step."""
    for name, part in parts.items():
        fig.layout[name] = part


def axis(palette: Palette, title: str, **extra: Any) -> dict[str, Any]:
    """An axis with its title and a grid that stays behind the data."""
    # An empty title would still be given its height.
    worded = {"title": {"text": title, "standoff": 6, "font": {"size": 12, "color": palette.muted}}} if title else {}
    return {
        **worded,
        "tickfont": {"size": 11, "color": palette.muted},
        "gridcolor": palette.grid,
        "gridwidth": 1,
        "linecolor": palette.grid,
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "rgba(0,0,0,0)",
        "automargin": True,
        **extra,
    }


def y_axis(palette: Palette, title: str, **extra: Any) -> dict[str, Any]:
    """A vertical axis on the right, where the newest value is."""
    return axis(palette, title, **{"side": "right", "nticks": 6, "showline": False, **extra})


def time_axis(palette: Palette, time_ms: Floats, **extra: Any) -> dict[str, Any]:
    """A time axis; its values are epoch milliseconds in UTC, of which Plotly sends eight bytes each."""
    bar = float(np.median(np.diff(time_ms))) if time_ms.size > 1 else _DAY_MS
    intraday = bar < 0.9 * _DAY_MS
    closed = {"rangebreaks": _closed_hours(time_ms, bar) if intraday else _closed_days(time_ms)}
    return axis(
        palette,
        "Time (UTC)" if intraday else "",
        **{
            "type": "date",
            "range": [float(time_ms[0]) - bar / 2, float(time_ms[-1]) + bar / 2],
            "showgrid": False,
            "tickangle": 0,
            "hoverformat": "%d %b %Y %H:%M" if intraday else "%d %b %Y",
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": rgba(palette.muted, 0.6),
            **closed,
            **extra,
        },
    )


def _closed_days(time_ms: Floats) -> list[dict[str, Any]]:
    """Weekends, left out where single days can be told apart and none of them is one."""
    # Day 0 of the epoch was a Thursday.
    weekday = (time_ms // _DAY_MS + 3) % 7
    return [] if time_ms.size > _MOST_DAYS or (weekday > 4).any() else [{"bounds": ["sat", "mon"]}]


def _closed_hours(time_ms: Floats, bar: float) -> list[dict[str, Any]]:
    """The stretches without bars, to be left out: a straight line through the night looks like a trade."""
    gaps = np.flatnonzero(np.diff(time_ms) > _GAP_BARS * bar)
    if gaps.size > _MOST_GAPS:
        return []
    ends = np.column_stack([time_ms[gaps] + bar, time_ms[gaps + 1]]).astype("datetime64[ms]")
    return [{"bounds": [str(stamp) for stamp in pair]} for pair in ends]


def money_ticks(values: Floats, unit: str = "$") -> dict[str, Any]:
    """Tick options for amounts: whole up to a million, short above, with decimals where the range is small."""
    finite = values[np.isfinite(values)]
    top = float(np.abs(finite).max()) if finite.size else 0.0
    spread = float(np.ptp(finite)) if finite.size else 0.0
    if top >= 1e6:
        return {"tickprefix": unit, "tickformat": "~s"}
    return {"tickprefix": unit, "tickformat": ",.0f" if spread >= 20 else ",.2f" if spread >= 0.2 else ",.4~f"}


def log_ticks(values: Floats, unit: str = "$") -> dict[str, Any]:
    """A logarithmic scale with labels at 1, 2 and 5 of each decade, or at 1 where there are many decades.

    Plotly's own labels leave the unit out except at full decades.
    """
    positive = values[np.isfinite(values) & (values > 0.0)]
    if not positive.size:
        return {"type": "log"}
    low, high = np.log10(positive.min()), np.log10(positive.max())
    steps = (1.0, 2.0, 5.0) if high - low < 2.5 else (1.0,) if high - low > 5.0 else (1.0, 3.0)
    # over very many decades every second, third, ... is named
    stride = max(1, int(np.ceil((high - low) / 8.0)))
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1, stride)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    return {
        "type": "log",
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{unit}{_short(tick)}" for tick in ticks],
    }


def _short(tick: float) -> str:
    """Write a round number: in full up to a million, then with the letter of its thousands."""
    for scale, letter in ((1e15, "Q"), (1e12, "T"), (1e9, "B"), (1e6, "M")):
        if tick >= 0.999 * scale:
            return f"{tick / scale:,.12g}{letter}"
    return f"{tick:,.12g}"


def roomy(values: Floats) -> dict[str, Any]:
    """A range for values that hardly move, which would otherwise be blown up to a false drama."""
    finite = values[np.isfinite(values)]
    if not finite.size or float(np.ptp(finite)) > 1e-3 * float(np.abs(finite).max()):
        return {}
    middle = float(finite.mean())
    reach = 0.05 * abs(middle) or 1.0
    return {"range": [middle - reach, middle + reach]}


def nothing_to_draw(palette: Palette, height: int, text: str) -> go.Figure:
    """A figure that says why it is empty."""
    fig = figure(palette, height=height, hovermode=False)
    lay_out(
        fig,
        xaxis={"visible": False},
        yaxis={"visible": False},
        annotations=[
            {
                "text": text,
                "showarrow": False,
                "font": {"size": 13, "color": palette.muted},
                "xref": "paper",
                "yref": "paper",
                "x": 0.5,
                "y": 0.5,
            }
        ],
    )
    return fig
