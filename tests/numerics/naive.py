"""Plain-Python twins of the compiled indicators and the metrics: slow, obvious, and written from the formulas alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from statistics import fmean

NAN = math.nan
Series = Sequence[float]


def _windows(x: Series, window: int, statistic: Callable[[Series], float]) -> list[float]:
    out = [NAN] * len(x)
    for t in range(window - 1, len(x)):
        part = x[t - window + 1 : t + 1]
        if not any(math.isnan(v) for v in part):
            out[t] = statistic(part)
    return out


def _known_only(x: Series, recursion: Callable[[list[float]], list[float]]) -> list[float]:
    """Run a recursion over the known values and put its results back at their bars."""
    places = [t for t, v in enumerate(x) if not math.isnan(v)]
    out = [NAN] * len(x)
    for t, value in zip(places, recursion([x[t] for t in places]), strict=True):
        out[t] = value
    return out


def deviation(part: Series, ddof: int) -> float:
    mean = fmean(part)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in part) / (len(part) - ddof))


def sma(x: Series, window: int) -> list[float]:
    return _windows(x, window, fmean)


def rolling_std(x: Series, window: int, ddof: int) -> list[float]:
    return _windows(x, window, lambda part: deviation(part, ddof))


def rolling_max(x: Series, window: int) -> list[float]:
    return _windows(x, window, max)


def rolling_min(x: Series, window: int) -> list[float]:
    return _windows(x, window, min)


def zscore(x: Series, window: int, ddof: int) -> list[float]:
    def score(part: Series) -> float:
        std = deviation(part, ddof) if len(set(part)) > 1 else 0.0
        return (part[-1] - fmean(part)) / std if std > 0.0 else NAN

    return _windows(x, window, score)


def bollinger(x: Series, window: int, k: float, ddof: int) -> tuple[list[float], list[float], list[float]]:
    mid, std = sma(x, window), rolling_std(x, window, ddof)
    upper = [m + k * s for m, s in zip(mid, std, strict=True)]
    lower = [m - k * s for m, s in zip(mid, std, strict=True)]
    return mid, upper, lower


def percentile_rank(x: Series, window: int) -> list[float]:
    return _windows(x, window + 1, lambda part: sum(v <= part[-1] for v in part[:-1]) / window)


def smoothed(x: Series, alpha: float, seed_bars: int) -> list[float]:
    def recursion(known: list[float]) -> list[float]:
        out = [NAN] * len(known)
        for t in range(seed_bars - 1, len(known)):
            seeded = t == seed_bars - 1
            out[t] = fmean(known[:seed_bars]) if seeded else alpha * known[t] + (1 - alpha) * out[t - 1]
        return out

    return _known_only(x, recursion)


def weighted(x: Series, alpha: float) -> list[float]:
    def recursion(known: list[float]) -> list[float]:
        out = []
        for t in range(len(known)):
            weights = [(1 - alpha) ** age for age in range(t + 1)]
            values = known[t::-1]
            out.append(math.fsum(w * v for w, v in zip(weights, values, strict=True)) / math.fsum(weights))
        return out

    return _known_only(x, recursion)


def ema(x: Series, window: int, seed: str) -> list[float]:
    alpha = 2 / (window + 1)
    return weighted(x, alpha) if seed == "weighted" else smoothed(x, alpha, window if seed == "sma" else 1)


def strength(gain: float, loss: float) -> float:
    return 100.0 * gain / (gain + loss) if gain + loss > 0.0 else 50.0


def rsi(close: Series, window: int) -> list[float]:
    def recursion(known: list[float]) -> list[float]:
        changes = [b - a for a, b in itertools.pairwise(known)]
        gains = smoothed([max(c, 0.0) for c in changes], 1 / window, window)
        losses = smoothed([max(-c, 0.0) for c in changes], 1 / window, window)
        both = [NAN if math.isnan(g) else strength(g, v) for g, v in zip(gains, losses, strict=True)]
        return ([NAN, *both])[: len(known)]

    return _known_only(close, recursion)


def cutler_rsi(close: Series, window: int) -> list[float]:
    def whole(part: Series) -> float:
        changes = [b - a for a, b in itertools.pairwise(part)]
        return strength(fmean(max(c, 0.0) for c in changes), fmean(max(-c, 0.0) for c in changes))

    return _windows(close, window + 1, whole)


def true_range(high: Series, low: Series, close: Series) -> list[float]:
    out, last = [], NAN
    for bar in zip(high, low, close, strict=True):
        missing = any(math.isnan(v) for v in bar)
        h, lo, c = bar
        out.append(NAN if missing or math.isnan(last) else max(h - lo, abs(h - last), abs(lo - last)))
        last = last if missing else c
    return out


def atr(high: Series, low: Series, close: Series, window: int) -> list[float]:
    return smoothed(true_range(high, low, close), 1 / window, window)


def macd(close: Series, fast: int, slow: int, signal: int) -> tuple[list[float], list[float], list[float]]:
    def line(known: list[float]) -> list[float]:
        skip = slow - fast
        quick = [NAN] * min(skip, len(known)) + smoothed(known[skip:], 2 / (fast + 1), fast)
        return [a - b for a, b in zip(quick, smoothed(known, 2 / (slow + 1), slow), strict=True)]

    raw = _known_only(close, line)
    smooth = smoothed(raw, 2 / (signal + 1), signal)
    shown = [NAN if math.isnan(s) else v for v, s in zip(raw, smooth, strict=True)]
    return shown, smooth, [a - b for a, b in zip(shown, smooth, strict=True)]


def donchian(high: Series, low: Series, window: int) -> tuple[list[float], list[float]]:
    return ([NAN, *rolling_max(high, window)])[: len(high)], ([NAN, *rolling_min(low, window)])[: len(low)]


def volatility(close: Series, window: int) -> list[float]:
    return ([NAN, *rolling_std([b / a - 1.0 for a, b in itertools.pairwise(close)], window, 1)])[: len(close)]


def ewma_variance(returns: Series, lam: float) -> list[float]:
    return smoothed([r * r for r in returns], 1.0 - lam, 1)


def hysteresis(x: Series, enter: float, release: float) -> list[bool]:
    out, on = [], False
    for v in x:
        on = True if v >= enter else False if v <= release else on
        out.append(on)
    return out


def realised(kind: str, o: Series, h: Series, lo: Series, c: Series, periods: float) -> float:
    """The five estimators of annual volatility over all the bars given."""
    bars = [tuple(math.log(v) for v in bar) for bar in zip(o, h, lo, c, strict=True)]
    n = len(bars)
    if kind == "parkinson":
        variance = fmean((h - lo) ** 2 for _, h, lo, _ in bars) / (4 * math.log(2))
    elif kind == "garman_klass":
        variance = fmean(0.5 * (h - lo) ** 2 - (2 * math.log(2) - 1) * (c - o) ** 2 for o, h, lo, c in bars)
    elif kind == "rogers_satchell":
        variance = fmean((h - c) * (h - o) + (lo - c) * (lo - o) for o, h, lo, c in bars)
    elif kind == "close":
        variance = deviation([b[3] - a[3] for a, b in itertools.pairwise(bars)], 1) ** 2
    else:
        m = n - 1
        k = 0.34 / (1.34 + (m + 1) / (m - 1))
        night = deviation([b[0] - a[3] for a, b in itertools.pairwise(bars)], 1) ** 2
        day = deviation([c - o for o, _, _, c in bars[1:]], 1) ** 2
        inside = fmean((h - c) * (h - o) + (lo - c) * (lo - o) for o, h, lo, c in bars[1:])
        variance = night + k * day + (1 - k) * inside
    return math.sqrt(variance * periods)


def drawdowns(equity: Series) -> list[float]:
    return [v / max(equity[: t + 1]) - 1.0 for t, v in enumerate(equity)]


def underwater_spans(equity: Series) -> list[tuple[int, int, bool]]:
    spans: list[tuple[int, int, bool]] = []
    peak = 0
    below = False
    for t, value in enumerate(equity):
        if value >= equity[peak]:
            if below:
                spans.append((peak, t, True))
            peak, below = t, False
        else:
            below = True
    return [*spans, (peak, len(equity) - 1, False)] if below else spans


def quantile(values: Series, probability: float) -> float:
    ordered = sorted(values)
    at = (len(ordered) - 1) * probability
    low = min(int(at + 1e-9), len(ordered) - 1)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + max(at - low, 0.0) * (ordered[high] - ordered[low])


def performance(values: Series, periods: float, risk_free: float, minimum: float) -> dict[str, float]:
    """The statistics of `engine.numerics.metrics.performance`; `risk_free` and `minimum` are per period."""
    n = len(values)
    wealth = [1.0]
    for r in values:
        wealth.append(wealth[-1] * (1.0 + r))
    fall = drawdowns(wealth)
    mean, std = fmean(values), deviation(values, 1)
    second = fmean((v - mean) ** 2 for v in values)
    downside = math.sqrt(math.fsum(min(v - minimum, 0.0) ** 2 for v in values) / n)
    gains, losses = math.fsum(v for v in values if v > 0), -math.fsum(v for v in values if v < 0)
    growth = wealth[-1] ** (periods / n) - 1.0
    out = {
        "periods": float(n),
        "total_return": wealth[-1] - 1.0,
        "cagr": growth,
        "annual_volatility": std * math.sqrt(periods),
        "sharpe": (mean - risk_free) / std * math.sqrt(periods),
        "sortino": (mean - minimum) / downside * math.sqrt(periods),
        "max_drawdown": min(fall),
        "calmar": growth / -min(fall),
        "ulcer_index": math.sqrt(math.fsum(d * d for d in fall) / n),
        "omega": gains / losses,
        "gain_to_pain": math.fsum(values) / losses,
        "tail_ratio": abs(quantile(values, 0.95) / quantile(values, 0.05)),
        "skewness": fmean((v - mean) ** 3 for v in values) / second**1.5,
        "kurtosis": fmean((v - mean) ** 4 for v in values) / second**2,
        "hit_rate": sum(v > 0 for v in values) / sum(v != 0 for v in values),
        "best": max(values),
        "worst": min(values),
        "max_drawdown_trough_index": float(fall.index(min(fall))),
        "current_drawdown": fall[-1],
    }
    for name, probability in (("", 0.05), ("_99", 0.01)):
        floor = quantile(values, probability)
        out[f"value_at_risk{name}"] = floor
        out[f"conditional_value_at_risk{name}"] = fmean(v for v in values if v <= floor + 1e-15)
    spans = underwater_spans(wealth)
    longest = max((end - start for start, end, _ in spans), default=0)
    first = next((span for span in spans if span[1] - span[0] == longest), (0, 0, True))
    return out | {"longest_underwater_periods": float(longest), "longest_underwater_recovered": float(first[2])}


def streak(flags: Sequence[bool]) -> int:
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


def autocorrelation_scale(values: Series, q: int, lags: int) -> float:
    """Lo's eta(q)."""
    mean = fmean(values)
    total = math.fsum((v - mean) ** 2 for v in values)
    rho = [
        math.fsum((values[t] - mean) * (values[t - k] - mean) for t in range(k, len(values))) / total
        for k in range(1, lags + 1)
    ]
    return q / math.sqrt(q + 2 * math.fsum((q - k) * r for k, r in enumerate(rho, start=1)))
