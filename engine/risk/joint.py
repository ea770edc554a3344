"""Kelly over many event contracts at once: the markets of an event share its outcomes, the events share the bankroll.

Per-market Kelly added up inside one event bets twice on the same outcome and misses every hedge; here one concave
problem has every outcome of every event as a state and every fee and half-spread in its odds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from engine.core.checks import fraction_of, positive, whole
from engine.core.errors import InvalidConfig
from engine.numerics.fees import kalshi_order_fee
from engine.risk.joint_event import EventStates, JointEvent, Offer, event_states, product_states
from engine.risk.joint_solver import Limit, LogOptimum, LogProblem, log_optimum

FloatArray = npt.NDArray[np.float64]

# more joint outcomes than this are drawn, not listed
MAX_STATES = 20_000


@dataclass(frozen=True, slots=True)
class JointLimits:
    """How much of the joint optimum is used, and at most how much goes where; all shares of bankroll but `fraction`.

    The fraction applies before the caps: caps re-optimise what is left inside them, they do not scale it. `clusters`
    names events that hang on one cause (one underlying, one model); they share `max_cluster_pct`.
    """

    fraction: float = 0.25
    max_position_pct: float = 0.10
    max_event_pct: float = 0.20
    max_cluster_pct: float = 0.20
    max_total_pct: float = 1.0
    min_position_pct: float = 0.0
    clusters: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        fraction_of("fraction", self.fraction, of="full Kelly")
        for name in ("max_position_pct", "max_event_pct", "max_cluster_pct", "max_total_pct"):
            fraction_of(name, getattr(self, name))
        fraction_of("min_position_pct", self.min_position_pct, zero=True)

    @classmethod
    def full_kelly(cls) -> JointLimits:
        """Return no restraint at all but that stakes are paid in cash."""
        return cls(1.0, 1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class JointBet:
    """One contract to buy: `stake` is a share of bankroll; `contracts`, `fee` and `spent` are whole and exact."""

    offer: Offer
    stake: float
    contracts: int
    fee: Decimal
    spent: Decimal

    @property
    def alone(self) -> float:
        """Full Kelly of this offer taken alone; below 0 for a hedge."""
        return self.offer.kelly


@dataclass(frozen=True, slots=True, eq=False)
class JointPlan:
    """What to buy in all events together, largest stake first.

    `growth` is the expected log growth of the stakes; `full_growth` that at full Kelly, never below `separate_growth`:
    full Kelly of each market alone, scaled into the same caps. `gap` bounds what any other stakes within the caps could
    add to `full_growth`. `worst_case` is the gain as a share of bankroll when every event ends at its worst.
    """

    bets: tuple[JointBet, ...]
    bankroll: float
    growth: float
    full_growth: float
    separate_growth: float
    worst_case: float
    gap: float
    states: int
    drawn: bool

    @property
    def total(self) -> float:
        """The share of bankroll staked."""
        return math.fsum(bet.stake for bet in self.bets)

    @property
    def spent(self) -> Decimal:
        """What the whole contracts cost with their fees, in dollars."""
        return sum((bet.spent for bet in self.bets), Decimal(0))


def joint_kelly(
    events: JointEvent | Sequence[JointEvent],
    bankroll: float,
    limits: JointLimits | None = None,
    fee_mode: str = "direct",
    scenarios: int = 20_000,
    seed: int = 0,
) -> JointPlan:
    """Return the stakes of largest expected log growth over all events, which are independent of each other.

    Up to 20,000 joint outcomes are listed, beyond that `scenarios` of them are drawn with `seed` and the plan says so.
    """
    bankroll, limits = positive("bankroll", bankroll), limits or JointLimits()
    listed = (events,) if isinstance(events, JointEvent) else tuple(events)
    _named_once(listed)
    # what is not worth a stake when its event stands alone is worth none beside independent others
    parts = [part for part in map(event_states, listed) if _worth_something(part)]
    offers = tuple(offer for part in parts for offer in part.offers)
    returns, chances, drawn = product_states(parts, MAX_STATES, whole("scenarios", scenarios), seed)
    if not offers:
        return JointPlan((), bankroll, 0.0, 0.0, 0.0, 0.0, 0.0, 1, drawn=False)
    best, problem = _solved(returns, chances, offers, limits)
    stakes = limits.fraction * best.stakes
    bets = [_bet(offer, float(f), bankroll, fee_mode) for offer, f in zip(offers, stakes, strict=True) if f > 0.0]
    return JointPlan(
        tuple(sorted(bets, key=lambda bet: -bet.stake)),
        bankroll,
        problem.growth(stakes),
        best.growth,
        problem.growth(_separate(offers, problem)),
        _worst(parts, stakes),
        best.gap,
        chances.size,
        drawn,
    )


def _solved(
    returns: FloatArray, chances: FloatArray, offers: Sequence[Offer], limits: JointLimits
) -> tuple[LogOptimum, LogProblem]:
    """Return the optimum under caps / fraction, without the bets whose fraction of it would be too small."""
    k = limits.fraction
    upper = np.full(len(offers), min(1.0, limits.max_position_pct / k))
    shared, total = _shared_limits(offers, limits), min(1.0, limits.max_total_pct / k)
    while True:
        problem = LogProblem.of(returns, chances, upper, shared, total)
        best = log_optimum(problem)
        stakes = k * best.stakes
        small = (stakes > 0.0) & (stakes < limits.min_position_pct)
        if not small.any():
            return best, problem
        # one at a time: without one bet another may come to matter
        upper[int(np.argmin(np.where(small, stakes, np.inf)))] = 0.0


def _shared_limits(offers: Sequence[Offer], limits: JointLimits) -> list[Limit]:
    clusters = limits.clusters or {}
    by_event, by_cluster = _grouped(o.event for o in offers), _grouped(clusters.get(o.event) for o in offers)
    caps = [(by_event, limits.max_event_pct), (by_cluster, limits.max_cluster_pct)]
    return [
        Limit(tuple(members), min(1.0, cap / limits.fraction)) for groups, cap in caps for members in groups.values()
    ]


def _grouped(names: Iterable[str | None]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name is not None:
            groups.setdefault(name, []).append(place)
    return groups


def _separate(offers: Sequence[Offer], problem: LogProblem) -> FloatArray:
    """Return full Kelly of each offer alone, capped, and scaled down where together they pass a limit."""
    stakes = np.minimum([max(0.0, offer.kelly) for offer in offers], problem.upper)
    for limit in problem.limits:
        members = list(limit.members)
        stakes[members] *= min(1.0, limit.cap / max(float(stakes[members].sum()), 1e-300))
    # one that stakes all on outcomes that may all fail would ruin
    return stakes * min(1.0, 0.999 / max(float(stakes.sum()), 1e-300))


def _worst(parts: Sequence[EventStates], stakes: FloatArray) -> float:
    worst, place = 0.0, 0
    for part in parts:
        worst += float((part.returns @ stakes[place : place + len(part.offers)]).min())
        place += len(part.offers)
    return worst


def _worth_something(part: EventStates) -> bool:
    if not part.offers:
        return False
    problem = LogProblem.of(part.returns, part.chances)
    return problem.gap(np.zeros(len(part.offers))) > 1e-13


def _bet(offer: Offer, stake: float, bankroll: float, mode: str) -> JointBet:
    """Return the most whole contracts whose price and rounded fee fit into the stake."""
    # the ninth decimal is float noise of the stake, not money
    budget = Decimal(repr(round(stake * bankroll, 9)))
    # a rounded fee is never below the exact one, so no more than this can fit
    contracts = int(float(budget) / offer.cost + 1e-9)
    while contracts and contracts * offer.price + _fee(contracts, offer, mode) > budget:
        contracts -= 1
    fee = _fee(contracts, offer, mode)
    return JointBet(offer, stake, contracts, fee, contracts * offer.price + fee)


def _fee(contracts: int, offer: Offer, mode: str) -> Decimal:
    return kalshi_order_fee(contracts, offer.price, offer.fee_rate, mode)


def _named_once(events: Sequence[JointEvent]) -> None:
    names = [event.name for event in events]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidConfig(f"event {twice} is given twice; its markets size together: pass them as one event")
