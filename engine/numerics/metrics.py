"""Performance statistics of a return series, one definition each, so that every page and table shows the same number.

Returns are simple and per period, volatilities and ratios annual, drawdowns negative. What is undefined (no dispersion,
no losses, bankruptcy, too few periods) is NaN, never 0 or infinite. Plain NumPy: nothing here compiles.
"""

from __future__ import annotations

import math

import numpy as np

from engine.core.errors import InvalidConfig
from engine.numerics.drawdown import DrawdownStats, drawdown_series, drawdown_stats
from engine.numerics.returns import TAIL, Returns, interpolate, quantile_position
from engine.numerics.series import FloatArray
from engine.numerics.trade_metrics import (
    average_loss,
    average_win,
    expectancy,
    expectancy_r,
    exposure,
    kelly_of_trades,
    longest_loss_streak,
    longest_win_streak,
    payoff_ratio,
    profit_factor,
    sqn,
    trade_statistics,
    turnover,
    win_rate,
)

__all__ = [
    "DrawdownStats",
    "Returns",
    "annual_rate",
    "annual_volatility",
    "average_loss",
    "average_win",
    "best",
    "cagr",
    "cagr_calendar",
    "calmar",
    "conditional_value_at_risk",
    "drawdown_series",
    "drawdown_stats",
    "expectancy",
    "expectancy_r",
    "exposure",
    "gain_to_pain",
    "hit_rate",
    "kelly_of_trades",
    "kurtosis",
    "longest_loss_streak",
    "longest_win_streak",
    "max_drawdown",
    "omega",
    "payoff_ratio",
    "performance",
    "profit_factor",
    "sharpe",
    "sharpe_autocorrelated",
    "skewness",
    "sortino",
    "sqn",
    "tail_ratio",
    "total_return",
    "trade_statistics",
    "turnover",
    "ulcer_index",
    "value_at_risk",
    "win_rate",
    "worst",
]

_NAN = math.nan
_NOISE = 1e-12


def annual_rate(per_period: float, periods_per_year: float) -> float:
    """The annual rate that a rate per period compounds to."""
    return math.expm1(math.log1p(per_period) * periods_per_year)


def total_return(returns: Returns) -> float:
    """Compounded growth minus 1."""
    growth = returns.path.growth
    return growth - 1.0 if returns.values.size and math.isfinite(growth) else _NAN


def cagr(returns: Returns) -> float:
    """Compound annual growth with years counted as periods / periods_per_year; -1 at ruin, NaN once below it."""
    # a fall by more than everything is wealth below zero, and no later gain makes growth of it
    if returns.values.size == 0 or returns.path.deepest_fall < -1.0:
        return _NAN
    return cagr_calendar(returns.path.growth, returns.values.size / returns.periods_per_year)


def cagr_calendar(total_growth: float, years: float) -> float:
    """Compound annual growth from end / start and elapsed calendar years (days / 365.25)."""
    if not (0.0 <= total_growth < math.inf and years > 0.0):
        return _NAN
    if total_growth == 0.0:
        return -1.0
    rate = math.log(total_growth) / years
    # beyond this a float overflows: a few bars compounded to a year say nothing
    return math.expm1(rate) if rate < 700.0 else _NAN


def annual_volatility(returns: Returns) -> float:
    """Standard deviation (ddof 1) times the root of the periods per year."""
    return _deviation(returns) * math.sqrt(returns.periods_per_year)


def sharpe(returns: Returns) -> float:
    """Mean excess return over its standard deviation (ddof 1), annualised by the root of the periods per year."""
    return _per_period_sharpe(returns) * math.sqrt(returns.periods_per_year)


def sharpe_autocorrelated(returns: Returns, lags: int | None = None) -> float:
    """Sharpe annualised by Lo's eta(q) = q / sqrt(q + 2 sum_k (q - k) rho_k) instead of sqrt(q) (Lo 2002).

    q is the periods per year; `lags` caps k, by default at q - 1 and at the periods there are.
    """
    n, q = returns.values.size, round(returns.periods_per_year)
    ratio = _per_period_sharpe(returns)
    if math.isnan(ratio):
        return _NAN
    deepest = min(q - 1, n - 1, q if lags is None else lags)
    d = returns.values - returns.moments.mean
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(d, size)
    covariances = np.fft.irfft(spectrum * spectrum.conj(), size)[: deepest + 1]
    k = np.arange(1, deepest + 1)
    scale = q + 2.0 * float(((q - k) * covariances[1:]).sum() / covariances[0])
    return ratio * q / math.sqrt(scale) if scale > 0.0 else _NAN


def sortino(returns: Returns) -> float:
    """Mean return above the minimum over its downside deviation, which counts all periods, annualised."""
    minimum = returns.per_period(returns.minimum_return)
    short = returns.shortfall(minimum) if minimum else returns.losses
    downside = math.sqrt(short.squares / returns.values.size) if returns.values.size else 0.0
    if downside <= _NOISE * abs(minimum):
        return _NAN
    return (returns.moments.mean - minimum) / downside * math.sqrt(returns.periods_per_year)


def max_drawdown(returns: Returns) -> float:
    """Deepest fall from the highest wealth so far, 0 or negative; the start counts as a peak."""
    return returns.path.deepest_fall if returns.values.size else _NAN


