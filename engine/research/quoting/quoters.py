"""What to quote: rules that turn a fair value and an inventory into two prices, knowing nothing of fills or queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.checks import not_negative, positive
from engine.research.quoting.closed_forms import logit_prices, optimal_spread, reservation_price


@dataclass(frozen=True, slots=True)
class View:
    """What a quoter knows at one row: nothing of it comes from a later row.

    `fair` is a probability, `inventory` the contracts held as far as fills were reported (negative: short), `moves` the
    deviation of the fair value's log-odds per square root of a second, `left` seconds to the close, `fee` dollars that
    a fill at the fair value costs a contract.
    """

    row: int
    fair: float
    inventory: int
    moves: float
    left: float
    fee: float


class Quoter(Protocol):
    """Anything that names a bid and an ask, in dollars and before rounding; NaN for a side it leaves empty."""

    def quotes(self, view: View) -> tuple[float, float]:
        """Return (bid, ask)."""
        ...


@dataclass(frozen=True, slots=True)
class LogitQuoter:
    """Quotes in log-odds: centre shifted by inventory x gamma x variance left, half spread `half` + `widen` x moves.

    `moves` fixes the deviation of the log-odds per square root of a second, None takes the view's; the variance left is
    capped at `most_variance`, because near the close an estimate from single ticks would swamp everything. With
    `after_fee` a quote must earn the maker fee too.
    """

    gamma: float = 0.02
    half: float = 0.06
    widen: float = 0.0
    moves: float | None = None
    most_variance: float = 1.0
    after_fee: bool = True

    def __post_init__(self) -> None:
        not_negative("gamma", self.gamma)
        positive("half", self.half)
        not_negative("widen", self.widen)
        positive("most_variance", self.most_variance)
        if self.moves is not None:
            not_negative("moves", self.moves)

    def quotes(self, view: View) -> tuple[float, float]:
        """Return the two prices around the shifted centre."""
        moves = view.moves if self.moves is None else self.moves
        variance = min(moves * moves * view.left, self.most_variance)
        half = self.half + self.widen * moves
        fee = view.fee if self.after_fee else 0.0
        _, bid, ask = logit_prices(view.fair, view.inventory * self.gamma * variance, half, fee)
        return bid, ask


@dataclass(frozen=True, slots=True)
class AvellanedaQuoter:
    """Quotes in dollars after Avellaneda and Stoikov 2008; the price moves by p (1 - p) times the log-odds' moves.

    `k` is per dollar: 100 means that one cent further out costs about two thirds of the fills.
    """

    gamma: float = 0.05
    k: float = 100.0
    most_variance: float = 0.05
    after_fee: bool = True

    def __post_init__(self) -> None:
        not_negative("gamma", self.gamma)
        positive("k", self.k)
        positive("most_variance", self.most_variance)

    def quotes(self, view: View) -> tuple[float, float]:
        """Return reservation price -+ half the optimal spread."""
        sigma = view.fair * (1.0 - view.fair) * view.moves
        variance = min(sigma * sigma * view.left, self.most_variance)
        centre = reservation_price(view.fair, view.inventory, self.gamma, 1.0, variance)
        half = 0.5 * optimal_spread(self.gamma, 1.0, self.k, variance) + (view.fee if self.after_fee else 0.0)
        return centre - half, centre + half


@dataclass(frozen=True, slots=True)
class OffsetQuoter:
    """The plain rule of bots on index brackets: fixed distances, and a tick of skew for every `per_tick` contracts."""

    below: float = 0.01
    above: float = 0.02
    per_tick: float = 10.0
    tick: float = 0.01

    def __post_init__(self) -> None:
        for name in ("below", "above", "per_tick", "tick"):
            positive(name, getattr(self, name))

    def quotes(self, view: View) -> tuple[float, float]:
        """Return fair value - `below` and + `above`, both moved against the inventory in whole ticks."""
        skew = self.tick * round(view.inventory / self.per_tick)
        return view.fair - self.below - skew, view.fair + self.above - skew


@dataclass(frozen=True, slots=True, eq=False)
class FixedQuotes:
    """A bid and an ask for every row, decided beforehand, each of shape (rows,): the same orders for every queue."""

    bid: NDArray[np.float64]
    ask: NDArray[np.float64]

    def quotes(self, view: View) -> tuple[float, float]:
        """Return the prices of the view's row."""
        return float(self.bid[view.row]), float(self.ask[view.row])
