"""The third step of a bar: limits first, then exits, then entries by rank, each seeing what those before it left."""

from __future__ import annotations

import math

from engine.core import codes as c

from .book import cancel, note, order_exit
from .jit import hot, out_of_line, part
from .layout import CLOSE
from .scalars import daily_floor, drawdown_floor
from .sizing import size, survey, wish


@part
def _flatten(acct, slots, rules, reason):
    """Order every position out and cancel every entry that waits."""
    out_of_line()
    for s in range(slots.shape[0]):
        slot = slots[s]
        cancel(slot, rules)
        if slot.quantity != 0.0:
            order_exit(acct, slot, reason)
            if rules.log == 1:
                note(slot, c.FLATTEN, abs(slot.quantity), abs(slot.quantity), slot.mark)


@part
def _resume(acct, rules):
    """Trade again after the cool-down, with the drawdown measured from here."""
    acct.state = c.ACTIVE
    acct.peak = acct.base = acct.equity
    acct.floor = drawdown_floor(rules.drawdown_kind, acct.base, acct.peak, rules.max_drawdown)
    if rules.log == 1:
        note(acct, c.STATE_RESUMED, acct.peak, acct.equity, acct.floor)


@part
def _watch_drawdown(acct, slots, rules):
    """ACTIVE -> REDUCING on a breach, -> HALTED when flat, -> ACTIVE after the cool-down."""
    out_of_line()
    if acct.state == c.ACTIVE:
        empty = acct.equity <= 0.0
        acct.state = c.REDUCING
        acct.for_good = 1 if empty else 0
        if rules.log == 1:
            note(acct, c.STATE_BANKRUPT if empty else c.BREACH_DRAWDOWN, acct.peak, acct.equity, acct.floor)
        _flatten(acct, slots, rules, c.EXIT_BANKRUPT if empty else c.EXIT_DRAWDOWN)
    if acct.state == c.REDUCING and acct.held == 0:
        acct.state = c.HALTED
        acct.halted_at = acct.bar
        if rules.log == 1:
            note(acct, c.STATE_HALTED, acct.peak, acct.equity, acct.floor)
    elif acct.state == c.HALTED and acct.for_good == 0 and rules.cooldown >= 0 and acct.equity > 0.0:
        if acct.bar - acct.halted_at >= rules.cooldown:
            _resume(acct, rules)


@part
def new_day(acct, rules, day):
    """Start a session's loss budget from what the account was worth when the session before it ended."""
    acct.session = day
    acct.daily_breached = 0
    acct.daily_floor = daily_floor(rules.daily_basis, acct.balance_before, acct.before, rules.daily_loss)


@part
def _breach_day(acct, slots, rules):
    """Latch the daily loss until the next session; flatten if that was asked for."""
    out_of_line()
    acct.daily_breached = 1
    if rules.log == 1:
        note(acct, c.BREACH_DAILY, acct.before, acct.equity, acct.daily_floor)
    if rules.daily_flatten == 1:
        _flatten(acct, slots, rules, c.EXIT_DAILY)
    else:
        for s in range(slots.shape[0]):
            cancel(slots[s], rules)


@part
def _order_out(acct, slot, rules, reason):
    """Place an exit order for the whole position; it replaces an entry that still waits."""
    out_of_line()
    cancel(slot, rules)
    if slot.exit_reason == c.NO_EXIT:
        order_exit(acct, slot, reason)
        if rules.log == 1:
            note(slot, c.EXIT, abs(slot.quantity), abs(slot.quantity), slot.mark)


