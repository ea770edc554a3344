"""The figures of a tear sheet: arrays of a finished run in, Plotly figures out."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

INK, MUTED, GRID = "#131a24", "#5a6675", "rgba(90,102,117,0.18)"
LINE, UP, DOWN = "#0b62c4", "#007a78", "#c8362e"
_DIVERGING = [(0.0, "#b4530a"), (0.5, "#f6f4f1"), (1.0, "#0b62c4")]
_MOST_POINTS = 2000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _style(figure: go.Figure, height: int, **axes: Any) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        hovermode="x unified",
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"family": "IBM Plex Sans, system-ui, sans-serif", "size": 13, "color": INK},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        showlegend=False,
        template="none",
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True, **axes)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True, side="right")
    return figure


def thinned(values: NDArray[np.float64], most: int = _MOST_POINTS) -> NDArray[np.intp]:
    """Return the places of the first, last, lowest and highest value of each of `most` / 4 stretches, in order."""
    n = len(values)
    if n <= most:
        return np.arange(n)
    edges = np.linspace(0, n, most // 4 + 1).astype(int)
    keep: set[int] = set()
    for a, b in pairwise(edges):
        part = values[a:b]
        keep.update((a, b - 1, a + int(part.argmin()), a + int(part.argmax())))
    return np.array(sorted(keep))


def equity_figure(result: BacktestResult) -> go.Figure:
    """Return equity with drawdown beneath it on one time axis."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.04)
    at = np.union1d(thinned(result.equity_values), thinned(result.drawdown_values))
    time = result.bars.time[at] / 1e6
    figure.add_trace(
        go.Scatter(x=time, y=result.equity_values[at], name="Equity", line={"color": LINE, "width": 1.6}), row=1, col=1
    )
    figure.add_trace(
        go.Scatter(
            x=time,
            y=result.drawdown_values[at],
            name="Drawdown",
            line={"color": DOWN, "width": 1},
            fill="tozeroy",
            fillcolor="rgba(200,54,46,0.25)",
        ),
        row=2,
        col=1,
    )
    _style(figure, 460, type="date")
    figure.update_yaxes(title="Equity", tickformat=",.0f", row=1, col=1)
    figure.update_yaxes(title="Drawdown", tickformat=".1%", rangemode="tozero", row=2, col=1)
    return figure


def monthly_table(result: BacktestResult) -> tuple[list[int], NDArray[np.float64]]:
    """Return (years, returns of shape (years, 12)), each month's last equity over that of the month before."""
    index = result.index
    years, months = index.year.to_numpy(), index.month.to_numpy()
    last = np.flatnonzero(np.append((years[1:] != years[:-1]) | (months[1:] != months[:-1]), True))
    ends = result.equity_values[last]
    returns = ends / np.append(result.initial_capital, ends[:-1]) - 1.0
    shown = list(range(int(years[0]), int(years[-1]) + 1))
    table = np.full((len(shown), 12), np.nan)
    table[years[last] - shown[0], months[last] - 1] = returns
    return shown, table


def monthly_figure(result: BacktestResult) -> go.Figure:
    """Return the returns of every month as a table in colour."""
    years, table = monthly_table(result)
    text = [["" if math.isnan(v) else f"{v:.1%}" for v in row] for row in table]
    reach = float(np.nanmax(np.abs(table))) or 0.01
    figure = go.Figure(
        go.Heatmap(
            x=list(MONTHS), y=[str(y) for y in years], z=table, text=text, texttemplate="%{text}",
            colorscale=_DIVERGING, zmid=0, zmin=-reach, zmax=reach, showscale=False, xgap=2, ygap=2,
            hovertemplate="%{x} %{y}: %{text}<extra></extra>", textfont={"size": 11},
        )
    )  # fmt: skip
    _style(figure, 90 + 24 * len(years), side="top")
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(autorange="reversed", type="category", side="left")
    return figure


def rolling_sharpe(result: BacktestResult, window: int) -> NDArray[np.float64]:
    """Return the annualised Sharpe ratio of the last `window` bars at every bar; NaN before, and without dispersion."""
    from engine.numerics.indicators import rolling_std, sma

    r = result.returns
    mean, deviation = sma(r, window), rolling_std(r, window, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = mean / deviation * math.sqrt(result.bars_per_year)
    return np.where(deviation > 1e-12 * np.abs(mean), found, np.nan)


def sharpe_figure(result: BacktestResult, window: int) -> go.Figure:
    """Return the rolling Sharpe ratio."""
    values = rolling_sharpe(result, window)
    at = thinned(np.nan_to_num(values))
    figure = go.Figure(
        go.Scatter(x=result.bars.time[at] / 1e6, y=values[at], name="Sharpe", line={"color": LINE, "width": 1.4})
    )
    figure.add_hline(y=0, line={"color": MUTED, "width": 1, "dash": "dot"})
    _style(figure, 260, type="date")
    return figure.update_yaxes(title=f"Sharpe, last {window} bars")


def trades_figure(returns: NDArray[np.float64]) -> go.Figure:
    """Return how often each return of a trade came, losses and gains apart."""
    reach = max(float(np.abs(returns).max()), 1e-6)
    size = 2 * reach / 40
    bins = {"start": -reach, "end": reach + size, "size": size}
    figure = go.Figure()
    for part, colour, name in ((returns[returns <= 0], DOWN, "Losses"), (returns[returns > 0], UP, "Gains")):
        figure.add_trace(go.Histogram(x=part, xbins=bins, marker={"color": colour}, name=name))
    _style(figure, 260, tickformat=".1%", title="Return of the trade, after fees")
    figure.update_layout(barmode="overlay", showlegend=True, bargap=0.05)
    return figure.update_yaxes(title="Trades")


def decisions_figure(reasons: list[str], counts: list[int]) -> go.Figure:
    """Return why it did not trade, or traded less: how often each reason came."""
    figure = go.Figure(
        go.Bar(
            y=reasons[::-1],
            x=counts[::-1],
            orientation="h",
            marker={"color": LINE},
            text=counts[::-1],
            textposition="auto",
        )
    )
    _style(figure, 80 + 30 * len(reasons), title="Decisions")
    figure.update_layout(hovermode="closest")
    return figure.update_yaxes(side="left", ticksuffix="  ")
