"""Read what a venue sends without trusting it: exact decimals, missing fields as None, unknown fields kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.core.errors import BrokerUnavailable

MOST_DIGITS = 18  # before the point; beyond it arithmetic on a hostile exponent would fill memory
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(BrokerUnavailable):
    """The venue answered something that lacks what the answer is about."""


def read_json(body: bytes | str) -> Any:
    """Return JSON with its numbers as exact decimals; NaN and infinities, which JSON does not have, read None."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"Kalshi answered no JSON ({type(error).__name__}); try again later") from None


def decimal(value: object) -> Decimal | None:
    """Return a dollar string, count string or number as a finite decimal, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


def moment(value: object) -> datetime | None:
    """Return an RFC 3339 text or Unix seconds as a time in UTC, None for anything else."""
    try:
        if isinstance(value, str) and value:
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def nanoseconds(time: datetime | None) -> int | None:
    """Return a time as nanoseconds UTC, without a detour over floats."""
    if time is None:
        return None
    gap = time - EPOCH
    return ((gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds) * 1_000


class Fields:
    """One JSON object, read key by key; what nobody asked for is what `rest` returns."""

    __slots__ = ("_asked", "_raw", "_what")

    def __init__(self, raw: object, what: str) -> None:
        if not isinstance(raw, dict):
            raise Unreadable(f"Kalshi sent {type(raw).__name__} where {what} was expected; try again later")
        self._raw: dict[str, Any] = raw
        self._what = what
        self._asked: set[str] = set()

    def get(self, *keys: str) -> Any:
        """Return the first of these keys that is there and not null."""
        self._asked.update(keys)
        for key in keys:
            value = self._raw.get(key)
            if value is not None:
                return value
        return None

    def name(self, *keys: str) -> str:
        """Return a text without which the object means nothing."""
        value = self.get(*keys)
        if not isinstance(value, str) or not value:
            raise Unreadable(f"Kalshi sent {self._what} without {keys[0]}; try again later")
        return value

    def text(self, *keys: str) -> str:
        """Return a text, empty where there is none."""
        value = self.get(*keys)
        return value if isinstance(value, str) else ""

    def number(self, *keys: str) -> Decimal | None:
        """Return an exact number, None where there is none."""
        return decimal(self.get(*keys))

    def amount(self, *keys: str) -> Decimal:
        """Return a number without which the object means nothing."""
        value = self.number(*keys)
        if value is None:
            raise Unreadable(f"Kalshi sent {self._what} without a number in {keys[0]}; try again later")
        return value

    def whole(self, *keys: str) -> int | None:
        """Return an integer, None where there is none."""
        value = self.number(*keys)
        return int(value) if value is not None and value == value.to_integral_value() else None

    def flag(self, *keys: str) -> bool:
        """Whether a boolean is there and true."""
        return self.get(*keys) is True

    def time(self, *keys: str) -> datetime | None:
        """Return a time in UTC, None where there is none."""
        return moment(self.get(*keys))

    def time_ns(self, *keys: str) -> int | None:
        """Return a time as nanoseconds UTC; a key that ends in `_ms` holds milliseconds."""
        for key in keys:
            value = self.get(key)
            if key.endswith("_ms") and isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value * 1_000_000
            if not key.endswith("_ms") and (time := moment(value)) is not None:
                return nanoseconds(time)
        return None

    def items(self, *keys: str) -> list[Any]:
        """Return a list, empty where there is none."""
        value = self.get(*keys)
        return value if isinstance(value, list) else []

    def rest(self) -> dict[str, Any]:
        """Return the fields that nobody asked for."""
        return {key: value for key, value in self._raw.items() if key not in self._asked}
