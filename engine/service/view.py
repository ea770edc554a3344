"""What a page draws of one run: arrays ready for a chart, numbers, and the sentences that belong beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.backtest.measure import ANNUALISED, MIN_PERIODS
from engine.service.catalogue import StrategyView
from engine.service.library import Dataset
from engine.service.metrics import METRICS
from engine.service.request import RunRequest

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """One run beside buy-and-hold on the same data and costs.

    Curves have shape (bars,); `time_ms` is epoch milliseconds in UTC. `notes` say what is special about the data and
    the fills, `alerts` what a limit did to the run, `sizing` which sizing is active.
    """

    request: RunRequest
    dataset: Dataset
    strategy: StrategyView
    time_ms: Floats = field(repr=False)
    equity: Floats = field(repr=False)
    drawdown: Floats = field(repr=False)
    benchmark: Floats = field(repr=False)
    metrics: Mapping[str, float] = field(repr=False)
    benchmark_metrics: Mapping[str, float] = field(repr=False)
    sizing: str
    notes: tuple[str, ...]
    alerts: tuple[str, ...]
    optimistic: bool

    @property
    def title(self) -> str:
        """What was run on what."""
        return f"{self.strategy.title} on {self.dataset.symbol}"

    @property
    def bars_per_year(self) -> float:
        """What annualised numbers are scaled by, from the calendar and the data."""
        return self.metrics["bars_per_year"]

    @property
    def params(self) -> dict[str, float]:
        """Every parameter of the strategy with its value in this run."""
        return {param.name: param.default for param in self.strategy.params} | dict(self.request.params)

    def label(self, metric: str, *, short: bool = False) -> str:
        """The name of a statistic, an annualised one with the bars a year it is scaled by."""
        found = METRICS[metric]
        scale = f" ({self.bars_per_year:,.0f}{'' if short else ' bars'}/yr)" if found.annualised else ""
        return found.label + scale

    def missing(self, metric: str) -> str:
        """Why a statistic has no value in this run."""
        if metric in ANNUALISED and len(self.equity) < MIN_PERIODS:
            return f"a number for a year needs at least {MIN_PERIODS} bars, and there are {len(self.equity)}"
        return METRICS[metric].missing


@dataclass(frozen=True, slots=True, eq=False)
class MonthView:
    """Returns of a run by month, shape (years, 12), NaN where it has no such month, and by year, shape (years,)."""

    years: tuple[int, ...]
    returns: Floats
    annual: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PriceView:
    """The prices of a run with the strategy's bands and its trades, for one chart.

    Bars have shape (bars,); trades shape (trades,), with NaN as the exit of one still open and `side` +1 or -1.
    """

    time_ms: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    close_only: bool
    bands: Mapping[str, Floats]
    entry_ms: Floats
    entry_price: Floats
    exit_ms: Floats
    exit_price: Floats
    side: NDArray[np.int64]
    pnl: Floats
    reason: tuple[str, ...]
