"""Steadyhand's engine: one set of fills and risk rules for research, paper and real money."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.backtest.backtest import Backtest
    from engine.backtest.result import BacktestResult
    from engine.core.costs import Costs
    from engine.core.instrument import FeeModel, Instrument
    from engine.core.market import Bars
    from engine.data.bundled import list_samples, load_sample
    from engine.data.csv_file import load_csv
    from engine.risk.kelly import KellyCriterion
    from engine.risk.limits import RiskManager
    from engine.risk.sizing import FixedFraction, FixedQuantity
    from engine.strategies.base import BarStrategy, Strategy
    from engine.strategies.buy_and_hold import BuyAndHoldStrategy
    from engine.strategies.indicator import ATR, EMA, RSI, SMA, StdDev, Volatility, ZScore
    from engine.strategies.low_vol_momentum import LowVolMomentumStrategy
    from engine.strategies.mean_reversion import MeanReversionStrategy
    from engine.strategies.param import Param
    from engine.strategies.ready_made import SignalStrategy
    from engine.strategies.signal import Signals

_HOME = {
    "ATR": "strategies.indicator",
    "Backtest": "backtest.backtest",
    "BacktestResult": "backtest.result",
    "BarStrategy": "strategies.base",
    "Bars": "core.market",
    "BuyAndHoldStrategy": "strategies.buy_and_hold",
    "Costs": "core.costs",
    "EMA": "strategies.indicator",
    "FeeModel": "core.instrument",
    "FixedFraction": "risk.sizing",
    "FixedQuantity": "risk.sizing",
    "Instrument": "core.instrument",
    "KellyCriterion": "risk.kelly",
    "LowVolMomentumStrategy": "strategies.low_vol_momentum",
    "MeanReversionStrategy": "strategies.mean_reversion",
    "Param": "strategies.param",
    "RSI": "strategies.indicator",
    "RiskManager": "risk.limits",
    "SMA": "strategies.indicator",
    "SignalStrategy": "strategies.ready_made",
    "Signals": "strategies.signal",
    "StdDev": "strategies.indicator",
    "Strategy": "strategies.base",
    "Volatility": "strategies.indicator",
    "ZScore": "strategies.indicator",
    "list_samples": "data.bundled",
    "load_csv": "data.csv_file",
    "load_sample": "data.bundled",
}

__all__ = [
    "ATR",
    "EMA",
    "RSI",
    "SMA",
    "Backtest",
    "BacktestResult",
    "BarStrategy",
    "Bars",
    "BuyAndHoldStrategy",
    "Costs",
    "FeeModel",
    "FixedFraction",
    "FixedQuantity",
    "Instrument",
    "KellyCriterion",
    "LowVolMomentumStrategy",
    "MeanReversionStrategy",
    "Param",
    "RiskManager",
    "SignalStrategy",
    "Signals",
    "StdDev",
    "Strategy",
    "Volatility",
    "ZScore",
    "list_samples",
    "load_csv",
    "load_sample",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"engine.{_HOME[name]}"), name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
