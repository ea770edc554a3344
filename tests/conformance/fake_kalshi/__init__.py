"""A Kalshi of one's own: real sockets, real matching, real fees and settlement, and faults on demand."""

from __future__ import annotations

from tests.conformance.fake_kalshi.control import OWNER, FakeKalshi
from tests.conformance.fake_kalshi.faults import HttpFault, StreamFault

__all__ = ["OWNER", "FakeKalshi", "HttpFault", "StreamFault"]
