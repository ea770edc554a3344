"""Runs a quoter over a recorded book: orders arrive late, wait in a queue, are filled as makers, and end in settlement.

Order of things at each row: instructions that had time to arrive take effect against the row before; the change to this
row meets what rests; then the quoter sees the row and sends new instructions. Our own orders move nobody else.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.checks import not_negative, positive
from engine.core.errors import InvalidConfig
from engine.numerics.fees import DIRECT, FeeRule, OrderFees, kalshi_rate
from engine.research.quoting.book import Book
from engine.research.quoting.fair import fair_values, moves_of
from engine.research.quoting.grid import CENT, UNIT, PriceGrid
from engine.research.quoting.queue import PESSIMISTIC, QueueModel, Resting, hit, join
from engine.research.quoting.quoters import Quoter, View

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QuotingRules:
    """The terms of a run: contracts a quote, most contracts either way, seconds of latency, grid and maker fees.

    `latency` passes between a decision and its effect, and between a fill and our knowing of it. No quotes stand in the
    last `stop_before` seconds. `memory` is the half-life in seconds of the estimate of how fast the fair value moves.
    """

    size: int = 10
    limit: int = 40
    latency: float = 0.25
    grid: PriceGrid = CENT
    fee_type: str = "quadratic_with_maker_fees"
    fee_multiplier: str = "1"
    fee_rule: FeeRule = DIRECT
    stop_before: float = 0.0
    memory: float = 60.0

    def __post_init__(self) -> None:
        for name in ("size", "limit"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InvalidConfig(f"{name} is {value!r}; it must be a whole number of contracts: pass for example 10")
        not_negative("latency", self.latency)
        not_negative("stop_before", self.stop_before)
        positive("memory", self.memory)
        kalshi_rate(self.fee_type, taker=False, multiplier=self.fee_multiplier)

    @property
    def rate(self) -> Decimal:
        """The maker's fee rate: dollars a contract for each unit of p (1 - p)."""
        return kalshi_rate(self.fee_type, taker=False, multiplier=self.fee_multiplier)


@dataclass(frozen=True, slots=True)
class QuoteFill:
    """One fill of a resting order: side +1 bought and -1 sold YES, price in ten-thousandths, exact fee in dollars."""

    row: int
    time: float
    side: int
    price: int
    contracts: int
    fee: Decimal
    order: int
    rested: float


@dataclass(frozen=True, slots=True, eq=False)
class QuotingRun:
    """What happened, row by row: quotes decided (dollars, NaN: none), position and cash after the row, fees so far.

    `live` counts the sides with an order resting while the row's change came. Arrays have shape (rows,); `cash` is in
    ten-thousandths without fees.
    """

    book: Book = field(repr=False)
    rules: QuotingRules = field(repr=False)
    queue: QueueModel
    fills: tuple[QuoteFill, ...] = field(repr=False)
    bid: FloatArray = field(repr=False)
    ask: FloatArray = field(repr=False)
    position: NDArray[np.int64] = field(repr=False)
    cash: NDArray[np.int64] = field(repr=False)
    fees: FloatArray = field(repr=False)
    live: NDArray[np.int64] = field(repr=False)
    orders: int
    contracts_placed: int
    messages: int
    rejected: int


def simulate(
    book: Book,
    quoter: Quoter,
    rules: QuotingRules | None = None,
    queue: QueueModel = PESSIMISTIC,
    fair: ArrayLike | None = None,
) -> QuotingRun:
    """Return the run of a quoter over one market.

    `fair` is a probability for each row, shape (rows,), each known at its row; NaN: no quotes there. Without it the mid
    is taken where both sides are quoted.
    """
    rules = rules or QuotingRules()
    values = fair_values(book, fair)
    desk = _Desk(book, quoter, rules, queue, values, moves_of(book.time, values, rules.memory))
    for row in range(len(book)):
        desk.arrive(row)
        desk.meet(row)
        desk.decide(row)
    return desk.finished()


@dataclass(frozen=True, slots=True)
class _Instruction:
    """What is to rest from a time on: (price in the lane or None, contracts) of each lane, and the fills known then."""

    time: float
    wanted: tuple[tuple[int | None, int], tuple[int | None, int]]
    known: tuple[int, int]


