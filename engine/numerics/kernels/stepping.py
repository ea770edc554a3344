"""One run with everything written down: whole, or a bar at a time for strategies that decide bar by bar."""

from __future__ import annotations

from .coast import coast
from .jit import entry_point, out_of_line, part
from .simulate import begin_bar, end_bar, open_account


@part
def _keep_notes(record, s, bar, decisions, k):
    out_of_line()
    for i in range(record.noted):
        if k < decisions.shape[0]:
            row = decisions[k]
            row.code = record.notes[i, 0]
            row.asked = record.notes[i, 1]
            row.allowed = record.notes[i, 2]
            row.price = record.notes[i, 3]
            row.bar = bar
            row.slot = s
        k += 1
    record.noted = 0
    return k


@part
def _keep_fills(slot, s, bar, fills, k):
    out_of_line()
    for i in range(slot.filled):
        if k < fills.shape[0]:
            row = fills[k]
            row.side = slot.fills[i, 0]
            row.quantity = slot.fills[i, 1]
            row.price = slot.fills[i, 2]
            row.raw_price = slot.fills[i, 3]
            row.fee = slot.fills[i, 4]
            row.reason = slot.fills[i, 5]
            row.cash = slot.fills[i, 6]
            row.bar = bar
            row.slot = s
        k += 1
    slot.filled = 0
    return k


@part
def _keep_trades(slot, s, trades, k):
    out_of_line()
    for i in range(slot.done):
        if k < trades.shape[0]:
            row = trades[k]
            row.side = slot.trades[i, 0]
            row.quantity = slot.trades[i, 1]
            row.entry_bar = slot.trades[i, 2]
            row.entry_price = slot.trades[i, 3]
            row.exit_bar = slot.trades[i, 4]
            row.exit_price = slot.trades[i, 5]
            row.fees = slot.trades[i, 6]
            row.pnl = slot.trades[i, 7]
            row.best = slot.trades[i, 8]
            row.worst = slot.trades[i, 9]
            row.reason = slot.trades[i, 10]
            row.slot = s
        k += 1
    slot.done = 0
    return k


@part
def keep(acct, slots, bar, t, decisions, fills, trades, counts, curve, held):
    """Move what the bar has noted into the log; beyond its room it is only counted, and the caller runs again."""
    if acct.noted > 0:
        counts[0] = _keep_notes(acct, -1, bar, decisions, counts[0])
    for s in range(slots.shape[0]):
        slot = slots[s]
        if slot.noted > 0:
            counts[0] = _keep_notes(slot, s, bar, decisions, counts[0])
        if slot.filled > 0:
            counts[1] = _keep_fills(slot, s, bar, fills, counts[1])
        if slot.done > 0:
            counts[2] = _keep_trades(slot, s, trades, counts[2])
        held[s, t] = slot.quantity
    curve[0, t] = acct.equity
    curve[1, t] = acct.cash


@entry_point
def advance(
    accounts, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules,
    decisions, fills, trades, counts, curve, held, start, stop
):  # fmt: skip
    """Close bars start .. stop - 1 with the signals that stand in their columns, each after its own open and inside.

    Start -1 opens the account and takes bar 0 up to its close; bar `stop` is left open, up to its close.
    """
    acct = accounts[0]
    own = rules[0]
    n = prices.shape[2]
    t = start
    if t < 0:
        open_account(acct, slots, own)
        t += 1
        if stop > 0:
            t = coast(acct, slots, entry[0], exit_[0], exit_short[0], own, session, prices, curve, held, t, stop)
        if t < n:
            begin_bar(acct, slots, queue, prices, t, terms, own)
    while t < stop:
        bar = acct.bar
        end_bar(
            acct, slots, queue, ranks, entry[0], exit_[0], exit_short[0], sides[0], extra[0], volatility[0], session,
            prices, t, terms, own
        )  # fmt: skip
        keep(acct, slots, bar, t, decisions, fills, trades, counts, curve, held)
        t += 1
        if t < stop:
            t = coast(acct, slots, entry[0], exit_[0], exit_short[0], own, session, prices, curve, held, t, stop)
        if t < n:
            begin_bar(acct, slots, queue, prices, t, terms, own)
