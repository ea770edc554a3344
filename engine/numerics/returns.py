"""A return series with what it takes to annualise it, as one value, and the sums that its statistics share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidConfig, InvalidData
from engine.numerics.drawdown import checked_equity
from engine.numerics.series import FloatArray, as_series

TAIL = 0.05
_NAN = math.nan
# a spread this far below the values it is the spread of is rounding, not risk
_NOISE = 1e-12
# squares of what lies below this are still numbers; no account grew by more in one bar
_LARGEST = 1e100
# worked through in pieces that stay in the processor's cache: for long series fresh memory costs more than the sums;
# and a dot product this short runs on the calling thread alone
_PIECE = 8_192


class Moments(NamedTuple):
    """Mean, deviation (population), skewness and raw kurtosis of a sample; shape is NaN without dispersion."""

    mean: float
    deviation: float
    skewness: float
    kurtosis: float


class Shortfall(NamedTuple):
    """Sum, and sum of squares, of what the periods fell short of a minimum; both 0 or above."""

    total: float
    squares: float


class WealthPath(NamedTuple):
    """The growth of 1 over the periods; falls are from its highest value so far, and bar 0 is the start."""

    growth: float
    deepest_fall: float
    trough_index: int
    fall_squares: float
    longest_underwater: int
    longest_recovered: bool
    current_fall: float


@dataclass(frozen=True, eq=False)
class Returns:
    """Simple returns per period `(n,)` with what it takes to annualise them, passed around as one value.

    `risk_free` (Sharpe) and `minimum_return` (Sortino) are annual rates, 0.03 = 3 %. Not slotted, so that what several
    statistics need is worked out once and kept.
    """

    values: FloatArray
    periods_per_year: float
    risk_free: float = 0.0
    minimum_return: float = 0.0

    def __post_init__(self) -> None:
        values = as_series(self.values, "returns")
        if values.size and not (values.min() > -_LARGEST and values.max() < _LARGEST):
            bar = int(np.flatnonzero(~(np.abs(values) < _LARGEST))[0])
            raise InvalidData(
                f"returns is {values[bar]} at period {bar}; each must be a usable number: fill or cut it."
            )
        object.__setattr__(self, "values", values)
        if not (self.periods_per_year > 0.0 and math.isfinite(self.periods_per_year)):
            raise InvalidConfig(
                f"periods_per_year is {self.periods_per_year}; it must be above 0: 252 for stocks, 365 for crypto."
            )
        for name in ("risk_free", "minimum_return"):
            rate = getattr(self, name)
            if not -1.0 < rate < 1.0:
                raise InvalidConfig(f"{name} is {rate}; it is an annual rate in (-1, 1): did you mean {rate / 100:g}?")

    @classmethod
    def from_equity(
        cls, equity: ArrayLike, periods_per_year: float, risk_free: float = 0.0, minimum_return: float = 0.0
    ) -> Returns:
        """The returns of an equity curve `(n + 1,)` whose first value is the starting capital; none after ruin."""
        values = checked_equity(equity)
        before, after = values[:-1], values[1:]
        growth = np.ones(after.size)
        with np.errstate(divide="ignore"):
            np.divide(after, before, out=growth, where=(before != 0.0) | (after != 0.0))
        return cls(growth - 1.0, periods_per_year, risk_free, minimum_return)

    def per_period(self, annual: float) -> float:
        """The rate of one period that compounds to the annual one."""
        return math.expm1(math.log1p(annual) / self.periods_per_year)

    @cached_property
    def moments(self) -> Moments:
        """Population moments of the values."""
        n = self.values.size
        if n == 0:
            return Moments(_NAN, _NAN, _NAN, _NAN)
        mean = math.fsum(float(piece.sum()) for piece in self._pieces()) / n
        squares = 0.0
        for piece in self._pieces():
            d = piece - mean
            squares += float(d @ d)
        deviation = math.sqrt(squares / n)
        if deviation <= _NOISE * abs(mean):
            return Moments(mean, 0.0, _NAN, _NAN)
        third, fourth = 0.0, 0.0
        for piece in self._pieces():
            # scaled before it is raised, so that no size of return under- or overflows
            z = (piece - mean) / deviation
            z2 = z * z
            third += float(z2 @ z)
            fourth += float(z2 @ z2)
        return Moments(mean, deviation, third / n, fourth / n)

    @cached_property
    def path(self) -> WealthPath:
        """The wealth that the returns compound to."""
        return _walk(self._pieces())

    @cached_property
    def losses(self) -> Shortfall:
        """What the periods fell short of zero."""
        return self.shortfall(0.0)

    def shortfall(self, minimum: float) -> Shortfall:
        """What the periods fell short of a minimum per period."""
        total, squares = 0.0, 0.0
        for piece in self._pieces():
            below = np.minimum(piece - minimum if minimum else piece, 0.0)
            total -= float(below.sum())
            squares += float(below @ below)
        return Shortfall(total, squares)

    @cached_property
    def tails(self) -> tuple[FloatArray, FloatArray]:
        """The worst twentieth and two more, from the worst up; the best twentieth and two more, from the best down."""
        n = self.values.size
        count = int(quantile_position(n, TAIL)) + 2
        if n <= 2 * count:
            ordered = np.sort(self.values)
            return ordered[:count], ordered[::-1][:count]
        low, high = _ends(self.values, count)
        low.partition(count - 1)
        high.partition(high.size - count)
        return np.sort(low[:count]), np.sort(high[high.size - count :])[::-1]

    def _pieces(self) -> Iterator[FloatArray]:
        return (self.values[start : start + _PIECE] for start in range(0, self.values.size, _PIECE))


def _ends(values: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """The `count` lowest and the `count` highest values in any order, perhaps with some more that are less extreme."""
    if values.size < 20 * _PIECE:
        return values.copy(), values.copy()
    sample = np.sort(values[:: values.size // _PIECE])
    margin = int(1.2 * count / values.size * sample.size) + 10  # so that the cut lies inside the end only by bad luck
    low = _beyond(values, values < sample[margin], sample[margin], count)
    high = _beyond(values, values > sample[-1 - margin], sample[-1 - margin], count)
    return low, high


def _beyond(values: FloatArray, inside: NDArray[np.bool_], cut: float, count: int) -> FloatArray:
    """The values inside a cut, filled up to `count` with the cut itself where so many are equal to it."""
    found: FloatArray = values[inside]
    missing = count - found.size
    if missing <= 0:
        return found
    if np.count_nonzero(values == cut) < missing:
        return values.copy()
    return np.concatenate([found, np.full(missing, cut)])


def quantile_position(n: int, probability: float) -> float:
    """Where the linear quantile lies between order statistics 0..n-1; whole numbers are met in spite of rounding."""
    at = (n - 1) * probability
    return float(round(at)) if abs(at - round(at)) < 1e-9 * max(at, 1.0) else at


def interpolate(ordered: FloatArray, at: float) -> float:
    """The value at a place that may lie between two order statistics."""
    low = int(at)
    part = at - low
    if part == 0.0:
        return float(ordered[low])
    return float(ordered[low] + part * (ordered[low + 1] - ordered[low]))


def _walk(pieces: Iterator[FloatArray]) -> WealthPath:
    wealth, peak, fall = 1.0, 1.0, 0.0
    deepest, trough, squares = 0.0, 0, 0.0
    seen, last_peak, longest, recovered = 0, -1, 0, True
    for piece in pieces:
        # products and peaks go on from the piece before, so they are those of one long run
        curve = piece + 1.0
        falls = _falls(curve, wealth, peak)
        wealth, fall = float(curve[-1]), float(falls[-1])
        bottom = int(falls.argmin())
        if falls[bottom] < deepest:
            deepest, trough = float(falls[bottom]), seen + bottom + 1
        squares += float(falls @ falls)
        at_peak = np.flatnonzero(falls == 0.0)
        if at_peak.size:
            peak = float(curve[at_peak[-1]])
            gap = max(int(at_peak[0]) + seen - last_peak, int((at_peak[1:] - at_peak[:-1]).max(initial=0)))
            longest = max(longest, gap if gap > 1 else 0)
            last_peak = seen + int(at_peak[-1])
        seen += piece.size
    if seen - 1 - last_peak > longest:
        longest, recovered = seen - 1 - last_peak, False
    return WealthPath(wealth, deepest, trough, squares, longest, recovered, fall)


def _falls(curve: FloatArray, wealth: float, peak: float) -> FloatArray:
    """Compound growth factors in place, from a wealth on, and return the falls from the highest so far."""
    curve[0] *= wealth
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply.accumulate(curve, out=curve)
        if curve.max() <= peak:
            under: FloatArray = curve / peak - 1.0
            return under
        first = curve[0]
        curve[0] = max(first, peak)
        falls: FloatArray = np.maximum.accumulate(curve)
        curve[0] = first
        np.divide(curve, falls, out=falls)
    falls -= 1.0
    return falls
