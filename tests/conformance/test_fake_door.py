"""The fake venue's door: signatures, clock, scopes, rate limits, and the bodies with which it says no."""

from __future__ import annotations

import time
import uuid

import pytest
from cryptography.hazmat.primitives import hashes

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.fake_kalshi.buckets import Limits
from tests.conformance.fake_kalshi.values import Refused
from tests.conformance.raw_kalshi import PREFIX, RawClient

BALANCE = PREFIX + "/portfolio/balance"


def test_the_four_bodies_of_a_401(venue: FakeKalshi, client: RawClient) -> None:
    def body(headers: dict[str, str]) -> object:
        response = client.http.get(BALANCE, headers=headers)
        assert response.status_code == 401
        return response.json()

    good = client.headers("GET", BALANCE)
    auth = {"code": "authentication_error", "message": "authentication_error"}
    assert body(good | {"KALSHI-ACCESS-SIGNATURE": "AAAA"}) == {
        "error": auth | {"details": "INCORRECT_API_KEY_SIGNATURE"}
    }
    assert body(good | {"KALSHI-ACCESS-KEY": str(uuid.uuid4())}) == {"error": auth | {"details": "NOT_FOUND"}}
    missing = {"code": "signature_is_missing_from_headers", "message": "signature is missing from headers"}
    assert body({k: v for k, v in good.items() if not k.endswith("SIGNATURE")}) == {"error": missing}
    stale = {"code": "header_timestamp_expired", "message": "header timestamp expired"}
    assert body(client.headers("GET", BALANCE, at=time.time() - 30)) == {"error": stale}
    assert client.http.get(BALANCE, headers=good).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (9, 200), (-9, 200), (20, 401), (-20, 401)])
def test_the_clock_may_be_off_by_some_seconds(venue: FakeKalshi, client: RawClient, seconds: int, status: int) -> None:
    venue.skew(seconds)
    response = client.call("GET", "/portfolio/balance")
    assert response.status_code == status
    assert "date" in response.headers


def test_the_signature_covers_method_and_path_but_not_the_query(client: RawClient) -> None:
    path = PREFIX + "/portfolio/orders"
    assert client.http.get(path, params={"limit": 5}, headers=client.headers("GET", path)).status_code == 200
    assert client.http.get(path, headers=client.headers("GET", path + "?limit=5")).status_code == 401
    assert client.http.get(path, headers=client.headers("GET", "/portfolio/orders")).status_code == 401
    assert client.http.get(path, headers=client.headers("POST", path)).status_code == 401


def test_the_salt_is_as_long_as_the_digest(client: RawClient) -> None:
    client.salt = 2048 // 8 - hashes.SHA256.digest_size - 2  # the longest that a 2048-bit key can carry
    assert client.call("GET", "/portfolio/balance").status_code == 401


def test_an_ed25519_key_signs_the_same_bytes(venue: FakeKalshi) -> None:
    raw = RawClient(venue, *venue.add_key("ed25519"))
    assert raw.call("GET", "/portfolio/balance").status_code == 200
    raw.close()


def test_a_key_without_the_scope_is_forbidden(venue: FakeKalshi) -> None:
    raw = RawClient(venue, *venue.add_key(scopes=frozenset({"read"})))
    assert raw.call("GET", "/portfolio/orders").status_code == 200
    assert raw.order(MARKET, "bid", "0.40").status_code == 403
    raw.close()


def test_public_data_needs_no_key_and_private_data_does(client: RawClient) -> None:
    for path in ("/markets", "/events", "/series", "/exchange/status", f"/markets/{MARKET}/orderbook"):
        assert client.public(path).status_code == 200
    for path in ("/portfolio/balance", "/portfolio/orders", "/account/limits"):
        assert client.public(path).status_code == 401


def test_a_trailing_slash_is_moved_and_an_unknown_path_is_not_found(client: RawClient) -> None:
    moved = client.public("/markets/")
    assert (moved.status_code, moved.headers["location"]) == (301, PREFIX + "/markets")
    assert client.public("/exchange/announcements").status_code == 404


def test_too_many_requests_are_told_so_without_a_time_to_wait(venue: FakeKalshi, client: RawClient) -> None:
    venue.limits.set_bucket("write", 1, 100)
    answers = [client.order(MARKET, "bid", "0.01") for _ in range(14)]
    assert [a.status_code for a in answers[:10]] == [201] * 10
    late = answers[-1]
    assert late.status_code == 429
    assert late.json() == {"error": {"code": "too_many_requests", "message": "too many requests"}}
    assert "retry-after" not in late.headers
    limits = client.get("/account/limits")
    assert limits["write"] == {"refill_rate": 1, "bucket_capacity": 100}


def test_cancels_cost_less_and_a_batch_costs_its_items() -> None:
    now = 0.0
    limits = Limits("basic", lambda: now)
    for _ in range(50):
        limits.charge("a", "write", 2)
    with pytest.raises(Refused):
        limits.charge("a", "write", 2)
    limits.charge("b", "write", 100)  # another account has its own
    now = 0.5
    limits.charge("a", "write", 50)
    with pytest.raises(Refused):
        limits.charge("a", "write", 1)


def test_a_batch_is_billed_by_the_item(venue: FakeKalshi, client: RawClient) -> None:
    venue.limits.set_bucket("write", 1, 45)
    item = {
        "ticker": MARKET,
        "side": "bid",
        "price": "0.01",
        "count": "1.00",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "maker",
    }
    path = "/portfolio/events/orders/batched"
    assert client.call("POST", path, {"orders": [item] * 4}).status_code == 201
    assert client.call("POST", path, {"orders": [item]}).status_code == 429


def test_balances_have_a_bucket_of_their_own(venue: FakeKalshi, client: RawClient) -> None:
    venue.limits.set_bucket("balance", 0.001, 1)
    assert client.call("GET", "/portfolio/balance").status_code == 200
    assert client.call("GET", "/portfolio/balance").status_code == 429
    assert client.call("GET", "/portfolio/positions").status_code == 200
