"""The scalar rules, compiled, and the rounding, slippage and cost rules that every fill goes through."""

from __future__ import annotations

import math

from engine.numerics import fees, rules

from .jit import out_of_line, part
from .layout import QUADRATIC_FEE

kelly_full = part(rules.kelly_full)
kelly_clip = part(rules.kelly_clip)
kelly_from_record = part(rules.kelly_from_record)
drawdown_floor = part(rules.drawdown_floor)
drawdown_scale = part(rules.drawdown_scale)
daily_floor = part(rules.daily_floor)
percent_fee = part(fees.percent_fee)
quadratic_fee = part(fees.quadratic_fee)
align_fill = part(fees.align_fill)
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
def to_tick(price, terms, direction):
    """Round a fill price to the tick against the trader: up for a buy (+1), down for a sale (-1)."""
    tick = terms.tick
    if tick <= 0.0:
        return price
    if terms.tail_tick > 0.0 and (price < terms.tail_low or price > terms.tail_high):
        tick = terms.tail_tick
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
    price = to_tick(max(price, 0.0), terms, direction)
    return min(price, terms.top) if terms.top > 0.0 else price


@part
def rate_at(terms, bar):
    """Return the fee rate that is in force on a bar."""
    rate = terms.fee_rate
    for k in range(terms.changes):
        if bar >= terms.change_bar[k]:
            rate = terms.change_rate[k]
    return rate


@part
def contract_fee(terms, bar, quantity, price, buys, maker, carried):
    """Return (quadratic fee of one fill in currency, what the order's account of roundings carries after it)."""
    out_of_line()
    rate = rate_at(terms, bar)
    if maker:
        rate *= terms.maker
    count, micro = int(math.ceil(quantity * 100.0 - _LOT_SLACK)), int(round(price * 1e6))
    fee = quadratic_fee(int(round(rate * 1e8)), count, micro, terms.fee_up) * 100
    if terms.fee_step > 0:
        revenue = -count * micro if buys else count * micro
        _, rounding, rebate = align_fill(fee, revenue, terms.fee_step, carried)
        fee += rounding - rebate
        carried += rounding - rebate
    return fee / 1e8, carried


@part
def settlement_fee(terms, quantity):
    """Return what is lost of a settlement because cash moves in whole steps: nothing but for fractions of a dollar."""
    if terms.fee_code != QUADRATIC_FEE:
        return 0.0
    step = max(terms.fee_step, terms.fee_up * 100)
    return int(math.floor(quantity * 100.0 + _LOT_SLACK)) * int(round(terms.settle_value * 1e6)) % step / 1e8


@part
def affordable(room, price, terms, bar, leverage):
    """Return the largest quantity whose cost and fee fit in `room`.

    From quantity * price + leverage * fee <= room: with no leverage that is cash, with leverage the fee lowers the
    equity that the whole exposure is measured by. A smallest fee is set aside for the way out as well; of a quadratic
    fee the most that rounding may add.
    """
    if not (room > 0.0 and price > 0.0):
        return 0.0
    if terms.fee_code == QUADRATIC_FEE:
        rounding = 2e-6 + leverage * (terms.fee_step / 1e8 + (terms.fee_up - 1) / 1e6)
        return max(room - rounding, 0.0) / (price + leverage * rate_at(terms, bar) * price * (1.0 - price))
    room -= terms.fee_min
    quantity = room / (price * (1.0 + leverage * terms.fee_rate) + leverage * terms.fee_unit)
    if terms.fee_min > 0.0:
        quantity = min(quantity, (room - leverage * terms.fee_min) / price)
    return max(quantity, 0.0)


@part
def stake(amount, price, terms, bar):
    """Return the quantity that an amount stands for; of a contract, all of whose price may be lost, its fee included."""
    return affordable(amount, price, terms, bar, 1.0) if terms.top > 0.0 else amount / price
