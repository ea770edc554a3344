"""Compiled loops behind the indicators, each causal to the bit: bar t is computed from bars 0..t by the same operations
whatever follows, because windows are cut into blocks at absolute indices and nothing is re-associated.

Inputs are contiguous read-only float64 `(n,)`; results go into `out`, which the caller allocates (NumPy reuses memory
where numba would ask the system for fresh pages at twice the cost of the sums). `engine.numerics.indicators` validates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_F = TypeVar("_F", bound=Callable[..., object])

# what `window_deviations` writes: the deviation; three Bollinger bands; place within them; their width; the z-score
STD, BANDS, PLACE, WIDTH, SCORE = range(5)


def _compiled(function: _F) -> _F:
    """Compile on first call, keep the signature for the type checker; x/0 is inf or NaN as in NumPy."""
    return cast(_F, njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def window_means(x: FloatArray, window: int, out: FloatArray) -> None:
    """Rolling mean: the finished block's tail joined to the running block's head, so sums are only ever added to.

    A constant window gives exactly its value, and a NaN or a spike leaves no trace once it is out of the window.
    """
    n = x.size
    for t in range(min(window - 1, n)):
        out[t] = np.nan
    tail = np.empty(window + 1)
    share = _shares(window)
    for start in range(0, n, window):
        stop = min(start + window, n)
        anchor, total = x[start], 0.0
        for t in range(start, stop):
            k = t - start + 1
            total += x[t] - anchor
            mean = anchor + total * share[k]
            if k == window:
                out[t] = mean
            elif start > 0:
                out[t] = tail[k] + (mean - tail[k]) * (k * share[window])
        # tail[k] describes what is left of this block once k bars of the next one are in the window
        if stop < n:
            anchor, total = x[stop - 1], 0.0
            for k in range(window - 1, 0, -1):
                total += x[start + k] - anchor
                tail[k] = anchor + total * share[window - k]


@_compiled
def window_deviations(
    x: FloatArray, returns: bool, window: int, ddof: int, kind: int, width: float, out: FloatArray
) -> None:
    """Standard deviation of a window of values or of their simple returns, written to `(rows, n)` as `kind` says.

    Head and tail are joined by the pairwise update of Chan, Golub and LeVeque 1983. Deviations are taken from a bar
    inside the part they describe, which bounds cancellation: no drift, never negative, zero for a constant window.
    The means are those of `window_means` to the bit.
    """
    n = x.size
    for t in range(min(window - 1, n)):
        for row in range(out.shape[0]):
            out[row, t] = np.nan
    block = np.empty(window)
    tail, tail_squares = np.empty(window + 1), np.empty(window + 1)
    share = _shares(window)
    scale = 1.0 / (window - ddof)
    for start in range(0, n, window):
        size = min(window, n - start)
        _take(x, start, size, returns, block)
        total, squares = 0.0, 0.0
        for k in range(1, size + 1):
            d = block[k - 1] - block[0]
            total += d
            squares += d * d
            mean = block[0] + total * share[k]
            own = _not_negative(squares - total * total * share[k])
            if k == window:
                _put(kind, width, block[k - 1], mean, np.sqrt(own * scale), start + k - 1, out)
            elif start > 0:
                gap = mean - tail[k]
                weight = k * share[window]
                joined = tail_squares[k] + own + gap * gap * (weight * (window - k))
                _put(kind, width, block[k - 1], tail[k] + gap * weight, np.sqrt(joined * scale), start + k - 1, out)
        if size == window:
            _describe_tail(block, share, tail, tail_squares)


@_compiled
def window_extremes(x: FloatArray, sign: float, window: int, delay: int, out: FloatArray) -> None:
    """Rolling maximum (`sign` 1) or minimum (-1), `delay` bars late, by blocks (van Herk 1992); NaN spoils its own."""
    n = x.size
    for t in range(min(window - 1 + delay, n)):
        out[t] = np.nan
    tail = np.empty(window + 1)
    for start in range(0, n - delay, window):
        stop = min(start + window, n - delay)
        head = sign * x[start]
        for t in range(start, stop):
            k = t - start + 1
            head = _larger(head, sign * x[t])
            if k == window:
                out[t + delay] = sign * head
            elif start > 0:
                out[t + delay] = sign * _larger(head, tail[k])
        if stop < n:
            top = sign * x[stop - 1]
            for k in range(stop - start - 1, 0, -1):
                top = _larger(top, sign * x[start + k])
                tail[k] = top


@_compiled
def ema(x: FloatArray, alpha: float, seed_bars: int, skip: int, out: FloatArray) -> None:
    """Exponential mean seeded with the simple mean of `seed_bars` bars after `skip`; NaN bars are passed over."""
    n = x.size
    anchor, total, state = 0.0, 0.0, 0.0
    seen = -skip
    t = 0
    while t < n and seen < seed_bars:
        value = x[t]
        out[t] = np.nan
        if value == value:
            seen += 1
            anchor = value if seen == 1 else anchor
            if seen >= 1:
                total += value - anchor
            if seen == seed_bars:
                state = anchor + total / seed_bars
                out[t] = state
        t += 1
    for i in range(t, n):
        value = x[i]
        if value == value:
            state += alpha * (value - state)
            out[i] = state
        else:
            out[i] = np.nan


@_compiled
def weighted_ema(x: FloatArray, alpha: float, out: FloatArray) -> None:
    """Exponential mean over the bars seen so far with weights that sum to one; NaN bars are passed over."""
    state, weight = 0.0, 0.0
    for t in range(x.size):
        value = x[t]
        if value == value:
            weight = 1.0 + (1.0 - alpha) * weight
            state += (value - state) / weight
            out[t] = state
        else:
            out[t] = np.nan


@_compiled
def rsi(close: FloatArray, window: int, out: FloatArray) -> None:
    """Wilder 1978: smoothed gains over smoothed gains and losses, seeded with simple means of the first `window`."""
    alpha = 1.0 / window
    gain, loss, last = 0.0, 0.0, np.nan
    seen = -1
    for t in range(close.size):
        value = close[t]
        out[t] = np.nan
        if value != value:
            continue
        seen += 1
        change = value - last if seen > 0 else 0.0
        last = value
        up = change if change > 0.0 else 0.0
        down = -change if change < 0.0 else 0.0
        if seen <= window:
            gain += up * alpha
            loss += down * alpha
        else:
            gain += (up - gain) * alpha
            loss += (down - loss) * alpha
        if seen >= window:
            both = gain + loss
            out[t] = 100.0 * (gain / both) if both > 0.0 else 50.0


@_compiled
def true_range(high: FloatArray, low: FloatArray, close: FloatArray, out: FloatArray) -> None:
    """Wilder's range of a bar and its gap from the last known close; NaN on the first bar and on incomplete bars."""
    last = np.nan
    for t in range(close.size):
        out[t] = np.nan
        if high[t] != high[t] or low[t] != low[t] or close[t] != close[t]:
            continue
        if last == last:
            out[t] = max(high[t], last) - min(low[t], last)
        last = close[t]


