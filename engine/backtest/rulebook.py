"""From the values a user writes to the records the kernels read: risk, costs, instruments, session days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.costs import Costs
from engine.core.errors import InvalidConfig
from engine.core.instrument import QUADRATIC
from engine.core.market import DAY_NS, Bars
from engine.numerics.kernels import layout
from engine.numerics.kernels.stage import NO_VOLATILITY, new_rules, new_terms
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import DAILY_BASES, DRAWDOWN_KINDS, RiskManager
from engine.risk.sizing import FixedQuantity

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How orders fill: what `Backtest` takes beside strategy, capital, risk and costs."""

    fill: str = "next_open"
    allow_short: bool = False
    stops_from: str = "entry_bar"
    stop_basis: str = "fill"
    nan: str = "refuse"

    def __post_init__(self) -> None:
        allowed = {
            "fill": ("next_open", "close"),
            "stops_from": ("entry_bar", "next_bar"),
            "stop_basis": ("fill", "signal_close"),
            "nan": ("refuse", "hold"),
        }
        for name, options in allowed.items():
            if getattr(self, name) not in options:
                raise InvalidConfig(f"{name} is {getattr(self, name)!r}; it must be {' or '.join(map(repr, options))}")
        if not isinstance(self.allow_short, bool):
            raise InvalidConfig(f"allow_short is {self.allow_short!r}; it must be True or False")


def build_rules(capital: float, risk: RiskManager, costs: Costs, options: RunOptions) -> Array:
    """Return the rule record of a run, without what its signals add."""
    rules = new_rules()
    r = rules[0]
    r["initial"] = capital
    sizer = risk.position_sizer
    if isinstance(sizer, KellyCriterion):
        r["sizer"] = layout.KELLY
        r["kelly_fraction"], r["min_position"] = sizer.fraction, sizer.min_position_pct
        r["kelly_max"] = sizer.max_position_pct
    elif isinstance(sizer, FixedQuantity):
        r["sizer"], r["size"] = layout.QUANTITY, sizer.quantity
    else:
        r["sizer"], r["size"], r["size_at_fill"] = layout.FRACTION, sizer.fraction, sizer.at_fill
    r["max_position"] = risk.max_position_pct or risk.max_gross_exposure
    r["max_gross"] = risk.max_gross_exposure
    r["max_drawdown"] = risk.max_drawdown_pct or 0.0
    r["drawdown_kind"] = DRAWDOWN_KINDS[risk.drawdown_kind]
    r["cooldown"] = -1 if risk.cooldown_bars is None else risk.cooldown_bars
    r["scale_by_drawdown"] = risk.scale_by_drawdown
    r["daily_loss"] = risk.daily_loss_limit_pct or 0.0
    r["daily_basis"] = DAILY_BASES[risk.daily_loss_basis]
    r["daily_flatten"] = risk.on_daily_loss == "flatten"
    r["max_positions"] = risk.max_open_positions or 0
    r["max_volatility"] = risk.max_volatility or 0.0
    r["cluster_cap"] = risk.max_cluster_pct or 0.0
    r["max_losses"], r["loss_pause"] = risk.max_consecutive_losses or 0, risk.loss_pause_bars
    r["slip_rate"], r["slip_range"] = costs.slippage_rate, costs.slippage_range
    r["volume_share"] = costs.max_volume_share or 0.0
    r["fill_at_close"] = options.fill == "close"
    r["fill_row"] = layout.CLOSE if options.fill == "close" else layout.OPEN
    r["stops_from_entry"] = options.stops_from == "entry_bar"
    r["stop_basis_signal"] = options.stop_basis == "signal_close"
    r["allow_short"] = options.allow_short
    return rules


def build_terms(bars: Bars, risk: RiskManager, costs: Costs) -> Array:
    """Return the record of each symbol: lot, tick, its own fee model or that of the costs, its cluster."""
    if risk.clusters and not set(risk.clusters) & set(bars.symbols):
        raise InvalidConfig(
            f"clusters name {', '.join(sorted(risk.clusters))} and the run has {', '.join(bars.symbols)}; "
            "use the symbols of the run"
        )
    terms = new_terms(len(bars.instruments))
    names: dict[str, int] = {}
    for term, instrument in zip(terms, bars.instruments, strict=True):
        fee = instrument.fee or costs.fee_model()
        if costs.max_volume_share is not None and not np.nansum(bars.one(instrument.symbol).volume) > 0:
            raise InvalidConfig(
                f"max_volume_share is {costs.max_volume_share} and {instrument.symbol} has no volume, so nothing could "
                "fill; leave it out for this data"
            )
        term["lot"], term["tick"] = instrument.lot, instrument.tick
        term["fee_code"] = layout.QUADRATIC_FEE if fee.kind == QUADRATIC else layout.PERCENT_FEE
        term["fee_rate"], term["fee_unit"], term["fee_min"] = fee.rate, fee.per_unit, fee.minimum
        cluster = risk.clusters.get(instrument.symbol, instrument.cluster)
        if cluster is not None:
            term["cluster"] = names.setdefault(cluster, len(names))
    return terms


def session_days(bars: Bars, risk: RiskManager) -> NDArray[np.int64]:
    """Return the session day of every bar as a rising integer, by wall clock in the account's reset time zone.

    Bars without a time zone carry the exchange's own dates: each date is a session day.
    """
    if risk.daily_loss_limit_pct is None:
        return np.zeros(len(bars), np.int64)
    days: NDArray[np.int64]
    if bars.index.tz is None:
        if bars.interval != "1d" and risk.reset_time != "00:00":
            raise InvalidConfig(
                f"reset_time is {risk.reset_time} and the bars have no time zone, so nobody knows when that is; "
                "give the index a time zone or reset at 00:00"
            )
        days = bars.time // DAY_NS
        return days
    zone = risk.zone(crypto_only=all(i.kind == "crypto" for i in bars.instruments))
    reset = risk.reset_at()
    local = bars.index.tz_convert(zone).tz_localize(None).as_unit("ns").asi8
    days = (local - (reset.hour * 60 + reset.minute) * 60_000_000_000) // DAY_NS
    return np.maximum.accumulate(days)  # an hour that the clock repeats does not bring yesterday back


def volatility_of(bars: Bars, risk: RiskManager) -> Array:
    """Return volatility of shape (1, symbols, bars) where a limit asks for it, else an empty array."""
    if risk.max_volatility is None:
        return NO_VOLATILITY
    from engine.numerics.indicators import volatility

    found = np.full((1, len(bars.instruments), len(bars)), np.nan)
    for s in range(len(bars.instruments)):
        close = bars.prices[3, s]
        there = np.isfinite(close)
        if there.all() and len(close) > risk.volatility_lookback:
            found[0, s] = volatility(close, risk.volatility_lookback)
        elif there.sum() > risk.volatility_lookback:
            found[0, s, there] = volatility(close[there], risk.volatility_lookback)
    return found
