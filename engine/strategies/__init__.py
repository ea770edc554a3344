"""Strategies: one file each, listed here. A new one is a file and a line in CATALOGUE."""

from __future__ import annotations

from engine.strategies.base import BarStrategy, Strategy
from engine.strategies.buy_and_hold import BuyAndHoldStrategy
from engine.strategies.low_vol_momentum import LowVolMomentumStrategy
from engine.strategies.mean_reversion import MeanReversionStrategy

CATALOGUE: tuple[type[Strategy | BarStrategy], ...] = (
    MeanReversionStrategy,
    LowVolMomentumStrategy,
    BuyAndHoldStrategy,
)

__all__ = ["CATALOGUE", "BarStrategy", "BuyAndHoldStrategy", "LowVolMomentumStrategy", "MeanReversionStrategy", "Strategy"]
