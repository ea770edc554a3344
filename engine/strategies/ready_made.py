"""Ready-made signals: any outside strategy can be tried with arrays of true and false."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.core.errors import InvalidParams
from engine.core.market import Columns
from engine.strategies.base import Strategy
from engine.strategies.signal import BoolArray, Signals


def _flags(name: str, values: Any) -> BoolArray:
    flags = np.asarray(values)
    if flags.ndim != 1:
        raise InvalidParams(f"{name} has {flags.ndim} dimensions; give one true or false a bar")
    if flags.dtype == object:
        flags = flags.astype(bool) if all(isinstance(v, (bool, np.bool_)) for v in flags) else flags
    if flags.dtype != np.bool_ and not (np.issubdtype(flags.dtype, np.number) and np.isin(flags, (0, 1)).all()):
        raise InvalidParams(f"{name} holds {flags.dtype} values; give one true or false a bar")
    result: BoolArray = flags.astype(np.bool_)
    return result


class SignalStrategy(Strategy):
    """Runs boolean signals, one a bar: the entry is decided at the close of the bar that is true.

    Stops are fractions of the entry price. Without `short_entries` it is long only; shorts are closed by `short_exits`.
    """

    name = "signals"
    title = "Ready-made signals"

    def __init__(
        self,
        entries: Any,
        exits: Any,
        short_entries: Any = None,
        short_exits: Any = None,
        stop_loss_pct: float | None = None,
        take_profit_pct: float | None = None,
        trailing_stop_pct: float | None = None,
    ) -> None:
        super().__init__()
        longs, out = _flags("entries", entries), _flags("exits", exits)
        for name, values in (("exits", exits), ("short_entries", short_entries), ("short_exits", short_exits)):
            if values is not None and len(values) != len(longs):
                raise InvalidParams(f"{name} has {len(values)} values and entries {len(longs)}; they must agree")
        if short_entries is None and short_exits is not None:
            raise InvalidParams("short_exits were given without short_entries; give both or neither")
        shorts = _flags("short_entries", short_entries) if short_entries is not None else np.zeros_like(longs)
        cover = _flags("short_exits", short_exits) if short_exits is not None else np.zeros_like(longs)
        side = longs.astype(np.int8) - shorts.astype(np.int8)
        self._signals = Signals(
            entry=longs | shorts,
            exit=out,
            side=side if short_entries is not None else 1,
            exit_short=cover if short_entries is not None else None,
            stop_loss_pct=stop_loss_pct,
            take_profit_pct=take_profit_pct,
            trailing_stop_pct=trailing_stop_pct,
        )

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Return the signals as given; they must have one value for each bar, bars without a price included."""
        given = self._signals
        if len(given.entry) == len(bars):
            return given
        if bars.places is None or len(given.entry) != bars.total:
            wanted = max(bars.total, len(bars))
            raise InvalidParams(f"there are {len(given.entry)} signals and {wanted} bars; give one a bar")
        there = bars.places
        return replace(
            given,
            entry=given.entry[there],
            exit=given.exit[there],
            side=given.side[there] if isinstance(given.side, np.ndarray) else given.side,
            exit_short=None if given.exit_short is None else given.exit_short[there],
        )
