"""The log-growth optimum: certified twice (gap and KKT), never beaten, and zero where there is no edge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.risk.joint_law import independent
from engine.risk.joint_solver import Limit, LogProblem, log_optimum
from engine.risk.kelly_math import kelly_binary

DRAWN = settings(deadline=None, derandomize=True, max_examples=60)
SEED = st.integers(0, 10**6)


def event_problem(seed: int) -> LogProblem:
    """Return YES and NO of every outcome of an event at prices off their probabilities, under random limits."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    p = rng.dirichlet(np.full(n, rng.choice([0.3, 1.0, 5.0])))
    yes = np.clip(p * rng.uniform(0.7, 1.4, n) + 0.01, 0.005, 0.99)
    no = np.clip((1.0 - p) * rng.uniform(0.85, 1.2, n) + 0.01, 0.005, 0.99)
    returns = np.hstack([np.eye(n) / yes - 1.0, (1.0 - np.eye(n)) / no - 1.0])
    limits = [Limit((0, 1), float(rng.uniform(0.01, 0.5)))] if rng.random() < 0.5 else []
    if rng.random() < 0.5:
        limits.append(Limit(tuple(range(n)), float(rng.uniform(0.1, 0.9))))
    total, upper = float(rng.choice([0.3, 1.0])), float(rng.choice([0.05, 0.2, 1.0]))
    return LogProblem.of(returns, p / p.sum(), upper, limits, total)


def feasible(problem: LogProblem, rng: np.random.Generator) -> np.ndarray:
    stakes = rng.uniform(0.0, 1.0, problem.upper.size) ** 3 * problem.upper
    for limit in problem.limits:
        members = list(limit.members)
        stakes[members] *= min(1.0, limit.cap / max(stakes[members].sum(), 1e-300))
    return stakes * rng.uniform(0.0, 1.0)


def kkt_residual(problem: LogProblem, stakes: np.ndarray) -> float:
    """Return how far the slope is from any cone of the limits that bind, by non-negative least squares of our own."""
    slope = problem.slope(stakes)
    n = stakes.size
    normals = [-row for row, stake in zip(np.eye(n), stakes, strict=True) if stake < 1e-9]
    normals += [row for row, stake, top in zip(np.eye(n), stakes, problem.upper, strict=True) if stake > top - 1e-9]
    for limit in problem.limits:
        members = list(limit.members)
        if stakes[members].sum() > limit.cap - 1e-9:
            row = np.zeros(n)
            row[members] = 1.0
            normals.append(row)
    if not normals:
        return float(np.abs(slope).max())
    cone = np.array(normals).T
    # projected gradient with momentum: slow and simple, and nothing of the solver in it
    weight, ahead, rate = np.zeros(cone.shape[1]), np.zeros(cone.shape[1]), 1.0 / np.linalg.norm(cone, 2) ** 2
    for turn in range(20_000):
        new = np.maximum(0.0, ahead - rate * cone.T @ (cone @ ahead - slope))
        ahead, weight = new + turn / (turn + 3.0) * (new - weight), new
        if turn % 50 == 0 and np.abs(cone @ weight - slope).max() < 1e-7:
            break
    return float(np.abs(cone @ weight - slope).max())


@DRAWN
@given(SEED)
def test_no_other_stakes_within_the_limits_grow_faster(seed: int) -> None:
    problem, rng = event_problem(seed), np.random.default_rng(seed)
    best = log_optimum(problem)
    assert best.gap <= 1e-9
    for _ in range(20):
        other = feasible(problem, rng)
        assert problem.growth(other) <= best.growth + 1e-9
        mixed = best.stakes + 0.01 * (other - best.stakes)
        assert problem.growth(mixed) <= best.growth + 1e-12


@DRAWN
@given(SEED)
def test_the_limits_hold(seed: int) -> None:
    problem = event_problem(seed)
    stakes = log_optimum(problem).stakes
    assert stakes.min() >= 0.0
    assert (stakes <= problem.upper).all()
    for limit in problem.limits:
        assert stakes[list(limit.members)].sum() <= limit.cap * (1.0 + 1e-15)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(SEED)
def test_the_karush_kuhn_tucker_conditions_hold(seed: int) -> None:
    problem = event_problem(seed)
    assert kkt_residual(problem, log_optimum(problem).stakes) < 1e-5


def test_the_gap_names_what_is_missing() -> None:
    problem = LogProblem.of(independent([0.6]).returns([1.0]), [0.6, 0.4])
    best = log_optimum(problem)
    assert best.stakes[0] == pytest.approx(0.2, abs=1e-12)
    for stake in (0.0, 0.1, 0.3):
        short = best.growth - problem.growth(np.array([stake]))
        assert problem.gap(np.array([stake])) >= short > 0.0
    assert problem.gap(np.array([1.0])) == math.inf


