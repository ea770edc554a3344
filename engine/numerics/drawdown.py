"""Falls from the highest equity so far: how deep, how long, and whether they were made good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import InvalidData
from engine.numerics.series import FloatArray, as_series


@dataclass(frozen=True, slots=True)
class DrawdownStats:
    """The drawdowns of one equity curve; indices are its bars, durations are in bars, depths are 0 or negative.

    A span is (bar of the peak, bar of the recovery or the last bar, recovered); its duration leaves out the peak and
    counts the recovery. `peak_index`, `trough_index` and `recovered` describe the deepest one: (0, 0, True) if none.
    """

    max_drawdown: float
    peak_index: int
    trough_index: int
    recovered: bool
    longest_underwater_periods: int
    longest_underwater_recovered: bool
    spans: tuple[tuple[int, int, bool], ...]
    current: float


def drawdown_series(equity: ArrayLike) -> FloatArray:
    """Equity over its highest value so far, minus 1: `(n,)`, 0 at a peak and negative below it."""
    return _below_peak(checked_equity(equity))


def drawdown_stats(equity: ArrayLike) -> DrawdownStats:
    """All drawdowns of an equity curve `(n,)` whose first bar is the starting capital."""
    values = checked_equity(equity)
    if values.size == 0:
        raise InvalidData("equity is empty; drawdowns need at least the starting capital: pass one value or more.")
    fall = _below_peak(values)
    spans = _underwater(fall)
    trough = int(fall.argmin())
    deepest = next((span for span in spans if span[0] < trough <= span[1]), (0, 0, True))
    longest = max(spans, key=lambda span: span[1] - span[0], default=(0, 0, True))
    return DrawdownStats(
        max_drawdown=float(fall[trough]),
        peak_index=deepest[0],
        trough_index=trough,
        recovered=deepest[2],
        longest_underwater_periods=longest[1] - longest[0],
        longest_underwater_recovered=longest[2],
        spans=spans,
        current=float(fall[-1]),
    )


def checked_equity(equity: ArrayLike) -> FloatArray:
    """An equity curve that is finite and starts above zero."""
    values = as_series(equity, "equity")
    if values.size and not np.isfinite(values).all():
        bar = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InvalidData(f"equity is {values[bar]} at bar {bar}; every value must be a number: fill or cut that bar.")
    if values.size and values[0] <= 0.0:
        raise InvalidData(f"equity starts at {values[0]}; a drawdown is a share of a capital above 0: start above 0.")
    return values


def _below_peak(equity: FloatArray) -> FloatArray:
    fall: FloatArray = np.maximum.accumulate(equity)
    # in place: these arrays are as long as the run
    np.divide(equity, fall, out=fall)
    fall -= 1.0
    return fall


def _underwater(fall: FloatArray) -> tuple[tuple[int, int, bool], ...]:
    """Every stretch below the peak as (peak, recovery or last bar, recovered)."""
    peaks = np.flatnonzero(fall == 0.0)
    gaps = np.flatnonzero(np.diff(peaks) > 1)
    spans = [(int(peaks[gap]), int(peaks[gap + 1]), True) for gap in gaps]
    if peaks[-1] != fall.size - 1:
        spans.append((int(peaks[-1]), fall.size - 1, False))
    return tuple(spans)
