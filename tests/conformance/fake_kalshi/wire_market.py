"""What everybody may see, as REST spells it: series, events, markets, books, trades, candles, fee changes."""

from __future__ import annotations

from typing import Any

from tests.conformance.fake_kalshi.candles import Candle, Four
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.figures import count, dollars, iso, outcome_side
from tests.conformance.fake_kalshi.grid import price_ranges
from tests.conformance.fake_kalshi.tariff import Change
from tests.conformance.fake_kalshi.values import ASK, BID, ONE, ZERO, Event, Market, Series, Trade

Json = dict[str, Any]
DAY_US = 86_400 * MICRO


def series(exchange: Exchange, row: Series) -> Json:
    """A series with the fee it charges now."""
    fee_type, multiplier = exchange.tariff.of_series(row, exchange.clock.now())
    volume = sum((m.volume for m in exchange.markets.values() if exchange.series_of(m) is row), ZERO)
    return {
        "ticker": row.ticker,
        "title": row.title,
        "category": row.category,
        "categories": [row.category],
        "tags": list(row.tags),
        "frequency": row.frequency,
        "fee_type": fee_type,
        "fee_multiplier": float(multiplier),
        "settlement_sources": [{"name": "the venue", "url": "https://example.com/"}],
        "contract_url": "https://example.com/contract",
        "contract_terms_url": "https://example.com/terms",
        "additional_prohibitions": [],
        "volume_fp": count(volume),
        "last_updated_ts": iso(exchange.clock.now()),
        "exchange_index": row.exchange_index,
    }


def event(exchange: Exchange, row: Event) -> Json:
    """An event with the fee override that holds now."""
    fee_type, multiplier = exchange.tariff.override(row, exchange.clock.now())
    read: Json = {
        "event_ticker": row.event_ticker,
        "series_ticker": row.series_ticker,
        "title": row.title,
        "sub_title": row.sub_title,
        "category": exchange.series[row.series_ticker].category,
        "mutually_exclusive": row.mutually_exclusive,
        "collateral_return_type": "MECNET" if row.mutually_exclusive else "",
        "settlement_sources": [],
        "last_updated_ts": iso(exchange.clock.now()),
        "exchange_index": row.exchange_index,
    }
    if fee_type is not None:
        read["fee_type_override"] = fee_type
    if multiplier is not None:
        read["fee_multiplier_override"] = float(multiplier)
    return read


def market(exchange: Exchange, row: Market) -> Json:
    """A market with its quotes, and its outcome once it has one."""
    return {**_market_terms(exchange, row), **_market_quotes(exchange, row), **_market_outcome(row)}


def _market_terms(exchange: Exchange, row: Market) -> Json:
    read: Json = {
        "ticker": row.ticker,
        "event_ticker": row.event_ticker,
        "market_type": "binary",
        "title": row.title,
        "subtitle": "",
        "yes_sub_title": "Yes",
        "no_sub_title": "No",
        "created_time": iso(row.created_us),
        "updated_time": iso(row.updated_us or row.created_us),
        "open_time": iso(row.open_us),
        "close_time": iso(row.close_us),
        "expected_expiration_time": iso(row.expected_us),
        "expiration_time": iso(row.latest_us),
        "latest_expiration_time": iso(row.latest_us),
        "settlement_timer_seconds": row.timer_s,
        "status": exchange.status(row),
        "notional_value_dollars": "1.0000",
        "can_close_early": True,
        "settlement_bounds_type": "default",
        "strike_type": row.strike_type,
        "rules_primary": "Settles at the venue's word.",
        "rules_secondary": "",
        "price_level_structure": row.structure,
        "price_ranges": ranges(row.structure),
        "exchange_index": row.shard,
    }
    optional = {"floor_strike": row.floor_strike, "cap_strike": row.cap_strike}
    if row.fee_waiver_us is not None:
        read["fee_waiver_expiration_time"] = iso(row.fee_waiver_us)
    return read | {name: value for name, value in optional.items() if value is not None}


def ranges(structure: str) -> list[Json]:
    """A price grid."""
    return [
        {"start": f"{start:.4f}", "end": f"{end:.4f}", "step": f"{step:.4f}"}
        for start, end, step in price_ranges(structure)
    ]


