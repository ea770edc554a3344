"""Recalibration: the fits against hand-worked and independent answers, and what the models make of biased prices."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.models.fitting import fit_isotonic, fit_logit_line, fit_platt, isotonic
from engine.models.recalibration import IsotonicRecalibration, LogitRecalibration, PlattRecalibration
from engine.models.record import Quoted, Settled
from engine.models.special import expit, logit

DRAWN = settings(deadline=None, derandomize=True, max_examples=100)
VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40)


def test_pooling_adjacent_violators_by_hand() -> None:
    assert isotonic([1.0, 3.0, 2.0, 4.0]).tolist() == [1.0, 2.5, 2.5, 4.0]
    assert isotonic([3.0, 2.0, 1.0]).tolist() == [2.0, 2.0, 2.0]
    assert isotonic([0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]).tolist() == [0.0, *[pytest.approx(1 / 3)] * 3]
    assert isotonic([1.0, 0.0], [3.0, 1.0]).tolist() == [0.75, 0.75]


@DRAWN
@given(VALUES, st.integers(0, 10_000))
def test_the_isotonic_fit_rises_keeps_the_mean_and_no_rising_sequence_is_nearer(y: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.5, 3.0, len(y))
    fitted = isotonic(y, w)
    assert (np.diff(fitted) >= 0.0).all()
    assert w @ fitted == pytest.approx(w @ np.array(y))
    for _ in range(5):
        other = np.sort(np.clip(fitted + 0.1 * rng.standard_normal(len(y)), 0.0, 1.0))
        assert w @ (fitted - y) ** 2 <= w @ (other - y) ** 2 + 1e-12


@DRAWN
@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=60))
def test_an_isotonic_curve_is_monotone_everywhere_and_inside_its_margin(rows: list[tuple[float, bool]]) -> None:
    x, y = [row[0] for row in rows], [float(row[1]) for row in rows]
    curve = fit_isotonic(x, y, margin=1.0 / (len(rows) + 2.0))
    fitted = curve(np.linspace(0.0, 1.0, 101))
    assert (np.diff(fitted) >= -1e-15).all()
    assert fitted.min() >= 1.0 / (len(rows) + 2.0)
    assert fitted.max() <= 1.0 - 1.0 / (len(rows) + 2.0)


def test_equal_prices_share_one_fitted_value() -> None:
    assert fit_isotonic([0.5, 0.5, 0.2], [1.0, 0.0, 0.0])([0.2, 0.5]).tolist() == [0.0, 0.5]


def test_the_logit_line_of_two_groups_is_known_in_closed_form() -> None:
    # at two prices the line passes through both frequencies
    x = [-1.0] * 10 + [2.0] * 10
    y = [1.0] * 3 + [0.0] * 7 + [1.0] * 8 + [0.0] * 2
    line = fit_logit_line(x, y)
    assert line([-1.0, 2.0]).tolist() == [pytest.approx(0.3), pytest.approx(0.8)]
    assert line.slope == pytest.approx((math.log(4.0) - math.log(3.0 / 7.0)) / 3.0)


def test_platts_line_softens_the_outcomes() -> None:
    x = [-1.0] * 10 + [2.0] * 10
    y = [1.0] * 3 + [0.0] * 7 + [1.0] * 8 + [0.0] * 2
    top, low = 12.0 / 13.0, 1.0 / 11.0
    line = fit_platt(x, y)
    assert line([-1.0, 2.0]).tolist() == [pytest.approx(0.3 * top + 0.7 * low), pytest.approx(0.8 * top + 0.2 * low)]
    # separated outcomes have no likeliest line, softened ones do
    assert np.isfinite(fit_platt([0.0, 1.0], [0.0, 1.0]).slope)
    assert fit_platt([1.0, 1.0, 1.0], [1.0, 1.0, 0.0])([1.0])[0] == pytest.approx((2.0 * 0.75 + 1.0 / 3.0) / 3.0)


@DRAWN
@given(st.integers(0, 10_000), st.floats(0.0, 50.0))
def test_the_fitted_line_has_no_slope_left(seed: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(200)
    y = (rng.random(200) < expit(0.3 + 0.7 * x)).astype(float)
    line = fit_logit_line(x, y, prior_strength=strength)
    left = y - line(x)
    assert left.sum() == pytest.approx(strength * line.intercept, abs=1e-7)
    assert left @ x == pytest.approx(strength * (line.slope - 1.0), abs=1e-7)


def biased(slope: float, n: int = 3000, seed: int = 5) -> tuple[Quoted, Settled]:
    """Return prices whose log-odds are 1 / slope of the truth's, and how they settled."""
    rng = np.random.default_rng(seed)
    price = np.round(rng.uniform(0.03, 0.97, n), 2)
    y = (rng.random(n) < expit(slope * logit(price))).astype(float)
    names = [f"M{i}" for i in range(n)]
    times = np.arange(n)
    return Quoted.of(names, times, price), Settled.of(names, times + 10, y, price, times)


