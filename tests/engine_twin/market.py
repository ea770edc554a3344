"""Bars, signals and sessions as plain lists, from the public values that a backtest takes."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from engine.core.instrument import Instrument
from engine.core.market import Bars
from engine.risk.limits import RiskManager
from engine.strategies.signal import Signals

NAN = math.nan


@dataclass
class Bar:
    """One symbol's prices on one bar; NaN where it has none."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass
class Fate:
    """How a market ends: from `closes` (nanoseconds) nothing trades, on bar `settles_on` a position is paid `value`."""

    closes: float = math.inf
    settles_on: float = math.inf
    value: float = NAN


@dataclass
class Ask:
    """What a strategy says of one symbol at one close; NaN for what it does not say."""

    entry: bool
    exit: bool
    exit_short: bool | None
    side: int
    probability: float | None
    payoff: float
    score: float
    stop: float
    target: float
    trail: float
    limit: float
    weight: float


@dataclass
class Quoted:
    """What two-sided quotes add: what entries pay, (5, symbols, bars), marks (symbols, bars), and how each market ends."""

    offers: list[list[list[float]]]
    marks: list[list[float]]
    fates: list[Fate]


@dataclass
class View:
    """One bar of all symbols: where one may sell, where one may buy, and what a position counts for at the close."""

    bars: list[Bar]
    offers: list[Bar]
    marks: list[float]


def views(panel: Bars, quoted: Quoted | None) -> Iterator[View]:
    """Go through the bars in time; without quotes there is one price for all."""
    columns = panel.prices.tolist()
    offers = columns if quoted is None else quoted.offers
    marks = columns[3] if quoted is None else quoted.marks
    symbols = range(len(panel.instruments))
    for t in range(len(panel)):
        bars, asked = ([Bar(*(f[s][t] for f in side[:5])) for s in symbols] for side in (columns, offers))
        yield View(bars, asked, [marks[s][t] for s in symbols])


def _at(value: object, t: int, otherwise: float) -> float:
    if value is None:
        return otherwise
    return float(value[t]) if isinstance(value, np.ndarray) else float(value)  # type: ignore[arg-type]


def asks_of(signals: list[Signals], n: int) -> list[list[Ask]]:
    """Return what is asked by time, then by symbol; signals lie on the panel's own time axis."""
    two_exits = any(s.exit_short is not None for s in signals)

    def ask(s: Signals, t: int) -> Ask:
        short = s.exit if s.exit_short is None else s.exit_short
        return Ask(
            bool(s.entry[t]), bool(s.exit[t]), bool(short[t]) if two_exits else None, int(_at(s.side, t, 1)),
            None if s.probability is None else _at(s.probability, t, NAN), _at(s.payoff, t, 1.0), _at(s.score, t, 0.0),
            _at(s.stop_loss_pct, t, 0.0), _at(s.take_profit_pct, t, 0.0), _at(s.trailing_stop_pct, t, 0.0),
            _at(s.limit, t, 0.0), _at(s.target_fraction, t, NAN),
        )  # fmt: skip

    return [[ask(s, t) for s in signals] for t in range(n)]


def sessions(panel: Bars, risk: RiskManager) -> list[object]:
    """Return the session day of each bar: its own date, or by wall clock in the zone of the account's reset."""
    if panel.index.tz is None:
        return [stamp.date() for stamp in panel.index]
    crypto = all(i.kind == "crypto" for i in panel.instruments)
    zone = ZoneInfo(risk.reset_time_zone or ("UTC" if crypto else "America/New_York"))
    hours, minutes = map(int, risk.reset_time.split(":"))
    walls = [stamp.to_pydatetime().astimezone(zone).replace(tzinfo=None) for stamp in panel.index]
    days = [(wall - timedelta(hours=hours, minutes=minutes)).date() for wall in walls]
    return list(itertools.accumulate(days, max))  # an hour that the clock repeats does not bring yesterday back


def volatilities(panel: Bars, lookback: int) -> list[list[float]]:
    """Return the deviation (ddof 1) of each symbol's last simple returns, by time, then by symbol; NaN until known."""
    found = [[NAN] * len(panel.instruments) for _ in range(len(panel))]
    for s in range(len(panel.instruments)):
        close = panel.prices[3, s].tolist()
        own = [t for t, price in enumerate(close) if not math.isnan(price)]
        returns = [close[b] / close[a] - 1.0 for a, b in itertools.pairwise(own)]
        for k in range(lookback, len(own)):
            found[own[k]][s] = statistics.stdev(returns[k - lookback : k])
    return found


def clusters(instruments: tuple[Instrument, ...], risk: RiskManager) -> list[str | None]:
    return [risk.clusters.get(i.symbol, i.cluster) for i in instruments]
