"""All that the Kelly page may ask: a bet, a contract, an asset or a record in, frozen views of the engine's answers out.

Probabilities, fractions and growth are fractions of 1; money is in dollars, quotes of contracts in cents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from engine.core.errors import InputError
from engine.numerics.fees import MAKER_SHARE, ORDER_UNITS, kalshi_rate
from engine.risk.checks import number
from engine.risk.contract import ContractKelly, ContractTicket, contract_kelly, size_contract
from engine.risk.growth import (
    kelly_fraction_for_drawdown,
    prob_min_wealth_below,
    prob_reach,
    terminal_wealth,
)
from engine.risk.kelly import KellyCriterion, KellySize
from engine.risk.kelly_math import (
    BinaryKelly,
    ContinuousKelly,
    arithmetic_drift,
    kelly_binary,
    kelly_continuous,
    payoff_ratio,
)
from engine.service.kelly_law import (
    LEVELS,
    NAMED,
    SHIFTS,
    YOURS,
    DoubtRow,
    FallView,
    FanView,
    GrowthMark,
    GrowthView,
    Law,
    ShrinkView,
    Sizing,
    ToleranceView,
    doubt_rows,
    fall_view,
    fan_view,
    growth_view,
    marks,
    shrink_view,
    tolerance_view,
)
from engine.service.kelly_trades import (
    UNITS,
    RateRow,
    RecordView,
    TradeFile,
    TradeList,
    example_trades,
    last_trades,
    paste_trades,
    record,
    trade_file,
)

__all__ = [
    "FEE_MODES",
    "FEE_TYPES",
    "LEVELS",
    "NAMED",
    "ODDS",
    "SHIFTS",
    "UNITS",
    "YOURS",
    "BetView",
    "ContinuousView",
    "ContractOrder",
    "ContractView",
    "DoubtRow",
    "DriftRow",
    "FallView",
    "FanView",
    "GrowthMark",
    "GrowthView",
    "InputError",
    "Law",
    "RateRow",
    "RecordView",
    "ReferenceRow",
    "ShrinkView",
    "Sizing",
    "ToleranceView",
    "TradeFile",
    "TradeList",
    "bet",
    "continuous",
    "contract",
    "contract_doubt",
    "doubt_rows",
    "example_trades",
    "fall_view",
    "fan_view",
    "growth_view",
    "last_trades",
    "paste_trades",
    "record",
    "reference",
    "shrink_view",
    "tolerance_view",
    "trade_file",
]

ODDS = ("net", "decimal", "american", "fractional", "price")
FEE_TYPES = tuple(MAKER_SHARE)
FEE_MODES = tuple(reversed(ORDER_UNITS))
_REFERENCE = ((0.55, 1.0), (0.60, 1.0), (0.50, 2.0), (0.40, 3.0))
_FAN_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class BetView:
    """A binary bet with its size; `stake`, `win` and `loss` are dollars, `growth` is per bet at the position."""

    kelly: BinaryKelly
    law: Law
    size: KellySize
    stake: float
    win: float
    loss: float
    multiple: float
    growth: float
    doubling_bets: float


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

    `side`, `price` and `probability` are those of the better side even where nothing is bought; `law` is None where
    nothing is offered. `position` is the share of bankroll really spent.
    """

    ticket: ContractTicket
    side: str
    price: Decimal
    probability: float
    edge: ContractKelly | None
    law: Law | None
    position: float
    multiple: float
    growth: float


