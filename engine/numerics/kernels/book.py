"""What one fill does to the account: entries, exits, finished trades, and the notes taken of all three."""

from __future__ import annotations

from engine.core import codes as c

from .jit import out_of_line, part
from .layout import QUADRATIC_FEE
from .scalars import MIN_TRADES, contract_fee, kelly_from_record, percent_fee, quantise, settlement_fee


@part
def note(record, code, asked, allowed, price):
    """Write a decision into the record of the account or of a symbol."""
    out_of_line()
    k = record.noted
    if k < record.notes.shape[0]:
        record.notes[k, 0] = code
        record.notes[k, 1] = asked
        record.notes[k, 2] = allowed
        record.notes[k, 3] = price
        record.noted = k + 1


@part
def cancel(slot, rules):
    """Take back an entry order that waits, and say so."""
    if slot.order_side != 0:
        slot.order_side = 0
        if rules.log == 1:
            note(slot, c.VETO_CANCELLED, slot.order_quantity, 0.0, slot.order_basis)


@part
def _note_fill(acct, slot, side, quantity, price, raw, fee, reason):
    out_of_line()
    k = slot.filled
    if k < slot.fills.shape[0]:
        slot.fills[k, 0] = side
        slot.fills[k, 1] = quantity
        slot.fills[k, 2] = price
        slot.fills[k, 3] = raw
        slot.fills[k, 4] = fee
        slot.fills[k, 5] = reason
        slot.fills[k, 6] = acct.cash
        slot.filled = k + 1


@part
def _note_trade(acct, slot, side, pnl, reason):
    out_of_line()
    k = slot.done
    if k < slot.trades.shape[0]:
        slot.trades[k, 0] = side
        slot.trades[k, 1] = slot.entry_quantity
        slot.trades[k, 2] = slot.entry_bar
        slot.trades[k, 3] = slot.entry_price
        slot.trades[k, 4] = acct.bar
        slot.trades[k, 5] = slot.exit_value / slot.exit_quantity
        slot.trades[k, 6] = slot.fees
        slot.trades[k, 7] = pnl
        slot.trades[k, 8] = slot.best
        slot.trades[k, 9] = slot.worst
        slot.trades[k, 10] = reason
        slot.done = k + 1


@part
def volume_room(acct, slot, rules, volume):
    """Return how much this bar's volume still lets through; a bar without volume lets nothing through."""
    if slot.used_bar != acct.bar:
        slot.used_bar = acct.bar
        slot.used_volume = 0.0
    if not volume > 0.0:
        return 0.0
    return max(rules.volume_share * volume - slot.used_volume, 0.0)


@part
def arm_stops(slot, rules, side, quantity):
    """Set stop and target from the average fill (or the signal's close) once the position has changed."""
    basis = slot.order_basis if rules.stop_basis_signal == 1 else slot.entry_price
    slot.stop = basis * (1.0 - side * slot.order_stop) if slot.order_stop > 0.0 else 0.0
    slot.target = basis * (1.0 + side * slot.order_target) if slot.order_target > 0.0 else 0.0
    slot.trail = slot.order_trail
    if slot.entry_quantity == quantity or (basis - slot.trail_from) * side > 0.0:  # a later fill never loosens it
        slot.trail_from = basis


@part
def enter(acct, slot, terms, rules, quantity, price, raw, live_from, maker):
    """Book an entry fill of `quantity` at `price`; `maker` says that the order was resting in the book."""
    out_of_line()
    side = slot.order_side
    if terms.fee_code == QUADRATIC_FEE:
        fee, slot.entry_carry = contract_fee(terms, acct.bar, quantity, price, side > 0, maker, slot.entry_carry)
    else:
        fee = percent_fee(terms.fee_rate, terms.fee_unit, terms.fee_min, quantity, price)
    if slot.quantity == 0.0:
        acct.held += 1
        acct.entries += 1
        slot.entry_value = slot.entry_quantity = slot.exit_value = slot.exit_quantity = slot.fees = 0.0
        slot.entry_bar = acct.bar
        slot.live_from = live_from
        slot.best = slot.worst = price
    acct.cash -= side * quantity * price + fee
    acct.balance -= fee
    acct.fees += fee
    acct.traded += quantity * price
    slot.quantity += side * quantity
    slot.entry_value += quantity * price
    slot.entry_quantity += quantity
    slot.entry_price = slot.entry_value / slot.entry_quantity if slot.entry_quantity != quantity else price
    slot.fees += fee
    slot.mark = raw
    arm_stops(slot, rules, side, quantity)
    if rules.log == 1:
        _note_fill(acct, slot, side, quantity, price, raw, fee, c.NO_EXIT)


