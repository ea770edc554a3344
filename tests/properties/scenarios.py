"""Random markets, signals, limits and costs: what the property tests of the engine run on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import Backtest, BacktestResult, KellyCriterion, RiskManager, Signals, Strategy
from engine.core.costs import Costs
from engine.core.instrument import QUADRATIC, FeeModel, Instrument
from engine.core.market import Bars, Columns
from engine.risk.sizing import FixedFraction, FixedQuantity
from tests.engine_twin.desk import Options

Array = NDArray[Any]
SYMBOLS = ("AA", "BB", "CC")


class Scripted(Strategy):
    """Says what it was given, symbol after symbol, on the bars that each symbol has."""

    def __init__(self, script: list[Signals]) -> None:
        super().__init__()
        self.script, self.turn = script, 0

    def signals(self, bars: Columns, ind: Any) -> Signals:
        given = self.script[self.turn % len(self.script)]
        self.turn += 1
        if len(given.entry) == len(bars):
            return given
        return cut(given, self.places[(self.turn - 1) % len(self.script)])

    places: tuple[Array, ...] = ()


def cut(signals: Signals, where: Array) -> Signals:
    """Return the signals on some bars only."""
    names = [name for name in signals.__dataclass_fields__ if isinstance(getattr(signals, name), np.ndarray)]
    return replace(signals, **{name: getattr(signals, name)[where] for name in names})


@dataclass(frozen=True)
class Scenario:
    """One run: a panel, a script on its time axis, and everything a user may set."""

    seed: int
    bars: Bars
    script: list[Signals]
    risk: RiskManager
    costs: Costs
    options: Options
    nan: str
    capital: float

    def __repr__(self) -> str:
        """Leave the arrays out: a failing example is rebuilt from its seed."""
        shape = f"{len(self.script)} symbols x {len(self.bars)} bars, {self.bars.interval}, {self.bars.instruments[0]}"
        return f"Scenario({self.seed}, {shape}, {self.risk}, {self.costs}, {self.options}, nan={self.nan!r})"

    def backtest(self) -> Backtest:
        strategy = Scripted(self.script)
        strategy.places = tuple(np.flatnonzero(np.isfinite(self.bars.prices[3, s])) for s in range(len(self.script)))
        o = self.options
        return Backtest(
            strategy, self.capital, self.risk, self.costs, o.fill, o.allow_short, o.stops_from, o.stop_basis, self.nan
        )

    def run(self) -> BacktestResult:
        return self.backtest().run(self.bars)


def walk(rng: np.random.Generator, n: int, base: float, swing: float, grid: float) -> Array:
    """Return open, high, low, close, volume of shape (5, n): gaps, flat bars, wide bars; on a grid if it is above 0."""
    steps = rng.normal(0, swing, n) * rng.choice([0.0, 1.0, 3.0], n, p=[0.1, 0.8, 0.1])
    jumps = rng.normal(0, swing, n) * rng.choice([0.0, 1.0, 3.0], n, p=[0.4, 0.5, 0.1])
    close = base * np.exp(np.cumsum(steps + jumps))
    open_ = np.concatenate([[base], close[:-1]]) * np.exp(jumps)
    reach = np.abs(rng.normal(0, swing, (2, n))) * (rng.random(n) > 0.15)
    high, low = np.maximum(open_, close) * (1 + reach[0]), np.minimum(open_, close) * (1 - reach[1])
    prices = np.stack([open_, high, low, close])
    if base < 1:  # a contract's price lies between 0 and 1
        prices = np.clip(prices, 0.02, 0.98)
    if grid > 0:
        prices = np.maximum(np.round(prices / grid), 1.0) * grid
    volume = np.round(rng.uniform(0, 400, n)) * (rng.random(n) > 0.05)
    volume[0] += 1.0  # data without any volume is refused at the door
    return np.vstack([prices, volume[None]])


def with_gaps(rng: np.random.Generator, prices: Array, missing: float, torn: float) -> None:
    """Take whole bars out of each symbol, and single prices out of some bars; the first bar stays."""
    symbols, n = prices.shape[1:]
    for s in range(symbols):
        prices[:, s, 1:][:, rng.random(n - 1) < missing] = np.nan
        prices[:4, s, 1:][rng.random((4, n - 1)) < torn] = np.nan


def column(rng: np.random.Generator, values: list[float], n: int, gaps: float = 0.2) -> Array:
    found = rng.choice(values, n)
    found[rng.random(n) < gaps] = np.nan
    return found


@dataclass(frozen=True)
class Says:
    """Which kinds of signals a script has."""

    entry: float
    exit: float
    side: str
    exit_short: bool
    probability: bool
    score: bool
    stop: str
    target: str
    trail: str
    limit: bool
    weight: bool


def script_of(rng: np.random.Generator, says: Says, prices: Array) -> list[Signals]:
    """Return one set of signals a symbol."""
    symbols, n = prices.shape[1:]
    constants = {"stop": 0.04, "target": 0.06, "trail": 0.05}
    spreads = {"stop": [0.005, 0.04, 0.2], "target": [0.005, 0.06, 0.3], "trail": [0.01, 0.05, 0.3]}

    def level(name: str) -> Any:
        kind = getattr(says, name)
        return {"none": None, "one": constants[name]}.get(kind, column(rng, spreads[name], n))

    found = []
    for s in range(symbols):
        close = prices[3, s]
        there = np.isfinite(close)
        side: Any = {"long": 1, "short": -1}.get(says.side)
        if side is None:
            side = rng.choice([-1, 1] if says.side == "both" else [-1, 0, 1], n).astype(np.int8)
        found.append(
            Signals(
                entry=(rng.random(n) < says.entry) & there,
                exit=(rng.random(n) < says.exit) & there,
                side=side,
                exit_short=(rng.random(n) < says.exit) & there if says.exit_short else None,
                probability=column(rng, [0.3, 0.52, 0.6, 0.9], n, 0.1) if says.probability else None,
                payoff=column(rng, [0.8, 1.0, 2.0], n, 0.05) if says.probability else None,
                score=column(rng, [0.0, 1.0, 2.0], n) if says.score else None,
                stop_loss_pct=level("stop"),
                take_profit_pct=level("target"),
                trailing_stop_pct=level("trail"),
                limit=close * column(rng, [0.97, 0.995, 1.0, 1.01, 1.03], n) if says.limit else None,
                target_fraction=column(rng, [0.0, 0.05, 0.3, 1.0], n) if says.weight else None,
            )
        )
    return found


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Draw the usual value half of the time: with every option on at once, nothing would trade."""
    return st.sampled_from([usual] * len(others) + list(others))


