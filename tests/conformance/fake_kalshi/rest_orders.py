"""REST: writes, that is create, cancel, amend and decrease, alone and in batches, and the order groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.fake_kalshi import groups, matching
from tests.conformance.fake_kalshi import orders as acts
from tests.conformance.fake_kalshi.figures import count, dollars, fee
from tests.conformance.fake_kalshi.parse import Fields, Request, body, ticket
from tests.conformance.fake_kalshi.values import Order, Refused
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
EACH = Decimal("0.000001")
BATCH_MOST = 100


def gone(venue: Venue, request: Request, account: str, **_: str) -> Json:
    """What order writes of the first version answer."""
    raise Refused(410, "deprecated_v1_order_endpoint", message="use /portfolio/events/orders")


def _now_ms(venue: Venue) -> int:
    return venue.clock.now() // 1000


def _named(row: Order) -> Json:
    return {"order_id": row.order_id, "client_order_id": row.client_order_id}


def _averages(row: Order, traded: Decimal, cost: Decimal, fees: Decimal) -> Json:
    """Average price of a YES and fee a contract; absent when nothing traded."""
    if not traded:
        return {}
    leg = cost / traded
    price = leg if row.side == "bid" else 1 - leg
    return {
        "average_fill_price": dollars(price.quantize(EACH)),
        "average_fee_paid": fee((fees / traded).quantize(EACH)),
    }


def _created(venue: Venue, row: Order) -> Json:
    return {
        **_named(row),
        "fill_count": count(row.filled),
        "remaining_count": count(row.remaining),
        **_averages(row, row.filled, row.taker_cost, row.taker_fees),
        "ts_ms": _now_ms(venue),
    }


def create(venue: Venue, request: Request, account: str) -> Json:
    """Place an order."""
    return _created(venue, matching.place(venue.exchange, account, ticket(body(request))))


def items(request: Request) -> list[Any]:
    """The orders of a batch."""
    rows = body(request).get("orders")
    if not isinstance(rows, list) or not 1 <= len(rows) <= BATCH_MOST:
        raise Refused(400, "bad_request", f"a batch holds 1 to {BATCH_MOST} orders", "bad request", shape="flat")
    return rows


def _failed(refused: Refused) -> Json:
    return {"code": refused.code or "bad_request", "message": refused.message, "details": refused.details}


def create_batch(venue: Venue, request: Request, account: str) -> Json:
    """Place several orders, each with an error of its own."""
    return {"orders": [_create_item(venue, account, item) for item in items(request)]}


def _create_item(venue: Venue, account: str, item: Any) -> Json:
    client_id = item.get("client_order_id") if isinstance(item, dict) else None
    try:
        return _created(venue, matching.place(venue.exchange, account, ticket(item))) | {"error": None}
    except Refused as refused:
        return {"order_id": "", "client_order_id": client_id, "ts_ms": None, "error": _failed(refused)}


def cancel(venue: Venue, request: Request, account: str, order_id: str) -> Json:
    """Cancel an order; one that is over is not found."""
    index = request.integer("exchange_index")
    row = acts.find(venue.exchange, account, order_id, request.get("market_ticker"), index)
    return {**_named(row), "reduced_by": count(acts.cancel(venue.exchange, row)), "ts_ms": _now_ms(venue)}


def cancel_batch(venue: Venue, request: Request, account: str) -> Json:
    """Cancel several orders, each with an error of its own."""
    return {"orders": [_cancel_item(venue, account, item) for item in items(request)]}


def _cancel_item(venue: Venue, account: str, item: Any) -> Json:
    fields = Fields("BatchCancelOrder", item)
    order_id = fields.text("order_id", required=True)
    try:
        row = acts.find(
            venue.exchange, account, order_id, fields.text("market_ticker"), fields.take("exchange_index", int)
        )
        left = count(acts.cancel(venue.exchange, row))
        return {**_named(row), "reduced_by": left, "ts_ms": _now_ms(venue), "error": None}
    except Refused as refused:
        return {
            "order_id": order_id,
            "client_order_id": None,
            "reduced_by": "0.00",
            "ts_ms": None,
            "error": _failed(refused),
        }


def cancel_all(venue: Venue, request: Request, account: str) -> None:
    """Cancel everything."""
    acts.cancel_all(venue.exchange, account)


def amend(venue: Venue, request: Request, account: str, order_id: str) -> Json:
    """Change price, total count or expiry."""
    fields = Fields("AmendOrderV2Request", body(request))
    ticker, side = fields.text("ticker", required=True), fields.one_of("side", "bid", "ask")
    price, total = fields.fixed("price", 4, required=True), fields.fixed("count", 2, required=True)
    assert price is not None and total is not None
    exchange = venue.exchange
    resting = exchange.orders.get(order_id)
    if resting is not None and resting.ticker != ticker:
        raise Refused(400, "order_ticker_mismatch")
    row = acts.find(exchange, account, order_id, ticker, fields.take("exchange_index", int))
    if row.side != side:
        raise Refused(400, "order_side_mismatch")
    if fields.text("client_order_id") not in ("", row.client_order_id):
        raise Refused(400, "order_id_and_client_order_id_mismatch")
    expires = fields.take("expiration_time", int)
    traded, cost, fees = acts.amend(exchange, row, price, total, fields.text("updated_client_order_id"), expires)
    return {
        **_named(row),
        "remaining_count": count(row.remaining),
        "fill_count": count(traded),
        **_averages(row, traded, cost, fees),
        "ts_ms": _now_ms(venue),
    }


def decrease(venue: Venue, request: Request, account: str, order_id: str) -> Json:
    """Make an order smaller by or to a count."""
    fields = Fields("DecreaseOrderV2Request", body(request))
    by, to = fields.fixed("reduce_by", 2), fields.fixed("reduce_to", 2)
    if (by is None) == (to is None):
        raise Refused(400, "bad_request", "exactly one of reduce_by and reduce_to is needed", shape="flat")
    row = acts.find(venue.exchange, account, order_id, fields.text("market_ticker"), fields.take("exchange_index", int))
    acts.decrease(venue.exchange, row, by, to)
    return {**_named(row), "remaining_count": count(row.remaining), "ts_ms": _now_ms(venue)}


def _group_limit(request: Request) -> tuple[Decimal, int]:
    fields = Fields("CreateOrderGroupRequest", body(request))
    whole, exact = fields.take("contracts_limit", int), fields.fixed("contracts_limit_fp", 2)
    if whole is None and exact is None:
        raise Refused(400, "bad_request", "contracts_limit or contracts_limit_fp is needed", shape="flat")
    limit = exact if exact is not None else Decimal(whole)
    if limit <= 0 or (whole is not None and exact is not None and exact != whole):
        raise Refused(
            400, "bad_request", "contracts_limit must be above 0 and agree with contracts_limit_fp", shape="flat"
        )
    return limit, fields.take("exchange_index", int) or 0


def group_list(venue: Venue, request: Request, account: str) -> Json:
    """An account's order groups."""
    mine = [group for group in venue.exchange.groups.values() if group.account == account]
    return {"order_groups": [{"id": group.group_id, **_group(group)} for group in mine]}


