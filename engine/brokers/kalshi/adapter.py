"""Kalshi as a broker: public data without a key, an account with one."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Self, get_args

from engine.brokers.base import Broker, Capabilities, FillUpdate, OrderUpdate, TimeInForce, Update
from engine.brokers.kalshi import faults
from engine.brokers.kalshi.config import KalshiConfig
from engine.brokers.kalshi.fields import Fields
from engine.brokers.kalshi.messages import KalshiUpdate
from engine.brokers.kalshi.stream import KalshiStream
from engine.brokers.kalshi.trading import Trading
from engine.brokers.kalshi.transport import Transport
from engine.core.errors import InvalidConfig

CAPABILITIES = Capabilities(
    venue="Kalshi",
    time_in_force=frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK}),
    amend=True,
    post_only=True,
    reduce_only=True,
    short=True,  # selling YES that is not held buys NO
    stream=True,
    dedupes="forever",
    lookup_lag_s=10.0,
    longest_client_order_id=64,
)
ACCOUNT_CHANNELS = ("fill", "user_orders", "market_positions")
MARKET_CHANNELS = ("orderbook_delta", "trade")


class KalshiAdapter(Trading):
    """One Kalshi account, or public data alone; open it with `async with` or `await connect()`."""

    def __init__(
        self,
        config: KalshiConfig | None = None,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.config = config or KalshiConfig()
        self._signer = self.config.signer()
        self._http = Transport(self.config, self._signer, clock_ns=clock_ns, sleep=sleep, rng=rng)
        self._subaccount = self.config.subaccount
        self._client_ids: dict[str, str] = {}
        self._streams: set[KalshiStream] = set()

    def __repr__(self) -> str:
        return f"KalshiAdapter({self.config.environment}, {'with' if self.config.keyed else 'without'} key)"

    @property
    def capabilities(self) -> Capabilities:
        """What can be asked of Kalshi."""
        return CAPABILITIES

    async def connect(self) -> None:
        """Open the connection; with a key, check clock and key and take the account's rate limits."""
        self._http.open()
        if self._signer is None:
            return
        try:
            await self._check_clock()
            await self._learn_limits()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection and every stream."""
        for stream in list(self._streams):
            await stream.close()
        await self._http.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def stream(
        self, symbols: Sequence[str] = (), channels: Sequence[str] | None = None
    ) -> AsyncGenerator[KalshiUpdate]:
        """Yield everything that the WebSocket says of the account and of these markets; it needs a key."""
        if self._signer is None:
            raise InvalidConfig("Kalshi's stream needs a key, for public data too; pass api_key and private_key")
        chosen = channels or (*ACCOUNT_CHANNELS, *(MARKET_CHANNELS if symbols else ()))
        link = KalshiStream(self.config.stream, self._signer, chosen, symbols)
        self._streams.add(link)
        try:
            async with aclosing(link.updates()) as updates:
                async for update in updates:
                    self._remember(update)
                    yield update
        finally:
            self._streams.discard(link)
            await link.close()

    async def events(self, symbols: Sequence[str] = ()) -> AsyncGenerator[Update]:
        """Yield the updates that every broker has, of the account and of these markets."""
        async with aclosing(self.stream(symbols)) as updates:
            async for update in updates:
                if isinstance(update, get_args(Update)):
                    yield update

    def _remember(self, update: KalshiUpdate) -> None:
        if isinstance(update, OrderUpdate):
            self._noted(update.order)
        elif isinstance(update, FillUpdate) and update.fill.fill.client_order_id:
            self._client_ids[update.fill.venue_order_id] = update.fill.fill.client_order_id

    async def _check_clock(self) -> None:
        await self.get_exchange_status()
        if abs(self._http.skew_s or 0.0) > faults.MAX_SKEW_S:
            raise faults.skewed(self._http.skew_s)

    async def _learn_limits(self) -> None:
        limits = await self.account_limits()
        self._http.limiter.learn_limits(limits.read, limits.write)
        answer = Fields(await self._http.read("/account/endpoint_costs", what="the costs of calls"), "the costs")
        costs = []
        for raw in answer.items("endpoint_costs"):
            item = Fields(raw, "a cost")
            costs.append((item.name("method"), item.name("path"), float(item.number("cost") or 10)))
        self._http.limiter.learn_costs(float(answer.number("default_cost") or Decimal(10)), costs)


if TYPE_CHECKING:
    _is_a_broker: type[Broker] = KalshiAdapter
