"""The scalar rules, compiled, and the rounding, slippage and cost rules that every fill goes through."""

from __future__ import annotations

import math

from engine.numerics import fees, rules

from .jit import part
from .layout import QUADRATIC_FEE

kelly_full = part(rules.kelly_full)
kelly_clip = part(rules.kelly_clip)
kelly_from_record = part(rules.kelly_from_record)
drawdown_floor = part(rules.drawdown_floor)
drawdown_scale = part(rules.drawdown_scale)
daily_floor = part(rules.daily_floor)
percent_fee = part(fees.percent_fee)
quadratic_fee = part(fees.quadratic_fee)
MIN_TRADES = rules.MIN_TRADES

# Below this share of a lot a quantity counts as the whole lot above it: what is left of n * lot / lot in floats.
_LOT_SLACK = 1e-9


@part
def quantise(quantity, lot):
    """Round a quantity down to whole lots; rounding never raises exposure. `lot` 0 leaves it as it is."""
    if lot <= 0.0:
        return quantity
    return math.floor(quantity / lot + _LOT_SLACK) * lot


@part
def to_tick(price, tick, direction):
    """Round a fill price to the tick against the trader: up for a buy (+1), down for a sale (-1)."""
    if tick <= 0.0:
        return price
    if direction > 0:
        return math.ceil(price / tick - _LOT_SLACK) * tick
    return max(math.floor(price / tick + _LOT_SLACK) * tick, tick)


@part
def slipped(price, direction, high, low, terms, rules):
    """Return the price of a market order after slippage: a rate of the price plus a share of the bar's range."""
    if rules.slip_rate > 0.0:
        price *= 1.0 + direction * rules.slip_rate
    if rules.slip_range > 0.0 and high > low:
        price += direction * rules.slip_range * (high - low)
    return to_tick(max(price, 0.0), terms.tick, direction)


@part
def fee_of(terms, quantity, price):
    """Return the fee of one fill in currency, by the instrument's fee model."""
    if terms.fee_code == QUADRATIC_FEE:
        count = int(math.ceil(quantity * 100.0 - _LOT_SLACK))
        return quadratic_fee(int(round(terms.fee_rate * 1e8)), count, int(round(price * 1e6)), 1) / 1e6
    return percent_fee(terms.fee_rate, terms.fee_unit, terms.fee_min, quantity, price)


@part
def affordable(room, price, terms, leverage):
    """Return the largest quantity whose cost and fee fit in `room`.

    From quantity * price + leverage * fee <= room: with no leverage that is cash, with leverage the fee lowers the
    equity that the whole exposure is measured by. A smallest fee is set aside for the way out as well.
    """
    if not (room > 0.0 and price > 0.0):
        return 0.0
    if terms.fee_code == QUADRATIC_FEE:
        return max(room - 2e-6, 0.0) / (price + leverage * terms.fee_rate * price * (1.0 - price))
    room -= terms.fee_min
    quantity = room / (price * (1.0 + leverage * terms.fee_rate) + leverage * terms.fee_unit)
    if terms.fee_min > 0.0:
        quantity = min(quantity, (room - leverage * terms.fee_min) / price)
    return max(quantity, 0.0)
