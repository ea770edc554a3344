"""Runs in the peers' own environment: the same EMA grid through vectorbt and raptorbt, all-in, long only.

`python sweep.py PRICES.npz`, then one line on standard input a round (`vectorbt` or `raptorbt`), one JSON line back.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
import raptorbt
import vectorbt as vbt


def by_vectorbt(data: dict[str, np.ndarray], fast: np.ndarray, slow: np.ndarray) -> dict[str, float]:
    """Return seconds and a checksum; combinations in chunks of 1,000, which is vectorbt's fastest here."""
    import pandas as pd

    close = pd.Series(data["close"], index=pd.date_range("2010-01-04", periods=len(data["close"]), freq="B"))
    began = time.perf_counter()
    total = trades = 0.0
    for a in range(0, len(fast), 1000):
        quick = vbt.MA.run(close, fast[a : a + 1000], ewm=True, short_name="fast", hide_params=[])
        calm = vbt.MA.run(close, slow[a : a + 1000], ewm=True, short_name="slow", hide_params=[])
        entries, exits = quick.ma_crossed_above(calm), quick.ma_crossed_below(calm)
        run = vbt.Portfolio.from_signals(close, entries, exits, init_cash=10_000, fees=0.0, freq="1D")
        total += float(run.total_return().sum())
        run.sharpe_ratio().sum()
        run.max_drawdown().sum()
        trades += float(run.trades.count().sum())
    return {"seconds": time.perf_counter() - began, "combos": len(fast), "total": total, "trades": trades}


def by_raptorbt(data: dict[str, np.ndarray], fast: np.ndarray, slow: np.ndarray) -> dict[str, float]:
    """Return seconds and a checksum; indicators once per window, runs in the library's own parallel batch."""
    o, h, low, c, v = (data[k] for k in ("open", "high", "low", "close", "volume"))
    began = time.perf_counter()
    windows = {int(w): raptorbt.ema(c, int(w)) for w in {*fast.tolist(), *slow.tolist()}}
    total = trades = 0.0
    config = raptorbt.BacktestConfig(initial_capital=10_000, fees=0.0, fill_timing="next_bar_open")
    for a in range(0, len(fast), 1000):
        items = []
        for k in range(a, min(a + 1000, len(fast))):
            above = windows[int(fast[k])] > windows[int(slow[k])]
            before = np.concatenate(([False], above[:-1]))
            items.append(raptorbt.BatchSingleItem(str(k), above & ~before, ~above & before))
        for _, result in raptorbt.batch_single_backtest(data["stamps"], o, h, low, c, v, items, config):
            total += result.metrics.total_return_pct / 100
            trades += result.metrics.total_trades
            _ = (result.metrics.sharpe_ratio, result.metrics.max_drawdown_pct)
    return {"seconds": time.perf_counter() - began, "combos": len(fast), "total": total, "trades": trades}


def main() -> None:
    """Answer rounds until the input ends."""
    data = dict(np.load(sys.argv[1]))
    fast, slow = data["fast"], data["slow"]
    engines = {"vectorbt": by_vectorbt, "raptorbt": by_raptorbt}
    for name, run in engines.items():
        run(data, fast[:50], slow[:50])
        print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        answer = engines[line.strip()](data, fast, slow)
        answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
