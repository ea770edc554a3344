"""The map of one statistic over two parameters, in which a click on a cell takes its values."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import streamlit as st

from dashboard.components import states
from dashboard.components.charts import param_heatmap, param_heatmap_alt
from dashboard.components.numbers import number, plain
from dashboard.components.run_form import take_cell
from dashboard.components.show import show
from dashboard.components.theme import Palette
from engine import service
from engine.service import HEATMAP_METRICS, METRICS, HeatmapView, ParamView, RunView

_KEY: Final = "tune_map"
_SPANS: Final = {"Whole range": "whole", "Near my setting": "near"}


def map_block(view: RunView, palette: Palette) -> None:
    """Choose two parameters and a statistic, see the map, take a cell."""
    params = {param.label: param for param in view.strategy.params}
    if len(params) < 2:
        states.empty(
            f"{view.strategy.title} has {len(params) or 'no'} parameter{'' if len(params) == 1 else 's'} to map.",
            "A map needs two: choose another strategy.",
        )
        return
    x, y, metric, span = _choices(view, params)
    if x.name == y.name:
        states.refused("Both axes show the same parameter; choose two different ones.")
        return
    with st.spinner("Running every combination ..."):
        found = service.heatmap(view.request, x.name, y.name, metric, span)
    _draw(view, found, palette)


def _choices(view: RunView, params: dict[str, ParamView]) -> tuple[ParamView, ParamView, str, str]:
    labels = list(params)
    metrics = {METRICS[name].label: name for name in HEATMAP_METRICS}
    own = view.strategy.name
    with st.container(horizontal=True, vertical_alignment="top"):
        x = st.selectbox("Across", labels, key=f"{own}.x", bind="query-params", width=170)
        y = st.selectbox("Up", labels, index=1, key=f"{own}.y", bind="query-params", width=170)
        shown = st.selectbox("Statistic", list(metrics), key="tune_metric", bind="query-params", width=170)
        span = st.segmented_control(
            "Range", list(_SPANS), default="Whole range", required=True, key="tune_span", bind="query-params"
        )
    return params[x], params[y], metrics[shown], _SPANS[span]


def _draw(view: RunView, found: HeatmapView, palette: Palette) -> None:
    tick = _tick(found)
    scale = 100.0 if found.x.percent else 1.0, 100.0 if found.y.percent else 1.0
    x_name, y_name = _axis(found.x), _axis(found.y)
    axes = found.x_values * scale[0], found.y_values * scale[1]
    current = found.current[0] * scale[0], found.current[1] * scale[1]
    fig = param_heatmap(*axes, found.z, x_name, y_name, view.label(found.metric.name), palette, current, tick)
    alt = param_heatmap_alt(*axes, found.z, x_name, y_name, found.metric.label, percent=found.metric.unit == "percent")
    show(fig, _KEY, alt=alt, on_select=lambda: _clicked(view, found, scale))
    _footer(view, found)


def _clicked(view: RunView, found: HeatmapView, scale: tuple[float, float]) -> None:
    """Take the cell that was clicked; runs before the sliders are drawn."""
    chart: Any = st.session_state.get(_KEY)
    points = chart.selection.points if chart else []
    if points:
        x, y = (float(points[0]["customdata"][place]) / scale[place] for place in (0, 1))
        take_cell(view.strategy.name, {found.x.name: found.x.at(x), found.y.name: found.y.at(y)})


def _footer(view: RunView, found: HeatmapView) -> None:
    tried = int(found.z.size)
    parts = [f"{tried} combinations on the same data: the best of many is partly luck, so trust a plateau, not a peak."]
    if found.refused:
        parts.append(f"{found.refused} are empty because the two contradict each other.")
    if found.undefined:
        parts.append(f"{found.undefined} are empty because {found.metric.label} is not defined there.")
    st.caption(plain(f"Click a cell to take its values. {' '.join(parts)}"))
    if not np.isfinite(found.z).any():
        return
    row, column = np.unravel_index(int(np.nanargmax(found.z)), found.z.shape)
    cell = {found.x.name: found.x.at(found.x_values[column]), found.y.name: found.y.at(found.y_values[row])}
    best = number(float(found.z[row, column]), found.metric.unit)
    st.button(
        plain(f"Take the best cell: {found.metric.label} {best}"),
        key="tune_best",
        icon=":material/my_location:",
        on_click=take_cell,
        args=(view.strategy.name, cell),
    )


def _tick(found: HeatmapView) -> str:
    """As many decimals as leave at most five characters, which is what a cell on a phone has room for."""
    size = float(np.nanmax(np.abs(found.z), initial=0.0))
    if found.metric.unit == "percent":
        return ".1%" if size < 0.095 else ".0%"
    return ".2f" if size < 9.9 else ".1f" if size < 99.0 else ".0f"


def _axis(param: ParamView) -> str:
    unit = "%" if param.percent else param.unit
    return f"{param.label} ({unit})" if unit else param.label
