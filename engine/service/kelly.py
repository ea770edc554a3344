"""All that the Kelly page may ask: a bet, a contract, an asset or a record in, frozen views of the answers out.

Probabilities, stakes and growth are fractions of 1; money is in dollars, quotes of contracts in cents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.errors import InputError
from engine.risk.kelly import KellyCriterion, KellySize
from engine.risk.kelly_math import BinaryKelly, kelly_binary, payoff_ratio
from engine.service.kelly_asset import (
    ContinuousView,
    DriftRow,
    continuous,
    drift_rows,
    leverage_curve,
    leverage_falls,
    leverage_tolerance,
    outlook,
)
from engine.service.kelly_contract import (
    FEE_MODES,
    FEE_TYPES,
    ContractDoubtRow,
    ContractOrder,
    ContractView,
    contract,
    contract_doubt,
)
from engine.service.kelly_law import (
    LEVELS,
    NAMED,
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
    shrink_view,
    tolerance_view,
)
from engine.service.kelly_reading import (
    UNITS,
    TradeFile,
    TradeList,
    example_trades,
    paste_trades,
    run_trades,
    trade_file,
)
from engine.service.kelly_trades import RateRow, RecordView, record

ODDS = ("net", "decimal", "american", "fractional", "price")
_REFERENCE = ((0.55, 1.0), (0.60, 1.0), (0.50, 2.0), (0.40, 3.0))

__all__ = [
    "FEE_MODES",
    "FEE_TYPES",
    "LEVELS",
    "NAMED",
    "ODDS",
    "UNITS",
    "YOURS",
    "BetView",
    "ContinuousView",
    "ContractDoubtRow",
    "ContractOrder",
    "ContractView",
    "DoubtRow",
    "DriftRow",
    "FallView",
    "FanView",
    "GrowthMark",
    "GrowthView",
    "InputError",
    "KellySize",
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
    "drift_rows",
    "example_trades",
    "fall_view",
    "fan_view",
    "growth_view",
    "leverage_curve",
    "leverage_falls",
    "leverage_tolerance",
    "outlook",
    "paste_trades",
    "record",
    "reference",
    "run_trades",
    "shrink_view",
    "tolerance_view",
    "trade_file",
]


@dataclass(frozen=True, slots=True)
class BetView:
    """A binary bet with its size; `stake`, `win` and `loss` are dollars, `growth` is per bet at the position."""

    kelly: BinaryKelly
    law: Law
    size: KellySize
    stake: float
    win: float
    loss: float
    growth: float
    doubling_bets: float


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One line of the quick reference; stakes are fractions of the bankroll, growth is per bet at full Kelly."""

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
        growth=growth,
        doubling_bets=math.log(2.0) / growth if growth > 0.0 else math.nan,
    )


def reference() -> tuple[ReferenceRow, ...]:
    """Return the quick reference table."""
    rows = []
    for p, b in _REFERENCE:
        kelly = kelly_binary(p, b)
        full, half, quarter = (KellyCriterion(part, 1.0, 0.0).binary(p, b).position for part in NAMED.values())
        rows.append(ReferenceRow(p, b, full, half, quarter, kelly.growth))
    return tuple(rows)
