"""What a market maker believes at each row, and how fast that moves: from rows up to it and nothing later."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.checks import not_negative, positive
from engine.core.errors import InvalidData
from engine.research.quoting.book import Book
from engine.research.quoting.grid import UNIT

FloatArray = NDArray[np.float64]
FIRST_GUESS = 0.02  # log-odds per square root of a second, until moves were seen: half a cent at 50 cents


def fair_values(book: Book, fair: ArrayLike | None = None) -> FloatArray:
    """Return a probability for each row, shape (rows,), NaN where there is none: `fair` checked, or else the mid."""
    if fair is None:
        return np.asarray(np.where(book.two_sided, book.marks / (2.0 * UNIT), np.nan), np.float64)
    values = np.array(fair, np.float64)
    if values.shape != (len(book),):
        raise InvalidData(f"fair has shape {values.shape}; the book has {len(book)} rows: pass one value for each")
    outside = np.flatnonzero(~np.isnan(values) & ~((values >= 0.0) & (values <= 1.0)))
    if len(outside):
        raise InvalidData(
            f"fair is {values[outside[0]]:g} in row {outside[0]}; it is a probability from 0 to 1: pass NaN for none"
        )
    return values


def moves_of(time: FloatArray, fair: FloatArray, memory: float) -> FloatArray:
    """Return the deviation of the log-odds per square root of a second at each row, shape (rows,).

    An average of squared moves over their seconds with a half-life of `memory` seconds. Rows without a fair value
    strictly inside (0, 1) keep the last estimate; before the first move it is `FIRST_GUESS`.
    """
    estimates = np.empty(len(time))
    variance, last_odds, last_time = FIRST_GUESS**2, math.nan, math.nan
    for row, (now, p) in enumerate(zip(time.tolist(), fair.tolist(), strict=True)):
        if 0.0 < p < 1.0:
            odds = math.log(p / (1.0 - p))
            if not math.isnan(last_odds):
                passed = now - last_time
                kept = 0.5 ** (passed / memory)
                variance = kept * variance + (1.0 - kept) * (odds - last_odds) ** 2 / passed
            last_odds, last_time = odds, now
        estimates[row] = math.sqrt(variance)
    return estimates


def cauchy_bracket(
    spot: ArrayLike,
    low: float | None,
    high: float | None,
    left: ArrayLike,
    scale: float = 5e-6,
    power: float = 0.6,
) -> FloatArray:
    """Return P(low <= index at the close < high) of shape (rows,), the return to the close being Cauchy.

    Its half-width is scale x seconds left ^ power: 5e-6 and 0.6 are what a bot on the S&P 500's close used in 2023, not
    a fit of ours. An end of None is open. NaN where the index is not known.
    """
    at, seconds = np.asarray(spot, np.float64), np.asarray(left, np.float64)
    width = positive("scale", scale) * np.power(np.maximum(seconds, 0.0), not_negative("power", power))
    top = np.ones(at.shape) if high is None else _below(positive("high", high), at, width)
    bottom = np.zeros(at.shape) if low is None else _below(positive("low", low), at, width)
    return np.asarray(np.where(np.isnan(at), np.nan, np.maximum(top - bottom, 0.0)), np.float64)


def _below(level: float, spot: FloatArray, width: FloatArray) -> FloatArray:
    distance = level / spot - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 0.5 + np.arctan(distance / width) / np.pi
    return np.asarray(np.where(width > 0.0, chance, distance > 0.0), np.float64)
