"""The exchange's happenings as messages of the stream."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.figures import count, dollars, fee, iso, outcome_side, user_id
from tests.conformance.fake_kalshi.happenings import (
    BookChanged,
    EventMade,
    FeeOverridden,
    GroupChanged,
    Lifecycle,
    OrderChanged,
    PositionChanged,
)
from tests.conformance.fake_kalshi.values import ASK, BID, ONE, Fill, Market, Trade
from tests.conformance.fake_kalshi.wire_market import ranges

Json = dict[str, Any]


def _no_leg(price: Decimal, yes_price: bool) -> str:
    return dollars(price if yes_price else ONE - price)


def snapshot(exchange: Exchange, ticker: str, yes_price: bool) -> Json:
    """The whole book; the key of an empty side is absent."""
    market, book = exchange.markets[ticker], exchange.books[ticker]
    yes = [[dollars(price), count(size)] for price, size in book.levels(BID)]
    no = [[_no_leg(price, yes_price), count(size)] for price, size in reversed(book.levels(ASK))]
    read: Json = {"market_ticker": ticker, "market_id": market.market_id, "clock": market.clock}
    if yes:
        read["yes_dollars_fp"] = yes
    if no:
        read["no_dollars_fp"] = no
    return read


def delta(exchange: Exchange, row: BookChanged, yes_price: bool, mine: bool) -> Json:
    """A change of one level; the client order id goes to whom it belongs."""
    read: Json = {
        "market_ticker": row.ticker,
        "market_id": exchange.markets[row.ticker].market_id,
        "clock": row.clock,
        "price_dollars": dollars(row.price) if row.side == BID else _no_leg(row.price, yes_price),
        "delta_fp": count(row.change),
        "side": outcome_side(row.side),
        "ts": iso(row.us),
        "ts_ms": row.us // 1000,
    }
    return read | ({"client_order_id": row.client_order_id, "subaccount": 0} if mine else {})


def ticker(exchange: Exchange, name: str, us: int) -> Json:
    """A market's quotes and totals."""
    market, book = exchange.markets[name], exchange.books[name]
    bid, ask = exchange.quote(name)
    return {
        "market_id": market.market_id,
        "market_ticker": name,
        "price_dollars": dollars(market.last),
        "yes_bid_dollars": dollars(bid),
        "yes_ask_dollars": dollars(ask),
        "yes_bid_size_fp": count(book.size(BID, bid)),
        "yes_ask_size_fp": count(book.size(ASK, ask)),
        "last_trade_size_fp": count(market.last_size),
        "volume_fp": count(market.volume),
        "open_interest_fp": count(market.open_interest),
        "dollar_volume": int(market.dollar_volume),
        "dollar_open_interest": int(market.open_interest),
        "ts": us // MICRO,
        "ts_ms": us // 1000,
        "time": iso(us),
    }


def trade(row: Trade) -> Json:
    """A public trade."""
    return {
        "trade_id": row.trade_id,
        "market_ticker": row.ticker,
        "yes_price_dollars": dollars(row.price),
        "no_price_dollars": dollars(ONE - row.price),
        "count_fp": count(row.count),
        "taker_side": outcome_side(row.taker_side),
        "taker_outcome_side": outcome_side(row.taker_side),
        "taker_book_side": row.taker_side,
        "is_block_trade": row.block,
        "ts": row.us // MICRO,
        "ts_ms": row.us // 1000,
    }


def fill(row: Fill) -> Json:
    """One's own half of a trade."""
    leg = outcome_side(row.side)
    return {
        "trade_id": row.trade_id,
        "order_id": row.order_id,
        "client_order_id": row.client_order_id,
        "market_ticker": row.ticker,
        "exchange_index": row.shard,
        "is_taker": row.taker,
        "side": leg,
        "action": "buy",
        "outcome_side": leg,
        "purchased_side": leg,
        "book_side": row.side,
        "yes_price_dollars": dollars(row.price),
        "count_fp": count(row.count),
        "fee_cost": fee(row.fee),
        "post_position_fp": count(row.position_after),
        "ts": row.us // MICRO,
        "ts_ms": row.us // 1000,
        "subaccount": 0,
    }


