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
    if name in _TUNE:
        return getattr(import_module(f"engine.{_TUNE[name]}"), name)
    if not name.startswith("_"):
        kelly = import_module("engine.service.kelly")
        if name in kelly.__all__:
            return getattr(kelly, name)
    raise AttributeError(f"module 'engine.service' has no attribute {name!r}")
