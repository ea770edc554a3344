"""What a venue says of its markets and of time, and the typed messages of a stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from engine.brokers.orders import VenueFill, VenueOrder
from engine.core.errors import InvalidData
from engine.core.instrument import Instrument
from engine.core.trading import Position, Side


@dataclass(frozen=True, slots=True)
class PriceStep:
    """From `start` up to `end` prices lie on multiples of `step` above `start`."""

    start: Decimal
    end: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the venue trades it: its instrument, its exact price grid and lot, and whether it is open.

    Without `grid` every price is taken. `low` and `high` bound a limit price, both excluded.
    """

    instrument: Instrument
    lot: Decimal
    grid: tuple[PriceStep, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal | None = None
    tradable: bool = True
    status: str = ""
    opens_ns: int | None = None
    closes_ns: int | None = None

    def on_grid(self, price: Decimal) -> bool:
        """Whether a limit order at this price is taken."""
        inside = price > self.low and (self.high is None or price < self.high)
        return inside and self.round_price(price, Side.BUY) == price

    def round_price(self, price: Decimal, side: Side) -> Decimal:
        """Return the nearest price of the grid that is no worse for the buyer (lower) or the seller (higher)."""
        way = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        for band in self.grid:
            if band.start <= price <= band.end:
                steps = ((price - band.start) / band.step).to_integral_value(rounding=way)
                return band.start + steps * band.step
        if self.grid:
            raise InvalidData(
                f"price {price} of {self.instrument.symbol} lies outside its grid, which runs from "
                f"{self.grid[0].start} to {self.grid[-1].end}"
            )
        return price

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Return the quantity in whole lots, rounded towards zero: rounding never raises exposure."""
        return quantity // self.lot * self.lot if self.lot else quantity


@dataclass(frozen=True, slots=True)
class VenueClock:
    """The venue's time against ours: `skew_s` above 0 means that our clock is ahead."""

    time_ns: int
    skew_s: float
    trading: bool | None = None
    next_open_ns: int | None = None


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """An order has changed."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class FillUpdate:
    """Something has traded; the same fill comes again from `fills`, under the same id."""

    fill: VenueFill


@dataclass(frozen=True, slots=True)
class PositionUpdate:
    """What is held of a symbol has changed."""

    position: Position


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask with their sizes; None where a side is empty, which is no price."""

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal | None
    ask_size: Decimal | None
    time_ns: int | None


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade; `taker` is the side that crossed."""

    trade_id: str
    symbol: str
    price: Decimal
    quantity: Decimal
    taker: Side | None
    time_ns: int | None
    block: bool = False


@dataclass(frozen=True, slots=True)
class LinkUpdate:
    """The stream itself: "connected", "lost" or "stale". Nothing is replayed: sweep orders and fills when connected."""

    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A message of a kind that this version does not know, or cannot read; kept, never fatal."""

    kind: str
    raw: Any = field(repr=False)


Update = OrderUpdate | FillUpdate | PositionUpdate | Quote | Trade | LinkUpdate | Unrecognised
