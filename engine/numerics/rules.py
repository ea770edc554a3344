"""The scalar rules of sizing and limits, written once so that pages, tests and the compiled steps share one formula.

Every function takes and returns plain floats (kinds and bases are int codes) and uses nothing but arithmetic, `math`
and `if`, so `numerics.kernels` can compile the very same source. Nothing here raises: the values that own the
parameters check them first, and an input outside its range gives NaN or the safe side (no position).
"""

from __future__ import annotations

import math

# what a maximum-drawdown floor follows
TRAILING_PCT = 0
STATIC = 1
TRAILING_AMOUNT = 2
TRAILING_LOCK = 3

# what the daily loss is measured from at the session's start
BASIS_EQUITY = 0
BASIS_BALANCE = 1
BASIS_MAX = 2

# a record shorter than this says nothing yet; PRIOR wins and PRIOR losses are assumed before the first trade
MIN_TRADES = 20
PRIOR = 10.0


def kelly_full(p: float, b: float, a: float) -> float:
    """Return the growth-optimal fraction of bankroll to stake, p/a - (1-p)/b, negative when the edge is (Kelly 1956).

    A win pays `b` and a loss costs `a` per unit staked. `b` may be infinite. NaN when `a` or `b` is not above 0.
    """
    if not (b > 0.0 and a > 0.0):
        return math.nan
    return p / a - (1.0 - p) / b


def kelly_clip(full: float, fraction: float, min_pct: float, max_pct: float) -> float:
    """Return the fraction of equity to use: none at or below full Kelly 0 or below `min_pct`, never above `max_pct`.

    NaN gives 0: without a number there is no position.
    """
    if not full > 0.0:
        return 0.0
    part = fraction * full
    if not part >= min_pct:
        return 0.0
    if part > max_pct:
        return max_pct
    return part


def kelly_from_record(n_closed: float, wins: float, losses: float, sum_win: float, sum_loss: float) -> float:
    """Return full Kelly as a fraction at risk, W - (1-W)/R, from a record of closed trades.

    W is the win rate of decided trades with a Beta(10, 10) prior, R the average win over the average loss (the sums are
    amounts, the sign of `sum_loss` is ignored). Break-even trades count in `n_closed` only. No loss yet: R is infinite;
    no win yet: 0. Whether the record is long enough (`MIN_TRADES`) is the caller's rule.
    """
    if n_closed < 1.0 or wins < 1.0 or not sum_win > 0.0:
        return 0.0
    win_rate = (wins + PRIOR) / (wins + losses + 2.0 * PRIOR)
    loss = abs(sum_loss)
    if losses < 1.0 or not loss > 0.0:
        return win_rate
    ratio = (sum_win / wins) / (loss / losses)
    return win_rate - (1.0 - win_rate) / ratio


def drawdown_floor(kind: int, initial: float, peak: float, pct: float) -> float:
    """Return the equity at or below which the drawdown limit is broken.

    `peak` is the highest equity so far and never below `initial`. TRAILING_PCT follows the peak by a share of the peak;
    TRAILING_AMOUNT by a fixed sum, `pct` of `initial`; TRAILING_LOCK does so until the floor has reached `initial` and
    stays there; STATIC does not move. An unknown kind is read as TRAILING_PCT.
    """
    if kind == STATIC:
        return initial * (1.0 - pct)
    if kind == TRAILING_AMOUNT:
        return peak - initial * pct
    if kind == TRAILING_LOCK:
        return min(peak - initial * pct, initial)
    return peak * (1.0 - pct)


def drawdown_scale(drawdown: float, max_drawdown: float) -> float:
    """Return the factor in [0, 1] by which to shrink new positions: 1 at no drawdown, 0 at `max_drawdown` and beyond.

    `drawdown` is positive (0.1 = 10 % below the peak). NaN gives 0.
    """
    if not max_drawdown > 0.0:
        return 0.0
    scale = 1.0 - drawdown / max_drawdown
    if not scale > 0.0:
        return 0.0
    return min(1.0, scale)


def daily_floor(basis: int, balance: float, equity: float, pct: float) -> float:
    """Return the equity at or below which no new position may be opened until the next session.

    `balance` (realised) and `equity` are those at the session's start; of an account that owes there is no floor.
    """
    start = equity
    if basis == BASIS_BALANCE:
        start = balance
    elif basis == BASIS_MAX:
        start = max(balance, equity)
    return start * (1.0 - pct) if start > 0.0 else -math.inf
