"""Placing an order: the checks in the venue's order, then price-time matching at the maker's price."""

from __future__ import annotations

from decimal import Decimal

from tests.conformance.fake_kalshi import groups
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.grid import on_grid
from tests.conformance.fake_kalshi.happenings import Filled, Traded
from tests.conformance.fake_kalshi.values import (
    BID,
    CENT,
    FOK,
    GTC,
    IOC,
    ONE,
    ZERO,
    Fill,
    Market,
    Order,
    Refused,
    Ticket,
    Trade,
)


def place(exchange: Exchange, account: str, ticket: Ticket) -> Order:
    """Take an order, match it, and rest or drop what is left."""
    check_trading(exchange)
    market = exchange.market(ticket.ticker)
    check_shard(market, ticket.exchange_index)
    check_open(exchange, market)
    check_client_id(exchange, account, ticket.client_order_id)
    check_price(market, ticket.price)
    _check_terms(exchange, ticket)
    if ticket.group:
        groups.admit(exchange, account, ticket.group, market.shard)
    order = _order(exchange, account, market, ticket)
    check_cross(exchange, order, ticket.post_only)
    _check_fill_or_kill(exchange, order)
    check_funds(exchange, market, order)
    _register(exchange, order)
    market.clock += 1
    touched = match(exchange, market, order)
    _finish(exchange, order)
    exchange.settle_action(market, touched | {account})
    return order


def check_trading(exchange: Exchange) -> None:
    """Refuse while the exchange or its trading is paused."""
    if not exchange.exchange_active or not exchange.trading_active:
        raise Refused(409, "trading_is_paused")


def check_shard(market: Market, index: int | None) -> None:
    """Refuse an explicit exchange index that is not the market's."""
    if index not in (None, -1, market.shard):
        raise Refused(404, "market_not_found", f"market is not on exchange index {index}")


def check_open(exchange: Exchange, market: Market) -> None:
    """Refuse every order operation on a market that is not trading."""
    if exchange.status(market) != "active":
        raise Refused(400, "MARKET_INACTIVE", message="MARKET_INACTIVE")


def check_client_id(exchange: Exchange, account: str, client_order_id: str) -> None:
    """Refuse a client order id that was ever used."""
    if client_order_id and (account, client_order_id) in exchange.client_ids:
        raise Refused(409, "order_already_exists")


def check_price(market: Market, price: Decimal) -> None:
    """Refuse a price that is not on the market's grid."""
    if not on_grid(market.structure, price):
        raise Refused(400, "invalid_price", f"price {price} is not on the market's price grid")


def check_expiry(exchange: Exchange, expires_s: int | None) -> None:
    """Refuse an expiration in the past."""
    if expires_s is not None and expires_s * MICRO <= exchange.clock.now():
        raise Refused(400, "invalid_order", "Expiration timestamp must be in the future")


def _check_terms(exchange: Exchange, ticket: Ticket) -> None:
    if ticket.count < CENT:
        raise Refused(400, "invalid_order_size", "count must be at least 0.01")
    if ticket.expires_s is not None and ticket.tif != GTC:
        raise Refused(400, "invalid_order", f"Cannot specify both {ticket.tif} and expiration_ts")
    check_expiry(exchange, ticket.expires_s)
    if ticket.reduce_only and ticket.tif != IOC:
        raise Refused(400, "invalid_order", "reduce_only requires immediate_or_cancel")
    if ticket.post_only and ticket.tif != GTC:
        raise Refused(400, "invalid_order", "post_only requires good_till_canceled")
    if ticket.subaccount:
        raise Refused(403, "forbidden", "subaccounts are not enabled", shape="flat")


def _order(exchange: Exchange, account: str, market: Market, ticket: Ticket) -> Order:
    remaining = ticket.count
    if ticket.reduce_only:
        held = exchange.account(account).position(market.ticker)
        remaining = min(remaining, max(ZERO, -held if ticket.side == BID else held))
    now = exchange.clock.now()
    reason = "" if remaining == ticket.count else "ReduceOnlyCancel"
    return Order(
        order_id=exchange.new_id(),
        account=account,
        client_order_id=ticket.client_order_id or exchange.new_id(),
        ticker=market.ticker,
        side=ticket.side,
        price=ticket.price,
        initial=ticket.count,
        remaining=remaining,
        tif=ticket.tif,
        stp=ticket.stp,
        seq=exchange.next_seq(),
        shard=market.shard,
        created_us=now,
        updated_us=now,
        expires_us=None if ticket.expires_s is None else ticket.expires_s * MICRO,
        post_only=ticket.post_only,
        cancel_on_pause=ticket.cancel_on_pause,
        group=ticket.group,
        reason=reason,
    )


def check_cross(exchange: Exchange, order: Order, post_only: bool) -> None:
    """Refuse a post-only order that would trade."""
    if post_only and next(exchange.books[order.ticker].crossing(order.side, order.price), None) is not None:
        raise Refused(400, "invalid_order", "post only cross")


def _check_fill_or_kill(exchange: Exchange, order: Order) -> None:
    if order.tif != FOK:
        return
    there = ZERO
    for maker in exchange.books[order.ticker].crossing(order.side, order.price):
        if maker.account == order.account:
            return  # one that would meet its own order is treated as immediate-or-cancel
        there += maker.remaining
    if there < order.remaining:
        _register(exchange, order)
        order.status, order.remaining = "canceled", ZERO
        exchange.order_changed(order, "")
        raise Refused(409, "fill_or_kill_insufficient_resting_volume")


