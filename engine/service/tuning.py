"""Runs what the Tune page asks for, and keeps the newest runs so that tabs and downloads need no second one."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import pandas as pd

from engine.backtest.backtest import Backtest
from engine.backtest.result import BacktestResult
from engine.core.market import Bars
from engine.risk.limits import RiskManager
from engine.risk.sizing import FixedFraction
from engine.service import reasons as words
from engine.service.catalogue import make, strategy
from engine.service.library import bars_of, dataset
from engine.service.recent import Recent
from engine.service.request import RunRequest
from engine.service.view import Floats, MonthView, PriceView, RunView
from engine.strategies.buy_and_hold import BuyAndHoldStrategy

_COMPILING = Lock()


@dataclass(frozen=True, slots=True)
class _Kept:
    result: BacktestResult
    said: words.Spoken
    view: RunView


_RUNS: Recent[RunRequest, _Kept] = Recent(6)
_HELD: Recent[tuple[object, ...], BacktestResult] = Recent(6)


def is_compiled() -> bool:
    """Say whether a run would start at once, without compiling the engine first."""
    from engine.numerics import kernels

    return kernels.is_warm()


def compile_engine() -> None:
    """Compile the engine for this machine, about 10 s; visitors who come meanwhile wait for the one at work."""
    from engine.numerics import kernels

    with _COMPILING:
        if not kernels.is_warm():
            kernels.warm()


def run(request: RunRequest) -> RunView:
    """Run a backtest and buy-and-hold beside it, or refuse the request in one sentence."""
    return _kept(request).view


def prices(request: RunRequest) -> PriceView:
    """Return the prices of a run with the strategy's bands and its trades."""
    result = _kept(request).result
    bars = result.bars
    assert isinstance(bars, Bars)
    columns = bars.one(bars.symbols[0])
    features = result.strategy.features(columns)
    time_ms = _milliseconds(result)
    table = result.trades
    still_open = (table["exit_reason"] == "open").to_numpy()
    return PriceView(
        time_ms=time_ms,
        open=columns.open,
        high=columns.high,
        low=columns.low,
        close=columns.close,
        close_only=bars.close_only[0],
        bands={_worded(name): features[name] for name in result.strategy.bands()},
        entry_ms=time_ms[table["entry_bar"].to_numpy()],
        entry_price=table["entry_price"].to_numpy(),
        exit_ms=np.where(still_open, np.nan, time_ms[table["exit_bar"].to_numpy()]),
        exit_price=np.where(still_open, np.nan, table["exit_price"].to_numpy()),
        side=np.where(table["side"] == "long", 1, -1).astype(np.int64),
        pnl=table["pnl"].to_numpy(),
        reason=tuple(table["exit_reason"]),
    )


def months(request: RunRequest) -> MonthView:
    """Return what a run made in every month and year."""
    from engine.backtest.figures import monthly_table

    years, table = monthly_table(_kept(request).result)
    annual = np.nanprod(1.0 + table, axis=1) - 1.0
    return MonthView(tuple(years), table, annual)


def trades(request: RunRequest) -> pd.DataFrame:
    """Return every trade of a run, P&L after fees; one still open at the end has the exit reason "open"."""
    return _kept(request).result.trades


def decisions(request: RunRequest) -> pd.DataFrame:
    """Return the decisions of a run by reason: reason, kind, count, first and last time."""
    return words.grouped(_kept(request).result)


def explain(request: RunRequest) -> tuple[str, ...]:
    """Answer "why did it not trade?" in sentences."""
    kept = _kept(request)
    return words.why(kept.result, kept.said)


def closed_returns(request: RunRequest) -> Floats:
    """Return the returns of the closed trades of a run, after costs; shape (trades,)."""
    found: Floats = words.closed(_kept(request).result)["return"].to_numpy()
    return found


def trades_csv(request: RunRequest) -> bytes:
    """Return the trades of a run as a CSV file."""
    return trades(request).to_csv(index=False).encode("utf-8")


def tear_sheet(request: RunRequest) -> bytes:
    """Return a run as one self-contained page."""
    return _kept(request).result.to_html().encode("utf-8")


def _kept(request: RunRequest) -> _Kept:
    return _RUNS.made(request, lambda: _played(request))


def _played(request: RunRequest) -> _Kept:
    backtest = Backtest(
        make(request.strategy, request.params),
        request.capital,
        request.risk_manager(),
        request.costs(),
        fill=request.fill,
        allow_short=request.allow_short,
    )
    result = backtest.run(bars_of(request.dataset))
    said = words.spoken(result)
    return _Kept(result, said, _view(request, result, said))


def _view(request: RunRequest, result: BacktestResult, said: words.Spoken) -> RunView:
    held = _buy_and_hold(request)
    short = words.short_note(result)
    return RunView(
        request=request,
        dataset=dataset(request.dataset),
        strategy=strategy(request.strategy),
        time_ms=_milliseconds(result),
        equity=result.equity_values,
        drawdown=result.drawdown_values,
        benchmark=held.equity_values,
        metrics=result.metrics,
        benchmark_metrics=held.metrics,
        sizing=words.sizing(result, said),
        notes=(*result.notes, *([short] if short else [])),
        alerts=words.alerts(result),
        optimistic=result.optimistic,
    )


def _buy_and_hold(request: RunRequest) -> BacktestResult:
    """All-in from the first bar with no limits, on the same data, costs and fills."""
    key = (request.dataset, request.capital, request.costs(), request.fill)

    def play() -> BacktestResult:
        risk = RiskManager(position_sizer=FixedFraction(1.0, at_fill=True))
        account = Backtest(BuyAndHoldStrategy(), request.capital, risk, request.costs(), fill=request.fill)
        return account.run(bars_of(request.dataset))

    return _HELD.made(key, play)


def _milliseconds(result: BacktestResult) -> Floats:
    time: Floats = result.bars.time / 1e6
    return time


def _worded(name: str) -> str:
    return name.replace("_", " ").capitalize()
