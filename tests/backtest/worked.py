"""Small markets for examples that can be checked with pencil and paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine import Backtest, BacktestResult, Bars, FixedQuantity, Instrument, RiskManager, Signals
from engine.core import codes as c
from engine.core.costs import Costs
from engine.strategies.base import Strategy

Row = tuple[float, float, float, float]
NAN = float("nan")


def flat(*closes: float) -> list[Row]:
    """Return bars that open, trade and close at one price each."""
    return [(price, price, price, price) for price in closes]


def bars_of(
    panel: Mapping[str, Sequence[Row]] | Sequence[Row],
    *,
    index: pd.DatetimeIndex | None = None,
    volume: float = 1e9,
    **instrument: Any,
) -> Bars:
    """Return bars of one symbol (AA) or several, for instruments that round nothing unless told to."""
    table = panel if isinstance(panel, Mapping) else {"AA": panel}
    names = sorted(table)
    n = len(table[names[0]])
    index = pd.bdate_range("2021-03-01", periods=n, name="time") if index is None else index
    prices = np.full((5, len(names), n), volume)
    for s, name in enumerate(names):
        prices[:4, s] = np.array(table[name], float).T
    things = tuple(Instrument(name, **{"lot": 0.0, **instrument}) for name in names)
    stamps = index.as_unit("ns").asi8
    return Bars(things, stamps, prices, index, interval="1d" if index.tz is None else "1h")


class Says(Strategy):
    """Says for each symbol, in the order of names, what it was given."""

    def __init__(self, *script: Signals) -> None:
        super().__init__()
        self.script, self.turn = script, 0

    def signals(self, bars: Any, ind: Any) -> Signals:
        self.turn += 1
        return self.script[(self.turn - 1) % len(self.script)]


def at(n: int, *bars: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return flags that are true on some bars."""
    flags = np.zeros(n, np.bool_)
    flags[list(bars)] = True
    return flags


def says(n: int, entry: Sequence[int] = (), exit: Sequence[int] = (), **more: Any) -> Signals:  # noqa: A002
    """Return signals that enter and exit on these bars."""
    return Signals(entry=at(n, *entry), exit=at(n, *exit), **more)


def run(
    panel: Bars | Mapping[str, Sequence[Row]] | Sequence[Row],
    *script: Signals,
    capital: float = 10_000,
    sizer: Any = None,
    costs: Costs | None = None,
    risk: Mapping[str, Any] | None = None,
    **options: Any,
) -> BacktestResult:
    """Run signals over a small market: ten shares at a time unless another sizer is given."""
    bars = panel if isinstance(panel, Bars) else bars_of(panel)
    manager = RiskManager(position_sizer=sizer or FixedQuantity(10), **(risk or {}))
    return Backtest(Says(*script), capital, manager, costs, **options).run(bars)


def trade(result: BacktestResult, k: int = 0) -> dict[str, Any]:
    """Return a trade as a dict."""
    found: dict[str, Any] = result.trades.iloc[k].to_dict()
    return found


def said(result: BacktestResult, *codes: int) -> list[tuple[int, str, float, float]]:
    """Return (bar, symbol, asked, allowed) of every decision with one of the codes."""
    table = result.decisions
    table = table[table["code"].isin(codes)]
    return list(table[["bar", "symbol", "asked", "allowed"]].itertuples(index=False, name=None))


def codes_of(result: BacktestResult) -> list[int]:
    """Return the codes of all decisions in order."""
    return [int(code) for code in result.decisions["code"]]


__all__ = ["NAN", "Row", "Says", "at", "bars_of", "c", "codes_of", "flat", "run", "said", "says", "trade"]
