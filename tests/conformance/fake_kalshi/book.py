"""The one YES book of a market: price levels, and at each the orders in the order they came."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.conformance.fake_kalshi.values import ASK, BID, ZERO, Order


class Book:
    """Orders by side, price (YES dollars) and arrival."""

    def __init__(self) -> None:
        self._sides: dict[str, dict[Decimal, dict[str, Order]]] = {BID: {}, ASK: {}}
        self._owned: dict[str, dict[str, Order]] = {}

    def add(self, order: Order) -> None:
        """Put an order at the back of its level."""
        self._sides[order.side].setdefault(order.price, {})[order.order_id] = order
        self._owned.setdefault(order.account, {})[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Take an order out of its level."""
        levels = self._sides[order.side]
        del levels[order.price][order.order_id]
        del self._owned[order.account][order.order_id]
        if not levels[order.price]:
            del levels[order.price]

    def holds(self, order: Order) -> bool:
        """Whether the order rests here."""
        return order.order_id in self._sides[order.side].get(order.price, {})

    def best(self, side: str) -> Decimal | None:
        """The best price of a side."""
        levels = self._sides[side]
        if not levels:
            return None
        return max(levels) if side == BID else min(levels)

    def size(self, side: str, price: Decimal) -> Decimal:
        """Contracts resting at a price."""
        return sum((order.remaining for order in self._sides[side].get(price, {}).values()), ZERO)

    def levels(self, side: str) -> list[tuple[Decimal, Decimal]]:
        """(price, contracts), ascending by price."""
        return [(price, self.size(side, price)) for price in sorted(self._sides[side])]

    def orders(self, side: str) -> Iterator[Order]:
        """The orders of a side by price, then time."""
        for price in sorted(self._sides[side], reverse=side == BID):
            yield from list(self._sides[side][price].values())

    def all(self) -> list[Order]:
        """Every resting order."""
        return [*self.orders(BID), *self.orders(ASK)]

    def owned(self, account: str) -> list[Order]:
        """The resting orders of one account."""
        return list(self._owned.get(account, {}).values())

    def crossing(self, side: str, limit: Decimal) -> Iterator[Order]:
        """The resting orders that an incoming order of `side` at `limit` trades with, best first."""
        for order in self.orders(ASK if side == BID else BID):
            if (order.price > limit) if side == BID else (order.price < limit):
                return
            yield order

    def ahead(self, order: Order) -> Decimal:
        """Contracts that trade before this order does."""
        total = ZERO
        for other in self.orders(order.side):
            if other.order_id == order.order_id:
                return total
            total += other.remaining
        return total
