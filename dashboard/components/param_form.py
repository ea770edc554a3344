"""The sliders of a strategy, made from the parameters it declares."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from dashboard.components.numbers import plain
from dashboard.state import note_default
from engine.service import ParamView, StrategyView

Number = int | float
# More sliders than this push the risk sliders off the screen: the rest waits behind a click.
_SHOWN = 6


def param_key(strategy: str, param: str) -> str:
    """The name of a parameter in the session and in the address; two strategies may share a parameter's name."""
    return f"{strategy}.{param}"


def param_form(strategy: StrategyView, opening: Mapping[str, Number]) -> tuple[tuple[str, Number], ...]:
    """Draw a slider for each parameter and return (name, value) pairs; `opening` outranks declared defaults."""
    values = [(param.name, _slider(strategy.name, param, opening)) for param in strategy.params[:_SHOWN]]
    rest = strategy.params[_SHOWN:]
    if rest:
        with st.expander(f"{len(rest)} more parameters"):
            values += [(param.name, _slider(strategy.name, param, opening)) for param in rest]
    return tuple(values)


def _slider(strategy: str, param: ParamView, opening: Mapping[str, Number]) -> Number:
    key, default = param_key(strategy, param.name), opening.get(param.name, param.default)
    value = st.slider(
        plain(f"{param.label} ({param.unit})" if param.unit else param.label),
        *(_number(param, limit) for limit in (param.low, param.high)),
        value=_number(param, default),
        step=_number(param, param.step),
        format="percent" if param.percent else None,
        key=key,
        help=plain(f"{param.help}."),
        bind="query-params",
    )
    note_default(key, _number(param, default))
    # The browser adds up steps of 0.1 to 2.3000000000000003.
    return param.at(round(value, _digits(param)))


def _number(param: ParamView, value: Number) -> Number:
    return int(value) if param.whole else float(value)


def _digits(param: ParamView) -> int:
    return max(0, 2 - math.floor(math.log10(param.step)))
