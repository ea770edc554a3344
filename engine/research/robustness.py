"""Checks that a result can be trusted: so far, that a strategy does not look ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.backtest import Backtest, as_bars
from engine.core.market import Bars, Columns
from engine.strategies.base import BarStrategy, Strategy
from engine.strategies.signal import COLUMNS


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What a look-ahead check found: `clean`, or the first value that changes when the future is cut off."""

    clean: bool
    cuts: int
    feature: str = ""
    bar: int = -1

    @property
    def words(self) -> str:
        """The finding in one sentence."""
        if self.clean:
            return f"No look-ahead: everything is the same with the future cut off at {self.cuts} places."
        return f"Looks ahead: {self.feature} at bar {self.bar} changes when later bars are cut off."


def check_lookahead(
    strategy: Strategy | BarStrategy, data: Any, *, symbol: str | None = None, cuts: int = 25
) -> LookAhead:
    """Compare features and signals on cut histories with the full ones: the prefix law, bit for bit.

    `cuts` places are spread over the bars after the warm-up, and more lie right after bars on which something is
    signalled: a peek at the next bar shows only where the future is cut off beside it. Features and signals of a
    `Strategy` are compared; of a `BarStrategy` features and positions.
    """
    bars = as_bars(data, symbol)
    first = min(strategy.warm_up() + 1, len(bars) - 1)
    even = np.linspace(first, len(bars) - 1, min(cuts, len(bars) - first), dtype=int)
    checked = 0
    for name in bars.symbols:
        whole = _seen(strategy, bars, name, len(bars))
        places = np.union1d(even, _telling(whole, first, 5 * cuts if isinstance(strategy, Strategy) else cuts))
        checked = max(checked, len(places))
        for k in places.tolist():
            part = _seen(strategy, bars, name, k)
            for key, values in part.items():
                differs = ~((values == whole[key][:k]) | (np.isnan(values) & np.isnan(whole[key][:k])))
                if differs.any():
                    return LookAhead(False, checked, key, int(np.flatnonzero(differs)[0]))
    return LookAhead(True, checked)


def _telling(whole: dict[str, Any], first: int, most: int) -> Any:
    """Return at most `most` places right after the bars on which a signal or a position stands or changes."""
    acting = np.zeros(len(next(iter(whole.values()))), bool) if whole else np.zeros(0, bool)
    for name, values in whole.items():
        if not name.startswith("feature "):
            known = np.nan_to_num(values)
            acting |= np.diff(known, prepend=known[0]) != 0
            acting |= (known != 0) & (name == "entry")
    places = np.flatnonzero(acting) + 1
    places = places[(places >= first) & (places < len(acting))]
    return places[np.linspace(0, len(places) - 1, min(most, len(places)), dtype=int)] if len(places) else places


def _seen(strategy: Strategy | BarStrategy, bars: Bars, symbol: str, k: int) -> dict[str, Any]:
    columns = bars.one(symbol)[:k]
    found = {f"feature {name}": np.asarray(v, float) for name, v in strategy.features(columns).items()}
    if isinstance(strategy, BarStrategy):
        return {**found, "position": Backtest(strategy, allow_short=True).run(bars[:k]).positions[symbol].to_numpy()}
    return {**found, **_signal_columns(strategy, columns)}


def _signal_columns(strategy: Strategy, columns: Columns) -> dict[str, Any]:
    signals = strategy.signals(columns, strategy.indicators(columns))
    found = {"entry": signals.entry.astype(float), "exit": signals.exit.astype(float)}
    for name in ("side", "exit_short", *COLUMNS):
        values = getattr(signals, name)
        if isinstance(values, np.ndarray):
            found[name] = values.astype(float)
    return found
