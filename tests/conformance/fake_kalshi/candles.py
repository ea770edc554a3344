"""Candles from the quotes and trades of a market: a period in which nothing happened has no row."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.values import ONE, ZERO

MAX_CANDLES = 5_000
MAX_BATCH = 10_000
Four = tuple[Decimal, Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Candle:
    """One period; prices are (open, low, high, close), `price` None without a trade, `previous` None before any."""

    end_s: int
    bid: Four
    ask: Four
    price: Four | None
    mean: Decimal | None
    previous: Decimal | None
    volume: Decimal
    open_interest: Decimal
    synthetic: bool = False


class _Open:
    """A candle while it is being filled."""

    def __init__(self, bid: Decimal, ask: Decimal, previous: Decimal | None, interest: Decimal) -> None:
        self.bid, self.ask, self.previous, self.interest = [bid], [ask], previous, interest
        self.prices: list[Decimal] = []
        self.volume = self.value = ZERO

    def close(self, end_s: int) -> Candle:
        """The finished candle."""
        mean = (self.value / self.volume).quantize(Decimal("0.0001"), ROUND_HALF_EVEN) if self.volume else None
        price = _four(self.prices) if self.prices else None
        return Candle(end_s, _four(self.bid), _four(self.ask), price, mean, self.previous, self.volume, self.interest)


def _four(values: list[Decimal]) -> Four:
    return values[0], min(values), max(values), values[-1]


class QuoteLog:
    """Everything that candles are made of, by time."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, tuple[Decimal, ...]]] = []
        self._quote: tuple[Decimal, ...] = (ZERO, ONE)

    def quoted(self, us: int, bid: Decimal, ask: Decimal, open_interest: Decimal) -> None:
        """Record best prices; the same ones again are no change."""
        if (bid, ask) != self._quote:
            self._quote = (bid, ask)
            insort(self._rows, (us, 0, (bid, ask, open_interest)))

    def traded(self, us: int, price: Decimal, count: Decimal, open_interest: Decimal) -> None:
        """Record a trade."""
        insort(self._rows, (us, 1, (price, count, open_interest)))

    def at(self, us: int) -> tuple[Decimal, Decimal, Decimal]:
        """(bid, ask, last price) as they stood at a moment."""
        bid, ask, last = ZERO, ONE, ZERO
        for when, kind, row in self._rows:
            if when > us:
                break
            if kind:
                last = row[0]
            else:
                bid, ask = row[0], row[1]
        return bid, ask, last

    def volume_since(self, us: int) -> Decimal:
        """Contracts traded from a moment on."""
        return sum((row[1] for when, kind, row in self._rows if kind and when >= us), ZERO)

    def candles(self, period_s: int) -> list[Candle]:
        """All candles of a period length, oldest first; the one that ends at E covers (E - period, E]."""
        done: list[Candle] = []
        bid, ask, last, interest = ZERO, ONE, None, ZERO
        current: _Open | None = None
        end = -1
        for us, kind, row in self._rows:
            bucket = -(-us // (period_s * MICRO)) * period_s
            if bucket != end or current is None:
                if current is not None:
                    done.append(current.close(end))
                current, end = _Open(bid, ask, last, interest), bucket
            if kind:
                last, interest = row[0], row[2]
                current.prices.append(row[0])
                current.volume += row[1]
                current.value += row[0] * row[1]
            else:
                bid, ask, interest = row
                current.bid.append(bid)
                current.ask.append(ask)
            current.interest = interest
        if current is not None:
            done.append(current.close(end))
        return done


def window(candles: Iterable[Candle], start_s: int, end_s: int, period_s: int, before: bool) -> list[Candle]:
    """The candles that end in [start, end]; with `before` the last one from before them, moved to the first boundary."""
    rows = list(candles)
    inside = [row for row in rows if start_s <= row.end_s <= end_s]
    earlier = [row for row in rows if row.end_s < start_s]
    if not before or not earlier:
        return inside
    row = earlier[-1]
    boundary = -(-start_s // period_s) * period_s
    if inside and inside[0].end_s == boundary:
        return inside
    close = row.price[3] if row.price else row.previous
    bid, ask = (row.bid[3],) * 4, (row.ask[3],) * 4
    ghost = Candle(boundary, bid, ask, None, None, close, ZERO, row.open_interest, synthetic=True)
    return [ghost, *inside]
