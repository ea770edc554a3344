"""Prices to try indicators on, and what it means for two of their results to agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

Bars = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# the first call compiles, and a busy machine is no fault
tried = settings(deadline=None, max_examples=40)
cents = st.integers(100, 100_000).map(lambda n: n / 100)
windows = st.integers(1, 12)


@st.composite
def series(draw: st.DrawFn, gaps: bool = True, size: int = 60) -> np.ndarray:
    """Prices with flat stretches and, if asked, missing bars."""
    blocks = draw(st.lists(st.tuples(cents, st.integers(1, 6), st.booleans()), max_size=size))
    values = [price if flat else price + step for price, count, flat in blocks for step in range(count)]
    x = np.array(values[:size], dtype=np.float64)
    if gaps and x.size:
        x[draw(st.lists(st.integers(0, x.size - 1), max_size=4))] = np.nan
    return x


@st.composite
def ohlc(draw: st.DrawFn, gaps: bool = True) -> Bars:
    close = draw(series(gaps=gaps))
    open_ = np.roll(close, 1)
    reach = (
        np.array(draw(st.lists(st.integers(0, 50), min_size=close.size, max_size=close.size)), dtype=np.float64) / 100
    )
    return open_, np.maximum(open_, close) + reach, np.minimum(open_, close) - reach / 2, close


def random_bars(n: int, seed: int = 3) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, n)))
    open_ = close * np.exp(rng.normal(0.0, 0.003, n))
    spread = np.abs(rng.normal(0.0, 0.004, n))
    return open_, np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread), close


def same(got: Any, wanted: Any, scale: float = 1.0) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=np.float64), np.asarray(wanted), rtol=1e-9, atol=1e-10 * scale)
