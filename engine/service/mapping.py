"""One statistic over two parameters at once, through the sweep, with the setting on the page among its cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.core.errors import InvalidParams, suggest
from engine.service.catalogue import ParamView, strategy, strategy_class
from engine.service.library import bars_of
from engine.service.metrics import METRICS, Metric
from engine.service.recent import Recent
from engine.service.request import RunRequest

Floats = NDArray[np.float64]

# Only statistics of which more is better have a best cell.
HEATMAP_METRICS: Final = (
    "sharpe",
    "cagr",
    "total_return",
    "max_drawdown",
    "calmar",
    "sortino",
    "win_rate",
    "profit_factor",
)
SPANS: Final = ("whole", "near")
_ACROSS, _UP = 9, 10  # so few that a phone has room for the number in each cell
_NEAR = 0.15  # of the whole range, to each side


@dataclass(frozen=True, slots=True, eq=False)
class HeatmapView:
    """A statistic over two parameters: `z` has shape (len(y_values), len(x_values)), NaN where it has no value.

    `refused` counts pairs that contradict each other, `undefined` pairs whose statistic is undefined or infinite.
    """

    x: ParamView
    y: ParamView
    metric: Metric
    x_values: Floats = field(repr=False)
    y_values: Floats = field(repr=False)
    z: Floats = field(repr=False)
    current: tuple[float, float]
    refused: int
    undefined: int


_MAPS: Recent[tuple[RunRequest, str, str, str], pd.DataFrame] = Recent(8)


def heatmap(request: RunRequest, x: str, y: str, metric: str = "sharpe", span: str = "whole") -> HeatmapView:
    """Sweep two parameters with everything else as requested; `span` is all of their range, or what lies "near"."""
    view = strategy(request.strategy)
    if x == y:
        raise InvalidParams(f"both axes show {x!r}; choose two different parameters")
    if metric not in HEATMAP_METRICS:
        raise InvalidParams(
            f"no map of {metric!r}{suggest(metric, HEATMAP_METRICS)}; there is {', '.join(HEATMAP_METRICS)}"
        )
    across, up = view.param(x), view.param(y)
    current = {param.name: param.default for param in view.params} | dict(request.params)
    x_values = _cells(across, current[x], span, _ACROSS)
    y_values = _cells(up, current[y], span, _UP)
    x_values, y_values = (_long_enough(request, current, *axis) for axis in ((x, x_values), (y, y_values)))
    table = _MAPS.made((request, x, y, span), lambda: _swept(request, current, {x: x_values, y: y_values}))
    rows = np.searchsorted(y_values, table[y].to_numpy(dtype=np.float64) - up.step / 2)
    columns = np.searchsorted(x_values, table[x].to_numpy(dtype=np.float64) - across.step / 2)
    z = np.full((len(y_values), len(x_values)), np.nan)
    z[rows, columns] = table[metric].to_numpy(dtype=np.float64)
    refused = int((table["problem"] != "").sum())
    z[~np.isfinite(z)] = np.nan
    return HeatmapView(
        across,
        up,
        METRICS[metric],
        x_values,
        y_values,
        z,
        (float(current[x]), float(current[y])),
        refused,
        int(np.isnan(z).sum()) - refused,
    )


def _long_enough(request: RunRequest, current: dict[str, float], name: str, values: Floats) -> Floats:
    """The values for which the data has as many bars as the strategy needs to warm up."""
    kind, view, bars = strategy_class(request.strategy), strategy(request.strategy), len(bars_of(request.dataset))
    param = view.param(name)
    needed = [kind({**current, name: param.at(value)}, checked=False).warm_up() for value in values]
    return values[np.array(needed) <= bars]


def _swept(request: RunRequest, current: dict[str, float], axes: dict[str, Floats]) -> pd.DataFrame:
    from engine.research.sweep import sweep

    view = strategy(request.strategy)
    grid = {p.name: [p.at(v) for v in axes.get(p.name, np.array([current[p.name]]))] for p in view.params}
    return sweep(
        strategy_class(request.strategy),
        grid,
        bars_of(request.dataset),
        request.risk_manager(),
        initial_capital=request.capital,
        costs=request.costs(),
        fill=request.fill,
        allow_short=request.allow_short,
    )


def _cells(param: ParamView, current: float, span: str, most: int) -> Floats:
    """Up to `most` evenly spaced values on the parameter's own steps, the current one among them."""
    low, high = float(param.low), float(param.high)
    if span == "near":
        reach = max(_NEAR * (high - low), 3 * param.step)
        low, high = max(low, current - reach), min(high, current + reach)
    steps = np.unique(np.round((np.linspace(low, high, most) - param.low) / param.step))
    values = param.low + steps * param.step
    values = values[values <= param.high + param.step * 1e-9]
    # The nearest cell makes room for the setting itself, so that the mark stands on a cell and not between two.
    values[np.argmin(np.abs(values - current))] = current
    digits = max(0, 6 - int(np.floor(np.log10(param.step))))
    return np.unique(np.round(values, digits))
