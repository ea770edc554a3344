"""Statistics of closed trades and of trading itself; a trade is one profit or loss in currency, fees included.

A trade of exactly zero is neither a win nor a loss. Undefined is NaN, with one exception: the profit factor of trades
that never lost is infinite.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import InvalidData
from engine.numerics.series import FloatArray, as_series

_NAN = math.nan
_NOISE = 1e-12


def win_rate(pnl: ArrayLike, count_zeros: bool = True) -> float:
    """Winning trades over all trades, or over those that won or lost."""
    trades = _finite(pnl, "pnl")
    trades = trades if count_zeros else trades[trades != 0.0]
    return float(np.count_nonzero(trades > 0.0) / trades.size) if trades.size else _NAN


def profit_factor(pnl: ArrayLike) -> float:
    """Sum of the wins over the sum of the losses; infinite without losses, NaN when nothing was won or lost."""
    trades = _finite(pnl, "pnl")
    return _factor(float(trades[trades > 0.0].sum()), -float(trades[trades < 0.0].sum()))


def _factor(won: float, lost: float) -> float:
    if lost > 0.0:
        return won / lost
    return math.inf if won > 0.0 else _NAN


def expectancy(pnl: ArrayLike) -> float:
    """Mean profit or loss of a trade, in the unit of `pnl`."""
    return _mean(_finite(pnl, "pnl"))


def expectancy_r(pnl: ArrayLike, risk: ArrayLike) -> float:
    """Mean profit or loss in units of what each trade put at risk (R), `risk` being amounts above 0."""
    return _mean(r_multiples(pnl, risk))


def r_multiples(pnl: ArrayLike, risk: ArrayLike) -> FloatArray:
    """Each trade's profit or loss in units of what it put at risk."""
    trades, risks = _finite(pnl, "pnl"), _finite(risk, "risk")
    if trades.size != risks.size:
        raise InvalidData(f"pnl has {trades.size} trades and risk {risks.size}; each trade needs its risk: align them.")
    if risks.size and not (risks > 0.0).all():
        at = int(np.flatnonzero(~(risks > 0.0))[0])
        raise InvalidData(f"risk is {risks[at]} at trade {at}; it is an amount above 0: pass what the stop would lose.")
    return trades / risks


def average_win(pnl: ArrayLike) -> float:
    """Mean of the winning trades."""
    trades = _finite(pnl, "pnl")
    return _mean(trades[trades > 0.0])


def average_loss(pnl: ArrayLike) -> float:
    """Mean of the losing trades as an amount, above 0."""
    trades = _finite(pnl, "pnl")
    return -_mean(trades[trades < 0.0])


def payoff_ratio(pnl: ArrayLike) -> float:
    """Average win over average loss."""
    return average_win(pnl) / average_loss(pnl)


def kelly_of_trades(pnl: ArrayLike) -> float:
    """W - (1 - W) / payoff with W the win rate without zeros: the share of equity to put at risk, raw."""
    return _raw_kelly(win_rate(pnl, count_zeros=False), payoff_ratio(pnl))


def _raw_kelly(won: float, payoff: float) -> float:
    return won - (1.0 - won) / payoff


def sqn(pnl: ArrayLike) -> float:
    """System quality number: root of min(n, 100) times mean over standard deviation (ddof 1), best fed R multiples."""
    return _quality(_finite(pnl, "pnl"))


def _quality(trades: FloatArray) -> float:
    if trades.size < 2:
        return _NAN
    mean, std = float(trades.mean()), float(trades.std(ddof=1))
    return math.sqrt(min(trades.size, 100)) * mean / std if std > _NOISE * abs(mean) else _NAN


def longest_win_streak(pnl: ArrayLike) -> int:
    """Most winning trades in a row; a zero ends the row."""
    return _longest_run(_finite(pnl, "pnl") > 0.0)


def longest_loss_streak(pnl: ArrayLike) -> int:
    """Most losing trades in a row; a zero ends the row."""
    return _longest_run(_finite(pnl, "pnl") < 0.0)


def trade_statistics(pnl: ArrayLike, risk: ArrayLike | None = None) -> dict[str, float]:
    """All statistics of closed trades by name; with `risk`, expectancy and SQN also in R."""
    trades = _finite(pnl, "pnl")
    up, down = trades > 0.0, trades < 0.0
    won, lost = trades[up], trades[down]
    gained, given = float(won.sum()), -float(lost.sum())
    decided = won.size + lost.size
    average_won, average_lost = _share(gained, won.size), _share(given, lost.size)
    rate = _share(won.size, decided)
    payoff = average_won / average_lost
    values = {
        "trades": float(trades.size),
        "wins": float(won.size),
        "losses": float(lost.size),
        "total_pnl": float(trades.sum()),
        "win_rate": _share(won.size, trades.size),
        "win_rate_without_zeros": rate,
        "profit_factor": _factor(gained, given),
        "expectancy": _mean(trades),
        "average_win": average_won,
        "average_loss": average_lost,
        "payoff_ratio": payoff,
        "kelly": _raw_kelly(rate, payoff),
        "sqn": _quality(trades),
        "longest_win_streak": float(_longest_run(up)),
        "longest_loss_streak": float(_longest_run(down)),
        "best_trade": float(trades.max()) if trades.size else _NAN,
        "worst_trade": float(trades.min()) if trades.size else _NAN,
    }
    if risk is not None:
        multiples = r_multiples(trades, risk)
        values["expectancy_r"] = expectancy(multiples)
        values["sqn_r"] = sqn(multiples)
    return values


def exposure(positions: ArrayLike) -> float:
    """Share of the bars on which anything was held: positions `(n,)`, or `(symbols, n)` for a portfolio."""
    held = np.asarray(positions, dtype=np.float64) != 0.0
    if held.ndim > 1:
        held = held.any(axis=tuple(range(held.ndim - 1)))
    return float(np.count_nonzero(held) / held.size) if held.size else _NAN


def turnover(traded_notional: ArrayLike, equity: ArrayLike, years: float) -> float:
    """Notional traded, bought and sold, as a multiple of the average equity, per year.

    `traded_notional` is the total or one amount per fill or bar; signs are ignored.
    """
    traded = float(np.abs(np.asarray(traded_notional, dtype=np.float64)).sum())
    average = _mean(_finite(equity, "equity"))
    return traded / average / years if average > 0.0 and years > 0.0 else _NAN


def _finite(values: ArrayLike, name: str) -> FloatArray:
    series = as_series(values, name)
    if not np.isfinite(series).all():
        at = int(np.flatnonzero(~np.isfinite(series))[0])
        raise InvalidData(f"{name} is {series[at]} at trade {at}; each must be a number: leave open trades out.")
    return series


def _share(total: float, count: int) -> float:
    return total / count if count else _NAN


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else _NAN


def _longest_run(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    # a run lies between two places where the flag is down
    downs = np.flatnonzero(~np.concatenate(([False], flags, [False])))
    return int(np.diff(downs).max()) - 1
