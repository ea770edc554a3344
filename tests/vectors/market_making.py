"""Labels of 19: scoring-rule prices, Avellaneda-Stoikov, quotes in log-odds, the risk of a binary position."""

from __future__ import annotations

import re
from typing import Any

from engine.research.quoting.closed_forms import (
    logit_quote,
    mean_spread,
    optimal_spread,
    position_risk,
    reservation_price,
)
from engine.research.quoting.grid import UNIT, PriceGrid
from engine.research.quoting.lmsr import lmsr_cost, lmsr_max_loss, lmsr_prices, lmsr_shares
from tests.vectors.inputs import Inputs, Mapping, each, pick


def lmsr(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    b, target = pick(inputs, "b", "liquidity"), pick(inputs, "p_to", "p_target", "target", "to", default=None)
    got: dict[str, Any] = {}
    if target is not None:
        start = pick(inputs, "p_from", "p", "from", "start", "price", default=0.5)
        got |= dict.fromkeys(("shares", "contracts", "quantity"), lmsr_shares(start, target, b))
    sold = pick(inputs, "q", "quantities", "sold", default=None)
    if sold is None:
        return got | {"max_loss": lmsr_max_loss(int(pick(inputs, "n", "outcomes", default=2)), b)}
    trade = pick(inputs, "trade", "buy", default=[0.0] * len(sold))
    before = lmsr_prices(sold, b).tolist()
    after = lmsr_prices([had + more for had, more in zip(sold, trade, strict=True)], b).tolist()
    return got | {
        "cost": lmsr_cost(sold, b, trade),
        "prices": before,
        "prices_before": before,
        "prices_after": after,
        "max_loss": lmsr_max_loss(len(sold), b),
    }


def avellaneda_stoikov(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    mid, sigma, gamma = (pick(inputs, *names) for names in (("mid", "s", "S"), ("sigma",), ("gamma", "g")))
    k, left = pick(inputs, "k"), pick(inputs, "T_minus_t", "tau", "left")
    inventory = pick(inputs, "inventory", "q", default=0)
    centre = each(inventory, lambda q: reservation_price(mid, q, gamma, sigma, left))
    spread = optimal_spread(gamma, sigma, k, left)
    return {
        "reservation": centre,
        "spread": spread,
        "half_spread": 0.5 * spread,
        "bid": each(centre, lambda r: r - 0.5 * spread),
        "ask": each(centre, lambda r: r + 0.5 * spread),
        "mean_spread_over_session": mean_spread(gamma, sigma, k, left),
    }


def logit_market_maker(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, q = pick(inputs, "p", "fair"), pick(inputs, "q", "inventory", default=0)
    gamma, sx, tau = pick(inputs, "gamma"), pick(inputs, "sx", "sigma_x"), pick(inputs, "tau", "left")
    half, tick = pick(inputs, "half", "h", "half_spread"), pick(inputs, "tick", default=0.01)
    fee, grid = pick(inputs, "fee", default=0.0), PriceGrid(tick=tick, edge_tick=tick)

    def one(held: float) -> dict[str, Any]:
        quote = logit_quote(p, held, gamma, sx, tau, half, fee)
        bid, ask = (None if price is None else price / UNIT for price in grid.fit(quote.bid, quote.ask))
        return {"reservation": quote.reservation, "bid": bid, "ask": ask}

    if not isinstance(q, list):
        return one(q)
    rows = [one(held) for held in q]
    return {key: [row[key] for row in rows] for key in rows[0]}


def binary_position_variance(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, contracts = pick(inputs, "p"), pick(inputs, "contracts", "n", "q")
    risk = position_risk(p, contracts, pick(inputs, "price", default=None))
    got = {"variance": risk.variance, "sd": risk.deviation, "max_loss": risk.max_loss}
    for key in wanted:
        named = re.fullmatch(r"max_loss_if_(long|short)_at_(\d+)c", key)
        if named:
            held = abs(contracts) if named[1] == "long" else -abs(contracts)
            got[key] = position_risk(p, held, int(named[2]) / 100.0).max_loss
    return got


LABELS: dict[str, Mapping] = {
    "lmsr": lmsr,
    "lmsr_shares": lmsr,
    "lmsr_shares_to_move": lmsr,
    "avellaneda_stoikov": avellaneda_stoikov,
    "logit_market_maker": logit_market_maker,
    "logit_quotes": logit_market_maker,
    "binary_position_variance": binary_position_variance,
}
