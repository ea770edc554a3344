"""Kelly through the depth of a book: how many contracts to buy at each price, and when the next is too dear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.checks import not_negative, number, positive, probability
from engine.core.errors import InvalidData
from engine.numerics.fees import TAKER_RATE


@dataclass(frozen=True, slots=True)
class LadderFill:
    """What to take of one level: `contracts` (may be fractional) at `price`, `cost` each with the unrounded fee."""

    price: float
    cost: float
    contracts: float


def ladder_kelly(
    p: float,
    levels: Sequence[tuple[Any, Any]],
    wealth_yes: float,
    wealth_no: float,
    rate: Any = TAKER_RATE,
) -> tuple[LadderFill, ...]:
    """Return full Kelly through offers (price, size) of YES, best first, given the wealth in either outcome.

    At each level p W_no / C - (1-p) W_yes / (1-C) contracts are wanted with the wealth the levels before it left; the
    first level that is not emptied is the last. Equal to the concave program over all levels at once.
    """
    p, yes, no = probability("p", p), positive("wealth_yes", wealth_yes), positive("wealth_no", wealth_no)
    taken: list[LadderFill] = []
    for price, room in _rising(levels):
        cost = price + float(rate) * price * (1.0 - price)
        wanted = p * no / cost - (1.0 - p) * yes / (1.0 - cost) if cost < 1.0 else 0.0
        contracts = min(room, max(0.0, wanted))
        if contracts > 0.0:
            taken.append(LadderFill(price, cost, contracts))
            yes, no = yes + contracts * (1.0 - cost), no - contracts * cost
        if contracts < room:
            break
    return tuple(taken)


def _rising(levels: Sequence[tuple[Any, Any]]) -> list[tuple[float, float]]:
    checked = [(number("price", float(offer)), not_negative("size", float(size))) for offer, size in levels]
    before = 0.0
    for price, _ in checked:
        if not before <= price < 1.0 or price <= 0.0:
            raise InvalidData(f"a level has the price {price:g}; offers rise from the best, inside (0, 1): sort them")
        before = price
    return checked
