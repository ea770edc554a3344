"""Scripted faults: what goes wrong on the wire, when, and how often."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

HTTP_KINDS = ("hang", "reset", "half", "status", "body", "delay", "first")
STREAM_KINDS = ("drop", "duplicate", "gap", "close", "garbage", "unknown")


@dataclass(slots=True)
class HttpFault:
    """One way for a reply to fail.

    hang: no answer for `seconds`, then the connection closes    reset: TCP reset      half: half of the body, then closed
    status: answer `status` with `body`    body: the true status with `body`           delay: `seconds`, then all is well
    first: `act` is called, then all is well (somebody else was quicker)
    With `after` the request has its effect first; without, the exchange never sees it. `delay` has it after the wait.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    after: bool = True
    seconds: float = 3.0
    status: int = 503
    body: bytes = b""
    act: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        if self.kind not in HTTP_KINDS:
            raise ValueError(f"{self.kind} is no HTTP fault; it is one of {', '.join(HTTP_KINDS)}")

    def fits(self, method: str, path: str) -> bool:
        """Whether this request is one to fail."""
        return (not self.method or self.method == method) and re.search(self.path, path) is not None


@dataclass(slots=True)
class StreamFault:
    """One way for a stream message to fail: lost (its seq is spent), doubled, a seq skipped, the line cut, rubbish."""

    kind: str
    message: str = ""
    times: int = 1
    skip: int = 0

    def __post_init__(self) -> None:
        if self.kind not in STREAM_KINDS:
            raise ValueError(f"{self.kind} is no stream fault; it is one of {', '.join(STREAM_KINDS)}")

    def fits(self, message: str) -> bool:
        """Whether a message of this type is one to fail."""
        return not self.message or self.message == message


F = TypeVar("F", HttpFault, StreamFault)


class Script:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._http: list[HttpFault] = []
        self._stream: list[StreamFault] = []
        self.refuse_streams = 0  # so many upgrades are answered 502
        self.slow_subscribe_s = 0.0  # stream commands wait so long before they are looked at
        self.mute = False  # streams stay connected and say nothing, not even pings

    def add(self, fault: HttpFault | StreamFault) -> None:
        """Ask for a fault."""
        with self._lock:
            if isinstance(fault, HttpFault):
                self._http.append(fault)
            else:
                self._stream.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._http.clear()
            self._stream.clear()
            self.refuse_streams, self.mute, self.slow_subscribe_s = 0, False, 0.0

    def http(self, method: str, path: str) -> HttpFault | None:
        """The fault for this request, if one is due."""
        with self._lock:
            return _due(self._http, lambda fault: fault.fits(method, path))

    def stream(self, message: str) -> StreamFault | None:
        """The fault for a message of this type, if one is due."""
        with self._lock:
            return _due(self._stream, lambda fault: fault.fits(message))


def _due(faults: list[F], fits: Callable[[F], bool]) -> F | None:
    for fault in faults:
        if not fits(fault):
            continue
        if fault.skip:
            fault.skip -= 1
            return None
        fault.times -= 1
        if fault.times <= 0:
            faults.remove(fault)
        return fault
    return None