def calmar(returns: Returns) -> float:
    """CAGR over the depth of the deepest drawdown, on the full history."""
    deepest = max_drawdown(returns)
    return cagr(returns) / -deepest if deepest < 0.0 else _NAN


def ulcer_index(returns: Returns) -> float:
    """Root mean square of the drawdown over all periods, as a fraction (Martin 1987)."""
    n = returns.values.size
    return math.sqrt(returns.path.fall_squares / n) if n else _NAN


def omega(returns: Returns, threshold: float = 0.0) -> float:
    """Sum of what lies above a threshold per period over the sum of what lies below it (Keating and Shadwick 2002)."""
    below = returns.shortfall(threshold).total if threshold else returns.losses.total
    total = (returns.moments.mean - threshold) * returns.values.size
    return (total + below) / below if below > 0.0 else _NAN


def gain_to_pain(returns: Returns) -> float:
    """Sum of the returns over the sum of the losses."""
    pain = returns.losses.total
    return returns.moments.mean * returns.values.size / pain if pain > 0.0 else _NAN


def value_at_risk(returns: Returns, level: float = 0.95) -> float:
    """Historical value at risk as a return (negative is a loss): the linear quantile at 1 - level."""
    tail, at = _tail_at(returns, level)
    return interpolate(tail, at) if tail.size else _NAN


def conditional_value_at_risk(returns: Returns, level: float = 0.95) -> float:
    """Mean of the returns at or below the value at risk."""
    tail, at = _tail_at(returns, level)
    if tail.size == 0:
        return _NAN
    quantile, count = interpolate(tail, at), int(at) + 1
    beyond = tail[:count]
    if count < tail.size and tail[count] <= quantile:
        # equal returns may go on past the part that was sorted
        beyond = returns.values[returns.values <= quantile]
    # a mean of equal numbers can round to above them
    return min(float(beyond.sum()) / beyond.size, quantile)


def tail_ratio(returns: Returns) -> float:
    """The 95 % quantile over the 5 % quantile, both as amounts."""
    low, high = returns.tails
    if low.size == 0:
        return _NAN
    at = quantile_position(returns.values.size, TAIL)
    loss = interpolate(low, at)
    return abs(interpolate(high, at) / loss) if loss != 0.0 else _NAN


def skewness(returns: Returns) -> float:
    """Third standardised moment, population."""
    return returns.moments.skewness


def kurtosis(returns: Returns) -> float:
    """Fourth standardised moment, population and raw: 3 for a normal distribution."""
    return returns.moments.kurtosis


def hit_rate(returns: Returns) -> float:
    """Share of the non-zero periods that gained."""
    gained, lost = np.count_nonzero(returns.values > 0.0), np.count_nonzero(returns.values < 0.0)
    return float(gained / (gained + lost)) if gained + lost else _NAN


def best(returns: Returns) -> float:
    """Highest return of a period."""
    return float(returns.tails[1][0]) if returns.values.size else _NAN


def worst(returns: Returns) -> float:
    """Lowest return of a period."""
    return float(returns.tails[0][0]) if returns.values.size else _NAN


def performance(returns: Returns) -> dict[str, float]:
    """All statistics of a return series by name; what they share is computed once.

    `max_drawdown_trough_index` counts from the start as bar 0; `longest_underwater_recovered` is 1 for yes, 0 for no.
    """
    path, some = returns.path, returns.values.size > 0
    return {
        "periods": float(returns.values.size),
        **{function.__name__: function(returns) for function in _ALL},
        "value_at_risk_99": value_at_risk(returns, 0.99),
        "conditional_value_at_risk_99": conditional_value_at_risk(returns, 0.99),
        "max_drawdown_trough_index": float(path.trough_index) if some else _NAN,
        "longest_underwater_periods": float(path.longest_underwater) if some else _NAN,
        "longest_underwater_recovered": float(path.longest_recovered) if some else _NAN,
        "current_drawdown": path.current_fall if some else _NAN,
    }


_ALL = (
    total_return,
    cagr,
    annual_volatility,
    sharpe,
    sortino,
    max_drawdown,
    calmar,
    ulcer_index,
    omega,
    gain_to_pain,
    value_at_risk,
    conditional_value_at_risk,
    tail_ratio,
    skewness,
    kurtosis,
    hit_rate,
    best,
    worst,
)


def _deviation(returns: Returns) -> float:
    n = returns.values.size
    return returns.moments.deviation * math.sqrt(n / (n - 1)) if n > 1 else _NAN


def _per_period_sharpe(returns: Returns) -> float:
    std = _deviation(returns)
    return (returns.moments.mean - returns.per_period(returns.risk_free)) / std if std > 0.0 else _NAN


def _tail_at(returns: Returns, level: float) -> tuple[FloatArray, float]:
    if not 0.5 < level < 1.0:
        hint = level / 100.0 if level > 1.0 else 1.0 - level
        raise InvalidConfig(f"level is {level}; it is a confidence in (0.5, 1): did you mean {hint:g}?")
    probability = 1.0 - level
    in_tail = probability <= TAIL + _NOISE
    return returns.tails[0] if in_tail else np.sort(returns.values), quantile_position(returns.values.size, probability)
