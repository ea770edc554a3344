"""How large an entry may be, by laws 6 and 8: the sizer's wish, then every limit that can only shrink or refuse it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean

from engine.core import codes as c
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import RiskManager
from engine.risk.sizing import FixedFraction, FixedQuantity
from tests.engine_twin import money
from tests.engine_twin.desk import Desk
from tests.engine_twin.market import Ask

NOTHING = 1e-12  # of equity: less room than this is none


@dataclass
class Wish:
    """What the sizer wants before any limit: a rank among symbols, a fraction of equity, or the code of a refusal."""

    rank: float
    part: float
    veto: int = 0


def record_kelly(returns: list[float]) -> float:
    """Return W - (1 - W) / R of the closed trades: W with a Beta(10, 10) prior, R the average win over the average loss."""
    wins, losses = [r for r in returns if r > 0], [-r for r in returns if r < 0]
    if not wins:
        return 0.0
    rate = (len(wins) + 10) / (len(wins) + len(losses) + 20)
    return rate - (1 - rate) / (fmean(wins) / fmean(losses)) if losses else rate


def kelly_position(full: float, sizer: KellyCriterion) -> float:
    part = sizer.fraction * full
    if math.isnan(full) or full <= 0 or part < sizer.min_position_pct:
        return 0.0
    return min(part, sizer.max_position_pct)


def wish(desk: Desk, ask: Ask, price: float) -> Wish:
    """Return what the strategy's own fraction, or else the sizer, asks for."""
    sizer = desk.risk.position_sizer
    if isinstance(sizer, KellyCriterion):
        most = sizer.max_position_pct
    else:
        most = sizer.quantity * price / desk.equity if isinstance(sizer, FixedQuantity) else sizer.fraction
    if not math.isnan(ask.weight):
        part = min(ask.weight, most)
        return Wish(part, part, 0 if part > 0 else c.VETO_TOO_SMALL)
    if not isinstance(sizer, KellyCriterion):
        return Wish(0.0 if isinstance(sizer, FixedQuantity) else most, most)
    if ask.probability is not None:
        p, b = ask.probability, ask.payoff
        full = p - (1 - p) / b if b > 0 else math.nan
    elif len(desk.returns) < 20:
        return Wish(sizer.min_position_pct, sizer.min_position_pct)
    else:
        full = record_kelly(desk.returns)
    part = kelly_position(full, sizer)
    return Wish(full, part, 0 if part > 0 else c.VETO_TOO_SMALL if full > 0 else c.VETO_NO_EDGE)


def drawdown_room(risk: RiskManager, equity: float, peak: float, base: float, floor: float) -> float:
    """Return how much of the way to the drawdown limit is left, from 0 (at the limit) to 1."""
    assert risk.max_drawdown_pct is not None
    whole = risk.max_drawdown_pct * (peak if risk.drawdown_kind == "trailing" else base)
    share = (equity - floor) / whole
    return 1.0 if share > 1.0 - 1e-12 else max(share, 0.0)  # at the peak there is no drawdown, whatever floats say


@dataclass
class Others:
    """What stays and what is promised before a symbol is sized."""

    places: int = 0
    gross: float = 0.0
    promised: float = 0.0
    cluster: float = 0.0


def survey(desk: Desk, s: int, groups: list[str | None]) -> Others:
    """Count positions that are not on their way out, and entry orders that have not filled."""
    others = Others()
    for k in range(len(desk.instruments)):
        together = groups[k] is not None and groups[k] == groups[s]
        stays = desk.positions[k] is not None and desk.leaving[k] is None
        order = desk.orders[k]
        here = abs(desk.value(k)) if stays else 0.0
        coming = order.quantity * order.basis if order is not None else 0.0
        others.places += stays or order is not None
        others.gross += here
        others.promised += coming
        others.cluster += here + coming if together else 0.0
    return others


def size(
    desk: Desk, s: int, part: float, price: float, scale: float, groups: list[str | None]
) -> tuple[float, float, int]:
    """Return (quantity, fraction, veto): the wish after places, largest position, cluster, exposure, cash and lots."""
    risk, others = desk.risk, survey(desk, s, groups)
    if risk.max_open_positions is not None and others.places >= risk.max_open_positions:
        return 0.0, 0.0, c.VETO_MAX_POSITIONS
    room = risk.max_gross_exposure - (others.gross + others.promised) / desk.equity
    limits = [(part * scale, c.SHRINK_DRAWDOWN, c.VETO_TOO_SMALL, 0.0)] if risk.scale_by_drawdown else []
    limits.append((risk.max_position_pct or risk.max_gross_exposure, c.SHRINK_POSITION, 0, 0.0))
    if risk.max_cluster_pct is not None and groups[s] is not None:
        limits.append((risk.max_cluster_pct - others.cluster / desk.equity, c.SHRINK_CLUSTER, c.VETO_CLUSTER, NOTHING))
    limits.append((room, c.SHRINK_GROSS, c.VETO_GROSS, NOTHING))
    allowed = part
    for limit, shrink, veto, nothing in limits:
        if limit < allowed:
            if NOTHING < limit < allowed * (1 - 1e-9):
                desk.say(s, shrink, allowed, limit, price)
            allowed = limit if limit > NOTHING else 0.0
        if veto and allowed <= nothing:
            return 0.0, 0.0, veto
    sizer = risk.position_sizer
    if isinstance(sizer, KellyCriterion) and allowed < sizer.min_position_pct:
        return 0.0, 0.0, c.VETO_TOO_SMALL
    wanted = desk.stake(s, allowed * desk.equity, price)
    if isinstance(sizer, FixedQuantity) and allowed == part:
        wanted = min(sizer.quantity, allowed * desk.equity / price * (1 + 1e-12))  # the whole, free of a division
    money_room = risk.max_gross_exposure * desk.equity - others.gross - others.promised
    most = desk.affordable(s, money_room, price, risk.max_gross_exposure)
    quantity = money.in_lots(min(wanted, most), desk.instruments[s].lot)
    return (quantity, allowed, 0) if quantity * price > NOTHING * desk.equity else (0.0, 0.0, c.VETO_LOT)


def at_fill(risk: RiskManager) -> bool:
    """Say whether the sizer measures again at the fill."""
    return isinstance(risk.position_sizer, FixedFraction) and risk.position_sizer.at_fill
