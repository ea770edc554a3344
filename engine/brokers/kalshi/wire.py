"""Kalshi's public data as frozen values: exact decimals, empty sides as None, unknown fields kept in `extra`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.brokers.base import PriceStep, Trade
from engine.brokers.kalshi.fields import Fields
from engine.core.trading import Side

ZERO, ONE = Decimal(0), Decimal(1)


def price(value: Decimal | None) -> Decimal | None:
    """Return a price, or None for the sentinels of an empty side: a bid of 0, an ask of 1."""
    return value if value is not None and ZERO < value < ONE else None


def book_side(fields: Fields, book: str, outcome: str) -> Side | None:
    """Return which way an order or a trade goes on the YES book; buying NO is selling YES."""
    word = fields.text(book) or {"yes": "bid", "no": "ask"}.get(fields.text(outcome), "")
    return {"bid": Side.BUY, "ask": Side.SELL}.get(word)


@dataclass(frozen=True, slots=True)
class Market:
    """One YES/NO contract. Prices are of YES in dollars, None where nothing is quoted; counts are contracts.

    `status` is one of initialized, active, inactive, closed, determined, disputed, amended, finalized. `result` is yes,
    no, scalar or empty; `settlement_value` is what one YES pays.
    """

    ticker: str
    event_ticker: str
    status: str
    title: str
    yes_title: str
    no_title: str
    market_type: str
    open_time: datetime | None
    close_time: datetime | None
    expected_expiration_time: datetime | None
    latest_expiration_time: datetime | None
    can_close_early: bool
    settlement_timer_s: int | None
    yes_bid: Decimal | None
    yes_ask: Decimal | None
    yes_bid_size: Decimal | None
    yes_ask_size: Decimal | None
    last_price: Decimal | None
    previous_price: Decimal | None
    volume: Decimal
    volume_24h: Decimal
    open_interest: Decimal
    result: str
    settlement_value: Decimal | None
    settlement_time: datetime | None
    strike_type: str
    floor_strike: Decimal | None
    cap_strike: Decimal | None
    custom_strike: Mapping[str, Any]
    expiration_value: str
    rules: str
    rules_more: str
    grid: tuple[PriceStep, ...]
    fee_waived_until: datetime | None
    exchange_index: int
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def settled(self) -> bool:
        """Whether its outcome is known."""
        return self.settlement_value is not None or self.result in ("yes", "no")

    @property
    def payout(self) -> Decimal | None:
        """What one YES pays, None while it is not known."""
        return self.settlement_value if self.settlement_value is not None else _PAYS.get(self.result)


_PAYS = {"yes": ONE, "no": ZERO}


def read_market(raw: object) -> Market:
    """Return a market of the live or the historical tier."""
    f = Fields(raw, "a market")
    custom = f.get("custom_strike")
    return Market(
        ticker=f.name("ticker"),
        event_ticker=f.text("event_ticker"),
        status=f.text("status"),
        title=f.text("title"),
        yes_title=f.text("yes_sub_title"),
        no_title=f.text("no_sub_title"),
        market_type=f.text("market_type"),
        open_time=f.time("open_time"),
        close_time=f.time("close_time"),
        expected_expiration_time=f.time("expected_expiration_time"),
        latest_expiration_time=f.time("latest_expiration_time"),
        can_close_early=f.flag("can_close_early"),
        settlement_timer_s=f.whole("settlement_timer_seconds"),
        yes_bid=price(f.number("yes_bid_dollars")),
        yes_ask=price(f.number("yes_ask_dollars")),
        yes_bid_size=f.number("yes_bid_size_fp"),
        yes_ask_size=f.number("yes_ask_size_fp"),
        last_price=price(f.number("last_price_dollars")),
        previous_price=price(f.number("previous_price_dollars")),
        volume=f.number("volume_fp", "volume") or ZERO,
        volume_24h=f.number("volume_24h_fp") or ZERO,
        open_interest=f.number("open_interest_fp", "open_interest") or ZERO,
        result=f.text("result"),
        settlement_value=f.number("settlement_value_dollars"),
        settlement_time=f.time("settlement_ts"),
        strike_type=f.text("strike_type"),
        floor_strike=f.number("floor_strike"),
        cap_strike=f.number("cap_strike"),
        custom_strike=custom if isinstance(custom, dict) else {},
        expiration_value=f.text("expiration_value"),
        rules=f.text("rules_primary"),
        rules_more=f.text("rules_secondary"),
        grid=read_grid(f.items("price_ranges")),
        fee_waived_until=f.time("fee_waiver_expiration_time"),
        exchange_index=f.whole("exchange_index") or 0,
        extra=f.rest(),
    )


def read_grid(raw: list[Any]) -> tuple[PriceStep, ...]:
    """Return the price grid, lowest band first; a band that cannot be read is left out."""
    bands = []
    for item in raw:
        f = Fields(item if isinstance(item, dict) else {}, "a price range")
        start, end, step = f.number("start"), f.number("end"), f.number("step")
        if start is not None and end is not None and step is not None and start < end and step > 0:
            bands.append(PriceStep(start, end, step))
    return tuple(sorted(bands, key=lambda band: band.start))


@dataclass(frozen=True, slots=True)
class Event:
    """A question with one or several markets; `fee_*` override the series' where they are not None."""

    event_ticker: str
    series_ticker: str
    title: str
    sub_title: str
    category: str
    mutually_exclusive: bool
    collateral_return_type: str
    strike_time: datetime | None
    fee_type: str | None
    fee_multiplier: Decimal | None
    markets: tuple[Market, ...]
    exchange_index: int
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_event(raw: object) -> Event:
    """Return an event, with its markets where they are nested in it."""
    f = Fields(raw, "an event")
    return Event(
        event_ticker=f.name("event_ticker"),
        series_ticker=f.text("series_ticker"),
        title=f.text("title"),
        sub_title=f.text("sub_title"),
        category=f.text("category"),
        mutually_exclusive=f.flag("mutually_exclusive"),
        collateral_return_type=f.text("collateral_return_type"),
        strike_time=f.time("strike_date"),
        fee_type=f.text("fee_type_override") or None,
        fee_multiplier=f.number("fee_multiplier_override"),
        markets=tuple(read_market(market) for market in f.items("markets")),
        exchange_index=f.whole("exchange_index") or 0,
        extra=f.rest(),
    )


