"""Why a run came out as it did, in sentences: its sizing, what its limits did, and why it did not trade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.backtest.measure import MIN_PERIODS
from engine.backtest.result import BacktestResult
from engine.core import codes as c
from engine.numerics.rules import MIN_TRADES
from engine.risk.kelly import KellyCriterion
from engine.risk.sizing import FixedFraction
from engine.strategies.base import Strategy

_NAMED = {1.0: "Full", 0.5: "Half", 0.25: "Quarter"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the strategy itself said: bars with an entry signal, and whether it brings its own odds or its own size.

    All unknown (None, False) for a strategy that decides bar by bar.
    """

    entries: int | None = None
    own_odds: bool = False
    own_size: bool = False


def spoken(result: BacktestResult) -> Spoken:
    """Ask the strategy once more for its signals; nothing is traded."""
    strategy = result.strategy
    if not isinstance(strategy, Strategy):
        return Spoken()
    bars = result.bars.one(result.bars.symbols[0])
    signals = strategy.signals(bars, strategy.indicators(bars))
    return Spoken(
        int(np.count_nonzero(signals.entry)), signals.probability is not None, signals.target_fraction is not None
    )


def sizing(result: BacktestResult, said: Spoken) -> str:
    """Return which sizing is active, with its numbers."""
    sizer = result.risk_manager.position_sizer
    if said.own_size:
        return "The strategy names its own share of equity; the sizing and the limits can only make it smaller."
    if isinstance(sizer, KellyCriterion):
        return _kelly(result, sizer, said)
    if isinstance(sizer, FixedFraction):
        share = f"{_percent(sizer.fraction)} of equity in every position"
        return f"All-in: {share}, measured at the fill." if sizer.at_fill else f"Fixed fraction: {share}."
    return f"Fixed quantity: {sizer.quantity:g} units in every position, or what the cash allows."


def _kelly(result: BacktestResult, sizer: KellyCriterion, said: Spoken) -> str:
    named = _NAMED.get(sizer.fraction, f"{_percent(sizer.fraction)} of full")
    if said.own_odds:
        return f"{named} Kelly from the strategy's own odds, at most {_percent(sizer.max_position_pct)} of equity."
    returns = closed(result)["return"].to_numpy()
    wins, losses = returns[returns > 0], returns[returns < 0]
    size = sizer.from_record(
        len(wins), len(losses), float(wins.sum()), float(losses.sum()), len(returns) - len(wins) - len(losses)
    )
    start = (
        f"{named} Kelly from closed trades: {_percent(sizer.min_position_pct)} of equity until {MIN_TRADES} have closed"
    )
    if size.reason == "short_record":
        return f"{start}; only {len(returns)} {'has' if len(returns) == 1 else 'have'} so far."
    now = {
        "capped": f"now {_percent(size.position)}, the cap",
        "no_edge": "now no position, because the record shows no edge",
        "below_min": f"now no position, because {_percent(size.scaled)} is below that",
    }.get(size.reason, f"now {_percent(size.position)}")
    return f"{start}, {now}."


def alerts(result: BacktestResult) -> tuple[str, ...]:
    """Return what the limits did to the run as a whole: breaches, halts, an empty account."""
    decisions, risk = result.decisions, result.risk_manager
    found = []
    falls = decisions.loc[decisions["code"] == c.BREACH_DRAWDOWN, "time"]
    if len(falls):
        ends = "trading stopped there for good"
        if risk.cooldown_bars is not None:
            ends = f"trading paused for {risk.cooldown_bars} bars, then the peak started again at the equity left"
        limit = _percent(risk.max_drawdown_pct or 0.0)
        found.append(f"The drawdown limit of {limit} was reached {_times(falls)}: positions were closed and {ends}.")
    days = decisions.loc[decisions["code"] == c.BREACH_DAILY, "time"]
    if len(days):
        limit = _percent(risk.daily_loss_limit_pct or 0.0)
        found.append(
            f"The daily loss limit of {limit} was reached {_times(days)}: no new entries until the next session."
        )
    empty = decisions.loc[decisions["code"] == c.STATE_BANKRUPT, "time"]
    if len(empty):
        found.append(
            f"The account was empty on {_day(empty.iloc[0])}: positions were closed and nothing traded after that."
        )
    return tuple(found)


def why(result: BacktestResult, said: Spoken) -> tuple[str, ...]:
    """Answer "why did it not trade?" in up to three sentences, from the signals down to the fills."""
    bars, decisions = len(result.bars), result.decisions
    ordered = int((decisions["code"] == c.ENTER).sum())
    early = (decisions["kind"] == "veto") & ~decisions["code"].isin(
        [c.VETO_NO_CASH, c.VETO_LIMIT_MISSED, c.VETO_CANCELLED]
    )
    refused = int(early.sum())
    answer = []
    if said.entries == 0:
        silent = f"The strategy gave no entry signal on any of {bars:,} bars: its conditions were never met together."
        return (silent, "Loosen its filters, shorten its periods, or choose another data set.")
    if said.entries is None:
        answer.append(
            f"The strategy decides bar by bar; {_count(ordered, 'entry', 'entries')} became orders on {bars:,} bars."
        )
    else:
        rest = max(said.entries - ordered - refused, 0)
        answer.append(
            f"The strategy signalled an entry on {said.entries:,} of {bars:,} bars: {ordered:,} became orders, "
            f"{refused:,} were refused by a limit, and on the other {rest:,} a position was open or an exit came first."
        )
    if not refused and not (decisions["kind"] == "shrink").any():
        answer.append("No limit refused or shrank an order in this run.")
    idle = 1.0 - result.metrics["exposure"]
    answer.append(f"It stood aside on {idle:.1%} of the bars.")
    return tuple(answer)


def grouped(result: BacktestResult) -> pd.DataFrame:
    """Return one row a reason: reason, kind, count, first and last time; vetoes and shrinks before orders."""
    decisions = result.decisions
    rank = {"veto": 0, "shrink": 1, "state": 2, "order": 3}
    groups = decisions.groupby(["reason", "kind"], sort=False)["time"].agg(["count", "first", "last"]).reset_index()
    order = groups.assign(rank=groups["kind"].map(rank)).sort_values(["rank", "count"], ascending=[True, False])
    return order.drop(columns="rank").reset_index(drop=True)


def closed(result: BacktestResult) -> pd.DataFrame:
    """Return the trades that have come to an end."""
    return result.trades[result.trades["exit_reason"] != c.EXITS[c.NO_EXIT]]


def short_note(result: BacktestResult) -> str | None:
    """Say why annualised numbers are missing, if the run is too short for them."""
    if len(result.bars) >= MIN_PERIODS:
        return None
    return f"Only {len(result.bars)} bars: numbers scaled to a year need at least {MIN_PERIODS} and are not shown."


def _times(times: pd.Series[pd.Timestamp]) -> str:
    if len(times) == 1:
        return f"on {_day(times.iloc[0])}"
    often = "twice" if len(times) == 2 else f"{len(times):,} times"
    return f"{often}, first on {_day(times.iloc[0])} and last on {_day(times.iloc[-1])}"


def _day(time: pd.Timestamp) -> str:
    return f"{time.day} {time:%b %Y}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.001 else f"{share:.1%}".replace(".0%", "%")
