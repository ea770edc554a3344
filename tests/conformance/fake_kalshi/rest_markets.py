"""REST: what everybody may see of series, events, markets, books, trades, candles and announced fees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.conformance.fake_kalshi import wire_market as wire
from tests.conformance.fake_kalshi.candles import MAX_BATCH, MAX_CANDLES, Candle, window
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.paging import page
from tests.conformance.fake_kalshi.parse import Request, invalid_param, limit
from tests.conformance.fake_kalshi.values import Event, Market, Refused, Trade
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
# what `status` may ask for, and the statuses that markets then report
FILTERS = {
    "unopened": {"initialized"},
    "open": {"active"},
    "paused": {"inactive"},
    "closed": {"closed", "determined", "disputed", "amended"},
    "settled": {"finalized"},
}
EMPTY: set[str] = set()


def series_list(venue: Venue, request: Request, account: str) -> Json:
    """All series of a category and tags, in one page."""
    category, tags = request.get("category"), set(request.names("tags"))
    rows = [row for row in venue.exchange.series.values() if not category or row.category == category]
    return {"series": [wire.series(venue.exchange, row) for row in rows if not tags or tags & set(row.tags)]}


def one_series(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """One series."""
    if ticker not in venue.exchange.series:
        raise Refused(404, "not_found")
    return {"series": wire.series(venue.exchange, venue.exchange.series[ticker])}


def series_fee_changes(venue: Venue, request: Request, account: str) -> Json:
    """Announced changes of series' fees, with the past ones if asked for."""
    wanted, now = request.get("series_ticker"), venue.clock.now()
    rows = [row for row in venue.exchange.tariff.series if not wanted or row.key == wanted]
    if not request.flag("show_historical"):
        rows = [row for row in rows if row.us > now]
    return {"series_fee_change_arr": [wire.series_change(row) for row in rows]}


def event_fee_changes(venue: Venue, request: Request, account: str) -> Json:
    """Changes of events' overrides."""
    wanted, exchange = request.get("event_ticker"), venue.exchange
    rows = [row for row in exchange.tariff.events if not wanted or row.key == wanted]
    size = limit(request, "GetEventFeeChanges")
    taken, cursor = page(rows, lambda row: (row.us, row.change_id), size, request.get("cursor"))
    changes = [wire.event_change(row, exchange.events[row.key].series_ticker) for row in taken]
    return {"event_fee_changes": changes, "cursor": cursor}


def _children(venue: Venue, event: Event) -> list[Market]:
    rows = (row for row in venue.exchange.markets.values() if row.event_ticker == event.event_ticker)
    return [row for row in rows if venue.archive.market_is_live(row)]


def events(venue: Venue, request: Request, account: str) -> Json:
    """Events, by series, tickers or the status of any of their markets."""
    exchange, wanted = venue.exchange, set(request.names("tickers"))
    status, series = _status(request), request.get("series_ticker")
    rows = [row for row in exchange.events.values() if not series or row.series_ticker == series]
    rows = [row for row in rows if not wanted or row.event_ticker in wanted]
    if status:
        rows = [row for row in rows if any(exchange.status(m) in status for m in _children(venue, row))]
    size = limit(request, "GetEvents", most=200, default=200)
    order = {name: i for i, name in enumerate(exchange.events)}
    taken, cursor = page(rows, lambda row: (order[row.event_ticker],), size, request.get("cursor"))
    return {"events": [_event(venue, row, request.flag("with_nested_markets")) for row in taken], "cursor": cursor}


def _event(venue: Venue, row: Event, nested: bool) -> Json:
    read = wire.event(venue.exchange, row)
    if nested:
        read["markets"] = [wire.market(venue.exchange, market) for market in _children(venue, row)]
    return read


