"""Runs the golden cases of a folder and reports every difference from the reference."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from engine import BacktestResult
from engine.numerics.metrics import Returns, sharpe
from tests.golden.case import Case, load

BUNDLED = Path(__file__).parent.parent / "data_files" / "golden"
EQUITY = 1e-6  # absolute, in currency
METRIC = 1e-9  # absolute
TRADE = 1e-9  # relative: what the last digit of a float may do to a price or a quantity
_EVERY = re.compile(r"^equity_every_(\d+)$")

METRICS = {
    "total_return": lambda run: run.metrics["total_return"],
    "max_drawdown": lambda run: run.metrics["max_drawdown"],
    "sharpe_252_ddof1_incl_first": lambda run: sharpe(Returns(run.returns, 252.0)),
    "sharpe_252_ddof1_pct_change": lambda run: sharpe(Returns(run.returns[1:], 252.0)),
}


def _far(got: float, wanted: float, absolute: float, relative: float = 0.0) -> bool:
    return not math.isclose(got, wanted, rel_tol=relative, abs_tol=absolute)


def _trade_misses(run: BacktestResult, wanted: Sequence[dict[str, Any]]) -> list[str]:
    trades = run.trades[run.trades["exit_reason"] != "open"].sort_values("exit_bar", kind="stable")
    if len(trades) != len(wanted):
        return [f"trades: got {len(trades)}, expected {len(wanted)}"]
    columns = {
        "dir": ("side", None),
        "size": ("quantity", TRADE),
        "entry_bar": ("entry_bar", None),
        "entry_price": ("entry_price", TRADE),
        "exit_bar": ("exit_bar", None),
        "exit_price": ("exit_price", TRADE),
    }
    money = {"fees": ("fees", EQUITY), "pnl": ("pnl", EQUITY), "ret": ("return", METRIC)}
    found = []
    for k, (got, trade) in enumerate(zip(trades.to_dict("records"), wanted, strict=True)):
        for key, (name, relative) in columns.items():
            if key not in trade:
                continue
            if got[name] != trade[key] if relative is None else _far(got[name], trade[key], 0.0, relative):
                found.append(f"trade {k}: {key}: got {got[name]!r}, expected {trade[key]!r}")
        for key, (name, absolute) in money.items():
            if key in trade and _far(got[name], trade[key], absolute):
                found.append(f"trade {k}: {key}: got {got[name]!r}, expected {trade[key]!r}")
    return found


def _curve_misses(got: Any, wanted: Sequence[float], label: str) -> list[str]:
    if len(got) != len(wanted):
        return [f"{label}: got {len(got)} values, expected {len(wanted)}"]
    apart = ~(np.abs(np.asarray(got) - np.asarray(wanted)) <= EQUITY)
    if not apart.any():
        return []
    k = int(np.flatnonzero(apart)[0])
    return [f"{label}: {int(apart.sum())} values differ, first at {k}: got {got[k]!r}, expected {wanted[k]!r}"]


def _figure_misses(run: BacktestResult, key: str, wanted: Any) -> list[str] | None:
    """Return the misses of one key of the reference, None for a key that names nothing we compare."""
    every = _EVERY.match(key)
    if key == "trades":
        return _trade_misses(run, wanted)
    if every:
        return _curve_misses(run.equity_values[:: int(every[1])], wanted, key)
    if key in METRICS:
        got, bound = METRICS[key](run), METRIC
    elif key == "final_equity":
        got, bound = run.metrics["final_equity"], EQUITY
    elif key == "n_closed_trades":
        got, bound = run.metrics["trades"], 0.0
    elif key == "open_position":
        got, bound = float(run.positions.iloc[-1, 0]), METRIC
    else:
        return None
    return [f"{key}: got {got!r}, expected {wanted!r}"] if _far(got, float(wanted), bound) else []


def run_case(case: Case) -> tuple[list[str], list[str]]:
    """Return (misses, remarks): a line for each difference, and for each key of the reference that is not compared."""
    problems = case.problems()
    if problems:
        return problems, []
    try:
        run = case.run()
        curve = case.equity()
    except Exception as error:  # noqa: BLE001  (one bad case must not hide the rest)
        return [f"raised {type(error).__name__}: {error}"], []
    missed, remarks = [], []
    for key, wanted in case.reference.items():
        found = _figure_misses(run, key, wanted)
        if found is None:
            remarks.append(f"reference key '{key}' is not compared")
        else:
            missed += found
    if curve is not None:
        missed += _curve_misses(run.equity_values, curve, "equity")
    return missed, remarks


def main(arguments: Sequence[str], out: TextIO | None = None) -> int:
    """Run the folders named, or the bundled one, and return the exit status: 1 for any miss."""
    bad = total = 0
    for folder in [Path(argument) for argument in arguments] or [BUNDLED]:
        try:
            cases = load(folder)
        except (OSError, ValueError, KeyError, AttributeError) as error:
            print(f"{folder}: cannot be read: {type(error).__name__}: {error}", file=out)
            bad, total = bad + 1, total + 1
            continue
        for case in cases:
            missed, remarks = run_case(case)
            total += 1
            bad += bool(missed)
            for line in (*missed, *remarks):
                print(f"{case.name}: {line}", file=out)
    print(f"{total - bad} of {total} golden cases as expected", file=out)
    return 1 if bad else 0
