"""Rate limits: token buckets for reads and writes by usage tier, the price list, and a bucket of its own for balances."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.fake_kalshi.values import Refused

DEFAULT_COST = 10
# method, path, tokens: what does not cost the default
COSTS = (
    ("DELETE", "/trade-api/v2/portfolio/events/orders", 2),
    ("DELETE", "/trade-api/v2/portfolio/events/orders/{order_id}", 2),
    ("DELETE", "/trade-api/v2/portfolio/events/orders/batched", 2),
    ("GET", "/trade-api/v2/portfolio/orders/{order_id}", 2),
)
# tier: tokens a second for reads and writes, seconds of budget a write bucket holds, balance reads a second
TIERS = {
    "basic": (200, 100, 1, 1),
    "advanced": (300, 300, 3, 1),
    "expert": (600, 600, 3, 5),
    "premier": (1_200, 1_200, 3, 5),
    "paragon": (2_400, 2_400, 3, 5),
    "prime": (4_800, 4_800, 3, 5),
    "prestige": (12_000, 9_600, 3, 5),
}
READ_SECONDS = 3


@dataclass(slots=True)
class Bucket:
    """Tokens that flow in all the time up to a capacity."""

    refill: float
    capacity: float
    level: float
    at: float

    def take(self, cost: float, now: float) -> bool:
        """Take tokens if there are enough."""
        self.level = min(self.capacity, self.level + (now - self.at) * self.refill)
        self.at = now
        if cost > self.level + 1e-9:
            return False
        self.level -= cost
        return True


class Limits:
    """The buckets of every account."""

    def __init__(self, tier: str, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self.set_tier(tier)

    def set_tier(self, tier: str) -> None:
        """Move every account to a tier, with full buckets."""
        read, write, seconds, balances = TIERS[tier]
        self.tier = tier
        self._sizes: dict[str, tuple[float, float]] = {
            "read": (read, read * READ_SECONDS),
            "write": (write, write * seconds),
            "balance": (balances, balances),
        }
        self._buckets.clear()

    def set_bucket(self, kind: str, refill: float, capacity: float) -> None:
        """Give one kind of bucket another size, full."""
        self._sizes[kind] = (refill, capacity)
        self._buckets.clear()

    def size(self, kind: str) -> tuple[int, int]:
        """(refill rate, capacity) as the account limits report them."""
        refill, capacity = self._sizes[kind]
        return int(refill), int(capacity)

    def charge(self, account: str, kind: str, cost: float) -> None:
        """Take tokens or refuse; a refusal costs nothing and says nothing about when to come back."""
        now = self._timer()
        if (account, kind) not in self._buckets:
            refill, capacity = self._sizes[kind]
            self._buckets[account, kind] = Bucket(refill, capacity, capacity, now)
        if not self._buckets[account, kind].take(cost, now):
            raise Refused(429, "too_many_requests", message="too many requests")
