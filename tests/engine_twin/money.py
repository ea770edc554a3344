"""What a fill costs and how much can be paid for: fees, slippage, ticks, lots, cash."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

from engine.core.costs import Costs
from engine.core.instrument import QUADRATIC, FeeModel, Instrument

_CENTI, _MICRO, _DUST = Decimal("0.01"), Decimal("0.000001"), Decimal("1e-11")
_SLACK = 1e-9  # of a lot or tick: what is left of n * lot / lot in floats


def in_lots(quantity: float, lot: float) -> float:
    """Round down to whole lots, so that rounding never raises exposure."""
    return quantity if lot == 0 else math.floor(quantity / lot + _SLACK) * lot


def tick_up(price: float, tick: float) -> float:
    return price if tick == 0 else math.ceil(price / tick - _SLACK) * tick


def tick_down(price: float, tick: float) -> float:
    return price if tick == 0 else max(math.floor(price / tick + _SLACK) * tick, tick)


def on_tick(price: float, tick: float, direction: int) -> float:
    """Round against a trader who buys (+1) or sells (-1)."""
    return tick_up(price, tick) if direction > 0 else tick_down(price, tick)


def market_price(raw: float, direction: int, high: float, low: float, costs: Costs, tick: float) -> float:
    """Return what a market or stop order pays: the price, a rate of it and a share of the bar's range against the trader."""
    price = raw * (1.0 + direction * costs.slippage_rate)
    if high > low:
        price += direction * costs.slippage_range * (high - low)
    return on_tick(max(price, 0.0), tick, direction)


def limit_price(raw: float, limit: float, direction: int, tick: float) -> float:
    """Return what a limit order pays where `raw` trades: that price or its own, never worse than its own."""
    own = on_tick(limit, tick, -direction)
    traded = on_tick(raw, tick, direction)
    return min(own, traded) if direction > 0 else max(own, traded)


def fee(model: FeeModel, quantity: float, price: float) -> float:
    """Return the fee of one fill by the instrument's model."""
    if model.kind == QUADRATIC:
        count = (Decimal(repr(quantity)) - _DUST).quantize(_CENTI, ROUND_CEILING)
        fixed = Decimal(repr(price)).quantize(_MICRO)
        return float((Decimal(repr(model.rate)) * count * fixed * (1 - fixed)).quantize(_MICRO, ROUND_CEILING))
    return max(model.rate * quantity * price + model.per_unit * quantity, model.minimum)


def _set_aside(model: FeeModel, leverage: float) -> Callable[[float, float], float]:
    """Return what buying a quantity at a price takes out of the room.

    The fee lowers equity and so the room by `leverage` times itself; a smallest fee is kept for the way out as well, and
    two micro-dollars for a fee that is rounded up to one.
    """

    def need(quantity: float, price: float) -> float:
        if model.kind == QUADRATIC:
            return quantity * price + leverage * model.rate * quantity * price * (1.0 - price) + 2e-6
        return quantity * price + leverage * fee(model, quantity, price) + model.minimum

    return need


def affordable(room: float, price: float, model: FeeModel, leverage: float) -> float:
    """Return the largest quantity that fits in the room, found by halving and not by solving."""
    need = _set_aside(model, leverage)
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
