"""A recorded top of book as plain arrays, and the two lanes of buyers (of YES, of NO) that an order can stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidData
from engine.research.quoting.grid import UNIT

FloatArray = NDArray[np.float64]
Prints = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """The trades of one market, each of shape (trades,): seconds, dollars, contracts, taker +1 bought, -1 sold YES."""

    time: FloatArray
    price: FloatArray
    size: FloatArray
    taker: FloatArray

    def __post_init__(self) -> None:
        _same_length({"time": self.time, "price": self.price, "size": self.size, "taker": self.taker})
        if len(self.time) and not (np.diff(self.time) >= 0.0).all():
            raise InvalidData("the trades are not in the order of time; sort them")
        _refuse(~((self.price > 0.0) & (self.price < 1.0)), self.price, "trade price", "lie between 0 and 1 dollar")
        _refuse(~(self.size >= 0.0), self.size, "trade size", "be 0 contracts or more")
        _refuse(np.abs(self.taker) != 1.0, self.taker, "taker", "be +1 (bought YES) or -1 (sold YES)")

    @classmethod
    def of(cls, time: ArrayLike, price: ArrayLike, size: ArrayLike, taker: ArrayLike) -> Tape:
        """Return a tape of copies of four columns."""
        return cls(*(_column(values) for values in (time, price, size, taker)))


@dataclass(frozen=True, eq=False)
class Book:
    """Best bid and ask of one market for YES, each of shape (rows,), until it settles at `payout` dollars a contract.

    Times are seconds, rising. A side that nobody quotes is NaN, price and size. Between two rows nothing is known; a
    row's change is taken to happen at its time. `tape` is None where trades were not recorded.
    """

    time: FloatArray
    bid: FloatArray
    ask: FloatArray
    bid_size: FloatArray
    ask_size: FloatArray
    close: float
    payout: float
    tape: Tape | None = None
    name: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        sides = {"bid": self.bid, "ask": self.ask, "bid_size": self.bid_size, "ask_size": self.ask_size}
        _same_length({"time": self.time, **sides})
        if len(self.time) == 0:
            raise InvalidData(f"the book {self.name!r} has no rows; pass at least one")
        if not (np.isfinite(self.time).all() and (np.diff(self.time) > 0.0).all()):
            raise InvalidData(f"the times of the book {self.name!r} do not rise; sort the rows and drop repeated times")
        if not self.time[-1] < self.close:
            raise InvalidData(
                f"the book {self.name!r} goes on to {self.time[-1]} s and closes at {self.close} s: drop the rows from "
                "the close on, the quotes are pulled there"
            )
        if not 0.0 <= self.payout <= 1.0:
            raise InvalidData(f"payout is {self.payout}; it is in dollars from 0 to 1: did you mean a share of $1?")
        for name in ("bid", "ask"):
            _check_side(name, sides[name], sides[f"{name}_size"])
        _refuse(self.bid >= self.ask, self.bid, "bid", "be below the ask: drop crossed rows")

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        bid: ArrayLike,
        ask: ArrayLike,
        bid_size: ArrayLike,
        ask_size: ArrayLike,
        close: float,
        payout: float,
        tape: Tape | None = None,
        name: str = "",
        notes: tuple[str, ...] = (),
    ) -> Book:
        """Return a book of copies of five columns; a bid of 0 and an ask of 1 dollar are no quotes."""
        low, high, low_size, high_size = (_column(values) for values in (bid, ask, bid_size, ask_size))
        _same_length({"bid": low, "ask": high, "bid_size": low_size, "ask_size": high_size})
        for price, size, pulled in ((low, low_size, 0.0), (high, high_size, 1.0)):
            empty = np.isnan(price) | (price == pulled)
            price[empty], size[empty] = np.nan, np.nan
        return cls(_column(time), low, high, low_size, high_size, close, payout, tape, name, notes)

    def __len__(self) -> int:
        return len(self.time)

    def cut(self, rows: int) -> Book:
        """Return the book as it was known at its row `rows - 1`, with the trades until then."""
        end = self.time[rows - 1]
        tape = self.tape
        if tape is not None:
            seen = tape.time <= end
            tape = Tape(tape.time[seen], tape.price[seen], tape.size[seen], tape.taker[seen])
        columns = {name: getattr(self, name)[:rows] for name in ("time", "bid", "ask", "bid_size", "ask_size")}
        return replace(self, **columns, tape=tape)

    @cached_property
    def lanes(self) -> tuple[Lane, Lane]:
        """The buyers of YES, and the buyers of NO, whose bid is one dollar less the ask for YES."""
        low, high = _units(self.bid, 0), _units(self.ask, UNIT)
        low_size, high_size = _contracts(self.bid_size), _contracts(self.ask_size)
        sold, bought = _prints(self, -1.0), _prints(self, 1.0)
        mirrored = tuple(tuple((UNIT - price, size) for price, size in row) for row in bought)
        taped = self.tape is not None
        pulled = (low == 0) & (high == UNIT)
        return (
            _lane(low, low_size, high, high_size, sold, pulled, taped=taped),
            _lane(UNIT - high, high_size, UNIT - low, low_size, mirrored, pulled, taped=taped),
        )

    @cached_property
    def marks(self) -> NDArray[np.int64]:
        """Bid plus ask in ten-thousandths (twice the mid) of the last row with both, shape (rows,); -1 before one."""
        both = np.where(self.two_sided, _units(self.bid, 0) + _units(self.ask, UNIT), -1)
        last = np.maximum.accumulate(np.where(both >= 0, np.arange(len(both)), -1))
        return np.asarray(np.where(last >= 0, both[last], -1), np.int64)

    @cached_property
    def two_sided(self) -> NDArray[np.bool_]:
        """Where both a bid and an ask stand, shape (rows,)."""
        return np.asarray(~(np.isnan(self.bid) | np.isnan(self.ask)), np.bool_)

    def weighted_mid(self) -> FloatArray:
        """Return the mid leaning to the side with less size, shape (rows,); NaN where a side or all size is missing."""
        total = self.bid_size + self.ask_size
        leaning = self.bid * self.ask_size + self.ask * self.bid_size
        return np.asarray(np.divide(leaning, total, out=np.full(len(self), np.nan), where=total > 0.0), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One side of a book seen by a buyer, row by row, in ten-thousandths and whole contracts.

    `best`/`size`: the best bid (0: none); `offer`/`offer_size`: what is offered against it (10000: nothing); `prints`:
    trades into this lane as (price, contracts) since the row before; `gone`: by how much the size at the best price of
    the row before, `gone_price`, has fallen without a trade on the tape.
    """

    best: list[int]
    size: list[int]
    offer: list[int]
    offer_size: list[int]
    prints: tuple[Prints, ...]
    gone_price: list[int]
    gone: list[int]
    taped: bool


