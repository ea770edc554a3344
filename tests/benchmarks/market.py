"""The made-up market that the benchmarks run on: a seeded random walk."""

from __future__ import annotations

import numpy as np
import pandas as pd


def walk(bars: int, *, minutes: bool = False, seed: int = 1) -> pd.DataFrame:
    """Return bars of a geometric random walk in the product's shape, daily or by the minute."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0.0003, 0.012, bars) * (0.05 if minutes else 1.0)))
    open_ = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0, 0.003, bars) * (0.05 if minutes else 1.0))
    index = (
        pd.date_range("2024-01-01", periods=bars, freq="min", tz="UTC", name="time")
        if minutes
        else pd.date_range("2010-01-04", periods=bars, freq="B", name="time")
    )
    high, low = np.maximum(open_, close) * 1.002, np.minimum(open_, close) * 0.998
    frame = pd.DataFrame({"open": open_, "high": high, "low": low, "close": close, "volume": 1e6}, index=index)
    frame.attrs = {
        "symbol": "WALK", "interval": "1m" if minutes else "1d", "kind": "crypto" if minutes else "stock",
        "calendar": "24/7" if minutes else "XNYS", "close_only": False, "survivorship": False, "note": "", "source": "made up",
    }  # fmt: skip
    return frame
