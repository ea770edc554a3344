"""Closed forms inside one event whose outcomes exclude each other: YES stakes, free money, the worst outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.checks import number, probability
from engine.core.errors import InvalidData

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ExclusiveKelly:
    """Full Kelly over YES contracts of one event; `reserve` is what wealth falls to when no chosen outcome happens."""

    stakes: FloatArray
    reserve: float
    chosen: tuple[int, ...]
    growth: float

    @property
    def arbitrage(self) -> bool:
        """Whether one of the chosen outcomes is sure to pay: then the depth of the book is the size, not Kelly."""
        return bool(self.chosen) and self.reserve <= 1e-12


@dataclass(frozen=True, slots=True)
class Arbitrage:
    """What buying one contract of every outcome on one side earns for sure, in dollars, after fees; `found` if > 0."""

    profit: float
    outlay: float

    @property
    def found(self) -> bool:
        """Whether a set costs less than the least it pays."""
        # a profit below a billionth of a dollar is rounding of the sum
        return self.profit > 1e-9

    @property
    def rate(self) -> float:
        """Profit per dollar spent."""
        return self.profit / self.outlay if self.outlay > 0.0 else math.nan


def kelly_exclusive(p: Sequence[float], cost: Sequence[float | None]) -> ExclusiveKelly:
    """Return the stakes of largest growth on outcomes of which exactly one happens (Smoczynski-Tomkins 2010).

    `p` sums to 1 over all outcomes, traded or not; `cost` is the all-in price of YES, None where it is not offered.
    An outcome whose p is below its cost is bought when it hedges the others: p / cost above the reserve. Where all
    outcomes cost less than the 1 they pay, everything is staked and `arbitrage` says so.
    """
    chances = partition(p)
    if len(cost) != len(chances):
        raise InvalidData(f"{len(chances)} outcomes and {len(cost)} costs; each outcome has one: pass None if untraded")
    offered = {i: _price(f"cost {i + 1}", c) for i, c in enumerate(cost) if c is not None}
    chosen: list[int] = []
    reserve, p_in, c_in = 1.0, 0.0, 0.0
    for i in sorted(offered, key=lambda i: -chances[i] / offered[i]):
        if chances[i] / offered[i] <= reserve:
            break
        chosen.append(i)
        p_in, c_in = p_in + chances[i], c_in + offered[i]
        reserve = max(0.0, 1.0 - p_in) / (1.0 - c_in)
    stakes = np.zeros(len(chances))
    for i in chosen:
        stakes[i] = chances[i] - reserve * offered[i]
    return ExclusiveKelly(stakes, reserve, tuple(sorted(chosen)), _growth(chances, stakes, offered))


def arbitrage_yes(costs: Sequence[float], exhaustive: bool = True) -> Arbitrage:
    """Return what a YES of every outcome earns for sure; nothing when the listed outcomes may all fail."""
    outlay = sum(_price(f"cost {i + 1}", c) for i, c in enumerate(costs))
    return Arbitrage((1.0 if exhaustive else 0.0) - outlay, outlay)


def arbitrage_no(costs: Sequence[float]) -> Arbitrage:
    """Return what a NO of every listed outcome earns for sure: at most one of m outcomes happens, so m - 1 pay."""
    outlay = sum(_price(f"cost {i + 1}", c) for i, c in enumerate(costs))
    return Arbitrage(len(costs) - 1 - outlay, outlay)


def worst_of_event(
    yes: Sequence[float], no: Sequence[float], yes_cost: Sequence[float], no_cost: Sequence[float], other: bool = True
) -> float:
    """Return the gain in the worst outcome of holding contracts of one event, in dollars; usually negative.

    All arguments have one entry an outcome; `other` says that none of the listed outcomes may happen. This is the
    least over outcomes of the whole position, which is less than the losses of each market added up.
    """
    held, against = np.asarray(yes, np.float64), np.asarray(no, np.float64)
    outlay = float(held @ np.asarray(yes_cost, np.float64) + against @ np.asarray(no_cost, np.float64))
    pays = held + against.sum() - against
    if other:
        pays = np.append(pays, against.sum())
    return float(pays.min()) - outlay


def partition(p: Sequence[float], name: str = "the probabilities") -> list[float]:
    """Return probabilities of outcomes of which exactly one happens, or refuse them."""
    chances = [probability(f"probability {i + 1}", value) for i, value in enumerate(p)]
    if not chances or abs(math.fsum(chances) - 1.0) > 1e-9:
        raise InvalidData(
            f"{name} sum to {math.fsum(chances):g}; over all outcomes of an event they must sum to 1: "
            "add the outcome 'none of these' or rescale them"
        )
    return chances


def _price(name: str, value: float) -> float:
    if not 0.0 < number(name, value) < 1.0:
        raise InvalidData(f"{name} is {value}; with its fee it must lie between 0 and 1 dollar: pass None if untraded")
    return float(value)


def _growth(chances: list[float], stakes: FloatArray, offered: dict[int, float]) -> float:
    cash = 1.0 - float(stakes.sum())
    growth = 0.0
    for i, chance in enumerate(chances):
        if chance > 0.0:
            growth += chance * math.log(cash + (stakes[i] / offered[i] if i in offered else 0.0))
    return growth
