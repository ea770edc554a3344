"""What Kalshi's WebSocket says, one frame at a time, as typed values; what cannot be read is kept, never fatal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.brokers.base import (
    FillUpdate,
    OrderUpdate,
    PositionUpdate,
    PriceStep,
    Quote,
    Trade,
    Unrecognised,
    Update,
)
from engine.brokers.kalshi.book import OrderBook
from engine.brokers.kalshi.fields import Fields, Unreadable, moment, read_json
from engine.brokers.kalshi.ledger import read_fill, read_order, read_position
from engine.brokers.kalshi.wire import price, read_grid, read_trade
from engine.core.trading import Side


@dataclass(frozen=True, slots=True)
class TickerUpdate:
    """A market at a glance: best quotes, last price, volume and open interest in contracts."""

    quote: Quote
    last_price: Decimal | None
    volume: Decimal | None
    open_interest: Decimal | None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """The whole book of a market after a change."""

    book: OrderBook


@dataclass(frozen=True, slots=True)
class LifecycleUpdate:
    """A market was created, opened, paused, moved, decided or paid; only what changed is set."""

    ticker: str
    event: str
    open_time: datetime | None
    close_time: datetime | None
    result: str
    settlement_value: Decimal | None
    grid: tuple[PriceStep, ...]
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class EventUpdate:
    """An event appeared or its fee changed; None takes an override away."""

    event_ticker: str
    kind: str
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


KalshiUpdate = Update | TickerUpdate | BookUpdate | LifecycleUpdate | EventUpdate


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame before its message is read: `sid` is the subscription and `seq` its running number, where it has one."""

    kind: str
    sid: int | None
    seq: int | None
    request: int | None
    msg: Any = field(repr=False)
    raw: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole book as it is sent."""

    ticker: str
    yes: tuple[Any, ...]
    no: tuple[Any, ...]
    clock: int | None
    time_ns: int | None


@dataclass(frozen=True, slots=True)
class Delta:
    """A signed change of what rests at one price, in the terms of the side it is on."""

    ticker: str
    side: Side
    price: Decimal
    by: Decimal
    clock: int | None
    time_ns: int | None


def read_envelope(text: str | bytes) -> Envelope | None:
    """Return a frame, None where it is no JSON object with a type."""
    try:
        raw = read_json(text)
        f = Fields(raw, "a frame")
        return Envelope(f.name("type"), f.whole("sid"), f.whole("seq"), f.whole("id"), f.get("msg"), raw)
    except Unreadable:
        return None


def read_snapshot(msg: object) -> Snapshot:
    """Return a snapshot; a side that is empty is not sent at all."""
    f = Fields(msg, "an order book")
    yes, no = f.items("yes_dollars_fp", "yes_dollars"), f.items("no_dollars_fp", "no_dollars")
    return Snapshot(f.name("market_ticker"), tuple(yes), tuple(no), f.whole("clock"), f.time_ns("ts_ms"))


def read_delta(msg: object) -> Delta:
    """Return a change of a book."""
    f = Fields(msg, "a change of an order book")
    side = {"yes": Side.BUY, "no": Side.SELL}.get(f.text("side"))
    if side is None:
        raise Unreadable("Kalshi sent a change of an order book on neither side; update this program")
    ticker, by = f.name("market_ticker"), f.amount("delta_fp")
    return Delta(ticker, side, f.amount("price_dollars"), by, f.whole("clock"), f.time_ns("ts_ms", "ts"))


def read_ticker(msg: object) -> TickerUpdate:
    """Return a market at a glance."""
    f = Fields(msg, "a ticker")
    bid, ask = price(f.number("yes_bid_dollars")), price(f.number("yes_ask_dollars"))
    sizes = f.number("yes_bid_size_fp"), f.number("yes_ask_size_fp")
    quote = Quote(
        symbol=f.name("market_ticker"),
        bid=bid,
        ask=ask,
        bid_size=sizes[0] if bid is not None else None,
        ask_size=sizes[1] if ask is not None else None,
        time_ns=f.time_ns("ts_ms", "time", "ts"),
    )
    last = price(f.number("price_dollars"))
    return TickerUpdate(quote, last, f.number("volume_fp"), f.number("open_interest_fp"), f.rest())


def read_lifecycle(msg: object) -> LifecycleUpdate:
    """Return a step in the life of a market."""
    f = Fields(msg, "a step in a market's life")
    return LifecycleUpdate(
        ticker=f.name("market_ticker"),
        event=f.text("event_type"),
        open_time=moment(f.get("open_ts")),
        close_time=moment(f.get("close_ts")),
        result=f.text("result"),
        settlement_value=f.number("settlement_value"),
        grid=read_grid(f.items("price_ranges")),
        extra=f.rest(),
    )


def read_update(frame: Envelope) -> KalshiUpdate:
    """Return the message of a frame that changes no book; one of an unknown kind, or unreadable, is kept as it came."""
    try:
        return _read(frame)
    except Unreadable:
        return Unrecognised(frame.kind, frame.raw)


def _read(frame: Envelope) -> KalshiUpdate:
    match frame.kind:
        case "ticker":
            return read_ticker(frame.msg)
        case "trade":
            trade: Trade = read_trade(frame.msg)
            return trade
        case "fill":
            return FillUpdate(read_fill(frame.msg))
        case "user_order":
            return OrderUpdate(read_order(frame.msg))
        case "market_position":
            return PositionUpdate(read_position(frame.msg))
        case "market_lifecycle_v2" | "multivariate_market_lifecycle":
            return read_lifecycle(frame.msg)
        case "event_lifecycle" | "event_fee_update":
            f = Fields(frame.msg, "an event")
            return EventUpdate(f.name("event_ticker"), frame.kind, f.rest())
        case _:
            return Unrecognised(frame.kind, frame.raw)
