"""From a strategy's signals to the flags and columns of the kernels, for one run or a block of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidParams
from engine.core.market import Bars, Columns
from engine.numerics.kernels import layout
from engine.numerics.kernels.stage import NO_EXTRA, NO_FLAGS, NO_SIDES, SignalBlock
from engine.strategies.signal import COLUMNS, Signals

Array = NDArray[Any]
_CONSTANT = {"stop_loss_pct": "stop", "take_profit_pct": "target", "trailing_stop_pct": "trail"}


class Present:
    """One symbol's own bars within a panel: all of them, or those on which it has a close."""

    __slots__ = ("bars", "where")

    def __init__(self, bars: Bars, s: int) -> None:
        close = bars.prices[layout.CLOSE, s]
        there = np.isfinite(close) if len(bars.instruments) > 1 or close.sum() != close.sum() else None
        self.where = None if there is None or there.all() else np.flatnonzero(there)
        prices, time = bars.prices[:, s], bars.time
        if self.where is None:
            self.bars = Columns(prices, time, None, len(time))
        else:
            self.bars = Columns(prices[:, self.where], time[self.where], self.where, len(time))

    def spread(self, values: Array, n: int, fill: Any) -> Array:
        """Put values of the symbol's own bars back on the panel's time axis (last axis)."""
        if self.where is None:
            return values
        out = np.full((*values.shape[:-1], n), fill, dtype=values.dtype)
        out[..., self.where] = values
        return out


def encode(found: Sequence[Signals], present: Sequence[Present], n: int, runs: int, rules: Array) -> SignalBlock:
    """Return the signals of all symbols as one block of `runs`, and tell `rules` which columns there are."""
    entry = _flags([s.entry for s in found], present, n, runs)
    out = _flags([s.exit for s in found], present, n, runs)
    block = SignalBlock(entry, out)
    if any(s.exit_short is not None for s in found):
        block.exit_short = _flags([s.exit if s.exit_short is None else s.exit_short for s in found], present, n, runs)
        rules["has_exit_short"] = 1
    else:
        block.exit_short = NO_FLAGS
    block.sides = _sides(found, present, n, runs, rules)
    block.extra = _extra(found, present, n, runs, rules)
    return block


def _flags(values: list[Array], present: Sequence[Present], n: int, runs: int) -> Array:
    if len(values) == 1 and present[0].where is None:
        flags = np.asarray(values[0])
        flags = flags.reshape(1, 1, n) if flags.ndim == 1 else flags.reshape(flags.shape[0], 1, n)
        if flags.shape[0] != runs:
            flags = np.broadcast_to(flags, (runs, 1, n))
        return np.ascontiguousarray(flags)
    out = np.zeros((runs, len(values), n), np.bool_)
    for s, (flags, there) in enumerate(zip(values, present, strict=True)):
        out[:, s] = there.spread(np.asarray(flags), n, False)
    return out


def _sides(found: Sequence[Signals], present: Sequence[Present], n: int, runs: int, rules: Array) -> Array:
    first = found[0].side
    if not isinstance(first, np.ndarray) and all(not isinstance(s.side, np.ndarray) and s.side == first for s in found):
        rules["side"] = first
        return NO_SIDES
    rules["has_side"] = 1
    varies = any(isinstance(s.side, np.ndarray) and s.side.ndim > 1 for s in found)
    out = np.zeros((runs if varies else 1, len(found), n), np.int8)
    for s, (signals, there) in enumerate(zip(found, present, strict=True)):
        side = signals.side
        out[:, s] = there.spread(side.astype(np.int8), n, 0) if isinstance(side, np.ndarray) else side
    return out


def _given(found: Sequence[Signals], rules: Array) -> list[tuple[int, list[Any]]]:
    """Return (column, its value for each symbol) of what any symbol gives; stops that are one number go to `rules`."""
    columns: list[tuple[int, list[Any]]] = []
    for which, name in enumerate(COLUMNS):
        values = [getattr(s, name) for s in found]
        if all(v is None for v in values):
            continue
        rules["has_stops"] |= name in _CONSTANT
        rules["has_limits"] |= name == "limit"
        rules["own_probability"] |= name == "probability"
        if name in _CONSTANT and all(isinstance(v, (int, float)) and v == values[0] for v in values):
            rules[_CONSTANT[name]] = values[0]
        else:
            columns.append((which, values))
    return columns


def _extra(found: Sequence[Signals], present: Sequence[Present], n: int, runs: int, rules: Array) -> Array:
    """Return the optional columns, (runs or 1, columns, symbols, bars), NaN where a symbol gives none."""
    columns = _given(found, rules)
    if not columns:
        return NO_EXTRA
    varies = any(isinstance(v, np.ndarray) and v.ndim > 1 for _, values in columns for v in values)
    out = np.full((runs if varies else 1, len(columns), len(found), n), np.nan)
    for row, (which, values) in enumerate(columns):
        rules[layout.COLUMN_FIELDS[which]] = row
        for s, (value, there) in enumerate(zip(values, present, strict=True)):
            if isinstance(value, np.ndarray):
                out[:, row, s] = there.spread(np.asarray(value, float), n, np.nan)
            elif value is not None:
                out[:, row, s] = value
    return out


def check_signals(signals: object, owner: str, bars: Columns) -> Signals:
    """Return the signals if they are signals for these bars, or say what they are instead."""
    if not isinstance(signals, Signals):
        raise InvalidParams(f"{owner}.signals returned {type(signals).__name__}; return Signals(entry=..., exit=...)")
    if np.shape(signals.entry)[-1:] != (len(bars),):
        raise InvalidParams(f"{owner}.signals returned entry of shape {np.shape(signals.entry)} for {len(bars)} bars")
    if isinstance(signals.side, np.ndarray):
        _check_side(signals.side, owner, len(bars))
    return signals


def _check_side(side: Array, owner: str, n: int) -> None:
    if side.shape[-1:] != (n,):
        raise InvalidParams(f"{owner}.signals returned side of shape {side.shape} for {n} bars; give one a bar")
    bad = (side != 1) & (side != -1) & (side != 0)
    if bad.any():
        raise InvalidParams(
            f"{owner}.signals returned a side of {side[bad].flat[0]}; it must be +1 (long), -1 (short) or 0 (neither)"
        )
