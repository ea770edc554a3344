"""Live data from a Kalshi of our own on loopback: what it brings, and what stays when it goes away."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import pytest

from engine import service
from engine.brokers.kalshi.config import KalshiConfig
from engine.service import markets_live
from engine.service.recent import Recent
from tests.conformance.fake_kalshi import FakeKalshi

EVENT = "KXHIGHNY-TODAY"
NOBODY = "http://127.0.0.1:9"  # the port of discard: nothing listens there


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKalshi]:
    with FakeKalshi() as fake:
        fake.add_series("KXHIGHNY", title="Highest temperature in New York")
        fake.add_event(EVENT, "KXHIGHNY", title="Highest temperature today?", mutually_exclusive=True)
        for low, bid in ((60, "0.40"), (62, "0.30")):
            ticker = fake.add_market(f"{EVENT}-B{low}", EVENT, title=f"{low} to {low + 1}?").ticker
            fake.post(ticker, "bid", bid, "25")
            fake.post(ticker, "bid", "0.10", "100")
            fake.post(ticker, "ask", "0.55", "40")
        monkeypatch.setattr(markets_live, "VENUE", [KalshiConfig(rest_url=fake.rest_url, timeout_s=2.0)])
        monkeypatch.setattr(markets_live, "_LISTS", Recent(4))
        monkeypatch.setattr(markets_live, "_MARKETS", Recent(16))
        yield fake


def test_the_open_markets_of_a_series_come_with_their_quotes(venue: FakeKalshi) -> None:
    answer = service.fetch_markets("kxhighny")
    assert answer.problem == ""
    assert answer.found is not None
    row = answer.found.row(f"{EVENT}-B60")
    assert (row.bid, row.ask, row.live, row.kind) == (0.40, 0.55, True, "exclusive")
    assert service.live_markets("kxhighny") is answer.found
    assert service.age_seconds(answer.found.as_of_ms) < 60.0
    book = service.listed_book(row, answer.found.as_of_ms)
    assert book.bids[0].price == 0.40


def test_a_market_comes_with_its_whole_book(venue: FakeKalshi) -> None:
    found = service.fetch_markets("KXHIGHNY").found
    assert found is not None
    answer = service.fetch_market(found.row(f"{EVENT}-B60"))
    assert answer.problem == ""
    assert answer.found is not None
    book = answer.found.book
    assert [(level.price, level.size, level.depth) for level in book.bids] == [(0.40, 25.0, 25.0), (0.10, 100.0, 125.0)]
    assert [(level.price, level.size) for level in book.asks] == [(0.55, 40.0)]
    assert book.spread == pytest.approx(0.15)
    assert book.live
    assert math.isclose(answer.found.fee_rate, 0.07)


def test_a_dead_network_keeps_what_was_fetched_and_says_so(venue: FakeKalshi, monkeypatch: pytest.MonkeyPatch) -> None:
    first = service.fetch_markets("KXHIGHNY").found
    monkeypatch.setattr(markets_live, "VENUE", [KalshiConfig(rest_url=NOBODY, timeout_s=0.5)])
    answer = service.fetch_markets("KXHIGHNY")
    assert answer.found is None
    assert "Kalshi" in answer.problem
    assert service.live_markets("KXHIGHNY") is first


def test_an_unknown_series_is_said_in_a_sentence(venue: FakeKalshi) -> None:
    answer = service.fetch_markets("KXNOTHING")
    assert answer.found is None
    assert "no open markets of the series 'KXNOTHING'" in answer.problem


def test_a_ticker_that_was_not_fetched_is_refused(venue: FakeKalshi) -> None:
    found = service.fetch_markets("KXHIGHNY").found
    assert found is not None
    with pytest.raises(service.InputError, match="not among the markets"):
        found.row("KXOTHER")


def test_a_venue_that_never_answers_is_given_up(venue: FakeKalshi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markets_live, "PATIENCE_S", 0.001)
    assert "did not answer" in service.fetch_markets("KXHIGHNY").problem


def test_the_last_week_comes_as_hourly_bars_with_quotes_trades_and_volume(venue: FakeKalshi) -> None:
    ticker = f"{EVENT}-B64"
    venue.add_market(ticker, EVENT, opens_in=-36_000)
    now = time.time()
    quotes = [(now - 3_600 * hours, f"0.{30 + hours}", f"0.{34 + hours}") for hours in range(8, 1, -1)]
    venue.history(ticker, quotes, [(now - 3_600 * 4.5, "0.36", "12")])
    found = service.fetch_markets("KXHIGHNY").found
    assert found is not None
    answer = service.fetch_market(found.row(ticker))
    assert answer.problem == ""
    assert answer.found is not None
    view = answer.found.history
    assert view is not None
    known = np.isfinite(view.bid) & np.isfinite(view.ask)
    assert known.sum() >= 6
    assert np.allclose((view.ask - view.bid)[known], 0.04)
    assert view.traded
    assert view.volume.sum() == 12.0
    assert view.time_ms[-1] <= now * 1e3
    assert view.interval == "1h"
