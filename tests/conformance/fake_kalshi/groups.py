"""Order groups: a member's own brake, so many contracts matched in fifteen seconds and everything is pulled."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.happenings import GroupChanged
from tests.conformance.fake_kalshi.values import ZERO, Refused

if TYPE_CHECKING:
    from tests.conformance.fake_kalshi.exchange import Exchange

WINDOW_US = 15 * MICRO


@dataclass(slots=True)
class Group:
    """A limit on contracts matched in a rolling window; once triggered it takes no order until it is reset."""

    group_id: str
    account: str
    limit: Decimal
    shard: int = 0
    triggered: bool = False
    matched: list[tuple[int, Decimal]] = field(default_factory=list)

    def used(self, now: int) -> Decimal:
        """Contracts matched in the window that ends now."""
        return sum((count for us, count in self.matched if us > now - WINDOW_US), ZERO)


def find(exchange: Exchange, account: str, group_id: str) -> Group:
    """A group of this account's."""
    group = exchange.groups.get(group_id)
    if group is None or group.account != account:
        raise Refused(404, "not_found")
    return group


def _announce(exchange: Exchange, group: Group, kind: str) -> None:
    limit = group.limit if kind in ("created", "limit_updated") else None
    exchange.announce(GroupChanged(group.account, group.group_id, kind, limit, exchange.clock.now()))


def create(exchange: Exchange, account: str, limit: Decimal, shard: int) -> Group:
    """Open a group."""
    group = Group(exchange.new_id(), account, limit, shard)
    exchange.groups[group.group_id] = group
    _announce(exchange, group, "created")
    return group


def members(exchange: Exchange, group: Group) -> list[str]:
    """The resting orders of a group."""
    return [o.order_id for o in exchange.orders.values() if o.group == group.group_id and o.status == "resting"]


def trigger(exchange: Exchange, group: Group) -> None:
    """Cancel every order of a group and refuse new ones until it is reset."""
    from tests.conformance.fake_kalshi.orders import withdraw

    group.triggered = True
    for order_id in members(exchange, group):
        if exchange.books[exchange.orders[order_id].ticker].holds(exchange.orders[order_id]):
            withdraw(exchange, exchange.orders[order_id], "")
    _announce(exchange, group, "triggered")


def reset(exchange: Exchange, group: Group) -> None:
    """Forget what was matched and take orders again."""
    group.triggered, group.matched = False, []
    _announce(exchange, group, "reset")


def set_limit(exchange: Exchange, group: Group, limit: Decimal) -> None:
    """Change the limit; a limit that is already used up triggers the group."""
    group.limit = limit
    _announce(exchange, group, "limit_updated")
    if group.used(exchange.clock.now()) >= limit and not group.triggered:
        trigger(exchange, group)


def delete(exchange: Exchange, group: Group) -> None:
    """Close a group and cancel its orders."""
    from tests.conformance.fake_kalshi.orders import withdraw

    for order_id in members(exchange, group):
        withdraw(exchange, exchange.orders[order_id], "")
    del exchange.groups[group.group_id]
    _announce(exchange, group, "deleted")


def admit(exchange: Exchange, account: str, group_id: str, shard: int) -> None:
    """Refuse an order for a group that is unknown, elsewhere or triggered."""
    group = find(exchange, account, group_id)
    if group.shard != shard:
        raise Refused(400, "invalid_order", "order group is on another exchange index")
    if group.triggered:
        raise Refused(400, "invalid_order", "order group is triggered")


def matched(exchange: Exchange, group_id: str, count: Decimal) -> bool:
    """Count contracts towards a group's limit and say whether the limit is now hit."""
    group = exchange.groups.get(group_id)
    if group is None:
        return False
    now = exchange.clock.now()
    group.matched = [row for row in group.matched if row[0] > now - WINDOW_US] + [(now, count)]
    return group.used(now) >= group.limit