def one_event(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """One event and its markets, inside it or beside it."""
    row = venue.exchange.events.get(ticker)
    if row is None:
        raise Refused(404, "not_found")
    nested = request.flag("with_nested_markets")
    beside = [] if nested or request.flag("exclude_markets") else _children(venue, row)
    return {
        "event": _event(venue, row, nested),
        "markets": [wire.market(venue.exchange, market) for market in beside],
    }


def _status(request: Request) -> set[str]:
    name = request.get("status")
    if name and name not in FILTERS:
        raise Refused(400, "bad_request", "invalid status filter", "bad request", shape="flat")
    return FILTERS[name] if name else EMPTY


def select(venue: Venue, request: Request, rows: Iterable[Market]) -> list[Market]:
    """The markets that the filters of a request let through."""
    exchange = venue.exchange
    event, series, tickers = request.get("event_ticker"), request.get("series_ticker"), set(request.names("tickers"))
    status = _status(request)
    low_close, high_close = request.integer("min_close_ts"), request.integer("max_close_ts")
    low_settled, high_settled = request.integer("min_settled_ts"), request.integer("max_settled_ts")

    def fits(row: Market) -> bool:
        settled = row.settled_us if row.settled_us is not None else -1
        return (
            (not event or row.event_ticker == event)
            and (not series or exchange.events[row.event_ticker].series_ticker == series)
            and (not tickers or row.ticker in tickers)
            and (not status or exchange.status(row) in status)
            and _between(row.close_us, low_close, high_close)
            and _between(settled, low_settled, high_settled)
        )

    return [row for row in rows if fits(row)]


def _between(us: int, low_s: int | None, high_s: int | None) -> bool:
    return (low_s is None or us >= low_s * MICRO) and (high_s is None or us <= high_s * MICRO)


def market_page(venue: Venue, request: Request, rows: list[Market], operation: str) -> Json:
    """A page of markets in the order of their listing."""
    size = limit(request, operation, least=0)
    order = {name: i for i, name in enumerate(venue.exchange.markets)}
    taken, cursor = page(rows, lambda row: (order[row.ticker],), size, request.get("cursor"))
    return {"markets": [wire.market(venue.exchange, row) for row in taken], "cursor": cursor}


def markets(venue: Venue, request: Request, account: str) -> Json:
    """Live markets."""
    if request.get("mve_filter") == "only":
        return {"markets": [], "cursor": ""}
    rows = select(venue, request, venue.exchange.markets.values())
    return market_page(venue, request, [row for row in rows if venue.archive.market_is_live(row)], "GetMarkets")


def live_market(venue: Venue, ticker: str) -> Market:
    """A market that the live tier still shows."""
    row = venue.exchange.market(ticker)
    if not venue.archive.market_is_live(row):
        raise Refused(404, "market_not_found", message="market not found")
    return row


def one_market(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """One live market."""
    return {"market": wire.market(venue.exchange, live_market(venue, ticker))}


def orderbook(venue: Venue, request: Request, account: str, ticker: str) -> Json:
    """The bids of both legs, ascending."""
    depth = request.integer("depth") or 0
    if depth > 100:
        raise invalid_param("GetMarketOrderbook", "depth", "max")
    return {"orderbook_fp": wire.orderbook(venue.exchange, live_market(venue, ticker).ticker, max(depth, 0))}


def orderbooks(venue: Venue, request: Request, account: str) -> Json:
    """Several books; the parameter is repeated, not joined by commas."""
    wanted = [value for name, value in request.query if name == "tickers"]
    if not 1 <= len(wanted) <= 100:
        raise invalid_param("GetMarketOrderbooks", "tickers", "max" if wanted else "required")
    known = [ticker for ticker in wanted if ticker in venue.exchange.markets]
    return {
        "orderbooks": [{"ticker": t, "orderbook_fp": wire.orderbook(venue.exchange, t, 0)} for t in known],
    }


def trade_page(request: Request, rows: Iterable[Trade], operation: str) -> Json:
    """A page of trades, newest first."""
    ticker, low, high = request.get("ticker"), request.integer("min_ts"), request.integer("max_ts")
    block = request.get("is_block_trade")
    rows = [row for row in rows if not ticker or row.ticker == ticker]
    rows = [row for row in rows if _between(row.us, low, high) and block in ("", str(row.block).lower())]
    size = limit(request, operation, least=0)
    taken, cursor = page(rows, lambda row: (row.us, row.seq), size, request.get("cursor"), newest_first=True)
    return {"trades": [wire.trade(row) for row in taken], "cursor": cursor}


def trades(venue: Venue, request: Request, account: str) -> Json:
    """Live trades; of a ticker that is only in the archive, none."""
    live = [row for row in venue.exchange.trades if venue.archive.trade_is_live(row.us)]
    return trade_page(request, live, "GetTrades")


def candle_window(request: Request, rows: list[Candle], period_s: int, before: bool) -> list[Candle]:
    """The candles of the requested window."""
    start, end = span(request)
    return window(rows, start, end, period_s, before)


def span(request: Request) -> tuple[int, int]:
    """(start, end) of a candle request, in seconds."""
    start, end = request.integer("start_ts"), request.integer("end_ts")
    if start is None or end is None:
        raise invalid_param("GetMarketCandlesticks", "start_ts" if start is None else "end_ts", "required")
    return start, end


def period(request: Request, most: int = MAX_CANDLES, markets: int = 1) -> int:
    """The period in seconds, once the size of the request is within what the venue gives."""
    minutes, (start, end) = request.integer("period_interval"), span(request)
    if minutes not in (1, 60, 1440):
        raise invalid_param("GetMarketCandlesticks", "period_interval", "oneof")
    asked = (end - start) / (minutes * 60) * markets
    if asked > most:
        text = f"requested time range with candlesticks: {asked:.6f}, max candlesticks: {most}"
        raise Refused(400, "bad_request", text, "bad request", shape="flat")
    return minutes * 60


def candlesticks(venue: Venue, request: Request, account: str, series: str, ticker: str) -> Json:
    """Candles of one live market; the series is not looked at."""
    seconds = period(request)
    log = venue.exchange.quotes[live_market(venue, ticker).ticker]
    rows = candle_window(request, log.candles(seconds), seconds, request.flag("include_latest_before_start"))
    return {"ticker": ticker, "candlesticks": [wire.candle(row, historical=False) for row in rows]}


def many_candlesticks(venue: Venue, request: Request, account: str) -> Json:
    """Candles of up to a hundred live markets."""
    wanted = request.names("market_tickers")
    if not 1 <= len(wanted) <= 100:
        raise invalid_param("BatchGetMarketCandlesticks", "market_tickers", "max" if wanted else "required")
    seconds = period(request, MAX_BATCH, len(wanted))
    found = [live_market(venue, ticker).ticker for ticker in wanted if ticker in venue.exchange.markets]
    before = request.flag("include_latest_before_start")
    read = []
    for ticker in found:
        rows = candle_window(request, venue.exchange.quotes[ticker].candles(seconds), seconds, before)
        read.append({"market_ticker": ticker, "candlesticks": [wire.candle(row, historical=False) for row in rows]})
    return {"markets": read}


def event_candlesticks(venue: Venue, request: Request, account: str, series: str, ticker: str) -> Json:
    """Candles of every live market of an event."""
    if ticker not in venue.exchange.events:
        raise Refused(404, "not_found")
    seconds, (_, end) = period(request), span(request)
    rows = _children(venue, venue.exchange.events[ticker])
    candles = [candle_window(request, venue.exchange.quotes[m.ticker].candles(seconds), seconds, False) for m in rows]
    return {
        "market_tickers": [row.ticker for row in rows],
        "market_candlesticks": [[wire.candle(row, historical=False) for row in one] for one in candles],
        "adjusted_end_ts": end,
    }