SIZERS = some(
    KellyCriterion(0.5, 0.4, 0.02),
    KellyCriterion(0.25, 0.10, 0.01),
    FixedFraction(0.3),
    FixedFraction(1.0),
    FixedFraction(1.0, at_fill=True),
    FixedFraction(0.6, at_fill=True),
    FixedQuantity(7.0),
    FixedQuantity(60.0),
)


@st.composite
def risks(draw: st.DrawFn, *, gross: tuple[float, ...] = (0.5, 2.0), clustered: bool = True) -> RiskManager:
    max_drawdown = draw(mostly(None, 0.02, 0.06, 0.2))
    most = draw(mostly(1.0, *gross))
    clusters = draw(mostly({}, {"AA": "x", "BB": "x"}, {"AA": "x", "BB": "y", "CC": "x"})) if clustered else {}
    return RiskManager(
        position_sizer=draw(SIZERS),
        max_drawdown_pct=max_drawdown,
        drawdown_kind=draw(mostly("trailing", "static", "trailing_amount", "trailing_lock")),
        cooldown_bars=draw(some(None, 0, 2, 5)),
        scale_by_drawdown=max_drawdown is not None and draw(some(False, True)),
        daily_loss_limit_pct=draw(mostly(None, 0.002, 0.01, 0.03)),
        daily_loss_basis=draw(mostly("equity", "balance", "max")),
        on_daily_loss=draw(some("block", "flatten")),
        reset_time=draw(mostly("00:00", "17:00", "01:20")),
        reset_time_zone=draw(mostly(None, "UTC", "Asia/Tokyo")),
        max_open_positions=draw(mostly(None, 1, 2)),
        max_position_pct=draw(mostly(None, 0.15, 0.45)),
        max_gross_exposure=most,
        max_volatility=draw(mostly(None, 0.03, 0.1)),
        volatility_lookback=3,
        clusters=clusters,
        max_cluster_pct=draw(mostly(None, 0.35)) if clusters else None,
        max_consecutive_losses=draw(mostly(None, 1, 3)),
        loss_pause_bars=3,
    )


