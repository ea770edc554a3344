"""Kelly from what happened: a record of trade returns, or any law with finitely many returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.errors import InvalidData
from engine.numerics.roots import sign_change
from engine.risk.kelly_math import kelly_from_win_rate

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TradeKelly:
    """The three numbers people call "Kelly from trades"; returns are fractions of the money in the trade.

    `risk_fraction` (W - (1-W)/R) is the share of bankroll to put at risk; `notional` is the position per unit of
    bankroll that risks it in an average loss; `exact_notional` maximises the mean of ln(1 + f r) over the record;
    `optimal_f` is Vince's: `exact_notional` times the worst loss. Break-even trades are left out of the win rate.
    NaN is undefined.
    """

    n: int
    wins: int
    losses: int
    breakeven: int
    win_rate: float
    avg_win: float
    avg_loss: float
    payoff_ratio: float
    risk_fraction: float
    notional: float
    exact_notional: float
    exact_growth: float
    mean_over_variance: float
    mean_over_second_moment: float
    optimal_f: float


@dataclass(frozen=True, slots=True)
class DiscreteKelly:
    """Kelly of a law with finitely many returns; `raw` may be negative, or infinite when nothing can be lost."""

    raw: float
    kelly: float
    growth: float
    mean: float
    variance: float

    @property
    def mean_over_variance(self) -> float:
        """The two-moment approximation; it exceeds `raw` when losses have a fat tail."""
        return self.mean / self.variance if self.variance > 0.0 else math.nan


def kelly_from_trades(returns: Sequence[float] | FloatArray) -> TradeKelly:
    """Return the Kelly numbers of a record of trade returns, shape (n,); all NaN for an empty one."""
    r = _finite("trade returns", returns)
    won, lost = r[r > 0.0], -r[r < 0.0]
    wins, losses = int(won.size), int(lost.size)
    avg_win, avg_loss = _mean(won), _mean(lost)
    ratio = _payoff(avg_win, avg_loss)
    win_rate = wins / (wins + losses) if wins + losses else math.nan
    risk = win_rate if ratio == 0.0 or math.isnan(ratio) else kelly_from_win_rate(win_rate, ratio)
    exact = max(0.0, _log_optimum(r, np.full(r.size, 1.0 / r.size))) if r.size else math.nan
    return TradeKelly(
        n=int(r.size),
        wins=wins,
        losses=losses,
        breakeven=int(r.size) - wins - losses,
        win_rate=win_rate,
        avg_win=avg_win,
        avg_loss=avg_loss,
        payoff_ratio=ratio,
        risk_fraction=risk,
        notional=risk / avg_loss if losses else _unbounded(risk),
        exact_notional=exact,
        exact_growth=_expected_log(exact, r, np.full(r.size, 1.0 / r.size)) if r.size else math.nan,
        mean_over_variance=_over_variance(r),
        mean_over_second_moment=_over(_mean(r), _mean(r * r)),
        optimal_f=exact * float(lost.max()) if losses else math.nan,
    )


def kelly_discrete(returns: Sequence[float] | FloatArray, probs: Sequence[float] | FloatArray) -> DiscreteKelly:
    """Return Kelly of a discrete law: the root of E[r / (1 + f r)] = 0; returns and probabilities have shape (n,)."""
    r, w = _finite("returns", returns), _finite("probabilities", probs)
    if r.size == 0 or r.size != w.size:
        raise InvalidData(f"{r.size} returns and {w.size} probabilities; each return needs one: pass two equal lists")
    total = float(w.sum())
    if w.min() < 0.0 or abs(total - 1.0) > 1e-9:
        raise InvalidData(f"the probabilities sum to {total:g}; they must be 0 or more and sum to 1: rescale them")
    raw = _log_optimum(r, w)
    kelly = max(0.0, raw)
    mean = float(w @ r)
    return DiscreteKelly(raw, kelly, _expected_log(kelly, r, w), mean, float(w @ (r - mean) ** 2))


def _finite(name: str, values: Any) -> FloatArray:
    array = np.asarray(values, dtype=np.float64).ravel()
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise InvalidData(f"{name}: number {bad[0] + 1} is {array[bad[0]]}; each must be finite: remove or correct it")
    return array


def _log_optimum(r: FloatArray, w: FloatArray) -> float:
    """Return the f that maximises E[ln(1 + f r)]: infinite when nothing can be lost, minus that when nothing won."""
    r, w = r[w > 0.0], w[w > 0.0]
    low, high = float(r.min()), float(r.max())
    if low >= 0.0 or high <= 0.0:
        return math.inf if high > 0.0 else -math.inf if low < 0.0 else 0.0

    def slope(f: float) -> float:
        with np.errstate(divide="ignore"):
            return float(w @ (r / (1.0 + f * r)))

    # the slope falls from plus to minus infinity across the open interval
    return sign_change(slope, -1.0 / high, -1.0 / low, rising=False)


def _expected_log(f: float, r: FloatArray, w: FloatArray) -> float:
    if not math.isfinite(f):
        return f
    return float(w[w > 0.0] @ np.log1p(f * r[w > 0.0]))


def _payoff(avg_win: float, avg_loss: float) -> float:
    if math.isnan(avg_loss):
        return math.nan if math.isnan(avg_win) else math.inf
    return 0.0 if math.isnan(avg_win) else avg_win / avg_loss


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else math.nan


def _over_variance(r: FloatArray) -> float:
    spread = float(r.std(ddof=1)) if r.size > 1 else 0.0
    mean = _mean(r)
    # equal returns leave rounding noise, not a variance
    return mean / spread**2 if spread > 1e-12 * abs(mean) else math.nan


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0.0 else math.nan


def _unbounded(risk: float) -> float:
    return math.inf if risk > 0.0 else math.nan
