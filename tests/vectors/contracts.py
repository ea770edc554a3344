"""Labels of 04 that size one contract: Kelly, the order ticket, inventory, and a wrong probability."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.risk import contract
from tests.vectors.inputs import Inputs, Mapping, each, pick


def contract_kelly(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, price = pick(inputs, "p"), pick(inputs, "price")
    got = contract.contract_kelly(p, price, _rate(inputs))
    return {
        "all_in_cost": got.cost,
        "f_raw": got.raw,
        "f": got.kelly,
        "f_with_taker_fee": contract.contract_kelly(p, price).kelly,
        "ev_per_contract": got.edge,
        "roi": got.roi,
        "growth_full_kelly": got.growth,
        "contracts_per_1000_bankroll_unrounded": 1000.0 * got.kelly / got.cost,
    }


def size(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    bankroll, mode, rate = pick(inputs, "bankroll"), pick(inputs, "fee_mode", default="direct"), _rate(inputs, "0.07")
    ticket = contract.size_contract(
        pick(inputs, "p"),
        _quote(inputs, "yes_bid"),
        _quote(inputs, "yes_ask"),
        bankroll,
        pick(inputs, "kelly_multiple", "k", default=1.0),
        pick(inputs, "max_fraction", "cap", default=1.0),
        mode,
        rate,
    )
    got: dict[str, Any] = {"side": ticket.side, "contracts": ticket.contracts, "f_full_kelly": ticket.full_kelly}
    if ticket.contracts:
        best = contract.best_whole_contracts(ticket.probability, ticket.price, bankroll, mode, rate)
        got |= {
            "price_cents": ticket.price * 100,
            "fee_cents": ticket.fee * 100,
            "cost_cents": ticket.stake * 100,
            "ev_dollars": ticket.expected,
            "max_loss_dollars": -ticket.worst_case,
            "max_gain_dollars": ticket.best_case,
            "full_kelly_integer_optimum": best,
        }
    return got


def incremental(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    yes, no = _wealth(inputs)
    buy = contract.contracts_to_buy(pick(inputs, "p"), pick(inputs, "all_in_cost", "cost"), yes, no)
    return {"W_yes": yes, "W_no": no, "buy_yes_unrounded": buy, "buy_yes": max(0, int(buy))}


def incremental_sell(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    yes, no = _wealth(inputs)
    bid, rate = pick(inputs, "bid"), float(_rate(inputs, "0.07"))
    proceeds = bid - rate * bid * (1.0 - bid)
    sell = contract.contracts_to_sell(pick(inputs, "p"), proceeds, yes, no)
    return {"net_proceeds_per_contract": proceeds, "sell_yes_unrounded": sell, "sell_yes": max(0, int(sell))}


def misestimation(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    used, true, price = pick(inputs, "p_used"), pick(inputs, "p_true"), pick(inputs, "price")
    rate = _rate(inputs)
    return {"growth": each(pick(inputs, "k"), lambda k: contract.growth_if_true(used, true, price, k, rate))}


def blend(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, price, k = pick(inputs, "p"), pick(inputs, "price"), pick(inputs, "k")
    return {
        "f": k * contract.contract_kelly(p, price, Decimal(0)).kelly,
        "equivalent_probability": contract.equivalent_probability(p, price, k),
    }


def _wealth(inputs: Inputs) -> tuple[float, float]:
    cash = pick(inputs, "cash")
    return cash + pick(inputs, "yes_contracts", default=0), cash + pick(inputs, "no_contracts", default=0)


def _quote(inputs: Inputs, name: str) -> Decimal | None:
    cents = pick(inputs, f"{name}_cents", default=None)
    return None if cents is None else Decimal(str(cents)) / 100


def _rate(inputs: Inputs, default: str = "0") -> Decimal:
    basis_points = pick(inputs, "fee_rate_bp", "rate_bp", default=None)
    if basis_points is not None:
        return Decimal(str(basis_points)) / 10_000
    return Decimal(str(pick(inputs, "fee_rate", "rate", default=default)))


LABELS: dict[str, Mapping] = {
    "kalshi_kelly_fraction": contract_kelly,
    "growth_equals_KL": contract_kelly,
    "fractional_kelly_blend": blend,
    "kalshi_size": size,
    "kalshi_incremental_kelly": incremental,
    "kalshi_incremental_kelly_sell": incremental_sell,
    "growth_under_misestimation": misestimation,
}