@_compiled
def hysteresis(x: FloatArray, enter: float, release: float, out: NDArray[np.bool_]) -> None:
    """On from the bar that reaches `enter` until the bar that is back at `release`; NaN keeps the state."""
    on = False
    for t in range(x.size):
        if x[t] >= enter:
            on = True
        elif x[t] <= release:
            on = False
        out[t] = on


@_compiled
def percentile_rank(x: FloatArray, window: int, out: FloatArray) -> None:
    """Share of the `window` bars before this one that lie at or below it; NaN where any of them is."""
    for t in range(x.size):
        out[t] = np.nan
        if t < window:
            continue
        below = 0
        known = x[t] == x[t]
        for i in range(t - window, t):
            known = known and x[i] == x[i]
            if x[i] <= x[t]:
                below += 1
        if known:
            out[t] = below / window


@_compiled
def _shares(window: int) -> FloatArray:
    """1 / k for k in 1..window, so that the loops multiply."""
    share = np.empty(window + 1)
    share[0] = 0.0
    for k in range(1, window + 1):
        share[k] = 1.0 / k
    return share


@_compiled
def _take(x: FloatArray, start: int, size: int, returns: bool, block: FloatArray) -> None:
    """Copy a block of values, or of their simple returns; the first bar of all has none."""
    for k in range(size):
        t = start + k
        if not returns:
            block[k] = x[t]
        else:
            block[k] = x[t] / x[t - 1] - 1.0 if t > 0 else np.nan


@_compiled
def _describe_tail(block: FloatArray, share: FloatArray, tail: FloatArray, tail_squares: FloatArray) -> None:
    """Mean and squared deviations of the block from its bar k on, for every k >= 1."""
    window = block.size
    anchor = block[window - 1]
    total, squares = 0.0, 0.0
    for k in range(window - 1, 0, -1):
        d = block[k] - anchor
        total += d
        squares += d * d
        tail[k] = anchor + total * share[window - k]
        tail_squares[k] = _not_negative(squares - total * total * share[window - k])


@_compiled
def _put(kind: int, width: float, value: float, mean: float, std: float, t: int, out: FloatArray) -> None:
    """Write what `kind` asks for; undefined (NaN) where it would divide by no width."""
    if kind == STD:
        out[0, t] = std
        return
    if kind == SCORE:
        out[0, t] = (value - mean) / std if std > 0.0 else np.nan
        return
    upper, lower = mean + width * std, mean - width * std
    if kind == BANDS:
        out[0, t] = mean
        out[1, t] = upper
        out[2, t] = lower
    elif kind == PLACE:
        out[0, t] = (value - lower) / (upper - lower) if upper > lower else np.nan
    else:
        out[0, t] = (upper - lower) / mean if mean != 0.0 else np.nan


@_compiled
def _larger(a: float, b: float) -> float:
    """The larger of two numbers; NaN if either is."""
    if a != a or b != b:
        return np.nan
    return a if a > b else b


@_compiled
def _not_negative(x: float) -> float:
    """Zero for the negative rounding error of a square; NaN stays NaN."""
    return 0.0 if x < 0.0 else x
