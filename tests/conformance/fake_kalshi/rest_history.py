"""REST: the archive, with what it calls things: candles without suffixes, 404 for what is still live."""

from __future__ import annotations

from typing import Any

from tests.conformance.fake_kalshi import wire_account, wire_market
from tests.conformance.fake_kalshi.candles import window
from tests.conformance.fake_kalshi.paging import page
from tests.conformance.fake_kalshi.parse import Request, limit
from tests.conformance.fake_kalshi.rest_markets import market_page, period, select, span, trade_page
from tests.conformance.fake_kalshi.values import Market, Refused
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]


def _stored(venue: Venue, ticker: str) -> Market:
    row = venue.exchange.market(ticker)
    if not venue.archive.market_is_stored(row):
        raise Refused(404, "market_not_found", message="market not found")
    return row


def markets(venue: Venue, request: Request, account: str) -> Json:
    """Archived markets."""
    rows = select(venue, request, venue.exchange.markets.values())
    stored = [row for row in rows if venue.archive.market_is_stored(row)]
    return market_page(venue, request, stored, "GetHistoricalMarkets")


def one_market(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """One archived market."""
    return {"market": wire_market.market(venue.exchange, _stored(venue, ticker))}


def candlesticks(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """Candles of one archived market."""
    seconds, (start, end) = period(request), span(request)
    log = venue.exchange.quotes[_stored(venue, ticker).ticker]
    rows = window(log.candles(seconds), start, end, seconds, False)
    return {"ticker": ticker, "candlesticks": [wire_market.candle(row, historical=True) for row in rows]}


def trades(venue: Venue, request: Request, account: str) -> Json:
    """Archived trades."""
    stored = [row for row in venue.exchange.trades if venue.archive.trade_is_stored(row.us)]
    return trade_page(request, stored, "GetHistoricalTrades")


def fills(venue: Venue, request: Request, account: str) -> Json:
    """Archived fills of an account, newest first."""
    tickers = set(request.names("ticker"))
    rows = [row for row in venue.exchange.readings.fills(account) if venue.archive.trade_is_stored(row.us)]
    rows = [row for row in rows if not tickers or row.ticker in tickers]
    size = limit(request, "GetHistoricalFills")
    taken, cursor = page(rows, lambda row: (row.seq,), size, request.get("cursor"), newest_first=True)
    return {"fills": [wire_account.fill(row) for row in taken], "cursor": cursor}


def orders(venue: Venue, request: Request, account: str) -> Json:
    """Archived orders of an account, newest first."""
    ticker = request.get("ticker")
    rows = [row for row in venue.exchange.readings.orders(account) if venue.archive.order_is_stored(row)]
    rows = [row for row in rows if not ticker or row.ticker == ticker]
    size = limit(request, "GetHistoricalOrders")
    taken, cursor = page(rows, lambda row: (row.seq,), size, request.get("cursor"), newest_first=True)
    return {"orders": [wire_account.order(row) for row in taken], "cursor": cursor}


def positions(venue: Venue, request: Request, account: str) -> Json:
    """Archived positions of an account: settled ones from before the line."""
    held = venue.exchange.readings.holdings(account)
    rows = [(t, h) for t, h in held.items() if h.settled and h.updated_us < venue.archive.positions_us]
    size = limit(request, "GetHistoricalPositions")
    taken, cursor = page(rows, lambda row: (row[0],), size, request.get("cursor"))
    return {
        "market_positions": [wire_account.position(ticker, holding) for ticker, holding in taken],
        "event_positions": [],
        "cursor": cursor,
    }