def user_order(change: OrderChanged) -> Json:
    """One's own order as it is now."""
    row = change.order
    read: Json = {
        "order_id": row.order_id,
        "user_id": user_id(row.account),
        "ticker": row.ticker,
        "exchange_index": row.shard,
        "status": row.status,
        "side": outcome_side(row.side),
        "is_yes": row.side == BID,
        "outcome_side": outcome_side(row.side),
        "book_side": row.side,
        "yes_price_dollars": dollars(row.price),
        "initial_count_fp": count(row.initial),
        "fill_count_fp": count(row.filled),
        "remaining_count_fp": count(row.remaining),
        "taker_fill_cost_dollars": dollars(row.taker_cost),
        "maker_fill_cost_dollars": dollars(row.maker_cost),
        "taker_fees_dollars": fee(row.taker_fees),
        "maker_fees_dollars": fee(row.maker_fees),
        "client_order_id": row.client_order_id,
        "self_trade_prevention_type": row.stp,
        "created_time": iso(row.created_us),
        "created_ts_ms": row.created_us // 1000,
        "last_update_time": iso(row.updated_us),
        "last_updated_ts_ms": row.updated_us // 1000,
        "subaccount_number": 0,
    }
    if row.expires_us is not None:
        read |= {"expiration_time": iso(row.expires_us), "expiration_ts_ms": row.expires_us // 1000}
    optional = {"order_group_id": row.group, "last_update_reason": change.reason}
    return read | {name: value for name, value in optional.items() if value}


def market_position(change: PositionChanged) -> Json:
    """What one holds of a market now."""
    row = change.holding
    return {
        "user_id": user_id(change.account),
        "market_ticker": change.ticker,
        "position_fp": count(row.position),
        "position_cost_dollars": dollars(row.cost),
        "realized_pnl_dollars": dollars(row.realized),
        "fees_paid_dollars": dollars(row.fees),
        "position_fee_cost_dollars": dollars(row.fees),
        "volume_fp": count(row.volume),
        "subaccount": 0,
    }


def lifecycle(exchange: Exchange, row: Lifecycle) -> Json:
    """A step in a market's life; only its creation tells the terms."""
    read: Json = {"market_ticker": row.ticker, "event_type": row.kind, **row.fields}
    if row.kind == "created":
        read |= _terms(exchange, exchange.markets[row.ticker])
    return read


def _terms(exchange: Exchange, market: Market) -> Json:
    return {
        "exchange_index": market.shard,
        "open_ts": market.open_us // MICRO,
        "close_ts": market.close_us // MICRO,
        "price_level_structure": market.structure,
        "price_ranges": ranges(market.structure),
        "additional_metadata": {
            "name": market.title,
            "title": market.title,
            "yes_sub_title": "Yes",
            "no_sub_title": "No",
            "rules_primary": "Settles at the venue's word.",
            "rules_secondary": "",
            "can_close_early": True,
            "event_ticker": market.event_ticker,
            "expected_expiration_ts": market.expected_us // MICRO,
            "strike_type": market.strike_type,
        },
    }


def event_made(row: EventMade) -> Json:
    """A new event."""
    event = row.event
    return {
        "event_ticker": event.event_ticker,
        "exchange_index": event.exchange_index,
        "title": event.title,
        "subtitle": event.sub_title,
        "collateral_return_type": "MECNET" if event.mutually_exclusive else "",
        "series_ticker": event.series_ticker,
    }


def fee_update(row: FeeOverridden) -> Json:
    """An event's fee override; nulls clear it."""
    return {
        "event_ticker": row.event_ticker,
        "fee_type_override": row.fee_type,
        "fee_multiplier_override": None if row.multiplier is None else float(row.multiplier),
    }


def group(row: GroupChanged) -> Json:
    """A change of an order group."""
    read: Json = {"event_type": row.kind, "order_group_id": row.group_id, "ts_ms": row.us // 1000}
    return read if row.limit is None else read | {"contracts_limit_fp": count(row.limit)}
