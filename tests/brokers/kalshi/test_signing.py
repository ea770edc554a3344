"""Signatures are checked by a verifier that shares no code with the signer."""

from __future__ import annotations

import base64
import copy
import pickle
import re

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.kalshi.signing import KalshiAuth, Signer
from tests.brokers.kalshi.bench import bench, run
from tests.brokers.kalshi.keys import KEY_ID, ed_key, rsa_key
from tests.brokers.loopback import Reply

DIGEST = 32


def verify_rsa(headers: dict[str, str], method: str, path: str, salt: int = DIGEST) -> None:
    message = b"".join([headers["KALSHI-ACCESS-TIMESTAMP"].encode(), method.encode(), path.encode()])
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt)
    rsa_key().public_key().verify(
        base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"], validate=True), message, scheme, hashes.SHA256()
    )


def test_an_rsa_signature_verifies_over_time_method_and_path() -> None:
    headers = Signer(KEY_ID, rsa_key()).headers("GET", "/trade-api/v2/portfolio/balance", 1703123456789)
    assert headers["KALSHI-ACCESS-KEY"] == KEY_ID
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == "1703123456789"
    verify_rsa(headers, "GET", "/trade-api/v2/portfolio/balance")


def test_the_salt_is_as_long_as_the_digest_and_not_as_long_as_it_could_be() -> None:
    headers = Signer(KEY_ID, rsa_key()).headers("POST", "/x", 1)
    longest = 2048 // 8 - DIGEST - 2
    with pytest.raises(InvalidSignature):
        verify_rsa(headers, "POST", "/x", salt=longest)


def test_an_ed25519_key_signs_the_same_bytes_its_own_way() -> None:
    headers = Signer(KEY_ID, ed_key()).headers("GET", "/trade-api/ws/v2", 42)
    signature = base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"], validate=True)
    assert len(signature) == 64
    ed_key().public_key().verify(signature, b"42GET/trade-api/ws/v2")


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.sampled_from(["get", "POST", "Delete"]), st.integers(0, 2**45), st.text("abc/-", min_size=1), st.text())
def test_the_query_is_never_signed(method: str, time_ms: int, path: str, query: str) -> None:
    headers = Signer(KEY_ID, rsa_key()).headers(method, f"{path}?{query}", time_ms)
    verify_rsa(headers, method.upper(), path)


def test_a_changed_path_method_or_time_no_longer_verifies() -> None:
    headers = Signer(KEY_ID, rsa_key()).headers("GET", "/a", 5)
    for method, path, other in (("POST", "/a", headers), ("GET", "/b", headers)):
        with pytest.raises(InvalidSignature):
            verify_rsa(other, method, path)
    with pytest.raises(InvalidSignature):
        verify_rsa(headers | {"KALSHI-ACCESS-TIMESTAMP": "6"}, "GET", "/a")


def test_each_time_a_request_leaves_it_is_signed_anew() -> None:
    times = iter([1000, 2000])
    auth = KalshiAuth(Signer(KEY_ID, rsa_key()), lambda: next(times))
    request = httpx.Request("GET", "https://x.test/trade-api/v2/markets?limit=5")
    for expected in ("1000", "2000"):
        sent = next(auth.auth_flow(request))
        assert sent.headers["KALSHI-ACCESS-TIMESTAMP"] == expected
        verify_rsa({k.upper(): v for k, v in sent.headers.items()}, "GET", "/trade-api/v2/markets")


def test_what_leaves_over_the_socket_verifies() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(200, {"orders": [], "cursor": ""})) as (adapter, server, _):
            await adapter.orders("KXA-1", status="resting")
            (request,) = server.requests
            assert "ticker=KXA-1" in request.target
            headers = {name.upper(): value for name, value in request.headers.items()}
            verify_rsa(headers, "GET", "/trade-api/v2/portfolio/orders")
            with pytest.raises(InvalidSignature):
                verify_rsa(headers, "GET", request.target)

    run(work())


def test_without_a_key_nothing_is_signed() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(200, {"markets": [], "cursor": ""}), keyed=False) as (adapter, server, _):
            await adapter.get_markets(series_ticker="KXBTC")
            assert not [name for name in server.requests[0].headers if name.startswith("kalshi-")]

    run(work())


def test_a_signer_shows_its_key_to_nobody() -> None:
    signer = Signer(KEY_ID, rsa_key())
    for shown in (repr(signer), str(signer), f"{signer!r:>10}"):
        assert KEY_ID not in shown and not re.search(r"[0-9]{20}", shown)
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled or copied"):
            take(signer)
