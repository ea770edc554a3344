"""What to buy in a whole event: one belief of yours, the market's for what is left, sized together after fees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.core.errors import InvalidConfig
from engine.risk.joint import JointLimits, JointPlan, joint_kelly
from engine.risk.joint_event import JointEvent, JointMarket
from engine.service.kelly_law import Sizing

_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class QuotedMarket:
    """A market of an event as it is quoted; NaN where nobody is there."""

    ticker: str
    label: str
    bid: float
    ask: float

    @property
    def middle(self) -> float:
        """The market's own probability: the middle, with an empty side as far away as it can be."""
        bid = 0.0 if math.isnan(self.bid) else self.bid
        ask = 1.0 if math.isnan(self.ask) else self.ask
        return min(max(0.5 * (bid + ask), _LEAST), 1.0 - _LEAST)

    @property
    def offered(self) -> bool:
        """Whether anything can be bought at all."""
        return not (math.isnan(self.bid) and math.isnan(self.ask))


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One market of the plan; `alone` is the full Kelly of its better side taken alone, NaN without an offer.

    `side` is what to buy, or "" for nothing; `spent` is dollars with the fee.
    """

    market: QuotedMarket
    probability: float
    alone: float
    side: str
    price: float
    contracts: int
    fee: Decimal
    spent: Decimal


@dataclass(frozen=True, slots=True)
class EventPlan:
    """Stakes on all markets of an event together. Growth is per event, of the logarithm of the bankroll.

    `separate` is what the markets taken one by one would grow at full Kelly, `together` the joint optimum there.
    `worst` is the gain in dollars in the worst outcome of the whole contracts bought, fees included.
    """

    rows: tuple[PlannedRow, ...]
    spent: Decimal
    share: float
    growth: float
    together: float
    separate: float
    worst: Decimal

    @property
    def bets(self) -> int:
        """How many markets are bought."""
        return sum(1 for row in self.rows if row.contracts)


def shared_beliefs(
    markets: Sequence[QuotedMarket], ticker: str, p: float, *, exhaustive: bool = True
) -> dict[str, float]:
    """Return a probability of each outcome of an exclusive event: yours for one, the market's shares for the rest.

    Where one of the markets must settle YES (`exhaustive`) all sum to 1; otherwise none of them may, with what the
    middle prices leave of a dollar. A market without any quote has no share.
    """
    if not 0.0 < p < 1.0:
        raise InvalidConfig(f"your probability of {ticker} is {p:g}; nothing is certain: choose one inside (0, 1)")
    others = {market.ticker: market.middle for market in markets if market.ticker != ticker and market.offered}
    whole = math.fsum(others.values())
    own = next((market.middle for market in markets if market.ticker == ticker), 0.0)
    if not exhaustive:
        whole = max(whole, 1.0 - own)
    return {ticker: p} | {name: (1.0 - p) * middle / whole for name, middle in others.items()}


def event_plan(
    name: str,
    markets: Sequence[QuotedMarket],
    beliefs: Mapping[str, float],
    sizing: Sizing,
    max_event_pct: float = 0.20,
    rate: Decimal | float | str = "0.07",
    fee_mode: str = "direct",
) -> EventPlan:
    """Return what to buy in an event whose markets exclude each other, each with a belief."""
    listed = tuple(
        JointMarket(m.ticker, beliefs[m.ticker], _quote(m.bid), _quote(m.ask), Decimal(str(rate)))
        for m in markets
        if m.ticker in beliefs
    )
    limits = JointLimits(sizing.fraction, sizing.max_position_pct, max_event_pct, 1.0, 1.0, sizing.min_position_pct)
    plan = joint_kelly(JointEvent(name, listed), sizing.bankroll, limits, fee_mode)
    rows = tuple(_row(m, beliefs[m.ticker], plan, float(rate)) for m in markets if m.ticker in beliefs)
    share = float(plan.spent) / sizing.bankroll
    return EventPlan(
        rows, plan.spent, share, plan.growth, plan.full_growth, plan.separate_growth, _worst(rows, beliefs)
    )


def _worst(rows: Sequence[PlannedRow], beliefs: Mapping[str, float]) -> Decimal:
    """Return the least gain over all outcomes; that no market settles YES is one of them if it is believed possible."""
    against = sum(row.contracts for row in rows if row.side == "no")
    pays = [against + (row.contracts if row.side == "yes" else -row.contracts) for row in rows]
    if math.fsum(beliefs.values()) < 1.0 - 1e-9:
        pays.append(against)
    return Decimal(min(pays, default=0)) - sum((row.spent for row in rows), Decimal(0))


def _row(market: QuotedMarket, p: float, plan: JointPlan, rate: float) -> PlannedRow:
    bet = next((one for one in plan.bets if one.offer.ticker == market.ticker and one.contracts), None)
    alone = _alone(market, p, rate)
    if bet is None:
        return PlannedRow(market, p, alone, "", math.nan, 0, Decimal(0), Decimal(0))
    return PlannedRow(market, p, alone, bet.offer.side, float(bet.offer.price), bet.contracts, bet.fee, bet.spent)


def _alone(market: QuotedMarket, p: float, rate: float) -> float:
    found = []
    for chance, price in ((p, market.ask), (1.0 - p, 1.0 - market.bid)):
        if not math.isnan(price):
            cost = price + rate * price * (1.0 - price)
            found.append((chance - cost) / (1.0 - cost) if cost < 1.0 else -math.inf)
    return max(found, default=math.nan)


def _quote(price: float) -> Decimal | None:
    return None if math.isnan(price) else Decimal(repr(round(price, 4)))
