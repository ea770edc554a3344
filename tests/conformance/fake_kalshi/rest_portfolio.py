"""REST: what an account reads about itself, as old as the venue's reads are, and moving cash between shards."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.conformance.fake_kalshi import wire_account as wire
from tests.conformance.fake_kalshi.accounts import Holding
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.figures import cents, count, dollars
from tests.conformance.fake_kalshi.paging import page
from tests.conformance.fake_kalshi.parse import Fields, Request, body, invalid_param, limit
from tests.conformance.fake_kalshi.values import ONE, ZERO, Order, Refused
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
CENTICENT = Decimal("0.0001")


def balance(venue: Venue, request: Request, account: str) -> Json:
    """Cash that can be spent, and what is held at the bid."""
    venue.limits.charge(account, "balance", 1)
    cash, wanted = venue.exchange.readings.cash(account), request.integer("exchange_index")
    shown = {shard: amount for shard, amount in cash.items() if wanted is None or shard == wanted}
    total = sum(shown.values(), ZERO)
    held = venue.exchange.readings.holdings(account)
    value = sum((_worth(venue, t, h) for t, h in held.items() if wanted is None or h.shard == wanted), ZERO)
    return {
        "balance": cents(total),
        "balance_dollars": dollars(total),
        "portfolio_value": cents(value),
        "updated_ts": venue.exchange.account(account).changed_us // MICRO,
        "balance_breakdown": [{"exchange_index": i, "balance": dollars(amount)} for i, amount in shown.items()],
    }


def _worth(venue: Venue, ticker: str, holding: Holding) -> Decimal:
    bid, ask = venue.exchange.quote(ticker)
    return holding.position * bid if holding.position > 0 else -holding.position * (ONE - ask)


def positions(venue: Venue, request: Request, account: str) -> Json:
    """Holdings by market and by event; settled ones only if asked for."""
    markets, archive = venue.exchange.markets, venue.archive
    state = request.get("settlement_status") or "unsettled"
    if state not in ("unsettled", "settled", "all"):
        raise invalid_param("GetPositions", "settlement_status", "oneof")
    tickers, event = set(request.names("ticker")), set(request.names("event_ticker"))
    rows = []
    for ticker, holding in venue.exchange.readings.holdings(account).items():
        gone = holding.settled and holding.updated_us < archive.positions_us
        wanted = state == "all" or holding.settled == (state == "settled")
        fits = (not tickers or ticker in tickers) and (not event or markets[ticker].event_ticker in event)
        if wanted and fits and not gone and _counted(request, holding):
            rows.append((ticker, holding))
    size = limit(request, "GetPositions")
    taken, cursor = page(rows, lambda row: (row[0],), size, request.get("cursor"))
    by_event: dict[str, list[Holding]] = {}
    for ticker, holding in taken:
        by_event.setdefault(markets[ticker].event_ticker, []).append(holding)
    return {
        "market_positions": [wire.position(ticker, holding) for ticker, holding in taken],
        "event_positions": [wire.event_position(name, held) for name, held in by_event.items()],
        "cursor": cursor,
    }


def _counted(request: Request, holding: Holding) -> bool:
    figures = {"position": holding.position, "total_traded": holding.traded}
    names = request.names("count_filter")
    return not names or any(figures.get(name) for name in names)


def _since(request: Request, us: int) -> bool:
    low, high = request.integer("min_ts"), request.integer("max_ts")
    return (low is None or us >= low * MICRO) and (high is None or us <= high * MICRO)


def fills(venue: Venue, request: Request, account: str) -> Json:
    """An account's fills, newest first."""
    tickers, order_id = set(request.names("ticker")), request.get("order_id")
    rows = [row for row in venue.exchange.readings.fills(account) if venue.archive.trade_is_live(row.us)]
    rows = [row for row in rows if not tickers or row.ticker in tickers]
    rows = [row for row in rows if _since(request, row.us) and order_id in ("", row.order_id)]
    size = limit(request, "GetFills")
    taken, cursor = page(rows, lambda row: (row.seq,), size, request.get("cursor"), newest_first=True)
    return {"fills": [wire.fill(row) for row in taken], "cursor": cursor}