@pytest.mark.parametrize("model", [LogitRecalibration(), PlattRecalibration(), IsotonicRecalibration()])
def test_a_favourite_longshot_bias_is_found_and_turned_round(model: LogitRecalibration) -> None:
    _, settled = biased(1.5)
    fitted = model.fit(settled)
    at = Quoted.of(["cheap", "dear"], [9999, 9999], [0.1, 0.9])
    got = fitted.predict(at, 9999)
    truth = expit(1.5 * logit(np.array([0.1, 0.9])))
    assert got["cheap"] == pytest.approx(truth[0], abs=0.03)
    assert got["dear"] == pytest.approx(truth[1], abs=0.03)


@pytest.mark.parametrize("model", [LogitRecalibration(), PlattRecalibration(), IsotonicRecalibration()])
def test_with_too_little_history_the_price_stands(model: LogitRecalibration) -> None:
    quoted, settled = biased(1.5)
    few = model.least + 10
    walked = model.fit(settled).predict_each(quoted[: few + 2])
    assert walked[:few].tolist() == quoted.price[:few].tolist()
    assert walked[few + 1] != quoted.price[few + 1]


def test_the_prior_pulls_towards_the_price() -> None:
    _, settled = biased(1.5, 200)
    at = Quoted.of(["A"], [9999], [0.1])
    free, tied = (
        LogitRecalibration(prior_strength=strength).fit(settled).predict(at, 9999)["A"] for strength in (0.0, 1e6)
    )
    assert tied == pytest.approx(0.1, abs=1e-3)
    assert abs(free - 0.1) > 0.01


@pytest.mark.parametrize("model", [LogitRecalibration(), PlattRecalibration(), IsotonicRecalibration()])
def test_a_market_counts_once_however_often_it_was_quoted(model: LogitRecalibration) -> None:
    _, settled = biased(1.5, 300)
    often = settled[np.repeat(np.arange(300), 5)]
    at = Quoted.of(["A"], [9999], [0.2])
    assert model.fit(often).predict(at, 9999)["A"] == pytest.approx(model.fit(settled).predict(at, 9999)["A"], abs=1e-9)
    # and its rows do not make up for markets that are missing
    few = settled[:20][np.repeat(np.arange(20), 50)]
    assert model.fit(few).predict(at, 9999)["A"] == 0.2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit_logit_line([], []), InvalidData, "the history is empty"),
        (lambda: fit_logit_line([0.0, 1.0], [0.0, 1.0]), InvalidData, "separate the outcomes or are all alike"),
        (lambda: fit_logit_line([1.0, 1.0], [0.0, 1.0]), InvalidData, "separate the outcomes or are all alike"),
        (lambda: fit_isotonic([0.5], [0.0, 1.0]), InvalidData, "1 prices, 2 outcomes"),
        (lambda: fit_platt([math.nan], [0.0]), InvalidData, "a price is missing"),
        (lambda: fit_platt([0.5], [1.5]), InvalidData, "an outcome is 1.5"),
        (lambda: LogitRecalibration(prior_strength=-1.0), InvalidConfig, "prior_strength is -1"),
        (lambda: IsotonicRecalibration(least=1), InvalidConfig, "least is 1"),
        (lambda: fit_logit_line([0.0, 1.0], [0.0, 1.0], prior_strength=-1.0), InvalidConfig, "must be 0 or more"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