def _lane(
    best: NDArray[np.int64],
    size: NDArray[np.int64],
    offer: NDArray[np.int64],
    offer_size: NDArray[np.int64],
    prints: tuple[Prints, ...],
    pulled: NDArray[np.bool_],
    *,
    taped: bool,
) -> Lane:
    before, size_before = np.append(0, best[:-1]), np.append(0, size[:-1])
    left = np.where(best == before, size, 0)
    # a better bid hides the level, and a book taken away as a whole has not traded
    unseen = (best > before) | (before == 0) | pulled
    gone = np.where(unseen, 0, np.maximum(size_before - left, 0))
    traded = [sum(count for price, count in row if price == at) for row, at in zip(prints, before, strict=True)]
    gone = np.maximum(gone - np.array(traded, np.int64), 0)
    return Lane(
        best.tolist(), size.tolist(), offer.tolist(), offer_size.tolist(), prints, before.tolist(), gone.tolist(), taped
    )


def _prints(book: Book, taker: float) -> tuple[Prints, ...]:
    """Return the trades of one kind of taker by the row at or before which they happened."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(len(book))]
    if book.tape is not None:
        tape = book.tape
        places = np.searchsorted(book.time, tape.time, side="left")
        for trade in np.flatnonzero((tape.taker == taker) & (places < len(book))).tolist():
            price = round(float(tape.price[trade]) * UNIT)
            rows[places[trade]].append((price, int(tape.size[trade])))
    return tuple(tuple(row) for row in rows)


def _units(prices: FloatArray, missing: int) -> NDArray[np.int64]:
    filled = np.where(np.isnan(prices), missing / UNIT, prices)
    return np.asarray(np.rint(filled * UNIT), np.int64)


def _contracts(sizes: FloatArray) -> NDArray[np.int64]:
    return np.asarray(np.floor(np.nan_to_num(sizes, nan=0.0)), np.int64)


def _column(values: Any) -> FloatArray:
    return np.array(values, np.float64)


def _same_length(columns: dict[str, FloatArray]) -> None:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidData(f"the columns have lengths {lengths}; they must be equal: pass one value for each row")


def _check_side(name: str, prices: FloatArray, sizes: FloatArray) -> None:
    there = ~np.isnan(prices)
    _refuse(there & ~((prices > 0.0) & (prices < 1.0)), prices, name, "lie strictly between 0 and 1 dollar")
    _refuse(there & (np.abs(prices * UNIT - np.rint(prices * UNIT)) > 1e-4), prices, name, "be a multiple of 0.0001")
    _refuse(there & ~(sizes >= 0.0), sizes, f"{name}_size", "be 0 contracts or more where there is a price")


def _refuse(bad: Sequence[bool] | NDArray[np.bool_], values: FloatArray, name: str, rule: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        raise InvalidData(f"{name} is {values[rows[0]]:g} in row {rows[0]}; it must {rule}")
