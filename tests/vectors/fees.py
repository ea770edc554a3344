"""Labels of 03: the Kalshi fee in its three roundings, as exact numbers."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from engine.numerics.fees import (
    BROKER,
    DIRECT,
    SPRING_2026,
    FeeRule,
    FillFee,
    OrderFees,
    kalshi_breakeven_probability,
    kalshi_fill_fees,
    kalshi_order_fee,
)
from tests.vectors.inputs import Inputs, Mapping, MissingInputError, pick

_RATES = {"taker": "0.07", "maker": "0.0175", "index": "0.035"}


def order_fee(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    if "columns" in inputs:
        return {"rows": _grid(inputs, wanted, "")}
    count, price = _text(pick(inputs, "contracts", "n", "count")), _dollars(inputs)
    return {key: _fee(key, count, price, _rate(inputs)) for key in wanted}


def _grid(inputs: Inputs, wanted: Inputs, rule: str) -> list[list[Any]]:
    """Recompute every row of a table of fees; its first two columns are contracts and price in cents."""
    names = [rule + name for name in inputs["columns"][2:]]
    pairs = [(count, cents, Decimal(_text(cents)) / 100) for count, cents, *_ in wanted["rows"]]
    return [[count, cents, *(_fee(name, _text(count), price, None) for name in names)] for count, cents, price in pairs]


def _fee(key: str, count: str, price: Decimal, rate: str | None) -> Any:
    """Return the fee a column or key asks for by its name: its rate, its unit and its rounding."""
    named = re.search(r"_(0\.\d+)", key)
    role = next((rate for word, rate in _RATES.items() if word in key), None)
    chosen = named[1] if named else rate or role or "0.07"
    if "naive" in key or "float" in key:
        return math.ceil(float(chosen) * float(count) * float(price) * (1.0 - float(price)) * 100.0)
    if "centicent" in key:
        return int(kalshi_order_fee(count, price, chosen, "direct") * 10_000)
    if "cents" in key and "direct" not in key:
        return int(kalshi_order_fee(count, price, chosen, "cent") * 100)
    fee = kalshi_order_fee(count, price, chosen, "direct")
    return fee * 100 if "cents" in key else fee


def direct_fee(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    if "columns" in inputs:
        return {"rows": _grid(inputs, wanted, "direct_")}
    count, price = _text(pick(inputs, "contracts", "n", "count")), _dollars(inputs)
    return {key: _fee(f"direct_{key}", count, price, _rate(inputs)) for key in wanted}


def breakeven(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    rate = _text(pick(inputs, "rate", default="0.07"))
    cents = pick(inputs, "price_cents")
    got: dict[str, Any] = {}
    for key in wanted:
        size = re.search(r"_(\d+)_contracts?", key)
        mode = "direct" if "direct" in key else "cent"
        count = size[1] if size else pick(inputs, "contracts", default=None) if "unrounded" not in key else None
        prices = [Decimal(str(cent)) / 100 for cent in (cents if isinstance(cents, list) else [cents])]
        values = [
            kalshi_breakeven_probability(price, rate, None if count is None else str(count), mode) for price in prices
        ]
        got[key] = values if isinstance(cents, list) else values[0]
    return got


def fill_fees(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return _fills(inputs, SPRING_2026)


def fill_fees_current(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    if "columns" in inputs:
        return {"rows": _grid(inputs, wanted, "direct_")}
    step = Decimal(_text(pick(inputs, "precision", "target_precision", default="0.0001")))
    return _fills(inputs, BROKER if step == BROKER.step else DIRECT)


def _fills(inputs: Inputs, rule: FeeRule) -> dict[str, Any]:
    buy, rate = pick(inputs, "side", default="buy") != "sell", _rate(inputs) or "0.07"
    fills = _listed(inputs)
    account, charged, spring = OrderFees(rule), [], rule is SPRING_2026
    for count, price, known in fills:
        fee, account = account.fill(count, price, buy, rate, known)
        charged.append(fee)
    total, cash = sum(fee.net_fee for fee in charged), sum(fee.cash_change for fee in charged)
    counts, first = sum(Decimal(count) for count, _, _ in fills), fills[0][1]
    single = kalshi_fill_fees([(counts, first)], buy, rate, rule)[0]
    rows = [_spring_row(fee) if spring else _row(fee) for fee in charged]
    return {
        "fills": rows,
        "first_3_fills": rows[:3],
        "last_fill": rows[-1],
        "net_fee": total,
        "total_net_fee": total,
        "total_cash_change": cash,
        "n_rebates": sum(1 for fee in charged if fee.rebate > 0),
        "single_fill_equivalent_fee": single.net_fee,
        "single_fill_order_fee_cents": int(kalshi_order_fee(counts, first, rate, "cent") * 100),
    }


def _listed(inputs: Inputs) -> list[tuple[str, str, str | None]]:
    name = next((key for key in inputs if key.startswith("fills")), None)
    if name is None:
        raise MissingInputError("no list of fills is given")
    found: list[tuple[str, str, str | None]] = []
    for item in inputs[name]:
        if isinstance(item, str):
            found *= int(item.lstrip("x"))
        else:
            found.append((_text(item[0]), _text(item[1]), _text(item[2]) if len(item) > 2 else None))
    return found


def _row(fee: FillFee) -> dict[str, Decimal]:
    return {
        "trade_fee": fee.trade_fee,
        "aligned_change": fee.aligned_change,
        "rounding_fee": fee.rounding_fee,
        "accumulator_before_rebate": fee.accumulator_before_rebate,
        "rebate": fee.rebate,
        "accumulator_after": fee.accumulator_after,
        "net_fee": fee.net_fee,
        "cash_change": fee.cash_change,
    }


def _spring_row(fee: FillFee) -> dict[str, Decimal]:
    return _row(fee) | {"accumulator": fee.accumulator_before_rebate, "balance_change": fee.aligned_change}


def _rate(inputs: Inputs) -> str | None:
    basis_points = pick(inputs, "rate_bp", "fee_rate_bp", default=None)
    rate = (
        Decimal(_text(basis_points)) / 10_000
        if basis_points is not None
        else pick(inputs, "rate", "fee_rate", default=None)
    )
    if rate is None:
        return None
    return str(Decimal(_text(rate)) * Decimal(_text(pick(inputs, "fee_multiplier", "multiplier", default=1))))


def _dollars(inputs: Inputs) -> Decimal:
    if "price_cents" in inputs:
        return Decimal(_text(inputs["price_cents"])) / 100
    return Decimal(_text(pick(inputs, "price", "price_dollars")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


LABELS: dict[str, Mapping] = {
    "kalshi_order_fee_cents": order_fee,
    "kalshi_order_fee": order_fee,
    "kalshi_order_fee_direct": direct_fee,
    "kalshi_direct_fee": direct_fee,
    "kalshi_fee_direct": direct_fee,
    "kalshi_fee_float_trap": order_fee,
    "kalshi_fill_fees": fill_fees,
    "kalshi_fill_fees_current": fill_fees_current,
    "kalshi_breakeven_probability": breakeven,
}
