"""Labels of 21: daily loss, drawdown, circuit breakers, and sizes that need no edge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.risk import daily_loss, drawdown, sizing
from engine.risk.breakers import DrawdownBreaker, DrawdownBreakerState, LossStreakBreaker, LossStreakState
from tests.vectors.inputs import Inputs, Mapping, each, pick


def daily_loss_limit(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    limit = daily_loss.DailyLossLimit(
        pick(inputs, "pct", "limit_pct"),
        pick(inputs, "basis", default="equity"),
        pick(inputs, "reset", default="00:00 UTC"),
        pick(inputs, "initial_balance_for_limit", "initial", default=None),
    )
    state, steps = None, []
    for time, balance, *rest in pick(inputs, "events_ts_balance_unrealised", "events"):
        state = limit.observe(state, datetime.fromisoformat(time), balance, rest[0] if rest else 0.0)
        steps.append(
            {
                "session": state.session.isoformat(),
                "floor": state.floor,
                "equity": state.equity,
                "remaining": state.remaining,
                "breached": state.breached,
            }
        )
    return {"steps": steps, "breached": any(step["breached"] for step in steps)}


def daily_loss_floor(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    balance = pick(inputs, "balance", default=None)
    equity = pick(inputs, "equity", default=None)
    balance = equity if balance is None else balance
    unrealised = pick(inputs, "unrealised", default=0.0 if equity is None else equity - balance)
    initial = pick(inputs, "initial_balance_for_limit", "initial", "initial_balance", default=None)
    floor = daily_loss.daily_loss_floor(
        pick(inputs, "basis", default="equity"), pick(inputs, "pct"), balance, unrealised, initial
    )
    now = pick(inputs, "equity_now", default=balance + unrealised)
    return {"floor": floor, "remaining": now - floor, "breached": now <= floor}


def session_start(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    reset = pick(inputs, "reset")
    start = each(pick(inputs, "ts", "time", "times"), lambda time: _session(time, reset))
    return dict.fromkeys(("session", "sessions", "session_start"), start)


def _session(time: str, reset: str) -> str:
    return daily_loss.session_start(datetime.fromisoformat(time), reset).isoformat()


def max_drawdown_limit(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    initial = pick(inputs, "initial", default=pick(inputs, "equity")[0])
    pct = pick(inputs, "pct", default=None)
    pct = pick(inputs, "amount") / initial if pct is None else pct
    kinds = {"trailing": "trailing_pct", "trailing_eod": "eod", "eod_trailing": "eod", "lock": "trailing_lock"}
    kind = pick(inputs, "kind", default="trailing_pct")
    ends = pick(inputs, "day_ends", "is_eod", default=None)
    steps = drawdown.max_drawdown_limit(pick(inputs, "equity"), initial, pct, kinds.get(kind, kind), ends)
    return {
        "equity_floor_breached": [[step.equity, step.floor, step.breached] for step in steps],
        "floor": [step.floor for step in steps],
        "breached": [step.breached for step in steps],
    }


def max_drawdown_eod_trailing(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    initial = pick(inputs, "initial")
    amount = pick(inputs, "amount", default=None)
    amount = pick(inputs, "pct") * initial if amount is None else amount
    return {"floor_for_day": list(drawdown.max_drawdown_eod_trailing(initial, amount, pick(inputs, "eod_balances")))}


def drawdown_scaler(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    most = pick(inputs, "max_drawdown", "dd_max")
    return {"scale": each(pick(inputs, "drawdown", "dd"), lambda depth: drawdown.drawdown_scaler(depth, most))}


def fixed_fractional_size(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    names = ("equity", "risk_pct", "entry", "stop")
    got = sizing.fixed_fractional_size(
        *(pick(inputs, name) for name in names), pick(inputs, "lot_step", "lot", default=1.0)
    )
    return {"qty": got.quantity, "notional": got.notional, "risk_dollars": got.risk}


def vol_target_weight(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    cap = pick(inputs, "max_leverage", "cap", "max_weight", default=float("inf"))
    target = pick(inputs, "target_vol")
    forecast = pick(inputs, "forecast_vol", default=None)
    return {"weight": each(forecast, lambda vol: sizing.vol_target_weight(target, vol, cap))}


def position_size_pipeline(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    same = (
        "kelly_full",
        "forecast_vol",
        "target_vol",
        "max_weight",
        "daily_loss_remaining",
        "stop_fraction",
        "cash",
        "depth",
    )
    got = sizing.position_size_pipeline(
        pick(inputs, "equity"),
        pick(inputs, "price"),
        **{name: pick(inputs, name, default=None) for name in same},
        kelly_multiple=pick(inputs, "kelly_multiple", "k", default=1.0),
        cluster_room=pick(inputs, "cluster_cap", "cluster_room", default=None),
        drawdown_scale=pick(inputs, "drawdown_scale", default=1.0),
        lot=pick(inputs, "lot", "lot_step", default=1.0),
    )
    return {
        "candidates": dict(got.candidates),
        "binding": got.binding,
        "weight": got.weight,
        "shares": got.quantity,
        "quantity": got.quantity,
    }


def loss_streak_breaker(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    limit = pick(inputs, "max_consecutive", "max_losses", "max_consecutive_losses", "limit", "n")
    breaker = LossStreakBreaker(limit, pick(inputs, "cooldown", "cooldown_bars", default=0))
    state, halted, losses = LossStreakState(), [], []
    for pnl in pick(inputs, "pnl", "trade_pnl", "trades", "returns"):
        # a trade while tripped is one more bar of the cool-down
        state = breaker.after_bar(state) if state.tripped else breaker.after_trade(state, pnl)
        halted.append(state.tripped)
        losses.append(state.losses)
    return _flags(halted) | {"losses": losses, "streak": losses}


def drawdown_breaker(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    breaker = DrawdownBreaker(
        pick(inputs, "trip_pct", "trip", "trip_drawdown", "threshold"),
        pick(inputs, "release_pct", "release", "resume", "rearm", "release_drawdown", default=0.0),
        pick(inputs, "cooldown", "cooldown_bars", default=0),
    )
    state, halted, depths = DrawdownBreakerState(), [], []
    for equity in pick(inputs, "equity"):
        state = breaker.after(state, equity)
        halted.append(state.tripped)
        depths.append(state.drawdown)
    return _flags(halted) | {"drawdown": depths}


def circuit_breaker(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return drawdown_breaker(inputs, wanted) if "equity" in inputs else loss_streak_breaker(inputs, wanted)


def _flags(halted: list[bool]) -> dict[str, Any]:
    return {
        "halted": halted,
        "tripped": halted,
        "active": [not flag for flag in halted],
        "allowed": [not flag for flag in halted],
        "states": ["off" if flag else "on" for flag in halted],
        "trip_index": halted.index(True) if True in halted else None,
    }


LABELS: dict[str, Mapping] = {
    "daily_loss_limit": daily_loss_limit,
    "daily_loss_floor": daily_loss_floor,
    "session_start": session_start,
    "max_drawdown_limit": max_drawdown_limit,
    "max_drawdown_eod_trailing": max_drawdown_eod_trailing,
    "drawdown_scaler": drawdown_scaler,
    "fixed_fractional_size": fixed_fractional_size,
    "vol_target_weight": vol_target_weight,
    "position_size_pipeline": position_size_pipeline,
    "consecutive_loss_breaker": loss_streak_breaker,
    "consecutive_losses_breaker": loss_streak_breaker,
    "circuit_breaker_consecutive_losses": loss_streak_breaker,
    "drawdown_breaker": drawdown_breaker,
    "drawdown_circuit_breaker": drawdown_breaker,
    "circuit_breaker_drawdown": drawdown_breaker,
    "circuit_breaker": circuit_breaker,
}