@dataclass(frozen=True, slots=True)
class DriftRow:
    """The sizing if the drift were `mu`, and how the exposure chosen for the first estimate would then grow a year."""

    shift: float
    mu: float
    size: KellySize
    exposure: float
    growth_of_yours: float


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousView:
    """An asset with its size; `exposure` is dollars, growth and volatility are per year.

    `full_without_correction` is the Kelly one gets by taking a log mean for the drift, NaN where none was given.
    `within` is P(ever <= level x start) within `years` for each of `LEVELS`, cash at 0.
    """

    kelly: ContinuousKelly
    size: KellySize
    exposure: float
    multiple: float
    growth: float
    volatility: float
    full_without_correction: float
    double_before_half: float
    growth_view: GrowthView
    falls: FallView
    within: tuple[float, ...]
    steps: np.ndarray
    quantiles: tuple[float, ...]
    bands: np.ndarray
    p_loss: float
    drifts: tuple[DriftRow, ...]


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One line of the quick reference; fractions of the bankroll."""

    p: float
    b: float
    full: float
    half: float
    quarter: float
    growth: float


def bet(
    p: float, odds: float | str, sizing: Sizing, *, kind: str = "net", a: float = 1.0, cost: float = 0.0
) -> BetView:
    """Return the size of a bet at odds of a kind, of which a loss takes `a` of the stake; `cost` is per unit staked."""
    kelly = kelly_binary(p, payoff_ratio(odds, kind), a, cost)
    law = Law(kelly.p, kelly.b, kelly.a)
    size = sizing.criterion.size(kelly.raw)
    stake = sizing.dollars(size.position)
    growth = law.growth(size.position)
    return BetView(
        kelly=kelly,
        law=law,
        size=size,
        stake=stake,
        win=stake * law.b,
        loss=stake * law.a,
        multiple=law.multiple(size.position),
        growth=growth,
        doubling_bets=math.log(2.0) / growth if growth > 0.0 else math.nan,
    )


def contract(p: float, order: ContractOrder, sizing: Sizing) -> ContractView:
    """Return the ticket for a YES probability: against the quote, or resting at the better price of either side."""
    ticket = _ticket(p, order, sizing)
    offers = _offers(p, order)
    if not offers:
        return ContractView(ticket, "none", Decimal(0), math.nan, None, None, 0.0, math.nan, 0.0)
    edges = {side: contract_kelly(chance, price, order.rate) for side, (price, chance) in offers.items()}
    side = ticket.side if ticket.contracts else max(edges, key=lambda name: edges[name].edge)
    (price, chance), edge = offers[side], edges[side]
    position = float(ticket.stake) / sizing.bankroll
    law = Law(chance, (1.0 - edge.cost) / edge.cost) if edge.cost < 1.0 else None
    multiple = law.multiple(position) if law else math.nan
    return ContractView(
        ticket, side, price, chance, edge, law, position, multiple, law.growth(position) if law else 0.0
    )


def contract_doubt(p: float, order: ContractOrder, sizing: Sizing) -> tuple[tuple[float, ContractTicket], ...]:
    """Return the tickets for YES probabilities some points off, as far as they are probabilities."""
    return tuple((p + shift, _ticket(p + shift, order, sizing)) for shift in SHIFTS if 0.0 < p + shift < 1.0)


def continuous(
    mean: float, sigma: float, r: float, sizing: Sizing, *, log_mean: bool = False, years: float = 10.0
) -> ContinuousView:
    """Return the leverage of an asset with yearly mean, volatility and cash rate; `log_mean`: of log returns."""
    mu = arithmetic_drift(mean, sigma) if log_mean else mean
    kelly = kelly_continuous(mu, sigma, r)
    size = sizing.criterion.size(kelly.raw)
    multiple = size.position / kelly.raw if kelly.raw > 0.0 else 0.0
    steps = np.linspace(0.0, years, 61)
    laws = [terminal_wealth(multiple, kelly.sharpe, float(t), r) for t in steps[1:]]
    ends = np.array([[1.0, 1.0, 1.0], *([law.q05, law.median, law.q95] for law in laws)]).T
    return ContinuousView(
        kelly=kelly,
        size=size,
        exposure=sizing.dollars(size.position),
        multiple=multiple,
        growth=kelly.growth(size.position),
        volatility=size.position * sigma,
        full_without_correction=kelly_continuous(mean, sigma, r).raw if log_mean else math.nan,
        double_before_half=float(prob_reach(2.0, 0.5, multiple)) if multiple > 0.0 else math.nan,
        growth_view=_leverage_curve(kelly, size.position),
        falls=fall_view(multiple),
        within=tuple(prob_min_wealth_below(multiple, max(kelly.sharpe, 0.0), years, level) for level in LEVELS),
        steps=steps,
        quantiles=_FAN_QUANTILES,
        bands=ends * sizing.bankroll,
        p_loss=laws[-1].p_loss,
        drifts=tuple(_drift_row(kelly, shift, size.position, sizing) for shift in SHIFTS),
    )


def tolerated_leverage(kelly: ContinuousKelly, alpha: float, beta: float) -> float:
    """Return the leverage for P(ever below alpha x the start) <= beta; 0 without an edge."""
    return kelly_fraction_for_drawdown(alpha, beta).multiple * kelly.kelly


def reference() -> tuple[ReferenceRow, ...]:
    """Return the quick reference table."""
    rows = []
    for p, b in _REFERENCE:
        kelly = kelly_binary(p, b)
        sizes = [KellyCriterion(part, 1.0, 0.0).size(kelly.raw).position for part in NAMED.values()]
        rows.append(ReferenceRow(p, b, *sizes, growth=kelly.growth))
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
            p, yes_bid, yes_ask, sizing.bankroll, sizing.fraction, sizing.max_position_pct, order.fee_mode,
            order.rate, sizing.min_position_pct,
        )  # fmt: skip

    at_quote = size(bid, ask)
    if not order.resting:
        return at_quote
    yes, no = size(None, bid), size(ask, None)
    best = max(yes, no, key=lambda one: -math.inf if math.isnan(one.full_kelly) else one.full_kelly)
    return replace(best, yes_break_even=yes.yes_break_even, no_break_even=no.no_break_even)


def _dollars(cents: float) -> Decimal:
    return Decimal(repr(round(number("price in cents", cents), 4))) / 100


def _leverage_curve(kelly: ContinuousKelly, position: float) -> GrowthView:
    end = 2.3 * kelly.raw if kelly.raw > 0.0 else 1.0
    leverage = np.linspace(0.0, max(end, position), 241)
    places = {name: part * kelly.raw for name, part in NAMED.items()} if kelly.raw > 0.0 else {}
    if places:
        places["Twice Kelly, no better than cash"] = 2.0 * kelly.raw
    growth = np.array([kelly.growth(float(f)) for f in leverage])
    return GrowthView(leverage, growth, marks(places, position, kelly.growth))


def _drift_row(kelly: ContinuousKelly, shift: float, position: float, sizing: Sizing) -> DriftRow:
    other = kelly_continuous(kelly.mu + shift, kelly.sigma, kelly.r)
    size = sizing.criterion.size(other.raw)
    return DriftRow(shift, other.mu, size, sizing.dollars(size.position), other.growth(position))
