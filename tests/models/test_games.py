"""Games and counts: ratings by hand, laws that sum to one, goals that find the stronger side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.models.counts import count_at_least, count_by, poisson_match
from engine.models.games import Elo, Game, Goals, Scores, elo_expected, elo_updated
from engine.models.record import Quoted, Settled
from engine.models.special import negative_binomial_pmf, poisson_pmf

DRAWN = settings(deadline=None, derandomize=True, max_examples=60)
MEAN = st.floats(0.0, 6.0)


@DRAWN
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_two_ratings_expect_one_point_together(a: float, b: float) -> None:
    assert elo_expected(a, b) + elo_expected(b, a) == pytest.approx(1.0)
    assert 0.0 <= elo_expected(a, b) <= 1.0


def test_a_rating_moves_by_what_was_not_expected() -> None:
    assert elo_updated(1500.0, [1500.0], 1.0, 20.0) == 1510.0
    assert elo_updated(1500.0, [1500.0], 0.5) == 1500.0


def test_ratings_are_replayed_in_order_and_keep_their_sum() -> None:
    games = {"1": Game("A", "B"), "2": Game("B", "C"), "3": Game("A", "B")}
    model = Elo(games=games, K=20.0).fit(Settled.of(["2", "1", "1"], [2, 1, 1], [0.0, 1.0, 1.0]))
    table = model.ratings(model.known)
    assert table["A"] == 1510.0
    assert table["C"] == pytest.approx(1500.0 + 20.0 * elo_expected(1490.0, 1500.0))
    assert sum(table.values()) == pytest.approx(4500.0)
    quoted = Quoted.of(["3"], [5], [0.5])
    assert model.predict(quoted, 5)["3"] == elo_expected(table["A"], table["B"])
    at_home = Elo(games=games, home_edge=100.0).predict(quoted, 5)["3"]
    assert at_home == elo_expected(1600.0, 1500.0)


@DRAWN
@given(MEAN, MEAN, st.integers(-3, 3))
def test_the_ends_of_a_match_sum_to_one(home: float, away: float, line: int) -> None:
    match = poisson_match(home, away)
    assert match.home + match.draw + match.away == pytest.approx(1.0)
    assert match.covers(line + 0.5) + poisson_match(away, home).covers(-line - 0.5) == pytest.approx(1.0)
    assert match.covers(0.0) == pytest.approx(match.home)
    assert match.over(0.5) == pytest.approx(1.0 - math.exp(-home - away))


@DRAWN
@given(st.floats(0.1, 30.0), st.integers(0, 40), st.floats(1.0001, 5.0))
def test_a_count_reaches_less_the_higher_the_mark(mean: float, mark: int, dispersion: float) -> None:
    assert count_at_least(mean, mark) >= count_at_least(mean, mark + 1) >= 0.0
    wide = negative_binomial_pmf(mean, dispersion * mean, 2000)
    assert wide.sum() == pytest.approx(1.0)
    assert wide @ np.arange(2001) == pytest.approx(mean)
    assert count_at_least(mean, mark, dispersion * mean) == pytest.approx(float(wide[mark:].sum()), abs=1e-9)


def test_counts_so_far_shorten_the_way() -> None:
    assert count_by(3.2, 4.0, 9, 20) == count_at_least(12.8, 11)
    assert count_by(3.2, 4.0, 20, 20) == 1.0
    assert count_by(3.2, 0.0, 19, 20) == 0.0
    assert count_by(3.2, 4.0, 9, 20, 2.0) == count_at_least(12.8, 11, 25.6)
    assert poisson_pmf(0.0, 2).tolist() == [1.0, 0.0, 0.0]


def league(seed: int = 4, games: int = 400) -> Scores:
    """Return a league in which A scores twice what others do, D lets in four times that, and all score more at home."""
    rng = np.random.default_rng(seed)
    sides = np.array(["A", "B", "C", "D"])
    home, away = rng.integers(0, 4, games), rng.integers(1, 4, games)
    away = (home + away) % 4
    strength, leak = np.array([2.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 4.0])
    goals = rng.poisson(1.4 * strength[home] * leak[away]), rng.poisson(1.1 * strength[away] * leak[home])
    return Scores.of(np.arange(games), sides[home].tolist(), sides[away].tolist(), *goals)


def test_goals_find_the_stronger_side_and_their_answers_agree() -> None:
    games = {f"{asks}": Game("A", "B", asks, 2.5) for asks in ("home", "draw", "away", "over", "covers")}
    model = Goals(scores=league(games=20_000), games=games, half_life_days=None, prior_games=2.0)
    quoted = Quoted.of(list(games), [99_999] * 5, [0.5] * 5)
    got = model.predict(quoted, 99_999)
    truth = poisson_match(2.8, 1.1)
    assert got["home"] == pytest.approx(truth.home, abs=0.02)
    assert got["over"] == pytest.approx(truth.over(2.5), abs=0.02)
    # A never meets its own attack nor D its own defence: a fit that forgets whom a side met is out by a tenth
    assert got["home"] + got["draw"] + got["away"] == pytest.approx(1.0)
    assert got["covers"] < got["home"]


def test_an_unknown_side_is_average() -> None:
    game = {"M": Game("X", "Y")}
    scores = league()
    got = Goals(scores=scores, games=game, half_life_days=None).predict(Quoted.of(["M"], [1000], [0.5]), 1000)["M"]
    assert got == pytest.approx(poisson_match(scores.home_goals.mean(), scores.away_goals.mean()).home)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Game("A", "A"), InvalidConfig, "A plays itself"),
        (lambda: Game("A", "B", "hom"), InvalidConfig, "did you mean 'home'"),
        (lambda: Elo(games={"1": Game("A", "B", "draw")}), InvalidConfig, "1 asks for 'draw'; Elo knows who wins"),
        (lambda: Elo(games={}, K=0.0), InvalidConfig, "K is 0; it must be above 0"),
        (
            lambda: Elo(games={"AB": Game("A", "B")}).predict(Quoted.of(["AC"], [1], [0.5]), 1),
            InvalidData,
            "no game is known for AC; did you mean 'AB'",
        ),
        (
            lambda: Goals(scores=league(), games={}).predict(Quoted.of(["A"], [0], [0.5]), 0),
            InvalidData,
            "no goals of both home and away sides are on record",
        ),
        (lambda: Scores.of([1], ["A"], ["B"], [1, 2], [0]), InvalidData, "differ in number"),
        (lambda: Scores.of([1], ["A"], ["B"], [-1], [0]), InvalidData, "a score is negative or missing"),
        (lambda: poisson_match(-1.0, 1.0), InvalidConfig, "home_mean is -1"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
