"""Cash per exchange shard, what is held, and how much of the cash the resting orders lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from tests.conformance.fake_kalshi.values import BID, ONE, ZERO, Order

STEP = Decimal("0.0001")
MICRO = Decimal("0.000001")


@dataclass(slots=True)
class Holding:
    """What an account has in one market: `position` is above 0 for YES, below for NO; costs without fees.

    YES and NO bought against each other redeem at $1 a pair at once; the gross counts stay for the settlement row.
    """

    shard: int
    position: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    traded: Decimal = ZERO
    volume: Decimal = ZERO
    yes_count: Decimal = ZERO
    yes_cost: Decimal = ZERO
    no_count: Decimal = ZERO
    no_cost: Decimal = ZERO
    settled: bool = False
    updated_us: int = 0

    def buy(self, side: str, leg: Decimal, count: Decimal) -> Decimal:
        """Add contracts of a leg at a price and return how many pairs redeemed."""
        sign = 1 if side == BID else -1
        closed = min(count, max(ZERO, -sign * self.position))
        held = abs(self.position)
        if closed:
            part = self.cost if closed == held else (self.cost * closed / held).quantize(MICRO, ROUND_HALF_EVEN)
            self.realized += closed * (ONE - leg) - part
            self.cost -= part
        self.cost += (count - closed) * leg
        self.position += sign * count
        self.traded += count * leg
        self.volume += count
        if side == BID:
            self.yes_count, self.yes_cost = self.yes_count + count, self.yes_cost + count * leg
        else:
            self.no_count, self.no_cost = self.no_count + count, self.no_cost + count * leg
        return closed


@dataclass(slots=True)
class Account:
    """One member: cash by shard, holdings and locks by market."""

    user_id: str
    cash: dict[int, Decimal] = field(default_factory=dict)
    holdings: dict[str, Holding] = field(default_factory=dict)
    locks: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    changed_us: int = 0

    def locked(self, shard: int) -> Decimal:
        """Cash that resting orders hold on a shard."""
        return sum((amount for where, amount in self.locks.values() if where == shard), ZERO)

    def available(self, shard: int) -> Decimal:
        """Cash that can be spent on a shard."""
        return self.cash.get(shard, ZERO) - self.locked(shard)

    def holding(self, ticker: str, shard: int) -> Holding:
        """The holding in a market, made when it is first needed."""
        return self.holdings.setdefault(ticker, Holding(shard))

    def position(self, ticker: str) -> Decimal:
        """Signed contracts held in a market."""
        holding = self.holdings.get(ticker)
        return holding.position if holding else ZERO


def collateral(position: Decimal, orders: Iterable[Order], rate: Callable[[Order], Decimal]) -> Decimal:
    """Cash that orders of one account in one market must be backed by, in dollars.

    An order that only closes what is held needs none. What is held is set against the orders of a side in the order
    in which they would trade; the others lock the price of their leg and a fee.
    """
    free = {True: max(ZERO, -position), False: max(ZERO, position)}
    total = ZERO
    for order in sorted(orders, key=lambda order: (-order.price if order.side == BID else order.price, order.seq)):
        bid = order.side == BID
        relieved = min(order.remaining, free[bid])
        free[bid] -= relieved
        opening = order.remaining - relieved
        if opening:
            fee = rate(order) * opening * order.price * (ONE - order.price)
            total += (opening * order.leg + fee).quantize(STEP, ROUND_CEILING)
    return total
