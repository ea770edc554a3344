"""REST: the table of routes, and the way of a request through it: pause, key, scope, tokens, then the handler."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.fake_kalshi import (
    lifecycle,
    rest_exchange,
    rest_history,
    rest_markets,
    rest_orders,
    rest_portfolio,
)
from tests.conformance.fake_kalshi.buckets import DEFAULT_COST
from tests.conformance.fake_kalshi.parse import Request
from tests.conformance.fake_kalshi.values import Refused
from tests.conformance.fake_kalshi.venue import Reply, Seen, Venue, answer, error_body

ROOT = "/trade-api/v2"
Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, whether it needs a key, which bucket pays, how much (per item of a batch), and the answer's status."""

    method: str
    path: str
    handler: Handler
    private: bool = False
    bucket: str = "read"
    cost: int = DEFAULT_COST
    status: int = 200
    batch: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", ROOT + self.path)))


def _public(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler)


def _mine(path: str, handler: Handler, cost: int = DEFAULT_COST) -> Route:
    return Route("GET", path, handler, True, cost=cost)


def _write(
    method: str, path: str, handler: Handler, cost: int = DEFAULT_COST, status: int = 200, batch: bool = False
) -> Route:
    return Route(method, path, handler, True, "write", cost, status, batch)


V1, V2, GROUPS = "/portfolio/orders", "/portfolio/events/orders", "/portfolio/order_groups"
ROUTES = (
    _public("/exchange/status", rest_exchange.status),
    _public("/exchange/schedule", rest_exchange.schedule),
    _public("/exchange/user_data_timestamp", rest_exchange.user_data_timestamp),
    _public("/account/endpoint_costs", rest_exchange.endpoint_costs),
    _mine("/account/limits", rest_exchange.account_limits),
    _public("/series", rest_markets.series_list),
    _public("/series/fee_changes", rest_markets.series_fee_changes),
    _public("/series/{series}/markets/{ticker}/candlesticks", rest_markets.candlesticks),
    _public("/series/{series}/events/{ticker}/candlesticks", rest_markets.event_candlesticks),
    _public("/series/{ticker}", rest_markets.one_series),
    _public("/events", rest_markets.events),
    _public("/events/fee_changes", rest_markets.event_fee_changes),
    _public("/events/{ticker}", rest_markets.one_event),
    _public("/markets", rest_markets.markets),
    _public("/markets/trades", rest_markets.trades),
    _public("/markets/orderbooks", rest_markets.orderbooks),
    _public("/markets/candlesticks", rest_markets.many_candlesticks),
    _public("/markets/{ticker}", rest_markets.one_market),
    _public("/markets/{ticker}/orderbook", rest_markets.orderbook),
    _public("/historical/cutoff", rest_exchange.historical_cutoff),
    _public("/historical/markets", rest_history.markets),
    _public("/historical/markets/{ticker}", rest_history.one_market),
    _public("/historical/markets/{ticker}/candlesticks", rest_history.candlesticks),
    _public("/historical/trades", rest_history.trades),
    _mine("/historical/fills", rest_history.fills),
    _mine("/historical/orders", rest_history.orders),
    _mine("/historical/positions", rest_history.positions),
    _mine("/portfolio/balance", rest_portfolio.balance, cost=0),
    _mine("/portfolio/positions", rest_portfolio.positions),
    _mine("/portfolio/fills", rest_portfolio.fills),
    _mine("/portfolio/settlements", rest_portfolio.settlements),
    _mine(V1, rest_portfolio.orders),
    _mine(V1 + "/queue_positions", rest_portfolio.queue_positions),
    _mine(V1 + "/{order_id}", rest_portfolio.one_order, cost=2),
    _mine(V1 + "/{order_id}/queue_position", rest_portfolio.queue_position),
    _write("POST", "/portfolio/intra_exchange_instance_transfer", rest_portfolio.transfer),
    _write("POST", V1, rest_orders.gone),
    _write("POST", V1 + "/batched", rest_orders.gone),
    _write("DELETE", V1 + "/batched", rest_orders.gone),
    _write("DELETE", V1 + "/{order_id}", rest_orders.gone),
    _write("POST", V1 + "/{order_id}/amend", rest_orders.gone),
    _write("POST", V1 + "/{order_id}/decrease", rest_orders.gone),
    _write("POST", V2, rest_orders.create, status=201),
    _write("DELETE", V2, rest_orders.cancel_all, cost=2, status=204),
    _write("POST", V2 + "/batched", rest_orders.create_batch, status=201, batch=True),
    _write("DELETE", V2 + "/batched", rest_orders.cancel_batch, cost=2, batch=True),
    _write("DELETE", V2 + "/{order_id}", rest_orders.cancel, cost=2),
    _write("POST", V2 + "/{order_id}/amend", rest_orders.amend),
    _write("POST", V2 + "/{order_id}/decrease", rest_orders.decrease),
    _mine(GROUPS, rest_orders.group_list),
    _write("POST", GROUPS + "/create", rest_orders.group_create, status=201),
    _mine(GROUPS + "/{group_id}", rest_orders.group_get),
    _write("DELETE", GROUPS + "/{group_id}", rest_orders.group_delete),
    _write("PUT", GROUPS + "/{group_id}/reset", rest_orders.group_reset),
    _write("PUT", GROUPS + "/{group_id}/trigger", rest_orders.group_trigger),
    _write("PUT", GROUPS + "/{group_id}/limit", rest_orders.group_limit),
)


def handle(venue: Venue, request: Request) -> Reply:
    """Answer a request."""
    with venue.exchange.lock:
        lifecycle.tick(venue.exchange)
        try:
            reply = _answer(venue, request)
        except Refused as refused:
            reply = answer(refused.status, error_body(refused))
        venue.log.append(Seen(request, reply.status))
        return reply


def _answer(venue: Venue, request: Request) -> Reply:
    if request.path.endswith("/"):
        return Reply(301, headers=(("location", request.path.rstrip("/")),))
    found = find(request.method, request.path)
    if found is None:
        raise Refused(404, "not_found")
    route, names = found
    if venue.exchange.maintenance:
        down = rest_exchange.status(venue, request, "") if route.path == "/exchange/status" else None
        return answer(503, down or {"code": "service_unavailable", "message": "service unavailable"})
    account = _admit(venue, request, route)
    venue.limits.charge(_purse(request, route, account), route.bucket, _cost(request, route))
    return answer(route.status, route.handler(venue, request, account, **names))


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the names in its path."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match:
            return route, match.groupdict()
    return None


def _admit(venue: Venue, request: Request, route: Route) -> str:
    if not route.private:
        return ""
    key = venue.doorman.admit(request.headers, request.method, request.path)
    if not key.scopes & {route.bucket, f"{route.bucket}::trade", f"{route.bucket}::portfolio_balance"}:
        raise Refused(403, "insufficient_scope", f"the key lacks the scope {route.bucket}")
    return key.account


def _json(request: Request) -> dict[str, Any]:
    try:
        read = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _cost(request: Request, route: Route) -> int:
    rows = _json(request).get("orders") if route.batch else None
    return route.cost * max(1, len(rows) if isinstance(rows, list) else 1)


def _purse(request: Request, route: Route, account: str) -> str:
    """Single writes that name a shard above 0 are paid from a bucket of that shard."""
    if route.bucket != "write" or route.batch:
        return account
    index = request.get("exchange_index") or _json(request).get("exchange_index") or 0
    return f"{account}#{index}" if str(index).isdigit() and int(index) >= 1 else account
