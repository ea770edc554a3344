"""From the values a user writes to the records the kernels read: risk, costs, instruments, session days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.costs import Costs
from engine.core.errors import InvalidConfig
from engine.core.instrument import BINARY, CENT, CONSERVATIVE, DIRECT, QUADRATIC, FeeModel, Instrument
from engine.core.market import DAY_NS, Bars
from engine.numerics.kernels import layout
from engine.numerics.kernels.stage import NO_VOLATILITY, new_rules, new_terms
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import DAILY_BASES, DRAWDOWN_KINDS, RiskManager
from engine.risk.sizing import FixedQuantity

Array = NDArray[Any]
# Of a quadratic fee: the unit it is rounded up to, in micro-dollars, and the step of the balance, in 1e-8 dollars.
_ROUNDING = {DIRECT: (1, 10_000), CENT: (1, 1_000_000), CONSERVATIVE: (10_000, 0)}


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


def build_terms(bars: Bars, risk: RiskManager, costs: Costs, names: Sequence[str] | None = None) -> Array:
    """Return the record of each symbol: lot, tick, its own fee model or that of the costs, its cluster.

    `names` are those by which a user knows the symbols, where they differ.
    """
    known = bars.symbols if names is None else names
    if risk.clusters and not set(risk.clusters) & set(known):
        raise InvalidConfig(
            f"clusters name {', '.join(sorted(risk.clusters))} and the run has {', '.join(dict.fromkeys(known))}; "
            "use the symbols of the run"
        )
    terms = new_terms(len(bars.instruments))
    groups: dict[str, int] = {}
    for term, instrument, name in zip(terms, bars.instruments, known, strict=True):
        if costs.max_volume_share is not None and not np.nansum(bars.one(instrument.symbol).volume) > 0:
            raise InvalidConfig(
                f"max_volume_share is {costs.max_volume_share} and {name} has no volume, so nothing could "
                "fill; leave it out for this data"
            )
        _rounding(term, instrument)
        _fees(term, instrument.fee or costs.fee_model(), name, bars.time)
        cluster = risk.clusters.get(name, instrument.cluster)
        if cluster is not None:
            term["cluster"] = groups.setdefault(cluster, len(groups))
    return terms


def _rounding(term: Any, instrument: Instrument) -> None:
    term["lot"], term["tick"] = instrument.lot, instrument.tick
    term["tail_tick"], term["tail_low"], term["tail_high"] = (
        instrument.tail_tick,
        instrument.tail_low,
        instrument.tail_high,
    )
    term["top"] = 1.0 if instrument.payoff == BINARY else 0.0


def _fees(term: Any, fee: FeeModel, symbol: str, time: NDArray[np.int64]) -> None:
    """Write a fee model down; a change of its rate holds from the first bar that opens at its time or later."""
    term["fee_rate"], term["fee_unit"], term["fee_min"] = fee.rate, fee.per_unit, fee.minimum
    if fee.kind != QUADRATIC:
        term["fee_code"] = layout.PERCENT_FEE
        return
    term["fee_code"], term["maker"] = layout.QUADRATIC_FEE, fee.maker_share
    term["fee_up"], term["fee_step"] = _ROUNDING[fee.rounding]
    term["fee_rate"] = fee.rate_at(int(time[0]))
    later = [(when, rate) for when, rate in fee.changes if time[0] < when <= time[-1]]
    if len(later) > layout.FEE_CHANGES:
        raise InvalidConfig(
            f"the fee of {symbol} changes {len(later)} times within its bars; at most {layout.FEE_CHANGES} are kept: "
            "split the bars"
        )
    term["changes"] = len(later)
    for k, (when, rate) in enumerate(later):
        term["change_bar"][k], term["change_rate"][k] = np.searchsorted(time, when), rate


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
