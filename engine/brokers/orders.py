"""Orders, fills and money in a venue's terms: exact decimals, and the ids by which both sides know an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from engine.core.errors import InvalidConfig
from engine.core.trading import Fill, Order, Side, Status


class TimeInForce(Enum):
    """How long an order stays in the book."""

    GTC = "good till canceled"
    DAY = "day"
    IOC = "immediate or cancel"
    FOK = "fill or kill"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as it goes to a venue; `limit` None is a market order, `expires_ns` only goes with GTC.

    On an event contract BUY buys YES and SELL sells YES, which without YES in hand is buying NO at 1 - limit.
    """

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    expires_ns: int | None = None
    group: str = ""

    def __post_init__(self) -> None:
        Order(self.client_order_id, self.symbol, self.side, self.quantity, self.limit)  # the same rules, one place
        if not self.symbol:
            raise InvalidConfig(f"order {self.client_order_id} names no symbol; name one")
        if self.post_only and (self.limit is None or self.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
            raise InvalidConfig(f"order {self.client_order_id} is post_only; that needs a limit and GTC or DAY")
        if self.expires_ns is not None and self.time_in_force is not TimeInForce.GTC:
            raise InvalidConfig(f"order {self.client_order_id} has an expiry; that needs time in force GTC")

    @property
    def order(self) -> Order:
        """The order as the rest of the engine follows it."""
        return Order(self.client_order_id, self.symbol, self.side, self.quantity, self.limit)


@dataclass(frozen=True, slots=True)
class OrderRef:
    """What a venue needs to find an order again."""

    symbol: str
    side: Side
    client_order_id: str
    venue_order_id: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The venue's answer to a submit or an amend. `status` follows from what it says has traded and what still rests.

    An order that was accepted and came to an end unfilled (immediate-or-cancel) is CANCELED, not REJECTED.
    `filled` is what this request traded, `average_price` and `fee` (total) are None where the venue does not say.
    """

    ref: OrderRef
    status: Status
    filled: Decimal
    remaining: Decimal
    time_ns: int
    average_price: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CancelAck:
    """What a cancel took out of the book; 0 means that there was nothing left to cancel: look the order up."""

    ref: OrderRef
    canceled: Decimal
    time_ns: int | None = None


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue reports it, which may be seconds old; fees in currency, times in ns UTC."""

    ref: OrderRef
    quantity: Decimal
    limit: Decimal | None
    status: Status
    filled: Decimal
    remaining: Decimal
    created_ns: int | None = None
    updated_ns: int | None = None
    fees: Decimal = Decimal(0)
    reason: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class VenueFill:
    """A fill with the venue's own order id; its client order id is empty for an order that is not ours."""

    fill: Fill
    venue_order_id: str
    maker: bool | None = None


@dataclass(frozen=True, slots=True)
class FillPage:
    """Fills oldest first, and the cursor that continues after them; keep the cursor with the fills, in one commit."""

    fills: tuple[VenueFill, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """Cash that can be spent, in currency; `parts` where a venue keeps it in separate purses (Kalshi: shards)."""

    cash: Decimal
    equity: Decimal | None = None
    currency: str = "USD"
    as_of_ns: int | None = None
    parts: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))
