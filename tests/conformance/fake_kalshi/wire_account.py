"""What only its owner may see, as REST spells it: orders, fills, positions, settlements."""

from __future__ import annotations

from typing import Any

from tests.conformance.fake_kalshi.accounts import Holding
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.figures import cents, count, dollars, fee, iso, outcome_side, user_id
from tests.conformance.fake_kalshi.values import ONE, ZERO, Fill, Order, Settlement

Json = dict[str, Any]


def order(row: Order) -> Json:
    """An order; its time in force is not told."""
    read: Json = {
        "order_id": row.order_id,
        "user_id": user_id(row.account),
        "client_order_id": row.client_order_id,
        "ticker": row.ticker,
        "side": outcome_side(row.side),
        "action": "buy",
        "outcome_side": outcome_side(row.side),
        "book_side": row.side,
        "type": "limit",
        "status": row.status,
        "yes_price_dollars": dollars(row.price),
        "no_price_dollars": dollars(ONE - row.price),
        "initial_count_fp": count(row.initial),
        "fill_count_fp": count(row.filled),
        "remaining_count_fp": count(row.remaining),
        "taker_fill_cost_dollars": dollars(row.taker_cost),
        "maker_fill_cost_dollars": dollars(row.maker_cost),
        "taker_fees_dollars": fee(row.taker_fees),
        "maker_fees_dollars": fee(row.maker_fees),
        "created_time": iso(row.created_us),
        "last_update_time": iso(row.updated_us),
        "self_trade_prevention_type": row.stp,
        "cancel_order_on_pause": row.cancel_on_pause,
        "subaccount_number": 0,
        "exchange_index": row.shard,
    }
    if row.expires_us is not None:
        read["expiration_time"] = iso(row.expires_us)
    if row.group:
        read["order_group_id"] = row.group
    return read


def fill(row: Fill) -> Json:
    """A fill; it does not name the client order id."""
    return {
        "fill_id": row.trade_id,
        "trade_id": row.trade_id,
        "order_id": row.order_id,
        "ticker": row.ticker,
        "market_ticker": row.ticker,
        "exchange_index": row.shard,
        "side": outcome_side(row.side),
        "action": "buy",
        "outcome_side": outcome_side(row.side),
        "book_side": row.side,
        "count_fp": count(row.count),
        "yes_price_dollars": dollars(row.price),
        "no_price_dollars": dollars(ONE - row.price),
        "is_taker": row.taker,
        "fee_cost": fee(row.fee),
        "created_time": iso(row.us),
        "ts": row.us // MICRO,
        "subaccount_number": 0,
    }


def position(ticker: str, row: Holding) -> Json:
    """A market position; the time of the last update is text, whatever its name says."""
    return {
        "ticker": ticker,
        "exchange_index": row.shard,
        "position_fp": count(row.position),
        "market_exposure_dollars": dollars(row.cost),
        "total_traded_dollars": dollars(row.traded),
        "realized_pnl_dollars": dollars(row.realized),
        "fees_paid_dollars": dollars(row.fees),
        "last_updated_ts": iso(row.updated_us),
    }


def event_position(ticker: str, rows: list[Holding]) -> Json:
    """The positions of an event, added up."""
    return {
        "event_ticker": ticker,
        "total_cost_dollars": dollars(sum((row.traded for row in rows), ZERO)),
        "total_cost_shares_fp": count(sum((row.volume for row in rows), ZERO)),
        "event_exposure_dollars": dollars(sum((row.cost for row in rows), ZERO)),
        "realized_pnl_dollars": dollars(sum((row.realized for row in rows), ZERO)),
        "fees_paid_dollars": dollars(sum((row.fees for row in rows), ZERO)),
    }


def settlement(row: Settlement) -> Json:
    """A settlement: counts gross, `revenue` and `value` in whole cents, the rest in dollars."""
    return {
        "ticker": row.ticker,
        "event_ticker": row.event_ticker,
        "exchange_index": row.shard,
        "market_result": row.result,
        "yes_count_fp": count(row.yes_count),
        "yes_total_cost_dollars": dollars(row.yes_cost),
        "no_count_fp": count(row.no_count),
        "no_total_cost_dollars": dollars(row.no_cost),
        "revenue": cents(row.revenue),
        "value": cents(row.value),
        "fee_cost": fee(row.fee),
        "settled_time": iso(row.us),
    }
