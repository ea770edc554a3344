"""What the exchange tells its listeners, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.conformance.fake_kalshi.accounts import Holding
from tests.conformance.fake_kalshi.values import Event, Fill, Order, Trade


@dataclass(frozen=True, slots=True)
class BookChanged:
    """A level of the book has grown or shrunk; `account` caused it."""

    ticker: str
    side: str
    price: Decimal
    change: Decimal
    clock: int
    us: int
    account: str
    client_order_id: str


@dataclass(frozen=True, slots=True)
class Traded:
    """A match, for the public."""

    trade: Trade


@dataclass(frozen=True, slots=True)
class Filled:
    """A match, for one of its parties."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order as it is now, and why."""

    order: Order
    reason: str


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A holding as it is now."""

    account: str
    ticker: str
    holding: Holding


@dataclass(frozen=True, slots=True)
class QuoteChanged:
    """Best prices, last trade, volume or open interest of a market have changed."""

    ticker: str
    us: int


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A step in a market's life."""

    ticker: str
    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventMade:
    """An event was created."""

    event: Event


@dataclass(frozen=True, slots=True)
class FeeOverridden:
    """An event's own fee was set, or cleared with None."""

    event_ticker: str
    fee_type: str | None
    multiplier: Decimal | None


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """An order group was created, triggered, reset, deleted or given another limit."""

    account: str
    group_id: str
    kind: str
    limit: Decimal | None
    us: int


Happening = (
    BookChanged
    | Traded
    | Filled
    | OrderChanged
    | PositionChanged
    | QuoteChanged
    | Lifecycle
    | EventMade
    | FeeOverridden
    | GroupChanged
)