@st.composite
def costs(draw: st.DrawFn, *, volume: bool = True) -> Costs:
    return Costs(
        fee_rate=draw(mostly(0.0, 0.001, 0.02)),
        fee_per_share=draw(mostly(0.0, 0.01)),
        min_fee=draw(mostly(0.0, 1.0, 6.0)),
        slippage_rate=draw(mostly(0.0, 0.0005, 0.02)),
        slippage_range=draw(mostly(0.0, 0.1, 0.5)),
        max_volume_share=draw(mostly(None, 0.1, 0.5)) if volume else None,
    )


@st.composite
def saying(draw: st.DrawFn, *, sides: tuple[str, ...] = ("long", "short", "both", "any")) -> Says:
    stops = mostly("none", "one", "many")
    return Says(
        entry=draw(some(0.15, 0.5, 0.95)),
        exit=draw(some(0.05, 0.3)),
        side=draw(some(*sides)),
        exit_short=draw(st.booleans()),
        probability=draw(mostly(False, True)),
        score=draw(mostly(False, True)),
        stop=draw(stops),
        target=draw(stops),
        trail=draw(mostly("none", "one", "many")),
        limit=draw(mostly(False, True)),
        weight=draw(mostly(False, True)),
    )


@st.composite
def instruments(draw: st.DrawFn, count: int, *, contract: bool) -> tuple[Instrument, ...]:
    lot = draw(some(0.01, 1.0) if contract else some(0.0, 0.001, 0.1, 1.0))
    tick = draw(some(0.01, 0.001) if contract else mostly(0.0, 0.01, 0.25))
    fee = FeeModel(QUADRATIC, rate=0.07) if contract else draw(mostly(None, FeeModel(rate=0.003, minimum=0.5)))
    kind = "event" if contract else draw(some("stock", "crypto"))
    return tuple(Instrument(name, kind=kind, lot=lot, tick=tick, fee=fee) for name in SYMBOLS[:count])


def axis(kind: str, n: int) -> pd.DatetimeIndex:
    """Return a daily axis without a zone, or one in UTC across the spring or the autumn change of New York's clocks."""
    if kind == "daily":
        return pd.bdate_range("2021-03-01", periods=n, name="time")
    if kind == "half hours":
        return pd.date_range("2021-11-07 02:00", periods=n, freq="30min", tz="UTC", name="time")
    return pd.date_range("2021-03-12 09:00", periods=n, freq="5h", tz="UTC", name="time")


def panel(names: tuple[Instrument, ...], prices: Array, index: pd.DatetimeIndex) -> Bars:
    """Return prices of shape (5, symbols, bars) as bars."""
    return Bars(names, index.as_unit("ns").asi8, prices, index, interval="1d" if index.tz is None else "1h")


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    gross: tuple[float, ...] = (0.5, 2.0),
    sides: tuple[str, ...] = ("long", "short", "both", "any"),
    shorts: bool = True,
) -> Scenario:
    """Return a run with any mixture of options."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    count = draw(st.integers(1, 3))
    n = draw(st.integers(4, 45) | st.integers(100, 150))  # the long ones reach the twenty trades that Kelly waits for
    contract = draw(mostly(False, False, True))
    nan = draw(some("refuse", "hold"))
    base = 0.5 if contract else draw(some(100.0, 40.0))
    grid = 0.01 if contract else draw(some(0.0, 0.01, 0.25))
    swing = draw(some(0.01, 0.03, 0.08))
    prices = np.stack([walk(rng, n, base, swing, grid) for _ in range(count)], axis=1)
    if nan == "hold":
        with_gaps(rng, prices, draw(some(0.05, 0.3)), draw(some(0.0, 0.04)))
    elif count > 1:
        with_gaps(rng, prices, draw(some(0.0, 0.1)), 0.0)
    says = draw(saying(sides=sides))
    options = Options(
        fill=draw(mostly("next_open", "close")),
        allow_short=shorts and draw(some(True, True, False)),
        stops_from=draw(some("entry_bar", "next_bar")),
        stop_basis=draw(mostly("fill", "signal_close")),
    )
    bars = panel(
        draw(instruments(count, contract=contract)), prices, axis(draw(some("daily", "hours", "half hours")), n)
    )
    script = script_of(rng, says, prices)
    capital = draw(mostly(10_000.0, 150.0))
    return Scenario(seed, bars, script, draw(risks(gross=gross)), draw(costs()), options, nan, capital)
