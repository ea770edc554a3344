"""Sizes that need no edge (fixed fraction or quantity, risk to a stop, volatility target) and the pipeline of all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.core.checks import fraction_of, not_negative, number, positive


@dataclass(frozen=True, slots=True)
class FixedFraction:
    """Put the same fraction of equity into every position.

    The quantity is fixed at the decision; with `at_fill` it is measured again at the price and equity of the fill, so
    that `FixedFraction(1.0, at_fill=True)` is all-in: cost and fee together are the cash there is.
    """

    fraction: float = 0.10
    at_fill: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fraction", fraction_of("fraction", self.fraction))


@dataclass(frozen=True, slots=True)
class FixedQuantity:
    """Buy or sell the same number of shares, coins or contracts every time."""

    quantity: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", positive("quantity", self.quantity))


@dataclass(frozen=True, slots=True)
class StopSize:
    """A quantity whose loss at the stop is the risk wanted, or a little less for whole lots."""

    quantity: float
    notional: float
    risk: float


@dataclass(frozen=True, slots=True)
class PipelineSize:
    """The outcome of several size limits: each candidate as a share of equity, the one that binds, the size."""

    candidates: Mapping[str, float]
    binding: str
    weight: float
    quantity: float


def floor_to_lot(quantity: float, lot: float) -> float:
    """Return the most whole lots in `quantity`; a lot of 0 leaves it as it is."""
    if lot <= 0.0:
        return quantity
    return math.floor(quantity / lot) * lot


def fixed_fractional_size(equity: float, risk_pct: float, entry: float, stop: float, lot_step: float = 1.0) -> StopSize:
    """Return the size that loses `risk_pct` of equity between entry and stop; nothing when they are equal."""
    equity, risk_pct = not_negative("equity", equity), fraction_of("risk_pct", risk_pct)
    entry, distance = positive("entry", entry), abs(positive("entry", entry) - positive("stop", stop))
    if distance == 0.0:
        return StopSize(0.0, 0.0, 0.0)
    quantity = floor_to_lot(equity * risk_pct / distance, not_negative("lot_step", lot_step))
    return StopSize(quantity, quantity * entry, quantity * distance)


def vol_target_weight(target: float, forecast: float | None, cap: float = math.inf) -> float:
    """Return min(cap, target / forecast), volatilities per the same time; 0 without a forecast."""
    target, cap = positive("target_vol", target), math.inf if cap == math.inf else positive("cap", cap)
    if forecast is None or not forecast > 0.0:
        return 0.0
    return min(cap, target / forecast)


def position_size_pipeline(
    equity: float,
    price: float,
    *,
    kelly_full: float | None = None,
    kelly_multiple: float = 0.25,
    forecast_vol: float | None = None,
    target_vol: float | None = None,
    max_weight: float | None = None,
    daily_loss_remaining: float | None = None,
    stop_fraction: float | None = None,
    cash: float | None = None,
    cluster_room: float | None = None,
    depth: float | None = None,
    drawdown_scale: float = 1.0,
    lot: float = 1.0,
) -> PipelineSize:
    """Return the smallest of the limits given, times the drawdown scale, in whole lots and never below 0.

    Kelly and the volatility target are shares of equity already; `daily_loss_remaining` (money) over the loss at the
    stop, `cash` (money), `cluster_room` (share of equity) and `depth` (quantity offered) become one.
    None leaves a limit out.
    """
    equity, price = positive("equity", equity), positive("price", price)
    multiple = fraction_of("kelly_multiple", kelly_multiple, of="full Kelly")
    risked = None if stop_fraction is None else positive("stop_fraction", stop_fraction) * equity
    limits = {
        "kelly": None if kelly_full is None else multiple * number("kelly_full", kelly_full),
        "vol_target": None if target_vol is None else vol_target_weight(target_vol, forecast_vol),
        "max_weight": max_weight,
        "daily_loss_budget": None if daily_loss_remaining is None or risked is None else daily_loss_remaining / risked,
        "cash": None if cash is None else cash / equity,
        "cluster_cap": cluster_room,
        "depth": None if depth is None else depth * price / equity,
    }
    candidates = {name: number(name, share) for name, share in limits.items() if share is not None}
    scale = fraction_of("drawdown_scale", drawdown_scale, of="the full size", zero=True)
    binding = min(candidates, key=candidates.__getitem__) if candidates else ""
    weight = max(0.0, candidates[binding]) * scale if binding else 0.0
    quantity = floor_to_lot(weight * equity / price, not_negative("lot", lot))
    return PipelineSize(MappingProxyType(candidates), binding, weight, quantity)
