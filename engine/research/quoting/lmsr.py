"""Hanson's logarithmic scoring-rule market maker: a book that always quotes, for made-up markets and as a yardstick."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.core.checks import chance, positive
from engine.core.errors import InvalidConfig

FloatArray = NDArray[np.float64]


def lmsr_prices(sold: Sequence[float], b: float) -> FloatArray:
    """Return the price of each outcome after `sold` contracts of each, softmax(sold / b) (Hanson 2003)."""
    scaled = _scaled(sold, b)
    weights = np.exp(scaled - scaled.max())
    return np.asarray(weights / weights.sum(), np.float64)


def lmsr_cost(sold: Sequence[float], b: float, trade: Sequence[float]) -> float:
    """Return what a trade costs in dollars, C(sold + trade) - C(sold) with C = b ln sum exp(sold / b)."""
    if len(trade) != len(sold):
        raise InvalidConfig(f"the trade has {len(trade)} outcomes and the market {len(sold)}: give one for each")
    after = [had + more for had, more in zip(sold, trade, strict=True)]
    return positive("b", b) * (_log_sum(_scaled(after, b)) - _log_sum(_scaled(sold, b)))


def lmsr_max_loss(outcomes: int, b: float) -> float:
    """Return the most the market maker can lose from even prices, b ln n."""
    if outcomes < 2:
        raise InvalidConfig(f"there are {outcomes} outcomes; a market has at least two: name them all")
    return positive("b", b) * math.log(outcomes)


def lmsr_shares(p_from: float, p_to: float, b: float) -> float:
    """Return how many contracts move an outcome's price from one probability to another, b (logit to - logit from)."""
    low, high = chance("p_from", p_from), chance("p_to", p_to)
    return positive("b", b) * (math.log(high / (1.0 - high)) - math.log(low / (1.0 - low)))


def _scaled(sold: Sequence[float], b: float) -> FloatArray:
    values = np.asarray(sold, np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise InvalidConfig(f"the contracts sold are {sold}; give a finite number for each of two outcomes or more")
    return np.asarray(values / positive("b", b), np.float64)


def _log_sum(scaled: FloatArray) -> float:
    top = float(scaled.max())
    return top + math.log(float(np.exp(scaled - top).sum()))
