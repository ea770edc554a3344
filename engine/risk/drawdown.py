"""Maximum-drawdown limits as plain functions of an equity series: where the floor lies and when it was broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.checks import fraction_of, not_negative, number, positive
from engine.core.errors import InvalidConfig, InvalidData, suggest
from engine.numerics import rules

KINDS = {
    "trailing_pct": rules.TRAILING_PCT,
    "static": rules.STATIC,
    "trailing_amount": rules.TRAILING_AMOUNT,
    "trailing_lock": rules.TRAILING_LOCK,
}


@dataclass(frozen=True, slots=True)
class DrawdownStep:
    """One observation: the equity, the floor it is held against, and whether the limit has been broken by now."""

    equity: float
    floor: float
    breached: bool


def drawdown_kind(kind: str) -> int:
    """Return the code of a kind of drawdown limit."""
    if kind not in KINDS:
        raise InvalidConfig(f"drawdown kind is '{kind}'; it is one of {', '.join(KINDS)}{suggest(kind, KINDS)}")
    return KINDS[kind]


def max_drawdown_limit(
    equity: Sequence[float],
    initial: float,
    pct: float,
    kind: str = "trailing_pct",
    day_ends: Sequence[bool] | None = None,
) -> tuple[DrawdownStep, ...]:
    """Return floor and breach at each observation; a breach (equity at or below the floor) stays.

    "eod" is "trailing_amount" whose peak moves only where `day_ends` is true (all observations when it is left out).
    """
    initial, pct = positive("initial", initial), fraction_of("pct", pct)
    code = drawdown_kind("trailing_amount" if kind == "eod" else kind)
    ends = day_ends if kind == "eod" and day_ends is not None else [True] * len(equity)
    if len(ends) != len(equity):
        raise InvalidData(f"day_ends has {len(ends)} entries for {len(equity)} observations: pass one for each")
    peak, breached, steps = initial, False, []
    for value, moves in zip(equity, ends, strict=True):
        now = number("equity", value)
        if moves:
            peak = max(peak, now)
        floor = rules.drawdown_floor(code, initial, peak, pct)
        breached = breached or now <= floor
        steps.append(DrawdownStep(now, floor, breached))
    return tuple(steps)


def max_drawdown_eod_trailing(initial: float, amount: float, eod_balances: Sequence[float]) -> tuple[float, ...]:
    """Return the floor after each day's end: the highest closing balance so far, at least `initial`, less `amount`."""
    initial, amount = positive("initial", initial), positive("amount", amount)
    floors, peak = [], initial
    for balance in eod_balances:
        peak = max(peak, number("balance", balance))
        floors.append(rules.drawdown_floor(rules.TRAILING_AMOUNT, initial, peak, amount / initial))
    return tuple(floors)


def drawdown_scaler(drawdown: float, max_drawdown: float) -> float:
    """Return max(0, 1 - drawdown / max_drawdown); both positive fractions, 0.1 = 10 % below the peak."""
    return rules.drawdown_scale(
        not_negative("drawdown", drawdown), fraction_of("max_drawdown", max_drawdown, of="the peak")
    )
