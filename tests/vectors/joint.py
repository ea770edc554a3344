"""Labels of 05 and 06, and the ladder of 04: outcomes that exclude each other, several bets at once, depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.risk.joint_exclusive import arbitrage_no, arbitrage_yes, kelly_exclusive, worst_of_event
from engine.risk.joint_ladder import ladder_kelly
from engine.risk.joint_law import JointLaw, correlated, independent
from engine.risk.joint_solver import Limit, LogOptimum, LogProblem, log_optimum
from engine.risk.kelly_math import kelly_binary
from tests.vectors.inputs import Inputs, Mapping, pick


def exclusive(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    got = kelly_exclusive(pick(inputs, "p", "probs"), pick(inputs, "cost", "c", "cost_yes"))
    return {
        "f": got.stakes.tolist(),
        "reserve_rate": got.reserve,
        "chosen": list(got.chosen),
        "growth": got.growth,
        "arbitrage": got.arbitrage,
    }


def exclusive_both_sides(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    """The convex program over YES and NO of every outcome, whose probabilities sum to 1."""
    p = np.asarray(pick(inputs, "p", "probs"), dtype=float)
    yes = pick(inputs, "cost_yes", "yes_cost", "cost", "c", default=[None] * p.size)
    no = pick(inputs, "cost_no", "no_cost", "d", default=[None] * p.size)
    bets = [(side, i, cost) for side, costs in (("yes", yes), ("no", no)) for i, cost in enumerate(costs)]
    bets = [bet for bet in bets if bet[2] is not None]
    happens = np.eye(p.size)
    columns = [(happens[i] if side == "yes" else 1.0 - happens[i]) / cost - 1.0 for side, i, cost in bets]
    total = pick(inputs, "cap_total", "total_cap", "cap", default=1.0)
    best = log_optimum(LogProblem.of(np.column_stack(columns), p, total=total))
    stakes: dict[str, list[float]] = {"yes": [0.0] * p.size, "no": [0.0] * p.size}
    for (side, i, _), stake in zip(bets, best.stakes, strict=True):
        stakes[side][i] = float(stake)
    wealth = 1.0 + np.column_stack(columns) @ best.stakes
    both = stakes["yes"] + stakes["no"]
    return {
        "growth": best.growth,
        "f": both if len(wanted.get("f", [])) == 2 * p.size else stakes["yes"],
        "wealth": wealth.tolist(),
        "min_wealth": float(wealth.min()),
        "cash": 1.0 - float(best.stakes.sum()),
    } | {name: stakes[side] for side in ("yes", "no") for name in (f"f_{side}", f"{side}_f", f"stake_{side}")}


def detect_arbitrage(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    yes = pick(inputs, "cost_yes", "yes_cost", default=None)
    if yes is not None:
        found = arbitrage_yes(yes, pick(inputs, "exhaustive", default=True))
    else:
        found = arbitrage_no(pick(inputs, "cost_no", "no_cost"))
    return {
        "arbitrage": found.found,
        "profit_per_set": found.profit,
        "profit": found.profit,
        "return": found.rate,
        "outlay": found.outlay,
        "cost": found.outlay,
    }


def worst_case(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    n = len(pick(inputs, "no_contracts", "no", "yes_contracts", "yes"))
    zeros = [0.0] * n
    yes, no = pick(inputs, "yes_contracts", "yes", default=zeros), pick(inputs, "no_contracts", "no", default=zeros)
    yes_cost = pick(inputs, "cost_yes", "yes_cost", default=zeros)
    no_cost = pick(inputs, "cost_no", "no_cost", default=zeros)
    gain = worst_of_event(yes, no, yes_cost, no_cost, not pick(inputs, "exhaustive", default=False))
    apart = float(np.dot(yes, yes_cost) + np.dot(no, no_cost))
    return {
        "worst_case": gain,
        "worst_case_loss": -gain,
        "max_loss": -gain,
        "sum_of_losses": apart,
        "sum_per_market": apart,
    }


def simultaneous(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b = pick(inputs, "p"), _odds(inputs)
    got = _best(independent(p), b, inputs)
    alone = [kelly_binary(chance, odds).kelly for chance, odds in zip(p, b, strict=True)]
    scale = min(1.0, pick(inputs, "cap_total", "cap", "total_cap", default=1.0) / max(sum(alone), 1e-300))
    scaled = [scale * stake for stake in alone]
    return {
        "f": got.stakes.tolist(),
        "growth": got.growth,
        "single_bet_kelly": alone[0],
        "individual_kelly": alone,
        "sum_individual": sum(alone),
        "sum_joint": float(got.stakes.sum()),
        "f_scaled": scaled,
        "scaled_f": scaled,
    } | _growth_of(independent(p), b, scaled)


def _growth_of(law: JointLaw, b: list[float], stakes: list[float]) -> dict[str, float]:
    problem = LogProblem.of(law.returns(b), law.chances)
    return dict.fromkeys(("growth_scaled", "scaled_growth"), problem.growth(np.asarray(stakes)))


def correlated_bets(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, b = pick(inputs, "p"), _odds(inputs)
    law = correlated(p, pick(inputs, "gaussian_copula_rho", "rho", "correlation"))
    got = _best(law, b, inputs)
    values: dict[str, Any] = {
        "f": got.stakes.tolist(),
        "f_each": float(got.stakes[0]),
        "growth": got.growth,
        "sum_joint": float(got.stakes.sum()),
    }
    if len(p) == 2:
        both = float(law.chances[0])
        spread = (p[0] * (1.0 - p[0]) * p[1] * (1.0 - p[1])) ** 0.5
        values |= {"joint_p11_p10_p01_p00": law.chances.tolist(), "phi_correlation": (both - p[0] * p[1]) / spread}
    return values


def _odds(inputs: Inputs) -> list[float]:
    costs = pick(inputs, "cost", "c", "price", default=None)
    return pick(inputs, "b") if costs is None else [(1.0 - cost) / cost for cost in costs]


def _best(law: JointLaw, b: list[float], inputs: Inputs) -> LogOptimum:
    each = pick(inputs, "cap_each", "cap_single", "max_each", "upper", default=1.0)
    total = min(1.0, pick(inputs, "cap_total", "cap", "total_cap", "max_total", default=1.0))
    groups = [Limit(tuple(members), cap) for members, cap in pick(inputs, "groups", default=[])]
    return log_optimum(LogProblem.of(law.returns(b), law.chances, each, groups, total))


def ladder(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    cash = pick(inputs, "cash", "bankroll")
    yes = pick(inputs, "W_yes", "wealth_yes", default=cash + pick(inputs, "yes_contracts", default=0))
    no = pick(inputs, "W_no", "wealth_no", default=cash + pick(inputs, "no_contracts", default=0))
    levels = pick(inputs, "levels", "asks", "book", "ladder")
    in_dollars = [(price / 100.0 if price >= 1.0 else price, size) for price, size in levels]
    got = ladder_kelly(pick(inputs, "p"), in_dollars, yes, no, pick(inputs, "fee_rate", "rate", default=0.07))
    taken = [fill.contracts for fill in got] + [0.0] * (len(levels) - len(got))
    spent = sum(fill.contracts * fill.cost for fill in got)
    return {"contracts": taken, "n": taken, "total_contracts": sum(taken), "total": sum(taken), "cost": spent}


LABELS: dict[str, Mapping] = {
    "kelly_mutually_exclusive": exclusive,
    "kelly_mutually_exclusive_yes_no": exclusive_both_sides,
    "kelly_mutually_exclusive_convex": exclusive_both_sides,
    "detect_arbitrage": detect_arbitrage,
    "detect_arbitrage_no": detect_arbitrage,
    "event_worst_case": worst_case,
    "exclusive_event_worst_case": worst_case,
    "kalshi_ladder": ladder,
    "kalshi_ladder_kelly": ladder,
    "kelly_simultaneous": simultaneous,
    "kelly_simultaneous_capped": simultaneous,
    "kelly_simultaneous_correlated": correlated_bets,
}
