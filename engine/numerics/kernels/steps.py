"""The two filling steps of a bar and its marks: due orders and gaps at the open, then stops and targets inside it.

An entry trades against the rows from `ask_row` on, all the rest against the first. For stocks the two are the same; for
quoted markets, whose legs are only ever bought and sold, the first are the bids.
"""

from __future__ import annotations

from engine.core import codes as c

from .book import enter, leave, leave_by_stop, note, settle_due, volume_room
from .jit import hot, out_of_line, part
from .layout import HIGH, LOW, OPEN, VOLUME
from .scalars import affordable, quantise, slipped, stake, to_tick
from .sizing import NOTHING
from .valuing import weigh


@part
def _fill_exit(acct, slot, terms, rules, raw, high, low, volume):
    """Fill an exit order at this price point, or as much of it as the volume lets through."""
    quantity = abs(slot.quantity)
    if rules.volume_share > 0.0:
        room = volume_room(acct, slot, rules, volume)
        if room < quantity:
            quantity = quantise(room, terms.lot)
            if rules.log == 1:
                note(slot, c.PARTIAL_VOLUME, abs(slot.quantity), quantity, raw)
            if not quantity > 0.0:
                return
        slot.used_volume += quantity
    direction = -1 if slot.quantity > 0.0 else 1
    price = slipped(raw, direction, high, low, terms, rules)
    leave(acct, slot, terms, rules, quantity, price, raw, slot.exit_reason, False)


@part
def _covered(acct, slot, terms, rules, price):
    """Cut the order to what cash and the exposure limit carry at this price, and say so; sizes `size_at_fill` orders."""
    room = quantise(
        affordable(rules.max_gross * acct.worth - acct.gross, price, terms, acct.bar, rules.max_gross), terms.lot
    )
    if not room * price > NOTHING * acct.worth:
        room = 0.0
    if slot.order_weight > 0.0:
        wanted = quantise(stake(slot.order_weight * acct.worth, price, terms, acct.bar), terms.lot)
        if rules.log == 1 and not room > 0.0:
            note(slot, c.VETO_NO_CASH, wanted, room, price)
        slot.order_quantity = min(wanted, room)
        slot.order_weight = 0.0
    elif rules.max_position < rules.max_gross:  # a price that ran away must not carry the order past its limit
        most = quantise(max(rules.max_position * acct.worth / price - abs(slot.quantity), 0.0), terms.lot)
        if most < slot.order_quantity * (1.0 - 1e-9):
            if rules.log == 1:
                note(slot, c.SHRINK_POSITION, slot.order_quantity, most, price)
            slot.order_quantity = most
    if room < slot.order_quantity:
        if rules.log == 1 and room < slot.order_quantity * (1.0 - 1e-9):  # a last digit of a float is no news
            note(slot, c.RESIZE_CASH if room > 0.0 else c.VETO_NO_CASH, slot.order_quantity, room, price)
        slot.order_quantity = room


@part
def _fill_entry(acct, slot, terms, rules, raw, price, volume, live_from, maker):
    """Fill an entry order at `price`: at most what cash, exposure and volume carry; the rest waits or is dropped."""
    if slot.quantity == 0.0 and rules.max_positions > 0 and acct.held >= rules.max_positions:
        if rules.log == 1:
            note(slot, c.VETO_MAX_POSITIONS, slot.order_quantity, 0.0, price)
        slot.order_side = 0
        return
    _covered(acct, slot, terms, rules, price)
    quantity = slot.order_quantity
    if rules.volume_share > 0.0 and quantity > 0.0:
        passes = volume_room(acct, slot, rules, volume)
        if passes < quantity:
            quantity = quantise(passes, terms.lot)
            if rules.log == 1:
                note(slot, c.PARTIAL_VOLUME, slot.order_quantity, quantity, price)
            if not quantity > 0.0:
                return
        slot.used_volume += quantity
    if quantity > 0.0:
        slot.order_quantity -= quantity
        enter(acct, slot, terms, rules, quantity, price, raw, live_from, maker)
    if not quantise(slot.order_quantity, terms.lot) > 0.0 or not quantity > 0.0:
        slot.order_side = 0


@part
def _limit_price(raw, limit, direction, terms):
    """Return what a limit order pays where `raw` trades: on the tick, and never worse than its own price."""
    if terms.tick <= 0.0:
        return raw
    own = to_tick(limit, terms, -direction)
    traded = to_tick(raw, terms, direction)
    return min(own, traded) if direction > 0 else max(own, traded)


