"""The loop over the three steps: a block of runs with running statistics, or one run with all of it written down."""

from __future__ import annotations

from engine.core import codes as c

from .coast import coast
from .decide import decide
from .jit import entry_point, hot, out_of_line, part
from .keep import keep
from .scalars import drawdown_floor
from .statistics import add_return, high_water
from .steps import fill_inside, fill_open, fill_orders
from .valuing import mark


@part
def open_account(acct, slots, rules):
    """Start an account that has never traded; every field, because one record serves many runs."""
    out_of_line()
    acct.bar = 0
    acct.initial = rules.initial
    acct.cash = acct.equity = acct.before = acct.balance = acct.balance_before = rules.initial
    acct.peak = acct.base = acct.high_water = rules.initial
    acct.floor = 0.0
    if rules.max_drawdown > 0.0:
        acct.floor = drawdown_floor(rules.drawdown_kind, rules.initial, rules.initial, rules.max_drawdown)
    acct.state = c.ACTIVE
    acct.halted_at = acct.for_good = acct.daily_breached = acct.loss_run = 0
    acct.paused_until = acct.session = -1
    acct.daily_floor = 0.0
    acct.held = acct.exits = acct.queued = 0
    acct.closed = acct.wins = acct.losses = acct.entries = acct.bars_held = acct.ambiguous = 0
    acct.sum_win = acct.sum_loss = acct.record_kelly = 0.0
    acct.sum_r = acct.sum_r2 = acct.down = acct.worst = 0.0
    acct.fees = acct.traded = acct.profit = acct.loss = 0.0
    acct.noted = 0
    for s in range(slots.shape[0]):
        slots[s].quantity = 0.0
        slots[s].exit_reason = slots[s].order_side = 0
        slots[s].used_bar = -1
        slots[s].noted = slots[s].filled = slots[s].done = 0


@hot
def record(acct, rules):
    """End a bar: its return, the running statistics, the peak that the drawdown limit follows."""
    equity = acct.equity
    acct.sum_r, acct.sum_r2, acct.down = add_return(equity, acct.before, acct.sum_r, acct.sum_r2, acct.down)
    acct.high_water, acct.worst = high_water(equity, acct.high_water, acct.worst)
    if equity > acct.peak:
        acct.peak = equity
        if rules.max_drawdown > 0.0:
            acct.floor = drawdown_floor(rules.drawdown_kind, acct.base, equity, rules.max_drawdown)
    if acct.held > 0:
        acct.bars_held += 1
    acct.before = equity
    acct.balance_before = acct.balance
    acct.bar += 1


@hot
def begin_bar(acct, slots, queue, prices, t, terms, rules):
    """Everything of a bar up to its close: the strategy has not been asked yet."""
    if acct.held > 0 or acct.queued > 0:
        fill_open(acct, slots, queue, prices, t, terms, rules)
        fill_inside(acct, slots, queue, prices, t, terms, rules)
    mark(acct, slots, prices, t, rules)


@hot
def end_bar(acct, slots, queue, prices, t, terms, rules):
    """The end of a bar that is decided: fill at the close if that was asked for, keep the statistics."""
    if rules.fill_at_close == 1 and (acct.exits > 0 or acct.queued > 0):
        fill_orders(acct, slots, queue, prices, t, terms, rules)
        mark(acct, slots, prices, t, rules)
    record(acct, rules)


@entry_point
def simulate(
    accounts, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules,
    decisions, fills, trades, counts, curve, held, start, stop
):  # fmt: skip
    """Run bars start .. stop - 1 of every row of a block of signals (m, symbols, bars), each in its own account.

    `rules`, `volatility` and the optional columns have m rows, or one row that serves all. Start -1 opens the accounts.
    Bar `stop` is left open, up to its close, where it waits for its signals. A block of more than one run keeps running
    statistics only (`rules.log` is 0, and the log may be empty); one run with `rules.log` writes everything down.
    """
    n = prices.shape[2]
    for j in range(entry.shape[0]):
        acct = accounts[j]
        own = rules[j % rules.shape[0]]
        into = entry[j]
        out = exit_[j]
        out_short = exit_short[j % exit_short.shape[0]]
        way = sides[j % sides.shape[0]]
        more = extra[j % extra.shape[0]]
        vol = volatility[j % volatility.shape[0]]
        t = start
        opened = t >= 0  # the call before this one left the bar open
        if not opened:
            open_account(acct, slots, own)
            t += 1
        while True:
            decided = False
            if not opened:
                if t < stop:
                    idle = acct.queued == 0
                    t = coast(
                        acct, slots, queue, ranks, into, out, out_short, way, more, vol, session, prices, terms, own,
                        decisions, counts, curve, held, t, stop
                    )  # fmt: skip
                    decided = idle and acct.queued > 0
                if t < n and not decided:
                    begin_bar(acct, slots, queue, prices, t, terms, own)
            opened = False
            if t >= stop:
                break
            bar = acct.bar
            if not decided:
                decide(acct, slots, queue, ranks, into, out, out_short, way, more, vol, session, prices, t, terms, own)
            end_bar(acct, slots, queue, prices, t, terms, own)
            if own.log == 1:
                keep(acct, slots, bar, t, decisions, fills, trades, counts, curve, held)
            t += 1
