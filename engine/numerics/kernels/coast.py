"""The bars on which nothing can happen, passed over quickly: flat and unasked or refused, or one position that is held.

No rule lives here. A bar on which a limit, a stop, a signal or a missing price might matter is left to the three
steps; what is passed over is valued and counted with the same functions. Without this the bookkeeping of quiet bars
takes most of the time of a sweep. `tests/properties` holds it to the bar-by-bar run.
"""

from __future__ import annotations

from engine.core import codes as c

from .decide import entries, new_day
from .jit import hot, out_of_line, part
from .keep import keep_notes
from .layout import CLOSE, HIGH, LOW
from .scalars import daily_floor, drawdown_floor
from .statistics import add_return, high_water
from .steps import stop_level


@hot
def _asked(entry, t):
    """Say whether any symbol has an entry signal on this bar."""
    for s in range(entry.shape[0]):
        if entry[s, t]:
            return True
    return False


@part
def _at_a_limit(acct, rules, day):
    """Say whether a flat account still has a limit to act on: the fees of `fill="close"` come after a bar's limits."""
    out_of_line()
    if acct.state == c.REDUCING or (acct.state == c.ACTIVE and acct.equity <= acct.floor):
        return True
    daily = rules.daily_loss > 0.0 and day == acct.session and acct.daily_breached == 0
    return daily and acct.equity <= acct.daily_floor


@part
def _refused(
    acct,
    slots,
    queue,
    ranks,
    entry,
    exit_,
    exit_short,
    sides,
    extra,
    volatility,
    session,
    prices,
    terms,
    rules,
    decisions,
    counts,
    t,
):
    """Decide a bar for a flat account: either all is vetoed and written down, or entries are placed and the bar is not done."""
    out_of_line()
    if rules.daily_loss > 0.0:
        if session[t] != acct.session:
            new_day(acct, rules, session[t])
        if acct.equity <= acct.daily_floor and acct.daily_breached == 0:
            return False
    entries(acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, prices, t, terms, rules)
    if acct.queued > 0:
        return False
    for s in range(slots.shape[0]):
        if slots[s].noted > 0:
            counts[0] = keep_notes(slots[s], s, acct.bar, decisions, counts[0])
    return True


@part
def _coast_flat(
    acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules, decisions, counts,
    curve, held, t, stop
):  # fmt: skip
    """Pass over bars without a position: until an entry that no limit refuses, or until the cool-down ends."""
    start = t
    bar = acct.bar
    if acct.state == c.HALTED and rules.cooldown >= 0 and acct.for_good == 0:
        stop = min(stop, max(start, start + acct.halted_at + rules.cooldown - bar))
    if acct.state == c.HALTED and rules.log == 0:
        t = stop  # a block notes no vetoes, and nothing else comes of a signal while halted
    while t < stop:
        if _asked(entry, t):
            acct.bar = bar + t - start
            if not _refused(
                acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules, decisions,
                counts, t
            ):  # fmt: skip
                break
        t += 1
    if rules.log == 1:
        for u in range(start, t):
            curve[0, u] = acct.equity
            curve[1, u] = acct.cash
            for s in range(held.shape[0]):
                held[s, u] = 0.0
    acct.bar = bar + t - start
    return t


@hot
def _touches(high, low, level, target, long):
    """Say whether a bar may reach the stop or the target, or has no range to tell by."""
    if long:
        return not (low > level) or not (high < target or target == 0.0)
    return not (high < level or level == 0.0) or not (low > target)


@part
def _coast_held(acct, slot, entry, exit_, exit_short, rules, session, prices, curve, held, t, stop):
    """Pass over bars on which the only position is held: value it, count its return, watch the floors."""
    start = t
    quantity, cash, before = slot.quantity, acct.cash, acct.before
    long = quantity > 0.0
    outs = exit_short if (rules.has_exit_short == 1 and not long) else exit_
    level, target = stop_level(slot, 1 if long else -1), slot.target
    sum_r, sum_r2, down, high_mark, worst = acct.sum_r, acct.sum_r2, acct.down, acct.high_water, acct.worst
    peak, floor, day, day_floor, breached = acct.peak, acct.floor, acct.session, acct.daily_floor, acct.daily_breached
    guarded, logged = rules.has_stops == 1, rules.log == 1
    daily, basis, drawdown, kind = rules.daily_loss, rules.daily_basis, rules.max_drawdown, rules.drawdown_kind
    balance, base = acct.balance, acct.base
    turns = rules.has_side == 1 or (rules.side > 0) != long  # an entry signal may be one to the other side
    while t < stop:
        close = prices[CLOSE, 0, t]
        equity = cash + quantity * close
        if outs[0, t] or not equity > floor or (turns and entry[0, t]):  # a missing price makes equity NaN
            break
        if guarded and _touches(prices[HIGH, 0, t], prices[LOW, 0, t], level, target, long):
            break
        if daily > 0.0:
            if session[t] != day:
                fresh = daily_floor(basis, balance, before, daily)
                if equity <= fresh:
                    break
                day, day_floor, breached = session[t], fresh, 0
            elif equity <= day_floor and breached == 0:
                break
        sum_r, sum_r2, down = add_return(equity, before, sum_r, sum_r2, down)
        high_mark, worst = high_water(equity, high_mark, worst)
        if equity > peak:
            peak = equity
            if drawdown > 0.0:
                floor = drawdown_floor(kind, base, peak, drawdown)
        before = equity
        if logged:
            high, low = prices[HIGH, 0, t], prices[LOW, 0, t]
            if high == high and low == low:
                slot.best = max(slot.best, high) if long else min(slot.best, low)
                slot.worst = min(slot.worst, low) if long else max(slot.worst, high)
            curve[0, t] = equity
            curve[1, t] = cash
            held[0, t] = quantity
        t += 1
    if t > start:
        slot.mark = prices[CLOSE, 0, t - 1]
        acct.equity = acct.before = before
        acct.balance_before = acct.balance
        acct.sum_r, acct.sum_r2, acct.down, acct.high_water, acct.worst = sum_r, sum_r2, down, high_mark, worst
        acct.peak, acct.floor, acct.session, acct.daily_floor, acct.daily_breached = (
            peak,
            floor,
            day,
            day_floor,
            breached,
        )
        acct.bars_held += t - start
        acct.bar += t - start
    return t


@hot
def coast(
    acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules, decisions,
    counts, curve, held, t, stop
):  # fmt: skip
    """Return the first bar from `t` on, at most `stop`, that the three steps must look at.

    An account that was idle and now has entries in its queue has decided that bar already: only its end is left.
    """
    if acct.exits > 0 or acct.queued > 0:
        return t
    if acct.held == 0:
        if rules.fill_at_close == 1 and t < stop and _at_a_limit(acct, rules, session[t]):
            return t
        return _coast_flat(
            acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, terms, rules, decisions,
            counts, curve, held, t, stop
        )  # fmt: skip
    if slots.shape[0] == 1 and slots[0].order_side == 0 and slots[0].trail == 0.0 and rules.settles == 0:
        return _coast_held(acct, slots[0], entry, exit_, exit_short, rules, session, prices, curve, held, t, stop)
    return t
