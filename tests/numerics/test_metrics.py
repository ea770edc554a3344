"""The statistics equal their plain-Python twins, obey the laws one expects of them, and are NaN where undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from engine.core.errors import InvalidConfig, InvalidData
from engine.numerics import metrics
from engine.numerics.metrics import Returns
from tests.numerics import naive

tried = settings(deadline=None, max_examples=50)
basis_points = st.integers(-3_000, 3_000).map(lambda n: n / 1e4)
samples = st.lists(basis_points, min_size=2, max_size=80)


def of(values: ArrayLike, *rest: float, **more: float) -> Returns:
    return Returns(np.asarray(values), *rest, **more)


def spread(values: list[float]) -> bool:
    return len(set(values)) > 1 and any(v < 0.0 for v in values)


@tried
@given(samples, st.sampled_from([12.0, 252.0, 365.0]), st.sampled_from([0.0, 0.04]), st.sampled_from([0.0, 0.03]))
def test_performance_equals_its_plain_twin(
    values: list[float], periods: float, risk_free: float, minimum: float
) -> None:
    assume(spread(values) and naive.quantile(values, 0.05) != 0.0)
    returns = of(values, periods, risk_free, minimum)
    got = metrics.performance(returns)
    wanted = naive.performance(values, periods, returns.per_period(risk_free), returns.per_period(minimum))
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        assert got[name] == pytest.approx(value, rel=1e-8, abs=1e-9), name


def test_a_long_series_worked_in_pieces_equals_one_worked_whole() -> None:
    rng = np.random.default_rng(5)
    values = np.concatenate(
        (rng.normal(0.0003, 0.01, 20_000), rng.normal(-0.001, 0.01, 9_000), rng.normal(0.002, 0.01, 9_000))
    )
    got = metrics.performance(of(values, 252))
    wealth = np.cumprod(np.concatenate(([1.0], 1.0 + values)))
    fall = wealth / np.maximum.accumulate(wealth) - 1.0
    stats = metrics.drawdown_stats(wealth)
    assert got["total_return"] == wealth[-1] - 1.0
    assert got["max_drawdown"] == fall.min() == stats.max_drawdown
    assert got["max_drawdown_trough_index"] == fall.argmin() == stats.trough_index
    assert got["longest_underwater_periods"] == stats.longest_underwater_periods
    assert got["current_drawdown"] == fall[-1]
    assert got["ulcer_index"] == pytest.approx(math.sqrt(np.square(fall[1:]).mean()), rel=1e-12)
    assert got["annual_volatility"] == pytest.approx(values.std(ddof=1) * math.sqrt(252), rel=1e-12)
    assert got["value_at_risk"] == pytest.approx(np.quantile(values, 0.05), rel=1e-12)
    assert got["value_at_risk_99"] == pytest.approx(np.quantile(values, 0.01), rel=1e-12)
    assert got["tail_ratio"] == pytest.approx(abs(np.quantile(values, 0.95) / np.quantile(values, 0.05)), rel=1e-12)
    assert got["conditional_value_at_risk"] == pytest.approx(
        values[values <= np.quantile(values, 0.05)].mean(), rel=1e-12
    )
    z = (values - values.mean()) / values.std()
    assert got["kurtosis"] == pytest.approx((z**4).mean(), rel=1e-10)
    assert got["skewness"] == pytest.approx((z**3).mean(), rel=1e-9)


@tried
@given(samples, st.integers(1, 400).map(lambda n: n / 100))
def test_sharpe_does_not_change_when_returns_are_scaled(values: list[float], scale: float) -> None:
    assume(spread(values))
    plain, scaled = of(values, 252), of([v * scale for v in values], 252)
    assert metrics.sharpe(scaled) == pytest.approx(metrics.sharpe(plain), rel=1e-9, abs=1e-12)
    assert metrics.sortino(scaled) == pytest.approx(metrics.sortino(plain), rel=1e-9, abs=1e-12)


@tried
@given(samples)
def test_drawdown_lies_between_minus_1_and_0_and_a_new_high_leaves_it(values: list[float]) -> None:
    deepest = metrics.max_drawdown(of(values, 252))
    assert -1.0 <= deepest <= 0.0
    lift = 1.0 / float(np.prod(1.0 + np.array(values))) * float(np.cumprod(1.0 + np.array(values)).max(initial=1.0))
    after = of([*values, 2.0 * lift - 1.0], 252)
    assert metrics.max_drawdown(after) == deepest
    assert after.path.current_fall == 0.0


@tried
@given(samples, st.floats(0.51, 0.999))
def test_the_mean_beyond_the_value_at_risk_is_no_better_than_it(values: list[float], level: float) -> None:
    returns = of(values, 252)
    floor, mean = metrics.value_at_risk(returns, level), metrics.conditional_value_at_risk(returns, level)
    assert metrics.worst(returns) <= mean + 1e-15
    assert mean <= floor
    assert floor == pytest.approx(float(np.quantile(values, 1.0 - level)), abs=1e-12)


@tried
@given(st.lists(st.integers(1, 500), min_size=1, max_size=60))
def test_the_two_ways_to_the_drawdowns_agree_with_the_plain_twin(equity: list[int]) -> None:
    stats = metrics.drawdown_stats(equity)
    falls = naive.drawdowns([float(v) for v in equity])
    assert metrics.drawdown_series(equity).tolist() == falls
    assert list(stats.spans) == naive.underwater_spans([float(v) for v in equity])
    assert stats.max_drawdown == min(falls)
    assert stats.current == falls[-1]
    path = Returns.from_equity(equity, 252).path
    assert path.deepest_fall == pytest.approx(stats.max_drawdown, abs=1e-12)


@tried
@given(samples)
def test_returns_of_an_equity_curve_compound_back_to_it(values: list[float]) -> None:
    equity = 1e4 * np.cumprod(np.concatenate(([1.0], 1.0 + np.array(values))))
    assert Returns.from_equity(equity, 252).values.tolist() == pytest.approx(values, abs=1e-12)


def test_the_start_counts_as_a_peak_so_a_first_loss_is_a_drawdown() -> None:
    returns = of([-0.1, 0.05], 252)
    assert metrics.max_drawdown(returns) == pytest.approx(-0.1)
    assert metrics.performance(returns)["max_drawdown_trough_index"] == 1.0


def test_a_hand_worked_curve_gives_its_drawdowns() -> None:
    stats = metrics.drawdown_stats([100, 110, 105, 99, 108, 112, 100, 104, 90, 95])
    assert (stats.peak_index, stats.trough_index, stats.recovered) == (5, 8, False)
    assert stats.spans == ((1, 5, True), (5, 9, False))
    assert (stats.longest_underwater_periods, stats.longest_underwater_recovered) == (4, True)
    assert stats.max_drawdown == pytest.approx(90 / 112 - 1)
    assert stats.current == pytest.approx(95 / 112 - 1)


def test_a_curve_that_never_falls_has_no_drawdown() -> None:
    stats = metrics.drawdown_stats([100.0, 100.0, 120.0])
    assert (stats.max_drawdown, stats.peak_index, stats.trough_index, stats.recovered, stats.spans) == (
        0.0,
        0,
        0,
        True,
        (),
    )


@pytest.mark.parametrize("value", [0.0, 0.001, 0.1, 1 / 3])
def test_a_flat_return_series_has_no_risk_adjusted_number(value: float) -> None:
    got = metrics.performance(of(np.full(20, value), 252, risk_free=0.02))
    for name in ("sharpe", "sortino", "calmar", "omega", "gain_to_pain", "skewness", "kurtosis"):
        assert math.isnan(got[name]), name
    assert got["annual_volatility"] == 0.0
    assert got["max_drawdown"] == 0.0


def test_returns_that_only_ever_meet_the_minimum_have_no_downside() -> None:
    minimum = of([0.0], 252, minimum_return=0.05).per_period(0.05)
    assert math.isnan(metrics.sortino(of([minimum, 0.01, minimum, 0.02], 252, minimum_return=0.05)))


def test_ruin_is_minus_100_per_cent_and_below_it_there_is_no_growth_rate() -> None:
    assert metrics.cagr(of([0.1, -1.0, 0.5], 252)) == -1.0
    for values in ([-1.2, 0.1], [-1.2, -1.5]):
        assert math.isnan(metrics.cagr(of(values, 252)))
    assert metrics.total_return(of([-1.2, 0.1], 252)) == pytest.approx(-1.22)


def test_no_periods_give_nan_everywhere_and_one_period_no_dispersion() -> None:
    empty = metrics.performance(of([], 252))
    assert empty.pop("periods") == 0.0
    assert all(math.isnan(value) for value in empty.values())
    one = metrics.performance(of([-0.1], 252))
    assert math.isnan(one["sharpe"])
    assert math.isnan(one["annual_volatility"])
    assert one["worst"] == one["value_at_risk"] == one["conditional_value_at_risk"] == -0.1


def test_growth_too_large_for_a_float_is_nan_not_infinite() -> None:
    got = metrics.performance(of([1e99] * 5, 252))
    assert math.isnan(got["total_return"])
    assert math.isnan(got["cagr"])
    assert math.isnan(metrics.cagr(of([0.5], 100_000)))


def test_growth_by_the_calendar_uses_years_as_given() -> None:
    assert metrics.cagr_calendar(1.21, 2.0) == pytest.approx(0.1)
    assert metrics.cagr_calendar(0.0, 2.0) == -1.0
    assert math.isnan(metrics.cagr_calendar(-0.1, 2.0))
    assert math.isnan(metrics.cagr_calendar(1.1, 0.0))


def test_the_risk_free_rate_is_annual_and_compounds() -> None:
    returns = of([0.02, -0.01, 0.03], 12, risk_free=0.06)
    rate = 1.06 ** (1 / 12) - 1
    wanted = (np.mean([0.02, -0.01, 0.03]) - rate) / np.std([0.02, -0.01, 0.03], ddof=1) * math.sqrt(12)
    assert metrics.sharpe(returns) == pytest.approx(wanted)
    assert metrics.annual_rate(rate, 12) == pytest.approx(0.06)


@tried
@given(st.lists(basis_points, min_size=12, max_size=60), st.integers(1, 11))
def test_the_autocorrelated_sharpe_equals_its_plain_twin(values: list[float], lags: int) -> None:
    assume(spread(values))
    returns = of(values, 12)
    try:
        wanted = metrics.sharpe(returns) / math.sqrt(12) * naive.autocorrelation_scale(values, 12, lags)
    except ValueError:
        wanted = math.nan
    got = metrics.sharpe_autocorrelated(returns, lags)
    assert got == pytest.approx(wanted, rel=1e-6, nan_ok=True) or math.isnan(got) or abs(wanted) > 100


def test_momentum_lowers_the_autocorrelated_sharpe_and_no_lags_leave_it() -> None:
    values = np.repeat([0.03, -0.02, 0.04, -0.01], 6)
    returns = of(values, 12)
    assert metrics.sharpe_autocorrelated(returns, 3) < metrics.sharpe(returns)
    assert metrics.sharpe_autocorrelated(returns, 0) == pytest.approx(metrics.sharpe(returns))


@tried
@given(samples, basis_points)
def test_omega_at_a_threshold_is_gains_above_over_losses_below(values: list[float], threshold: float) -> None:
    below = sum(max(threshold - v, 0.0) for v in values)
    got = metrics.omega(of(values, 252), threshold)
    if below < 1e-12:
        assert math.isnan(got) or below > 0.0
    else:
        assert got == pytest.approx(sum(max(v - threshold, 0.0) for v in values) / below, rel=1e-8, abs=1e-9)


def test_equal_returns_around_the_quantile_all_count_beyond_it() -> None:
    returns = of([-0.10] + [-0.05] * 30 + [0.01] * 70, 252)
    assert metrics.value_at_risk(returns) == -0.05
    assert metrics.conditional_value_at_risk(returns) == pytest.approx(-(0.10 + 0.05 * 30) / 31)


def test_wealth_that_only_rises_was_never_under_water() -> None:
    got = metrics.performance(of([0.01, 0.0, 0.02], 252))
    assert (got["longest_underwater_periods"], got["longest_underwater_recovered"], got["max_drawdown"]) == (
        0.0,
        1.0,
        0.0,
    )


def test_of_two_equally_long_falls_the_first_is_named() -> None:
    got = metrics.performance(of([0.1, -0.1, 0.2, -0.1, -0.01], 252))
    assert (got["longest_underwater_periods"], got["longest_underwater_recovered"]) == (2.0, 1.0)


def test_returns_are_a_frozen_value_that_leaves_its_input_alone() -> None:
    values = np.array([0.1, -0.1])
    returns = of(values, 252)
    with pytest.raises(AttributeError):
        returns.periods_per_year = 365  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        returns.values[0] = 1.0
    metrics.performance(returns)
    assert values.tolist() == [0.1, -0.1]
    assert values.flags.writeable


@pytest.mark.parametrize(
    ("values", "periods", "risk_free", "error", "says"),
    [
        ([0.1, math.nan], 252, 0.0, InvalidData, "returns is nan at period 1"),
        ([0.1, math.inf], 252, 0.0, InvalidData, "returns is inf at period 1"),
        ([0.1], 0, 0.0, InvalidConfig, "periods_per_year is 0"),
        ([0.1], 252, 4.0, InvalidConfig, "risk_free is 4.0; it is an annual rate in (-1, 1): did you mean 0.04?"),
        ([0.1, 1e200], 252, 0.0, InvalidData, "returns is 1e+200 at period 1"),
        ([[0.1]], 252, 0.0, InvalidData, "returns has shape (1, 1)"),
    ],
)
def test_bad_returns_are_refused(values: object, periods: float, risk_free: float, error: type, says: str) -> None:
    with pytest.raises(error) as caught:
        of(values, periods, risk_free)
    assert says in str(caught.value)


def test_bad_curves_and_levels_are_refused() -> None:
    for equity, says in (([], "equity is empty"), ([0.0, 1.0], "starts at 0.0"), ([1.0, math.nan], "nan at bar 1")):
        with pytest.raises(InvalidData, match=says):
            metrics.drawdown_stats(equity)
    for level, hint in ((95, "0.95"), (0.05, "0.95")):
        with pytest.raises(InvalidConfig, match=f"did you mean {hint}"):
            metrics.value_at_risk(of([0.1], 252), level)
    assert Returns.from_equity([100.0, 0.0, 0.0], 252).values.tolist() == [-1.0, 0.0]
    with pytest.raises(InvalidData):
        Returns.from_equity([100.0, 0.0, 5.0], 252)