@dataclass(frozen=True, slots=True)
class Series:
    """A template of events with its fee: `fee_type` names the formula, `fee_multiplier` scales it."""

    ticker: str
    title: str
    category: str
    tags: tuple[str, ...]
    frequency: str
    fee_type: str
    fee_multiplier: Decimal
    sources: tuple[str, ...]
    exchange_index: int
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_series(raw: object) -> Series:
    """Return a series; without a multiplier the full fee is assumed."""
    f = Fields(raw, "a series")
    multiplier = f.number("fee_multiplier")
    sources = [s["name"] for s in f.items("settlement_sources") if isinstance(s, dict) and s.get("name")]
    return Series(
        ticker=f.name("ticker"),
        title=f.text("title"),
        category=f.text("category"),
        tags=tuple(str(tag) for tag in f.items("tags")),
        frequency=f.text("frequency"),
        fee_type=f.text("fee_type"),
        fee_multiplier=ONE if multiplier is None else multiplier,
        sources=tuple(sources),
        exchange_index=f.whole("exchange_index") or 0,
        extra=f.rest(),
    )


@dataclass(frozen=True, slots=True)
class FeeChange:
    """From `scheduled` on, this fee holds for a series or an event; None takes an event's override away."""

    series_ticker: str
    event_ticker: str
    fee_type: str | None
    fee_multiplier: Decimal | None
    scheduled: datetime | None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_fee_change(raw: object) -> FeeChange:
    """Return a fee change of a series or of an event."""
    f = Fields(raw, "a fee change")
    return FeeChange(
        series_ticker=f.text("series_ticker"),
        event_ticker=f.text("event_ticker"),
        fee_type=f.text("fee_type", "fee_type_override") or None,
        fee_multiplier=f.number("fee_multiplier", "fee_multiplier_override"),
        scheduled=f.time("scheduled_ts"),
        extra=f.rest(),
    )


def read_trade(raw: object) -> Trade:
    """Return a public trade at its YES price, from REST or from the stream."""
    f = Fields(raw, "a trade")
    return Trade(
        trade_id=f.name("trade_id"),
        symbol=f.name("ticker", "market_ticker"),
        price=f.amount("yes_price_dollars"),
        quantity=f.amount("count_fp"),
        taker=book_side(f, "taker_book_side", "taker_outcome_side"),
        time_ns=f.time_ns("ts_ms", "created_time", "ts"),
        block=f.flag("is_block_trade"),
    )
