"""All that the dashboard and the command line may ask: frozen views, arrays and DataFrames, never a Streamlit object.

Loaded name by name on first use, so that one page does not pay for another.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.core.errors import InputError
    from engine.service.catalogue import ParamView, StrategyView, strategies, strategy, strategy_problems
    from engine.service.library import Dataset, add_csv, dataset, datasets
    from engine.service.mapping import HEATMAP_METRICS, HeatmapView, heatmap
    from engine.service.metrics import METRICS, Metric
    from engine.service.request import OPENING, RunRequest, problems
    from engine.service.tuning import (
        closed_returns,
        compile_engine,
        decisions,
        explain,
        is_compiled,
        months,
        prices,
        run,
        tear_sheet,
        trades,
        trades_csv,
    )
    from engine.service.view import MonthView, PriceView, RunView

_TUNE = {
    "HEATMAP_METRICS": "service.mapping",
    "METRICS": "service.metrics",
    "OPENING": "service.request",
    "Dataset": "service.library",
    "HeatmapView": "service.mapping",
    "InputError": "core.errors",
    "Metric": "service.metrics",
    "MonthView": "service.view",
    "ParamView": "service.catalogue",
    "PriceView": "service.view",
    "RunRequest": "service.request",
    "RunView": "service.view",
    "StrategyView": "service.catalogue",
    "add_csv": "service.library",
    "closed_returns": "service.tuning",
    "compile_engine": "service.tuning",
    "dataset": "service.library",
    "datasets": "service.library",
    "decisions": "service.tuning",
    "explain": "service.tuning",
    "heatmap": "service.mapping",
    "is_compiled": "service.tuning",
    "months": "service.tuning",
    "prices": "service.tuning",
    "problems": "service.request",
    "run": "service.tuning",
    "strategies": "service.catalogue",
    "strategy": "service.catalogue",
    "strategy_problems": "service.catalogue",
    "tear_sheet": "service.tuning",
    "trades": "service.tuning",
    "trades_csv": "service.tuning",
}

_MARKETS = {
    "LiveList": "service.markets_live",
    "LiveMarket": "service.markets_live",
    "age_seconds": "service.markets_live",
    "fetch_market": "service.markets_live",
    "fetch_markets": "service.markets_live",
    "listed_book": "service.markets_live",
    "live_market": "service.markets_live",
    "live_markets": "service.markets_live",
    "BetRequest": "service.markets_backtest",
    "BetRunView": "service.markets_backtest",
    "Bin": "models.scores",
    "Estimate": "models.against_price",
    "EventPlan": "service.markets_ticket",
    "HistoryView": "service.markets_quote",
    "LadderLevel": "service.markets_quote",
    "LadderView": "service.markets_quote",
    "MarketRow": "service.markets",
    "MarketSet": "service.markets",
    "ModelChoice": "service.markets_model",
    "PlannedRow": "service.markets_ticket",
    "QuotedMarket": "service.markets_ticket",
    "ScoreRequest": "service.markets_model",
    "ScoreView": "service.markets_model",
    "bet_run": "service.markets_backtest",
    "bet_sources": "service.markets_backtest",
    "bets_csv": "service.markets_backtest",
    "event_names": "service.markets",
    "event_plan": "service.markets_ticket",
    "event_rows": "service.markets",
    "market_history": "service.markets_quote",
    "market_row": "service.markets",
    "market_set": "service.markets",
    "market_sets": "service.markets",
    "matching": "service.markets",
    "model_score": "service.markets_model",
    "probability_models": "service.markets_model",
    "quoted_ladder": "service.markets_quote",
    "score_moments": "service.markets_model",
    "search_markets": "service.markets",
    "shared_beliefs": "service.markets_ticket",
}

__all__ = [
    "HEATMAP_METRICS",
    "METRICS",
    "OPENING",
    "Dataset",
    "HeatmapView",
    "InputError",
    "Metric",
    "MonthView",
    "ParamView",
    "PriceView",
    "RunRequest",
    "RunView",
    "StrategyView",
    "add_csv",
    "closed_returns",
    "compile_engine",
    "dataset",
    "datasets",
    "decisions",
    "explain",
    "heatmap",
    "is_compiled",
    "months",
    "prices",
    "problems",
    "run",
    "strategies",
    "strategy",
    "strategy_problems",
    "tear_sheet",
    "trades",
    "trades_csv",
]


def __getattr__(name: str) -> Any:
    module = _TUNE.get(name) or _MARKETS.get(name)
    if module is not None:
        return getattr(import_module(f"engine.{module}"), name)
    if not name.startswith("_"):
        kelly = import_module("engine.service.kelly")
        if name in kelly.__all__:
            return getattr(kelly, name)
    raise AttributeError(f"module 'engine.service' has no attribute {name!r}")
