"""Threshold, bracket and touch markets on a price: a lognormal law whose volatility is estimated from bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.core.checks import number, positive
from engine.core.errors import InvalidConfig, InvalidData, suggest
from engine.core.market import Bars
from engine.models.base import ProbabilityModel
from engine.models.digital import prob_above_average, prob_between, prob_touch
from engine.models.record import FloatArray, Quoted, Settled
from engine.models.when import YEAR, Moments, TimeArray, moment, moments, one_clock, said
from engine.numerics.volatility import ewma_volatility, rolling_realised_volatility

VolatilityKind = Literal["close", "ewma", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"]
_KINDS = ("close", "ewma", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang")
# returns the exponential estimate looks back on, in windows: what lies before has no weight left
_MEMORY = 10


@dataclass(frozen=True, slots=True, eq=False)
class Underlying:
    """Complete bars of a price, all arrays (n,), sorted; `time` is when a bar had ended, not when it began."""

    time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    clock: str

    @classmethod
    def of(
        cls,
        time: Any,
        close: ArrayLike,
        open: ArrayLike | None = None,  # noqa: A002  (the bar's own word)
        high: ArrayLike | None = None,
        low: ArrayLike | None = None,
    ) -> Underlying:
        """Return checked bars; what is not given is the close."""
        stamps = moments(time, "the time of a bar")
        columns = [np.asarray(close if part is None else part, np.float64).ravel() for part in (open, high, low, close)]
        if any(column.size != stamps.nanoseconds.size for column in columns):
            raise InvalidData(
                f"{stamps.nanoseconds.size} times and {columns[3].size} closes; a bar has one of each: pass as many"
            )
        for column in columns:
            bad = np.flatnonzero(~((column > 0.0) & np.isfinite(column)))
            if bad.size:
                raise InvalidData(
                    f"bar {bad[0] + 1} has a price of {column[bad[0]]:g}; prices are above 0: leave it out"
                )
        if (np.diff(stamps.nanoseconds) <= 0).any():
            raise InvalidData("the bars are not in order of time; each must end after the one before: sort them")
        return cls(stamps.nanoseconds, columns[0], columns[1], columns[2], columns[3], stamps.clock)

    @classmethod
    def from_bars(cls, bars: Bars, length: timedelta, symbol: str | None = None) -> Underlying:
        """Return one symbol of a panel, whose bars are stamped when they open and known `length` later."""
        columns = bars.one(symbol or bars.symbols[0])
        stamps = moments(bars.index)
        real = np.flatnonzero(np.isfinite(columns.close))
        ends = Moments(stamps.nanoseconds[real] + int(length / timedelta(microseconds=1)) * 1000, stamps.clock)
        parts = (np.where(np.isfinite(c), c, columns.close)[real] for c in (columns.open, columns.high, columns.low))
        return cls.of(ends, columns.close[real], *parts)

    def __len__(self) -> int:
        return self.time.size

    def until(self, as_of: int) -> Underlying:
        """Return the bars that had ended by `as_of`."""
        end = int(np.searchsorted(self.time, as_of, side="right"))
        bars = self.open[:end], self.high[:end], self.low[:end], self.close[:end]
        return Underlying(self.time[:end], *bars, self.clock)


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What a market asks of the price at `expiry`: low < S <= high, None an open end.

    With `touch` it asks whether the one level given is reached by then, from `start` on if that is given. With
    `average_minutes` the settlement is the average of that long before expiry.
    """

    expiry: Any
    low: float | None = None
    high: float | None = None
    touch: bool = False
    start: Any = None
    average_minutes: float = 0.0

    def __post_init__(self) -> None:
        levels = [positive(name, getattr(self, name)) for name in ("low", "high") if getattr(self, name) is not None]
        if not levels:
            raise InvalidConfig("neither low nor high is given; a market asks about at least one level: pass it")
        if self.touch and len(levels) == 2:
            raise InvalidConfig(
                f"touch with two levels, {levels[0]:g} and {levels[1]:g}; a touch has one: pass one of them"
            )
        if len(levels) == 2 and not levels[0] < levels[1]:
            raise InvalidConfig(f"low is {self.low}; it must be below high = {self.high}: swap them")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PriceThreshold(ProbabilityModel):
    """P(YES) of markets on one price, from its last close and its volatility over the last `window` bars.

    `periods_per_year` is of the bars (8760 for hours round the clock, 252 for sessions). `sigma` fixes a volatility a
    year instead. `tail_df` gives the log price Student's tails; `step_days` is how often a touch is looked at.
    """

    underlying: Underlying
    terms: Mapping[str, PriceTerms]
    periods_per_year: float
    window: int = 60
    kind: VolatilityKind = "close"
    sigma: float | None = None
    mu: float = 0.0
    tail_df: float | None = None
    step_days: float = 0.0

    def __post_init__(self) -> None:
        positive("periods_per_year", self.periods_per_year)
        number("mu", self.mu)
        if self.sigma is not None:
            positive("sigma, the volatility a year,", self.sigma)
        if self.kind not in _KINDS:
            raise InvalidConfig(f"kind is {self.kind!r}; it is one of {', '.join(_KINDS)}{suggest(self.kind, _KINDS)}")
        if isinstance(self.window, bool) or self.window != int(self.window) or self.window < 3:
            raise InvalidConfig(f"window is {self.window}; a volatility needs at least 3 bars: pass for example 60")
        stamps = [moments(terms.expiry, f"the expiry of {ticker}") for ticker, terms in self.terms.items()]
        for part in stamps:
            one_clock({"the expiry": part, "the underlying": Moments(self.underlying.time, self.underlying.clock)})

    def volatility(self, as_of: Any) -> float:
        """Return the volatility a year that the model uses at `as_of`."""
        return self._sigma(self.underlying.until(moment(as_of, self.underlying.clock)))

    def _missing(self, now: int) -> str:
        bars, needed = len(self.underlying), 1 if self.sigma is not None else self.window
        when = said(now, self.underlying.clock)
        if bars < needed:
            return f"{bars} bars of the underlying had ended by {when}; the model needs {needed}: pass earlier ones"
        sigma = self._sigma(self.underlying)
        if sigma > 0.0:
            return ""
        return f"the volatility of the {needed} bars to {when} is {sigma:g}; it must be above 0: pass sigma"

    def _learn(self, known: Settled) -> None:
        return None

    def _apply(self, learned: None, seen: Quoted, now: int) -> FloatArray:
        bars = self.underlying
        sigma = self._sigma(bars)
        return np.array([self._chance(ticker, bars, sigma, now) for ticker in seen.ticker.tolist()])

    def _chance(self, ticker: str, bars: Underlying, sigma: float, now: int) -> float:
        if ticker not in self.terms:
            raise InvalidData(f"no terms are known for {ticker}{suggest(ticker, self.terms)}; add them to `terms`")
        terms, clock = self.terms[ticker], self.underlying.clock
        price, left = float(bars.close[-1]), max(0.0, (moment(terms.expiry, clock) - now) / YEAR)
        if terms.touch:
            return self._touch(terms, bars, sigma, left)
        window = terms.average_minutes * 60e9 / YEAR
        if window and left > 0.0:
            # inside the window the part gone by is taken at the last close
            span = min(window, left)
            above = [
                end if level is None else prob_above_average(price, level, sigma, left, span)
                for level, end in ((terms.low, 1.0), (terms.high, 0.0))
            ]
            return above[0] - above[1]
        return prob_between(price, terms.low, terms.high, sigma, left, self.mu, tail_df=self.tail_df)

    def _touch(self, terms: PriceTerms, bars: Underlying, sigma: float, left: float) -> float:
        level = terms.low if terms.low is not None else terms.high
        assert level is not None
        if terms.start is not None:
            since = bars.time > moment(terms.start, self.underlying.clock, "start")
            # lowest and highest, not bar by bar: a price that gapped over the level has passed it
            if since.any() and bars.low[since].min() <= level <= bars.high[since].max():
                return 1.0
        return prob_touch(float(bars.close[-1]), level, sigma, left, self.mu, self.step_days / 365.0)

    def _sigma(self, bars: Underlying) -> float:
        if self.sigma is not None:
            return float(self.sigma)
        if self.kind == "ewma":
            closes = bars.close[-_MEMORY * self.window :]
            lam = (self.window - 1.0) / (self.window + 1.0)
            return float(ewma_volatility(np.diff(np.log(closes)), lam)[-1]) * math.sqrt(self.periods_per_year)
        last = slice(-self.window, None)
        columns = bars.open[last], bars.high[last], bars.low[last], bars.close[last]
        return float(rolling_realised_volatility(*columns, self.window, self.periods_per_year, self.kind)[-1])


def brackets(
    expiry: Any, edges: Mapping[str, tuple[float | None, float | None]], average_minutes: float = 0.0
) -> dict[str, PriceTerms]:
    """Return the terms of an event's brackets, ticker -> (low, high); their ends must meet and leave no gap."""
    spans = sorted(edges.items(), key=lambda item: -math.inf if item[1][0] is None else item[1][0])
    for (left, (_, high)), (right, (low, _)) in pairwise(spans):
        if high != low:
            raise InvalidConfig(f"{left} ends at {high} and {right} begins at {low}; brackets meet: correct their ends")
    one = PriceTerms(expiry, low=1.0, average_minutes=average_minutes)
    return {ticker: replace(one, low=low, high=high) for ticker, (low, high) in spans}
