"""The one door to Kalshi's REST interface: reads are tried again, writes are sent once and never again."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from engine.brokers.kalshi import faults
from engine.brokers.kalshi.config import KalshiConfig
from engine.brokers.kalshi.fields import Unreadable, nanoseconds, read_json
from engine.brokers.kalshi.limiter import Limiter
from engine.brokers.kalshi.signing import KalshiAuth, Signer
from engine.core.errors import BrokerUnavailable, InvalidConfig, SteadyhandError

T = TypeVar("T")
Params = Mapping[str, str | int | list[str]]

ATTEMPTS = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 4.0
# A timeout bounds each wait for bytes; these bound the whole call, which a server that drips would stretch for ever.
WHOLE_READ, WHOLE_WRITE = 6, 1.5
MOST_BYTES = 64_000_000  # the list of all series has 18 MB
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Transport:
    """Requests to one account's REST interface; times and chance come from outside for tests."""

    def __init__(
        self,
        config: KalshiConfig,
        signer: Signer | None,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.limiter = Limiter(keyed=signer is not None, sleep=sleep)
        self.skew_s: float | None = None
        self._keyed = signer is not None
        self._auth = KalshiAuth(signer, lambda: clock_ns() // 1_000_000) if signer else None
        self._root = config.rest
        self._timeout_s = config.timeout_s
        self._clock_ns, self._sleep = clock_ns, sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries in time, guards nothing
        self._client: httpx.AsyncClient | None = None

    @property
    def now_ns(self) -> int:
        """Our time, in ns UTC."""
        return self._clock_ns()

    def open(self) -> None:
        """Make the connection pool; nothing is sent yet."""
        if self._client is None:
            brief = min(5.0, max(1.0, self._timeout_s))
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self._timeout_s, connect=brief, pool=brief),
                follow_redirects=False,  # a key goes to the address it was meant for
                trust_env=False,  # and past no proxy that an environment variable names
                headers={"Accept": "application/json", "User-Agent": "steadyhand"},
            )

    async def close(self) -> None:
        """Close the connection pool."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def read(self, path: str, params: Params | None = None, *, what: str, signed: bool = True) -> Any:
        """Return the JSON of a GET, tried up to four times; with a key it is signed, unless `signed` is False."""
        error: SteadyhandError | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._sleep(self._wait_s(attempt))
            await self.limiter.take("GET", path)
            try:
                status, body = await self._send("GET", path, params, None, self._timeout_s * WHOLE_READ, signed=signed)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _TooLong) as fault:
                error = BrokerUnavailable(
                    f"Kalshi cannot be reached for {what} ({_name(fault)}, tried {attempt + 1} times); try again later"
                )
                continue
            if status < 300:
                return read_json(body)
            reason = faults.read_fault(body)
            error = faults.refused_access(status, reason, self.skew_s, keyed=self._keyed) or faults.refused_read(
                what, status, reason
            )
            if status == 429:
                self.limiter.bucket("GET", path).drain()
            elif status < 500 and status != 408:
                break
        assert error is not None
        raise error

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        what: str,
        parse: Callable[[Any], T],
        params: Params | None = None,
        client_order_id: str = "",
        items: int = 1,
    ) -> T:
        """Send once and return the parsed answer; whatever is not a clear yes or no is an OutcomeUnknown."""
        if not self._keyed:
            raise InvalidConfig(f"a {what} needs a key; pass api_key and private_key to KalshiConfig")
        await self.limiter.take(method, path, items)
        try:
            status, reply = await self._send(method, path, params, body, self._timeout_s * WHOLE_WRITE)
        except NEVER_SENT as fault:
            raise BrokerUnavailable(f"Kalshi cannot be reached ({_name(fault)}); the {what} was not sent") from None
        except (httpx.HTTPError, TimeoutError, _TooLong) as fault:
            raise faults.unclear(what, _name(fault), client_order_id) from None
        if status >= 300:
            reason = faults.read_fault(reply)
            if status == 429:
                self.limiter.bucket(method, path).drain()
            refused = faults.refused_access(status, reason, self.skew_s, keyed=True)
            raise refused or faults.refused_write(what, status, reason, client_order_id)
        try:
            return parse(read_json(reply) if reply.strip() else None)
        except Unreadable as fault:
            raise faults.unclear(what, str(fault), client_order_id) from None

    async def _send(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Mapping[str, Any] | None,
        limit_s: float,
        *,
        signed: bool = True,
    ) -> tuple[int, bytes]:
        if self._client is None:
            raise InvalidConfig("the Kalshi adapter is not connected; use 'async with' or await connect() first")
        auth = self._auth if signed else None
        chunks: list[bytes] = []
        length = 0
        begun = self._clock_ns()
        request = self._client.build_request(method, self._root + path, params=params, json=body)
        async with asyncio.timeout(limit_s):
            response = await self._client.send(request, auth=auth, stream=True)
            try:
                self._note_clock(response, begun)
                async for chunk in response.aiter_bytes():
                    length += len(chunk)
                    if length > MOST_BYTES:
                        raise _TooLong
                    chunks.append(chunk)
            finally:
                await response.aclose()
        return response.status_code, b"".join(chunks)

    def _note_clock(self, response: httpx.Response, begun_ns: int) -> None:
        """Keep how far our clock is ahead, as far as a header of whole seconds can tell."""
        try:
            stamp = nanoseconds(parsedate_to_datetime(response.headers["date"]))
        except (KeyError, ValueError, TypeError):
            return
        if stamp is not None:
            middle = (begun_ns + self._clock_ns()) / 2
            self.skew_s = (middle - stamp) / 1e9 - 0.5

    def _wait_s(self, attempt: int) -> float:
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1)) * self._rng.uniform(0.5, 1.0)


class _TooLong(Exception):
    """The answer is larger than anything Kalshi sends."""


def _name(fault: BaseException) -> str:
    # names only: what a library says of a fault may quote headers, and those hold a signature
    return "answer too long" if isinstance(fault, _TooLong) else type(fault).__name__
