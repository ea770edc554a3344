"""Event markets as the compiled steps trade them: each market is two long-only legs, YES and NO.

Buying NO at one minus the bid for YES is what a short of YES would be, with nothing borrowed: what a leg costs is
spent, and it is the most that can be lost. Entries pay the ask of their leg, everything else gets its bid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.rulebook import build_terms, session_days, volatility_of
from engine.core.costs import Costs
from engine.core.errors import InvalidConfig
from engine.core.events import EventBars, EventColumns, EventContract
from engine.core.instrument import Instrument
from engine.core.market import Bars, FloatArray
from engine.core.quotes import ASK, BID, MIRRORED, VOLUME, IntArray, carried, other_side
from engine.numerics.kernels import layout
from engine.numerics.kernels.stage import NO_EXTRA, NO_FLAGS, NO_SIDES, Market, SignalBlock
from engine.risk.limits import RiskManager
from engine.strategies.signal import COLUMNS, Signals

Array = NDArray[Any]
YES, NO = "yes", "no"
SIDES = (YES, NO)


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """The panel of a run over event markets: leg 2k is YES of market k, leg 2k + 1 is NO.

    `bars` holds the bids of every leg, `prices` (10, legs, bars) the same with marks and asks (`kernels.layout`).
    """

    events: EventBars
    bars: Bars
    prices: FloatArray

    def market(self, risk: RiskManager, costs: Costs, rules: Array) -> Market:
        """Return what the compiled steps need to know of the markets, and tell `rules` that they settle."""
        if risk.max_gross_exposure > 1.0:
            raise InvalidConfig(
                f"max_gross_exposure is {risk.max_gross_exposure}; event contracts are paid in full, nothing can be "
                "borrowed: use at most 1.0"
            )
        rules["settles"], rules["mark_row"], rules["ask_row"] = 1, layout.MARK, layout.ASK
        names = [ticker for ticker in self.events.symbols for _ in SIDES]
        terms = build_terms(self.bars, risk, costs, names)
        for k, market in enumerate(self.events.markets):
            _write_end(terms[2 * k : 2 * k + 2], market, self.events)
        return Market(self.prices, volatility_of(self.bars, risk), session_days(self.bars, risk), terms)


def _write_end(terms: Array, market: EventContract, events: EventBars) -> None:
    """Write down the bars on which a market closes and settles; -1 where the data ends before."""
    n = len(events)
    if market.closes is not None:
        closed = int(np.searchsorted(events.time, market.closes))
        terms["close_bar"] = closed if closed < n else -1
    if market.settlement is not None and market.over is not None:
        settled = int(np.searchsorted(events.ends, market.over, side="right"))
        terms["settle_bar"] = settled if settled < n else -1
        terms["settle_value"] = (market.settlement, round(1.0 - market.settlement, 6))


def legs_of(events: EventBars) -> Legs:
    """Return the two legs of every market on the time axis of all."""
    m, n = len(events.markets), len(events)
    prices = np.full((10, 2 * m, n), np.nan)
    bid, ask = events.quotes[BID], events.quotes[ASK]
    sides = ((bid, ask), (other_side(ask[MIRRORED, :]), other_side(bid[MIRRORED, :])))
    begins = np.repeat(np.cumsum(events.count) - events.count, events.count)
    counted = [marks(sells[3], buys[3], begins) for sells, buys in sides]
    for k, (first, start, count) in enumerate(events.spans()):
        there, own = slice(first, first + count), slice(start, start + count)
        for leg, (sells, buys) in enumerate(sides):
            prices[:4, 2 * k + leg, there] = sells[:, own]
            prices[layout.VOLUME, 2 * k + leg, there] = events.quotes[VOLUME, own]
            prices[layout.MARK, 2 * k + leg, there] = counted[leg][own]
            prices[layout.ASK :, 2 * k + leg, there] = buys[:, own]
    instruments = tuple(leg for market in events.markets for leg in _instruments(market.instrument))
    bars = Bars(
        instruments, events.time, prices[:5], events.index, events.interval, events.calendar, notes=events.notes
    )
    return Legs(events, bars, prices)


def marks(bid: FloatArray, ask: FloatArray, begins: IntArray) -> FloatArray:
    """Return what a leg counts for at each close: its bid; while nobody bids the last one, never above what is asked.

    Before anybody has bid it counts for nothing.
    """
    last = np.nan_to_num(carried(bid, begins))
    return np.where(np.isnan(bid), np.fmin(last, ask), bid)


def _instruments(market: Instrument) -> tuple[Instrument, Instrument]:
    mirrored = (round(1.0 - market.tail_high, 6), round(1.0 - market.tail_low, 6))
    return (
        replace(market, symbol=f"{market.symbol} {YES}"),
        replace(market, symbol=f"{market.symbol} {NO}", tail_low=mirrored[0], tail_high=mirrored[1]),
    )


def encode_events(found: Sequence[Signals], columns: Sequence[EventColumns], n: int, rules: Array) -> SignalBlock:
    """Return the signals of all markets as one block on their legs.

    Side +1 buys YES and side -1 buys NO; an entry on one side orders the other side out, as an opposite entry does
    anywhere. Optional columns are those of the side that is bought, so `limit` is a price of that leg.
    """
    legs = 2 * len(found)
    block = SignalBlock(
        np.zeros((1, legs, n), np.bool_), np.zeros((1, legs, n), np.bool_), NO_FLAGS, NO_SIDES, NO_EXTRA
    )
    given = [name for name in COLUMNS if any(getattr(s, name) is not None for s in found)]
    if given:
        block.extra = np.full((1, len(given), legs, n), np.nan)
        tell_columns(rules, given)
    for k, (said, there) in enumerate(zip(found, columns, strict=True)):
        assert there.places is not None
        on = slice(int(there.places[0]), int(there.places[-1]) + 1)
        side = said.side if isinstance(said.side, np.ndarray) else np.full(len(there), said.side)
        for leg, way in ((2 * k, 1), (2 * k + 1, -1)):
            out = said.exit if way > 0 or said.exit_short is None else said.exit_short
            block.entry[0, leg, on] = said.entry & (side == way)
            block.exit[0, leg, on] = out | (said.entry & (side == -way))
        for row, name in enumerate(given):
            value = getattr(said, name)
            if value is not None:
                block.extra[0, row, 2 * k : 2 * k + 2, on] = value
    return block


def probabilities_of(block: SignalBlock, rules: Array) -> Array | None:
    """Return the probabilities of winning that the signals gave, (legs, bars), or None."""
    row = int(rules[0]["probability"])
    if row < 0 or not rules[0]["own_probability"]:
        return None
    found: Array = block.extra[0, row]
    return found


def tell_columns(rules: Array, given: Sequence[str]) -> None:
    """Tell the rules in which row each optional column lies, and what they switch on."""
    for row, name in enumerate(given):
        rules[layout.COLUMN_FIELDS[COLUMNS.index(name)]] = row
        rules["has_stops"] |= name.endswith("_pct")
        rules["has_limits"] |= name == "limit"
        rules["own_probability"] |= name == "probability"
