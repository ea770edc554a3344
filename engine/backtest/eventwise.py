"""Strategies that decide bar by bar on event markets, on the same compiled account as everything else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.barwise import FILL, BarContext, Now, check_order
from engine.backtest.legs import Legs, tell_columns
from engine.core.events import EventColumns
from engine.core.instrument import FeeModel
from engine.numerics.kernels.stage import Desk, Log, Market, SignalBlock, stepper
from engine.strategies.base import BarStrategy
from engine.strategies.signal import COLUMNS

Array = NDArray[Any]


class EventContext(BarContext):
    """What a strategy may see of one market at the close of a bar, and what it may order.

    As in `BarContext`, with the bars of the market's own life: `bid` and `ask` are those of YES (NaN where nobody
    quotes), `buy` buys YES, `buy_no` buys NO, `position` is YES less NO.
    """

    __slots__ = ("_first", "_quotes", "columns")

    def __init__(self, run: EventRun, k: int, columns: EventColumns, params: Any, ind: Now) -> None:
        self.columns = columns
        self._quotes = (columns.bid.tolist(), columns.ask.tolist())
        assert columns.places is not None
        self._first = int(columns.places[0])
        stamps = run.legs.events.index[self._first : self._first + len(columns)]
        super().__init__(run, k, columns.ticker, params, ind, columns.prices, stamps)

    @property
    def bid(self) -> float:
        """The best bid for YES; NaN for none."""
        return float(self._quotes[0][self._at])

    @property
    def ask(self) -> float:
        """The best offer of YES; NaN for none."""
        return float(self._quotes[1][self._at])

    @property
    def position(self) -> float:
        """Contracts of YES less contracts of NO; 0 when flat."""
        yes, no = 2 * self._s, 2 * self._s + 1
        return float(self._quantity.item(yes) - self._quantity.item(no))

    @property
    def entry_price(self) -> float:
        """Average price of the side that is held; NaN when flat."""
        slots = self._record.desk.slots
        leg = next((s for s in (2 * self._s, 2 * self._s + 1) if slots[s]["quantity"]), None)
        return float("nan") if leg is None else float(slots[leg]["entry_price"])

    def buy_no(self, **how: float) -> None:
        """Want to hold NO from the next fill; `how` as in `buy`, its limit a price of NO."""
        self._order(-1, how)

    def _bar(self) -> int:
        return self._first + self._at


class EventRun:
    """One bar-by-bar run over event markets: flags are written leg by leg, then the compiled steps take the bar."""

    def __init__(
        self, strategy: BarStrategy, legs: Legs, market: Market, rules: Array, log: Log, desk: Desk, fees: FeeModel
    ) -> None:
        self.legs, self.market, self.rules, self.log, self.desk = legs, market, rules, log, desk
        slots, n = len(legs.bars.instruments), len(legs.bars)
        self.block = SignalBlock(
            np.zeros((1, slots, n), np.bool_),
            np.zeros((1, slots, n), np.bool_),
            extra=np.full((1, len(COLUMNS), slots, n), np.nan),
        )
        for name, value in FILL.items():
            self.block.extra[0, COLUMNS.index(name)] = value
        tell_columns(rules, COLUMNS)
        rules["has_stops"] = rules["has_limits"] = rules["own_probability"] = 0  # until an order has one
        self.strategy = strategy
        self.contexts = [self._context(k, columns) for k, columns in enumerate(legs.events.all_columns(fees))]

    def _context(self, k: int, columns: EventColumns) -> EventContext:
        self.strategy.check_bars(columns, columns.ticker)
        lists = {name: np.asarray(v).tolist() for name, v in self.strategy.features(columns).items()}
        return EventContext(self, k, columns, SimpleNamespace(**self.strategy.params), Now(lists))

    def order(self, k: int, t: int, side: int, how: dict[str, float]) -> None:
        """Write an entry on one side, which orders the other side out, and whatever came with it."""
        leg, other = (2 * k, 2 * k + 1) if side > 0 else (2 * k + 1, 2 * k)
        self.block.entry[0, leg, t] = self.block.exit[0, other, t] = True
        for name, value in how.items():
            check_order(name, value, self.rules)
            self.block.extra[0, COLUMNS.index(name), leg, t] = value

    def leave(self, k: int, t: int) -> None:
        """Write an exit of whatever is held."""
        self.block.exit[0, 2 * k : 2 * k + 2, t] = True

    def play(self) -> None:
        """Run every bar; a strategy is asked about a market while it lives and somebody quotes it."""
        step, room = self._stepper(), self.log.bars_left
        for context in self.contexts:
            self.strategy.start(context)
        asked = [[] for _ in range(len(self.legs.bars))]  # type: list[list[EventContext]]
        for context in self.contexts:
            for at in np.flatnonzero(np.isfinite(context.columns.close)).tolist():
                asked[context._first + at].append(context)
        step(-1, 0)
        for t, contexts in enumerate(asked):
            for context in contexts:
                context._move(t - context._first)
                self.strategy.on_bar(context)
            step(t, t + 1)
            room -= 1
            if room <= 0:
                if self.log.bars_left == 0:
                    self.log.grow()
                step, room = self._stepper(), self.log.bars_left

    def _stepper(self) -> Any:
        return stepper(self.desk, self.block, self.market, self.rules, self.log)