class _Desk:
    """The state of one run; lane 0 buys YES, lane 1 buys NO, which is to sell YES."""

    def __init__(
        self, book: Book, quoter: Quoter, rules: QuotingRules, queue: QueueModel, fair: FloatArray, moves: FloatArray
    ) -> None:
        self._book, self._quoter, self._rules, self._queue = book, quoter, rules, queue
        self._lanes, self._rate = book.lanes, rules.rate
        self._time, self._fair, self._moves = book.time.tolist(), fair.tolist(), moves.tolist()
        self._two_sided = book.two_sided.tolist()
        self._sent: deque[_Instruction] = deque()
        self._orders: list[Resting | None] = [None, None]
        self._bought, self._reported, self._told = [0, 0], [0, 0], 0
        self._fills: list[QuoteFill] = []
        self._cash, self._fees = 0, Decimal(0)
        self._placed = self._contracts = self._messages = self._rejected = 0
        n = len(book)
        self._quotes = np.full((2, n), np.nan)
        self._position, self._money, self._live = (np.zeros(n, np.int64) for _ in range(3))
        self._charged = np.zeros(n)

    def arrive(self, row: int) -> None:
        """Let the instructions take effect that arrived before this row's change."""
        while self._sent and self._sent[0].time < self._time[row]:
            sent = self._sent.popleft()
            for lane in (0, 1):
                price, contracts = sent.wanted[lane]
                # an amended order counts what has filled meanwhile, so the limit holds whatever is on the wire
                self._amend(lane, price, contracts - (self._bought[lane] - sent.known[lane]), row - 1, sent.time)
        self._live[row] = sum(order is not None for order in self._orders)

    def meet(self, row: int) -> None:
        """Fill what rests by the change to this row."""
        for lane in (0, 1):
            order = self._orders[lane]
            if order is not None:
                filled = hit(order, self._lanes[lane], row, self._queue)
                if filled:
                    self._book_fill(lane, order, filled, row)
        self._position[row], self._money[row] = self._bought[0] - self._bought[1], self._cash
        self._charged[row] = float(self._fees)

    def decide(self, row: int) -> None:
        """Ask the quoter and send what shall rest."""
        now, rules = self._time[row], self._rules
        self._hear(now - rules.latency)
        bid, ask = self._priced(row, now)
        self._quotes[:, row] = [math.nan if price is None else price / UNIT for price in (bid, ask)]
        held = self._reported[0] - self._reported[1]
        wanted = (
            (bid, min(rules.size, rules.limit - held)),
            (None if ask is None else UNIT - ask, min(rules.size, rules.limit + held)),
        )
        self._sent.append(_Instruction(now + rules.latency, wanted, (self._reported[0], self._reported[1])))

    def finished(self) -> QuotingRun:
        """Return what happened."""
        return QuotingRun(
            self._book,
            self._rules,
            self._queue,
            tuple(self._fills),
            self._quotes[0],
            self._quotes[1],
            self._position,
            self._money,
            self._charged,
            self._live,
            self._placed,
            self._contracts,
            self._messages,
            self._rejected,
        )

    def _priced(self, row: int, now: float) -> tuple[int | None, int | None]:
        left = self._book.close - now
        fair = self._fair[row]
        if not (self._two_sided[row] and 0.0 < fair < 1.0) or left <= self._rules.stop_before:
            return None, None
        fee = float(self._rate) * fair * (1.0 - fair)
        held = self._reported[0] - self._reported[1]
        bid, ask = self._quoter.quotes(View(row, fair, held, self._moves[row], left, fee))
        return self._rules.grid.fit(bid, ask, self._lanes[0].best[row], self._lanes[0].offer[row])

    def _hear(self, until: float) -> None:
        """Take the fills into account whose reports have come by now."""
        while self._told < len(self._fills) and self._fills[self._told].time <= until:
            fill = self._fills[self._told]
            self._reported[0 if fill.side > 0 else 1] += fill.contracts
            self._told += 1

    def _amend(self, lane: int, price: int | None, contracts: int, row: int, time: float) -> None:
        """Let `contracts` rest at a price; the same price keeps its place and is only ever cut, never topped up."""
        order = self._orders[lane]
        if price is None or contracts <= 0:
            self._messages += order is not None
            self._orders[lane] = None
        elif order is not None and order.price == price:
            self._messages += contracts < order.left
            order.left = min(order.left, contracts)
        else:
            self._messages += 1
            self._orders[lane] = self._placed_order(lane, price, contracts, row, time)

    def _placed_order(self, lane: int, price: int, contracts: int, row: int, time: float) -> Resting | None:
        side = self._lanes[lane]
        if price >= side.offer[row]:
            self._rejected += 1  # post-only: what would trade at once is refused by the venue
            return None
        self._placed += 1
        self._contracts += contracts
        ahead, seen = join(side, row, price)
        return Resting(self._placed, price, contracts, ahead, seen, time, fees=OrderFees(self._rules.fee_rule))

    def _book_fill(self, lane: int, order: Resting, filled: int, row: int) -> None:
        price = order.price if lane == 0 else UNIT - order.price
        fee, order.fees = order.fees.fill(filled, Decimal(price) / UNIT, lane == 0, self._rate)
        side, now = (1 if lane == 0 else -1), self._time[row]
        self._fills.append(QuoteFill(row, now, side, price, filled, fee.net_fee, order.number, now - order.since))
        self._bought[lane] += filled
        self._cash -= side * price * filled
        self._fees += fee.net_fee
        if order.left == 0:
            self._orders[lane] = None
