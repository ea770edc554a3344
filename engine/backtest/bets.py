"""A run on event markets as bets: what was believed, what was paid, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.backtest.tables import trade_records
from engine.core import codes as c
from engine.core.errors import InvalidData
from engine.core.events import EventBars

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult


def _events(result: BacktestResult) -> EventBars:
    if not isinstance(result.bars, EventBars):
        raise InvalidData(f"{', '.join(result.bars.symbols)}: only runs on event markets have bets; see trades instead")
    return result.bars


def bets_table(result: BacktestResult) -> pd.DataFrame:
    """Return one row a bet, in the order in which they were closed, those still open at the end last.

    `probability` is that of winning, as it was believed when the bet was decided (NaN where the strategy gave none),
    and `edge` what that is above price and fee of one contract. `stake` is price and entry fee; the P&L of an open bet
    is at the last mark.
    """
    events, t = _events(result), trade_records(result)
    slots, entry, exit_ = (t[name].astype(np.int64) for name in ("slot", "entry_bar", "exit_bar"))
    reason, quantity, price = t["reason"].astype(np.int64), t["quantity"], t["entry_price"]
    stake = quantity * price + _entry_fees(result, slots, entry, exit_)
    chance = _believed(result, slots, entry)
    names, of_events = np.array(events.symbols, object), np.array([m.event for m in events.markets], object)
    return pd.DataFrame(
        {
            "event": of_events[slots // 2],
            "symbol": names[slots // 2],
            "side": np.where(slots % 2 == 0, "yes", "no"),
            "probability": chance,
            "price": price,
            "edge": chance - np.divide(stake, quantity),
            "quantity": quantity,
            "stake": stake,
            "fees": t["fees"],
            "entry_time": result.index[entry],
            "exit_time": pd.Series(result.index[exit_]).mask(reason == c.NO_EXIT),
            "exit_price": t["exit_price"],
            "result": [_ended(int(r), float(p)) for r, p in zip(reason, t["exit_price"], strict=True)],
            "exit_reason": [c.EXITS[int(r)] for r in reason],
            "pnl": t["pnl"],
            "return": t["pnl"] / stake,
        }
    )


def _ended(reason: int, price: float) -> str:
    if reason == c.NO_EXIT:
        return "open"
    if reason != c.EXIT_SETTLED:
        return "sold"
    return {1.0: "won", 0.0: "lost"}.get(price, "part paid")


def _entry_fees(result: BacktestResult, slots: Any, entry: Any, exit_: Any) -> Any:
    """Return what the entry fills of each bet paid in fees."""
    log = result._log.fills[: result._log.counts[1]]
    bought = log[log["reason"].astype(np.int64) == c.NO_EXIT]
    n = len(result.bars)
    keys = bought["slot"] * n + bought["bar"]
    order = np.argsort(keys, kind="stable")
    paid = np.concatenate([[0.0], np.cumsum(bought["fee"][order])])
    low = np.searchsorted(keys[order], slots * n + entry, side="left")
    high = np.searchsorted(keys[order], slots * n + exit_, side="right")
    return paid[high] - paid[low]


def _believed(result: BacktestResult, slots: Any, entry: Any) -> Any:
    """Return the probability of winning at the decision behind each entry."""
    said = result._probabilities
    if said is None or not len(slots):
        return np.full(len(slots), np.nan)
    log = result._log.decisions[: result._log.counts[0]]
    orders = log[log["code"].astype(np.int64) == c.ENTER]
    n = len(result.bars)
    keys = np.sort(orders["slot"] * n + orders["bar"])
    at = np.searchsorted(keys, slots * n + entry, side="right" if result.optimistic else "left") - 1
    return said[slots, keys[at] % n]


def by_event(result: BacktestResult) -> pd.DataFrame:
    """Return one row an event that was bet on: bets, won, stake, fees, P&L; the largest gain first."""
    bets = result.bets
    table = bets.assign(won=bets["pnl"] > 0).groupby("event", sort=True)
    found = table.agg(
        markets=("symbol", "nunique"),
        bets=("pnl", "size"),
        won=("won", "sum"),
        stake=("stake", "sum"),
        fees=("fees", "sum"),
        pnl=("pnl", "sum"),
        first=("entry_time", "min"),
        last=("exit_time", "max"),
    )
    return found.sort_values("pnl", ascending=False).reset_index()


def unsettled(result: BacktestResult) -> list[str]:
    """Return the note on markets that are held when their data ends: they are marked, never sold."""
    events = _events(result)
    held = [s for s, slot in enumerate(result._slots) if slot["quantity"] != 0.0]
    if not held:
        return []
    names = list(dict.fromkeys(events.symbols[s // 2] for s in held))
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return [f"Held and not settled when the data ends: {listed}; counted at the last bid, not sold."]
