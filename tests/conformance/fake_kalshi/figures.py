"""How numbers and times are spelt on the wire: dollar strings, two-decimal counts, and the few whole cents."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from tests.conformance.fake_kalshi.values import BID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def dollars(amount: Decimal) -> str:
    """Four decimals, or six where the amount has more."""
    return f"{amount:.4f}" if amount == amount.quantize(Decimal("0.0001")) else f"{amount:.6f}"


def fee(amount: Decimal) -> str:
    """Six decimals."""
    return f"{amount:.6f}"


def count(contracts: Decimal) -> str:
    """Two decimals."""
    return f"{contracts:.2f}"


def cents(amount: Decimal) -> int:
    """Whole cents, rounded down."""
    return int((amount * 100).to_integral_value(ROUND_FLOOR))


def iso(us: int) -> str:
    """RFC 3339 with microseconds."""
    return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def outcome_side(side: str) -> str:
    """A bid is for YES, an ask for NO."""
    return "yes" if side == BID else "no"


def user_id(account: str) -> str:
    """The UUID by which the wire knows an account."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, account))
