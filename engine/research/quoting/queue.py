"""Where an order stands in a queue that a top of book shows only in part: one fill rule, and a range of assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from engine.core.checks import share
from engine.numerics.fees import OrderFees
from engine.research.quoting.book import Lane

_UNSEEN = 2**62  # contracts ahead at a level whose size nobody has shown yet


@dataclass(frozen=True, slots=True)
class QueueModel:
    """What is assumed of the queue, each a share from 0 (against us) to 1 (for us), but `hidden` (1 is against us).

    `traded`: of a fall of the best size without a tape, how much were trades; `cancelled_ahead`: of cancels, how much
    stood ahead of us; `hidden`: of a level first shown after we joined it, how much is ahead of us.
    """

    name: str
    traded: float
    cancelled_ahead: float
    hidden: float

    def __post_init__(self) -> None:
        for key in ("traded", "cancelled_ahead", "hidden"):
            share(key, getattr(self, key))

    @property
    def words(self) -> str:
        """The assumption in a sentence."""
        return (
            f"{self.name}: an order joins behind all that is shown; {self.cancelled_ahead:.0%} of cancels were ahead of"
            f" it; without a tape {self.traded:.0%} of a fall of the best size were trades; {self.hidden:.0%} of a"
            " level that comes into sight later is ahead of it."
        )


PESSIMISTIC = QueueModel("pessimistic", traded=0.0, cancelled_ahead=0.0, hidden=1.0)
MIDDLE = QueueModel("middle", traded=0.5, cancelled_ahead=0.5, hidden=0.5)
OPTIMISTIC = QueueModel("optimistic", traded=1.0, cancelled_ahead=1.0, hidden=0.0)
QUEUES = (PESSIMISTIC, MIDDLE, OPTIMISTIC)


@dataclass(slots=True)
class Resting:
    """One live order of a run: its price in the lane, what is left of it, and how many contracts stand ahead of it."""

    number: int
    price: int
    left: int
    ahead: int
    seen: bool
    since: float
    crossed: int = 0
    fees: OrderFees = field(default_factory=OrderFees)


def join(lane: Lane, row: int, price: int) -> tuple[int, bool]:
    """Return (contracts ahead, whether the level is in sight) for an order that arrives when `row` is the book."""
    if price > lane.best[row]:
        return 0, True
    if price == lane.best[row]:
        return lane.size[row], True
    return _UNSEEN, False


def hit(order: Resting, lane: Lane, row: int, queue: QueueModel) -> int:
    """Return how many contracts of a resting order the change to `row` fills, and move the order along its queue.

    Rules: what traded below our price, or was offered at or below it, meets us first, up to its own size; what traded
    at our price meets those ahead of us first. No lot fills us twice.
    """
    through, at, cancelled = _traded(order, lane, row, queue)
    if through > 0:
        order.ahead = 0
    served = min(order.ahead, at)
    order.ahead -= served
    filled = min(order.left, through + at - served)
    order.ahead -= min(order.ahead, math.floor(queue.cancelled_ahead * cancelled))
    _look(order, lane, row, queue)
    if lane.offer[row] <= order.price:
        crossing = min(order.left - filled, max(0, lane.offer_size[row] - order.crossed))
        order.crossed += crossing
        filled += crossing
    order.left -= filled
    return filled


def _traded(order: Resting, lane: Lane, row: int, queue: QueueModel) -> tuple[int, int, int]:
    """Return contracts traded through our price, traded at it, and cancelled at it."""
    through = sum(count for price, count in lane.prints[row] if price < order.price)
    at = sum(count for price, count in lane.prints[row] if price == order.price)
    gone, place = lane.gone[row], lane.gone_price[row]
    inferred = 0 if lane.taped else math.floor(queue.traded * gone)
    if place < order.price:
        return through + inferred, at, 0
    if place == order.price:
        return through, at + inferred, gone - inferred
    return through, at, 0


def _look(order: Resting, lane: Lane, row: int, queue: QueueModel) -> None:
    """Take note of what the row shows at our price: never more is ahead of us than that."""
    if lane.best[row] < order.price:
        order.ahead, order.seen = 0, True
    elif lane.best[row] == order.price:
        shown = lane.size[row] if order.seen else math.ceil(queue.hidden * lane.size[row])
        order.ahead, order.seen = min(order.ahead, shown), True
