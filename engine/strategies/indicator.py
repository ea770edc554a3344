"""Declared indicators: named by the parameter that drives them, computed once per distinct value in a sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from engine.core.market import Columns
from engine.numerics import indicators as formulas

FloatArray = NDArray[np.float64]
Argument = str | int | float
Number = int | float


@dataclass(frozen=True, slots=True)
class Indicator:
    """A formula over price columns with arguments that are numbers or names of parameters.

    `formula(*columns, *arguments)` returns an array of shape (bars,) and must be causal: bar t uses bars up to t.
    """

    formula: Callable[..., FloatArray]
    columns: tuple[str, ...]
    arguments: tuple[Argument, ...]
    title: str = ""

    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters that drive it."""
        return tuple(a for a in self.arguments if isinstance(a, str))

    def key(self, params: Mapping[str, Number]) -> tuple[Number, ...]:
        """Return its arguments as numbers: equal keys give equal values."""
        return tuple(params[a] if isinstance(a, str) else a for a in self.arguments)

    def keys(self, columns: Mapping[str, Sequence[Number]], count: int) -> list[tuple[Number, ...]]:
        """Return the key of each of `count` combinations, whose parameters are given as columns."""
        if not self.arguments:
            return [()] * count
        return list(zip(*(columns[a] if isinstance(a, str) else repeat(a, count) for a in self.arguments), strict=True))

    def compute(self, bars: Columns, key: tuple[Number, ...]) -> FloatArray:
        """Return its values of shape (bars,), NaN while it warms up."""
        return self.formula(*(bars.column(name) for name in self.columns), *key)


def SMA(column: str, window: Argument) -> Indicator:  # noqa: N802  the field's own names
    """Return a simple moving average."""
    return Indicator(formulas.sma, (column,), (window,), "SMA")


def EMA(column: str, window: Argument) -> Indicator:  # noqa: N802
    """Return an exponential moving average, alpha 2 / (window + 1), seeded with the simple mean."""
    return Indicator(formulas.ema, (column,), (window,), "EMA")


def RSI(column: str, window: Argument) -> Indicator:  # noqa: N802
    """Return Wilder's relative strength index, 0 to 100."""
    return Indicator(formulas.rsi, (column,), (window,), "RSI")


def ATR(window: Argument) -> Indicator:  # noqa: N802
    """Return Wilder's average true range, in price units."""
    return Indicator(formulas.atr, ("high", "low", "close"), (window,), "ATR")


def Volatility(column: str, window: Argument) -> Indicator:  # noqa: N802
    """Return the standard deviation of simple bar returns over the window, per bar (0.03 = 3 % a bar)."""
    return Indicator(formulas.volatility, (column,), (window,), "Volatility")


def ZScore(column: str, window: Argument) -> Indicator:  # noqa: N802
    """Return the distance from the rolling mean in rolling standard deviations (ddof 0)."""
    return Indicator(_zscore, (column,), (window,), "z-score")


def StdDev(column: str, window: Argument) -> Indicator:  # noqa: N802
    """Return the rolling population standard deviation (ddof 0), as Bollinger bands use it."""
    return Indicator(_population_std, (column,), (window,), "Std dev")


def DonchianHigh(window: Argument) -> Indicator:  # noqa: N802
    """Return the highest high of the bars before this one."""
    return Indicator(_donchian_high, ("high", "low"), (window,), "Donchian high")


def DonchianLow(window: Argument) -> Indicator:  # noqa: N802
    """Return the lowest low of the bars before this one."""
    return Indicator(_donchian_low, ("high", "low"), (window,), "Donchian low")


def MACDHistogram(column: str, fast: Argument, slow: Argument, signal: Argument) -> Indicator:  # noqa: N802
    """Return MACD minus its signal line."""
    return Indicator(_macd_histogram, (column,), (fast, slow, signal), "MACD histogram")


def _zscore(x: FloatArray, window: int) -> FloatArray:
    return formulas.zscore(x, window, 0)


def _population_std(x: FloatArray, window: int) -> FloatArray:
    return formulas.rolling_std(x, window, 0)


def _donchian_high(high: FloatArray, low: FloatArray, window: int) -> FloatArray:
    return formulas.donchian(high, low, window)[0]


def _donchian_low(high: FloatArray, low: FloatArray, window: int) -> FloatArray:
    return formulas.donchian(high, low, window)[1]


def _macd_histogram(x: FloatArray, fast: int, slow: int, signal: int) -> FloatArray:
    return formulas.macd(x, fast, slow, signal)[2]
