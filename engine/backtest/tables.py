"""The log of a run as DataFrames: fills, trades and decisions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.core import codes as c

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

_ACCOUNT = "(account)"


def _words(codes: Any, table: dict[int, str]) -> list[str]:
    return [table[int(code)] for code in codes]


def _symbols(result: BacktestResult, slots: Any) -> Any:
    each = 2 if result.on_events else 1  # an event market has a slot for either side
    names = np.array([*(name for name in result.bars.symbols for _ in range(each)), _ACCOUNT], dtype=object)
    return names[slots]  # slot -1, the account, is the last


def _sides(result: BacktestResult, slots: Any, side: Any) -> Any:
    """Return what is held in words: long or short, or the side of an event."""
    if result.on_events:
        return np.where(slots % 2 == 0, "yes", "no")
    return np.where(side > 0, "long", "short")


def fills_table(result: BacktestResult) -> pd.DataFrame:
    """Return one row a fill."""
    log = result._log.fills[: result._log.counts[1]]
    bought, settled = log["side"] > 0, log["reason"].astype(np.int64) == c.EXIT_SETTLED
    side = np.where(bought, "buy", np.where(settled, "settle", "sell"))
    if result.on_events:
        side = np.char.add(np.char.add(side, " "), _sides(result, log["slot"], log["side"]))
    return pd.DataFrame(
        {
            "time": result.index[log["bar"]],
            "symbol": _symbols(result, log["slot"]),
            "side": side,
            "quantity": log["quantity"],
            "price": log["price"],
            "raw_price": log["raw_price"],
            "fee": log["fee"],
            "reason": ["entry" if r == c.NO_EXIT else c.EXITS[int(r)] for r in log["reason"]],
            "cash": log["cash"],
            "bar": log["bar"],
        }
    )


def _open_rows(result: BacktestResult) -> list[dict[str, Any]]:
    rows = []
    for s, slot in enumerate(result._slots):
        if slot["quantity"] == 0.0:
            continue
        side = 1.0 if slot["quantity"] > 0 else -1.0
        value = slot["exit_value"] + abs(slot["quantity"]) * slot["mark"]
        rows.append(
            {
                "slot": s, "side": side, "quantity": slot["entry_quantity"], "entry_bar": slot["entry_bar"],
                "entry_price": slot["entry_price"], "exit_bar": len(result.bars) - 1, "exit_price": slot["mark"],
                "fees": slot["fees"], "pnl": side * (value - slot["entry_value"]) - slot["fees"],
                "best": slot["best"], "worst": slot["worst"], "reason": c.NO_EXIT,
            }
        )  # fmt: skip
    return rows


def trade_records(result: BacktestResult) -> dict[str, Any]:
    """Return the columns of all trades as arrays, those still open at the end last."""
    log = result._log.trades[: result._log.counts[2]]
    rows = _open_rows(result)
    names = log.dtype.names or ()
    if not rows:
        return {name: log[name] for name in names}
    return {name: np.concatenate([log[name], [row[name] for row in rows]]) for name in names}


def trades_table(result: BacktestResult) -> pd.DataFrame:
    """Return one row a trade; `mae` and `mfe` are the worst and best price seen, as a return."""
    t = trade_records(result)
    entry, exit_ = t["entry_bar"].astype(np.int64), t["exit_bar"].astype(np.int64)
    still_open = t["reason"].astype(np.int64) == c.NO_EXIT
    slots = t["slot"].astype(np.int64)
    side, price = t["side"], t["entry_price"]
    left = pd.Series(result.index[exit_]).mask(still_open)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "symbol": _symbols(result, slots),
                "side": _sides(result, slots, side),
                "quantity": t["quantity"],
                "entry_time": result.index[entry],
                "entry_price": price,
                "exit_time": left,
                "exit_price": t["exit_price"],
                "fees": t["fees"],
                "pnl": t["pnl"],
                "return": t["pnl"] / (t["quantity"] * price),
                "bars_held": exit_ - entry,
                "exit_reason": _words(t["reason"], c.EXITS),
                "mae": np.minimum(side * (t["worst"] / price - 1.0), 0.0),
                "mfe": np.maximum(side * (t["best"] / price - 1.0), 0.0),
                "entry_bar": entry,
                "exit_bar": exit_,
            }
        )


def decisions_table(result: BacktestResult) -> pd.DataFrame:
    """Return one row a decision; `asked` and `allowed` are fractions of equity at the decision, units at a fill."""
    log = result._log.decisions[: result._log.counts[0]]
    code = log["code"].astype(np.int64)
    return pd.DataFrame(
        {
            "time": result.index[log["bar"]],
            "symbol": _symbols(result, log["slot"]),
            "kind": [_kind(int(k)) for k in code],
            "reason": _words(code, c.REASONS),
            "asked": log["asked"],
            "allowed": log["allowed"],
            "price": log["price"],
            "code": code,
            "bar": log["bar"],
        }
    )


def _kind(code: int) -> str:
    if code < 20:
        return "order"
    if code < 40:
        return "veto"
    return "shrink" if code < 60 else "state"
