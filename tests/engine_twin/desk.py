"""The twin's account: cash, positions, waiting orders, and the fills of a bar in the order of law 5."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from engine.core import codes as c
from engine.core.costs import Costs
from engine.core.instrument import BINARY, FeeModel, Instrument
from engine.risk.limits import RiskManager
from tests.engine_twin import money
from tests.engine_twin.book import Decision, Entry, Exit, Fill, Position, Story, Trade
from tests.engine_twin.market import Bar, Fate


@dataclass
class Options:
    """How orders fill: the words of `Backtest`."""

    fill: str = "next_open"
    allow_short: bool = False
    stops_from: str = "entry_bar"
    stop_basis: str = "fill"


@dataclass
class Desk:
    """One account over one panel."""

    instruments: tuple[Instrument, ...]
    capital: float
    risk: RiskManager
    costs: Costs
    options: Options
    fates: list[Fate]
    story: Story = field(default_factory=Story)
    t: int = 0
    now: int = 0  # nanoseconds

    def __post_init__(self) -> None:
        n = len(self.instruments)
        self.cash = self.equity = self.realised = self.capital
        self.positions: list[Position | None] = [None] * n
        self.leaving: list[Exit | None] = [None] * n
        self.orders: list[Entry | None] = [None] * n
        self.queue: list[int] = []  # entry orders in the order in which they were placed
        self.marks = [math.nan] * n
        self.used = [0.0] * n  # of this bar's volume
        self.returns: list[float] = []  # of closed trades
        self.loss_run = 0
        self.paused_until = -1

    # -- what it is worth ------------------------------------------------------------------------------------------

    def open_symbols(self) -> list[int]:
        return [s for s, p in enumerate(self.positions) if p is not None]

    def value(self, s: int) -> float:
        held = self.positions[s]
        return 0.0 if held is None else held.side * held.quantity * self.marks[s]

    def worth(self) -> float:
        return self.cash + sum(self.value(s) for s in self.open_symbols())

    def gross(self) -> float:
        return sum(abs(self.value(s)) for s in self.open_symbols())

    def mark(self, prices: list[float]) -> None:
        """Value the account at these prices; a symbol without one keeps the last that is known."""
        for s in self.open_symbols():
            if not math.isnan(prices[s]):
                self.marks[s] = prices[s]
        self.equity = self.worth()

    def fees_of(self, s: int) -> FeeModel:
        return money.fee_model(self.instruments[s], self.costs)

    def affordable(self, s: int, room: float, price: float, leverage: float) -> float:
        return money.affordable(room, price, self.fees_of(s), self.now, leverage)

    def stake(self, s: int, amount: float, price: float) -> float:
        """Return the quantity an amount stands for; all of a contract's price may be lost, and its fee is part of it."""
        return self.affordable(s, amount, price, 1.0) if self.instruments[s].payoff == BINARY else amount / price

    def order_out(self, s: int, reason: int) -> None:
        """Order a position out; an order that is there already only changes its reason."""
        old = self.leaving[s]
        self.leaving[s] = Exit(reason) if old is None else Exit(reason, old.waited, old.carried)

    def say(self, s: int, code: int, asked: float, allowed: float, price: float) -> None:
        self.story.decisions.append(Decision(self.t, s, code, asked, allowed, price))

    def drop(self, s: int) -> None:
        self.orders[s] = None
        self.queue = [k for k in self.queue if k != s]

    def cancel(self, s: int) -> None:
        """Take back an entry order that waits, and say so."""
        order = self.orders[s]
        if order is not None:
            self.say(s, c.VETO_CANCELLED, order.quantity, 0.0, order.basis)
            self.drop(s)

    # -- fills -----------------------------------------------------------------------------------------------------

    def volume_room(self, s: int, bar: Bar) -> float:
        share = self.costs.max_volume_share
        if share is None:
            return math.inf
        return max(share * bar.volume - self.used[s], 0.0) if bar.volume > 0 else 0.0

    def let_through(self, s: int, bar: Bar, quantity: float, price: float) -> float:
        """Return how much of a fill the bar's volume lets through, in whole lots; say so when it is less."""
        room = self.volume_room(s, bar)
        passes = quantity
        if room < quantity:
            passes = money.in_lots(room, self.instruments[s].lot)
            if passes < quantity:
                self.say(s, c.PARTIAL_VOLUME, quantity, passes, price)
        self.used[s] += passes
        return passes

    def book_entry(
        self, s: int, order: Entry, quantity: float, price: float, raw: float, live_from: int, maker: bool
    ) -> None:
        """Pay for an entry fill, and measure the stops from the average entry (or the signal's close)."""
        cost, order.carried = money.fee(
            self.fees_of(s), self.now, quantity, price, order.side > 0, maker, order.carried
        )
        held = self.positions[s]
        if held is None:
            held = self.positions[s] = Position(order.side, self.t, live_from, price, price)
        self.cash -= order.side * quantity * price + cost
        self.realised -= cost
        held.entries.append((quantity, price, cost))
        held.quantity += quantity
        basis = order.basis if self.options.stop_basis == "signal_close" else held.entry_price
        held.stop = basis * (1.0 - order.side * order.stop) if order.stop else 0.0
        held.target = basis * (1.0 + order.side * order.target) if order.target else 0.0
        held.trail = order.trail
        # a trailing stop never loosens, not for a second fill either
        held.trail_from = (
            basis if len(held.entries) == 1 else max(held.trail_from * held.side, basis * held.side) * held.side
        )
        self.marks[s] = raw
        self.story.fills.append(Fill(self.t, s, order.side, quantity, price, raw, cost, c.NO_EXIT, self.cash))

    def book_exit(self, s: int, quantity: float, price: float, raw: float, reason: int, maker: bool = False) -> None:
        """Take in an exit fill; a trade when less than a lot is left."""
        held, order = self.positions[s], self.leaving[s] or Exit(reason)
        assert held is not None
        cost, order.carried = money.fee(self.fees_of(s), self.now, quantity, price, held.side < 0, maker, order.carried)
        self._part_with(s, held, quantity, price, raw, cost, reason)

    def settle(self, s: int) -> None:
        """End a market whose time is over: no entry may wait for it, and a position gets what it settled at."""
        fate, held, order = self.fates[s], self.positions[s], self.orders[s]
        if order is not None and self.now >= fate.closes:
            self.say(s, c.VETO_CLOSED, order.quantity, 0.0, order.basis)
            self.drop(s)
        if held is not None and self.t >= fate.settles_on:
            lost = money.lost_at_settlement(self.fees_of(s), held.quantity, fate.value)
            self._part_with(s, held, held.quantity, fate.value, fate.value, lost, c.EXIT_SETTLED)

    def _part_with(
        self, s: int, held: Position, quantity: float, price: float, raw: float, cost: float, reason: int
    ) -> None:
        self.cash += held.side * quantity * price - cost
        self.realised += held.side * quantity * (price - held.entry_price) - cost
        held.exits.append((quantity, price, cost))
        held.quantity -= quantity
        held.saw(price)
        self.marks[s] = raw
        self.story.fills.append(Fill(self.t, s, -held.side, quantity, price, raw, cost, reason, self.cash))
        if held.quantity <= self.instruments[s].lot / 2:
            self.finish(s, held, reason)

    def finish(self, s: int, held: Position, reason: int) -> None:
        """Turn a closed position into a trade, and into the record that sizes the next ones."""
        size = sum(q for q, _, _ in held.entries)
        value = sum(q * p for q, p, _ in held.exits)
        held.quantity = 0.0
        pnl = held.pnl()
        self.positions[s], self.leaving[s] = None, None
        self.returns.append(pnl / sum(q * p for q, p, _ in held.entries))
        self.loss_run = self.loss_run + 1 if pnl < 0 else 0 if pnl > 0 else self.loss_run
        if self.risk.max_consecutive_losses is not None and self.loss_run >= self.risk.max_consecutive_losses:
            self.paused_until, self.loss_run = self.t + self.risk.loss_pause_bars, 0
        exit_price = value / sum(q for q, _, _ in held.exits)
        self.story.trades.append(
            Trade(s, held.side, size, held.entry_bar, held.entry_price, self.t, exit_price, held.fees, pnl,
                  held.best, held.worst, reason)
        )  # fmt: skip

    def leave(self, s: int, bar: Bar, price: float, raw: float, reason: int, maker: bool = False) -> None:
        """Leave by a stop or a target; what the volume holds back stays as an exit order."""
        held = self.positions[s]
        assert held is not None
        self.cancel(s)
        quantity = self.let_through(s, bar, held.quantity, price)
        if quantity < held.quantity:
            self.order_out(s, reason)
        if quantity > 0:
            self.book_exit(s, quantity, price, raw, reason, maker)
