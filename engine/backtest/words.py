"""Sizing, limits and costs in words, for whoever reads a result."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.costs import Costs
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import RiskManager, Sizer
from engine.risk.sizing import FixedFraction

_FRACTIONS = {0.25: "quarter Kelly", 0.5: "half Kelly", 1.0: "full Kelly"}


def sizing_words(sizer: Sizer) -> str:
    """Return how large a position is, in words."""
    if isinstance(sizer, KellyCriterion):
        name = _FRACTIONS.get(sizer.fraction, f"{sizer.fraction:g} of Kelly")
        return f"{name}, {sizer.min_position_pct:.3g} to {sizer.max_position_pct:.3g} of equity"
    if isinstance(sizer, FixedFraction):
        return f"{sizer.fraction:.3g} of equity" + (", measured at the fill" if sizer.at_fill else "")
    return f"{sizer.quantity:g} units"


def limit_words(risk: RiskManager) -> str:
    """Return the limits that are on, in words."""
    found = []
    if risk.max_drawdown_pct is not None:
        again = f", again after {risk.cooldown_bars} bars" if risk.cooldown_bars is not None else ""
        found.append(f"halt at {risk.max_drawdown_pct:.3g} drawdown ({risk.drawdown_kind.replace('_', ' ')}){again}")
    if risk.daily_loss_limit_pct is not None:
        found.append(f"no entries after losing {risk.daily_loss_limit_pct:.3g} in a day ({risk.on_daily_loss})")
    if risk.max_open_positions is not None:
        found.append(f"at most {risk.max_open_positions} positions")
    if risk.max_position_pct is not None:
        found.append(f"a position at most {risk.max_position_pct:.3g} of equity")
    if risk.max_volatility is not None:
        found.append(f"volatility at most {risk.max_volatility:.3g} a bar")
    if risk.max_cluster_pct is not None:
        found.append(f"a correlated cluster at most {risk.max_cluster_pct:.3g} of equity")
    if risk.max_consecutive_losses is not None:
        found.append(f"a pause after {risk.max_consecutive_losses} losses in a row")
    found.append(f"gross exposure at most {risk.max_gross_exposure:.3g} x equity")
    return ", ".join(found)


def cost_words(costs: Costs) -> str:
    """Return what trading costs, in words."""
    found = []
    if costs.fee_rate:
        found.append(f"fee {costs.fee_rate:.3g} of notional")
    if costs.fee_per_share:
        found.append(f"fee {costs.fee_per_share:g} a share")
    if costs.min_fee:
        found.append(f"at least {costs.min_fee:g} a fill")
    if costs.slippage_rate:
        found.append(f"slippage {costs.slippage_rate:.3g} of the price")
    if costs.slippage_range:
        found.append(f"slippage {costs.slippage_range:.3g} of the bar's range")
    if costs.max_volume_share:
        found.append(f"at most {costs.max_volume_share:.3g} of a bar's volume")
    return ", ".join(found) or "none"


def named(symbols: Sequence[str], most: int = 4) -> str:
    """Return symbols in words: all of a few, or how many there are and the first of them."""
    if len(symbols) <= most:
        return ", ".join(symbols)
    return f"{len(symbols)} symbols ({', '.join(symbols[: most - 1])} ...)"
