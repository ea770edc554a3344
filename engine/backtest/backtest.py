"""One backtest: a strategy, an account and its limits over bars, through the compiled steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backtest.barwise import BarRun
from engine.backtest.encode import Present, check_signals, encode
from engine.backtest.eventwise import EventRun
from engine.backtest.legs import Legs, encode_events, legs_of, probabilities_of
from engine.backtest.result import BacktestResult
from engine.backtest.rulebook import RunOptions, build_rules, build_terms, session_days, volatility_of
from engine.core.costs import Costs
from engine.core.errors import InvalidConfig, InvalidData
from engine.core.events import EventBars
from engine.core.market import Bars
from engine.numerics.kernels import ready
from engine.numerics.kernels.stage import Desk, Log, Market, SignalBlock, advance
from engine.risk.limits import RiskManager
from engine.strategies.base import BarStrategy, Strategy

if TYPE_CHECKING:
    import pandas as pd

_ROOM = 1024  # notes a run may take before it is run again with as much room as it needs


def as_bars(data: Any, symbol: str | None = None, *, nan: str = "refuse") -> Bars:
    """Return what a user hands in as checked bars: a DataFrame, `Bars`, or a dict of symbol to either."""
    if isinstance(data, Bars):
        return _checked_bars(data, symbol, nan)
    if isinstance(data, EventBars):
        raise InvalidData(
            f"{_some(data.symbols)}: event contracts have two sides and end; only Backtest.run takes them"
        )
    if isinstance(data, Mapping):
        if symbol is not None:
            raise InvalidData(f"symbol={symbol!r} was given with several symbols; leave it out, the dict names them")
        return Bars.together({str(name): as_bars(part, str(name), nan=nan) for name, part in data.items()})
    from engine.data.frame import check_frame

    name = getattr(data, "attrs", {}).get("symbol") if symbol is None else symbol
    if name is None:
        raise InvalidData("the data names no symbol; pass symbol='...'")
    return Bars.from_frame(check_frame(data, name, allow_nan=nan == "hold"), name)


def as_market(data: Any, symbol: str | None = None, *, nan: str = "refuse") -> Bars | EventBars:
    """Return what a user hands in as bars or, for event contracts, as `EventBars`; a dict holds one kind only."""
    if getattr(data, "attrs", {}).get("kind") == "event":
        from engine.data.event_frame import events_from_frame

        data = events_from_frame(data)
    if isinstance(data, EventBars):
        if symbol is not None and data.symbols != (symbol,):
            raise InvalidData(f"the markets are {_some(data.symbols)} and symbol is {symbol!r}; they must agree")
        return data
    if isinstance(data, Mapping):
        parts = {str(name): as_market(part, nan=nan) if _quoted(part) else part for name, part in data.items()}
        events = {name: part for name, part in parts.items() if isinstance(part, EventBars)}
        if events and len(events) < len(parts):
            other = next(name for name in parts if name not in events)
            raise InvalidData(
                f"{next(iter(events))} is an event market and {other} is not; run them as two backtests, each with its "
                "share of the capital"
            )
        if events:
            return EventBars.together(events)
    return as_bars(data, symbol, nan=nan)


def _quoted(part: Any) -> bool:
    return isinstance(part, EventBars) or getattr(part, "attrs", {}).get("kind") == "event"


def _some(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _checked_bars(bars: Bars, symbol: str | None, nan: str) -> Bars:
    if symbol is not None and bars.symbols != (symbol,):
        raise InvalidData(f"the bars hold {', '.join(bars.symbols)} and symbol is {symbol!r}; they must agree")
    if len(bars) == 0:
        raise InvalidData(f"the bars of {', '.join(bars.symbols)} are none at all; pass at least one")
    if len(bars) > 1 and not (bars.time[1:] > bars.time[:-1]).all():
        row = int(np.flatnonzero(bars.time[1:] <= bars.time[:-1])[0]) + 1
        raise InvalidData(f"time at bar {row} is not after the bar before it; sort the bars and drop duplicates")
    prices = bars.prices[:4]
    total = prices.sum()
    if not (math.isfinite(total) and prices.min() > 0):
        _check_prices(bars, nan)
    opened, high, low, close = prices
    wrong = (np.minimum(opened, close) < low) | (np.maximum(opened, close) > high)
    if wrong.any():
        s, bar = (int(v[0]) for v in np.nonzero(wrong))
        raise InvalidData(
            f"{bars.symbols[s]} bar {bar}: open {opened[s, bar]} and close {close[s, bar]} must lie between low "
            f"{low[s, bar]} and high {high[s, bar]}; correct the bar"
        )
    return bars


def _check_prices(bars: Bars, nan: str) -> None:
    prices = bars.prices[:4]
    for s, name in enumerate(bars.symbols):
        own = prices[:, s]
        gone = np.isnan(own)
        bad = np.isinf(own) | (own <= 0)
        if len(bars.symbols) == 1 and nan == "refuse":
            bad |= gone
        else:
            bad |= gone & ~gone.all(axis=0) if nan == "refuse" else False
        if bad.any():
            field, bar = (int(v[0]) for v in np.nonzero(bad))
            column = ("open", "high", "low", "close")[field]
            raise InvalidData(
                f"{name} bar {bar}: {column} is {own[field, bar]}; prices must be finite and above 0 "
                "(nan='hold' lets orders wait over NaN)"
            )


class Backtest:
    """A strategy on an account: `Backtest(strategy, initial_capital, risk_manager).run(data, symbol="SPY")`.

    `fill="next_open"` decides at the close and fills at the next open; `fill="close"` fills at the same close and is
    optimistic. `stops_from`: stops live on the "entry_bar" or from the "next_bar". `stop_basis`: from the "fill"
    or the "signal_close". `nan`: a NaN price is refused, or makes orders wait ("hold"). The object is not changed by a
    run and may be used again.
    """

    def __init__(
        self,
        strategy: Strategy | BarStrategy,
        initial_capital: float = 10_000,
        risk_manager: RiskManager | None = None,
        costs: Costs | None = None,
        fill: str = "next_open",
        allow_short: bool = False,
        stops_from: str = "entry_bar",
        stop_basis: str = "fill",
        nan: str = "refuse",
    ) -> None:
        if isinstance(strategy, type) or not isinstance(strategy, (Strategy, BarStrategy)):
            raise InvalidConfig(f"strategy is {strategy!r}; pass an instance, for example MeanReversionStrategy()")
        self.strategy = strategy
        self.initial_capital = check_capital(initial_capital)
        self.risk_manager = RiskManager() if risk_manager is None else risk_manager
        self.costs = Costs() if costs is None else costs
        for name, value, kind in (("risk_manager", self.risk_manager, RiskManager), ("costs", self.costs, Costs)):
            if not isinstance(value, kind):
                raise InvalidConfig(f"{name} is {value!r}; it must be a {kind.__name__}")
        self.options = RunOptions(fill, allow_short, stops_from, stop_basis, nan)

    def run(
        self, data: pd.DataFrame | Bars | EventBars | Mapping[str, Any], symbol: str | None = None
    ) -> BacktestResult:
        """Run over a DataFrame and a symbol, `Bars`, `EventBars`, or a dict of these for one account over many."""
        given = as_market(data, symbol, nan=self.options.nan)
        ready()
        rules = build_rules(self.initial_capital, self.risk_manager, self.costs, self.options)
        rules["log"] = 1
        if isinstance(given, EventBars):
            legs = legs_of(given)
            market = legs.market(self.risk_manager, self.costs, rules)
            signals = None if isinstance(self.strategy, BarStrategy) else self._event_signals(given, rules)
            return self._play(given, legs.bars, legs, market, rules, signals)
        market = Market(
            given.prices,
            volatility_of(given, self.risk_manager),
            session_days(given, self.risk_manager),
            build_terms(given, self.risk_manager, self.costs),
        )
        signals = None if isinstance(self.strategy, BarStrategy) else self._signals(given, rules)
        return self._play(given, given, None, market, rules, signals)

    def _play(
        self,
        data: Bars | EventBars,
        bars: Bars,
        legs: Legs | None,
        market: Market,
        rules: Any,
        signals: SignalBlock | None,
    ) -> BacktestResult:
        """Run until the log has had room for everything; `bars` have a row for every slot of the account."""
        slots = len(bars.instruments)
        room = _ROOM + len(bars) * slots  # untouched room costs nothing
        while True:
            desk, log = Desk(slots), Log(slots, len(bars), room)
            block = signals
            if block is None:
                assert isinstance(self.strategy, BarStrategy)
                own = rules.copy()
                run: BarRun | EventRun
                if legs is None:
                    run = BarRun(self.strategy.fresh(), bars, market, own, log, desk)
                else:
                    run = EventRun(self.strategy.fresh(), legs, market, own, log, desk, self.costs.fee_model())
                run.play()
                block = run.block
            else:
                advance(desk, block, market, rules, log, -1, len(bars))
            if not log.full:
                break
            room = log.needed
        said = None if legs is None else probabilities_of(block, rules if signals is not None else own)
        return BacktestResult(self, data, log, desk.accounts[0], desk.slots, said)

    def _event_signals(self, events: EventBars, rules: Any) -> SignalBlock:
        assert isinstance(self.strategy, Strategy)
        found, columns = [], events.all_columns(self.costs.fee_model())
        for there in columns:
            self.strategy.check_bars(there, there.ticker)
            signals = self.strategy.signals(there, self.strategy.indicators(there))
            found.append(check_signals(signals, type(self.strategy).__name__, there))
        return encode_events(found, columns, len(events), rules)

    def _signals(self, bars: Bars, rules: Any) -> SignalBlock:
        assert isinstance(self.strategy, Strategy)
        found, present = [], []
        for s, instrument in enumerate(bars.instruments):
            there = Present(bars, s)
            self.strategy.check_bars(there.bars, instrument.symbol)
            ind = self.strategy.indicators(there.bars)
            signals = self.strategy.signals(there.bars, ind)
            found.append(check_signals(signals, type(self.strategy).__name__, there.bars))
            present.append(there)
        return encode(found, present, len(bars), 1, rules)


def check_capital(value: Any) -> float:
    """Return starting capital as a float above 0, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or value <= 0:
        raise InvalidConfig(f"initial_capital is {value!r}; it must be a number above 0, for example 10_000")
    return float(value)
