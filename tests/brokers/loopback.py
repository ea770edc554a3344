"""A small HTTP server on 127.0.0.1 that answers as it is told, cuts lines, hangs, and keeps every byte it was sent."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path.removeprefix("/trade-api/v2")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Hang:
    """Take the request and never answer."""


class Reset:
    """Take the request and reset the connection."""


class Half:
    """Answer with half of the body that the header promised."""

    def __init__(self, status: int = 200) -> None:
        self.status = status


class Drip:
    """Answer a byte now and then, for ever."""


Answer = Reply | Hang | Reset | Half | Drip
Handler = Callable[[Request], Answer]


class Loopback:
    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/trade-api/v2"

    def seen(self, method: str, path: str) -> list[Request]:
        return [r for r in self.requests if (r.method, r.path) == (method, path)]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                if not await _answer(self.handler(request), writer):
                    return
        except ConnectionError:
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _answer(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    if isinstance(answer, Hang):
        await asyncio.sleep(60)
        return False
    if isinstance(answer, Reset):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    if isinstance(answer, Half | Drip):
        status = answer.status if isinstance(answer, Half) else 200
        writer.write(f"HTTP/1.1 {status} OK\r\nContent-Length: 1000\r\n\r\n".encode() + b'{"order_id": ')
        while isinstance(answer, Drip):
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(b" ")
        await writer.drain()
        return False
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    head = {"Content-Type": "application/json", "Content-Length": str(len(body))} | answer.headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode() + body)
    await writer.drain()
    return True
