"""What may be done to a resting order: cancel, decrease, amend; and the venue's own reasons for pulling one."""

from __future__ import annotations

from decimal import Decimal

from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.matching import (
    check_client_id,
    check_expiry,
    check_funds,
    check_open,
    check_price,
    check_trading,
    drop,
    match,
    rest,
)
from tests.conformance.fake_kalshi.values import ZERO, Order, Refused


def find(exchange: Exchange, account: str, order_id: str, ticker: str = "", index: int | None = None) -> Order:
    """A resting order of this account on the shard the request is routed to: by market, else by index, else 0."""
    order = exchange.orders.get(order_id)
    if order is None or order.account != account or order.status != "resting":
        raise Refused(404, "not_found")
    if index in (None, -1):
        index = exchange.market(ticker).shard if ticker else 0
    if order.shard != index or (ticker and ticker != order.ticker):
        raise Refused(404, "not_found")
    return order


def withdraw(exchange: Exchange, order: Order, reason: str) -> Decimal:
    """Take a resting order out on anyone's behalf and return what was left of it."""
    market = exchange.market(order.ticker)
    market.clock += 1
    left = drop(exchange, order, reason)
    exchange.settle_action(market, {order.account})
    return left


def cancel(exchange: Exchange, order: Order) -> Decimal:
    """Cancel on the member's behalf: allowed in a trading pause, not in an exchange pause nor after the close."""
    if not exchange.exchange_active:
        raise Refused(409, "exchange_is_paused")
    check_open(exchange, exchange.market(order.ticker))
    return withdraw(exchange, order, "")


def cancel_all(exchange: Exchange, account: str) -> int:
    """Cancel every resting order of an account that may be cancelled, and return how many."""
    if not exchange.exchange_active:
        raise Refused(409, "exchange_is_paused")
    mine = [o for o in exchange.orders.values() if o.account == account and o.status == "resting"]
    open_ones = [o for o in mine if exchange.status(exchange.market(o.ticker)) == "active"]
    for order in open_ones:
        withdraw(exchange, order, "")
    return len(open_ones)


def decrease(exchange: Exchange, order: Order, by: Decimal | None, to: Decimal | None) -> None:
    """Make an order smaller; it keeps its place in the queue."""
    check_trading(exchange)
    check_open(exchange, exchange.market(order.ticker))
    left = order.remaining - by if by is not None else to
    assert left is not None
    if left < 0 or left > order.remaining:
        raise Refused(400, "invalid_order_size", "decrease exceeds the remaining count")
    _shrink(exchange, order, left, "Decrease")


def _shrink(exchange: Exchange, order: Order, left: Decimal, reason: str) -> None:
    market = exchange.market(order.ticker)
    if not left:
        withdraw(exchange, order, reason)
        return
    market.clock += 1
    change = left - order.remaining
    order.remaining = left
    order.initial += change
    if change:
        exchange.book_changed(order, change)
    exchange.order_changed(order, reason)
    exchange.settle_action(market, {order.account})


def amend(
    exchange: Exchange,
    order: Order,
    price: Decimal,
    total: Decimal,
    new_client_id: str = "",
    expires_s: int | None = None,
) -> tuple[Decimal, Decimal, Decimal]:
    """Change price, total count (what has traded included) or expiry; return (contracts, cost, fee) this made trade.

    Smaller or only another expiry keeps the place in the queue; another price or more contracts lose it.
    """
    check_trading(exchange)
    market = exchange.market(order.ticker)
    check_open(exchange, market)
    check_price(market, price)
    check_expiry(exchange, expires_s or None)
    left = total - order.filled
    if left <= 0:
        raise Refused(400, "invalid_order_size", "count must exceed what has already been filled")
    if new_client_id and new_client_id != order.client_order_id:
        check_client_id(exchange, order.account, new_client_id)
    filled, cost, fees = order.filled, order.taker_cost, order.taker_fees
    if price == order.price and left <= order.remaining:
        _rename(exchange, order, new_client_id, expires_s)
        _shrink(exchange, order, left, "Amend")
    else:
        _requeue(exchange, order, price, total, new_client_id, expires_s)
    return order.filled - filled, order.taker_cost - cost, order.taker_fees - fees


def _rename(exchange: Exchange, order: Order, new_client_id: str, expires_s: int | None) -> None:
    if expires_s is not None:
        order.expires_us = expires_s * MICRO or None
    if new_client_id:
        order.client_order_id = new_client_id
        exchange.client_ids[order.account, new_client_id] = order.order_id


def _requeue(
    exchange: Exchange, order: Order, price: Decimal, total: Decimal, new_client_id: str, expires_s: int | None
) -> None:
    market, book = exchange.market(order.ticker), exchange.books[order.ticker]
    old, new = (order.price, order.remaining), (price, total - order.filled)
    order.price, order.remaining = new
    try:
        check_funds(exchange, market, order)
    finally:
        order.price, order.remaining = old
    market.clock += 1
    book.remove(order)
    exchange.book_changed(order, -order.remaining)
    _rename(exchange, order, new_client_id, expires_s)
    order.price, order.remaining = new
    order.initial = total
    if order.post_only and next(book.crossing(order.side, price), None) is not None:
        order.remaining, order.status = ZERO, "canceled"
        exchange.order_changed(order, "PostOnlyCrossCancel")
        exchange.settle_action(market, {order.account})
        return
    touched = match(exchange, market, order)
    if order.status == "resting":
        order.reason = "Amend"
        rest(exchange, order)
    elif order.status == "canceled":
        exchange.order_changed(order, order.reason)
    exchange.settle_action(market, touched)
