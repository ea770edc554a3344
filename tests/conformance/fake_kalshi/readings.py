"""What GET sees of orders, fills, positions and cash: the past, by as much as the venue's reads lag behind its writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Generic, TypeVar

from tests.conformance.fake_kalshi.accounts import Account, Holding
from tests.conformance.fake_kalshi.clock import Clock
from tests.conformance.fake_kalshi.values import Fill, Order, Settlement

V = TypeVar("V")
KEEP_S = 60.0


class Versions(Generic[V]):
    """A value through time; old versions are forgotten."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, V]] = []

    def put(self, at: float, value: V) -> None:
        """Record the value as of a moment."""
        while len(self._rows) > 1 and self._rows[1][0] < at - KEEP_S:
            del self._rows[0]
        self._rows.append((at, value))

    def get(self, at: float) -> V | None:
        """The value as it stood at a moment; None before the first."""
        for when, value in reversed(self._rows):
            if when <= at:
                return value
        return None


class Readings:
    """The read model. `lag_s` is how far it trails."""

    def __init__(self, clock: Clock) -> None:
        self.lag_s = 0.0
        self._clock = clock
        self._orders: dict[str, Versions[Order]] = {}
        self._holdings: dict[tuple[str, str], Versions[Holding]] = {}
        self._cash: dict[str, Versions[dict[int, Decimal]]] = {}
        self._fills: list[tuple[float, Fill]] = []
        self._settlements: list[tuple[float, Settlement]] = []

    def as_of(self) -> float:
        """Up to when reads are complete, in the door's seconds."""
        return self._clock.wall() - self.lag_s

    def order_changed(self, order: Order) -> None:
        """Keep an order as it is now."""
        self._orders.setdefault(order.order_id, Versions()).put(self._clock.wall(), replace(order))

    def account_changed(self, account: Account, tickers: Iterable[str]) -> None:
        """Keep an account's spendable cash and some of its holdings as they are now."""
        at = self._clock.wall()
        cash = {shard: account.available(shard) for shard in account.cash}
        self._cash.setdefault(account.user_id, Versions()).put(at, cash)
        for ticker in tickers:
            if ticker in account.holdings:
                rows = self._holdings.setdefault((account.user_id, ticker), Versions())
                rows.put(at, replace(account.holdings[ticker]))

    def filled(self, fill: Fill) -> None:
        """Keep a fill."""
        self._fills.append((self._clock.wall(), fill))

    def settled(self, row: Settlement) -> None:
        """Keep a settlement."""
        self._settlements.append((self._clock.wall(), row))

    def order(self, order_id: str) -> Order | None:
        """An order as the reads show it."""
        rows = self._orders.get(order_id)
        return rows.get(self.as_of()) if rows else None

    def orders(self, account: str) -> list[Order]:
        """An account's orders, newest first."""
        at = self.as_of()
        seen = (rows.get(at) for rows in self._orders.values())
        mine = [order for order in seen if order is not None and order.account == account]
        return sorted(mine, key=lambda order: -order.seq)

    def fills(self, account: str) -> list[Fill]:
        """An account's fills, newest first."""
        at = self.as_of()
        return [fill for when, fill in reversed(self._fills) if when <= at and fill.account == account]

    def settlements(self, account: str) -> list[Settlement]:
        """An account's settlements, newest first."""
        at = self.as_of()
        return [row for when, row in reversed(self._settlements) if when <= at and row.account == account]

    def holdings(self, account: str) -> dict[str, Holding]:
        """An account's holdings by market."""
        at = self.as_of()
        mine = ((ticker, rows.get(at)) for (owner, ticker), rows in self._holdings.items() if owner == account)
        return {ticker: holding for ticker, holding in mine if holding is not None}

    def cash(self, account: str) -> dict[int, Decimal]:
        """An account's spendable cash by shard."""
        rows = self._cash.get(account)
        return (rows.get(self.as_of()) if rows else None) or {}
