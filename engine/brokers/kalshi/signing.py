"""Kalshi's request signatures, pure: key, time, method and path in, three headers out."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Generator
from typing import NoReturn

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.brokers.kalshi.keys import PrivateKey


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class Signer:
    """A key id with its private key, which no repr, pickle or copy gives away."""

    __slots__ = ("_key", "key_id")

    def __init__(self, key_id: str, key: PrivateKey) -> None:
        self.key_id = key_id
        self._key = key

    def __repr__(self) -> str:
        return "Signer(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Signer holds a private key and is not pickled or copied")

    def headers(self, method: str, path: str, time_ms: int) -> dict[str, str]:
        """Return the headers of one request; `path` runs from the root of the host, its query is not signed."""
        signature = self._sign(f"{time_ms}{method.upper()}{path.partition('?')[0]}".encode())
        return {
            "KALSHI-ACCESS-KEY": self.key_id,
            "KALSHI-ACCESS-TIMESTAMP": str(time_ms),
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
        }

    def _sign(self, message: bytes) -> bytes:
        # what the key is decides, not what its PEM header says
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
        return self._key.sign(message, pss, hashes.SHA256())


class KalshiAuth(httpx.Auth):
    """Signs every request as it leaves, so that a retry carries a time and a signature of its own."""

    def __init__(self, signer: Signer, clock_ms: Callable[[], int] = now_ms) -> None:
        self._signer = signer
        self._clock_ms = clock_ms

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the three headers and send the request once."""
        path = request.url.raw_path.decode("ascii")
        request.headers.update(self._signer.headers(request.method, path, self._clock_ms()))
        yield request
