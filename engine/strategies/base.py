"""The two ways to write a strategy: signals for all bars at once, or a decision bar by bar."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np

from engine.core.errors import InvalidData, InvalidParams
from engine.core.market import Columns
from engine.strategies.indicator import FloatArray, Indicator
from engine.strategies.param import Number, Param, resolve
from engine.strategies.signal import Signals


def _named(param: Param, name: str) -> Param:
    label = param.label or name.replace("_", " ").capitalize()
    return replace(param, name=name, label=label)


def _snake(name: str) -> str:
    name = name.removesuffix("Strategy") or name
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class Declared:
    """What both kinds share: parameters and indicators are declared as class attributes.

    `name` is the key in the catalogue and `title` what a person reads. A parameter is `window = Param(20, 5, 100, 1,
    "...")`; an indicator names the parameter that drives it: `fast = EMA("close", "fast_period")`.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    PARAMS: ClassVar[Mapping[str, Param]] = MappingProxyType({})
    INDICATORS: ClassVar[Mapping[str, Indicator]] = MappingProxyType({})
    allow_short: ClassVar[bool] = False
    for_events: ClassVar[bool] = False  # it bets on event markets and says nothing about prices alone
    notes: tuple[str, ...] = ()  # what a reader of its results must know, one sentence each

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        params: dict[str, Param] = dict(cls.PARAMS)
        indicators: dict[str, Indicator] = dict(cls.INDICATORS)
        for key, value in list(vars(cls).items()):
            if isinstance(value, Param):
                params[key] = _named(value, key)
                delattr(cls, key)
            elif isinstance(value, Indicator):
                indicators[key] = value
                delattr(cls, key)
            elif key in params:  # `window = 50` in a subclass: another default for the same parameter
                params[key] = replace(params[key], default=params[key].check(value))
                delattr(cls, key)
        for key, indicator in indicators.items():
            for parameter in indicator.parameters():
                if parameter not in params:
                    raise InvalidParams(f"{cls.__name__}.{key} names {parameter!r}, which is not one of its parameters")
        cls.PARAMS = MappingProxyType(params)
        cls.INDICATORS = MappingProxyType(indicators)
        cls.name = vars(cls).get("name") or _snake(cls.__name__)
        cls.title = vars(cls).get("title") or cls.name.replace("_", " ").capitalize()

    def __init__(self, params: Mapping[str, Any] | None = None, *, checked: bool = True) -> None:
        self.params = MappingProxyType(resolve(type(self).__name__, self.PARAMS, params))
        problem = self.check(self.params) if checked else None
        if problem:
            raise InvalidParams(f"{type(self).__name__}: {problem}")

    @classmethod
    def check(cls, params: Mapping[str, Number]) -> str | None:
        """Return what is wrong with this combination of parameters, or None; the page says it beside the sliders."""
        return None

    @classmethod
    def bands(cls) -> tuple[str, ...]:
        """Return the names of features that are prices, for drawing over them."""
        return ()

    def indicators(self, bars: Columns) -> SimpleNamespace:
        """Return the declared indicators with this strategy's own parameters, each of shape (bars,)."""
        return SimpleNamespace(**{k: i.compute(bars, i.key(self.params)) for k, i in self.INDICATORS.items()})

    def features(self, bars: Columns) -> dict[str, FloatArray]:
        """Return everything the strategy looks at, by name, each of shape (bars,); what the prefix law is about."""
        return vars(self.indicators(bars))

    def warm_up(self) -> int:
        """Return how many bars pass before every indicator can have a value."""
        longest = 0
        for indicator in self.INDICATORS.values():
            whole = [k for k in indicator.key(self.params) if isinstance(k, int)]
            longest = max([longest, *whole])
        return longest + 1

    def check_bars(self, bars: Columns, symbol: str) -> None:
        """Refuse fewer bars than the indicators need to have a value at all."""
        if len(bars) < self.warm_up():
            raise InvalidData(
                f"{symbol} has {len(bars)} bars and {type(self).__name__} needs at least {self.warm_up()} to warm up; "
                "use more data or shorter periods"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(params={dict(self.params)})"


class Strategy(Declared):
    """A strategy that gives signals for all bars at once, in plain NumPy along the last axis."""

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Return the signals; `ind` holds the declared indicators and `self.p(name)` the parameters.

        The same code serves one run, where everything has shape (bars,), and a block of a sweep, where indicators have
        shape (combinations, bars) and parameters (combinations, 1).
        """
        raise InvalidParams(
            f"{type(self).__name__} does not say how it trades; give it a method signals(self, bars, ind)"
        )

    def p(self, name: str) -> Any:
        """Return a parameter: a number in one run, a column of numbers of shape (combinations, 1) in a sweep."""
        return self.params[name]


class BarStrategy(Declared):
    """A strategy that decides bar by bar: slower, with the same account, limits and fills."""

    def fresh(self) -> Self:
        """Return a copy for one run, so that what a run keeps on itself does not reach the next one."""
        twin = object.__new__(type(self))
        vars(twin).update({k: v if k == "params" else deepcopy(v) for k, v in vars(self).items()})
        return twin

    def start(self, context: Any) -> None:
        """Prepare whatever `on_bar` remembers; called once before the first bar."""

    def on_bar(self, context: Any) -> None:
        """Look at `context` at the close of a bar and call its `buy`, `sell_short` or `close`."""
        raise InvalidParams(f"{type(self).__name__} does not say how it trades; give it a method on_bar(self, context)")


def crossed_above(x: FloatArray, y: FloatArray | float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the bars on which x has just risen above y, along the last axis; the first bar never counts."""
    above = np.asarray(x > y)
    result = np.zeros_like(above)
    result[..., 1:] = above[..., 1:] & ~above[..., :-1]
    return result
