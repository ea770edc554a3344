"""The fake venue fails on the wire the way it was told to, with or without effect, and as often."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi, HttpFault, StreamFault
from tests.conformance.raw_kalshi import RawClient

POST = ("POST", "/portfolio/events/orders")


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize(
    ("kind", "error"),
    [("hang", httpx.ReadTimeout), ("reset", httpx.ReadError), ("half", httpx.RemoteProtocolError)],
)
def test_a_lost_answer_has_had_its_effect_or_not(
    venue: FakeKalshi, client: RawClient, kind: str, error: type[Exception], after: bool
) -> None:
    client.http.timeout = httpx.Timeout(0.3 if kind == "hang" else 5.0)
    body = b'{"code":"unavailable"}'
    venue.fail(kind, *POST, after=after, seconds=0.6, body=body)
    with pytest.raises(error):
        client.order(MARKET, "bid", "0.40")
    assert len(venue.orders_of()) == (1 if after else 0)
    assert len(venue.requests(*POST)) == 1
    client.http.timeout = httpx.Timeout(5.0)
    assert client.order(MARKET, "bid", "0.41").status_code == 201


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("status", [500, 503, 504, 429, 408])
def test_a_status_of_ones_choice_comes_before_or_after_the_effect(
    venue: FakeKalshi, client: RawClient, status: int, after: bool
) -> None:
    venue.fail("status", *POST, status=status, after=after)
    assert client.order(MARKET, "bid", "0.40").status_code == status
    assert len(venue.orders_of()) == (1 if after else 0)


def test_faults_wait_their_turn_and_stop_when_they_are_used_up(venue: FakeKalshi, client: RawClient) -> None:
    venue.fail("status", "GET", "/markets$", status=500, skip=1, times=2)
    assert [client.public("/markets").status_code for _ in range(4)] == [200, 500, 500, 200]
    venue.fail("status", "GET", "/markets$", times=99)
    assert client.public("/series").status_code == 200
    venue.script.clear()
    assert client.public("/markets").status_code == 200


def test_an_answer_may_be_late_or_another_text(venue: FakeKalshi, client: RawClient) -> None:
    venue.fail("body", *POST, body=b"<html>hello</html>")
    odd = client.order(MARKET, "bid", "0.40")
    assert (odd.status_code, odd.text) == (201, "<html>hello</html>")
    venue.fail("delay", "GET", "/series", seconds=0.15)
    assert client.public("/series").elapsed.total_seconds() >= 0.15


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no HTTP fault"):
        HttpFault("earthquake")
    with pytest.raises(ValueError, match="no stream fault"):
        StreamFault("earthquake")


def test_it_runs_by_hand(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    command = [sys.executable, "-m", "tests.conformance.fake_kalshi", "--port", "0", "--key-file", str(key)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[1]
            with urllib.request.urlopen(f"{address}/markets?status=open", timeout=5) as answer:
                assert b"KXHIGHNY-TODAY-B60" in answer.read()
            assert key.stat().st_mode & 0o777 == 0o600
        finally:
            process.terminate()
