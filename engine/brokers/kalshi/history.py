"""Fetch a market's candles whole: over the cap of one request, and across the border of live and historical data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from engine.brokers.kalshi.candles import Candle, Interval, read_candle
from engine.brokers.kalshi.fields import Fields
from engine.brokers.kalshi.transport import Transport
from engine.brokers.kalshi.wire import Market, read_market
from engine.core.errors import InvalidData, NotFound

MOST_CANDLES = 5000  # one request for more is refused


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Before these times things are in the historical tier only; None where Kalshi does not say."""

    settled: datetime | None
    trades: datetime | None
    orders: datetime | None


def read_cutoff(raw: object) -> Cutoff:
    """Return the border of the tiers."""
    f = Fields(raw, "the historical cut-off")
    return Cutoff(f.time("market_settled_ts"), f.time("trades_created_ts"), f.time("orders_updated_ts"))


async def find_market(http: Transport, ticker: str) -> tuple[Market, bool]:
    """Return a market and whether only the historical tier has it."""
    name = quote(ticker, safe="")
    try:
        return await _market(http, f"/markets/{name}", ticker), False
    except NotFound:
        try:
            return await _market(http, f"/historical/markets/{name}", ticker), True
        except NotFound:
            raise NotFound(
                f"Kalshi knows no market {ticker!r}; find tickers with get_markets(series_ticker=...)"
            ) from None


async def _market(http: Transport, path: str, ticker: str) -> Market:
    return read_market(Fields(await http.read(path, what=f"market {ticker}"), "a market").get("market"))


def span(market: Market, start: int | None, end: int | None, now: int) -> tuple[int, int]:
    """Return the first and last second to ask for: the market's life as far as it has gone, or what was asked of it."""
    opened = int(market.open_time.timestamp()) if market.open_time else None
    closed = int(market.close_time.timestamp()) if market.close_time else now
    low = start if start is not None else opened
    high = min(end if end is not None else closed, closed, now)
    if low is None:
        raise InvalidData(f"Kalshi does not say when {market.ticker} opened; pass start='2026-01-31'")
    low = max(low, opened) if opened is not None else low
    if low >= high:
        raise InvalidData(
            f"{market.ticker} has no history between start and end: it opened {market.open_time}, closes "
            f"{market.close_time}; choose times in between"
        )
    return low, high


async def load_candles(
    http: Transport,
    market: Market,
    series_ticker: str,
    low: int,
    high: int,
    interval: Interval,
    *,
    archived: bool,
    cutoff: Cutoff,
) -> list[Candle]:
    """Return all candles between two times, in order; where both tiers have one, the live one counts."""
    border = int(cutoff.settled.timestamp()) if cutoff.settled else None
    live = f"/series/{quote(series_ticker, safe='')}/markets/{quote(market.ticker, safe='')}/candlesticks"
    past = f"/historical/markets/{quote(market.ticker, safe='')}/candlesticks"
    found: dict[int, Candle] = {}
    if archived or (border is not None and low < border):
        found |= await _tier(http, past, market.ticker, low, high, interval, needed=archived, seeded=False)
    if not archived or border is None or high > border:
        found |= await _tier(http, live, market.ticker, low, high, interval, needed=not archived, seeded=True)
    return [found[end] for end in sorted(found)]


async def _tier(
    http: Transport, path: str, ticker: str, low: int, high: int, interval: Interval, *, needed: bool, seeded: bool
) -> dict[int, Candle]:
    """Return the candles of one tier by the second they end; a tier that need not know the market may not."""
    found: dict[int, Candle] = {}
    chunk = MOST_CANDLES * interval.seconds
    at, last = low, high + interval.seconds  # candles are found by their end
    while at <= last:
        params: dict[str, str | int] = {
            "start_ts": at,
            "end_ts": min(at + chunk - 1, last),
            "period_interval": interval.minutes,
        }
        if seeded and at == low:
            params["include_latest_before_start"] = "true"  # so that the first bars have the quotes that stood then
        try:
            answer = await http.read(path, params, what=f"candles of {ticker}")
        except NotFound:
            if needed:
                raise
            return found
        for raw in Fields(answer, "candles").items("candlesticks"):
            candle = read_candle(raw)
            found[candle.end] = candle
        at += chunk
    return found
