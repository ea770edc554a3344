"""Buy what has fallen far below its mean, sell when it is back: Bollinger bands, RSI and a volatility filter."""

from __future__ import annotations

from typing import Any

from engine.core.market import Columns
from engine.strategies.base import Strategy
from engine.strategies.indicator import RSI, SMA, FloatArray, StdDev, Volatility
from engine.strategies.param import Param
from engine.strategies.signal import Signals


class MeanReversionStrategy(Strategy):
    """Enter when the close is below the lower Bollinger band and RSI is oversold in a calm market; exit at the mean."""

    name = "mean_reversion"
    title = "Mean reversion"
    summary = "Buys below the lower Bollinger band when RSI is oversold and the market is calm; sells back at the mean."

    lookback_period = Param(20, 5, 120, 1, "Bars in the mean, the bands and the volatility", "Lookback", "bars")
    std_dev_threshold = Param(2.0, 0.5, 4.0, 0.1, "Width of the bands in standard deviations", "Band width", "σ")
    rsi_period = Param(14, 2, 50, 1, "Bars in the relative strength index (Wilder)", "RSI period", "bars")
    rsi_oversold = Param(30, 5, 60, 1, "Enter only when RSI is below this", "RSI oversold")
    volatility_filter = Param(
        0.03,
        0.002,
        0.2,
        0.001,
        "Enter only when volatility a bar is at most this (0.03 = 3 %)",
        "Volatility filter",
        "a bar",
    )

    mean = SMA("close", "lookback_period")
    deviation = StdDev("close", "lookback_period")
    rsi = RSI("close", "rsi_period")
    volatility = Volatility("close", "lookback_period")

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Enter below the band when oversold and calm; exit at or above the mean. No width, no signal."""
        lower = ind.mean - self.p("std_dev_threshold") * ind.deviation
        calm = (ind.deviation > 0) & (ind.volatility <= self.p("volatility_filter"))
        entry = (bars.close < lower) & (ind.rsi < self.p("rsi_oversold")) & calm
        return Signals(entry=entry, exit=bars.close >= ind.mean)

    def features(self, bars: Columns) -> dict[str, FloatArray]:
        """Return the indicators and both bands."""
        found = super().features(bars)
        width = self.params["std_dev_threshold"] * found["deviation"]
        return {**found, "upper": found["mean"] + width, "lower": found["mean"] - width}

    @classmethod
    def bands(cls) -> tuple[str, ...]:
        """Draw the mean and both bands."""
        return ("upper", "mean", "lower")