@part
def _due(acct, slot, terms, rules, raw, high, low, volume, live_from):
    """Fill an entry order that is due at this price point, unless it waits for a price or for its limit."""
    if not raw == raw:
        if rules.log == 1 and slot.order_bar == acct.bar - 1:
            note(slot, c.WAIT_PRICE, slot.order_quantity, 0.0, raw)
        return
    price = raw
    if slot.order_limit > 0.0:
        if (slot.order_limit - raw) * slot.order_side < 0.0:
            return
        price = _limit_price(raw, slot.order_limit, slot.order_side, terms)
    else:
        price = slipped(raw, slot.order_side, high, low, terms, rules)
    _fill_entry(acct, slot, terms, rules, raw, price, volume, live_from, False)


@part
def fill_orders(acct, slots, queue, prices, t, terms, rules):
    """Fill what is due at this price point (the open, or the close of `fill="close"`): exits first, then entries."""
    out_of_line()
    row, ask = rules.fill_row, rules.ask_row
    if acct.exits > 0:
        for s in range(slots.shape[0]):
            if slots[s].exit_reason == c.NO_EXIT:
                continue
            if prices[row, s, t] == prices[row, s, t]:
                _fill_exit(
                    acct, slots[s], terms[s], rules, prices[row, s, t], prices[HIGH, s, t], prices[LOW, s, t], prices[VOLUME, s, t]
                )  # fmt: skip
            elif rules.log == 1 and slots[s].exit_waits == 0:
                slots[s].exit_waits = 1
                note(slots[s], c.WAIT_PRICE, abs(slots[s].quantity), 0.0, prices[row, s, t])
    if acct.queued == 0:
        return
    live_from = acct.bar if rules.stops_from_entry == 1 and row == OPEN else acct.bar + 1
    for k in range(acct.queued):
        s = queue[k]
        if slots[s].order_side != 0 and slots[s].exit_reason == c.NO_EXIT:
            weigh(acct, slots)
            _due(
                acct, slots[s], terms[s], rules, prices[ask + row, s, t], prices[ask + HIGH, s, t], prices[ask + LOW, s, t], prices[VOLUME, s, t],
                live_from
            )  # fmt: skip


@part
def _gap(acct, slot, terms, rules, raw, high, low, volume):
    """Leave at the open when it lies beyond the stop or the target."""
    out_of_line()
    side = 1 if slot.quantity > 0.0 else -1
    level = stop_level(slot, side)
    if level > 0.0 and (raw - level) * side <= 0.0:
        price = slipped(raw, -side, high, low, terms, rules)
        leave_by_stop(acct, slot, terms, rules, price, raw, stop_reason(slot, level), volume, False)
    elif slot.target > 0.0 and (raw - slot.target) * side >= 0.0:
        price = _limit_price(raw, slot.target, -side, terms)
        leave_by_stop(acct, slot, terms, rules, price, raw, c.EXIT_TARGET, volume, True)


@part
def stop_level(slot, side):
    """Return the tighter of the fixed and the trailing stop, or 0 where there is none."""
    level = slot.stop
    if slot.trail > 0.0:
        follow = slot.trail_from * (1.0 - side * slot.trail)
        if level == 0.0 or (follow - level) * side > 0.0:
            level = follow
    return level


@part
def stop_reason(slot, level):
    """Return the exit code of a stop at `level`: the fixed stop where both are equal."""
    return c.EXIT_STOP if level == slot.stop else c.EXIT_TRAIL


@hot
def fill_open(acct, slots, queue, prices, t, terms, rules):
    """First step of a bar: fills due at the open, then gaps through a stop or target."""
    for s in range(slots.shape[0]):  # the last price known: exposure is measured by it, and a bar that has no close
        if slots[s].quantity != 0.0 and prices[OPEN, s, t] == prices[OPEN, s, t]:
            slots[s].mark = prices[OPEN, s, t]
    if rules.fill_at_close == 0 and (acct.exits > 0 or acct.queued > 0):
        fill_orders(acct, slots, queue, prices, t, terms, rules)
    if rules.has_stops == 1 and acct.held > 0:
        for s in range(slots.shape[0]):
            raw = prices[OPEN, s, t]
            slot = slots[s]
            if slot.quantity != 0.0 and slot.exit_reason == c.NO_EXIT and raw == raw and acct.bar >= slot.live_from:
                _gap(acct, slot, terms[s], rules, raw, prices[HIGH, s, t], prices[LOW, s, t], prices[VOLUME, s, t])


