"""The line between the live tier and the archive: what is older is only in the archive, what is near it may be in both."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.values import Market, Order


@dataclass(slots=True)
class Archive:
    """Cut-offs in microseconds, each of its own; the archive already holds `overlap_s` beyond them."""

    markets_us: int
    trades_us: int
    orders_us: int
    positions_us: int
    overlap_s: int = 0

    def _ends(self, cutoff: int) -> int:
        return cutoff + self.overlap_s * MICRO

    def market_is_live(self, market: Market) -> bool:
        """Whether the live tier shows a market."""
        return market.settled_us is None or market.settled_us >= self.markets_us

    def market_is_stored(self, market: Market) -> bool:
        """Whether the archive shows a market."""
        return market.settled_us is not None and market.settled_us < self._ends(self.markets_us)

    def trade_is_live(self, us: int) -> bool:
        """Whether the live tier shows a trade or fill of a moment."""
        return us >= self.trades_us

    def trade_is_stored(self, us: int) -> bool:
        """Whether the archive shows a trade or fill of a moment."""
        return us < self._ends(self.trades_us)

    def order_is_live(self, order: Order) -> bool:
        """Whether the live tier shows an order; a resting one always."""
        return order.status == "resting" or order.updated_us >= self.orders_us

    def order_is_stored(self, order: Order) -> bool:
        """Whether the archive shows an order."""
        return order.status != "resting" and order.updated_us < self._ends(self.orders_us)
