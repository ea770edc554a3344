"""The venue around the exchange: who may come in, how often, what is archived, and what is about to go wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.fake_kalshi.archive import Archive
from tests.conformance.fake_kalshi.auth import Doorman
from tests.conformance.fake_kalshi.buckets import Limits
from tests.conformance.fake_kalshi.clock import MICRO, Clock
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.faults import Script
from tests.conformance.fake_kalshi.parse import Request
from tests.conformance.fake_kalshi.values import Refused

DAYS_LIVE = 60


@dataclass(slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "application/json"


@dataclass(slots=True)
class Seen:
    """A request that came in, for tests that ask what was sent."""

    request: Request
    status: int


@dataclass(slots=True)
class Venue:
    """Everything a handler needs."""

    clock: Clock
    exchange: Exchange
    doorman: Doorman
    limits: Limits
    script: Script
    archive: Archive
    log: list[Seen] = field(default_factory=list)


def new_venue(tier: str, seed: int) -> Venue:
    """A venue with nothing listed, whose archive begins two months back."""
    clock = Clock()
    line = clock.now() - DAYS_LIVE * 86_400 * MICRO
    archive = Archive(line, line, line, line)
    return Venue(clock, Exchange(clock, seed), Doorman(clock), Limits(tier), Script(), archive)


def answer(status: int, read: Any) -> Reply:
    """A JSON answer; nothing at all for 204."""
    return Reply(status, b"" if read is None else json.dumps(read).encode())


def error_body(refused: Refused) -> dict[str, Any]:
    """One of the venue's three error bodies."""
    if refused.shape == "msg":
        return {"msg": refused.message}
    inner = {"code": refused.code, "message": refused.message}
    if refused.details:
        inner["details"] = refused.details
    return {"error": inner} if refused.shape == "nested" else inner
