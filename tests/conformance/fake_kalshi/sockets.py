"""Bytes and frames: HTTP requests in, answers out, whole or not, and the two-way traffic of a stream."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import h11
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.conformance.fake_kalshi.hub import Hub
from tests.conformance.fake_kalshi.parse import Request
from tests.conformance.fake_kalshi.stream import Session
from tests.conformance.fake_kalshi.venue import Reply, Venue

CHUNK = 65_536


async def receive(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[bytes, Request | None]:
    """The next request and its raw bytes; None when the client has gone."""
    raw, body = b"", b""
    head: h11.Request | None = None
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(CHUNK)
            raw += data
            connection.receive_data(data)
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            headers = {name.decode().lower(): value.decode() for name, value in head.headers}
            return raw, Request.of(head.method.decode(), head.target.decode(), headers, body)
        else:
            return raw, None


def write(
    connection: h11.Connection,
    writer: asyncio.StreamWriter,
    reply: Reply,
    date: str,
    half: bool = False,
    close: bool = False,
) -> None:
    headers = [("date", date), ("content-length", str(len(reply.body))), ("content-type", reply.kind), *reply.headers]
    if close:
        headers.append(("connection", "close"))
    data = connection.send(h11.Response(status_code=reply.status, headers=headers)) or b""
    data += connection.send(h11.Data(data=reply.body[: len(reply.body) // 2] if half else reply.body)) or b""
    if not half:
        data += connection.send(h11.EndOfMessage()) or b""
    writer.write(data)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a TCP reset instead of a farewell."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class StreamPump:
    """Carries bytes between a socket and a session."""

    def __init__(
        self,
        hub: Hub,
        ping_s: float,
        account: str,
        protocol: ServerProtocol,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._hub, self._ping_s, self._account, self._protocol = hub, ping_s, account, protocol
        self._reader, self._writer = reader, writer
        self._awake = asyncio.Event()
        self._text = b""

    async def run(self, venue: Venue) -> None:
        """Serve the stream until either side is gone."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._awake.set)

        session, hub = Session(venue, self._account, wake), self._hub
        with venue.exchange.lock:
            hub.sessions.add(session)
        pumps = [asyncio.create_task(pump) for pump in (self._read(venue, session), self._write(session))]
        pumps.append(asyncio.create_task(self._ping(venue)))
        try:
            self._flush()
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            with venue.exchange.lock:
                hub.sessions.discard(session)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)

    async def _read(self, venue: Venue, session: Session) -> None:
        while self._protocol.state is State.OPEN:
            data = await self._reader.read(CHUNK)
            if not data:
                return
            self._protocol.receive_data(data)
            for frame in self._protocol.events_received():
                if isinstance(frame, Frame) and frame.opcode is Opcode.TEXT:
                    await asyncio.sleep(venue.script.slow_subscribe_s)
                    with venue.exchange.lock:
                        session.receive(bytes(frame.data).decode())
            self._flush()

    async def _write(self, session: Session) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            while session.outbox:
                self._protocol.send_text(session.outbox.popleft().encode())
            self._flush()
            await self._writer.drain()
            if session.cut:
                reset(self._writer)
                return

    async def _ping(self, venue: Venue) -> None:
        while True:
            await asyncio.sleep(self._ping_s)
            if not venue.script.mute:
                self._protocol.send_ping(b"heartbeat")
                self._flush()
