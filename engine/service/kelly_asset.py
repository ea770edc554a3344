"""The continuous case of the Kelly page: drift, volatility and cash rate of an asset in, leverage and its risk out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.risk.growth import (
    kelly_fraction_for_drawdown,
    prob_min_wealth_below,
    prob_reach,
    terminal_wealth,
)
from engine.risk.kelly import KellySize
from engine.risk.kelly_math import ContinuousKelly, arithmetic_drift, kelly_continuous
from engine.service.kelly_law import (
    LEVELS,
    NAMED,
    SHIFTS,
    FallView,
    FloatArray,
    GrowthView,
    Sizing,
    ToleranceView,
    fall_view,
    marks,
)

TWICE = "Twice Kelly (growth of cash)"
_QUANTILES = (0.05, 0.5, 0.95)
_STEPS = 60


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

    `full_uncorrected` is the Kelly one gets by taking a log mean for the drift, NaN where none was given. `within` is
    P(ever <= level x the start) within `years` for each of `LEVELS`, with cash at 0.
    """

    kelly: ContinuousKelly
    size: KellySize
    exposure: float
    multiple: float
    growth: float
    volatility: float
    full_uncorrected: float
    double_before_half: float
    years: float
    within: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OutlookView:
    """The exact law of the bankroll over the years, in dollars: `bands` of shape (quantiles, steps), lowest first."""

    steps: FloatArray
    quantiles: tuple[float, ...]
    bands: FloatArray
    median_final: float
    p_loss: float


def continuous(
    mean: float, sigma: float, r: float, sizing: Sizing, *, log_mean: bool = False, years: float = 10.0
) -> ContinuousView:
    """Return the leverage of an asset with yearly mean, volatility and cash rate; `log_mean`: of log returns."""
    mu = arithmetic_drift(mean, sigma) if log_mean else mean
    kelly = kelly_continuous(mu, sigma, r)
    size = sizing.criterion.size(kelly.raw)
    c = size.position / kelly.raw if size.position > 0.0 else 0.0
    return ContinuousView(
        kelly=kelly,
        size=size,
        exposure=sizing.dollars(size.position),
        multiple=c,
        growth=kelly.growth(size.position),
        volatility=size.position * sigma,
        full_uncorrected=kelly_continuous(mean, sigma, r).raw if log_mean else math.nan,
        double_before_half=float(prob_reach(2.0, 0.5, c)) if c > 0.0 else math.nan,
        years=years,
        within=tuple(prob_min_wealth_below(c, max(kelly.sharpe, 0.0), years, level) for level in LEVELS),
    )


def leverage_curve(view: ContinuousView) -> GrowthView:
    """Return growth a year over the leverage, to a little beyond twice Kelly, or to 100 % without an edge."""
    kelly, position = view.kelly, view.size.position
    leverage = np.linspace(0.0, 2.3 * kelly.raw if kelly.raw > 0.0 else 1.0, 241)
    growth = np.array([kelly.growth(float(f)) for f in leverage])
    if kelly.raw <= 0.0:
        return GrowthView(leverage, growth, ())
    places = {name: part * kelly.raw for name, part in NAMED.items()}
    return GrowthView(leverage, growth, marks(places | {TWICE: 2.0 * kelly.raw}, position, kelly.growth))


def leverage_falls(view: ContinuousView) -> FallView:
    """Return the chances of falling, betting for ever."""
    return fall_view(view.multiple)


def outlook(view: ContinuousView, sizing: Sizing) -> OutlookView:
    """Return what the bankroll may have become after each part of the years."""
    steps = np.linspace(0.0, view.years, _STEPS + 1)
    laws = [terminal_wealth(view.multiple, view.kelly.sharpe, float(t), view.kelly.r) for t in steps[1:]]
    ends = np.array([[1.0, 1.0, 1.0], *([law.q05, law.median, law.q95] for law in laws)]).T * sizing.bankroll
    return OutlookView(steps, _QUANTILES, ends, float(ends[1, -1]), laws[-1].p_loss)


def drift_rows(view: ContinuousView, sizing: Sizing) -> tuple[DriftRow, ...]:
    """Return the sizing for drifts some points off."""
    rows = []
    for shift in SHIFTS:
        other = kelly_continuous(view.kelly.mu + shift, view.kelly.sigma, view.kelly.r)
        size = sizing.criterion.size(other.raw)
        growth = other.growth(view.size.position)
        rows.append(DriftRow(shift, other.mu, size, sizing.dollars(size.position), growth))
    return tuple(rows)


def leverage_tolerance(view: ContinuousView, sizing: Sizing, alpha: float, beta: float) -> ToleranceView:
    """Return the most leverage for P(bankroll ever below alpha x the start) <= beta."""
    multiple = kelly_fraction_for_drawdown(alpha, beta).multiple
    position = multiple * view.kelly.kelly
    return ToleranceView(multiple, position, sizing.dollars(position))
