"""What a fill costs and how much can be paid for: fees, slippage, ticks, lots, cash."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from engine.core.costs import Costs
from engine.core.instrument import BINARY, CENT, CONSERVATIVE, QUADRATIC, FeeModel, Instrument

_CENTI, _MICRO, _DUST = Decimal("0.01"), Decimal("0.000001"), Decimal("1e-11")
_SLACK = 1e-9  # of a lot or tick: what is left of n * lot / lot in floats


def in_lots(quantity: float, lot: float) -> float:
    """Round down to whole lots, so that rounding never raises exposure."""
    return quantity if lot == 0 else math.floor(quantity / lot + _SLACK) * lot


def on_tick(price: float, thing: Instrument, direction: int) -> float:
    """Round against a trader who buys (+1) or sells (-1), on the grid that holds at this price."""
    tick = thing.tick
    if tick == 0:
        return price
    if thing.tail_tick and (price < thing.tail_low or price > thing.tail_high):
        tick = thing.tail_tick
    if direction > 0:
        return math.ceil(price / tick - _SLACK) * tick
    return max(math.floor(price / tick + _SLACK) * tick, tick)


def market_price(raw: float, direction: int, high: float, low: float, costs: Costs, thing: Instrument) -> float:
    """Return what a market or stop order pays: the price, a rate of it and a share of the bar's range against the trader."""
    price = raw * (1.0 + direction * costs.slippage_rate)
    if high > low:
        price += direction * costs.slippage_range * (high - low)
    price = on_tick(max(price, 0.0), thing, direction)
    return min(price, 1.0) if thing.payoff == BINARY else price


def limit_price(raw: float, limit: float, direction: int, thing: Instrument) -> float:
    """Return what a limit order pays where `raw` trades: that price or its own, never worse than its own."""
    own = on_tick(limit, thing, -direction)
    traded = on_tick(raw, thing, direction)
    return min(own, traded) if direction > 0 else max(own, traded)


def step_of(model: FeeModel) -> Decimal:
    """Return the steps in which the balance of this kind of account moves."""
    return {CENT: _CENTI, CONSERVATIVE: _CENTI}.get(model.rounding, Decimal("0.0001"))


def whole_steps(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).to_integral_value(ROUND_FLOOR) * step


def fee(
    model: FeeModel, time_ns: int, quantity: float, price: float, buys: bool, maker: bool, carried: Decimal
) -> tuple[float, Decimal]:
    """Return the fee of one fill by the instrument's model, and what its order carries of roundings after it."""
    if model.kind != QUADRATIC:
        return max(model.rate * quantity * price + model.per_unit * quantity, model.minimum), carried
    share = Decimal(repr(model.maker_share)) if maker else Decimal(1)
    rate = (Decimal(repr(rate_of(model, time_ns))) * share).quantize(Decimal("1e-8"), ROUND_HALF_EVEN)
    count = (Decimal(repr(quantity)) - _DUST).quantize(_CENTI, ROUND_CEILING)
    fixed = Decimal(repr(price)).quantize(_MICRO)
    exact = rate * count * fixed * (1 - fixed)
    if model.rounding == CONSERVATIVE:
        return float(exact.quantize(_CENTI, ROUND_CEILING)), carried
    trade, step = exact.quantize(_MICRO, ROUND_CEILING), step_of(model)
    moved = (-count if buys else count) * fixed - trade
    lost = moved - whole_steps(moved, step)
    back = min(whole_steps(carried + lost, step), whole_steps(trade + lost, step))
    return float(trade + lost - back), carried + lost - back


def rate_of(model: FeeModel, time_ns: int) -> float:
    """Return the rate at a time: the last change that is not in its future."""
    rates = [model.rate, *(rate for when, rate in model.changes if when <= time_ns)]
    return rates[-1]


def lost_at_settlement(model: FeeModel, quantity: float, value: float) -> float:
    """Return what is cut off a payment that is no whole number of steps."""
    if model.kind != QUADRATIC:
        return 0.0
    paid = Decimal(repr(quantity)).quantize(_CENTI) * Decimal(repr(value)).quantize(_MICRO)
    return float(paid - whole_steps(paid, step_of(model)))


def _set_aside(model: FeeModel, time_ns: int, leverage: float) -> Callable[[float, float], float]:
    """Return what buying a quantity at a price takes out of the room.

    The fee lowers equity and so the room by `leverage` times itself; a smallest fee is kept for the way out as well, and
    of a quadratic fee the most that its rounding may add.
    """
    rate = rate_of(model, time_ns)
    most = {CENT: 0.01, CONSERVATIVE: 0.009999}.get(model.rounding, 0.0001)

    def need(quantity: float, price: float) -> float:
        if model.kind == QUADRATIC:
            return quantity * price + leverage * (rate * quantity * price * (1.0 - price) + most) + 2e-6
        paid, _ = fee(model, time_ns, quantity, price, True, False, Decimal(0))
        return quantity * price + leverage * paid + model.minimum

    return need


def affordable(room: float, price: float, model: FeeModel, time_ns: int, leverage: float) -> float:
    """Return the largest quantity that fits in the room, found by halving and not by solving."""
    need = _set_aside(model, time_ns, leverage)
    if not room > 0 or need(0.0, price) > room:
        return 0.0
    low, high = 0.0, room / price * 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        low, high = (middle, high) if need(middle, price) <= room else (low, middle)
    return low


def fee_model(instrument: Instrument, costs: Costs) -> FeeModel:
    """Return the instrument's own fees, or those of the run."""
    return instrument.fee or FeeModel(rate=costs.fee_rate, per_unit=costs.fee_per_share, minimum=costs.min_fee)
