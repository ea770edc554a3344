"""The strategies as a page sees them: titles, sliders, bands, without their code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.errors import InvalidParams, suggest
from engine.research.checked import Listed, offered
from engine.strategies import BarStrategy, Strategy
from engine.strategies.param import Number, Param, resolve

AnyStrategy = Strategy | BarStrategy


@dataclass(frozen=True, slots=True)
class ParamView:
    """One slider. `percent` says that the value is a fraction which people read as percent."""

    name: str
    label: str
    unit: str
    help: str
    default: Number
    low: Number
    high: Number
    step: Number
    whole: bool
    percent: bool

    def at(self, value: float) -> Number:
        """Return a value as the number the strategy takes."""
        return round(value) if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class StrategyView:
    """One strategy: `origin` is the user's file it comes from, if any; `bar_by_bar` ones are slower."""

    name: str
    title: str
    summary: str
    params: tuple[ParamView, ...]
    bands: tuple[str, ...]
    can_short: bool
    bar_by_bar: bool
    origin: str

    def param(self, name: str) -> ParamView:
        """Return one of its parameters."""
        for param in self.params:
            if param.name == name:
                return param
        raise InvalidParams(f"{self.title} has no parameter {name!r}; it has: {', '.join(p.name for p in self.params)}")


def strategies() -> tuple[StrategyView, ...]:
    """Return every strategy that may run on prices: the product's, then the user's own after their look-ahead check."""
    return tuple(_view(listed) for listed in offered()[0] if not listed.strategy.for_events)


def strategy_problems() -> tuple[str, ...]:
    """Return why strategies of the user's own files are not offered, a sentence each."""
    return offered()[1]


def strategy(name: str) -> StrategyView:
    """Return one strategy by its name."""
    return _view(_listed(name))


def strategy_class(name: str) -> type[AnyStrategy]:
    """Return the code of a strategy by its name."""
    return _listed(name).strategy


def make(name: str, params: Sequence[tuple[str, Number]]) -> AnyStrategy:
    """Return the strategy with its parameters, or refuse them."""
    return strategy_class(name)(dict(params))


def check_params(name: str, params: Sequence[tuple[str, Number]]) -> None:
    """Refuse parameters that are unknown, out of range or contradict each other, in the words of their sliders."""
    kind = strategy_class(name)
    values = resolve(kind.title, kind.PARAMS, dict(params))
    problem = kind.check(values)
    if problem:
        raise InvalidParams(_in_labels(strategy(name), problem))


def _in_labels(view: StrategyView, message: str) -> str:
    for param in view.params:
        message = re.sub(rf"\b{re.escape(param.name)}\b", param.label, message)
    return message


def _listed(name: str) -> Listed:
    listed = {found.strategy.name: found for found in offered()[0] if not found.strategy.for_events}
    if name not in listed:
        raise InvalidParams(f"there is no strategy {name!r}{suggest(name, listed)}; there are {', '.join(listed)}")
    return listed[name]


def _view(listed: Listed) -> StrategyView:
    kind = listed.strategy
    return StrategyView(
        name=kind.name,
        title=kind.title,
        summary=kind.summary or (kind.__doc__ or "").strip().split("\n")[0],
        params=tuple(_param(param) for param in kind.PARAMS.values()),
        bands=kind.bands(),
        can_short=kind.allow_short,
        bar_by_bar=issubclass(kind, BarStrategy),
        origin=listed.origin,
    )


def _param(param: Param) -> ParamView:
    share = not param.whole and 0 <= param.low and param.high <= 1
    percent = share and (param.name.endswith("_pct") or param.unit.startswith(("%", "a bar", "of ")))
    return ParamView(
        name=param.name,
        label=param.label,
        unit=param.unit,
        help=param.help,
        default=param.default,
        low=param.low,
        high=param.high,
        step=param.step,
        whole=param.whole,
        percent=percent,
    )
