"""The continuous case of the Kelly page: drift, volatility and cash rate of an asset in, leverage and its risk out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.risk.growth import (
    TerminalWealth,
    kelly_fraction_for_drawdown,
    prob_min_wealth_below,
    prob_reach,
    terminal_wealth,
)
from engine.risk.kelly import KellySize
from engine.risk.kelly_math import ContinuousKelly, arithmetic_drift, kelly_continuous
from engine.risk.paths import simulate_kelly_paths
from engine.service.kelly_law import (
    LEVELS,
    NAMED,
    PATHS,
    SHIFTS,
    FallView,
    FanView,
    GrowthView,
    Sizing,
    ToleranceView,
    fall_view,
    marks,
    shown_steps,
)

TWICE = "Twice Kelly (growth of cash)"
_MONTHS, _DAYS = 12, 252
_FLIPS = 520


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

    `full_otherwise` is full Kelly if the mean were of the other kind, simple or log. `terminal` is the exact law of the
    bankroll after `years`, as multiples of the start, and `within` P(ever <= level x the start) until then for each of
    `LEVELS`, with cash at 0.
    """

    kelly: ContinuousKelly
    size: KellySize
    exposure: float
    multiple: float
    growth: float
    volatility: float
    full_otherwise: float
    double_before_half: float
    years: float
    terminal: TerminalWealth
    within: tuple[float, ...]


def continuous(
    mean: float, sigma: float, r: float, sizing: Sizing, *, log_mean: bool = False, years: float = 10.0
) -> ContinuousView:
    """Return the leverage of an asset with yearly mean, volatility and cash rate; `log_mean`: of log returns."""
    drift = arithmetic_drift(mean, sigma)
    kelly = kelly_continuous(drift if log_mean else mean, sigma, r)
    size = sizing.criterion.size(kelly.raw)
    c = size.position / kelly.raw if size.position > 0.0 else 0.0
    return ContinuousView(
        kelly=kelly,
        size=size,
        exposure=sizing.dollars(size.position),
        multiple=c,
        growth=kelly.growth(size.position),
        volatility=size.position * sigma,
        full_otherwise=kelly_continuous(mean if log_mean else drift, sigma, r).raw,
        double_before_half=float(prob_reach(2.0, 0.5, c)) if c > 0.0 else math.nan,
        years=years,
        terminal=terminal_wealth(c, kelly.sharpe, years, r),
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


def outlook(view: ContinuousView, sizing: Sizing, seed: int = 1) -> FanView | None:
    """Return simulated bankrolls over the years, or None where nothing is held or a step cannot lose.

    A step is a coin flip of one standard deviation around the drift over cash, the classical random walk, daily for a
    few years and coarser for many; cash is added to the bankrolls afterwards, so that drawdowns are against cash.
    """
    kelly, position = view.kelly, view.size.position
    per_year = int(min(_DAYS, max(_MONTHS, _FLIPS // view.years)))
    drift, spread = (kelly.mu - kelly.r) / per_year, kelly.sigma / math.sqrt(per_year)
    if not (position > 0.0 and spread > drift and position * (spread - drift) < 1.0):
        return None
    flips = round(view.years * per_year)
    runs = simulate_kelly_paths(0.5, spread + drift, position, flips, PATHS, seed, spread - drift)
    steps = shown_steps(flips)
    cash = np.exp(kelly.r * steps / per_year)
    final = runs.final * cash[-1]
    return FanView(
        steps=steps / per_year,
        quantiles=runs.levels,
        bands=runs.bands[:, steps] * cash * sizing.bankroll,
        paths=PATHS,
        seed=seed,
        q05_max_drawdown=float(np.quantile(runs.max_drawdown, 0.05)),
        median_max_drawdown=runs.median_max_drawdown,
        q95_max_drawdown=runs.q95_max_drawdown,
        median_final=float(np.median(final)) * sizing.bankroll,
        p_loss=float(np.mean(final < 1.0)),
        ever_below=tuple(runs.p_ever_below(level) for level in LEVELS),
    )


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
