"""Stay within Kalshi's token buckets, so that a 429 is the exception: what each call costs and when it may go."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

DEFAULT_COST = 10
# Known before the venue is asked: it bills these below its default (rate limit page, 2026).
KNOWN_COSTS = (
    ("DELETE", "/portfolio/events/orders/{order_id}", 2),
    ("GET", "/portfolio/orders/{order_id}", 2),
    ("DELETE", "/portfolio/events/orders/batched", 2),
)
BALANCE = "/portfolio/balance"  # has a bucket of its own: one call a second on the lower tiers, no burst
PREFIX = "/trade-api/v2"


@dataclass(frozen=True, slots=True)
class BucketLimit:
    """Tokens a second, and how many an idle client saves up."""

    refill_rate: float
    capacity: float


# The lowest tier, and a cautious guess for callers without a key, whose limit is by address and undocumented.
BASIC_READ, BASIC_WRITE, KEYLESS = BucketLimit(200, 400), BucketLimit(100, 100), BucketLimit(120, 120)
BALANCE_READ = BucketLimit(10, 10)


class TokenBucket:
    """A bucket that lets callers through in the order in which they came."""

    def __init__(
        self,
        limit: BucketLimit,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limit = limit
        self._now = now
        self._sleep = sleep
        self._tokens = limit.capacity
        self._at: float | None = None

    @property
    def limit(self) -> BucketLimit:
        """Its rate and its capacity."""
        return self._limit

    def resize(self, limit: BucketLimit) -> None:
        """Take a new limit; what is saved up is kept as far as it fits."""
        self._refill()
        self._limit = limit
        self._tokens = min(self._tokens, limit.capacity)

    def drain(self) -> None:
        """Forget what is saved up: the venue has just said that it counts otherwise."""
        self._refill()
        self._tokens = min(self._tokens, 0.0)

    async def take(self, cost: float) -> None:
        """Wait until the bucket affords this cost."""
        self._refill()
        self._tokens -= cost  # reserved at once: whoever comes next waits behind
        if self._tokens < 0:
            await self._sleep(-self._tokens / self._limit.refill_rate)

    def _refill(self) -> None:
        now = self._now()
        if self._at is not None:
            gained = (now - self._at) * self._limit.refill_rate
            self._tokens = min(self._limit.capacity, self._tokens + max(gained, 0.0))
        self._at = now


class Limiter:
    """The buckets of one account: reads, writes, and the balance."""

    def __init__(self, *, keyed: bool, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.read = TokenBucket(BASIC_READ if keyed else KEYLESS, sleep=sleep)
        self.write = TokenBucket(BASIC_WRITE, sleep=sleep)
        self.balance = TokenBucket(BALANCE_READ, sleep=sleep)
        self._default: float = DEFAULT_COST
        self._costs: list[tuple[str, re.Pattern[str], float]] = []
        self.learn_costs(DEFAULT_COST, KNOWN_COSTS)

    def learn_limits(self, read: BucketLimit, write: BucketLimit) -> None:
        """Take what `/account/limits` says; a limit that is not above 0 is not believed."""
        for bucket, limit in ((self.read, read), (self.write, write)):
            if limit.refill_rate > 0 and limit.capacity > 0:
                bucket.resize(limit)

    def learn_costs(self, default: float, costs: Iterable[tuple[str, str, float]]) -> None:
        """Take what `/account/endpoint_costs` says: method, path with {names}, tokens."""
        self._default = default if default > 0 else self._default
        rules = [(method.upper(), _pattern(path), cost) for method, path, cost in costs if cost >= 0]
        self._costs = [*rules, *self._costs]

    def cost(self, method: str, path: str) -> float:
        """Return what one call costs in tokens."""
        for known, pattern, cost in self._costs:
            if known == method and pattern.fullmatch(path):
                return cost
        return self._default

    def bucket(self, method: str, path: str) -> TokenBucket:
        """Return the bucket that a call draws from."""
        if method != "GET":
            return self.write
        return self.balance if path == BALANCE else self.read

    async def take(self, method: str, path: str, items: int = 1) -> None:
        """Wait until a call may go; a batch costs its items."""
        await self.bucket(method, path).take(self.cost(method, path) * items)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}|:\w+", path.removeprefix(PREFIX))
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
