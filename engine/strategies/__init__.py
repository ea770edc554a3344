"""Strategies: one file each, listed here. A new one is a file and a line in CATALOGUE."""

from __future__ import annotations

from engine.core.errors import InvalidParams, suggest
from engine.strategies.base import BarStrategy, Strategy
from engine.strategies.buy_and_hold import BuyAndHoldStrategy
from engine.strategies.low_vol_momentum import LowVolMomentumStrategy
from engine.strategies.mean_reversion import MeanReversionStrategy
from engine.strategies.prediction_value import PredictionValueStrategy
from engine.strategies.user_files import AnyStrategy, user_files

CATALOGUE: tuple[type[Strategy], ...] = (
    MeanReversionStrategy,
    LowVolMomentumStrategy,
    BuyAndHoldStrategy,
    PredictionValueStrategy,
)

__all__ = [
    "CATALOGUE",
    "BarStrategy",
    "BuyAndHoldStrategy",
    "LowVolMomentumStrategy",
    "MeanReversionStrategy",
    "PredictionValueStrategy",
    "Strategy",
    "catalogue",
    "find",
]


def catalogue() -> tuple[AnyStrategy, ...]:
    """Return the catalogue and, after it, the strategies of the user's own files; a name is never taken twice."""
    found: dict[str, AnyStrategy] = {cls.name: cls for cls in CATALOGUE}
    for file in user_files():
        for cls in file.strategies:
            found.setdefault(cls.name, cls)
    return tuple(found.values())


def find(name: str) -> AnyStrategy:
    """Return the strategy of that name."""
    for cls in catalogue():
        if cls.name == name:
            return cls
    names = [cls.name for cls in catalogue()]
    raise InvalidParams(f"there is no strategy {name!r}{suggest(name, names)}; there are: {', '.join(names)}")
