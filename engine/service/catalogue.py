"""The strategies as a page sees them: titles, sliders, bands, without their code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.errors import InvalidParams
from engine.strategies import CATALOGUE, BarStrategy, Strategy, catalogue, find
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
    """One strategy: `own` is true for a user's file, `bar_by_bar` for one that decides bar by bar."""

    name: str
    title: str
    summary: str
    params: tuple[ParamView, ...]
    bands: tuple[str, ...]
    can_short: bool
    bar_by_bar: bool
    own: bool

    def param(self, name: str) -> ParamView:
        """Return one of its parameters."""
        for param in self.params:
            if param.name == name:
                return param
        raise InvalidParams(f"{self.title} has no parameter {name!r}; it has: {', '.join(p.name for p in self.params)}")


def strategies() -> tuple[StrategyView, ...]:
    """Return every strategy that can be run: the product's, then the user's own."""
    return tuple(_view(kind) for kind in catalogue())


def strategy(name: str) -> StrategyView:
    """Return one strategy by its name."""
    return _view(find(name))


def make(name: str, params: Sequence[tuple[str, Number]]) -> AnyStrategy:
    """Return the strategy with its parameters, or refuse them."""
    made: AnyStrategy = find(name)(dict(params))
    return made


def check_params(name: str, params: Sequence[tuple[str, Number]]) -> None:
    """Refuse parameters that are unknown, out of range or contradict each other."""
    kind = find(name)
    problem = kind.check(resolve(kind.title, kind.PARAMS, dict(params)))
    if problem:
        raise InvalidParams(problem)


def _view(kind: type[AnyStrategy]) -> StrategyView:
    return StrategyView(
        name=kind.name,
        title=kind.title,
        summary=kind.summary or (kind.__doc__ or "").strip().split("\n")[0],
        params=tuple(_param(param) for param in kind.PARAMS.values()),
        bands=kind.bands(),
        can_short=kind.allow_short,
        bar_by_bar=issubclass(kind, BarStrategy),
        own=kind not in CATALOGUE,
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