def check_funds(exchange: Exchange, market: Market, order: Order) -> None:
    """Refuse an order whose collateral is not on the market's shard."""
    account = exchange.account(order.account)
    held = account.locks.get(market.ticker, (market.shard, ZERO))[1]
    if account.available(market.shard) + held < exchange.requirement(order.account, market, order):
        raise Refused(400, "insufficient_balance", f"insufficient balance on exchange index {market.shard}")


def _register(exchange: Exchange, order: Order) -> None:
    exchange.orders[order.order_id] = order
    exchange.client_ids[order.account, order.client_order_id] = order.order_id


def match(exchange: Exchange, market: Market, taker: Order) -> set[str]:
    """Trade an order against the book and return the accounts that were touched."""
    book, touched = exchange.books[market.ticker], {taker.account}
    for maker in book.crossing(taker.side, taker.price):
        if taker.status != "resting" or not taker.remaining:
            break
        if not book.holds(maker):
            continue  # pulled meanwhile, with its group
        if maker.account == taker.account:
            _prevent_self_trade(exchange, taker, maker)
            continue
        touched.add(maker.account)
        _trade(exchange, market, taker, maker)
    return touched


def _prevent_self_trade(exchange: Exchange, taker: Order, maker: Order) -> None:
    if taker.stp == "maker":
        drop(exchange, maker, "SelfTradeCancel", by=taker)
        return
    taker.status, taker.remaining, taker.reason = "canceled", ZERO, "SelfTradeCancel"


def _trade(exchange: Exchange, market: Market, taker: Order, maker: Order) -> None:
    count, price, now = min(taker.remaining, maker.remaining), maker.price, exchange.clock.now()
    trade = Trade(exchange.next_seq(), exchange.new_id(), market.ticker, price, count, taker.side, now)
    exchange.trades.append(trade)
    market.last, market.last_size = price, count
    market.volume += count
    market.dollar_volume += count * price
    maker.remaining -= count
    exchange.book_changed(maker, -count, by=taker)
    if not maker.remaining:
        exchange.books[market.ticker].remove(maker)
    taker.remaining -= count
    exchange.pool += count
    redeemed = _book_half(exchange, market, taker, trade, is_taker=True)
    redeemed += _book_half(exchange, market, maker, trade, is_taker=False)
    exchange.pool -= redeemed
    market.open_interest += count - redeemed
    exchange.quotes[market.ticker].traded(now, price, count, market.open_interest)
    exchange.announce(Traded(trade))
    for order in (taker, maker):
        if order.group and groups.matched(exchange, order.group, count):
            _brake(exchange, order.group, taker)


def _book_half(exchange: Exchange, market: Market, order: Order, trade: Trade, is_taker: bool) -> Decimal:
    leg = trade.price if order.side == BID else ONE - trade.price
    fee, order.fees = order.fees.fill(trade.count, leg, True, exchange.rate(market, is_taker))
    account = exchange.account(order.account)
    holding = account.holding(market.ticker, market.shard)
    redeemed = holding.buy(order.side, leg, trade.count)
    holding.fees += fee.net_fee
    account.cash[market.shard] = account.cash.get(market.shard, ZERO) + fee.cash_change + redeemed
    exchange.fees += fee.net_fee
    order.filled += trade.count
    if is_taker:
        order.taker_cost, order.taker_fees = order.taker_cost + trade.count * leg, order.taker_fees + fee.net_fee
    else:
        order.maker_cost, order.maker_fees = order.maker_cost + trade.count * leg, order.maker_fees + fee.net_fee
    if not order.remaining:
        order.status = "executed"
    fill = Fill(
        exchange.next_seq(),
        trade.trade_id,
        order.order_id,
        order.client_order_id,
        order.account,
        market.ticker,
        market.shard,
        order.side,
        trade.price,
        trade.count,
        is_taker,
        fee.net_fee,
        trade.us,
        holding.position,
    )
    exchange.readings.filled(fill)
    exchange.announce(Filled(fill))
    exchange.order_changed(order, "Trade")
    exchange.position_changed(order.account, market.ticker)
    return redeemed


def _brake(exchange: Exchange, group_id: str, taker: Order) -> None:
    groups.trigger(exchange, exchange.groups[group_id])
    if taker.group == group_id and taker.remaining:
        taker.status, taker.remaining = "canceled", ZERO


def _finish(exchange: Exchange, order: Order) -> None:
    if order.status == "executed":
        return
    if order.remaining and order.tif == GTC and order.status == "resting":
        rest(exchange, order)
        return
    order.status, order.remaining = "canceled", ZERO
    exchange.order_changed(order, order.reason)


def rest(exchange: Exchange, order: Order) -> None:
    """Put an order into the book."""
    exchange.books[order.ticker].add(order)
    exchange.book_changed(order, order.remaining)
    exchange.order_changed(order, order.reason)


def drop(exchange: Exchange, order: Order, reason: str, by: Order | None = None) -> Decimal:
    """Take a resting order out of the book for good and return what was left of it."""
    left = order.remaining
    exchange.books[order.ticker].remove(order)
    exchange.book_changed(order, -left, by)
    order.remaining, order.status = ZERO, "canceled"
    exchange.order_changed(order, reason)
    return left
