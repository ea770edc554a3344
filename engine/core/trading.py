"""Orders, fills and positions as values, and the life of an order as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from engine.core.errors import InvalidConfig, Stopped


class Side(Enum):
    """Which way an order or a fill goes; the value is the sign of the quantity."""

    BUY = 1
    SELL = -1


class Status(Enum):
    """Where an order stands. UNKNOWN: sent, and whether it landed is not known yet."""

    PLANNED = "planned"
    SENDING = "sending"
    ACKED = "acked"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCEL_PENDING = "cancel pending"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"


# Rule: everything an order may become stands here. An order only moves forward; a fill may arrive from every state,
# also after a reject or a cancel (`LATE`), because venues report out of order.
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.PLANNED: frozenset({Status.SENDING, Status.ABANDONED}),
        Status.SENDING: frozenset({Status.ACKED, Status.REJECTED, Status.UNKNOWN, Status.PARTIAL, Status.FILLED}),
        Status.UNKNOWN: frozenset(
            {Status.ACKED, Status.REJECTED, Status.ABANDONED, Status.PARTIAL, Status.FILLED}
            | {Status.CANCELED, Status.EXPIRED}
        ),
        Status.ACKED: frozenset(
            {Status.PARTIAL, Status.FILLED, Status.CANCEL_PENDING, Status.CANCELED, Status.EXPIRED, Status.REJECTED}
        ),
        Status.PARTIAL: frozenset({Status.FILLED, Status.CANCEL_PENDING, Status.CANCELED, Status.EXPIRED}),
        Status.CANCEL_PENDING: frozenset({Status.CANCELED, Status.PARTIAL, Status.FILLED, Status.EXPIRED}),
        Status.FILLED: frozenset(),
        Status.CANCELED: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.REJECTED: frozenset(),
        Status.ABANDONED: frozenset(),
    }
)
LATE = frozenset({Status.PARTIAL, Status.FILLED})
FINAL = frozenset(status for status, ways in TRANSITIONS.items() if not ways)


def _above_zero(what: str, value: Decimal) -> None:
    if not isinstance(value, Decimal):
        raise InvalidConfig(f"{what} is {value!r}; money and quantities that a venue sees are Decimal")
    if not (value.is_finite() and value > 0):
        raise InvalidConfig(f"{what} is {value}; it must be above 0")


@dataclass(frozen=True, slots=True)
class Fill:
    """A part of an order that has traded: quantity in units, price and fee in currency."""

    fill_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    time_ns: int

    def __post_init__(self) -> None:
        _above_zero(f"quantity of fill {self.fill_id}", self.quantity)
        _above_zero(f"price of fill {self.fill_id}", self.price)
        if not self.fee.is_finite():
            raise InvalidConfig(f"fee of fill {self.fill_id} is {self.fee}; it must be a finite amount")


@dataclass(frozen=True, slots=True)
class Order:
    """An order to buy or sell; `limit` is None for a market order. The client id is known before anything is sent."""

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit: Decimal | None = None
    status: Status = Status.PLANNED
    filled: Decimal = Decimal(0)
    fill_ids: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.client_order_id:
            raise InvalidConfig("an order needs a client order id before it is sent")
        _above_zero(f"quantity of order {self.client_order_id}", self.quantity)
        if self.limit is not None:
            _above_zero(f"limit of order {self.client_order_id}", self.limit)

    @property
    def remaining(self) -> Decimal:
        """Quantity that has not traded, never below 0."""
        return max(self.quantity - self.filled, Decimal(0))

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in FINAL

    def to(self, status: Status) -> Order:
        """Return the order in its next state; a step that the table does not have stops trading."""
        if status is self.status:
            return self
        if status not in TRANSITIONS[self.status]:
            raise Stopped(f"order {self.client_order_id} cannot go from {self.status.value} to {status.value}")
        return replace(self, status=status)

    def after(self, fill: Fill) -> Order:
        """Return the order with a fill booked; the same fill twice changes nothing, a late one is always booked."""
        if fill.fill_id in self.fill_ids:
            return self
        if (fill.client_order_id, fill.symbol, fill.side) != (self.client_order_id, self.symbol, self.side):
            raise Stopped(f"fill {fill.fill_id} is of another order than {self.client_order_id}")
        filled = self.filled + fill.quantity
        status = Status.FILLED if filled >= self.quantity else Status.PARTIAL
        if self.status in FINAL and status is Status.PARTIAL:
            status = self.status  # a late part of an order that is over does not bring it back to life
        return replace(self, filled=filled, status=status, fill_ids=self.fill_ids | {fill.fill_id})


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of a symbol: signed quantity, average entry price, P&L realised so far after fees."""

    symbol: str
    quantity: Decimal = Decimal(0)
    entry_price: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)

    def after(self, fill: Fill) -> Position:
        """Return the position after a fill; one that crosses zero closes the old side and opens the new one."""
        change = fill.quantity * fill.side.value
        held = self.quantity + change
        if self.quantity * change >= 0:  # opening or adding
            cost = self.quantity * self.entry_price + change * fill.price
            return replace(self, quantity=held, entry_price=cost / held, realised=self.realised - fill.fee)
        closed = min(abs(change), abs(self.quantity)) * (1 if self.quantity > 0 else -1)
        realised = self.realised + closed * (fill.price - self.entry_price) - fill.fee
        turned = fill.price if held else Decimal(0)
        price = self.entry_price if held * self.quantity > 0 else turned
        return replace(self, quantity=held, entry_price=price, realised=realised)

    def worth(self, mark: Decimal) -> Decimal:
        """Return its value at a mark, negative for a short."""
        return self.quantity * mark


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision with its reason code (`core.codes`): what was asked, what was allowed, at which price and time."""

    time_ns: int
    symbol: str
    code: int
    asked: float
    allowed: float
    price: float