def _market_quotes(exchange: Exchange, row: Market) -> Json:
    bid, ask = exchange.quote(row.ticker)
    book, log = exchange.books[row.ticker], exchange.quotes[row.ticker]
    yesterday = exchange.clock.now() - DAY_US
    old_bid, old_ask, old_last = log.at(yesterday)
    return {
        "yes_bid_dollars": dollars(bid),
        "yes_bid_size_fp": count(book.size(BID, bid)),
        "yes_ask_dollars": dollars(ask),
        "yes_ask_size_fp": count(book.size(ASK, ask)),
        "no_bid_dollars": dollars(ONE - ask),
        "no_ask_dollars": dollars(ONE - bid),
        "last_price_dollars": dollars(row.last),
        "previous_price_dollars": dollars(old_last),
        "previous_yes_bid_dollars": dollars(old_bid),
        "previous_yes_ask_dollars": dollars(old_ask),
        "volume_fp": count(row.volume),
        "volume_24h_fp": count(log.volume_since(yesterday)),
        "open_interest_fp": count(row.open_interest),
    }


def _market_outcome(row: Market) -> Json:
    read: Json = {"result": row.result, "expiration_value": row.result}
    if row.value is not None:
        read["settlement_value_dollars"] = dollars(row.value)
    if row.settled_us is not None:
        read["settlement_ts"] = iso(row.settled_us)
    return read


def orderbook(exchange: Exchange, ticker: str, depth: int) -> Json:
    """Bids of both legs, worst first; `depth` keeps the best ones, 0 keeps all."""
    book = exchange.books[ticker]
    yes = [[dollars(price), count(size)] for price, size in book.levels(BID)]
    no = [[dollars(ONE - price), count(size)] for price, size in reversed(book.levels(ASK))]
    return {"yes_dollars": yes[-depth:] if depth else yes, "no_dollars": no[-depth:] if depth else no}


def trade(row: Trade) -> Json:
    """A public trade."""
    return {
        "trade_id": row.trade_id,
        "ticker": row.ticker,
        "count_fp": count(row.count),
        "yes_price_dollars": dollars(row.price),
        "no_price_dollars": dollars(ONE - row.price),
        "taker_side": outcome_side(row.taker_side),
        "taker_outcome_side": outcome_side(row.taker_side),
        "taker_book_side": row.taker_side,
        "created_time": iso(row.us),
        "is_block_trade": row.block,
    }


def candle(row: Candle, historical: bool) -> Json:
    """A candle; the live tier's keys end in _dollars and _fp, the archive's do not, and it spells out its nulls."""
    end, tail = ("", "") if historical else ("_dollars", "_fp")
    price: Json = _ohlc(row.price, end)
    optional = {"mean": row.mean, "previous": row.previous}
    price |= {name + end: dollars(value) for name, value in optional.items() if value is not None}
    if historical or row.synthetic:
        names = ("open", "low", "high", "close", "mean", "previous")
        price = {name + end: price.get(name + end) for name in names}
    return {
        "end_period_ts": row.end_s,
        "yes_bid": _ohlc(row.bid, end),
        "yes_ask": _ohlc(row.ask, end),
        "price": price,
        "volume" + tail: count(row.volume),
        "open_interest" + tail: count(row.open_interest),
    }


def _ohlc(row: Four | None, end: str) -> Json:
    if row is None:
        return {}
    names = ("open", "low", "high", "close")
    return {name + end: dollars(value) for name, value in zip(names, row, strict=True)}


def series_change(row: Change) -> Json:
    """A change of a series' fee."""
    return {
        "id": row.change_id,
        "series_ticker": row.key,
        "fee_type": row.fee_type,
        "fee_multiplier": float(row.multiplier or 0),
        "scheduled_ts": iso(row.us),
    }


def event_change(row: Change, series_ticker: str) -> Json:
    """A change of an event's override; nulls clear it."""
    return {
        "id": row.change_id,
        "event_ticker": row.key,
        "series_ticker": series_ticker,
        "fee_type_override": row.fee_type,
        "fee_multiplier_override": None if row.multiplier is None else float(row.multiplier),
        "scheduled_ts": iso(row.us),
    }
