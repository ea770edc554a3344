"""What a run of quotes earned and why: an exact split of the P&L, markouts, and how the quotes fared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from engine.core.checks import positive
from engine.research.quoting.book import Book
from engine.research.quoting.grid import UNIT
from engine.research.quoting.simulator import QuoteFill, QuotingRun

FloatArray = NDArray[np.float64]
MARKOUTS = (1.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True, slots=True)
class PnlSplit:
    """A P&L in dollars as four parts that add up to it exactly; a cost is negative.

    `spread`: from the fill price to the mid before the fill; `adverse`: how the mid moved in the seconds after it, for
    us; `inventory`: from there to settlement; `fees`: what the venue took.
    """

    spread: Decimal = Decimal(0)
    adverse: Decimal = Decimal(0)
    inventory: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """The sum of the parts."""
        return self.spread + self.adverse + self.inventory + self.fees

    def __add__(self, other: PnlSplit) -> PnlSplit:
        return PnlSplit(
            self.spread + other.spread,
            self.adverse + other.adverse,
            self.inventory + other.inventory,
            self.fees + other.fees,
        )


@dataclass(frozen=True, slots=True)
class QuotingReport:
    """The figures of one run over one market; money in dollars, drawdown negative, shares of time from 0 to 1.

    `pnl` is cash plus settlement less fees, counted without the split. `markouts`: dollars a contract by which the mid
    lay on our side of the fill price so many seconds later. `fill_rate`: contracts filled of those placed. `capital`:
    the most that could have been lost at any time, which is what the venue holds. Ratios of nothing are NaN.
    """

    market: str
    queue: str
    pnl: Decimal
    split: PnlSplit
    markout: float
    markouts: Mapping[float, float] = field(repr=False)
    fills: int
    contracts: int
    contracts_placed: int
    orders: int
    orders_filled: int
    messages: int
    rejected: int
    time_quoted: float
    time_at_limit: float
    max_inventory: int
    inventory_at_close: int
    max_drawdown: float
    capital: float

    @property
    def fill_rate(self) -> float:
        """Contracts filled as a share of contracts placed."""
        return self.contracts / self.contracts_placed if self.contracts_placed else math.nan


def report(run: QuotingRun, markout: float = 15.0, horizons: Sequence[float] = MARKOUTS) -> QuotingReport:
    """Return the figures of a run; `markout` seconds part adverse selection from inventory."""
    positive("markout", markout)
    fills, contracts = run.fills, sum(fill.contracts for fill in run.fills)
    equity = equity_curve(run)
    peaks = np.maximum.accumulate(equity)
    return QuotingReport(
        market=run.book.name,
        queue=run.queue.name,
        pnl=_final_cash(run),
        split=split_pnl(run, markout),
        markout=markout,
        markouts={h: _markout(run.book, fills, positive("horizon", h), contracts) for h in horizons},
        fills=len(fills),
        contracts=contracts,
        contracts_placed=run.contracts_placed,
        orders=run.orders,
        orders_filled=len({fill.order for fill in fills}),
        messages=run.messages,
        rejected=run.rejected,
        time_quoted=_share_of_time(run, run.live == 2),
        time_at_limit=_share_of_time(run, np.abs(np.append(0, run.position[:-1])) >= run.rules.limit),
        max_inventory=int(np.abs(run.position).max()),
        inventory_at_close=int(run.position[-1]),
        max_drawdown=float((equity - peaks).min()),
        capital=_capital(run),
    )


def split_pnl(run: QuotingRun, markout: float) -> PnlSplit:
    """Return the P&L in its parts, exactly, by the mids of the book (last two-sided row) and the settlement."""
    parts = PnlSplit(fees=-sum((fill.fee for fill in run.fills), Decimal(0)))
    payout = _payout(run.book)
    for fill in run.fills:
        count = Decimal(fill.side * fill.contracts)
        before, later = _mid(run.book, fill.row - 1), _mid_at(run.book, fill.time + markout)
        parts += PnlSplit(
            spread=count * (before - Decimal(fill.price) / UNIT),
            adverse=count * (later - before),
            inventory=count * (payout - later),
        )
    return parts


def equity_curve(run: QuotingRun) -> FloatArray:
    """Return cash plus position at the mid less fees, in dollars, shape (rows + 2,), from 0 to settlement."""
    mids = np.maximum(run.book.marks, 0) / (2.0 * UNIT)
    marked = run.cash / UNIT + run.position * mids - run.fees
    return np.concatenate(([0.0], marked, [float(_final_cash(run))]))


def _final_cash(run: QuotingRun) -> Decimal:
    fees = sum((fill.fee for fill in run.fills), Decimal(0))
    return Decimal(int(run.cash[-1])) / UNIT + int(run.position[-1]) * _payout(run.book) - fees


def _payout(book: Book) -> Decimal:
    return Decimal(repr(float(book.payout)))


def _mid(book: Book, row: int) -> Decimal:
    return Decimal(int(book.marks[row])) / (2 * UNIT)


def _mid_at(book: Book, time: float) -> Decimal:
    """Return the last mid known at a time, the settlement from the close on."""
    if time >= book.close:
        return _payout(book)
    return _mid(book, int(np.searchsorted(book.time, time, side="right")) - 1)


def _markout(book: Book, fills: Sequence[QuoteFill], horizon: float, contracts: int) -> float:
    if not contracts:
        return math.nan
    earned = sum(
        fill.side * fill.contracts * (_mid_at(book, fill.time + horizon) - Decimal(fill.price) / UNIT) for fill in fills
    )
    return float(earned / contracts)


def _share_of_time(run: QuotingRun, during: NDArray[np.bool_]) -> float:
    """Return the share of the recorded time for which something held between two rows; NaN for a single row."""
    spans = np.diff(run.book.time)
    return float(spans[during[1:]].sum() / spans.sum()) if len(spans) else math.nan


def _capital(run: QuotingRun) -> float:
    money = run.cash / UNIT - run.fees
    worst = np.minimum(money, money + run.position)
    return float(max(0.0, -worst.min()))
