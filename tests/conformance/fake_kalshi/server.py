"""The sockets: one port for HTTP and for the stream's upgrades, on a thread of its own, and faults as real ones."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from email.utils import formatdate

import h11
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from tests.conformance.fake_kalshi import lifecycle, rest
from tests.conformance.fake_kalshi.faults import HttpFault
from tests.conformance.fake_kalshi.hub import Hub
from tests.conformance.fake_kalshi.parse import Request
from tests.conformance.fake_kalshi.sockets import StreamPump, receive, reset, write
from tests.conformance.fake_kalshi.values import Refused
from tests.conformance.fake_kalshi.venue import Reply, Seen, Venue, answer, error_body

STREAM_PATH = "/trade-api/ws/v2"
TICK_S = 0.05


class Server:
    """Serves a venue on 127.0.0.1 until it is stopped."""

    def __init__(self, venue: Venue, port: int = 0, ping_s: float = 10.0) -> None:
        self.ping_s = ping_s
        self.hub = Hub(venue)
        self._venue = venue
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="fake-kalshi", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def cut_streams(self) -> None:
        """Drop every stream connection without a closing frame."""
        with self._venue.exchange.lock:
            for session in self.hub.sessions:
                session.cut = True
                session.outbox.clear()
                session._wake()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket)
        ticking = asyncio.create_task(self._tick())
        self._ready.set()
        await self._stopped.wait()
        server.close()
        ticking.cancel()
        tasks = [ticking, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            with self._venue.exchange.lock:
                lifecycle.tick(self._venue.exchange)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            if self._stopped.is_set():
                writer.transport.abort()
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            raw, request = await receive(connection, reader)
            if request is None:
                return
            if request.headers.get("upgrade", "").lower() == "websocket":
                await self._upgrade(raw, request, reader, writer)
                return
            if not await self._respond(connection, request, writer):
                return
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()

    async def _respond(self, connection: h11.Connection, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is done for."""
        fault = self._venue.script.http(request.method, request.path)
        if fault is None:
            write(connection, writer, rest.handle(self._venue, request), self._date())
            await writer.drain()
            return True
        return await self._fail(fault, connection, request, writer)

    async def _fail(
        self, fault: HttpFault, connection: h11.Connection, request: Request, writer: asyncio.StreamWriter
    ) -> bool:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        fault.act()
        reply = Reply(fault.status, fault.body)
        if fault.after or fault.kind in ("delay", "first"):
            reply = rest.handle(self._venue, request)
        else:
            self._venue.log.append(Seen(request, 0))
        if fault.kind == "status":
            reply = Reply(fault.status, fault.body)
        elif fault.kind == "body":
            reply = Reply(reply.status, fault.body, kind="text/html")
        elif fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return False
        elif fault.kind == "reset":
            reset(writer)
            return False
        write(connection, writer, reply, self._date(), half=fault.kind == "half")
        await writer.drain()
        return fault.kind != "half"

    def _date(self) -> str:
        return formatdate(self._venue.clock.wall(), usegmt=True)

    async def _upgrade(
        self, raw: bytes, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        account = self._stream_account(request)
        if isinstance(account, Reply):
            connection = h11.Connection(h11.SERVER)
            connection.receive_data(raw.split(b"\r\n")[0] + b"\r\nHost: x\r\n\r\n")
            connection.next_event()
            connection.next_event()
            write(connection, writer, account, self._date(), close=True)
            await writer.drain()
            return
        protocol = ServerProtocol()
        protocol.receive_data(raw)
        (handshake,) = protocol.events_received()
        assert isinstance(handshake, Handshake)
        protocol.send_response(protocol.accept(handshake))
        pump = StreamPump(self.hub, self.ping_s, account, protocol, reader, writer)
        await pump.run(self._venue)

    def _stream_account(self, request: Request) -> str | Reply:
        """The account that opens a stream, or why it may not."""
        script = self._venue.script
        if script.refuse_streams:
            script.refuse_streams -= 1
            return Reply(502, b"bad gateway", kind="text/html")
        if request.path != STREAM_PATH:
            return answer(404, {"error": {"code": "not_found", "message": "not found"}})
        try:
            return self._venue.doorman.admit(request.headers, "GET", request.path).account
        except Refused as refused:
            if refused.code == "signature_is_missing_from_headers":
                refused = Refused(401, "token_authentication_failure")
            return answer(401, error_body(refused))
