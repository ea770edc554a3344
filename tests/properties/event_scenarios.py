"""Random event markets, orders on both of their sides, limits and fees: what the property tests of events run on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import Backtest, BacktestResult, BuyAndHoldStrategy, EventBars, EventContract, RiskManager, Signals
from engine.backtest.encode import encode
from engine.backtest.legs import Legs, legs_of
from engine.backtest.rulebook import build_rules
from engine.core.costs import Costs
from engine.core.instrument import BINARY, CENT, CONSERVATIVE, DIRECT, QUADRATIC, FeeModel, Instrument
from engine.core.quotes import clean_quotes
from engine.numerics.kernels import ready
from engine.numerics.kernels.stage import Desk, Log, Market, SignalBlock, advance
from tests.engine_twin.book import Story
from tests.engine_twin.desk import Options
from tests.engine_twin.loop import run
from tests.engine_twin.market import Fate, Quoted
from tests.properties.scenarios import column, costs, mostly, risks, saying, some

Array = NDArray[Any]
HOUR = 3_600_000_000_000
START = pd.Timestamp("2025-03-08 20:00", tz="UTC").value


class Whole:
    """Signals that already lie on the whole axis."""

    where = None

    def spread(self, values: Array, n: int, fill: Any) -> Array:
        return values


@dataclass(frozen=True)
class EventScenario:
    """One run on the legs of some markets, with signals for every leg by itself, so that both may be held at once."""

    seed: int
    events: EventBars
    script: list[Signals]
    risk: RiskManager
    costs: Costs
    options: Options
    capital: float

    def __repr__(self) -> str:
        """Leave the arrays out: a failing example is rebuilt from its seed."""
        shape = f"{len(self.events.markets)} markets x {len(self.events)} bars, {self.events.instruments[0]}"
        return f"EventScenario({self.seed}, {shape}, {self.risk}, {self.costs}, {self.options})"

    def backtest(self) -> Backtest:
        o = self.options
        return Backtest(
            BuyAndHoldStrategy(), self.capital, self.risk, self.costs, o.fill, False, o.stops_from, o.stop_basis
        )

    def prepared(self, *, log: bool = True) -> tuple[Legs, SignalBlock, Market, Any]:
        legs = legs_of(self.events)
        rules = build_rules(self.capital, self.risk, self.costs, self.backtest().options)
        rules["log"] = log
        market = legs.market(self.risk, self.costs, rules)
        return legs, encode(self.script, [Whole()] * len(self.script), len(self.events), 1, rules), market, rules  # type: ignore[list-item]

    def run(self) -> BacktestResult:
        ready()
        legs, block, market, rules = self.prepared()
        slots, n = len(self.script), len(legs.bars)
        desk, written = Desk(slots), Log(slots, n, 1 << 14)
        advance(desk, block, market, rules, written, -1, n)
        assert not written.full
        return BacktestResult(self.backtest(), self.events, written, desk.accounts[0], desk.slots)

    def story(self) -> Story:
        """Run the twin on the same legs."""
        legs = legs_of(self.events)
        offers = [*legs.prices[6:].tolist(), legs.prices[4].tolist()]
        return run(
            legs.bars, self.script, self.capital, self.risk, self.costs, self.options,
            Quoted(offers, legs.prices[5].tolist(), [f for m in self.events.markets for f in fates(m, self.events)]),
        )  # fmt: skip


def fates(market: EventContract, events: EventBars) -> tuple[Fate, Fate]:
    """Say how the two sides of a market end, from what is said of the market alone."""
    closes = math.inf if market.closes is None else market.closes
    on, value = math.inf, math.nan
    if market.settlement is not None and market.over is not None:
        value = market.settlement
        on = next((t for t, opened in enumerate(events.time.tolist()) if opened + events.step > market.over), math.inf)
    return Fate(closes, on, value), Fate(closes, on, round(1.0 - value, 6))


def book(rng: np.random.Generator, n: int, grid: float) -> Array:
    """Return quotes as a venue sends them: wide and narrow, sides that go missing, trades now and then."""
    middle = 1.0 / (1.0 + np.exp(-np.cumsum(rng.normal(0, 0.35, (n, 4)).ravel())))
    half = rng.choice([0.0, 0.5, 1.0, 4.0], 4 * n, p=[0.1, 0.4, 0.3, 0.2]) * 0.01
    bid = np.floor(np.clip(middle - half, 0.0, 0.99) / grid + 1e-9) * grid
    ask = np.maximum(np.ceil(np.clip(middle + half, 0.01, 1.0) / grid - 1e-9) * grid, bid)
    bid[rng.random(4 * n) < 0.06], ask[rng.random(4 * n) < 0.06] = 0.0, 1.0
    pulled = rng.random(4 * n) < 0.02
    bid[pulled], ask[pulled] = 0.0, 1.0
    quotes = np.empty((14, n))
    for row, side in ((0, bid), (4, ask)):
        four = np.round(side.reshape(n, 4), 6)
        quotes[row : row + 4] = four[:, 0], four.max(axis=1), four.min(axis=1), four[:, 3]
    quotes[8:12] = np.where(rng.random(n) < 0.6, np.clip(middle[::4], 0.01, 0.99), np.nan)
    quotes[12] = np.round(rng.uniform(0, 400, n)) * (rng.random(n) > 0.1) + 1.0
    quotes[13] = np.cumsum(quotes[12])
    return quotes


@st.composite
def fee_models(draw: st.DrawFn, n: int) -> FeeModel | None:
    """Return a schedule with any rounding, maker share and changes, or none."""
    times = draw(st.lists(st.integers(-2, n), unique=True, max_size=3))
    changes = tuple(
        (START + t * HOUR + draw(some(0, 1, HOUR // 2)), draw(some(0.0, 0.035, 0.14))) for t in sorted(times)
    )
    model = FeeModel(
        QUADRATIC,
        draw(some(0.07, 0.035, 0.0)),
        rounding=draw(some(DIRECT, CENT, CONSERVATIVE)),
        maker_share=draw(some(0.0, 0.25, 1.0)),
        changes=changes,
    )
    return draw(mostly(model, FeeModel(QUADRATIC, 0.07), None))


@st.composite
def event_bars(draw: st.DrawFn, rng: np.random.Generator, most: int = 3) -> EventBars:
    """Return markets of different lives on one axis; some close early, some settle late, or never within the data."""
    parts: dict[str, EventBars] = {}
    for k in range(draw(st.integers(1, most))):
        first, count = draw(st.integers(0, 4)), draw(st.integers(5, 40))
        fine = draw(some(True, False))
        thing = Instrument(
            f"KX{k}", kind="event", lot=draw(some(0.01, 1.0)), tick=0.01, payoff=BINARY, fee=draw(fee_models(count)),
            tail_tick=0.001 if fine else 0.0, tail_low=0.1 if fine else 0.0, tail_high=0.9 if fine else 1.0,
        )  # fmt: skip
        opened = START + first * HOUR + np.arange(count) * HOUR
        closes = START + draw(st.integers(first + 3, first + count + 2)) * HOUR + draw(some(0, HOUR // 3))
        settles = draw(some(None, closes, closes + HOUR // 2, closes + 3 * HOUR))
        value = draw(some(1.0, 0.0, None, 0.37, 0.123456))
        market = EventContract(thing, f"E{k % 2}", "KX", "", closes, settles, value)
        quotes = clean_quotes(book(rng, count, 0.001 if fine else 0.01), opened, closes)
        index = pd.DatetimeIndex(opened, tz="UTC", name="time")
        parts[thing.symbol] = EventBars(
            (market,), opened, index, quotes, np.zeros(1, np.int64), np.array([count]), HOUR
        )
    return EventBars.together(parts)


def leg_script(rng: np.random.Generator, says: Any, legs: Legs) -> list[Signals]:
    """Return signals for every leg: long only, whatever the other leg does."""
    n = len(legs.bars)
    constants = {"stop": 0.2, "target": 0.3, "trail": 0.25}
    spreads = {"stop": [0.02, 0.2, 0.6], "target": [0.05, 0.3, 0.9], "trail": [0.05, 0.3, 0.6]}

    def level(name: str) -> Any:
        kind = getattr(says, name)
        return {"none": None, "one": constants[name]}.get(kind, column(rng, spreads[name], n))

    found = []
    for s in range(len(legs.bars.instruments)):
        ask = legs.prices[9, s]
        found.append(
            Signals(
                entry=rng.random(n) < says.entry,
                exit=rng.random(n) < says.exit,
                probability=column(rng, [0.3, 0.6, 0.8, 0.95], n, 0.1) if says.probability else None,
                payoff=column(rng, [0.5, 1.0, 3.0], n, 0.05) if says.probability else None,
                score=column(rng, [0.0, 1.0, 2.0], n) if says.score else None,
                stop_loss_pct=level("stop"),
                take_profit_pct=level("target"),
                trailing_stop_pct=level("trail"),
                limit=np.maximum(ask * column(rng, [0.8, 0.95, 1.0, 1.1], n), 1e-3) if says.limit else None,
                target_fraction=column(rng, [0.0, 0.05, 0.3, 1.0], n) if says.weight else None,
            )
        )
    return found


@st.composite
def event_scenarios(draw: st.DrawFn) -> EventScenario:
    """Return a run on events with any mixture of options."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    events = draw(event_bars(rng))
    options = Options(
        fill=draw(mostly("next_open", "close")),
        stops_from=draw(some("entry_bar", "next_bar")),
        stop_basis=draw(mostly("fill", "signal_close")),
    )
    risk = draw(risks(gross=(0.5, 0.9), clustered=False))
    cost = replace(draw(costs()), min_fee=0.0)
    script = leg_script(rng, draw(saying(sides=("long",))), legs_of(events))
    return EventScenario(seed, events, script, risk, cost, options, draw(mostly(10_000.0, 30.0)))
