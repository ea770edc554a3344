"""One stream connection: its subscriptions, the commands it takes, and what it is sent, in order and numbered."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conformance.fake_kalshi import wire_stream as wire
from tests.conformance.fake_kalshi.venue import Venue

Json = dict[str, Any]
ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    26: "Subscription market limit exceeded",
}
CHANNELS = (
    "orderbook_delta",
    "ticker",
    "trade",
    "fill",
    "market_positions",
    "user_orders",
    "market_lifecycle_v2",
    "order_group_updates",
)
NUMBERED = {"orderbook_delta", "trade", "market_lifecycle_v2", "order_group_updates"}
ACTIONS = ("add_markets", "delete_markets", "get_snapshot")
MOST_MARKETS = 10_000


class BadCommand(Exception):
    """A command that is answered with an error."""

    def __init__(self, code: int, **extra: Any) -> None:
        super().__init__(code)
        self.code, self.extra = code, extra


@dataclass(slots=True)
class Subscription:
    """A channel on this connection; `tickers` None is every market."""

    sid: int
    channel: str
    tickers: list[str] | None
    yes_price: bool = False
    seq: int = 0

    def wants(self, ticker: str) -> bool:
        """Whether messages of a market go out."""
        return self.tickers is None or ticker in self.tickers


class Session:
    """The state of one connection. All of it is touched under the exchange's lock."""

    def __init__(self, venue: Venue, account: str, wake: Callable[[], None]) -> None:
        self.account = account
        self.outbox: deque[str] = deque()
        self.cut = False
        self._venue, self._wake = venue, wake
        self._subscriptions: dict[int, Subscription] = {}
        self._next_sid = 1

    def on(self, channel: str) -> list[Subscription]:
        """The subscriptions to a channel."""
        return [row for row in self._subscriptions.values() if row.channel == channel]

    def publish(self, row: Subscription, kind: str, msg: Json, command: int | None = None) -> None:
        """Send a message of a subscription, with the next number where the channel has numbers."""
        fault = self._venue.script.stream(kind)
        wrong = fault.kind if fault else ""
        message: Json = {"type": kind, "sid": row.sid}
        if command is not None:
            message["id"] = command
        if row.channel in NUMBERED:
            row.seq += 2 if wrong == "gap" else 1
            message["seq"] = row.seq
        message["msg"] = msg
        if wrong == "garbage":
            self._put("{not json")
        if wrong == "unknown":
            self.send({"type": "news_of_tomorrow", "sid": row.sid, "msg": {"hello": 1}})
            message["msg"] = msg | {"field_of_tomorrow": [1, {"a": None}]}
        if wrong == "close":
            self.cut = True
        if wrong not in ("drop", "close"):
            self.send(message)
        if wrong == "duplicate":
            self.send(message)
        self._wake()

    def send(self, message: Json) -> None:
        """Send a message as it is."""
        self._put(json.dumps(message | {"sending_ts_ms": self._venue.clock.now() // 1000}))

    def _put(self, text: str) -> None:
        if not self._venue.script.mute:
            self.outbox.append(text)
            self._wake()

    def receive(self, text: str) -> None:
        """Take a command."""
        command: Any = None
        try:
            read = json.loads(text)
            command = read.get("id")
            self._command(read, command)
        except (ValueError, AttributeError):
            self._error(command, BadCommand(1))
        except BadCommand as bad:
            self._error(command, bad)

    def _error(self, command: Any, bad: BadCommand) -> None:
        message: Json = {"type": "error", "msg": {"code": bad.code, "msg": ERRORS[bad.code], **bad.extra}}
        if isinstance(command, int):
            message["id"] = command
        self.send(message)

    def _command(self, read: Json, command: Any) -> None:
        name = read.get("cmd")
        if name == "list_subscriptions":
            rows = [{"channel": row.channel, "sid": row.sid} for row in self._subscriptions.values()]
            self.send({"type": "ok", "id": command, "msg": rows})
            return
        known = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "update_subscription": self._update}
        if name not in known:
            raise BadCommand(5)
        params = read.get("params")
        if not isinstance(params, dict):
            raise BadCommand(2)
        known[name](command, params)

    def _tickers(self, params: Json) -> list[str]:
        named = params.get("market_tickers") or []
        one = params.get("market_ticker")
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise BadCommand(11)
        by_id = {m.market_id: m.ticker for m in self._venue.exchange.markets.values()}
        ids = params.get("market_ids") or ([params["market_id"]] if params.get("market_id") else [])
        return [*named, *([one] if one else []), *(by_id[i] for i in ids if i in by_id)]

    def _subscribe(self, command: Any, params: Json) -> None:
        channels = params.get("channels")
        if not channels:
            raise BadCommand(3)
        tickers = self._tickers(params)
        for channel in channels:
            if channel not in CHANNELS:
                raise BadCommand(8)
            if channel == "orderbook_delta" and not tickers:
                raise BadCommand(14)
        for channel in channels:
            self._subscribe_one(command, channel, tickers, params)

    def _subscribe_one(self, command: Any, channel: str, tickers: list[str], params: Json) -> None:
        filtered = channel not in ("market_lifecycle_v2", "order_group_updates")
        old = self.on(channel)
        if old:
            row = old[0]
        else:
            row = Subscription(self._next_sid, channel, [] if tickers and filtered else None)
            self._subscriptions[row.sid] = row
            self._next_sid += 1
        row.yes_price = bool(params.get("use_yes_price"))
        reply: Json = {"type": "subscribed", "msg": {"channel": channel, "sid": row.sid}}
        self.send(reply if command is None else reply | {"id": command})
        added = self._add(row, tickers) if filtered else []
        if channel == "orderbook_delta":
            self._snapshots(row, added)
        if channel == "ticker" and params.get("send_initial_snapshot"):
            for ticker in row.tickers or list(self._venue.exchange.markets):
                self.publish(row, "ticker", wire.ticker(self._venue.exchange, ticker, self._venue.clock.now()))

    def _add(self, row: Subscription, tickers: list[str]) -> list[str]:
        if row.tickers is None:
            return []
        known = self._venue.exchange.markets
        added = [t for t in dict.fromkeys(tickers) if t in known and t not in row.tickers]
        if len(row.tickers) + len(added) > MOST_MARKETS:
            raise BadCommand(26)
        row.tickers += added
        return added

    def _snapshots(self, row: Subscription, tickers: list[str], command: int | None = None) -> None:
        for ticker in tickers:
            book = wire.snapshot(self._venue.exchange, ticker, row.yes_price)
            self.publish(row, "orderbook_snapshot", book, command)

    def _unsubscribe(self, command: Any, params: Json) -> None:
        sids = params.get("sids")
        if not sids:
            raise BadCommand(4)
        if any(sid not in self._subscriptions for sid in sids):
            raise BadCommand(7)
        for sid in sids:
            row = self._subscriptions.pop(sid)
            row.seq += 1
            self.send({"type": "unsubscribed", "id": command, "sid": sid, "seq": row.seq})

    def _update(self, command: Any, params: Json) -> None:
        sids = params.get("sids") or ([params["sid"]] if "sid" in params else [])
        if len(sids) != 1:
            raise BadCommand(12)
        row = self._subscriptions.get(sids[0])
        if row is None:
            raise BadCommand(7)
        action = params.get("action")
        if action not in ACTIONS:
            raise BadCommand(13 if action else 15)
        tickers = self._tickers(params)
        if not tickers:
            raise BadCommand(14)
        if action == "get_snapshot":
            self._snapshots(row, [t for t in tickers if t in self._venue.exchange.markets], command)
            return
        added = self._add(row, tickers) if action == "add_markets" else []
        if action == "delete_markets" and row.tickers is not None:
            row.tickers = [t for t in row.tickers if t not in tickers]
        row.seq += 1
        reply = {"type": "ok", "id": command, "sid": row.sid, "seq": row.seq}
        self.send(reply | {"msg": {"market_tickers": row.tickers or []}})
        if row.channel == "orderbook_delta":
            self._snapshots(row, added)
