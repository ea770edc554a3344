"""Two-sided quotes of an event market as a table, and what may be read from them: never a price that nobody quoted."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidData
from engine.core.market import FloatArray

# rows of a table of quotes, each of the first three as open, high, low, close
BID, ASK, TRADE = slice(0, 4), slice(4, 8), slice(8, 12)
VOLUME, INTEREST = 12, 13
ROWS = 14
MIRRORED = (0, 2, 1, 3)  # the high of one side is the low of the other
IntArray = NDArray[np.int64]


def other_side(price: FloatArray) -> FloatArray:
    """Return prices of NO for prices of YES, without what floats add to them."""
    return np.round(1.0 - price, 6)


def clean_quotes(quotes: FloatArray, time: IntArray, closes: int | IntArray | None) -> FloatArray:
    """Return quotes in which an empty side of the book is NaN, however the venue writes it.

    Venues write a missing bid as 0 and a missing ask as 1, and both when they pull the book after the close. An instant
    without a bid leaves the bar's low at 0: there the bar keeps the prices that somebody did quote.
    """
    found = quotes.copy()
    prices = found[:12]
    prices[(prices <= 0.0) | (prices >= 1.0)] = np.nan
    if closes is not None:
        found[:8, time >= closes] = np.nan
    for side in (BID, ASK):
        opened, high, low, close = found[side]
        found[side.start + 1] = np.fmax(np.fmax(opened, close), np.fmax(high, low))
        found[side.start + 2] = np.fmin(np.fmin(opened, close), np.fmin(high, low))
    return found


def carried(values: FloatArray, begins: IntArray) -> FloatArray:
    """Return the last value of each bar that is not NaN; `begins` is where the market of the bar begins."""
    known = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.accumulate(known)
    return np.where(last >= begins, values[np.maximum(last, 0)], math.nan)


def reference(quotes: FloatArray, begins: IntArray) -> FloatArray:
    """Return open, high, low, close and volume of each market, (5, bars), as a strategy looks at them."""
    bid, ask, traded = quotes[3], quotes[7], quotes[8:12]
    both = 0.5 * (bid + ask)
    quote = np.where(np.isnan(both), np.where(np.isnan(bid), ask, bid), both)
    last = carried(traded[3], begins)
    still = np.where(np.isnan(last), quote, np.fmin(np.fmax(last, bid), ask))
    found = np.empty((5, quotes.shape[1]))
    found[:4] = np.where(np.isnan(traded[3]), still, traded)
    found[4] = np.where(np.isnan(quotes[VOLUME]), 0.0, quotes[VOLUME])
    return found


def check_quotes(quotes: FloatArray, where: Callable[[int], str]) -> None:
    """Refuse prices outside (0, 1), torn bars and crossed quotes; `where` names the bar of a column."""
    prices = quotes[:12]
    bad = (prices <= 0.0) | (prices >= 1.0)
    if bad.any():
        row, column = (int(v[0]) for v in np.nonzero(bad))
        value = prices[row, column]
        guess = f": did you mean {value / 100:g}?" if 1.0 < value < 100.0 else "; an empty side of the book is NaN"
        raise InvalidData(f"{where(column)}: a price is {value:g}; it must lie between 0 and 1 dollar{guess}")
    for name, side in (("bid", BID), ("ask", ASK), ("trade", TRADE)):
        opened, high, low, close = quotes[side]
        with np.errstate(invalid="ignore"):
            torn = (np.fmax(opened, close) > high) | (np.fmin(opened, close) < low) | (low > high)
        if torn.any():
            at = int(np.flatnonzero(torn)[0])
            raise InvalidData(f"{where(at)}: the {name}'s open and close lie outside its low and high; correct it")
    with np.errstate(invalid="ignore"):
        crossed = np.flatnonzero((quotes[3] > quotes[7]) | (quotes[0] > quotes[4]))
    if crossed.size:
        raise InvalidData(f"{where(int(crossed[0]))}: the bid is above the ask; drop crossed quotes")
