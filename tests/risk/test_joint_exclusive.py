"""Outcomes that exclude each other: the closed form against the concave program, and what is free money."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.risk.joint_exclusive import arbitrage_no, arbitrage_yes, kelly_exclusive, worst_of_event
from engine.risk.joint_ladder import ladder_kelly
from engine.risk.joint_solver import LogProblem, log_optimum
from engine.risk.kelly_math import kelly_binary

DRAWN = settings(deadline=None, derandomize=True, max_examples=80)


@DRAWN
@given(st.integers(0, 10**6))
def test_the_closed_form_is_the_optimum_of_the_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    p = rng.dirichlet(np.full(n, rng.choice([0.5, 2.0])))
    p[-1] += 1.0 - p.sum()
    cost = np.clip(p * rng.uniform(0.7, 1.5, n) + 0.005, 0.003, 0.99)
    listed = [None if rng.random() < 0.2 else float(c) for c in cost]
    kept = [i for i, c in enumerate(listed) if c is not None]
    assume(kept)
    closed = kelly_exclusive(p.tolist(), listed)
    returns = np.column_stack([np.eye(n)[i] / cost[i] - 1.0 for i in kept])
    solved = log_optimum(LogProblem.of(returns, p))
    assert closed.growth == pytest.approx(solved.growth, abs=1e-9)
    if not closed.arbitrage:
        assert closed.stakes[kept] == pytest.approx(solved.stakes, abs=1e-5)
        # what is not staked and not won is the reserve
        assert closed.reserve == pytest.approx(1.0 - closed.stakes.sum() if closed.chosen else 1.0)


@DRAWN
@given(st.integers(0, 10**6))
def test_an_events_optimum_grows_no_slower_than_any_market_alone_or_all_added_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(4))
    p[-1] += 1.0 - p.sum()
    cost = np.clip(p * rng.uniform(0.75, 1.3, 4), 0.004, 0.98)
    joint = kelly_exclusive(p.tolist(), cost.tolist())
    alone = np.array([kelly_binary(a, (1.0 - c) / c).kelly for a, c in zip(p, cost, strict=True)])
    problem = LogProblem.of(np.eye(4) / cost - 1.0, p)
    assert joint.growth >= problem.growth(alone) - 1e-12
    for i in range(4):
        assert joint.growth >= problem.growth(np.where(np.arange(4) == i, alone, 0.0)) - 1e-12


def test_an_outcome_is_bought_below_its_edge_as_a_hedge() -> None:
    got = kelly_exclusive([0.55, 0.35, 0.10], [0.40, 0.36, 0.30])
    assert got.stakes[1] == pytest.approx(0.2)
    assert kelly_binary(0.35, 0.64 / 0.36).kelly == 0.0


def test_a_set_below_its_payoff_is_arbitrage() -> None:
    assert arbitrage_yes([0.3, 0.33, 0.34]).found
    assert not arbitrage_yes([0.3, 0.33, 0.34], exhaustive=False).found
    assert not arbitrage_yes([0.5, 0.5]).found
    basket = arbitrage_no([0.6, 0.65, 0.7])
    assert (basket.found, basket.profit) == (True, pytest.approx(0.05))
    assert kelly_exclusive([0.3, 0.3, 0.4], [0.3, 0.33, 0.34]).arbitrage


def test_the_worst_of_an_event_is_not_the_sum_of_its_markets() -> None:
    # a NO of each of three: two of them pay whatever happens
    no = [100.0, 100.0, 100.0]
    assert worst_of_event([0.0] * 3, no, [0.0] * 3, [0.67, 0.68, 0.68], other=False) == pytest.approx(-3.0)
    assert worst_of_event([0.0] * 3, no, [0.0] * 3, [0.67, 0.68, 0.68]) == pytest.approx(-3.0)
    assert worst_of_event([10.0], [0.0], [0.4], [0.0]) == pytest.approx(-4.0)
    assert worst_of_event([10.0], [0.0], [0.4], [0.0], other=False) == pytest.approx(6.0)


@DRAWN
@given(
    st.floats(0.05, 0.95),
    st.lists(st.tuples(st.integers(1, 60), st.floats(0.0, 400.0)), min_size=1, max_size=5),
    st.integers(1, 30),
    st.floats(300.0, 2000.0),
    st.floats(300.0, 2000.0),
)
def test_a_ladder_bought_level_by_level_is_the_program_over_all_levels(
    p: float, steps: list[tuple[int, float]], first: int, yes: float, no: float
) -> None:
    prices = np.minimum(first + np.cumsum([step for step, _ in steps]), 99) / 100.0
    levels = list(zip(prices.tolist(), [size for _, size in steps], strict=True))
    got = ladder_kelly(p, levels, yes, no)
    cost = prices + 0.07 * prices * (1.0 - prices)
    # stakes as shares of the wealth without an event, all of which may be spent
    upper = np.array([size for _, size in steps]) * cost / no
    returns = np.vstack([1.0 / cost - 1.0, -np.ones(len(cost))])
    best = log_optimum(LogProblem.of(returns, [p, 1.0 - p], upper, wealth=[yes / no, 1.0]))
    spent = sum(fill.contracts * fill.cost for fill in got) / no
    assert spent == pytest.approx(float(best.stakes.sum()), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: kelly_exclusive([0.5, 0.4], [0.4, 0.4]),
            InvalidData,
            "sum to 0.9; .* add the outcome 'none of these'",
        ),
        (lambda: kelly_exclusive([], []), InvalidData, "sum to 0"),
        (lambda: kelly_exclusive([0.5, 0.5], [0.4]), InvalidData, "2 outcomes and 1 costs"),
        (lambda: kelly_exclusive([0.5, 0.5], [0.4, 1.0]), InvalidData, "cost 2 is 1.0; with its fee"),
        (lambda: kelly_exclusive([50.0, 0.5], [0.4, 0.4]), InvalidConfig, "did you mean 0.5"),
        (lambda: ladder_kelly(0.5, [(0.4, 5), (0.3, 5)], 1.0, 1.0), InvalidData, "offers rise from the best"),
        (lambda: ladder_kelly(0.5, [(0.4, -5)], 1.0, 1.0), InvalidConfig, "size is -5"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