@part
def _touch_limit(acct, slot, terms, rules, open_, high, low, volume):
    """Fill a resting limit entry where the bar has traded through its price; else it has missed and is dropped.

    Where the bar begins beyond the price it fills at the open (or, with none known, at the nearest price of the bar).

    Below its own price the order has also passed any stop that lies between them, so stops may be live at once; a
    target may have been touched before the fill, so it waits for the next bar.
    """
    out_of_line()
    side = slot.order_side
    reach = low if side > 0 else high
    if (slot.order_limit - reach) * side >= 0.0:
        start = open_ if open_ == open_ else (high if side > 0 else low)
        raw = start if (slot.order_limit - start) * side > 0.0 else slot.order_limit
        price = _limit_price(raw, slot.order_limit, side, terms)
        live = acct.bar if rules.stops_from_entry == 1 else acct.bar + 1
        _fill_entry(acct, slot, terms, rules, raw, price, volume, live, True)
    elif rules.log == 1:
        note(slot, c.VETO_LIMIT_MISSED, slot.order_quantity, 0.0, slot.order_limit)
    slot.order_side = 0


@part
def _inside(acct, slot, terms, rules, high, low, volume, target_live):
    """Leave at the stop or the target if the bar holds it; the stop wins when both do (counted as ambiguous).

    A level that the bar has not traded since the entry fills at the nearest price that it has.
    """
    side = 1 if slot.quantity > 0.0 else -1
    against = low if side > 0 else high
    along = high if side > 0 else low
    if acct.bar >= slot.live_from:
        level = stop_level(slot, side)
        reached = slot.target > 0.0 and target_live and (along - slot.target) * side >= 0.0
        if level > 0.0 and (against - level) * side <= 0.0:
            if reached:
                acct.ambiguous += 1
            nearest = along
            if not target_live and (slot.mark - along) * side < 0.0:
                nearest = slot.mark
            raw = nearest if (level - nearest) * side > 0.0 else level
            if rules.log == 1:
                slot.worst = min(slot.worst * side, raw * side) * side
            price = slipped(raw, -side, high, low, terms, rules)
            leave_by_stop(acct, slot, terms, rules, price, raw, stop_reason(slot, level), volume, False)
        elif reached:
            if rules.log == 1:
                slot.worst = min(slot.worst * side, against * side) * side
            raw = against if (against - slot.target) * side > 0.0 else slot.target
            price = _limit_price(raw, slot.target, -side, terms)
            leave_by_stop(acct, slot, terms, rules, price, raw, c.EXIT_TARGET, volume, True)
    if slot.quantity != 0.0 and acct.bar > slot.entry_bar and (along - slot.trail_from) * side > 0.0:
        slot.trail_from = along


@part
def _inside_one(acct, slot, terms, rules, high, low, volume, by_limit):
    """Take one position through the bar: its stops, how far it went for and against it."""
    if rules.has_stops == 1 and slot.exit_reason == c.NO_EXIT:
        _inside(acct, slot, terms, rules, high, low, volume, not by_limit)
    if rules.log == 1 and slot.quantity != 0.0:
        if slot.quantity > 0.0:
            slot.best = max(slot.best, slot.mark if by_limit else high)
            slot.worst = min(slot.worst, low)
        else:
            slot.best = min(slot.best, slot.mark if by_limit else low)
            slot.worst = max(slot.worst, high)


@part
def _limit_due(acct, slots, s, prices, t, terms, rules):
    """Try the resting limit entry of a symbol on this bar; say whether it opened a position."""
    slot = slots[s]
    if slot.order_limit <= 0.0 or acct.bar <= slot.order_bar or slot.exit_reason != c.NO_EXIT:
        return False  # the entry waits until the old position is gone
    high, low = prices[rules.ask_row + HIGH, s, t], prices[rules.ask_row + LOW, s, t]
    if not (high == high and low == low):
        return False
    flat = slot.quantity == 0.0
    weigh(acct, slots)
    _touch_limit(acct, slot, terms[s], rules, prices[rules.ask_row + OPEN, s, t], high, low, prices[VOLUME, s, t])
    return flat and slot.quantity != 0.0


@hot
def fill_inside(acct, slots, queue, prices, t, terms, rules):
    """Second step of a bar: limit entries, stops and targets between its open and its close, then settlements."""
    if rules.has_limits == 1 or (acct.held > 0 and (rules.has_stops == 1 or rules.log == 1)):
        for s in range(slots.shape[0]):
            by_limit = False
            if slots[s].order_side != 0:
                by_limit = _limit_due(acct, slots, s, prices, t, terms, rules)
            if slots[s].quantity != 0.0:
                high = prices[HIGH, s, t]
                low = prices[LOW, s, t]
                if high == high and low == low:
                    _inside_one(acct, slots[s], terms[s], rules, high, low, prices[VOLUME, s, t], by_limit)
    if rules.settles == 1:
        settle_due(acct, slots, terms, rules)
