"""Which Kalshi, and with which key: checked before anything is sent."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.brokers.kalshi.keys import read_key_file, read_pem
from engine.brokers.kalshi.signing import Signer
from engine.core.errors import InvalidConfig

LIVE_REST = "https://external-api.kalshi.com/trade-api/v2"
LIVE_STREAM = "wss://external-api-ws.kalshi.com/trade-api/ws/v2"
DEMO_REST = "https://external-api.demo.kalshi.co/trade-api/v2"
DEMO_STREAM = "wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class KalshiConfig:
    """A Kalshi account, or public data alone where no key is given; `use_demo` False trades real money.

    The private key is a PEM, as text or as a file of mode 0600; `passphrase` opens an encrypted one. `rest_url` and
    `stream_url` exist for tests and lead to this machine only, so that a key cannot be sent anywhere else.
    """

    api_key: str | None = field(default=None, repr=False)
    private_key: str | bytes | None = field(default=None, repr=False)
    private_key_path: str | os.PathLike[str] | None = None
    use_demo: bool = True
    passphrase: str | bytes | None = field(default=None, repr=False)
    subaccount: int = 0
    timeout_s: float = 10.0
    rest_url: str | None = None
    stream_url: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.use_demo, bool):
            raise InvalidConfig(f"use_demo is {self.use_demo!r}; it must be True (play money) or False (real money)")
        if self.private_key is not None and self.private_key_path is not None:
            raise InvalidConfig("private_key and private_key_path are both given; pass only one of them")
        given = self.private_key is not None or self.private_key_path is not None
        if given and not self.api_key:
            raise InvalidConfig("a private key is given without api_key; pass the key id that Kalshi shows beside it")
        if self.api_key and not given:
            raise InvalidConfig("api_key is given without its private key; pass private_key or private_key_path")
        if not (math.isfinite(self.timeout_s) and 0 < self.timeout_s <= 120):
            raise InvalidConfig(f"timeout_s is {self.timeout_s}; it must lie in (0, 120] seconds")
        if not (isinstance(self.subaccount, int) and 0 <= self.subaccount <= 63):
            raise InvalidConfig(f"subaccount is {self.subaccount!r}; it must be a number from 0 (the main one) to 63")
        for name, schemes in (("rest_url", ("http", "https")), ("stream_url", ("ws", "wss"))):
            _check_loopback(name, getattr(self, name), schemes)

    @property
    def keyed(self) -> bool:
        """Whether there is a key, so that the account may be asked for."""
        return self.api_key is not None

    @property
    def environment(self) -> str:
        """Where orders would go: "demo", "live" or "test"."""
        return "test" if self.rest_url else "demo" if self.use_demo else "live"

    @property
    def rest(self) -> str:
        """The root of all REST paths, without a slash at its end."""
        return (self.rest_url or (DEMO_REST if self.use_demo else LIVE_REST)).rstrip("/")

    @property
    def stream(self) -> str:
        """The address of the WebSocket."""
        return self.stream_url or (DEMO_STREAM if self.use_demo else LIVE_STREAM)

    def signer(self) -> Signer | None:
        """Load the key; None where there is none."""
        if self.api_key is None:
            return None
        pem = self.private_key
        if pem is None:
            assert self.private_key_path is not None
            pem = read_key_file(self.private_key_path)
        return Signer(self.api_key, read_pem(pem, self.passphrase))


def _check_loopback(name: str, url: str | None, schemes: tuple[str, str]) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    # user@host and backslashes are how one address is made to look like another
    if parts.scheme not in schemes or parts.hostname not in LOOPBACK or "@" in parts.netloc or "\\" in url:
        raise InvalidConfig(
            f"{name} is {url!r}; only an address on this machine is taken, such as {schemes[0]}://127.0.0.1:8000: "
            "leave it out and choose the venue by use_demo"
        )
