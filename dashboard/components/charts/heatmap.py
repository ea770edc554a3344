"""The two tables that are read by colour first: a metric over two parameters, and the months of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from dashboard.components.charts.frame import SECONDARY_HEIGHT, axis, figure, lay_out, nothing_to_draw
from dashboard.components.charts.sampling import Floats
from dashboard.components.theme import Palette, contrast, luminance, rgb

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The text of a theme is softer than these, and on a shade halfway between them nothing softer is readable.
WHITE: Final = "#FFFFFF"
BLACK: Final = "#000000"
# On a phone the cells share this width, and a digit of the text in them takes that.
_PHONE_PX: Final = 290
_DIGIT_PX: Final = 6
_HEIGHT: Final = 420


@dataclass(frozen=True, slots=True)
class _Scale:
    """Colours of evenly spaced values from `low` to `high`."""

    colours: tuple[str, ...]
    low: float
    high: float

    def plotly(self) -> dict[str, Any]:
        steps = len(self.colours) - 1
        return {
            "colorscale": [[number / steps, colour] for number, colour in enumerate(self.colours)],
            "zmin": self.low,
            "zmax": self.high,
        }

    def inks(self, z: Floats) -> list[str]:
        """Black or white for each value, whichever is easier to read on its cell."""
        place = np.clip((z - self.low) / (self.high - self.low), 0.0, 1.0)
        stops = np.linspace(0.0, 1.0, len(self.colours))
        channels = np.array([rgb(colour) for colour in self.colours], dtype=np.float64).T
        cells = np.stack([np.interp(place, stops, channel) for channel in channels])
        shades = (luminance(*cell) for cell in cells.T)
        return [WHITE if contrast(shade, 1.0) >= contrast(shade, 0.0) else BLACK for shade in shades]


def _scale(z: Floats, palette: Palette) -> _Scale:
    """Around zero where the metric has both signs, else from least to most."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    if low < 0.0 < high:
        reach = max(-low, high)
        return _Scale(palette.diverging, -reach, reach)
    return _Scale(palette.sequential, low, high) if low < high else _Scale(palette.sequential, low - 1.0, high + 1.0)


def param_heatmap(
    x_values: Floats,
    y_values: Floats,
    z: Floats,
    x_name: str,
    y_name: str,
    metric: str,
    palette: Palette,
    current: tuple[float, float] | None = None,
    tick: str = ".2f",
) -> go.Figure:
    """A metric over two parameters, z of shape (len(y), len(x)), NaN where a pair is not allowed.

    Cells are evenly spaced whatever the steps. Each can be clicked: `customdata` of the point is [x, y, metric].
    `tick` is a format for the metric that Python and d3 share, such as ".1%".
    """
    if not np.isfinite(z).any():
        return nothing_to_draw(palette, _HEIGHT, "No combination gave a result")
    scale = _scale(z, palette)
    texts = [format(value, f"z{tick}") if np.isfinite(value) else "" for value in z.ravel()]
    worded = max(map(len, texts)) * x_values.size * _DIGIT_PX <= _PHONE_PX
    rows, columns = np.indices(z.shape)
    fig = figure(palette, height=_HEIGHT, hovermode="closest")
    # Numbers in the cells say more than a colour bar, which on a phone takes the room they need.
    bar = {"tickformat": tick, "tickfont": {"size": 11, "color": palette.muted}, "thickness": 10, "outlinewidth": 0}
    fig.add_heatmap(z=z, **scale.plotly(), xgap=1, ygap=1, hoverinfo="skip", showscale=not worded, colorbar=bar)
    if worded:
        _add_texts(fig, columns.ravel().tolist(), rows.ravel().tolist(), z, texts, scale)
    _add_clicks(fig, x_values, y_values, z, (x_name, y_name, metric), tick)
    _add_frames(fig, x_values, y_values, z, metric, current, palette)
    lay_out(
        fig,
        xaxis=axis(palette, x_name, **_ticks(x_values), showgrid=False),
        yaxis=axis(palette, y_name, **_ticks(y_values), showgrid=False),
    )
    return fig


def _add_texts(
    fig: go.Figure, x: Sequence[Any], y: Sequence[Any], z: Floats, texts: Sequence[str], scale: _Scale
) -> None:
    """Numbers in the cells, one trace a colour: the heatmap's own choice of colour is too faint on bright cells."""
    inks = scale.inks(z.ravel())
    for ink in (WHITE, BLACK):
        shown = [number for number, text in enumerate(texts) if text and inks[number] == ink]
        fig.add_scatter(
            x=[x[number] for number in shown],
            y=[y[number] for number in shown],
            text=[texts[number] for number in shown],
            mode="text",
            textfont={"size": 10, "color": ink},
            # A click on one cell must not fade the others.
            unselected={"textfont": {"color": ink}},
            hoverinfo="skip",
            showlegend=False,
        )


