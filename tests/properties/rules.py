"""Strategies of the catalogue with random valid parameters, data to run them on, and the same rules bar by bar."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from engine import (
    BarStrategy,
    BuyAndHoldStrategy,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    Strategy,
    load_sample,
)
from engine.core.instrument import Instrument
from engine.core.market import Bars, Columns
from engine.data.frame import check_frame
from engine.strategies import CATALOGUE
from engine.strategies.base import Declared
from tests.properties.scenarios import axis, panel, some, walk

SAMPLES = ("SPY", "MSFT", "BTCUSDT")
LONGEST = 40  # bars in a window, so that short histories have signals


@cache
def sample(symbol: str) -> Bars:
    """Return bundled daily bars, checked."""
    return Bars.from_frame(check_frame(load_sample(symbol), symbol))


@st.composite
def parameters(draw: st.DrawFn, cls: type[Declared]) -> dict[str, Any]:
    """Return valid parameters: any number of steps above the lowest; windows are kept short."""
    found: dict[str, Any] = {}
    for name, p in cls.PARAMS.items():
        high = min(p.high, max(p.low, LONGEST)) if p.whole else p.high
        steps = round((high - p.low) / p.step)
        value = p.low + draw(st.integers(0, steps)) * p.step
        found[name] = int(value) if p.whole else min(round(float(value), 9), p.high)
    assume(cls.check(found) is None)
    return found


@st.composite
def random_bars(draw: st.DrawFn, least: int = 90, most: int = 260) -> Bars:
    """Return one symbol's random bars, calm enough for the volatility filters of the catalogue now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(least, most))
    prices = walk(rng, n, 100.0, draw(some(0.004, 0.012, 0.03)), draw(some(0.0, 0.01)))
    lot = draw(some(0.0, 1e-6, 1.0))
    return panel((Instrument("AA", lot=lot),), prices[:, None], axis(draw(some("daily", "hours")), n))


def bundled(most: int | None = None) -> st.SearchStrategy[Bars]:
    """Return a stretch of at most `most` bundled bars."""

    def stretch(symbol: str, start: int) -> Bars:
        whole = sample(symbol)
        if most is None or len(whole) <= most:
            return whole
        first = start % (len(whole) - most)
        return whole[first : first + most]

    return st.builds(stretch, some(*SAMPLES), st.integers(0, 10_000))


class AskedBarByBar(BarStrategy):
    """Asks any strategy at every close, showing it nothing but the bars up to then."""

    def __init__(self, cls: type[Strategy], params: dict[str, Any], columns: Columns) -> None:
        super().__init__()
        self.cls, self.given, self.columns = cls, params, columns

    def start(self, context: Any) -> None:
        self.strategy = self.cls(self.given)

    def on_bar(self, context: Any) -> None:
        seen = self.columns[: context.index + 1]
        said = self.strategy.signals(seen, self.strategy.indicators(seen))
        if said.exit[-1]:
            context.close_position()
        if said.entry[-1]:
            side = said.side[-1] if isinstance(said.side, np.ndarray) else said.side
            order = context.buy if side > 0 else context.sell_short
            order()


class MeanReversionByHand(BarStrategy):
    """The rule of mean reversion as one would say it at a desk."""

    PARAMS = MeanReversionStrategy.PARAMS
    INDICATORS = MeanReversionStrategy.INDICATORS

    def on_bar(self, context: Any) -> None:
        now, p = context.ind, context.params
        lower = now.mean - p.std_dev_threshold * now.deviation
        calm = now.deviation > 0 and now.volatility <= p.volatility_filter
        if context.close >= now.mean:
            context.close_position()
        elif context.close < lower and now.rsi < p.rsi_oversold and calm:
            context.buy()


class LowVolMomentumByHand(BarStrategy):
    """The rule of two averages in a calm market."""

    PARAMS = LowVolMomentumStrategy.PARAMS
    INDICATORS = LowVolMomentumStrategy.INDICATORS

    def on_bar(self, context: Any) -> None:
        now = context.ind
        if now.fast < now.slow:
            context.close_position()
        elif now.fast > now.slow and now.volatility <= context.params.max_volatility:
            context.buy()


class BuyAndHoldByHand(BarStrategy):
    """In at the first chance, never out."""

    def on_bar(self, context: Any) -> None:
        context.buy()


BY_HAND: dict[type[Strategy], type[BarStrategy]] = {
    MeanReversionStrategy: MeanReversionByHand,
    LowVolMomentumStrategy: LowVolMomentumByHand,
    BuyAndHoldStrategy: BuyAndHoldByHand,
}
assert set(BY_HAND) <= set(CATALOGUE)
