"""The value strategy over settled bundled markets: every bet with what was believed, what it cost and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.backtest.backtest import Backtest
from engine.backtest.result import BacktestResult
from engine.core.errors import InvalidConfig
from engine.core.events import EventBars, EventColumns
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import RiskManager
from engine.service.markets import event_names, events_of
from engine.service.markets_model import forecasts, probability_models
from engine.service.recent import Recent
from engine.strategies.prediction_value import PredictionValueStrategy, Source

Floats = NDArray[np.float64]
TILT = "tilt"


@dataclass(frozen=True, slots=True)
class BetRequest:
    """What to bet on and how: events `first` to `last` of a set by number, counted from 1 in the order of their closes.

    `source` is a model's id or "tilt": the log odds of the price times `tilt`. Edges and spread are dollars a contract.
    """

    which: str = "synthetic"
    first: int = 1
    last: int = 60
    source: str = TILT
    tilt: float = 1.2
    min_edge: float = 0.02
    exit_edge: float = 0.05
    max_spread: float = 0.10
    capital: float = 10_000.0
    fraction: float = 0.25
    max_position_pct: float = 0.05
    min_position_pct: float = 0.001
    max_open: int = 20

    def risk_manager(self) -> RiskManager:
        """Return the limits above the strategy."""
        sizer = KellyCriterion(self.fraction, self.max_position_pct, self.min_position_pct)
        return RiskManager(position_sizer=sizer, max_open_positions=self.max_open)

    def params(self) -> dict[str, float]:
        """Return the strategy's parameters."""
        return {"min_edge": self.min_edge, "exit_edge": self.exit_edge, "max_spread": self.max_spread}


@dataclass(frozen=True, slots=True, eq=False)
class BetRunView:
    """A run over event markets. Curves have shape (bars,); the tables are described where they are made.

    `bets` and `by_event` are those of `BacktestResult`; `spread` is what buying at the ask and selling at the bid cost
    against the middle of the book, in dollars, NaN where it cannot be told.
    """

    request: BetRequest
    time_ms: Floats = field(repr=False)
    equity: Floats = field(repr=False)
    drawdown: Floats = field(repr=False)
    metrics: Mapping[str, float] = field(repr=False)
    bets: pd.DataFrame = field(repr=False)
    by_event: pd.DataFrame = field(repr=False)
    decisions: Mapping[str, int] = field(repr=False)
    notes: tuple[str, ...]
    markets: int
    events: int

    @property
    def won(self) -> int:
        """How many bets made money."""
        return int((self.bets["pnl"] > 0).sum())

    @property
    def fees(self) -> float:
        """What all bets paid in fees, in dollars."""
        return float(self.bets["fees"].sum())

    @property
    def staked(self) -> float:
        """What all bets cost with their entry fees, in dollars."""
        return float(self.bets["stake"].sum())

    @property
    def profit(self) -> float:
        """What all bets made after fees, in dollars."""
        return float(self.bets["pnl"].sum())


_RUNS: Recent[BetRequest, BetRunView] = Recent(8)


def bet_run(request: BetRequest) -> BetRunView:
    """Run the value strategy over a part of a set, or refuse the request in one sentence."""
    return _RUNS.made(request, lambda: _played(request))


def bets_csv(request: BetRequest) -> bytes:
    """Return every bet of a run as a CSV file."""
    return bet_run(request).bets.to_csv(index=False).encode("utf-8")


def bet_sources() -> dict[str, str]:
    """Return what may stand behind the probabilities of a run, by id with its title."""
    return {TILT: "The price with your tilt"} | {m.id: m.title for m in probability_models() if m.id != "price"}


def _chosen(request: BetRequest) -> EventBars:
    names = event_names(request.which)
    if not 1 <= request.first <= request.last <= len(names):
        raise InvalidConfig(
            f"events {request.first} to {request.last} are asked for; the set has 1 to {len(names)}: choose among them"
        )
    wanted = set(names[request.first - 1 : request.last])
    bars = events_of(request.which)
    return bars.select(market.ticker for market in bars.markets if market.event in wanted)


def _played(request: BetRequest) -> BetRunView:
    bars = _chosen(request)
    strategy = PredictionValueStrategy(params=request.params(), source=_source(request))
    result = Backtest(strategy, request.capital, request.risk_manager()).run(bars)
    return _view(request, bars, result)


def _source(request: BetRequest) -> Source:
    """Return a probability of YES on every bar with a bid and an ask, NaN on the others: an old one is no belief."""
    if request.source == TILT:
        if not 0.0 < request.tilt < 10.0:
            raise InvalidConfig(f"tilt is {request.tilt:g}; it multiplies the log odds: choose one inside (0, 10)")
        return lambda bars: tilted(0.5 * (bars.bid + bars.ask), request.tilt)
    quoted, p = forecasts(request.which, request.source)
    order = np.argsort(quoted.ticker, kind="stable")
    names, first = np.unique(quoted.ticker[order], return_index=True)
    rows = dict(zip(names.tolist(), np.split(order, first[1:]), strict=True))

    def looked_up(bars: EventColumns) -> Floats:
        own = rows.get(bars.ticker, order[:0])
        found = np.full(len(bars), np.nan)
        # a bar of the run is one of the set's own bars or, cut short, the first of them: its end finds it
        at = np.searchsorted(bars.ends, quoted.time[own])
        inside = at < len(bars)
        found[at[inside]] = p[own[inside]]
        return found

    return looked_up


def tilted(price: Floats, tilt: float) -> Floats:
    """Return the probabilities whose log odds are `tilt` times those of a price; NaN stays NaN."""
    return np.asarray(1.0 / (1.0 + (1.0 / price - 1.0) ** tilt), np.float64)


def _view(request: BetRequest, bars: EventBars, result: BacktestResult) -> BetRunView:
    said = result.decisions
    counted = said[said["kind"] == "veto"]["words"].value_counts() if "words" in said else pd.Series(dtype=int)
    return BetRunView(
        request=request,
        time_ms=np.asarray(bars.ends / 1e6),
        equity=result.equity_values,
        drawdown=result.drawdown_values,
        metrics=result.metrics,
        bets=result.bets,
        by_event=result.by_event,
        decisions={str(name): int(count) for name, count in counted.items()},
        notes=tuple(result.notes),
        markets=len(bars.markets),
        events=request.last - request.first + 1,
    )
