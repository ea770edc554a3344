"""One root finder for functions known to change sign, so that sizing needs no optimiser library at import."""

from __future__ import annotations

from collections.abc import Callable


def sign_change(function: Callable[[float], float], low: float, high: float, *, rising: bool) -> float:
    """Return where a function crosses 0 between `low` and `high`, to the last bit, by halving the interval.

    The ends are never evaluated, so they may be poles; `rising` says that the function is negative next to `low`.
    """
    for _ in range(2000):
        middle = low + 0.5 * (high - low)
        if not low < middle < high:
            break
        if (function(middle) > 0.0) == rising:
            high = middle
        else:
            low = middle
    return low + 0.5 * (high - low)
