"""The shared cases of performance metrics and indicators, key by key, against the public calls."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.numerics import indicators, metrics

FOLDER = Path(__file__).parents[1] / "data_files" / "vectors"


def cases(name: str) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in json.loads((FOLDER / name).read_text())["cases"]}


METRICS = cases("10_performance_metrics.json")
INDICATORS = cases("15_indicators.json")
BARS = INDICATORS["ohlc_data"]["inputs"]


def number(value: Any) -> Any:
    if isinstance(value, list):
        return [number(item) for item in value]
    return math.nan if value is None else float(value)


def agree(got: Any, case: dict[str, Any], key: str) -> None:
    np.testing.assert_allclose(got, number(case["expected"][key]), rtol=0.0, atol=case["tolerance"]["abs"], err_msg=key)


@pytest.mark.parametrize("name", ["monthly24", "daily120_365_crypto", "constant_returns", "negative_wealth"])
def test_performance_of_a_return_series(name: str) -> None:
    case = METRICS[name]
    inputs = case["inputs"]
    got = metrics.performance(metrics.Returns(inputs["returns"], inputs["periods_per_year"]))
    ours = {
        "n": "periods",
        "ann_vol": "annual_volatility",
        "omega_0": "omega",
        "var_95_hist": "value_at_risk",
        "cvar_95_hist": "conditional_value_at_risk",
        "skew_population": "skewness",
        "kurtosis_population_raw": "kurtosis",
        "hit_rate_nonzero": "hit_rate",
    }
    for key in case["expected"]:
        agree(got[ours.get(key, key)], case, key)


def test_drawdowns_of_an_equity_curve() -> None:
    case = METRICS["drawdown_hand"]
    equity = case["inputs"]["equity"]
    stats = metrics.drawdown_stats(equity)
    for key in ("max_drawdown", "peak_index", "trough_index", "recovered", "longest_underwater_periods"):
        agree(getattr(stats, key), case, key)
    agree(stats.current, case, "current_drawdown")
    agree([[float(part) for part in span] for span in stats.spans], case, "underwater_spans")
    agree(metrics.drawdown_series(equity), case, "drawdown_series")
    agree(-stats.max_drawdown, case, "calmar_denominator")


def test_profit_factor_without_losses() -> None:
    case = METRICS["profit_factor_no_losses"]
    agree(metrics.trade_statistics(case["inputs"]["pnl"])["profit_factor"], case, "profit_factor")


def test_bollinger_of_a_flat_price() -> None:
    case = INDICATORS["bollinger_flat"]
    inputs = case["inputs"]
    _, upper, lower = indicators.bollinger(inputs["close"], inputs["n"], inputs["k"], ddof=0)
    agree(upper[-1], case, "upper_ddof0_last")
    agree(lower[-1], case, "lower_ddof0_last")
    agree(indicators.percent_b(inputs["close"], inputs["n"], inputs["k"])[-1], case, "percent_b_last")


def test_relative_strength_of_a_price_that_only_rises() -> None:
    case = INDICATORS["rsi_all_up"]
    agree(indicators.rsi(case["inputs"]["close"], case["inputs"]["n"])[-1], case, "rsi_last")


def test_exponential_averages_by_seed() -> None:
    case = INDICATORS["ema_10"]
    agree(indicators.ema(BARS["close"], 10), case, "ema_sma_seed")
    agree(indicators.ema(BARS["close"], 10, "weighted"), case, "pandas_adjust_true")
    agree(indicators.ema(BARS["close"], 10, "first"), case, "pandas_adjust_false")


def test_macd_with_both_averages_aligned() -> None:
    case = INDICATORS["macd_12_26_9"]
    for key, line in zip(("macd", "signal", "hist"), indicators.macd(BARS["close"], 12, 26, 9), strict=True):
        agree(line, case, key)


def test_realised_volatility_of_the_last_bars() -> None:
    case = INDICATORS["realised_vol_last21"]
    bars = [BARS[name][39:60] for name in ("open", "high", "low", "close")]
    kinds = {"close_to_close_ddof1": "close"}
    for key in case["expected"]:
        agree(indicators.realised_volatility(*bars, 252, kinds.get(key, key)), case, key)
