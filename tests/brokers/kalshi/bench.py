"""An adapter beside a loopback server: how most of these tests begin."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from engine import KalshiAdapter, KalshiConfig
from tests.brokers.kalshi.keys import KEY_ID, pem
from tests.brokers.loopback import Answer, Handler, Loopback, Reply, Request

T = TypeVar("T")
OPEN = {"exchange_active": True, "trading_active": True}
LIMITS = {
    "usage_tier": "basic",
    "read": {"refill_rate": 20_000, "bucket_capacity": 40_000},
    "write": {"refill_rate": 10_000, "bucket_capacity": 10_000},
    "grants": [],
}
COSTS = {"default_cost": 10, "endpoint_costs": []}
CUTOFF = {
    "market_settled_ts": "2026-09-20T00:00:00Z",
    "trades_created_ts": "2026-09-20T00:00:00Z",
    "orders_updated_ts": "2026-09-20T00:00:00Z",
}
ORDER_PATH = "/portfolio/events/orders"


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 20))


def standing(request: Request) -> Answer | None:
    """What connecting asks for."""
    known = {
        "/exchange/status": OPEN,
        "/account/limits": LIMITS,
        "/account/endpoint_costs": COSTS,
        "/historical/cutoff": CUTOFF,
    }
    return Reply(200, known[request.path]) if request.path in known else None


@asynccontextmanager
async def bench(
    handler: Handler, *, keyed: bool = True, now_ns: int | None = None, **options: Any
) -> AsyncIterator[tuple[KalshiAdapter, Loopback, list[float]]]:
    """Yield an adapter, its server and the waits it took, which pass at once."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    extra: dict[str, Any] = {} if now_ns is None else {"clock_ns": lambda: now_ns}
    async with Loopback(lambda request: standing(request) or handler(request)) as server:
        keys = {"api_key": KEY_ID, "private_key": pem()} if keyed else {}
        config = KalshiConfig(rest_url=server.url, **(keys | {"timeout_s": 5.0} | options))
        async with KalshiAdapter(config, sleep=sleep, rng=random.Random(7), **extra) as adapter:
            server.requests.clear()
            waits.clear()
            yield adapter, server, waits
