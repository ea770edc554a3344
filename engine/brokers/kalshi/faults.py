"""Kalshi's refusals in the three shapes it sends them, sorted into the errors that say what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.brokers.kalshi.fields import Unreadable, read_json
from engine.core.errors import (
    AuthenticationFailed,
    BrokerUnavailable,
    ClockSkewed,
    DuplicateOrder,
    InvalidData,
    NotFound,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    SteadyhandError,
    Stopped,
)

LONGEST = 300  # characters of the venue's own words in a message
MAX_SKEW_S = 10.0
DUPLICATE = "order_already_exists"
EXPIRED_TIME = "header_timestamp_expired"

ADVICE = {
    "insufficient_balance": "there is not enough cash on this market's shard: lower the size or move cash there",
    "available_balance_too_low": "there is not enough cash on this market's shard: lower the size or move cash there",
    "invalid_price": "the price is off this market's grid: round it with listing(symbol).round_price",
    "invalid_order_size": "the size is no multiple of 0.01 contract or too large: change it",
    "fill_or_kill_insufficient_resting_volume": "too little rests in the book for fill-or-kill: ask for less",
    "trading_is_paused": "trading is paused: wait for the exchange",
    "market_inactive": "the market is closed or paused: it takes no orders",
    "market_closed": "the market is closed: it takes no orders",
    "market_not_found": "there is no such market: check the ticker",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What the venue said of a refused call; `code` is empty where it gave none, `known` False for no known shape."""

    code: str = ""
    message: str = ""
    details: str = ""
    known: bool = False

    @property
    def words(self) -> str:
        """Its words in one line."""
        parts = dict.fromkeys(part for part in (self.code, self.message, self.details) if part)
        text = ": ".join(parts) or "no reason given"
        return " ".join(text.split())[:LONGEST]

    @property
    def advice(self) -> str:
        """What to do about it, empty where nothing is known."""
        if "post only cross" in self.details.lower():
            return "it would have crossed the book: lower its price or drop post_only"
        return ADVICE.get(self.code.lower(), "")


def read_fault(body: bytes | str) -> Fault:
    """Return the reason in a refusal: nested under `error`, flat with `code`, or `msg` alone."""
    try:
        raw = read_json(body)
    except Unreadable:
        return Fault()
    if not isinstance(raw, dict):
        return Fault()
    inner = raw.get("error", raw)
    if isinstance(inner, str):
        return Fault(code=inner.strip().lower().replace(" ", "_"), message=inner, known=True)
    if not isinstance(inner, dict):
        return Fault()
    code, message, details = (_text(inner.get(key)) for key in ("code", "message", "details"))
    message = message or _text(inner.get("msg"))
    return Fault(code, message, details, known=bool(code or message or details))


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def refused_access(status: int, fault: Fault, skew_s: float | None, *, keyed: bool) -> SteadyhandError | None:
    """Return the error of a 401 or 403, None for another status."""
    if status == 403:
        return Stopped(f"Kalshi forbids this ({fault.words}); give the key the scope it needs, or use another key")
    if status != 401:
        return None
    if not keyed:
        return AuthenticationFailed("this call needs a key; pass api_key and private_key to KalshiConfig")
    if fault.code == EXPIRED_TIME:
        return skewed(skew_s)
    if "NOT_FOUND" in fault.details:
        why = "it does not know this key id"
    elif "SIGNATURE" in fault.details:
        why = "the private key does not belong to this key id"
    else:
        why = fault.words
    return AuthenticationFailed(f"Kalshi refuses the key: {why}; check both, and that demo keys are used on demo only")


def skewed(skew_s: float | None) -> ClockSkewed:
    """Return the error of a clock that is off."""
    if skew_s is None or abs(skew_s) <= 1:
        off = "off"
    else:
        off = f"{abs(skew_s):.0f} seconds {'ahead of' if skew_s > 0 else 'behind'} Kalshi's"
    return ClockSkewed(
        f"this machine's clock is {off} and Kalshi takes at most {MAX_SKEW_S:.0f}; "
        "set the clock (time sync), then connect again"
    )


def refused_read(what: str, status: int, fault: Fault) -> SteadyhandError:
    """Return the error of a read that was answered with a status of 300 or more, after all retries."""
    if status == 404:
        return NotFound(f"Kalshi does not know {what} ({fault.words}); check its name")
    if status == 429:
        return RateLimited(f"Kalshi asks for fewer requests ({what}); wait a few seconds", retry_after=5.0)
    if 400 <= status < 500 and status != 408:
        return InvalidData(f"Kalshi refuses to show {what}: {fault.words}")
    return BrokerUnavailable(f"Kalshi cannot answer now ({what}: status {status}, {fault.words}); try again later")


def refused_write(what: str, status: int, fault: Fault, client_order_id: str) -> SteadyhandError:
    """Return the error of a write that was answered with a status of 300 or more: only a clear no is a no."""
    if status == 429:
        return RateLimited(f"Kalshi took no {what}: too many requests; wait, then send the same again", retry_after=1.0)
    if fault.code == DUPLICATE:
        return DuplicateOrder(
            f"Kalshi already has an order with client order id {client_order_id}; look it up and send no other",
            client_order_id,
        )
    if 400 <= status < 500 and status != 408 and fault.known:
        advice = f"; {fault.advice}" if fault.advice else ""
        return OrderRejected(f"Kalshi refuses the {what}: {fault.words}{advice}", fault.code)
    return unclear(what, f"status {status}, {fault.words}", client_order_id)


def unclear(what: str, why: str, client_order_id: str) -> OutcomeUnknown:
    """Return the error of a write of which nobody knows whether it landed."""
    named = f" {client_order_id}" if client_order_id else ""
    return OutcomeUnknown(
        f"whether the {what}{named} reached Kalshi is not known ({why}); look it up before anything else is sent",
        client_order_id,
    )
