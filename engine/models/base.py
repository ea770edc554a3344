"""The one protocol of all probability models, which keeps the future out before a model sees anything.

`fit` takes all that is on record and looks at nothing. `predict` first makes a copy of the model in which the record
and every other source of facts (prices of an underlying, scores of games, other models) end at `as_of`, and asks that
copy: there is no later fact in it to look at.
"""

# ruff: noqa: SLF001  - the copy of a model that ends at `as_of` is the model itself
from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, Self, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidData
from engine.models.record import FloatArray, Names, Quoted, Settled
from engine.models.when import Moments, moment, one_clock, said

# no forecast is sure: outside this Kelly would stake everything
SURE = 1e-9


@runtime_checkable
class Source(Protocol):
    """Facts with times a model may hold in a field; `until` returns those known at `as_of`."""

    @property
    def clock(self) -> str: ...

    def until(self, as_of: int) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Probabilities of YES, one a ticker, beside the price last quoted and when; all arrays (n,)."""

    ticker: Names
    p: FloatArray
    price: FloatArray
    quoted: NDArray[np.int64]

    def __getitem__(self, ticker: str) -> float:
        """Return the probability of one market."""
        found = np.flatnonzero(self.ticker == ticker)
        if not found.size:
            raise InvalidData(f"nothing was quoted for {ticker} by then; there are {', '.join(self.ticker.tolist())}")
        return float(self.p[found[0]])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ProbabilityModel(ABC):
    """A model of the probability of YES; a frozen value, `fit` returns a new one."""

    record: Settled | None = field(default=None, repr=False)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super(ProbabilityModel, cls).__init_subclass__(**kwargs)
        own = {"predict", "predict_each", "as_of"} & vars(cls).keys()
        if own:
            raise TypeError(f"{cls.__name__} overrides {min(own)}, which keeps the future out; override _apply instead")

    def fit(self, settled: Settled) -> Self:
        """Return the model with a record to learn from, each part of it only after it has settled."""
        if not len(settled):
            raise InvalidData("the history is empty; a model learns from settled markets: pass at least one")
        return replace(self, record=settled)

    @final
    def predict(self, quoted: Quoted, as_of: Any) -> Prediction:
        """Return the probability of every market quoted by `as_of`, from what was known by then."""
        clock = self._clock(quoted)
        now = moment(as_of, clock)
        seen = quoted.until(now).latest()
        if not len(seen):
            raise InvalidData(f"nothing had been quoted by {said(now, clock)}; pass earlier quotes or a later as_of")
        past = self.as_of(now)
        missing = past._missing(now)
        if missing:
            raise InvalidData(missing)
        p = past._apply(past._learn(past.known), seen, now)
        return Prediction(seen.ticker, _open(p), seen.price, seen.time)

    @final
    def predict_each(self, quoted: Quoted) -> FloatArray:
        """Return the probability of every quote at its own time, walking forward; NaN while the model knows too little.

        The record is learnt from again whenever more of it has settled.
        """
        self._clock(quoted)
        out = np.full(len(quoted), np.nan)
        starts = np.flatnonzero(np.diff(quoted.time, prepend=quoted.time[:1] - 1))
        learned, size = None, -1
        for first, end in zip(starts, [*starts[1:], len(quoted)], strict=True):
            now = int(quoted.time[first])
            past = self.as_of(now)
            if past._missing(now):
                continue
            if len(past.known) != size:
                learned, size = past._learn(past.known), len(past.known)
            out[first:end] = _open(past._apply(learned, quoted[first:end], now))
        return out

    @final
    def as_of(self, now: int) -> Self:
        """Return the model as it was at `now`, in nanoseconds: nothing in it is known later."""
        past = copy(self)
        for part in fields(self):
            value = getattr(self, part.name)
            cut = _until(value, now)
            if cut is not value:
                # the copy is nobody else's yet
                object.__setattr__(past, part.name, cut)
        return past

    @property
    def known(self) -> Settled:
        """The record, empty before a fit."""
        return _NOTHING if self.record is None else self.record

    @abstractmethod
    def _learn(self, known: Settled) -> Any:
        """Return what the model makes of the settled markets it may know, and of nothing else."""

    @abstractmethod
    def _apply(self, learned: Any, seen: Quoted, now: int) -> FloatArray:
        """Return the probabilities of what is on the screen, (n,); the model's own fields end at `now`."""

    def _missing(self, now: int) -> str:
        """Return in one sentence what the model lacks at `now`, or nothing."""
        return ""

    @final
    def _clock(self, quoted: Quoted) -> str:
        return one_clock({"the quotes": Moments(quoted.time, quoted.clock), **_clocks(self)})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MarketPrice(ProbabilityModel):
    """The price itself as a forecast: the one to beat."""

    def _learn(self, known: Settled) -> None:
        return None

    def _apply(self, learned: None, seen: Quoted, now: int) -> FloatArray:
        return seen.price


def _until(value: Any, now: int) -> Any:
    """Return a field's value as it was known at `now`."""
    if isinstance(value, Settled):
        return value.before(now)
    if isinstance(value, ProbabilityModel):
        return value.as_of(now)
    if isinstance(value, tuple) and any(isinstance(item, Settled | ProbabilityModel | Source) for item in value):
        return tuple(_until(item, now) for item in value)
    return value.until(now) if isinstance(value, Source) else value


def _clocks(model: ProbabilityModel) -> dict[str, Moments]:
    """Return the clock of every source a model holds, its members' included."""
    found: dict[str, Moments] = {}
    for part in fields(model):
        value = getattr(model, part.name)
        for place, item in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(item, ProbabilityModel):
                found |= {f"{name} of member {place + 1}": clock for name, clock in _clocks(item).items()}
            elif isinstance(item, Settled):
                found["the history"] = Moments(item.time, item.clock)
            elif isinstance(item, Source):
                found[f"the {part.name}"] = Moments(np.zeros(1, dtype=np.int64), item.clock)
    return found


def _open(p: FloatArray) -> FloatArray:
    return np.clip(p, SURE, 1.0 - SURE)


_NOTHING = Settled.of([], [], [])
