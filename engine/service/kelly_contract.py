"""The order ticket of the Kelly page: a quote in cents and a probability in, what to send or why not to out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.checks import number
from engine.numerics.fees import MAKER_SHARE, ORDER_UNITS, kalshi_rate
from engine.risk.contract import ContractKelly, ContractTicket, contract_kelly, size_contract
from engine.service.kelly_law import SHIFTS, Law, Sizing

FEE_TYPES = tuple(MAKER_SHARE)
# what an API member pays comes first, the cautious schedule second
FEE_MODES = tuple(sorted(ORDER_UNITS, key=lambda mode: ORDER_UNITS[mode]))


@dataclass(frozen=True, slots=True)
class ContractOrder:
    """A quote in cents (0 bid or 100 ask: nobody there) with the kind of order and what it is charged."""

    yes_bid: float
    yes_ask: float
    resting: bool = False
    fee_type: str = "quadratic"
    multiplier: float = 1.0
    fee_mode: str = "direct"

    @property
    def rate(self) -> Decimal:
        """The rate of the fee rate x contracts x P x (1 - P)."""
        scale = Decimal(repr(round(number("multiplier", self.multiplier), 4)))
        return kalshi_rate(self.fee_type, not self.resting, scale)


@dataclass(frozen=True, slots=True)
class ContractView:
    """The ticket, and the bet it stands for.

    `side`, `price` and `probability` are those of the better side even where nothing is bought; `edge` and `law` are
    None where nothing is offered. `position` is the share of bankroll really spent, `growth` what it grows a bet.
    """

    ticket: ContractTicket
    side: str
    price: Decimal
    probability: float
    edge: ContractKelly | None
    law: Law | None
    position: float
    growth: float


@dataclass(frozen=True, slots=True)
class ContractDoubtRow:
    """The ticket if the YES probability were `p`, and how the stake of the first ticket would then grow a bet."""

    shift: float
    p: float
    ticket: ContractTicket
    growth_of_yours: float


def contract(p: float, order: ContractOrder, sizing: Sizing) -> ContractView:
    """Return the ticket for a YES probability: against the quote, or resting at the best price of either side."""
    ticket = _ticket(p, order, sizing)
    offers = _offers(p, order)
    if not offers:
        return ContractView(ticket, "none", Decimal(0), math.nan, None, None, 0.0, 0.0)
    edges = {side: contract_kelly(chance, price, order.rate) for side, (price, chance) in offers.items()}
    side = ticket.side if ticket.contracts else max(edges, key=lambda name: edges[name].raw)
    (price, chance), edge = offers[side], edges[side]
    law = Law(chance, (1.0 - edge.cost) / edge.cost)
    position = float(ticket.stake) / sizing.bankroll
    return ContractView(ticket, side, price, chance, edge, law, position, law.growth(position))


def contract_doubt(p: float, order: ContractOrder, sizing: Sizing, view: ContractView) -> tuple[ContractDoubtRow, ...]:
    """Return the tickets for YES probabilities some points off, as far as they are probabilities."""
    rows = []
    for shift in SHIFTS:
        other = p + shift
        if view.law is not None and 0.0 < other < 1.0:
            chance = other if view.side == "yes" else 1.0 - other
            growth = replace(view.law, p=chance).growth(view.position)
            rows.append(ContractDoubtRow(shift, other, _ticket(other, order, sizing), growth))
    return tuple(rows)


def _offers(p: float, order: ContractOrder) -> dict[str, tuple[Decimal, float]]:
    """Return price in dollars and chance of each side that can be bought; a resting order joins the best price."""
    bid, ask = _dollars(order.yes_bid), _dollars(order.yes_ask)
    yes, no = (bid, 1 - ask) if order.resting else (ask, 1 - bid)
    both = {"yes": (yes, p), "no": (no, 1.0 - p)}
    return {side: offer for side, offer in both.items() if 0 < offer[0] < 1}


def _ticket(p: float, order: ContractOrder, sizing: Sizing) -> ContractTicket:
    bid, ask = _dollars(order.yes_bid), _dollars(order.yes_ask)

    def size(yes_bid: Decimal | None, yes_ask: Decimal | None) -> ContractTicket:
        return size_contract(
            p,
            yes_bid,
            yes_ask,
            sizing.bankroll,
            fraction=sizing.fraction,
            max_fraction=sizing.max_position_pct,
            fee_mode=order.fee_mode,
            rate=order.rate,
            min_fraction=sizing.min_position_pct,
        )

    at_quote = size(bid, ask)
    if not order.resting:
        return at_quote
    # buying YES at the bid, or NO at what the ask leaves of a dollar
    yes, no = size(None, bid), size(ask, None)
    best = max(yes, no, key=lambda one: -math.inf if math.isnan(one.full_kelly) else one.full_kelly)
    return replace(best, yes_break_even=yes.yes_break_even, no_break_even=no.no_break_even)


def _dollars(cents: float) -> Decimal:
    return Decimal(repr(round(number("price in cents", cents), 4))) / 100
