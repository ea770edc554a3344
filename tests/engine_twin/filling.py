"""The first two steps of a bar: what is due and what gaps at its open, then limits, stops and targets inside it."""

from __future__ import annotations

import math

from engine.core import codes as c
from tests.engine_twin import money, sizing
from tests.engine_twin.book import Entry, Position
from tests.engine_twin.desk import Desk
from tests.engine_twin.market import Bar


def fill_due(desk: Desk, bars: list[Bar], offers: list[Bar], point: str) -> None:
    """Fill orders at the open or the close: exits first, then entries in the order in which they were placed."""
    for s in desk.open_symbols():
        raw, out, held = getattr(bars[s], point), desk.leaving[s], desk.positions[s]
        if out is None or held is None:
            continue
        if not math.isnan(raw):
            _fill_exit(desk, s, bars[s], raw, out.reason)
        elif not out.waited:  # said once
            out.waited = True
            desk.say(s, c.WAIT_PRICE, held.quantity, 0.0, raw)
    at_once = desk.options.stops_from == "entry_bar" and point == "open"
    for s in list(desk.queue):
        order = desk.orders[s]
        if order is not None and desk.leaving[s] is None:
            _fill_due_entry(desk, s, order, offers[s], getattr(offers[s], point), desk.t if at_once else desk.t + 1)


def _fill_exit(desk: Desk, s: int, bar: Bar, raw: float, reason: int) -> None:
    held = desk.positions[s]
    assert held is not None
    quantity = desk.let_through(s, bar, held.quantity, raw)
    if quantity > 0:
        price = money.market_price(raw, -held.side, bar.high, bar.low, desk.costs, desk.instruments[s])
        desk.book_exit(s, quantity, price, raw, reason)


def _fill_due_entry(desk: Desk, s: int, order: Entry, bar: Bar, raw: float, live_from: int) -> None:
    thing = desk.instruments[s]
    if math.isnan(raw):
        if order.bar == desk.t - 1:  # said once
            desk.say(s, c.WAIT_PRICE, order.quantity, 0.0, raw)
        return
    if not order.limit:
        price = money.market_price(raw, order.side, bar.high, bar.low, desk.costs, thing)
    elif (order.limit - raw) * order.side >= 0:
        price = money.limit_price(raw, order.limit, order.side, thing)
    else:
        return  # rests inside the bar
    _fill_entry(desk, s, order, bar, raw, price, live_from, maker=False)


def _fill_entry(
    desk: Desk, s: int, order: Entry, bar: Bar, raw: float, price: float, live_from: int, *, maker: bool
) -> None:
    """Fill at most what places, cash, exposure and volume carry; the rest waits, or is dropped when nothing is left."""
    lot, most = desk.instruments[s].lot, desk.risk.max_open_positions
    if desk.positions[s] is None and most is not None and len(desk.open_symbols()) >= most:
        desk.say(s, c.VETO_MAX_POSITIONS, order.quantity, 0.0, price)
        desk.drop(s)
        return
    leverage = desk.risk.max_gross_exposure
    room = leverage * desk.worth() - desk.gross()
    most_quantity = money.in_lots(desk.affordable(s, room, price, leverage), lot)
    if most_quantity * price <= sizing.NOTHING * desk.worth():
        most_quantity = 0.0
    if order.weight:
        order.quantity = money.in_lots(desk.stake(s, order.weight * desk.worth(), price), lot)
        if most_quantity <= 0:
            desk.say(s, c.VETO_NO_CASH, order.quantity, 0.0, price)
        order.quantity, order.weight = min(order.quantity, most_quantity), 0.0
    else:
        keep_below_the_largest_position(desk, s, order, price)
    if most_quantity < order.quantity:
        code = c.RESIZE_CASH if most_quantity > 0 else c.VETO_NO_CASH
        if most_quantity < order.quantity * (1 - 1e-9):
            desk.say(s, code, order.quantity, most_quantity, price)
        order.quantity = most_quantity
    if order.quantity <= 0:
        desk.drop(s)
        return
    quantity = desk.let_through(s, bar, order.quantity, price)
    if quantity <= 0:
        return
    order.quantity -= quantity
    desk.book_entry(s, order, quantity, price, raw, live_from, maker)
    if money.in_lots(order.quantity, lot) <= 0:
        desk.drop(s)


def keep_below_the_largest_position(desk: Desk, s: int, order: Entry, price: float) -> None:
    """Cut an order whose price has run away to what the largest position allows at the fill."""
    limit, held = desk.risk.max_position_pct, desk.positions[s]
    if limit is None or limit >= desk.risk.max_gross_exposure:
        return
    room = max(limit * desk.worth() / price - (held.quantity if held is not None else 0.0), 0.0)
    most = money.in_lots(room, desk.instruments[s].lot)
    if most < order.quantity * (1 - 1e-9):
        desk.say(s, c.SHRINK_POSITION, order.quantity, most, price)
        order.quantity = most


