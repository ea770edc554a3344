"""Labels of 15: indicators and volatility estimators; warm-up is NaN here and null in the files."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.numerics import indicators
from tests.vectors.inputs import Inputs, Mapping, pick

_KINDS = {
    "close_to_close_ddof1": "close",
    "close_to_close": "close",
    "parkinson": "parkinson",
    "garman_klass": "garman_klass",
    "rogers_satchell": "rogers_satchell",
    "yang_zhang": "yang_zhang",
}


def _series(**named: Any) -> dict[str, Any]:
    """Return each series as a list, its last value, and the index of its first defined one."""
    got: dict[str, Any] = {}
    for name, values in named.items():
        array = np.asarray(values, dtype=np.float64)
        known = np.flatnonzero(~np.isnan(array))
        got |= {name: array.tolist(), f"{name}_last": float(array[-1]), f"{name}_last5": array[-5:].tolist()}
        got |= {f"{name}_first_index": int(known[0]) if known.size else None}
        got |= {f"{name}_first": float(array[known[0]]) if known.size else None}
    return got


def data(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return {"n": len(next(series for series in inputs.values() if isinstance(series, list)))}


def bollinger(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    close, n, k = pick(inputs, "close"), pick(inputs, "n", "window", default=20), pick(inputs, "k", default=2.0)
    got: dict[str, Any] = {}
    for ddof in (0, 1):
        middle, upper, lower = indicators.bollinger(close, n, k, ddof)
        place, width = indicators.percent_b(close, n, k, ddof), indicators.bandwidth(close, n, k, ddof)
        bands = {"upper": upper, "lower": lower, "percent_b": place, "bandwidth": width}
        got |= _series(**{f"{name}_ddof{ddof}": values for name, values in bands.items()})
        if ddof == 0:
            got |= _series(mid=middle, middle=middle, sma=middle, **bands)
    return got


def rsi(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    close, n = pick(inputs, "close"), pick(inputs, "n", "window", default=14)
    wilder, simple = indicators.rsi(close, n), indicators.cutler_rsi(close, n)
    values = wilder[~np.isnan(wilder)]
    return _series(rsi=wilder, rsi_wilder=wilder, rsi_cutler=simple, cutler=simple) | {
        "rsi_defined": values.tolist(),
        "rsi_values": values.tolist(),
        "rsi_2dp": np.round(values, 2).tolist(),
    }


def cutler_rsi(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return _series(rsi=indicators.cutler_rsi(pick(inputs, "close"), pick(inputs, "n", "window", default=14)))


def ema(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    close, n = pick(inputs, "close", "x"), pick(inputs, "n", "window", "span")
    simple = indicators.ema(close, n)
    weighted, first = indicators.ema(close, n, "weighted"), indicators.ema(close, n, "first")
    return _series(ema=simple, ema_sma_seed=simple, pandas_adjust_true=weighted, pandas_adjust_false=first)


def sma(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return _series(sma=indicators.sma(pick(inputs, "close", "x"), pick(inputs, "n", "window")))


def atr(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    high, low, close = _bars(inputs)[1:]
    true_range = indicators.true_range(high, low, close)
    average = indicators.atr(high, low, close, pick(inputs, "n", "window", default=14))
    return _series(atr=average, atr_wilder=average, tr=true_range, true_range=true_range)


def macd(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    spans = (pick(inputs, name, default=span) for name, span in (("fast", 12), ("slow", 26), ("signal", 9)))
    line, signal, histogram = indicators.macd(pick(inputs, "close"), *spans)
    return _series(macd=line, signal=signal, hist=histogram)


def donchian(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    _, high, low, close = _bars(inputs)
    upper, lower = indicators.donchian(high, low, pick(inputs, "n", "window", default=20))
    above, below = np.asarray(close) > upper, np.asarray(close) < lower
    return _series(upper=upper, lower=lower, upper_prior=upper, lower_prior=lower) | {
        "breakout_up_indices": np.flatnonzero(above).tolist(),
        "breakout_down_indices": np.flatnonzero(below).tolist(),
        "breakouts_up": np.flatnonzero(above).tolist(),
        "breakouts_down": np.flatnonzero(below).tolist(),
    }


def realised_volatility(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    per_year = pick(inputs, "periods_per_year", default=252)
    kinds = {key: _KINDS[key] for key in wanted if key in _KINDS}
    return {key: indicators.realised_volatility(*_bars(inputs), per_year, kind) for key, kind in kinds.items()}


def ewma_volatility(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    lam = pick(inputs, "lambda", "lam", "decay", default=0.94)
    closes = pick(inputs, "close", default=None)
    returns = pick(inputs, "returns") if closes is None else np.diff(np.log(closes))
    variance = indicators.ewma_variance(returns, lam)
    scale = pick(inputs, "periods_per_year", default=1.0) ** 0.5
    deviation = np.sqrt(variance)
    return _series(variance=variance, volatility=deviation, vol=deviation, vol_annual=scale * deviation)


def volatility(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    moves = indicators.volatility(pick(inputs, "close"), pick(inputs, "n", "window"))
    scale = pick(inputs, "periods_per_year", default=1.0) ** 0.5
    return _series(volatility=moves, vol=moves, vol_annual=scale * moves)


def hysteresis(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    enter, release = pick(inputs, "enter", "high", "upper"), pick(inputs, "release", "exit", "low", "lower")
    blocked = indicators.hysteresis(pick(inputs, "vol", "x", "values"), enter, release).tolist()
    return dict.fromkeys(("blocked", "state", "states"), blocked) | {"allowed": [not flag for flag in blocked]}


def zscore(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    window, ddof = pick(inputs, "window", "n"), pick(inputs, "ddof", default=0)
    values = indicators.zscore(pick(inputs, "x", "close", "spread"), window, ddof)
    got = _series(z=values, zscore=values)
    return got | {"first_defined_index": got["z_first_index"]}


def _bars(inputs: Inputs) -> list[Any]:
    bars = pick(inputs, "ohlc", default=inputs)
    close = bars["close"]
    return [bars.get(name, close) for name in ("open", "high", "low")] + [close]


LABELS: dict[str, Mapping] = {
    "data": data,
    "bollinger": bollinger,
    "rsi_wilder": rsi,
    "rsi": rsi,
    "rsi_cutler": cutler_rsi,
    "ema": ema,
    "sma": sma,
    "atr": atr,
    "atr_wilder": atr,
    "macd": macd,
    "donchian": donchian,
    "realised_volatility": realised_volatility,
    "ewma_volatility": ewma_volatility,
    "rolling_volatility": volatility,
    "volatility_filter": hysteresis,
    "vol_filter_hysteresis": hysteresis,
    "rolling_zscore": zscore,
}
