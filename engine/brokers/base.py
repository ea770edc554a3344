"""What the rest of the house may ask of any venue, so that a runner never knows which one it trades on.

Errors (`core.errors`) say what to do next, and every broker sorts its venue's answers so:

    submit, amend, cancel     OrderRejected      the venue has said no; the order has no effect
                              BrokerUnavailable  nothing was sent; the same client order id may be sent again
                              RateLimited        not accepted; wait, then the same client order id may be sent again
                              OutcomeUnknown     it may have landed: look it up by client order id, never resend
                              DuplicateOrder     an order of this id landed before (an OutcomeUnknown): look it up
    everything else           BrokerUnavailable  after retries; nothing was changed
                              NotFound           the venue does not know the symbol
    all                       Stopped            keys, clock, permissions: a person must act

A write is sent at most once per call. Nothing here retries one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from engine.brokers.orders import (
    Ack,
    Balance,
    CancelAck,
    FillPage,
    OrderRef,
    OrderRequest,
    TimeInForce,
    VenueFill,
    VenueOrder,
)
from engine.brokers.updates import (
    FillUpdate,
    LinkUpdate,
    Listing,
    OrderUpdate,
    PositionUpdate,
    PriceStep,
    Quote,
    Trade,
    Unrecognised,
    Update,
    VenueClock,
)
from engine.core.errors import InvalidConfig
from engine.core.trading import Position

__all__ = [
    "Ack",
    "Balance",
    "Broker",
    "CancelAck",
    "Capabilities",
    "FillPage",
    "FillUpdate",
    "LinkUpdate",
    "Listing",
    "OrderRef",
    "OrderRequest",
    "OrderUpdate",
    "PositionUpdate",
    "PriceStep",
    "Quote",
    "TimeInForce",
    "Trade",
    "Unrecognised",
    "Update",
    "VenueClock",
    "VenueFill",
    "VenueOrder",
]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a venue can do; the conformance suite skips only what is switched off here.

    `dedupes` is how long a client order id stays taken: "forever", "open" (while the order is) or "no". `lookup_lag_s`
    is how long after a send a miss on lookup still proves nothing.
    """

    venue: str
    time_in_force: frozenset[TimeInForce]
    market_orders: bool = False
    amend: bool = False
    post_only: bool = False
    reduce_only: bool = False
    short: bool = False
    stream: bool = False
    dedupes: str = "no"
    lookup_lag_s: float = 10.0
    longest_client_order_id: int = 64

    def __post_init__(self) -> None:
        if self.dedupes not in ("forever", "open", "no"):
            raise InvalidConfig(f"dedupes is {self.dedupes!r}; it must be 'forever', 'open' or 'no'")


@runtime_checkable
class Broker(Protocol):
    """One account at one venue. REST is the ledger and the stream a hint: whatever `events` says, `fills` decides."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def connect(self) -> None:
        """Open the connection and check keys and clock, where there are keys."""

    async def close(self) -> None:
        """Let go of every connection; a second call does nothing."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def submit(self, request: OrderRequest) -> Ack: ...

    async def cancel(self, ref: OrderRef) -> CancelAck: ...

    async def amend(self, ref: OrderRef, *, quantity: Decimal, limit: Decimal) -> Ack:
        """Change an order to a new limit and total quantity, in which what has already traded is counted."""

    async def order(self, venue_order_id: str) -> VenueOrder | None:
        """The order, or None if the venue's reads do not show it (yet)."""

    async def order_by_client_id(
        self, client_order_id: str, *, symbol: str = "", since_ns: int = 0
    ) -> VenueOrder | None:
        """The order, or None if the venue's reads do not show it (yet). Symbol and time make the search shorter."""

    async def open_orders(self, symbol: str = "") -> tuple[VenueOrder, ...]: ...

    async def fills(self, cursor: str = "", *, since_ns: int = 0) -> FillPage:
        """Fills after a cursor (or, without one, since a time), oldest first; none comes twice along one chain."""

    async def positions(self) -> tuple[Position, ...]: ...

    async def balance(self) -> Balance: ...

    async def listing(self, symbol: str) -> Listing: ...

    async def clock(self) -> VenueClock: ...

    async def reads_as_of_ns(self) -> int | None:
        """Up to when the venue's order and fill reads are complete; None if it does not say."""

    def events(self, symbols: Sequence[str] = ()) -> AsyncIterator[Update]:
        """Typed updates of the account and of these symbols, for as long as it is iterated; it reconnects by itself."""
