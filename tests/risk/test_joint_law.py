"""Joint laws of bets: marginals are kept, three ways to the same copula agree, samples are repeated by their seed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.risk.joint_law import bivariate_normal, correlated, independent
from engine.risk.joint_solver import LogProblem, log_optimum

DRAWN = settings(deadline=None, derandomize=True, max_examples=60)
CHANCES = st.lists(st.floats(0.02, 0.98), min_size=1, max_size=6)


@DRAWN
@given(CHANCES)
def test_independent_states_multiply(p: list[float]) -> None:
    law = independent(p)
    assert law.chances.sum() == pytest.approx(1.0)
    assert law.chances @ law.wins == pytest.approx(p)
    assert law.chances[0] == pytest.approx(math.prod(p))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=4), st.floats(0.01, 0.97))
def test_a_copula_keeps_the_marginals_and_its_pairs(p: list[float], rho: float) -> None:
    law = correlated(p, rho)
    assert law.chances.sum() == pytest.approx(1.0)
    assert law.chances.min() >= 0.0
    assert law.chances @ law.wins == pytest.approx(p, abs=1e-8)
    pair = float(law.chances @ (law.wins[:, 0] * law.wins[:, 1]))
    assert pair == pytest.approx(float(correlated(p[:2], rho).chances[0]), abs=1e-8)
    assert pair >= p[0] * p[1] - 1e-12


def test_the_bivariate_normal_law_at_known_points() -> None:
    for rho in (-0.99, -0.5, 0.0, 0.3, 0.95):
        # a quarter plus the angle (Sheppard 1899)
        assert bivariate_normal(0.0, 0.0, rho) == pytest.approx(0.25 + math.asin(rho) / (2.0 * math.pi), abs=1e-12)
    assert bivariate_normal(1.0, -0.3, 1.0) == pytest.approx(0.3820885778, abs=1e-9)
    assert bivariate_normal(0.2, -0.2, -1.0) == pytest.approx(0.0, abs=1e-12)


def test_a_sample_tends_to_the_exact_law_and_is_repeated_by_its_seed() -> None:
    p, rho = [0.6, 0.5, 0.3], 0.5
    matrix = np.full((3, 3), rho) + (1.0 - rho) * np.eye(3)
    matrix[0, 1] = matrix[1, 0] = rho + 1e-3
    drawn = correlated(p, matrix, 200_000, seed=3)
    exact = correlated(p, rho)
    assert drawn.drawn
    assert not exact.drawn
    for a, b in ((0, 1), (1, 2)):
        got = float(drawn.chances @ (drawn.wins[:, a] * drawn.wins[:, b]))
        assert got == pytest.approx(float(exact.chances @ (exact.wins[:, a] * exact.wins[:, b])), abs=0.005)
    again = correlated(p, matrix, 200_000, seed=3)
    assert (again.wins == drawn.wins).all()
    many = independent([0.5] * 20, 5000, seed=1)
    assert many.drawn
    assert many.wins.mean() == pytest.approx(0.5, abs=0.01)


def test_correlated_bets_are_sized_down() -> None:
    stakes = []
    for rho in (0.0, 0.3, 0.6, 0.9):
        law = correlated([0.6, 0.6, 0.6], rho)
        stakes.append(float(log_optimum(LogProblem.of(law.returns([1.0, 1.0, 1.0]), law.chances)).stakes.sum()))
    assert stakes == sorted(stakes, reverse=True)
    assert stakes[-1] < 0.27


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: independent([]), InvalidData, "no bets were given"),
        (lambda: independent([1.0]), InvalidData, "a probability is 1; a bet may go either way"),
        (lambda: independent([55]), InvalidConfig, "did you mean 0.55"),
        (lambda: correlated([0.5, 0.5], 1.5), InvalidConfig, "rho is 1.5; a correlation lies in"),
        (lambda: correlated([0.5, 0.5], [[1.0, 0.2], [0.1, 1.0]]), InvalidConfig, "one number or symmetric"),
        (
            lambda: correlated([0.5] * 3, [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]),
            InvalidData,
            "no law has them all",
        ),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
