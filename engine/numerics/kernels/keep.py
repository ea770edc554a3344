"""From the records of account and symbols into the log: decisions, fills, trades, and the curves of one run."""

from __future__ import annotations

from .jit import out_of_line, part


@part
def keep_notes(record, s, bar, decisions, k):
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
        counts[0] = keep_notes(acct, -1, bar, decisions, counts[0])
    for s in range(slots.shape[0]):
        slot = slots[s]
        if slot.noted > 0:
            counts[0] = keep_notes(slot, s, bar, decisions, counts[0])
        if slot.filled > 0:
            counts[1] = _keep_fills(slot, s, bar, fills, counts[1])
        if slot.done > 0:
            counts[2] = _keep_trades(slot, s, trades, counts[2])
        held[s, t] = slot.quantity
    curve[0, t] = acct.equity
    curve[1, t] = acct.cash
