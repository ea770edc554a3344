"""Orders sent to Kalshi's one YES book: each write once, each answer checked before it is believed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.brokers.base import Ack, CancelAck, OrderRef, OrderRequest, TimeInForce
from engine.brokers.kalshi.fields import Fields, Unreadable
from engine.brokers.kalshi.ledger import OrderGroup, read_group
from engine.brokers.kalshi.portfolio import NS, Portfolio
from engine.brokers.kalshi.public import given, path_of
from engine.brokers.kalshi.wire import ONE, ZERO
from engine.core.errors import InvalidConfig, OrderRejected
from engine.core.trading import Side, Status

ORDERS = "/portfolio/events/orders"
GROUPS = "/portfolio/order_groups"
CLIENT_ID = re.compile(r"[A-Za-z0-9_:+=/-]{1,64}")
LOT, FINEST_PRICE = Decimal("0.01"), Decimal("0.0001")
SIDES = {Side.BUY: "bid", Side.SELL: "ask"}
TIMES = {
    TimeInForce.GTC: "good_till_canceled",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
}


def on_yes_book(action: str, outcome: str, price: Decimal) -> tuple[Side, Decimal]:
    """Return an intent as a side and a price of the YES book: buying NO at q is selling YES at 1 - q."""
    if action not in ("buy", "sell") or outcome not in ("yes", "no"):
        raise InvalidConfig(f"the intent is {action!r} {outcome!r}; it must be 'buy' or 'sell', 'yes' or 'no'")
    towards_yes = (action == "buy") == (outcome == "yes")
    return (Side.BUY if towards_yes else Side.SELL), (price if outcome == "yes" else ONE - price)


def written_count(value: Decimal, owner: str) -> str:
    """Return contracts as Kalshi takes them: a string of two decimals, at least one hundredth."""
    if not (isinstance(value, Decimal) and value.is_finite() and value > 0 and value % LOT == 0):
        raise InvalidConfig(f"the size of {owner} is {value}; it must be a Decimal above 0 in steps of {LOT} contract")
    return f"{value.quantize(LOT):f}"


def written_price(value: Decimal | None, owner: str) -> str:
    """Return a YES price as Kalshi takes it: a string of dollars with up to four decimals."""
    if value is None:
        raise InvalidConfig(
            f"{owner} has no limit and Kalshi has no market orders; buy at 0.99 or sell at 0.01, immediate-or-cancel"
        )
    if not (isinstance(value, Decimal) and ZERO < value < ONE and value % FINEST_PRICE == 0):
        raise InvalidConfig(
            f"the price of {owner} is {value}; it must be a Decimal between 0 and 1 with at most four decimals: "
            "did you mean dollars, not cents?"
        )
    return f"{value.quantize(FINEST_PRICE):f}"


def write_order(request: OrderRequest, subaccount: int) -> dict[str, Any]:
    """Return the body of an order, or say in one sentence why Kalshi cannot take it."""
    owner = f"order {request.client_order_id}"
    if not CLIENT_ID.fullmatch(request.client_order_id):
        raise InvalidConfig(f"{owner} has an id that Kalshi refuses; use at most 64 of A-Z a-z 0-9 _ : + = / -")
    if request.time_in_force not in TIMES:
        raise InvalidConfig(f"{owner} is good for the day and Kalshi has no such order; use GTC with expires_ns")
    if request.reduce_only and request.time_in_force is not TimeInForce.IOC:
        raise InvalidConfig(f"{owner} is reduce_only; Kalshi takes that with immediate-or-cancel only")
    body: dict[str, Any] = {
        "ticker": request.symbol,
        "client_order_id": request.client_order_id,
        "side": SIDES[request.side],
        "count": written_count(request.quantity, owner),
        "price": written_price(request.limit, owner),
        "time_in_force": TIMES[request.time_in_force],
        "self_trade_prevention_type": "taker_at_cross",
    }
    flags = {"post_only": request.post_only, "reduce_only": request.reduce_only}
    body |= {name: True for name, on in flags.items() if on}
    if request.expires_ns is not None:
        body["expiration_time"] = request.expires_ns // NS
    if request.group:
        body["order_group_id"] = request.group
    if subaccount:
        body["subaccount"] = subaccount
    return body


def read_ack(raw: object, ref: OrderRef, quantity: Decimal) -> Ack:
    """Return the answer to an order; an answer about another order is no answer."""
    f = Fields(raw, "the answer to an order")
    named = f.text("client_order_id")
    if named and ref.client_order_id and named != ref.client_order_id:
        raise Unreadable(f"Kalshi answered about order {named} instead")
    filled, remaining = f.amount("fill_count"), f.amount("remaining_count")
    if remaining:
        status = Status.PARTIAL if filled else Status.ACKED
    else:
        status = Status.FILLED if filled >= quantity else Status.CANCELED
    fee = f.number("average_fee_paid")
    return Ack(
        ref=OrderRef(ref.symbol, ref.side, ref.client_order_id, f.name("order_id")),
        status=status,
        filled=filled,
        remaining=remaining,
        time_ns=f.time_ns("ts_ms") or 0,
        average_price=f.number("average_fill_price"),
        fee=None if fee is None else fee * filled,
    )


class Trading(Portfolio):
    """The calls that change an account."""

    async def submit(self, request: OrderRequest) -> Ack:
        """Send an order once; see `engine.brokers.base` for what each error means."""
        body = write_order(request, self._subaccount)
        ref = OrderRef(request.symbol, request.side, request.client_order_id, "")
        ack = await self._http.write(
            "POST",
            ORDERS,
            body,
            what="order",
            parse=lambda raw: read_ack(raw, ref, request.quantity),
            client_order_id=request.client_order_id,
        )
        self._client_ids[ack.ref.venue_order_id] = request.client_order_id
        return ack

    async def place(
        self,
        ticker: str,
        action: str,
        outcome: str,
        count: Decimal,
        price: Decimal,
        *,
        client_order_id: str,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> Ack:
        """Buy or sell YES or NO at a price of that outcome; NO becomes its mirror on the YES book."""
        side, limit = on_yes_book(action, outcome, price)
        return await self.submit(
            OrderRequest(client_order_id, ticker, side, count, limit, time_in_force, post_only, reduce_only)
        )

    async def cancel(self, ref: OrderRef) -> CancelAck:
        """Cancel what rests of an order, sent once; 0 canceled where nothing rests any more."""
        try:
            return await self._http.write(
                "DELETE",
                path_of("portfolio", "events", "orders", ref.venue_order_id),
                None,
                # without the market the shard is guessed, and an order of another shard is not found
                params=given(market_ticker=ref.symbol, subaccount=self._subaccount or None),
                what="cancel of order",
                parse=lambda raw: _read_cancel(raw, ref),
                client_order_id=ref.client_order_id,
            )
        except OrderRejected as error:
            if error.code != "not_found":
                raise
            return CancelAck(ref, ZERO)

    async def amend(self, ref: OrderRef, *, quantity: Decimal, limit: Decimal) -> Ack:
        """Give an order a new limit and total; making it smaller keeps its place in the queue, the rest loses it."""
        owner = f"order {ref.client_order_id or ref.venue_order_id}"
        body = {
            "ticker": ref.symbol,
            "side": SIDES[ref.side],
            "price": written_price(limit, owner),
            "count": written_count(quantity, owner),
        }
        if ref.client_order_id:
            body["client_order_id"] = body["updated_client_order_id"] = ref.client_order_id
        path = path_of("portfolio", "events", "orders", ref.venue_order_id, "amend")
        return await self._http.write(
            "POST",
            path,
            body,
            params=given(subaccount=self._subaccount or None),
            what="amend of order",
            parse=lambda raw: _read_amend(raw, ref, quantity),
            client_order_id=ref.client_order_id,
        )

    async def decrease(self, ref: OrderRef, *, by: Decimal) -> Decimal:
        """Take contracts out of a resting order, which keeps its place; return what still rests."""
        return await self._http.write(
            "POST",
            path_of("portfolio", "events", "orders", ref.venue_order_id, "decrease"),
            {"reduce_by": written_count(by, f"the decrease of {ref.client_order_id}"), "market_ticker": ref.symbol},
            params=given(subaccount=self._subaccount or None),
            what="decrease of order",
            parse=lambda raw: Fields(raw, "the answer to a decrease").amount("remaining_count"),
            client_order_id=ref.client_order_id,
        )

    async def cancel_all(self) -> None:
        """Cancel all orders on all shards; what is placed within the next minute may be canceled too."""
        await self._http.write(
            "DELETE", ORDERS, None, params={"subaccount": self._subaccount}, what="cancel of all orders", parse=_nothing
        )

    async def create_order_group(self, limit: Decimal) -> str:
        """Make a group whose orders are all canceled once more than `limit` contracts fill within 15 seconds."""
        body: dict[str, Any] = {"contracts_limit_fp": written_count(limit, "the order group")}
        if self._subaccount:
            body["subaccount"] = self._subaccount
        made: OrderGroup = await self._http.write(
            "POST", f"{GROUPS}/create", body, what="order group", parse=read_group
        )
        return made.group_id

    async def trigger_order_group(self, group_id: str) -> None:
        """Cancel a group's orders and take no new ones for it until it is reset."""
        await self._group("PUT", group_id, "trigger")

    async def reset_order_group(self, group_id: str) -> None:
        """Let a triggered group take orders again."""
        await self._group("PUT", group_id, "reset")

    async def limit_order_group(self, group_id: str, limit: Decimal) -> None:
        """Give a group another limit."""
        await self._group("PUT", group_id, "limit", {"contracts_limit_fp": written_count(limit, "the order group")})

    async def delete_order_group(self, group_id: str) -> None:
        """Cancel a group's orders and forget it."""
        await self._group("DELETE", group_id)

    async def _group(self, method: str, group_id: str, act: str = "", body: dict[str, Any] | None = None) -> None:
        path = path_of("portfolio", "order_groups", group_id, *([act] if act else []))
        params = given(subaccount=self._subaccount or None)
        await self._http.write(
            method, path, body, params=params, what=f"{act or 'deletion'} of order group {group_id}", parse=_nothing
        )


def _nothing(raw: object) -> None:
    """Any answer that is not a refusal will do."""


def _read_cancel(raw: object, ref: OrderRef) -> CancelAck:
    f = Fields(raw, "the answer to a cancel")
    return CancelAck(ref, f.amount("reduced_by"), f.time_ns("ts_ms"))


def _read_amend(raw: object, ref: OrderRef, quantity: Decimal) -> Ack:
    """Return the answer to an amend; without counts nothing traded and the size is what it was."""
    f = Fields(raw, "the answer to an amend")
    filled = f.number("fill_count") or ZERO
    remaining = f.number("remaining_count")
    over = remaining is not None and not remaining
    resting = Status.PARTIAL if filled else Status.ACKED
    fee = f.number("average_fee_paid")
    return Ack(
        ref=OrderRef(ref.symbol, ref.side, ref.client_order_id, f.name("order_id")),
        status=Status.FILLED if over and filled else Status.CANCELED if over else resting,
        filled=filled,
        remaining=quantity - filled if remaining is None else remaining,
        time_ns=f.time_ns("ts_ms") or 0,
        average_price=f.number("average_fill_price"),
        fee=None if fee is None else fee * filled,
    )
