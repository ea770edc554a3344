"""One WebSocket connection without the socket: frames in, updates and commands out, no book that missed a change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.brokers.base import LinkUpdate, Quote, Unrecognised
from engine.brokers.kalshi.book import Book
from engine.brokers.kalshi.fields import Fields, Unreadable
from engine.brokers.kalshi.messages import (
    BookUpdate,
    Delta,
    Envelope,
    KalshiUpdate,
    Snapshot,
    read_delta,
    read_envelope,
    read_snapshot,
    read_update,
)
from engine.core.errors import AuthenticationFailed

BOOK = "orderbook_delta"
# Channels that take tickers; the others are of the account or of the whole exchange.
BY_MARKET = frozenset({BOOK, "ticker", "trade"})
AUTH_REQUIRED, TERMINAL = 9, frozenset({10, 25})


class Session:
    """The state of one connection: which subscription is what, the last number of each, and the books.

    A number that is missing drops every book of that subscription and asks for new snapshots: until they are there, no
    quote of these markets is given. A number that was seen before is a copy and changes nothing.
    """

    def __init__(self, channels: Sequence[str], tickers: Sequence[str]) -> None:
        self.channels, self.tickers = tuple(channels), tuple(tickers)
        self.books: dict[str, Book] = {}
        self.broken = False  # the venue has ended a subscription: only a new connection helps
        self.heard_data = False
        self._asked: dict[int, str] = {}  # by the number of the command, until it is answered
        self._channel_of: dict[int, str] = {}
        self._seq_of: dict[int, int] = {}
        self._awaited: set[str] = set()
        self._snapshot_requests: set[int] = set()
        self._tops: dict[str, tuple[Any, ...]] = {}
        self._requests = 0
        self._outbox: list[str] = []

    def subscribe(self) -> None:
        """Ask for every channel; each is a command of its own, so that one that is refused takes no other with it."""
        for channel in self.channels:
            params: dict[str, Any] = {"channels": [channel]}
            if channel in BY_MARKET and self.tickers:
                params["market_tickers"] = list(self.tickers)
            if channel == BOOK:
                params["use_yes_price"] = True  # said outright: the default is announced to change
            self._asked[self._command("subscribe", params)] = channel

    @property
    def ready(self) -> bool:
        """Whether every subscription was answered: before that, what happens may never be heard of."""
        return not self._asked

    def take_commands(self) -> list[str]:
        """Return what is to be sent, once."""
        commands, self._outbox = self._outbox, []
        return commands

    def feed(self, text: str | bytes) -> list[KalshiUpdate]:
        """Return what a frame says."""
        frame = read_envelope(text)
        if frame is None:
            return [Unrecognised("unreadable frame", text)]
        if frame.kind == "subscribed":
            self._subscribed(frame)
            return []
        if frame.kind == "error":
            return [self._refused(frame)]
        fresh, missed = self._in_order(frame)
        if not fresh:
            return []
        if frame.kind in ("ok", "unsubscribed"):
            return missed
        self.heard_data = True
        if frame.kind in ("orderbook_snapshot", "orderbook_delta"):
            return missed + self._book_frame(frame)
        return [*missed, read_update(frame)]

    def _subscribed(self, frame: Envelope) -> None:
        try:
            f = Fields(frame.msg, "a subscription")
            sid, channel = f.whole("sid"), f.text("channel")
        except Unreadable:
            return
        if sid is not None:
            self._channel_of[sid] = channel
        self._asked = {number: asked for number, asked in self._asked.items() if asked != channel}

    def _refused(self, frame: Envelope) -> KalshiUpdate:
        code = frame.msg.get("code") if isinstance(frame.msg, dict) else None
        if code == AUTH_REQUIRED:
            raise AuthenticationFailed("Kalshi's stream refuses the key; check api_key, private_key and use_demo")
        if code in TERMINAL or frame.request in self._snapshot_requests:
            self.broken = True
        if frame.request is not None:
            self._asked.pop(frame.request, None)
        return Unrecognised("error", frame.raw)

    def _in_order(self, frame: Envelope) -> tuple[bool, list[KalshiUpdate]]:
        """Return whether a frame is new, and what to say if others before it are missing."""
        if frame.sid is None or frame.seq is None:
            return True, []
        last = self._seq_of.get(frame.sid, 0)
        if frame.seq <= last:
            return False, []
        self._seq_of[frame.sid] = frame.seq
        if frame.seq == last + 1:
            return True, []
        lost = f"{frame.seq - last - 1} messages are missing"
        if frame.kind in ("orderbook_snapshot", "orderbook_delta") or self._channel_of.get(frame.sid) == BOOK:
            self._ask_again(self.tickers, frame.sid)  # also those whose snapshot may be what is missing
            return True, [LinkUpdate("stale", f"{lost}; the books are asked for again")]
        return True, [LinkUpdate("stale", f"{lost} on {self._channel_of.get(frame.sid, frame.kind)}")]

    def _book_frame(self, frame: Envelope) -> list[KalshiUpdate]:
        try:
            if frame.kind == "orderbook_snapshot":
                book = self._replace(read_snapshot(frame.msg))
                return self._told(book)
            return self._change(read_delta(frame.msg), frame.sid)
        except Unreadable:
            # what this changed is not known, so nothing of this subscription is
            self._ask_again(self.tickers, frame.sid)
            return [Unrecognised(frame.kind, frame.raw)]

    def _replace(self, snapshot: Snapshot) -> Book:
        book = self.books[snapshot.ticker] = Book(snapshot.ticker)
        book.replace(snapshot.yes, snapshot.no, no_at_yes_price=True)
        book.clock, book.time_ns = snapshot.clock, snapshot.time_ns
        self._awaited.discard(snapshot.ticker)
        self._tops.pop(snapshot.ticker, None)
        return book

    def _change(self, delta: Delta, sid: int | None) -> list[KalshiUpdate]:
        book = self.books.get(delta.ticker)
        if book is None:
            if delta.ticker not in self._awaited:
                self._ask_again([delta.ticker], sid)
            return []
        if delta.clock is not None and book.clock is not None and delta.clock <= book.clock:
            return []  # the snapshot contains it
        if not book.change(delta.side, delta.price, delta.by) or book.crossed:
            self._ask_again([delta.ticker], sid)
            return [LinkUpdate("stale", f"the book of {delta.ticker} does not add up; it is asked for again")]
        book.time_ns = delta.time_ns or book.time_ns
        return self._told(book)

    def _told(self, book: Book) -> list[KalshiUpdate]:
        updates: list[KalshiUpdate] = [BookUpdate(book.view())]
        top = book.top
        if self._tops.get(book.ticker) != top:
            self._tops[book.ticker] = top
            bid, ask, bid_size, ask_size = top
            updates.append(Quote(book.ticker, bid, ask, bid_size, ask_size, book.time_ns))
        return updates

    def _ask_again(self, tickers: Sequence[str], sid: int | None) -> None:
        for ticker in tickers:
            self.books.pop(ticker, None)
        self._awaited.update(tickers)
        if tickers and sid is not None:
            params = {"sid": sid, "market_tickers": list(tickers), "action": "get_snapshot"}
            self._snapshot_requests.add(self._command("update_subscription", params))

    def _command(self, name: str, params: dict[str, Any]) -> int:
        self._requests += 1
        self._outbox.append(json.dumps({"id": self._requests, "cmd": name, "params": params}))
        return self._requests
