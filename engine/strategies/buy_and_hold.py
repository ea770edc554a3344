"""The benchmark: buy on the first bar and never sell."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.core.market import Columns
from engine.strategies.base import Strategy
from engine.strategies.signal import Signals


class BuyAndHoldStrategy(Strategy):
    """Enter once, at the first chance, and hold to the end."""

    name = "buy_and_hold"
    title = "Buy and hold"
    summary = "Buys once and never sells: what every strategy has to be compared with."

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Signal an entry on every bar with a price; what is held already ignores it."""
        entry = np.isfinite(bars.close)
        return Signals(entry=entry, exit=np.zeros_like(entry))
