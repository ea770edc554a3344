"""An account's side of Kalshi as values: orders, fills, positions, settlements, balance and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.brokers.base import Balance, OrderRef, VenueFill, VenueOrder
from engine.brokers.kalshi.fields import Fields, Unreadable
from engine.brokers.kalshi.limiter import BucketLimit
from engine.brokers.kalshi.wire import ONE, ZERO, book_side
from engine.core.trading import Fill, Position, Side, Status

CENT = Decimal("0.01")


def _side(fields: Fields, what: str) -> Side:
    side = book_side(fields, "book_side", "outcome_side")
    if side is None:
        raise Unreadable(f"Kalshi sent {what} that is neither bid nor ask; update this program")
    return side


def order_status(word: str, filled: Decimal, *, expired: bool = False) -> Status:
    """Return the status of an order in the words of the engine; a partial fill still reads "resting" at Kalshi."""
    if word == "resting":
        return Status.PARTIAL if filled else Status.ACKED
    if word == "executed":
        return Status.FILLED
    if word == "canceled":
        return Status.EXPIRED if expired else Status.CANCELED
    return Status.UNKNOWN


def read_order(raw: object) -> VenueOrder:
    """Return an order from REST or from the stream, at its YES price."""
    f = Fields(raw, "an order")
    filled = f.number("fill_count_fp") or ZERO
    remaining = f.number("remaining_count_fp") or ZERO
    updated, expiry = (
        f.time_ns("last_updated_ts_ms", "last_update_time"),
        f.time_ns("expiration_ts_ms", "expiration_time"),
    )
    reason = f.text("last_update_reason")
    expired = reason == "ExpiryCancel" or (not reason and None not in (updated, expiry) and updated >= expiry)  # type: ignore[operator]
    word = f.text("status")
    ref = OrderRef(
        f.name("ticker", "market_ticker"), _side(f, "an order"), f.text("client_order_id"), f.name("order_id")
    )
    return VenueOrder(
        ref=ref,
        quantity=f.number("initial_count_fp") or filled + remaining,
        limit=f.number("yes_price_dollars"),
        status=order_status(word, filled, expired=expired),
        filled=filled,
        remaining=remaining if word == "resting" else ZERO,
        created_ns=f.time_ns("created_ts_ms", "created_time"),
        updated_ns=updated,
        fees=(f.number("taker_fees_dollars") or ZERO) + (f.number("maker_fees_dollars") or ZERO),
        reason=reason,
        raw=f.rest(),
    )


def read_fill(raw: object, client_order_id: str = "") -> VenueFill:
    """Return a fill at its YES price; REST does not name our order id, the stream does."""
    f = Fields(raw, "a fill")
    taker, quantity, price = f.get("is_taker"), f.amount("count_fp"), f.amount("yes_price_dollars")
    if quantity <= 0 or price <= 0:
        raise Unreadable(f"Kalshi sent a fill of {quantity} contracts at {price}; try again later")
    fill = Fill(
        fill_id=f.name("fill_id", "trade_id"),
        client_order_id=f.text("client_order_id") or client_order_id,
        symbol=f.name("ticker", "market_ticker"),
        side=_side(f, "a fill"),
        quantity=quantity,
        price=price,
        fee=f.number("fee_cost") or ZERO,
        time_ns=f.time_ns("ts_ms", "created_time", "ts") or 0,
    )
    return VenueFill(fill, f.name("order_id"), maker=not taker if isinstance(taker, bool) else None)


def read_position(raw: object) -> Position:
    """Return a position in YES, negative for NO, with the average YES price at which it was entered.

    A NO contract that cost q is a YES sold at 1 - q.
    """
    f = Fields(raw, "a position")
    held = f.number("position_fp") or ZERO
    cost = f.number("position_cost_dollars", "market_exposure_dollars") or ZERO
    each = abs(cost) / abs(held) if held else ZERO
    return Position(
        symbol=f.name("ticker", "market_ticker"),
        quantity=held,
        entry_price=ONE - each if held < 0 else each,
        realised=(f.number("realized_pnl_dollars") or ZERO) - (f.number("fees_paid_dollars") or ZERO),
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a market paid an account: counts are contracts bought in all, money in dollars.

    `yes_payout` is what one YES paid, None where Kalshi does not say.
    """

    ticker: str
    event_ticker: str
    result: str
    yes_count: Decimal
    yes_cost: Decimal
    no_count: Decimal
    no_cost: Decimal
    revenue: Decimal
    fees: Decimal
    yes_payout: Decimal | None
    time: datetime | None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def pnl(self) -> Decimal:
        """Profit after fees; pairs of YES and NO paid their dollar before, which is not in `revenue`."""
        return min(self.yes_count, self.no_count) + self.revenue - self.yes_cost - self.no_cost - self.fees


def read_settlement(raw: object) -> Settlement:
    """Return a settlement, its cents as dollars."""
    f = Fields(raw, "a settlement")
    value = f.number("value")
    return Settlement(
        ticker=f.name("ticker"),
        event_ticker=f.text("event_ticker"),
        result=f.text("market_result"),
        yes_count=f.number("yes_count_fp") or ZERO,
        yes_cost=f.number("yes_total_cost_dollars") or ZERO,
        no_count=f.number("no_count_fp") or ZERO,
        no_cost=f.number("no_total_cost_dollars") or ZERO,
        revenue=f.amount("revenue") * CENT,
        fees=f.number("fee_cost") or ZERO,
        yes_payout=None if value is None else value * CENT,
        time=f.time("settled_time"),
        extra=f.rest(),
    )


def read_balance(raw: object) -> Balance:
    """Return the balance: exact dollars where they are sent, else the cents, which are cut off."""
    f = Fields(raw, "a balance")
    cash = f.number("balance_dollars")
    if cash is None:
        cash = f.amount("balance") * CENT
    worth = f.number("portfolio_value")
    parts = {}
    for item in f.items("balance_breakdown"):
        part = Fields(item, "a part of the balance")
        parts[str(part.whole("exchange_index") or 0)] = part.number("balance") or ZERO
    return Balance(
        cash=cash,
        equity=None if worth is None else cash + worth * CENT,
        as_of_ns=f.time_ns("updated_ts"),
        parts=parts,
    )


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The tier of an account and its two token buckets."""

    tier: str
    read: BucketLimit
    write: BucketLimit
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_limits(raw: object) -> AccountLimits:
    """Return an account's limits."""
    f = Fields(raw, "the account limits")
    return AccountLimits(f.text("usage_tier"), _bucket(f.get("read")), _bucket(f.get("write")), f.rest())


def _bucket(raw: object) -> BucketLimit:
    f = Fields(raw, "a rate limit")
    rate = f.amount("refill_rate")
    return BucketLimit(float(rate), float(f.number("bucket_capacity") or rate))


@dataclass(frozen=True, slots=True)
class OrderGroup:
    """Orders under one brake: fills above `limit` contracts within 15 seconds cancel them all until it is reset."""

    group_id: str
    limit: Decimal | None
    auto_cancel: bool
    orders: tuple[str, ...]
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_group(raw: object, group_id: str = "") -> OrderGroup:
    """Return an order group; asked for by its id it does not repeat the id."""
    f = Fields(raw, "an order group")
    return OrderGroup(
        group_id=f.text("id", "order_group_id") or group_id or f.name("order_group_id"),
        limit=f.number("contracts_limit_fp", "contracts_limit"),
        auto_cancel=f.flag("is_auto_cancel_enabled"),
        orders=tuple(str(order) for order in f.items("orders")),
        extra=f.rest(),
    )
