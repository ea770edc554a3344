"""REST: the exchange's own state, its schedule and clock, rate limits and what a request costs."""

from __future__ import annotations

from typing import Any

from tests.conformance.fake_kalshi.buckets import COSTS, DEFAULT_COST
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.figures import iso
from tests.conformance.fake_kalshi.parse import Request
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
SHARDS = ("default", "combos", "crypto and commodities", "tennis, baseball, basketball")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def status(venue: Venue, request: Request, account: str) -> Json:
    """Whether the exchange and its shards are open."""
    exchange = venue.exchange
    state = {
        "exchange_active": exchange.exchange_active and not exchange.maintenance,
        "trading_active": exchange.trading_active and exchange.exchange_active and not exchange.maintenance,
        "intra_exchange_transfers_active": exchange.exchange_active and not exchange.maintenance,
    }
    shards = [{"exchange_index": i, "description": text, **state} for i, text in enumerate(SHARDS)]
    return {**state, "exchange_index_statuses": shards}


def schedule(venue: Venue, request: Request, account: str) -> Json:
    """Open all week but for two hours on Thursday, Eastern time."""
    whole = [{"open_time": "00:00", "close_time": "00:00"}]
    week: Json = dict.fromkeys(DAYS, whole)
    week["thursday"] = [{"open_time": "00:00", "close_time": "03:00"}, {"open_time": "05:00", "close_time": "00:00"}]
    year = 365 * 86_400 * MICRO
    now = venue.clock.now()
    return {
        "schedule": {
            "standard_hours": [{"start_time": iso(now - year), "end_time": iso(now + year), **week}],
            "maintenance_windows": [],
        }
    }


def user_data_timestamp(venue: Venue, request: Request, account: str) -> Json:
    """Up to when an account's reads are complete."""
    return {"as_of_time": iso(int(venue.exchange.readings.as_of() * MICRO))}


def account_limits(venue: Venue, request: Request, account: str) -> Json:
    """The buckets of the account's tier."""
    buckets = {}
    for kind in ("read", "write"):
        refill, capacity = venue.limits.size(kind)
        buckets[kind] = {"refill_rate": refill, "bucket_capacity": capacity}
    return {"usage_tier": venue.limits.tier, **buckets, "grants": []}


def endpoint_costs(venue: Venue, request: Request, account: str) -> Json:
    """What does not cost the default."""
    costs = [{"method": method, "path": path, "cost": cost} for method, path, cost in COSTS]
    return {"default_cost": DEFAULT_COST, "endpoint_costs": costs}


def historical_cutoff(venue: Venue, request: Request, account: str) -> Json:
    """Where the archive begins."""
    archive = venue.archive
    return {
        "market_settled_ts": iso(archive.markets_us),
        "trades_created_ts": iso(archive.trades_us),
        "orders_updated_ts": iso(archive.orders_us),
        "market_positions_last_updated_ts": iso(archive.positions_us),
    }
