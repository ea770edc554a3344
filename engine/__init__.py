"""Steadyhand's engine: one set of fills and risk rules for research, paper and real money."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.backtest.backtest import Backtest
    from engine.backtest.result import BacktestResult
    from engine.brokers.kalshi.adapter import KalshiAdapter
    from engine.brokers.kalshi.config import KalshiConfig
    from engine.core.costs import Costs
    from engine.core.events import EventBars, EventContract
    from engine.core.instrument import FeeModel, Instrument
    from engine.core.market import Bars
    from engine.data.bundled import list_samples, load_sample
    from engine.data.csv_file import load_csv
    from engine.data.event_frame import events_from_frame
    from engine.data.events import list_events, load_events
    from engine.models.against_price import against_price
    from engine.models.aggregation import Ensemble
    from engine.models.base import MarketPrice
    from engine.models.frequency import Frequency
    from engine.models.games import Elo, Game, Goals, Scores
    from engine.models.recalibration import IsotonicRecalibration, LogitRecalibration, PlattRecalibration
    from engine.models.record import Quoted, Settled
    from engine.models.threshold import PriceTerms, PriceThreshold, Underlying
    from engine.numerics.fees import kalshi_fees
    from engine.risk.joint import JointLimits, joint_kelly
    from engine.risk.joint_event import JointEvent, JointMarket
    from engine.risk.kelly import KellyCriterion
    from engine.risk.limits import RiskManager
    from engine.risk.sizing import FixedFraction, FixedQuantity
    from engine.strategies.base import BarStrategy, Strategy
    from engine.strategies.buy_and_hold import BuyAndHoldStrategy
    from engine.strategies.indicator import ATR, EMA, RSI, SMA, StdDev, Volatility, ZScore
    from engine.strategies.low_vol_momentum import LowVolMomentumStrategy
    from engine.strategies.mean_reversion import MeanReversionStrategy
    from engine.strategies.param import Param
    from engine.strategies.prediction_value import PredictionValueStrategy
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
    "EventBars": "core.events",
    "EventContract": "core.events",
    "Elo": "models.games",
    "Ensemble": "models.aggregation",
    "FeeModel": "core.instrument",
    "FixedFraction": "risk.sizing",
    "FixedQuantity": "risk.sizing",
    "Frequency": "models.frequency",
    "Game": "models.games",
    "Goals": "models.games",
    "Instrument": "core.instrument",
    "IsotonicRecalibration": "models.recalibration",
    "JointEvent": "risk.joint_event",
    "JointLimits": "risk.joint",
    "JointMarket": "risk.joint_event",
    "KalshiAdapter": "brokers.kalshi.adapter",
    "KalshiConfig": "brokers.kalshi.config",
    "KellyCriterion": "risk.kelly",
    "LogitRecalibration": "models.recalibration",
    "LowVolMomentumStrategy": "strategies.low_vol_momentum",
    "MarketPrice": "models.base",
    "MeanReversionStrategy": "strategies.mean_reversion",
    "Param": "strategies.param",
    "PredictionValueStrategy": "strategies.prediction_value",
    "PlattRecalibration": "models.recalibration",
    "PriceTerms": "models.threshold",
    "PriceThreshold": "models.threshold",
    "Quoted": "models.record",
    "RSI": "strategies.indicator",
    "RiskManager": "risk.limits",
    "SMA": "strategies.indicator",
    "Scores": "models.games",
    "Settled": "models.record",
    "SignalStrategy": "strategies.ready_made",
    "Signals": "strategies.signal",
    "StdDev": "strategies.indicator",
    "Strategy": "strategies.base",
    "Underlying": "models.threshold",
    "Volatility": "strategies.indicator",
    "ZScore": "strategies.indicator",
    "against_price": "models.against_price",
    "joint_kelly": "risk.joint",
    "events_from_frame": "data.event_frame",
    "kalshi_fees": "numerics.fees",
    "list_events": "data.events",
    "list_samples": "data.bundled",
    "load_csv": "data.csv_file",
    "load_events": "data.events",
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
    "Elo",
    "Ensemble",
    "EventBars",
    "EventContract",
    "FeeModel",
    "FixedFraction",
    "FixedQuantity",
    "Frequency",
    "Game",
    "Goals",
    "Instrument",
    "IsotonicRecalibration",
    "JointEvent",
    "JointLimits",
    "JointMarket",
    "KalshiAdapter",
    "KalshiConfig",
    "KellyCriterion",
    "LogitRecalibration",
    "LowVolMomentumStrategy",
    "MarketPrice",
    "MeanReversionStrategy",
    "Param",
    "PlattRecalibration",
    "PredictionValueStrategy",
    "PriceTerms",
    "PriceThreshold",
    "Quoted",
    "RiskManager",
    "Scores",
    "Settled",
    "SignalStrategy",
    "Signals",
    "StdDev",
    "Strategy",
    "Underlying",
    "Volatility",
    "ZScore",
    "against_price",
    "events_from_frame",
    "joint_kelly",
    "kalshi_fees",
    "list_events",
    "list_samples",
    "load_csv",
    "load_events",
    "load_sample",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"engine.{_HOME[name]}"), name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
