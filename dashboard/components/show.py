"""The one door through which a figure reaches the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import plotly.graph_objects as go
import streamlit as st

# Figures come here as plain SVG traces of at most 1,600 points with binary arrays: the quickest way to the screen.
# Scattergl needs a new WebGL context each time the figure changes (half a second in software), st.line_chart is slower
# still, and lists or DatetimeIndex travel as text, which is twice the size and five times the work.
CONFIG: Final[dict[str, Any]] = {
    "displaylogo": False,
    "scrollZoom": False,
    "doubleClick": "reset",
    "responsive": True,
    "modeBarButtonsToRemove": ["autoScale2d", "zoomIn2d", "zoomOut2d", "select2d", "lasso2d", "pan2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def show(
    fig: go.Figure, key: str, *, alt: str, on_select: Literal["ignore", "rerun"] | Callable[[], None] = "ignore"
) -> list[dict[str, Any]]:
    """Draw the figure over the full width and return the points clicked, none unless `on_select` asks for them.

    `alt` is the sentence a person who cannot see the figure gets. Selections are lost whenever the figure changes.
    """
    state: Any = st.plotly_chart(fig, key=key, config=CONFIG, alt=alt, on_select=on_select, selection_mode="points")
    return [] if on_select == "ignore" else list(state.selection.points)
