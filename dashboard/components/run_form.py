"""The settings of a backtest beside the strategy's own: prices, sizing, limits, costs; each kept in the address."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard.components import states
from dashboard.components.numbers import plain
from dashboard.components.param_form import param_form, param_key
from dashboard.state import forget, note, recall
from engine.service import OPENING, InputError, RunRequest, StrategyView, add_csv, datasets, strategies, strategy_problems

PREFIX: Final = "tune_"
DATA, STRATEGY, FILE = f"{PREFIX}data", f"{PREFIX}strategy", f"{PREFIX}file"
_LOST, _SEEN, _REFUSED = f"{PREFIX}lost", f"{PREFIX}file_seen", f"{PREFIX}file_refused"
_SIZINGS: Final = {"Fraction": "fraction", "Kelly": "kelly", "Quantity": "quantity"}
_FILLS: Final = {"Next open": "next_open", "Same close": "close"}
_OFF: Final = 0.0
_FALLS: Final = (_OFF, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50, 0.60)
_DAYS: Final = (_OFF, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.10)
_CALM: Final = (_OFF, 0.001, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05)
_NEVER: Final = -1
_PAUSES: Final = (5, 20, 60, 120, 250, _NEVER)


class RunForm:
    """Draws the settings and gives them back as a request; problems are said beside the sliders they come from."""

    def __init__(self) -> None:
        self._beside: dict[str, Any] = {}

    def draw(self) -> RunRequest:
        """Draw all settings, in the order in which one thinks of them."""
        _group("Data")
        data = _data()
        _group("Strategy")
        strategy = _strategy()
        params = param_form(strategy, dict(OPENING.params) if strategy.name == OPENING.strategy else {})
        self._leave_room("params")
        _group("Position size")
        sizing = _sizing()
        self._leave_room("sizing")
        _group("Limits")
        limits = _limits()
        self._leave_room("limits")
        _group("Costs and fills")
        costs = _costs()
        self._leave_room("costs")
        short = strategy.can_short and _kept(st.toggle, "short", "Allow short selling", value=False)
        return RunRequest(
            dataset=data, strategy=strategy.name, params=params, allow_short=short, **sizing, **limits, **costs
        )

    def say(self, problems: dict[str, str]) -> None:
        """Say what is wrong beside the sliders it comes from."""
        for where, message in problems.items():
            with self._beside[where]:
                states.refused(message)

    def _leave_room(self, where: str) -> None:
        self._beside[where] = st.container()


def take_cell(strategy: str, cell: dict[str, float]) -> None:
    """Set the sliders to a cell of the map; in a callback, before the sliders are drawn."""
    for name, value in cell.items():
        st.session_state[param_key(strategy, name)] = value


def reset() -> None:
    """Put every setting back to what the page opened with; in a callback."""
    forget(PREFIX)
    for view in strategies():
        forget(f"{view.name}.")
    opening = {param_key(OPENING.strategy, name): value for name, value in OPENING.params}
    for view in strategies():
        for param in view.params:
            key = param_key(view.name, param.name)
            if key in st.session_state:
                st.session_state[key] = opening.get(key, param.default)
    for key, value in _defaults().items():
        if key in st.session_state:
            st.session_state[key] = value


def _group(title: str) -> None:
    st.subheader(title, anchor=False)


def _kept(widget: Any, name: str, label: str, *args: Any, **options: Any) -> Any:
    """A widget whose value stays when the page is left, and in the address."""
    key = f"{PREFIX}{name}"
    recall(key)
    value = widget(label, *args, key=key, bind="query-params", **options)
    note(key, value)
    return value


def _defaults() -> dict[str, Any]:
    return {f"{PREFIX}{name}": value for name, value in _OPENING.items()}


_OPENING: Final[dict[str, Any]] = {}
