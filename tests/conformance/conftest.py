"""A fake venue with one market, and a bare client, for the tests of the fake itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient

MARKET = "KXRAIN-26NOV30-T1"


@pytest.fixture
def venue() -> Iterator[FakeKalshi]:
    """An open venue whose account has $10,000 on shard 0."""
    with FakeKalshi() as running:
        running.add_market(MARKET)
        yield running


@pytest.fixture
def client(venue: FakeKalshi) -> Iterator[RawClient]:
    """The account's bare client."""
    raw = RawClient(venue)
    yield raw
    raw.close()