@DRAWN
@given(st.floats(0.02, 0.98), st.floats(0.1, 20.0), st.floats(0.01, 1.0))
def test_one_bet_is_kelly_under_its_cap(p: float, b: float, cap: float) -> None:
    law = independent([p])
    best = log_optimum(LogProblem.of(law.returns([b]), law.chances, cap))
    assert best.stakes[0] == pytest.approx(min(cap, kelly_binary(p, b).kelly), abs=1e-9)


@DRAWN
@given(st.lists(st.tuples(st.floats(0.05, 0.9), st.floats(0.2, 5.0)), min_size=1, max_size=4), st.floats(0.02, 0.98))
def test_an_independent_bet_without_edge_changes_nothing(bets: list[tuple[float, float]], q: float) -> None:
    p, b = [bet[0] for bet in bets], [bet[1] for bet in bets]
    alone, more = independent(p), independent([*p, q])
    first = log_optimum(LogProblem.of(alone.returns(b), alone.chances))
    second = log_optimum(LogProblem.of(more.returns([*b, (1.0 - q) / q]), more.chances))
    assert second.stakes[-1] == 0.0
    assert second.stakes[:-1] == pytest.approx(first.stakes, abs=1e-7)
    # full Kelly of independent bets is never more than each alone
    assert (second.stakes[:-1] <= [kelly_binary(*bet).kelly + 1e-7 for bet in bets]).all()


def test_stakes_are_exactly_zero_where_every_price_is_right() -> None:
    p = np.array([0.2, 0.3, 0.5])
    returns = np.hstack([np.eye(3) / p - 1.0, (1.0 - np.eye(3)) / (1.0 - p) - 1.0])
    best = log_optimum(LogProblem.of(returns, p))
    assert best.stakes.tolist() == [0.0] * 6
    assert best.growth == 0.0


def test_fourteen_bets_are_solved_over_all_their_states() -> None:
    rng = np.random.default_rng(0)
    p, b = rng.uniform(0.3, 0.7, 14), rng.uniform(0.5, 3.0, 14)
    law = independent(p.tolist())
    best = log_optimum(LogProblem.of(law.returns(b), law.chances))
    assert law.chances.size == 2**14
    assert best.gap < 1e-12
    assert best.steps < 40


def test_states_of_almost_no_chance_do_not_spoil_the_answer() -> None:
    # an arbitrage beside outcomes that all but cannot happen: the optimum lies where wealth in them is nearly nothing
    p = np.array([0.0990299685, 7e-32, 7e-11, 3.7e-10, 0.9])
    p[-1] = 1.0 - p[:-1].sum()
    cost = np.array([0.05, 0.2, 0.001, 0.3, 0.85])
    returns = np.hstack([np.eye(5) / cost - 1.0, (1.0 - np.eye(5)) / 0.97 - 1.0])
    assert log_optimum(LogProblem.of(returns, p)).gap <= 1e-9


def test_a_limit_that_buys_nothing_closes_its_bets() -> None:
    law = independent([0.6, 0.6])
    best = log_optimum(LogProblem.of(law.returns([1.0, 1.0]), law.chances, [1.0, 1e-220]))
    assert best.stakes.tolist() == [pytest.approx(0.2), 0.0]


def test_wealth_already_at_stake_counts() -> None:
    # 200 contracts held of a bankroll of 1000: the closed form of the incremental optimum
    p, cost, wealth = 0.6, 0.5175, np.array([1.0, 0.8])
    problem = LogProblem.of([[1.0 / cost - 1.0], [-1.0]], [p, 1.0 - p], wealth=wealth)
    contracts = p * 0.8 / cost - 0.4 * 1.0 / (1.0 - cost)
    assert log_optimum(problem).stakes[0] / cost == pytest.approx(contracts, abs=1e-10)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LogProblem.of([[1.0], [-1.0]], [1.0]), InvalidData, "2 states and 1 chances"),
        (lambda: LogProblem.of([[1.0], [-1.0]], [0.6, 0.6]), InvalidData, "the chances sum to 1.2"),
        (lambda: LogProblem.of([[1.0], [-1.0]], [1.4, -0.4]), InvalidData, "0 or more and sum to 1"),
        (lambda: LogProblem.of([[math.nan], [-1.0]], [0.5, 0.5]), InvalidData, "is not finite"),
        (lambda: LogProblem.of([[1.0], [-1.0]], [0.5, 0.5], total=1.5), InvalidConfig, "total is 1.5"),
        (lambda: LogProblem.of([[1.0], [-1.0]], [0.5, 0.5], wealth=[1.0, 0.0]), InvalidData, "wealth of a state is 0"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
