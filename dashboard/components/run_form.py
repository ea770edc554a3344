"""The settings of a backtest beside the strategy's own: prices, sizing, limits, costs; each kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.components import states
from dashboard.components.numbers import plain
from dashboard.components.param_form import param_form, param_key
from dashboard.state import note_default
from engine.service import (
    OPENING,
    InputError,
    RunRequest,
    StrategyView,
    add_csv,
    datasets,
    strategies,
    strategy_problems,
)

DATA: Final = "tune_data"
_FILE, _SEEN, _REFUSED, _LOST = "tune_file", "tune_file_seen", "tune_file_refused", "tune_data_lost"
_SIZINGS: Final = {"Fraction": "fraction", "Kelly": "kelly", "Quantity": "quantity"}
_FILLS: Final = {"Next open": "next_open", "Same close": "close"}
_OFF: Final = 0.0
_FALLS: Final = (_OFF, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50, 0.60)
_DAYS: Final = (_OFF, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.10)
_CALM: Final = (_OFF, 0.001, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05)
_PAUSES: Final = (5, 20, 60, 120, 250, 0)


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
        short = strategy.can_short and _kept(st.toggle, "short", "Allow short selling", True, value=True)
        _group("Position size")
        sizing = _sizing()
        self._leave_room("sizing")
        _group("Limits")
        limits = _limits()
        self._leave_room("limits")
        _group("Costs and fills")
        costs = _costs()
        self._leave_room("costs")
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
    """Set sliders to the values of a cell of the map; only in a callback, before the sliders are drawn."""
    for name, value in cell.items():
        st.session_state[param_key(strategy, name)] = value


def _group(title: str) -> None:
    st.subheader(title, anchor=False)


def _data() -> str:
    place = st.container()
    with st.expander("Your own prices (CSV)", icon=":material/upload_file:"):
        _upload()
    known = {found.label: found for found in datasets()}
    default = next(label for label, found in known.items() if found.id == OPENING.dataset)
    asked = st.query_params.get(DATA)
    if asked is not None and asked not in known:
        st.session_state[_LOST] = asked
    with place:
        label = _choice("data", "Data set", list(known), default)
        found = known[label]
        st.caption(plain(f"{found.name}, {found.period}."))
        if st.session_state.get(_LOST) and label == default:
            lost = st.session_state[_LOST]
            states.refused(f"The link names the data set {lost}, which is not here; if it was a file, upload it again.")
        else:
            st.session_state.pop(_LOST, None)
    return found.id


def _upload() -> None:
    file = st.file_uploader(
        "CSV file",
        type="csv",
        key=_FILE,
        help=plain(
            "A header with a time column and open, high, low, close (volume is optional), or a close alone. "
            "Dates as 2024-01-31 or epoch numbers. The file stays in the memory of this machine."
        ),
    )
    if file is None:
        st.session_state.pop(_REFUSED, None)
        return
    if st.session_state.get(_SEEN) != file.file_id:
        st.session_state[_SEEN] = file.file_id
        st.session_state.pop(_REFUSED, None)
        try:
            with st.spinner(f"Reading {plain(file.name)} ..."):
                st.session_state[DATA] = add_csv(file.name, file.getvalue()).label
        except InputError as error:
            st.session_state[_REFUSED] = str(error)
    if _REFUSED in st.session_state:
        states.refused(st.session_state[_REFUSED])
    else:
        st.caption(":material/check: Read and checked. It is in the list of data sets.")


def _strategy() -> StrategyView:
    known = {found.title: found for found in strategies()}
    default = next(title for title, found in known.items() if found.name == OPENING.strategy)
    found = known[_choice("strategy", "Strategy", list(known), default)]
    st.caption(plain(f"{found.summary}{f' From your file {found.origin}.' if found.origin else ''}"))
    for problem in strategy_problems():
        states.refused(problem)
    return found


def _sizing() -> dict[str, Any]:
    method = _SIZINGS[_segments("sizing", "Sizing", list(_SIZINGS), "Fraction", _SIZING_HELP)]
    if method == "fraction":
        share = _slider("fraction", "Share of equity in a position", 0.05, 1.0, OPENING.fraction, 0.05, _FRACTION_HELP)
        return {"sizing": method, "fraction": round(share, 4)}
    if method == "quantity":
        quantity = _number("quantity", "Shares, coins or units", 0.001, 1e9, OPENING.quantity, 1.0, _QUANTITY_HELP)
        return {"sizing": method, "quantity": quantity}
    fraction = _slider("kelly", "Share of full Kelly", 0.05, 1.0, OPENING.kelly_fraction, 0.05, _KELLY_HELP)
    bounds = (OPENING.kelly_min_pct, OPENING.kelly_max_pct)
    low, high = _slider("bounds", "Smallest and largest position", 0.0, 1.0, bounds, 0.01, _BOUNDS_HELP)
    return {
        "sizing": method,
        "kelly_fraction": round(fraction, 4),
        "kelly_min_pct": round(low, 4),
        "kelly_max_pct": round(high, 4),
    }


def _limits() -> dict[str, Any]:
    opening = OPENING
    fall = _steps("drawdown", "Drawdown limit", _FALLS, opening.max_drawdown_pct or _OFF, _limit, _FALL_HELP)
    pause = (
        _steps("pause", "Trade again after", _PAUSES, opening.cooldown_bars or 0, _pause, _PAUSE_HELP) if fall else 0
    )
    day = _steps("daily", "Daily loss limit", _DAYS, opening.daily_loss_limit_pct or _OFF, _limit, _DAY_HELP)
    calm = _steps("volatility", "Volatility limit (a bar)", _CALM, opening.max_volatility or _OFF, _limit, _CALM_HELP)
    return {
        "max_drawdown_pct": fall or None,
        "cooldown_bars": pause or None,
        "daily_loss_limit_pct": day or None,
        "max_volatility": calm or None,
    }


def _costs() -> dict[str, Any]:
    fee = _slider("fee", "Fee of a trade", 0.0, 0.005, OPENING.fee_rate, 0.0001, _FEE_HELP)
    slip = _slider("slippage", "Slippage", 0.0, 0.005, OPENING.slippage_rate, 0.0001, _SLIP_HELP)
    fill = _FILLS[_segments("fill", "Orders fill at", list(_FILLS), "Next open", _FILL_HELP)]
    capital = _number(
        "capital", "Starting capital ($)", 100.0, 1e9, OPENING.capital, 1000.0, "Cash before the first bar."
    )
    return {"fee_rate": round(fee, 6), "slippage_rate": round(slip, 6), "fill": fill, "capital": float(capital)}


_SIZING_HELP: Final = (
    "Fraction: the same share of equity in every position. Kelly: a share of what the closed trades so far justify. "
    "Quantity: the same number of units every time."
)
_FRACTION_HELP: Final = (
    "Share of equity put into each position. 100% is all-in: it is measured again at the fill, so that price and fee "
    "together are the cash there is."
)
_QUANTITY_HELP: Final = "Bought every time, or what the cash allows."
_KELLY_HELP: Final = "0.25 is quarter Kelly. Full Kelly grows fastest and falls hardest."
_BOUNDS_HELP: Final = (
    "Share of equity. Until 20 trades have closed the smallest is used. After that a size below the smallest is not "
    "traded and one above the largest is cut."
)
_FALL_HELP: Final = (
    "When equity closes this far below its peak, every position is closed at the next open and no new one is taken. "
    "A gap can carry the fall past the limit."
)
_PAUSE_HELP: Final = "After the pause the peak starts again at the equity that is left. Never: it stays out for good."
_DAY_HELP: Final = "When a session has lost this much, there are no new entries until the next session."
_CALM_HELP: Final = (
    "No entry while the standard deviation of the last 20 bar returns is above this; it stands above the strategy's "
    "own filter."
)
_FEE_HELP: Final = "Share of the traded value, for each purchase and each sale."
_SLIP_HELP: Final = "Every market order fills this much worse than the price."
_FILL_HELP: Final = (
    "Next open: decided at the close, filled at the next open. Same close: filled at the price that was decided on, "
    "which is optimistic."
)


def _kept(widget: Any, name: str, label: str, first: Any, /, **options: Any) -> Any:
    """A widget whose value is in the address."""
    key = f"tune_{name}"
    note_default(key, first)
    return widget(label, key=key, bind="query-params", **options)


def _choice(name: str, label: str, options: Sequence[str], default: str) -> str:
    found: str = _kept(st.selectbox, name, label, default, options=options, index=options.index(default))
    return found


def _segments(name: str, label: str, options: Sequence[str], default: str, text: str) -> str:
    shape = {"options": options, "default": default, "required": True, "width": "stretch"}
    found: str = _kept(st.segmented_control, name, label, default, help=text, **shape)
    return found


def _slider(name: str, label: str, low: float, high: float, default: Any, step: float, text: str) -> Any:
    reach = {"min_value": low, "max_value": high, "value": default, "step": step}
    return _kept(st.slider, name, label, default, format="percent", help=text, **reach)


def _steps(name: str, label: str, options: Sequence[Any], default: Any, worded: Callable[[Any], str], text: str) -> Any:
    return _kept(st.select_slider, name, label, default, options=options, value=default, format_func=worded, help=text)


def _number(name: str, label: str, low: float, high: float, default: float, step: float, text: str) -> float:
    reach = {"min_value": low, "max_value": high, "value": default, "step": step, "format": "%.10g"}
    found: float = _kept(st.number_input, name, label, default, help=text, **reach)
    return found


def _limit(value: float) -> str:
    return f"{value:.1%}".replace(".0%", "%") if value else "Off"


def _pause(bars: int) -> str:
    return f"{bars} bars" if bars else "Never"
