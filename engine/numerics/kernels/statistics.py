"""The running statistics of an account: what a sweep keeps instead of an equity curve."""

from __future__ import annotations

from .jit import hot


@hot
def add_return(equity, before, sum_r, sum_r2, down):
    """Return the sums of returns, squared returns and squared losses with one more bar in them."""
    if equity == before or not before > 0.0:
        return sum_r, sum_r2, down
    r = equity / before - 1.0
    loss = 0.5 * (r - abs(r))  # the return if it is negative, else 0: no branch, because its sign is a coin toss
    return sum_r + r, sum_r2 + r * r, down + loss * loss


@hot
def high_water(equity, high, worst):
    """Return the highest equity so far and the worst drawdown from it (negative)."""
    if equity > high:
        return equity, worst
    if equity < high * (1.0 + worst):
        return high, equity / high - 1.0
    return high, worst
