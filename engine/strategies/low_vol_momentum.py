"""Ride a trend while the market is calm: two exponential averages and a volatility filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.market import Columns
from engine.strategies.base import Strategy
from engine.strategies.indicator import EMA, Number, Volatility
from engine.strategies.param import Param
from engine.strategies.signal import Signals


class LowVolMomentumStrategy(Strategy):
    """Enter while the fast average is above the slow one and volatility is low; exit when it falls below."""

    name = "low_vol_momentum"
    title = "Low-volatility momentum"
    summary = "Holds while the fast EMA is above the slow EMA; enters only in calm markets."

    fast_period = Param(
        10, 2, 100, 1, "Bars in the fast average; must be shorter than the slow one", "Fast EMA", "bars"
    )
    slow_period = Param(30, 5, 300, 1, "Bars in the slow average", "Slow EMA", "bars")
    volatility_period = Param(20, 5, 120, 1, "Bars in the volatility", "Volatility period", "bars")
    max_volatility = Param(
        0.025,
        0.002,
        0.2,
        0.001,
        "Enter only when volatility a bar is at most this (0.025 = 2.5 %)",
        "Highest volatility",
        "a bar",
    )

    fast = EMA("close", "fast_period")
    slow = EMA("close", "slow_period")
    volatility = Volatility("close", "volatility_period")

    @classmethod
    def check(cls, params: Mapping[str, Number]) -> str | None:
        """Refuse a fast average that is not faster."""
        if params["fast_period"] >= params["slow_period"]:
            return (
                f"fast_period is {params['fast_period']} and slow_period {params['slow_period']}; "
                "the fast period must be shorter than the slow one"
            )
        return None

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Enter while fast is above slow and the market is calm; exit when fast is below slow."""
        above = ind.fast > ind.slow
        return Signals(entry=above & (ind.volatility <= self.p("max_volatility")), exit=ind.fast < ind.slow)

    @classmethod
    def bands(cls) -> tuple[str, ...]:
        """Draw both averages."""
        return ("fast", "slow")
