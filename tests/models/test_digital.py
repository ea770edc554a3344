"""Price levels: limits, order, partitions, and simulation as the judge of the touch and the average."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.models.digital import (
    effective_time,
    prob_above,
    prob_above_average,
    prob_between,
    prob_margin,
    prob_touch,
)

SPOT, LEVEL = st.floats(10.0, 1000.0), st.floats(10.0, 1000.0)
VOL, TIME, DRIFT = st.floats(0.05, 2.0), st.floats(0.001, 3.0), st.floats(-0.5, 0.5)
DRAWN = settings(deadline=None, derandomize=True, max_examples=100)


@DRAWN
@given(SPOT, st.lists(st.floats(10.0, 1000.0), min_size=1, max_size=8, unique=True), VOL, TIME, DRIFT, st.booleans())
def test_brackets_of_a_partition_sum_to_one(
    S: float, edges: list[float], sigma: float, T: float, mu: float, fat: bool
) -> None:
    ends = [None, *sorted(edges), None]
    df = 4.0 if fat else None
    parts = [prob_between(S, low, high, sigma, T, mu, tail_df=df) for low, high in itertools.pairwise(ends)]
    assert min(parts) >= 0.0
    assert math.fsum(parts) == pytest.approx(1.0, abs=1e-12)


@DRAWN
@given(SPOT, LEVEL, LEVEL, VOL, TIME, DRIFT)
def test_a_higher_level_is_less_likely(S: float, K: float, higher: float, sigma: float, T: float, mu: float) -> None:
    low, high = sorted((K, higher))
    assert prob_above(S, low, sigma, T, mu) >= prob_above(S, high, sigma, T, mu)


@DRAWN
@given(SPOT, LEVEL, VOL, TIME, DRIFT)
def test_touching_is_likelier_than_ending_beyond(S: float, H: float, sigma: float, T: float, mu: float) -> None:
    above = prob_above(S, H, sigma, T, mu)
    touch = prob_touch(S, H, sigma, T, mu)
    assert touch >= (above if H > S else 1.0 - above) - 1e-12
    assert 0.0 <= touch <= 1.0
    assert prob_touch(S, H, sigma, T, mu, 1.0 / 365.0) <= touch


def test_without_time_or_volatility_the_answer_is_known() -> None:
    assert prob_above(100.0, 99.0, 0.2, 0.0) == 1.0
    assert prob_above(100.0, 100.0, 0.2, 0.0) == 0.0
    assert prob_above(100.0, 100.0, 0.2, 0.0, inclusive=True) == 1.0
    assert prob_above(100.0, 104.0, 0.0, 1.0, 0.05) == 1.0
    assert prob_above(100.0, 106.0, 0.0, 1.0, 0.05) == 0.0
    assert prob_touch(100.0, 100.0, 0.2, 0.0) == 1.0
    assert prob_touch(100.0, 101.0, 0.2, 0.0) == 0.0
    assert prob_touch(100.0, 104.0, 0.0, 1.0, 0.05) == 1.0
    assert prob_touch(100.0, 99.0, 0.0, 1.0, 0.05) == 0.0


def test_a_drift_away_from_a_far_barrier_does_not_overflow() -> None:
    assert prob_touch(100.0, 1.0, 0.01, 1.0, 5.0) == 0.0
    assert prob_touch(100.0, 1e6, 0.01, 10.0, 5.0) == pytest.approx(1.0)


def test_students_tails_are_fatter_and_its_variance_the_same() -> None:
    # a level 2.5758 deviations away: 0.5 % for the normal law, twice that for four degrees of freedom
    K = 100.0 * math.exp(0.1 * 2.5758293 - 0.005)
    assert prob_above(100.0, K, 0.1, 1.0) == pytest.approx(0.005, rel=1e-6)
    assert prob_above(100.0, K, 0.1, 1.0, tail_df=4.0) == pytest.approx(0.010956, rel=1e-4)
    assert prob_above(100.0, K, 0.1, 1.0, tail_df=1e6) == pytest.approx(0.005, rel=1e-3)
    assert prob_above(100.0, 90.0, 0.1, 1.0, tail_df=4.0) > 0.5


def test_touch_and_average_agree_with_simulation() -> None:
    rng, steps, paths = np.random.default_rng(1), 240, 20_000
    moves = np.cumsum(rng.standard_normal((paths, steps)), axis=1) * 0.5 * math.sqrt(0.1 / steps)
    prices = 100.0 * np.exp(moves + (0.8 - 0.125) * 0.1 / steps * np.arange(1, steps + 1))
    touched = float((prices.max(axis=1) >= 112.0).mean())
    assert prob_touch(100.0, 112.0, 0.5, 0.1, 0.8, 0.1 / steps) == pytest.approx(touched, abs=0.01)
    sunk = float((prices.min(axis=1) <= 92.0).mean())
    assert prob_touch(100.0, 92.0, 0.5, 0.1, 0.8, 0.1 / steps) == pytest.approx(sunk, abs=0.01)
    ended = float((prices[:, -1] > 104.0).mean())
    assert prob_above(100.0, 104.0, 0.5, 0.1, 0.8) == pytest.approx(ended, abs=0.01)
    flat = 100.0 * np.exp(moves)
    average = float((flat[:, 120:].mean(axis=1) > 104.0).mean())
    assert prob_above_average(100.0, 104.0, 0.5, 0.1, 0.05, 120) == pytest.approx(average, abs=0.012)


@DRAWN
@given(st.floats(0.1, 10.0), st.floats(0.0, 1.0), st.integers(1, 200))
def test_an_average_has_less_time_and_its_covariances_add_up(T: float, part: float, samples: int) -> None:
    window = part * T
    times = T - window + window * np.arange(1, samples + 1) / samples
    mean = float(np.minimum.outer(times, times).mean())
    assert effective_time(T, window, samples) == pytest.approx(mean, rel=1e-9)
    assert effective_time(T, window) <= mean + 1e-12 <= T + 2e-12


def test_inside_the_window_what_was_observed_counts() -> None:
    minute = 1.0 / (365.0 * 24.0 * 60.0)
    early = prob_above_average(100.0, 100.02, 0.55, 0.5 * minute, minute, 60, 0.5, 100.05)
    late = prob_above_average(100.0, 100.02, 0.55, 0.5 * minute, minute, 60, 0.5, 99.95)
    assert late < 0.5 < early
    assert prob_above_average(100.0, 100.02, 0.55, minute, minute, 60, 1.0, 100.03) == 1.0
    # what is left cannot undo an average this high
    assert prob_above_average(1.0, 50.0, 0.55, minute, minute, 60, 0.9, 100.0) == 1.0
    with pytest.raises(InvalidConfig, match="no average was given"):
        prob_above_average(100.0, 100.0, 0.5, minute, minute, 60, 0.5)


def test_a_margin_is_normal() -> None:
    assert prob_margin(3.0, 10.0) == pytest.approx(0.6179114, abs=1e-7)
    assert prob_margin(3.0, 10.0, 3.0) == 0.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: prob_above(100.0, 100.0, -0.2, 1.0), "sigma is -0.2; it must be 0 or more"),
        (lambda: prob_above(0.0, 100.0, 0.2, 1.0), "S is 0; it must be above 0"),
        (lambda: prob_above(100.0, 100.0, 0.2, math.nan), "T is nan; it must be finite"),
        (lambda: prob_above(100.0, 90.0, 0.2, 1.0, tail_df=2.0), "only above 2"),
        (lambda: prob_between(100.0, 110.0, 90.0, 0.2, 1.0), "low is 110.0; it must be below high"),
        (lambda: prob_above_average(100.0, 100.0, 0.0, 1.0, 0.1), "sigma is 0; it must be above 0"),
        (lambda: effective_time(1.0, 2.0), "the window 2 is longer than the 1 left"),
        (lambda: effective_time(1.0, 0.5, 0), "samples is 0"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        call()  # type: ignore[operator]