def gaps(desk: Desk, bars: list[Bar]) -> None:
    """Leave at the open where it lies at or beyond a stop or a target that is live."""
    for s in desk.open_symbols():
        held, bar = desk.positions[s], bars[s]
        assert held is not None
        if math.isnan(bar.open) or desk.leaving[s] is not None or desk.t < held.live_from:
            continue
        level, thing = held.stop_level(), desk.instruments[s]
        if level and (bar.open - level) * held.side <= 0:
            price = money.market_price(bar.open, -held.side, bar.high, bar.low, desk.costs, thing)
            desk.leave(s, bar, price, bar.open, _stop_reason(held, level))
        elif held.target and (bar.open - held.target) * held.side >= 0:
            price = money.limit_price(bar.open, held.target, -held.side, thing)
            desk.leave(s, bar, price, bar.open, c.EXIT_TARGET, maker=True)


def _stop_reason(held: Position, level: float) -> int:
    return c.EXIT_STOP if level == held.stop else c.EXIT_TRAIL


def inside(desk: Desk, bars: list[Bar], offers: list[Bar]) -> None:
    """Take every symbol through its bar: limit entry, stop or target, how far it went."""
    for s, bar in enumerate(bars):
        order, fresh = desk.orders[s], None
        turning = desk.leaving[s] is not None  # the entry waits until the old position is gone
        known = not (math.isnan(offers[s].high) or math.isnan(offers[s].low))
        if order is not None and order.limit and desk.t > order.bar and not turning and known:
            was_flat = desk.positions[s] is None
            _touch(desk, s, order, offers[s])
            fresh = desk.positions[s] if was_flat else None
        held = desk.positions[s]
        if math.isnan(bar.high) or math.isnan(bar.low):
            continue
        if held is not None and desk.leaving[s] is None:
            if desk.t >= held.live_from:
                _stops(desk, s, held, bar, fresh is not None)
            held = desk.positions[s]
            along = bar.high if held is not None and held.side > 0 else bar.low
            if held is not None and desk.t > held.entry_bar and (along - held.trail_from) * held.side > 0:
                held.trail_from = along
        if held is not None:
            # on the bar of a limit fill, what lay beyond the fill may have come before it
            held.suffered(bar.low if held.side > 0 else bar.high)
            held.enjoyed(desk.marks[s] if fresh is not None else bar.high if held.side > 0 else bar.low)


def _touch(desk: Desk, s: int, order: Entry, bar: Bar) -> None:
    """Fill a limit entry that the bar traded through: at its price, or at the open where that lies beyond it."""
    reach, far = (bar.low, bar.high) if order.side > 0 else (bar.high, bar.low)
    if not math.isnan(bar.open):
        far = bar.open
    if (order.limit - reach) * order.side >= 0:
        raw = min(order.limit * order.side, far * order.side) * order.side
        price = money.limit_price(raw, order.limit, order.side, desk.instruments[s])
        live = desk.t if desk.options.stops_from == "entry_bar" else desk.t + 1
        _fill_entry(desk, s, order, bar, raw, price, live, maker=True)
    else:
        desk.say(s, c.VETO_LIMIT_MISSED, order.quantity, 0.0, order.limit)
    desk.drop(s)


def _stops(desk: Desk, s: int, held: Position, bar: Bar, fresh: bool) -> None:
    """Leave at the stop, or else at the target, if the bar holds it; a price that the bar did not trade is its nearest."""
    against, along = (bar.low, bar.high) if held.side > 0 else (bar.high, bar.low)
    thing, level = desk.instruments[s], held.stop_level()
    reached = bool(held.target) and not fresh and (along - held.target) * held.side >= 0
    if level and (against - level) * held.side <= 0:
        reason = _stop_reason(held, level)
        desk.story.ambiguous += reached
        best = min(along * held.side, desk.marks[s] * held.side) * held.side if fresh else along
        raw = min(level * held.side, best * held.side) * held.side
        held.suffered(raw)
        desk.leave(s, bar, money.market_price(raw, -held.side, bar.high, bar.low, desk.costs, thing), raw, reason)
    elif reached:
        held.suffered(against)
        raw = max(held.target * held.side, against * held.side) * held.side
        price = money.limit_price(raw, held.target, -held.side, thing)
        desk.leave(s, bar, price, raw, c.EXIT_TARGET, maker=True)
