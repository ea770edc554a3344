"""Reading requests as strictly as the venue does: strings where it wants strings, and its own words when it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from tests.conformance.fake_kalshi.values import Refused, Ticket

CLIENT_ID = re.compile(r"[\w:+=/-]{1,64}", re.ASCII)
GO_TYPES: dict[type, str] = {str: "string", int: "int64", bool: "bool"}
FIXED = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Split a request target into path and query."""
        path, _, query = target.partition("?")
        return cls(method, path, headers, tuple(parse_qsl(query, keep_blank_values=True)), body)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def flag(self, name: str) -> bool:
        """A boolean query parameter."""
        return self.get(name).lower() == "true"

    def names(self, name: str) -> list[str]:
        """A query parameter that lists names, by commas or by being repeated."""
        return [part for key, value in self.query if key == name for part in value.split(",") if part]

    def integer(self, name: str) -> int | None:
        """A whole-number query parameter."""
        text = self.get(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise invalid_param("Request", name, "numeric") from None


def invalid_param(operation: str, name: str, tag: str) -> Refused:
    """The body of a parameter that fails validation."""
    title = "".join(part.capitalize() for part in name.split("_"))
    text = (
        f"Parameter validation failed for {operation}: Key: '{operation}Params.{title}' "
        f"Error:Field validation for '{title}' failed on the '{tag}' tag"
    )
    return Refused(400, "", message=text, shape="msg")


def limit(request: Request, operation: str, most: int = 1_000, default: int = 100, least: int = 1) -> int:
    """The page size."""
    asked = request.integer("limit")
    if asked is None:
        return default
    if asked > most:
        raise invalid_param(operation, "limit", "lte")
    if asked < least:
        raise invalid_param(operation, "limit", "gte")
    return asked or default


def body(request: Request) -> dict[str, Any]:
    """The JSON object of a request."""
    try:
        read = json.loads(request.body or b"")
    except ValueError as error:
        raise _bad(f"invalid JSON: {error}") from None
    if not isinstance(read, dict):
        raise _bad("json: cannot unmarshal value into Go value of type object")
    return read


def _bad(details: str) -> Refused:
    return Refused(400, "bad_request", details, "bad request", shape="flat")


class Fields:
    """The members of a JSON object, each asked for by the type it must have."""

    def __init__(self, struct: str, read: Mapping[str, Any]) -> None:
        self._struct, self._read = struct, read

    def take(self, name: str, kind: type, required: bool = False) -> Any:
        """A member, or None if it is absent."""
        value = self._read.get(name)
        if value is None:
            if required:
                raise _bad(
                    f"Key: '{self._struct}.{name}' Error:Field validation for '{name}' failed on the 'required' tag"
                )
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            got = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
            where = f"{self._struct}.{name} of type {GO_TYPES[kind]}"
            raise _bad(f"json: cannot unmarshal {got} into Go struct field {where}")
        return value

    def text(self, name: str, required: bool = False) -> str:
        """A string, empty if absent."""
        return str(self.take(name, str, required) or "")

    def one_of(self, name: str, *options: str) -> str:
        """A required string out of a few."""
        value = self.text(name, required=True)
        if value not in options:
            raise _bad(f"Key: '{self._struct}.{name}' Error:Field validation for '{name}' failed on the 'oneof' tag")
        return value

    def fixed(self, name: str, places: int, required: bool = False) -> Decimal | None:
        """A decimal in a string with at most `places` decimals."""
        text = self.take(name, str, required)
        if text is None:
            return None
        if not FIXED.fullmatch(text) or len(text.partition(".")[2]) > places:
            code = "invalid_price" if name == "price" else "invalid_order_size"
            raise Refused(400, code, f"{name} {text!r} is not a fixed-point string of at most {places} decimals")
        return Decimal(text)


def ticket(read: Mapping[str, Any]) -> Ticket:
    """A create request."""
    fields = Fields("CreateOrderV2Request", read)
    client_id = fields.text("client_order_id")
    if client_id and not CLIENT_ID.fullmatch(client_id):
        raise Refused(400, "invalid_order", "client_order_id must match [\\w:+=/-]{1,64}")
    price, count = fields.fixed("price", 4, required=True), fields.fixed("count", 2, required=True)
    assert price is not None and count is not None
    return Ticket(
        ticker=fields.text("ticker", required=True),
        side=fields.one_of("side", "bid", "ask"),
        price=price,
        count=count,
        tif=fields.one_of("time_in_force", "fill_or_kill", "good_till_canceled", "immediate_or_cancel"),
        stp=fields.one_of("self_trade_prevention_type", "taker_at_cross", "maker"),
        client_order_id=client_id,
        expires_s=fields.take("expiration_time", int),
        post_only=bool(fields.take("post_only", bool)),
        reduce_only=bool(fields.take("reduce_only", bool)),
        cancel_on_pause=bool(fields.take("cancel_order_on_pause", bool)),
        group=fields.text("order_group_id"),
        exchange_index=fields.take("exchange_index", int),
        subaccount=fields.take("subaccount", int) or 0,
    )