@hot
def _exits(acct, slots, entry, exit_, exit_short, sides, t, rules):
    """Order out what the strategy wants to leave and what an opposite entry turns round; take back waiting entries."""
    for s in range(slots.shape[0]):
        slot = slots[s]
        if slot.quantity == 0.0 and slot.order_side == 0:
            continue
        short = slot.quantity < 0.0 if slot.quantity != 0.0 else slot.order_side < 0
        out = exit_short[s, t] if (rules.has_exit_short == 1 and short) else exit_[s, t]
        turned = False
        if entry[s, t] and not out:
            side = sides[s, t] if rules.has_side == 1 else rules.side
            turned = (side > 0 and short) or (side < 0 and not short and rules.allow_short == 1)
        if slot.quantity == 0.0:
            if out or turned:
                cancel(slot, rules)
        elif out:
            _order_out(acct, slot, rules, c.EXIT_SIGNAL)
        elif turned:
            _order_out(acct, slot, rules, c.EXIT_FLIP)


@part
def _gate(acct, rules, side, volatility):
    """Return the veto of an account-wide limit, or 0."""
    if acct.state == c.HALTED:
        return c.VETO_HALTED
    if acct.state == c.REDUCING:
        return c.VETO_REDUCING
    if acct.daily_breached == 1:
        return c.VETO_DAILY_LOSS
    if acct.bar < acct.paused_until:
        return c.VETO_LOSS_STREAK
    if side == 0:
        return c.VETO_CONFLICT
    if side < 0 and rules.allow_short == 0:
        return c.VETO_NO_SHORT
    if rules.max_volatility > 0.0 and not volatility <= rules.max_volatility:
        return c.VETO_VOLATILITY
    return 0


@part
def _wants_in(slot, rules, side, out):
    """Say whether an entry signal counts: flat or turning round, and not on the bar of its own exit (exit wins)."""
    if slot.order_side != 0:
        return False
    if slot.quantity == 0.0:
        return not out
    turning = slot.exit_reason != c.NO_EXIT and (slot.quantity > 0.0) != (side > 0)
    return turning and not (out and rules.has_exit_short == 1)


@part
def _column(extra, row, s, t, otherwise):
    """Return an optional signal column at this bar, or `otherwise` where the strategy does not give it."""
    return otherwise if row < 0 else extra[row, s, t]


@part
def _candidate(acct, slot, rules, side, out, price, volatility, weight, probability, payoff):
    """Return (wants in, rank, fraction) of a symbol with an entry signal; a veto is written down."""
    if not _wants_in(slot, rules, side, out):
        return False, 0.0, 0.0
    if not price == price:
        if rules.log == 1:
            note(slot, c.VETO_NO_QUOTE, 0.0, 0.0, price)
        return False, 0.0, 0.0
    rank = part = 0.0
    veto = _gate(acct, rules, side, volatility)
    if veto == 0:
        rank, part, veto = wish(acct, rules, price, weight, probability, payoff)
    if veto != 0:
        if rules.log == 1:
            note(slot, veto, part, 0.0, price)
        return False, 0.0, 0.0
    return True, rank, part


@part
def _place(acct, slot, terms, rules, side, part, price, limit, stop, target, trail):
    """Size one entry against the account as it now stands and write the order into the slot, or the veto down."""
    quantity, allowed, veto = size(acct, slot, terms, rules, part, price)
    if veto != 0:
        if rules.log == 1:
            note(slot, veto, part, 0.0, price)
        return
    slot.order_side = side
    slot.entry_carry = 0
    slot.order_quantity = quantity
    slot.order_weight = allowed if rules.size_at_fill == 1 else 0.0
    slot.order_basis = price
    slot.order_bar = acct.bar
    slot.order_limit = limit if limit > 0.0 else 0.0
    slot.order_stop = stop if stop > 0.0 else 0.0
    slot.order_target = target if target > 0.0 else 0.0
    slot.order_trail = trail if trail > 0.0 else 0.0
    if rules.log == 1:
        note(slot, c.ENTER, side * part, side * quantity, price)