def _mine(venue: Venue, account: str) -> list[Order]:
    return [row for row in venue.exchange.readings.orders(account) if venue.archive.order_is_live(row)]


def orders(venue: Venue, request: Request, account: str) -> Json:
    """An account's orders, newest first; there is no asking by client order id."""
    status, ticker, events = request.get("status"), request.get("ticker"), set(request.names("event_ticker"))
    if status not in ("", "resting", "canceled", "executed"):
        raise Refused(400, "bad_request", "invalid status filter", "bad request", shape="flat")
    markets = venue.exchange.markets
    rows = [row for row in _mine(venue, account) if status in ("", row.status) and ticker in ("", row.ticker)]
    rows = [row for row in rows if not events or markets[row.ticker].event_ticker in events]
    rows = [row for row in rows if _since(request, row.created_us)]
    size = limit(request, "GetOrders")
    taken, cursor = page(rows, lambda row: (row.seq,), size, request.get("cursor"), newest_first=True)
    return {"orders": [wire.order(row) for row in taken], "cursor": cursor}


def one_order(venue: Venue, request: Request, account: str, order_id: str) -> Json:
    """One order."""
    row = venue.exchange.readings.order(order_id)
    if row is None or row.account != account or not venue.archive.order_is_live(row):
        raise Refused(404, "not_found")
    return {"order": wire.order(row)}


def _resting(venue: Venue, account: str) -> Iterable[Order]:
    return (o for o in venue.exchange.orders.values() if o.account == account and o.status == "resting")


def queue_positions(venue: Venue, request: Request, account: str) -> Json:
    """Contracts ahead of each resting order."""
    tickers, event = set(request.names("market_tickers")), request.get("event_ticker")
    markets = venue.exchange.markets
    rows = [
        row
        for row in _resting(venue, account)
        if (not tickers or row.ticker in tickers) and event in ("", markets[row.ticker].event_ticker)
    ]
    return {
        "queue_positions": [
            {"order_id": row.order_id, "market_ticker": row.ticker, "queue_position_fp": _ahead(venue, row)}
            for row in rows
        ]
    }


def queue_position(venue: Venue, request: Request, account: str, order_id: str) -> Json:
    """Contracts ahead of one resting order."""
    row = venue.exchange.orders.get(order_id)
    if row is None or row.account != account or row.status != "resting":
        raise Refused(404, "not_found")
    return {"queue_position_fp": _ahead(venue, row)}


def _ahead(venue: Venue, row: Order) -> str:
    return count(venue.exchange.books[row.ticker].ahead(row))


def settlements(venue: Venue, request: Request, account: str) -> Json:
    """What an account was paid, newest first."""
    tickers, events = set(request.names("ticker")), set(request.names("event_ticker"))
    rows = [row for row in venue.exchange.readings.settlements(account) if _since(request, row.us)]
    rows = [row for row in rows if not tickers or row.ticker in tickers]
    rows = [row for row in rows if not events or row.event_ticker in events]
    size = limit(request, "GetSettlements")
    taken, cursor = page(rows, lambda row: (row.seq,), size, request.get("cursor"), newest_first=True)
    return {"settlements": [wire.settlement(row) for row in taken], "cursor": cursor}


def transfer(venue: Venue, request: Request, account: str) -> Json:
    """Move cash from one shard to another."""
    fields = Fields("IntraExchangeInstanceTransferRequest", body(request))
    fields.one_of("source", "event_contract")
    fields.one_of("destination", "event_contract")
    amount = fields.take("amount", int, required=True) * CENTICENT
    source = fields.take("source_exchange_shard", int) or 0
    target = fields.take("destination_exchange_shard", int) or 0
    client_id = fields.text("client_transfer_id")
    ids = venue.exchange.client_ids
    if client_id and (account, client_id) in ids:
        raise Refused(409, "transfer_already_exists", shape="flat")
    if amount <= 0 or venue.exchange.account(account).available(source) < amount:
        raise Refused(400, "insufficient_balance", f"insufficient balance on exchange index {source}")
    venue.exchange.deposit(account, -amount, source)
    venue.exchange.deposit(account, amount, target)
    transfer_id = venue.exchange.new_id()
    if client_id:
        ids[account, client_id] = transfer_id
    return {"transfer_id": transfer_id}
