"""The order book of a market as one YES book, from a snapshot and the changes after it, exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from engine.brokers.base import Quote
from engine.brokers.kalshi.fields import Fields, decimal
from engine.brokers.kalshi.wire import ONE, ZERO
from engine.core.trading import Side


class Level(NamedTuple):
    """What rests at one YES price."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Bids and asks of YES, the best first; a NO bid at q is a YES ask at 1 - q."""

    ticker: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ns: int | None = None

    @property
    def best_bid(self) -> Decimal | None:
        """The highest price at which YES can be sold now, None without bids."""
        return self.bids[0].price if self.bids else None

    @property
    def best_ask(self) -> Decimal | None:
        """The lowest price at which YES can be bought now, None without asks."""
        return self.asks[0].price if self.asks else None

    @property
    def spread(self) -> Decimal | None:
        """Ask less bid, None unless both sides are quoted."""
        return self.asks[0].price - self.bids[0].price if self.bids and self.asks else None

    @property
    def quote(self) -> Quote:
        """Its top."""
        bid, ask = (side[0] if side else None for side in (self.bids, self.asks))
        return Quote(
            self.ticker,
            bid.price if bid else None,
            ask.price if ask else None,
            bid.size if bid else None,
            ask.size if ask else None,
            self.time_ns,
        )

    def cost_to_buy(self, count: Decimal) -> tuple[Decimal, Decimal]:
        """Return (contracts that rest on the ask side up to `count`, what they cost before fees)."""
        return _walk(self.asks, count)

    def worth_of_sale(self, count: Decimal) -> tuple[Decimal, Decimal]:
        """Return (contracts that rest on the bid side up to `count`, what they bring before fees)."""
        return _walk(self.bids, count)


def _walk(levels: Iterable[Level], count: Decimal) -> tuple[Decimal, Decimal]:
    left, money = count, ZERO
    for level in levels:
        part = min(left, level.size)
        left, money = left - part, money + part * level.price
        if not left:
            break
    return count - left, money


def read_order_book(ticker: str, raw: object) -> OrderBook:
    """Return the book of a REST answer, whichever way round its levels come."""
    f = Fields(raw, "an order book")
    book = Book(ticker)
    book.replace(f.items("yes_dollars"), f.items("no_dollars"))
    return book.view()


class Book:
    """A book that changes: `replace` takes a snapshot, `change` one level; the NO side is kept at YES prices."""

    __slots__ = ("_asks", "_bids", "clock", "ticker", "time_ns")

    def __init__(self, ticker: str) -> None:
        self.ticker = ticker
        self.clock: int | None = None  # the exchange's own count for this market; changes up to it are contained
        self.time_ns: int | None = None
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}

    def replace(self, yes: Iterable[object], no: Iterable[object], *, no_at_yes_price: bool = False) -> None:
        """Take a snapshot: bids of YES and bids of NO, each as [price, count]."""
        self._bids = dict(_levels(yes))
        self._asks = {p if no_at_yes_price else ONE - p: size for p, size in _levels(no)}

    def change(self, side: Side, price: Decimal, by: Decimal) -> bool:
        """Add a signed size at a YES price; False if no such book can be, so that it must be asked for anew."""
        levels = self._bids if side is Side.BUY else self._asks
        size = levels.get(price, ZERO) + by
        if size < 0 or not ZERO < price < ONE:
            return False
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        return True

    @property
    def top(self) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
        """Best bid, best ask and their sizes."""
        bid, ask = max(self._bids, default=None), min(self._asks, default=None)
        return (
            bid,
            ask,
            None if bid is None else self._bids[bid],
            None if ask is None else self._asks[ask],
        )

    @property
    def crossed(self) -> bool:
        """Whether somebody bids at or above an ask, which no exchange lets stand."""
        bid, ask = self.top[:2]
        return bid is not None and ask is not None and bid >= ask

    def view(self) -> OrderBook:
        """Return the book as it stands."""
        bids = tuple(Level(p, self._bids[p]) for p in sorted(self._bids, reverse=True))
        asks = tuple(Level(p, self._asks[p]) for p in sorted(self._asks))
        return OrderBook(self.ticker, bids, asks, self.time_ns)


def _levels(raw: Iterable[object]) -> Iterable[tuple[Decimal, Decimal]]:
    for item in raw:
        if isinstance(item, list | tuple) and len(item) >= 2:
            price, size = decimal(item[0]), decimal(item[1])
            if price is not None and size is not None and ZERO < price < ONE and size > 0:
                yield price, size
