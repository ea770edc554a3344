"""Kelly from a record of trades: the numbers that go by that name, side by side, and the one the engine sizes by."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.core.checks import positive
from engine.numerics.rules import MIN_TRADES, PRIOR
from engine.risk.kelly import KellySize
from engine.risk.kelly_math import baker_mchale, kelly_from_win_rate, rate_error, wilson_interval
from engine.risk.kelly_record import TradeKelly, kelly_from_trades
from engine.service.kelly_law import Law, Sizing
from engine.service.kelly_reading import TradeList


@dataclass(frozen=True, slots=True)
class RateRow:
    """The size at one reading of the win rate, with the average win and loss as measured."""

    name: str
    win_rate: float
    size: KellySize
    stake: float


@dataclass(frozen=True, slots=True)
class RecordView:
    """What a record of trades says about size.

    `kelly` holds the three numbers called "Kelly from trades"; those that need the return of a trade are NaN where only
    dollars are known (`money`). `rule` is what the engine sizes by (`KellyCriterion.from_record`), `stake` that in
    dollars, and `law` the bet behind it: the win rate with its prior and the measured payoff ratio, None while the
    record has no win or no loss. `factor` shrinks the measured Kelly for the `error` of the win rate (Baker-McHale).
    """

    source: str
    unit: str
    money: bool
    kelly: TradeKelly
    rule: KellySize
    needed: int
    stake: float
    prior_rate: float
    interval: tuple[float, float]
    rates: tuple[RateRow, ...]
    error: float
    factor: float
    law: Law | None


def record(trades: TradeList, sizing: Sizing, trade_size: float | None = None) -> RecordView:
    """Return what the record says; `trade_size` is the money in each trade where only dollars are known."""
    values, money = trades.values, trades.money and trade_size is None
    if trades.money and trade_size is not None:
        values = values / positive("the money in each trade", trade_size)
    kelly = kelly_from_trades(values)
    won, lost = float(values[values > 0.0].sum()), float(values[values < 0.0].sum())
    rule = sizing.criterion.from_record(kelly.wins, kelly.losses, won, lost, kelly.breakeven)
    decided, known = kelly.wins + kelly.losses, kelly.wins > 0 and kelly.losses > 0
    prior_rate = (kelly.wins + PRIOR) / (decided + 2.0 * PRIOR)
    error = rate_error(kelly.win_rate, decided) if decided else math.nan
    interval = wilson_interval(kelly.wins, decided)
    return RecordView(
        source=trades.source,
        unit=trades.unit,
        money=money,
        kelly=_without_returns(kelly) if money else kelly,
        rule=rule,
        needed=MIN_TRADES,
        stake=sizing.dollars(rule.position),
        prior_rate=prior_rate,
        interval=interval,
        rates=_rates(kelly, interval, prior_rate, sizing) if known else (),
        error=error,
        factor=baker_mchale(kelly.win_rate, kelly.payoff_ratio, error) if known else math.nan,
        law=Law(prior_rate, kelly.payoff_ratio) if known else None,
    )


def _rates(kelly: TradeKelly, interval: tuple[float, float], prior_rate: float, sizing: Sizing) -> tuple[RateRow, ...]:
    readings = {
        "Low end of the 95% interval": interval[0],
        "With the Beta(10, 10) prior": prior_rate,
        "As measured": kelly.win_rate,
        "High end of the 95% interval": interval[1],
    }
    rows = []
    for name, rate in readings.items():
        size = sizing.criterion.size(kelly_from_win_rate(rate, kelly.payoff_ratio))
        rows.append(RateRow(name, rate, size, sizing.dollars(size.position)))
    return tuple(rows)


def _without_returns(kelly: TradeKelly) -> TradeKelly:
    """Drop what is not a number until the money in each trade is known."""
    nan = math.nan
    return replace(
        kelly,
        notional=nan,
        exact_notional=nan,
        exact_growth=nan,
        mean_over_variance=nan,
        mean_over_second_moment=nan,
    )