def _group(group: groups.Group) -> Json:
    return {
        "contracts_limit_fp": count(group.limit),
        "is_auto_cancel_enabled": True,
        "exchange_index": group.shard,
    }


def group_create(venue: Venue, request: Request, account: str) -> Json:
    """Open an order group."""
    group = groups.create(venue.exchange, account, *_group_limit(request))
    return {"order_group_id": group.group_id, "subaccount": 0, "exchange_index": group.shard}


def group_get(venue: Venue, request: Request, account: str, group_id: str) -> Json:
    """A group and its resting orders."""
    group = groups.find(venue.exchange, account, group_id)
    return {**_group(group), "orders": groups.members(venue.exchange, group)}


def group_delete(venue: Venue, request: Request, account: str, group_id: str) -> Json:
    """Close a group and cancel its orders."""
    groups.delete(venue.exchange, groups.find(venue.exchange, account, group_id))
    return {}


def group_reset(venue: Venue, request: Request, account: str, group_id: str) -> Json:
    """Let a triggered group take orders again."""
    groups.reset(venue.exchange, groups.find(venue.exchange, account, group_id))
    return {}


def group_trigger(venue: Venue, request: Request, account: str, group_id: str) -> Json:
    """Cancel a group's orders and take no more."""
    groups.trigger(venue.exchange, groups.find(venue.exchange, account, group_id))
    return {}


def group_limit(venue: Venue, request: Request, account: str, group_id: str) -> Json:
    """Change a group's limit."""
    limit, _ = _group_limit(request)
    groups.set_limit(venue.exchange, groups.find(venue.exchange, account, group_id), limit)
    return {}