def _ticks(values: Floats) -> dict[str, Any]:
    """At most ten labelled cells of an axis that counts cells."""
    step = -(-values.size // 10)
    places = np.arange(0, values.size, step)
    return {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [f"{value:.6g}" for value in values[places]],
        "range": [-0.5, values.size - 0.5],
    }


def _add_clicks(
    fig: go.Figure, x_values: Floats, y_values: Floats, z: Floats, names: tuple[str, str, str], tick: str
) -> None:
    """Invisible points on the cells: the cells of a heatmap themselves report no click."""
    rows, columns = np.indices(z.shape)
    x_name, y_name, metric = names
    fig.add_scatter(
        x=columns.ravel(),
        y=rows.ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 26, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        # Rows of an array would come back from a click as {"0": ...}.
        customdata=np.column_stack([x_values[columns.ravel()], y_values[rows.ravel()], z.ravel()]).tolist(),
        hovertemplate=(
            f"{x_name} %{{customdata[0]:.6~g}}<br>{y_name} %{{customdata[1]:.6~g}}<br>"
            f"{metric} %{{customdata[2]:{tick}}}<extra></extra>"
        ),
        showlegend=False,
    )


def _add_frames(
    fig: go.Figure,
    x_values: Floats,
    y_values: Floats,
    z: Floats,
    metric: str,
    current: tuple[float, float] | None,
    palette: Palette,
) -> None:
    """A frame around the best cell and one around today's, which leave the numbers in them readable."""
    best_row, best_column = np.unravel_index(int(np.nanargmax(z)), z.shape)
    frames = [(f"Best {metric}", float(best_column), float(best_row), "dot")]
    if current is not None:
        frames.append(("Your setting", _place(x_values, current[0]), _place(y_values, current[1]), "solid"))
    for name, column, row, dash in frames:
        fig.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": palette.text, "width": 2.5, "dash": dash},
            name=name,
            showlegend=True,
        )


def _place(values: Floats, value: float) -> float:
    """Where a value lies on an axis that counts cells, between two cells if need be."""
    return float(np.interp(value, values, np.arange(values.size)))


def monthly_returns(years: Sequence[int], returns: Floats, annual: Floats, palette: Palette) -> go.Figure:
    """Returns by month, shape (len(years), 12), and by year, as fractions; NaN where the run has no such month."""
    if not len(years):
        return nothing_to_draw(palette, SECONDARY_HEIGHT, "Less than one month of results")
    table = np.column_stack([returns, annual])
    # A year is the sum of its months: on one scale it would drain the months of colour.
    reach = float(np.nanmax(np.abs(returns))) if np.isfinite(returns).any() else 1.0
    scale = _Scale(palette.diverging, -reach, reach)
    columns, rows = [*MONTHS, "Year"], [str(year) for year in years]
    fig = figure(palette, height=max(SECONDARY_HEIGHT, 70 + 22 * len(years)), hovermode="closest")
    fig.add_heatmap(
        x=columns,
        y=rows,
        z=table,
        **scale.plotly(),
        xgap=1,
        ygap=1,
        showscale=False,
        hovertemplate="%{x} %{y}: %{z:.2%}<extra></extra>",
    )
    texts = [_months_text(value) for value in table.ravel()]
    _add_texts(fig, columns * len(rows), [row for row in rows for _ in columns], table, texts, scale)
    lay_out(
        fig,
        xaxis=axis(
            palette, "Return (%)", side="top", showgrid=False, type="category", range=[-0.5, len(columns) - 0.5]
        ),
        yaxis=axis(palette, "", showgrid=False, type="category", range=[len(rows) - 0.5, -0.5]),
    )
    return fig


def _months_text(value: float) -> str:
    """Percent in four characters, which is what a cell holds on a phone."""
    if np.isnan(value):
        return ""
    return f"{100 * value:z.1f}" if abs(value) < 0.0995 else f"{100 * value:z.0f}"


def param_heatmap_alt(
    x_values: Floats, y_values: Floats, z: Floats, x_name: str, y_name: str, metric: str, *, percent: bool = False
) -> str:
    """One sentence with what the figure shows."""
    if not np.isfinite(z).any():
        return f"No combination of {x_name} and {y_name} gave a result."
    row, column = np.unravel_index(int(np.nanargmax(z)), z.shape)
    best = f"{z[row, column]:.1%}" if percent else f"{z[row, column]:.2f}"
    return f"The best {metric}, {best}, is at {x_name} {x_values[column]:.6g} and {y_name} {y_values[row]:.6g}."


def monthly_returns_alt(returns: Floats) -> str:
    """One sentence with what the figure shows."""
    known = returns[np.isfinite(returns)]
    if not known.size:
        return "There is no full month of results."
    won = int((known > 0).sum())
    return f"{won} of {known.size} months gained; the best returned {known.max():.1%}, the worst {known.min():.1%}."