@part
def _finish_trade(acct, slot, rules, side, reason):
    """Turn a position that has become flat into a trade and into the record that Kelly is fed from."""
    pnl = side * (slot.exit_value - slot.entry_value) - slot.fees
    gain = pnl / slot.entry_value
    acct.held -= 1
    acct.closed += 1
    if pnl > 0.0:
        acct.wins += 1
        acct.sum_win += gain
        acct.profit += pnl
        acct.loss_run = 0
    elif pnl < 0.0:
        acct.losses += 1
        acct.sum_loss -= gain
        acct.loss -= pnl
        acct.loss_run += 1
        if rules.max_losses > 0 and acct.loss_run >= rules.max_losses:
            acct.paused_until = acct.bar + rules.loss_pause
            acct.loss_run = 0
    if acct.closed >= MIN_TRADES:
        acct.record_kelly = kelly_from_record(
            float(acct.closed), float(acct.wins), float(acct.losses), acct.sum_win, acct.sum_loss
        )
    if rules.log == 1:
        _note_trade(acct, slot, side, pnl, reason)


@part
def order_exit(acct, slot, reason):
    """Write down that the position has to leave, as a fresh order."""
    if slot.exit_reason == c.NO_EXIT:
        acct.exits += 1
        slot.exit_carry = slot.exit_waits = 0
    slot.exit_reason = reason


@part
def leave(acct, slot, terms, rules, quantity, price, raw, reason, maker):
    """Book an exit fill of `quantity` of the position at `price`; a trade when nothing is left of it."""
    out_of_line()
    side = 1 if slot.quantity > 0.0 else -1
    if reason == c.EXIT_SETTLED:
        fee = settlement_fee(terms, quantity)
    else:
        acct.traded += quantity * price
        if terms.fee_code == QUADRATIC_FEE:
            carried = slot.exit_carry if slot.exit_reason != c.NO_EXIT else 0
            fee, slot.exit_carry = contract_fee(terms, acct.bar, quantity, price, side < 0, maker, carried)
        else:
            fee = percent_fee(terms.fee_rate, terms.fee_unit, terms.fee_min, quantity, price)
    acct.cash += side * quantity * price - fee
    acct.balance += side * quantity * (price - slot.entry_price) - fee
    acct.fees += fee
    slot.exit_value += quantity * price
    slot.exit_quantity += quantity
    slot.fees += fee
    slot.mark = raw
    rest = abs(slot.quantity) - quantity
    whole = not quantise(rest, terms.lot) > 0.0  # less than a lot is what floats leave over
    slot.quantity = 0.0 if whole else side * rest
    if rules.log == 1:
        slot.best = max(slot.best * side, price * side) * side
        slot.worst = min(slot.worst * side, price * side) * side
        _note_fill(acct, slot, -side, quantity, price, raw, fee, reason)
    if whole:
        if slot.exit_reason != c.NO_EXIT:
            slot.exit_reason = c.NO_EXIT
            acct.exits -= 1
        _finish_trade(acct, slot, rules, side, reason)


@part
def settle_due(acct, slots, terms, rules):
    """Close the markets whose time is over: entries that wait are dropped, positions are paid what they settled at."""
    out_of_line()
    for s in range(slots.shape[0]):
        slot = slots[s]
        if slot.order_side != 0 and terms[s].close_bar >= 0 and acct.bar >= terms[s].close_bar:
            slot.order_side = 0
            if rules.log == 1:
                note(slot, c.VETO_CLOSED, slot.order_quantity, 0.0, slot.order_basis)
        if slot.quantity != 0.0 and terms[s].settle_bar >= 0 and acct.bar >= terms[s].settle_bar:
            value = terms[s].settle_value
            leave(acct, slot, terms[s], rules, abs(slot.quantity), value, value, c.EXIT_SETTLED, False)


@part
def leave_by_stop(acct, slot, terms, rules, price, raw, reason, volume, maker):
    """Close a position by a stop or target; what the volume holds back leaves as an exit order from the next bar on."""
    out_of_line()
    quantity = abs(slot.quantity)
    cancel(slot, rules)
    if rules.volume_share > 0.0:
        room = quantise(volume_room(acct, slot, rules, volume), terms.lot)
        if room < quantity:
            order_exit(acct, slot, reason)
            if rules.log == 1:
                note(slot, c.PARTIAL_VOLUME, quantity, room, price)
            quantity = room
        slot.used_volume += quantity
    if quantity > 0.0:
        leave(acct, slot, terms, rules, quantity, price, raw, reason, maker)
