"""An account read: balance, positions, orders, fills, settlements, limits. REST is the ledger; nothing is dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from engine.brokers.base import Balance, FillPage, VenueFill, VenueOrder
from engine.brokers.kalshi.fields import Fields
from engine.brokers.kalshi.ledger import (
    AccountLimits,
    OrderGroup,
    Settlement,
    read_balance,
    read_fill,
    read_group,
    read_limits,
    read_order,
    read_position,
    read_settlement,
)
from engine.brokers.kalshi.paging import collect
from engine.brokers.kalshi.public import Moment, PublicData, given, path_of, ticker_of, unix_seconds
from engine.core.errors import InvalidData, NotFound
from engine.core.trading import Position

MOST_A_PAGE = 1000
NS = 1_000_000_000
# Reads lag behind trading and tell times in seconds, so each sweep starts this much before the newest fill it has seen.
OVERLAP_S = 60
HELD_BACK_S = 30  # less than the overlap, so that a fill that is held back is found again
SENT_BEFORE_S = 60  # our clock may be off by that much when an order is searched by the time it was sent


@dataclass(frozen=True, slots=True)
class FillCursor:
    """Where a sweep of fills stands: fills from second `since` on, except those already `seen`."""

    since: int
    seen: frozenset[str]

    @classmethod
    def parse(cls, text: str, since_ns: int) -> Self:
        """Return a cursor from its text, or the start of a sweep where there is none."""
        if not text:
            return cls(since_ns // NS, frozenset())
        try:
            raw = json.loads(text)
            return cls(int(raw["since"]), frozenset(str(name) for name in raw["seen"]))
        except (ValueError, TypeError, KeyError):
            raise InvalidData(f"fill cursor is {text[:40]!r}; pass one that fills() gave, or '' to begin") from None

    def __str__(self) -> str:
        return json.dumps({"since": self.since, "seen": sorted(self.seen)}, separators=(",", ":"))

    def after(self, found: Sequence[VenueFill]) -> Self:
        """Return the cursor once these fills, old and new, have been read."""
        newest = max((item.fill.time_ns // NS for item in found), default=self.since)
        since = max(self.since, newest - OVERLAP_S)
        names = {item.fill.fill_id for item in found if item.fill.time_ns // NS >= since}
        return type(self)(since, frozenset(names))


class Portfolio(PublicData):
    """The calls that read an account."""

    _subaccount: int
    _client_ids: dict[str, str]  # our order id by Kalshi's, as far as this process has seen both

    async def balance(self) -> Balance:
        """Return the cash that can be spent, by shard too; Kalshi answers about one such call a second."""
        answer = await self._http.read("/portfolio/balance", given(subaccount=self._subaccount), what="the balance")
        return read_balance(answer)

    async def positions(self) -> tuple[Position, ...]:
        """Return what is held, negative where it is NO; prices are of YES."""
        params = given(count_filter="position", limit=MOST_A_PAGE, subaccount=self._subaccount)
        found = await collect(
            self._http, "/portfolio/positions", params, "market_positions", read_position, what="positions"
        )
        return tuple(position for position in found if position.quantity)

    async def order(self, venue_order_id: str) -> VenueOrder | None:
        """Return an order by Kalshi's id; None where its reads do not show it, which may be a second behind."""
        try:
            answer = await self._http.read(path_of("portfolio", "orders", venue_order_id), what="the order")
        except NotFound:
            return None
        return self._noted(read_order(Fields(answer, "an order").get("order")))

    async def order_by_client_id(
        self, client_order_id: str, *, symbol: str = "", since_ns: int = 0
    ) -> VenueOrder | None:
        """Return an order by our id; Kalshi has no such search, so orders since a time are gone through."""
        for venue_id, ours in self._client_ids.items():
            if ours == client_order_id and (order := await self.order(venue_id)) is not None:
                return order
        since = max(since_ns // NS - SENT_BEFORE_S, 0) if since_ns else 0
        for order in await self.orders(symbol, start=since or None):
            if order.ref.client_order_id == client_order_id:
                return order
        return None

    async def orders(self, symbol: str = "", *, status: str = "", start: Moment = None) -> tuple[VenueOrder, ...]:
        """Return orders: those of the live tier, and older ones too where `start` lies behind the cut-off."""
        low = unix_seconds(start)
        params = given(
            ticker=ticker_of(symbol) if symbol else "",
            status=status,
            min_ts=low,
            limit=MOST_A_PAGE,
            subaccount=self._subaccount,
        )
        found = await collect(self._http, "/portfolio/orders", params, "orders", read_order, what="orders")
        if status != "resting" and low is not None and _before(low, (await self.get_cutoff()).orders):
            found += await collect(self._http, "/historical/orders", params, "orders", read_order, what="old orders")
        unique = {order.ref.venue_order_id: order for order in reversed(found)}  # the live tier's word counts
        return tuple(self._noted(order) for order in unique.values())

    async def open_orders(self, symbol: str = "") -> tuple[VenueOrder, ...]:
        """Return the orders that rest in the book."""
        return await self.orders(symbol, status="resting")

    async def fills(self, cursor: str = "", *, since_ns: int = 0) -> FillPage:
        """Return all fills after a cursor, oldest first; Kalshi lists the newest first, so a sweep reads to its end."""
        place = FillCursor.parse(cursor, since_ns)
        params = given(min_ts=place.since or None, limit=MOST_A_PAGE, subaccount=self._subaccount)
        found = await collect(self._http, "/portfolio/fills", params, "fills", read_fill, what="fills")
        if _before(place.since, (await self.get_cutoff()).trades):
            found += await collect(self._http, "/historical/fills", params, "fills", read_fill, what="old fills")
        unique = {item.fill.fill_id: item for item in found}
        new = [item for name, item in unique.items() if name not in place.seen]
        new.sort(key=lambda item: (item.fill.time_ns, item.fill.fill_id))
        named = {item.fill.fill_id: await self._named(item) for item in new}
        told = [item for name, item in unique.items() if named.get(name, item) is not None]
        return FillPage(tuple(item for item in named.values() if item is not None), str(place.after(told)))

    async def settlements(self, *, start: Moment = None, end: Moment = None, ticker: str = "") -> list[Settlement]:
        """Return what settled markets have paid."""
        params = given(
            ticker=ticker_of(ticker) if ticker else "",
            min_ts=unix_seconds(start),
            max_ts=unix_seconds(end),
            limit=MOST_A_PAGE,
            subaccount=self._subaccount,
        )
        return await collect(
            self._http, "/portfolio/settlements", params, "settlements", read_settlement, what="settlements"
        )

    async def reads_as_of_ns(self) -> int | None:
        """Return up to when balance, orders, fills and positions are complete."""
        answer = await self._http.read("/exchange/user_data_timestamp", what="the age of account data")
        return Fields(answer, "the age of account data").time_ns("as_of_time")

    async def account_limits(self) -> AccountLimits:
        """Return the tier of the account and its rate limits."""
        return read_limits(await self._http.read("/account/limits", what="the account limits"))

    async def order_groups(self) -> list[OrderGroup]:
        """Return the order groups."""
        answer = await self._http.read(
            "/portfolio/order_groups", given(subaccount=self._subaccount), what="order groups"
        )
        return [read_group(raw) for raw in Fields(answer, "order groups").items("order_groups")]

    async def order_group(self, group_id: str) -> OrderGroup:
        """Return one order group with the ids of its orders."""
        answer = await self._http.read(path_of("portfolio", "order_groups", group_id), what=f"order group {group_id}")
        return read_group(answer, group_id)

    async def queue_position(self, venue_order_id: str) -> Decimal:
        """Return how many contracts stand before an order in the book."""
        answer = await self._http.read(
            path_of("portfolio", "orders", venue_order_id, "queue_position"), what="the queue position"
        )
        return Fields(answer, "a queue position").amount("queue_position_fp")

    def _noted(self, order: VenueOrder) -> VenueOrder:
        if order.ref.client_order_id:
            self._client_ids[order.ref.venue_order_id] = order.ref.client_order_id
        return order

    async def _named(self, item: VenueFill) -> VenueFill | None:
        """Return a fill with our order id, which Kalshi's own fills have not carried since March 2026.

        None while the order of a fresh fill does not show yet: nameless it would pass for somebody else's.
        """
        if item.fill.client_order_id:
            return item
        if item.venue_order_id not in self._client_ids and await self.order(item.venue_order_id) is None:
            if self._http.now_ns - item.fill.time_ns < HELD_BACK_S * NS:
                return None
            await self.orders(item.fill.symbol, start=1)  # an old order may have moved to the historical tier
        name = self._client_ids.setdefault(item.venue_order_id, "")
        return replace(item, fill=replace(item.fill, client_order_id=name))


def _before(second: int, border: datetime | None) -> bool:
    return border is not None and second < border.timestamp()
