"""A bare client that signs with `cryptography` and nothing of the engine's, to look at the fake venue from outside."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from websockets.sync.client import ClientConnection, connect

from tests.conformance.fake_kalshi import FakeKalshi

Json = dict[str, Any]
PREFIX = "/trade-api/v2"
PATIENCE_S = 10.0


class RawClient:
    """One account's requests, exactly as they are asked for."""

    def __init__(self, venue: FakeKalshi, key_id: str = "", pem: str = "") -> None:
        self.key_id = key_id or venue.key_id
        self._key = serialization.load_pem_private_key((pem or venue.private_pem).encode(), None)
        self._base = f"http://127.0.0.1:{venue.server.port}"
        self._stream = venue.stream_url
        self.http = httpx.Client(base_url=self._base, trust_env=False, verify=False, timeout=5.0)
        self.salt: int = hashes.SHA256.digest_size

    def close(self) -> None:
        """Let go of the connection."""
        self.http.close()

    def headers(self, method: str, path: str, at: float | None = None) -> dict[str, str]:
        """The three headers over timestamp, method and path."""
        stamp = str(int((time.time() if at is None else at) * 1000))
        message = f"{stamp}{method}{path}".encode()
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            signature = self._key.sign(message)
        else:
            assert isinstance(self._key, rsa.RSAPrivateKey)
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=self.salt)
            signature = self._key.sign(message, pss, hashes.SHA256())
        return {
            "KALSHI-ACCESS-KEY": self.key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
        }

    def call(self, method: str, path: str, read: Any = None, **query: Any) -> httpx.Response:
        """A signed request."""
        full = PREFIX + path
        headers = self.headers(method, full)
        return self.http.request(method, full, json=read, params=query or None, headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a signed GET that succeeds."""
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def public(self, path: str, **query: Any) -> httpx.Response:
        """An unsigned GET."""
        return self.http.get(PREFIX + path, params=query or None)

    def order(self, ticker: str, side: str, price: str, count: str = "1.00", **terms: Any) -> httpx.Response:
        """A create request, good till cancelled unless said otherwise."""
        read = {
            "ticker": ticker,
            "side": side,
            "price": price,
            "count": count,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
        }
        return self.call("POST", "/portfolio/events/orders", read | terms)

    def cancel(self, order_id: str, ticker: str = "") -> httpx.Response:
        """A cancel request."""
        query = {"market_ticker": ticker} if ticker else {}
        return self.call("DELETE", f"/portfolio/events/orders/{order_id}", **query)

    @contextmanager
    def stream(self) -> Iterator[RawStream]:
        """A stream connection."""
        headers = self.headers("GET", "/trade-api/ws/v2")
        with connect(self._stream, additional_headers=headers, proxy=None, close_timeout=1.0) as socket:
            yield RawStream(socket)


class RawStream:
    """Commands out, messages in."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._id = 0

    def send(self, cmd: str, **params: Any) -> int:
        """Send a command and return its id."""
        self._id += 1
        self.socket.send(json.dumps({"id": self._id, "cmd": cmd, "params": params}))
        return self._id

    def next(self, kind: str = "", timeout: float = PATIENCE_S) -> Json:
        """The next message, or the next one of a type."""
        while True:
            read: Json = json.loads(self.socket.recv(timeout))
            if kind in ("", read["type"]):
                return read

    def rest(self) -> list[Json]:
        """Every message that was on its way: what comes before the answer to a question."""
        rows: list[Json] = []
        asked = self.send("list_subscriptions")
        while True:
            read: Json = json.loads(self.socket.recv(PATIENCE_S))
            if read.get("id") == asked:
                return rows
            rows.append(read)


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """(status, code, details) of a refusal in any of the three shapes."""
    read = response.json()
    inner = read.get("error", read)
    return response.status_code, inner.get("code", ""), inner.get("details", "")
