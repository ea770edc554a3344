"""Kalshi's WebSocket, kept alive: signed handshake, heartbeat watched, dialled again with all it had asked for."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import Event

from engine.brokers.base import LinkUpdate
from engine.brokers.kalshi import faults
from engine.brokers.kalshi.book import OrderBook
from engine.brokers.kalshi.messages import KalshiUpdate
from engine.brokers.kalshi.session import Session
from engine.brokers.kalshi.signing import Signer, now_ms

STALE_S = 30.0  # three of the venue's heartbeats
ANSWER_S = 10.0  # for a subscription to be confirmed
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
MOST_BYTES = 16_000_000

# Rule: never below INFO. At DEBUG the library writes the handshake with its signature into the log.
_log = logging.getLogger("engine.brokers.kalshi.websocket")
_log.setLevel(logging.INFO)


class _Watched(ClientConnection):
    """A connection that knows when it last heard anything, heartbeats included."""

    heard_at: float = 0.0

    def process_event(self, event: Event) -> None:
        self.heard_at = self.loop.time()
        super().process_event(event)


class KalshiStream:
    """Updates for as long as they are asked for, over as many connections as that takes.

    Nothing is replayed by the venue: after each "connected" the owner sweeps orders and fills over REST.
    """

    def __init__(
        self,
        url: str,
        signer: Signer,
        channels: Sequence[str],
        tickers: Sequence[str] = (),
        *,
        stale_s: float = STALE_S,
        clock_ms: Callable[[], int] = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._url, self._signer = url, signer
        self._channels, self._tickers = tuple(channels), tuple(tickers)
        self._stale_s, self._clock_ms, self._sleep = stale_s, clock_ms, sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads reconnects in time, guards nothing
        self._session = Session(channels, tickers)
        self._link: _Watched | None = None
        self._closed = False

    @property
    def quiet_s(self) -> float | None:
        """Seconds since anything was heard, heartbeats included; None while not connected."""
        return None if self._link is None else self._link.loop.time() - self._link.heard_at

    def book(self, ticker: str) -> OrderBook | None:
        """Return the book of a market, None while it is not known to be complete."""
        book = self._session.books.get(ticker) if self._link is not None else None
        return book.view() if book is not None else None

    async def close(self) -> None:
        """End it; the iteration stops."""
        self._closed = True
        if self._link is not None:
            await self._link.close()

    async def updates(self) -> AsyncGenerator[KalshiUpdate]:
        """Yield what is said, and the state of the link itself."""
        failures = 0
        while not self._closed:
            self._session = Session(self._channels, self._tickers)
            why = ""
            try:
                async with aclosing(self._one_connection()) as updates:
                    async for update in updates:
                        if isinstance(update, _Lost):
                            why = update.why
                        else:
                            yield update
            finally:
                self._link = None
            if self._closed:
                return
            # only data proves a connection: one that is accepted and dropped again must not be dialled in a circle
            failures = 0 if self._session.heard_data else failures + 1
            yield LinkUpdate("lost", why)
            await self._sleep(self._wait_s(failures))

    async def _one_connection(self) -> AsyncGenerator[KalshiUpdate | _Lost]:
        path = urlsplit(self._url).path
        try:
            link = await connect(
                self._url,
                additional_headers=self._signer.headers("GET", path, self._clock_ms()),
                proxy=None,
                compression=None,
                max_size=MOST_BYTES,
                logger=_log,
                create_connection=_Watched,
            )
        except InvalidStatus as refusal:
            yield self._refused(refusal)
            return
        except (OSError, InvalidHandshake, TimeoutError, EOFError) as fault:
            yield _Lost(f"not connected: {type(fault).__name__}")
            return
        assert isinstance(link, _Watched)
        self._link = link
        link.heard_at = link.loop.time()
        try:
            async with aclosing(self._talk(link)) as updates:
                async for update in updates:
                    yield update
        finally:
            await link.close()

    async def _talk(self, link: _Watched) -> AsyncGenerator[KalshiUpdate | _Lost]:
        session = self._session
        session.subscribe()
        try:
            await self._send(link)
            # "connected" bids the owner sweep: said earlier, a fill could fall between the sweep and the subscription
            held: list[KalshiUpdate] = []
            try:
                async with asyncio.timeout(ANSWER_S):
                    while not session.ready:
                        held += session.feed(await link.recv())
                        await self._send(link)
            except TimeoutError:
                yield _Lost("the subscriptions were not confirmed")
                return
            yield LinkUpdate("connected")
            for update in held:
                yield update
            while not session.broken:
                text = await self._hear(link)
                if text is None:
                    yield LinkUpdate("stale", f"nothing heard for {self._stale_s:.0f} seconds")
                    yield _Lost("silent")
                    return
                updates = session.feed(text)
                await self._send(link)
                for update in updates:
                    yield update
            yield _Lost("a subscription was ended by Kalshi")
        except ConnectionClosed as fault:
            yield _Lost(f"closed: {type(fault).__name__}")

    async def _send(self, link: _Watched) -> None:
        for command in self._session.take_commands():
            await link.send(command)

    async def _hear(self, link: _Watched) -> str | bytes | None:
        """Return the next frame, None once nothing at all was heard for too long."""
        while (left := link.heard_at + self._stale_s - link.loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    return await link.recv()
            except TimeoutError:
                continue  # a heartbeat may have come meanwhile
        return None

    def _refused(self, refusal: InvalidStatus) -> _Lost:
        status = refusal.response.status_code
        reason = faults.read_fault(bytes(refusal.response.body or b""))
        if (error := faults.refused_access(status, reason, None, keyed=True)) is not None:
            raise error from None
        return _Lost(f"not connected: status {status}")

    def _wait_s(self, failures: int) -> float:
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(failures - 1, 0), 10)) * self._rng.uniform(0.5, 1.0)


class _Lost:
    """A connection that is over, and why."""

    def __init__(self, why: str) -> None:
        self.why = why
