"""Distribution functions against laws known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.special import (
    beta_cdf,
    beta_quantile,
    expit,
    log_normal_cdf,
    logit,
    normal_cdf,
    normal_cdf_each,
    normal_quantile,
    student_tail,
)

DRAWN = settings(deadline=None, derandomize=True, max_examples=100)


@DRAWN
@given(st.floats(0.0, 1.0), st.integers(1, 12), st.integers(1, 12))
def test_the_beta_law_of_whole_numbers_is_a_binomial_tail(x: float, a: int, b: int) -> None:
    n = a + b - 1
    tail = math.fsum(math.comb(n, k) * x**k * (1.0 - x) ** (n - k) for k in range(a, n + 1))
    assert beta_cdf(x, a, b) == pytest.approx(tail, abs=1e-12)


@DRAWN
@given(st.floats(0.001, 0.999), st.floats(0.3, 500.0), st.floats(0.3, 500.0))
def test_a_quantile_turns_the_beta_law_round(q: float, a: float, b: float) -> None:
    assert beta_cdf(beta_quantile(q, a, b), a, b) == pytest.approx(q, abs=1e-9)
    assert beta_cdf(0.4, a, b) + beta_cdf(0.6, b, a) == pytest.approx(1.0, abs=1e-10)


def test_students_law_of_one_and_two_degrees_is_known() -> None:
    for t in (-3.0, -0.4, 0.0, 1.0, 7.0):
        assert student_tail(t, 1.0) == pytest.approx(0.5 - math.atan(t) / math.pi, abs=1e-12)
        assert student_tail(t, 2.0) == pytest.approx(0.5 - t / (2.0 * math.sqrt(2.0 + t * t)), abs=1e-12)


def test_the_normal_law() -> None:
    assert normal_cdf(normal_quantile(0.975)) == pytest.approx(0.975, abs=1e-15)
    assert normal_cdf_each([[-1.0, 2.0]]).tolist() == [[normal_cdf(-1.0), normal_cdf(2.0)]]
    assert log_normal_cdf(-29.999) == pytest.approx(log_normal_cdf(-30.001), rel=1e-3)
    assert log_normal_cdf(-36.0) == pytest.approx(math.log(normal_cdf(-36.0)), rel=1e-10)
    assert log_normal_cdf(-1000.0) == pytest.approx(-500_007.826694)


def test_log_odds_and_back() -> None:
    x = np.array([-800.0, -3.0, 0.0, 5.0, 800.0])
    assert expit(x)[[0, 2, 4]].tolist() == [0.0, 0.5, 1.0]
    assert logit(expit(x[1:4])) == pytest.approx(x[1:4])
