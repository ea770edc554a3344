"""How large an entry may be: the sizer's wish, then every limit that can only shrink it or veto it."""

from __future__ import annotations

from engine.core import codes as c
from engine.numerics.rules import STATIC, TRAILING_LOCK, TRAILING_PCT

from .book import note
from .jit import part
from .layout import KELLY, QUANTITY
from .scalars import (
    MIN_TRADES,
    affordable,
    drawdown_scale,
    kelly_clip,
    kelly_full,
    quantise,
    stake,
)

NOTHING = 1e-12  # of equity: less room than this is what floats leave over


@part
def survey(acct, slots, terms, s):
    """Count what stays and what is promised before symbol `s` is sized.

    `gross` and `places`: positions that are not on their way out; `promised`: entry orders that have not filled;
    `cluster`: both, in the symbol's own cluster.
    """
    acct.gross = acct.promised = acct.cluster = 0.0
    acct.places = 0
    for k in range(slots.shape[0]):
        together = terms[k].cluster == terms[s].cluster
        stays = slots[k].quantity != 0.0 and slots[k].exit_reason == c.NO_EXIT
        if stays:
            value = abs(slots[k].quantity) * slots[k].mark
            acct.places += 1
            acct.gross += value
            acct.cluster += value if together else 0.0
        if slots[k].order_side != 0:
            value = slots[k].order_quantity * slots[k].order_basis
            acct.places += 0 if stays else 1
            acct.promised += value
            acct.cluster += value if together else 0.0


@part
def wish(acct, rules, price, weight, probability, payoff):
    """Return (rank, wanted fraction of equity, veto code) before any limit of the risk manager.

    `weight` is the strategy's own fraction and `probability` its own win probability, NaN where it gives none.
    """
    if weight == weight:  # the sizer's largest position still caps what the strategy names
        cap = rules.kelly_max if rules.sizer == KELLY else rules.size
        if rules.sizer == QUANTITY:
            cap = rules.size * price / acct.equity
        part = min(weight, cap)
        return part, part, (0 if part > 0.0 else c.VETO_TOO_SMALL)
    if rules.sizer == QUANTITY:
        return 0.0, rules.size * price / acct.equity, 0  # no rank: a dearer share is no better bet
    if rules.sizer != KELLY:
        return rules.size, rules.size, 0
    if rules.own_probability == 1:
        full = kelly_full(probability, payoff, 1.0)
    elif acct.closed < MIN_TRADES:
        return rules.min_position, rules.min_position, 0
    else:
        full = acct.record_kelly
    part = kelly_clip(full, rules.kelly_fraction, rules.min_position, rules.kelly_max)
    if part > 0.0:
        return full, part, 0
    return full, 0.0, (c.VETO_TOO_SMALL if full > 0.0 else c.VETO_NO_EDGE)


@part
def _cap(slot, rules, part, limit, code, price):
    """Return the smaller of `part` and `limit`, and say so when the limit binds."""
    if limit >= part:
        return part
    if limit <= NOTHING:
        return 0.0
    if rules.log == 1 and limit < part * (1.0 - 1e-9):  # a last digit of a float is no news
        note(slot, code, part, limit, price)
    return limit


@part
def _drawdown(acct, rules):
    """Return the drawdown as the limit of this kind counts it: at `max_drawdown` equity is on the floor."""
    if rules.drawdown_kind == TRAILING_PCT:
        return (acct.peak - acct.equity) / acct.peak
    top = acct.peak
    if rules.drawdown_kind == STATIC:
        top = acct.base
    elif rules.drawdown_kind == TRAILING_LOCK:
        top = min(top, acct.base * (1.0 + rules.max_drawdown))
    return (top - acct.equity) / acct.base


@part
def _limited(acct, slot, terms, rules, part, price):
    """Return (fraction of equity after every limit, veto code if nothing is left)."""
    if rules.scale_by_drawdown == 1:
        scale = drawdown_scale(_drawdown(acct, rules), rules.max_drawdown)
        part = _cap(slot, rules, part, part * scale, c.SHRINK_DRAWDOWN, price)
        if part <= 0.0:
            return 0.0, c.VETO_TOO_SMALL
    part = _cap(slot, rules, part, rules.max_position, c.SHRINK_POSITION, price)
    if rules.cluster_cap > 0.0 and terms.cluster >= 0:
        part = _cap(slot, rules, part, rules.cluster_cap - acct.cluster / acct.equity, c.SHRINK_CLUSTER, price)
        if part <= NOTHING:
            return 0.0, c.VETO_CLUSTER
    room = rules.max_gross - (acct.gross + acct.promised) / acct.equity
    part = _cap(slot, rules, part, room, c.SHRINK_GROSS, price)
    if part <= NOTHING:
        return 0.0, c.VETO_GROSS
    if rules.sizer == KELLY and part < rules.min_position:
        return 0.0, c.VETO_TOO_SMALL
    return part, 0


@part
def size(acct, slot, terms, rules, part, price):
    """Return (quantity in whole lots, fraction, veto code): the wish after positions, exposure, cluster and cash."""
    if rules.max_positions > 0 and acct.places >= rules.max_positions:
        return 0.0, 0.0, c.VETO_MAX_POSITIONS
    allowed, veto = _limited(acct, slot, terms, rules, part, price)
    if veto != 0:
        return 0.0, 0.0, veto
    wanted = stake(allowed * acct.equity, price, terms, acct.bar)
    if rules.sizer == QUANTITY and allowed == part:
        wanted = min(
            rules.size, allowed * acct.equity / price * (1.0 + 1e-12)
        )  # the whole quantity, free of a division
    room = rules.max_gross * acct.equity - acct.gross - acct.promised
    wanted = quantise(min(wanted, affordable(room, price, terms, acct.bar, rules.max_gross)), terms.lot)
    if not wanted * price > NOTHING * acct.equity:
        return 0.0, 0.0, c.VETO_LOT
    return wanted, allowed, 0