@part
def _rank_all(acct, slots, ranks, entry, exit_, exit_short, sides, extra, volatility, prices, t, rules):
    """Fill `ranks` (side or 0, rank, fraction, score) for every symbol; return how many want in."""
    wanting = 0
    for s in range(slots.shape[0]):
        ranks[s, 0] = 0.0
        if not entry[s, t]:
            continue
        side = sides[s, t] if rules.has_side == 1 else rules.side
        out = exit_short[s, t] if (rules.has_exit_short == 1 and side < 0) else exit_[s, t]
        wants, rank, part = _candidate(
            acct, slots[s], rules, side, out, prices[rules.ask_row + CLOSE, s, t],
            volatility[s, t] if rules.max_volatility > 0.0 else 0.0,
            _column(extra, rules.weight, s, t, math.nan),
            _column(extra, rules.probability, s, t, math.nan),
            _column(extra, rules.payoff, s, t, 1.0),
        )  # fmt: skip
        if wants:
            wanting += 1
            score = _column(extra, rules.score, s, t, 0.0)
            ranks[s, 0] = side
            ranks[s, 1] = rank
            ranks[s, 2] = part
            ranks[s, 3] = score if score == score else -math.inf
    return wanting


@part
def _first(ranks):
    """Return the symbol that goes first: highest rank, then highest score, then first by name."""
    best = -1
    for s in range(ranks.shape[0]):
        if ranks[s, 0] == 0.0:
            continue
        ahead = best < 0 or ranks[s, 1] > ranks[best, 1]
        if ahead or (ranks[s, 1] == ranks[best, 1] and ranks[s, 3] > ranks[best, 3]):
            best = s
    return best


@part
def entries(acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, prices, t, terms, rules):
    """Rank the symbols that want in and order them one after another, each seeing what those before it left."""
    out_of_line()
    kept = 0
    for k in range(acct.queued):
        if slots[queue[k]].order_side != 0:
            queue[kept] = queue[k]
            kept += 1
    acct.queued = kept
    wanting = _rank_all(acct, slots, ranks, entry, exit_, exit_short, sides, extra, volatility, prices, t, rules)
    for _ in range(wanting):
        s = _first(ranks)
        side = 1 if ranks[s, 0] > 0.0 else -1
        ranks[s, 0] = 0.0
        survey(acct, slots, terms, s)
        _place(
            acct, slots[s], terms[s], rules, side, ranks[s, 2], prices[rules.ask_row + CLOSE, s, t],
            _column(extra, rules.limit, s, t, 0.0), _column(extra, rules.stop_column, s, t, rules.stop),
            _column(extra, rules.target_column, s, t, rules.target), _column(extra, rules.trail_column, s, t, rules.trail),
        )  # fmt: skip
        if slots[s].order_side != 0:
            queue[acct.queued] = s
            acct.queued += 1


@hot
def _asks_in(slots, entry, t):
    """Say whether any entry signal of this bar needs a look; one for a position already held does not."""
    if slots.shape[0] == 1:
        return entry[0, t] and (slots[0].quantity == 0.0 or slots[0].exit_reason != c.NO_EXIT)
    for s in range(slots.shape[0]):
        if entry[s, t]:
            return True
    return False


@hot
def decide(
    acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, session, prices, t, terms, rules
):
    """Third step of a bar, at its close: limits, exits, entries."""
    if rules.daily_loss > 0.0:
        if session[t] != acct.session:
            new_day(acct, rules, session[t])
        if acct.equity <= acct.daily_floor and acct.daily_breached == 0:
            _breach_day(acct, slots, rules)
    if acct.state != c.ACTIVE or acct.equity <= acct.floor:
        _watch_drawdown(acct, slots, rules)
    if acct.held > 0 or acct.queued > 0:
        _exits(acct, slots, entry, exit_, exit_short, sides, t, rules)
    if _asks_in(slots, entry, t):
        entries(acct, slots, queue, ranks, entry, exit_, exit_short, sides, extra, volatility, prices, t, terms, rules)
    elif acct.queued > 0 and slots.shape[0] == 1 and slots[0].order_side == 0:
        acct.queued = 0
