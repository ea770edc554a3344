"""Counts of how such markets settled: the Beta-Binomial law, fading evidence, each market once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.models.frequency import BetaBelief, Frequency, faded
from engine.models.record import Quoted, Settled
from engine.models.when import HOUR

DAY = 24 * HOUR
DRAWN = settings(deadline=None, derandomize=True, max_examples=60)


def test_a_belief_after_counts() -> None:
    belief = BetaBelief(1.0, 1.0).after(55, 45)
    assert belief.mean == 56.0 / 102.0
    assert belief.mode == 0.55
    assert belief.deviation == pytest.approx(0.049, abs=1e-3)
    low, high = belief.interval()
    assert (low, high) == (pytest.approx(0.4524, abs=1e-3), pytest.approx(0.6440, abs=1e-3))
    assert math.isnan(BetaBelief(1.0, 1.0).mode)


@DRAWN
@given(st.floats(0.2, 50.0), st.floats(0.2, 50.0), st.integers(0, 12))
def test_the_next_counts_have_chances_that_sum_to_one_and_the_beliefs_mean(a: float, b: float, trials: int) -> None:
    belief = BetaBelief(a, b)
    chances = [belief.chance_of(k, trials) for k in range(trials + 1)]
    assert math.fsum(chances) == pytest.approx(1.0)
    assert math.fsum(k * p for k, p in enumerate(chances)) == pytest.approx(trials * belief.mean)


def test_a_prior_around_the_price_is_worth_its_strength() -> None:
    assert BetaBelief.around(0.3, 10.0).after(5, 5).mean == pytest.approx(8.0 / 20.0)


def test_evidence_fades_by_half_each_half_life() -> None:
    assert faded(np.array([0, 10 * DAY]), 20 * DAY, 10.0).tolist() == [0.25, 0.5]
    assert faded(np.array([0, 10 * DAY]), 20 * DAY, None).tolist() == [1.0, 1.0]


def test_the_frequency_is_counted_by_group_and_market() -> None:
    settled = Settled.of(
        ["A", "A", "B", "C"], [DAY, DAY, 11 * DAY, 11 * DAY], [1.0, 1.0, 0.0, 1.0], group=["x", "x", "x", "y"]
    )
    model = Frequency(half_life_days=10.0, prior=0.5, prior_strength=2.0).fit(settled)
    quoted = Quoted.of(["M", "N", "O"], [21 * DAY] * 3, [0.9, 0.9, 0.9], group=["x", "y", "z"])
    got = model.predict(quoted, 21 * DAY)
    # A counts once at a quarter, B at a half
    assert got["M"] == pytest.approx((1.0 + 0.25) / (2.0 + 0.75))
    assert got["N"] == pytest.approx((1.0 + 0.5) / (2.0 + 0.5))
    assert got["O"] == 0.5
    belief = model.belief(settled, "x", 0.5, 21 * DAY)
    assert belief.mean == pytest.approx(got["M"])


def test_without_a_prior_of_its_own_the_price_is_the_prior() -> None:
    quoted = Quoted.of(["M"], [DAY], [0.9])
    assert Frequency().predict(quoted, DAY)["M"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: BetaBelief(0.0, 1.0), "a is 0; it must be above 0"),
        (lambda: BetaBelief.around(1.0, 5.0), "mean is 1; it must be a probability inside"),
        (lambda: BetaBelief(1.0, 1.0).after(-1, 0), "wins is -1"),
        (lambda: BetaBelief(1.0, 1.0).chance_of(3, 2), "wins is 3; it must lie between 0 and trials = 2"),
        (lambda: BetaBelief(1.0, 1.0).interval(95.0), "did you mean 0.95"),
        (lambda: Frequency(half_life_days=0.0), "half_life_days is 0"),
        (lambda: Frequency(prior=0.0), "prior is 0; it must be a probability inside"),
        (lambda: Frequency(prior_strength=0.0), "prior_strength is 0"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        call()  # type: ignore[operator]
