"""The stream over real sockets: signed, watched, dialled again, and never ended by what it hears."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from engine import KalshiAdapter, KalshiConfig
from engine.brokers.base import FillUpdate, LinkUpdate, Quote, Unrecognised
from engine.brokers.kalshi.signing import Signer
from engine.brokers.kalshi.stream import KalshiStream
from engine.core.errors import AuthenticationFailed, ClockSkewed, InvalidConfig, Stopped
from tests.brokers.kalshi.bench import run
from tests.brokers.kalshi.keys import KEY_ID, pem, rsa_key
from tests.brokers.kalshi.test_signing import verify_rsa

Talk = Callable[[ServerConnection, int], Awaitable[None]]
FILL = {"trade_id": "t1", "order_id": "o1", "client_order_id": "mine", "market_ticker": "KXA-1", "is_taker": True,
        "yes_price_dollars": "0.5", "count_fp": "1", "fee_cost": "0.01", "book_side": "bid", "ts_ms": 1}  # fmt: skip


class Venue:
    """A WebSocket server that talks as it is told, once a connection."""

    def __init__(
        self, talk: Talk, refuse: Callable[[Request], tuple[int, Any] | None] | None = None, *, channels: int = 1
    ) -> None:
        self.talk, self.refuse, self.channels = talk, refuse, channels
        self.handshakes: list[Request] = []
        self.heard: list[dict[str, Any]] = []

    def _request(self, link: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        answer = self.refuse(request) if self.refuse else None
        return link.respond(answer[0], json.dumps(answer[1])) if answer else None

    async def _serve(self, link: ServerConnection) -> None:
        number = len(self.handshakes)
        for sid in range(1, 1 + self.channels):
            command = json.loads(await link.recv())
            self.heard.append(command)
            (channel,) = command["params"]["channels"]
            await say(link, "subscribed", {"channel": channel, "sid": sid}, id=command["id"])
        await self.talk(link, number)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        quiet = logging.getLogger("tests.quiet")
        quiet.setLevel(logging.CRITICAL)
        server: Server
        async with serve(
            self._serve, "127.0.0.1", 0, process_request=self._request, ping_interval=None, logger=quiet
        ) as server:
            port = server.sockets[0].getsockname()[1]
            yield f"ws://127.0.0.1:{port}/trade-api/ws/v2"


def stream(url: str, channels: Any = ("fill",), tickers: Any = (), **options: Any) -> KalshiStream:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    made = KalshiStream(url, Signer(KEY_ID, rsa_key()), channels, tickers, sleep=sleep, rng=random.Random(3), **options)
    made.waits = waits  # type: ignore[attr-defined]
    return made


async def hear(link: KalshiStream, count: int) -> list[Any]:
    heard: list[Any] = []
    async with aclosing(link.updates()) as updates:
        async for update in updates:
            heard.append(update)
            if len(heard) == count:
                break
    await link.close()
    return heard


async def say(link: ServerConnection, kind: str, msg: Any, **more: Any) -> None:
    await link.send(json.dumps({"type": kind, "msg": msg, **more}) + "\n")


async def stay(link: ServerConnection) -> None:
    await link.wait_closed()


def test_the_handshake_is_signed_over_the_path_of_the_stream() -> None:
    async def talk(link: ServerConnection, _: int) -> None:
        await stay(link)

    async def work() -> None:
        venue = Venue(talk)
        async with venue.open() as url:
            assert await hear(stream(url), 1) == [LinkUpdate("connected")]
            headers = {name.upper(): value for name, value in venue.handshakes[0].headers.raw_items()}
            assert headers["KALSHI-ACCESS-KEY"] == KEY_ID
            verify_rsa(headers, "GET", "/trade-api/ws/v2")

    run(work())


def test_a_lost_connection_is_dialled_again_and_everything_is_subscribed_again() -> None:
    async def talk(link: ServerConnection, number: int) -> None:
        await say(link, "fill", FILL | {"trade_id": f"t{number}"})
        if number == 1:
            link.transport.abort()  # without a word, as the demo venue does
        elif number == 2:
            await link.close(1001)
        else:
            await stay(link)

    async def work() -> None:
        venue = Venue(talk, channels=2)
        async with venue.open() as url:
            heard = await hear(stream(url, ("fill", "user_orders")), 8)
            states = [u.state if isinstance(u, LinkUpdate) else u.fill.fill.fill_id for u in heard]
            assert states == ["connected", "t1", "lost", "connected", "t2", "lost", "connected", "t3"]
            assert [c["params"]["channels"] for c in venue.heard] == [["fill"], ["user_orders"]] * 3

    run(work())


def test_the_wait_before_a_redial_grows_until_data_is_heard() -> None:
    async def talk(link: ServerConnection, number: int) -> None:
        if number == 4:
            await say(link, "fill", FILL)
        await link.close()

    async def work() -> None:
        async with Venue(talk).open() as url:
            link = stream(url)
            await hear(link, 10)
            waits = link.waits  # type: ignore[attr-defined]
            bounds = [(0.25, 0.5), (0.5, 1), (1, 2), (0.25, 0.5)]
            assert len(waits) == 4
            assert [low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=True)] == [True] * 4, waits

    run(work())


def test_a_gap_asks_for_a_snapshot_on_the_same_connection() -> None:
    asked: list[dict[str, Any]] = []

    async def talk(link: ServerConnection, _: int) -> None:
        book = {"market_ticker": "KXA-1", "market_id": "m", "yes_dollars_fp": [["0.40", "5.00"]]}
        await say(link, "orderbook_snapshot", book, sid=1, seq=1)
        change = {"market_ticker": "KXA-1", "price_dollars": "0.41", "delta_fp": "1.00", "side": "yes"}
        await say(link, "orderbook_delta", change, sid=1, seq=3)
        asked.append(json.loads(await link.recv()))
        await say(link, "ok", {"market_tickers": ["KXA-1"]}, id=2, sid=1, seq=4)
        await say(link, "orderbook_snapshot", book | {"yes_dollars_fp": [["0.43", "2.00"]]}, sid=1, seq=5)
        await stay(link)

    async def work() -> None:
        async with Venue(talk).open() as url:
            link = stream(url, ("orderbook_delta",), ("KXA-1",))
            heard: list[Any] = []
            async with aclosing(link.updates()) as updates:
                async for update in updates:
                    heard.append(update)
                    if isinstance(update, LinkUpdate) and update.state == "stale":
                        assert link.book("KXA-1") is None
                    if isinstance(update, Quote) and str(update.bid) == "0.43":
                        assert link.book("KXA-1") is not None
                        break
            await link.close()
            assert link.book("KXA-1") is None
            assert asked[0]["params"]["action"] == "get_snapshot"
            assert [u.state for u in heard if isinstance(u, LinkUpdate)] == ["connected", "stale"]
            assert [str(u.bid) for u in heard if isinstance(u, Quote)] == ["0.40", "0.43"]

    run(work())


def test_connected_is_said_once_every_subscription_is_confirmed_and_nothing_before_is_lost() -> None:
    confirmed = []

    async def talk(link: ServerConnection, _: int) -> None:
        await link.recv()
        await say(link, "fill", FILL)  # of the first subscription, while the second is still open
        await asyncio.sleep(0.1)
        confirmed.append(True)
        await say(link, "error", {"code": 8, "msg": "unknown channel"}, id=2)  # an answer too
        await stay(link)

    async def work() -> None:
        async with Venue(talk).open() as url:
            link = stream(url, ("fill", "of 2027"))
            async with aclosing(link.updates()) as updates:
                first = await anext(updates)
                assert first == LinkUpdate("connected") and confirmed
                assert isinstance(await anext(updates), FillUpdate)
                assert isinstance(await anext(updates), Unrecognised)
            await link.close()

    run(work())


def test_silence_is_stale_and_dialled_again_while_heartbeats_alone_keep_a_link_up() -> None:
    async def talk(link: ServerConnection, number: int) -> None:
        if number == 1:
            for _ in range(12):  # longer than the limit, heard only as heartbeats
                await link.ping(b"heartbeat")
                await asyncio.sleep(0.02)
            await say(link, "fill", FILL)
        await stay(link)

    async def work() -> None:
        async with Venue(talk).open() as url:
            heard = await hear(stream(url, stale_s=0.12), 5)
            states = [u.state if isinstance(u, LinkUpdate) else "fill" for u in heard]
            assert states == ["connected", "fill", "stale", "lost", "connected"]

    run(work())


def test_what_nobody_understands_is_kept_and_the_stream_goes_on() -> None:
    async def talk(link: ServerConnection, _: int) -> None:
        for text in ("no json", "[]", '{"type": 5}', '{"type": "of 2027", "msg": {}}', '{"type": "fill", "msg": {}}'):
            await link.send(text)
        await link.send(b"\xff\x00")
        await say(link, "fill", FILL)
        await stay(link)

    async def work() -> None:
        async with Venue(talk).open() as url:
            heard = await hear(stream(url), 8)
            assert [type(u) for u in heard[1:7]] == [Unrecognised] * 6
            assert isinstance(heard[7], FillUpdate)

    run(work())


def test_a_subscription_that_the_venue_ends_brings_a_new_connection() -> None:
    async def talk(link: ServerConnection, number: int) -> None:
        if number == 1:
            await say(link, "error", {"code": 25, "msg": "buffer overflow"}, sid=1)
        await stay(link)

    async def work() -> None:
        async with Venue(talk).open() as url:
            heard = await hear(stream(url), 4)
            states = [u.state if isinstance(u, LinkUpdate) else u.kind for u in heard]
            assert states == ["connected", "error", "lost", "connected"]

    run(work())


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": {"code": "token_authentication_failure"}}, AuthenticationFailed),
        (401, {"error": {"code": "header_timestamp_expired"}}, ClockSkewed),
        (403, {"error": {"code": "forbidden"}}, Stopped),
    ],
)
def test_a_refused_handshake_stops_and_is_not_tried_again(status: int, body: Any, error: type[Exception]) -> None:
    async def work() -> None:
        venue = Venue(lambda link, _: stay(link), lambda _: (status, body))
        async with venue.open() as url:
            with pytest.raises(error) as caught:
                await hear(stream(url), 1)
            assert len(venue.handshakes) == 1 and KEY_ID not in str(caught.value)

    run(work())


def test_a_venue_that_is_down_is_tried_until_it_is_back() -> None:
    async def work() -> None:
        count = iter([502, 503, 429])
        venue = Venue(lambda link, _: stay(link), lambda _: (n, {}) if (n := next(count, None)) else None)
        async with venue.open() as url:
            heard = await hear(stream(url), 4)
            assert [u.state for u in heard] == ["lost", "lost", "lost", "connected"]
        heard = await hear(stream(url), 2)  # nobody listens there any more
        assert [u.state for u in heard] == ["lost", "lost"]

    run(work())


def test_the_signature_of_the_handshake_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def work() -> None:
        venue = Venue(lambda link, _: stay(link))
        async with venue.open() as url:
            await hear(stream(url), 1)
            secret = venue.handshakes[0].headers["KALSHI-ACCESS-SIGNATURE"]
            assert secret and secret not in caplog.text and KEY_ID not in caplog.text

    run(work())


def test_the_adapter_gives_the_updates_that_every_broker_has_and_learns_our_ids() -> None:
    async def talk(link: ServerConnection, _: int) -> None:
        await say(link, "ticker", {"market_ticker": "KXA-1"})  # Kalshi's own kind, not every broker's
        await say(link, "fill", FILL)
        await stay(link)

    async def work() -> None:
        async with Venue(talk, channels=3).open() as url:
            adapter = KalshiAdapter(KalshiConfig(api_key=KEY_ID, private_key=pem(), stream_url=url))
            heard = []
            async with aclosing(adapter.events()) as updates:
                async for update in updates:
                    heard.append(type(update))
                    if len(heard) == 2:
                        break
            assert heard == [LinkUpdate, FillUpdate]
            assert adapter._client_ids == {"o1": "mine"}
            await adapter.close()

    run(work())


def test_closing_the_adapter_ends_its_streams() -> None:
    async def work() -> None:
        async with Venue(lambda link, _: stay(link), channels=3).open() as url:
            adapter = KalshiAdapter(KalshiConfig(api_key=KEY_ID, private_key=pem(), stream_url=url))
            connected = asyncio.Event()

            async def listen() -> None:
                async for _ in adapter.events():
                    connected.set()

            task = asyncio.create_task(listen())
            await connected.wait()
            await adapter.close()
            await asyncio.wait_for(task, 2)

    run(work())


def test_the_stream_needs_a_key() -> None:
    async def work() -> None:
        with pytest.raises(InvalidConfig, match="needs a key, for public data too"):
            async for _ in KalshiAdapter().events():
                pass

    run(work())
