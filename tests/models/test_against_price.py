"""Beating the price: a model equal to it never does, one that knows more does, and fees decide what it is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.models.against_price import AgainstPrice, against_price
from engine.models.special import expit, logit


def judged(
    noise: float,
    own: float = 0.0,
    spread: float = 0.02,
    events: int = 400,
    each: int = 3,
    seed: int = 1,
    **more: object,
) -> AgainstPrice:
    """Judge a model whose log-odds err by `own` against a price whose log-odds err by `noise`."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.1, 0.9, events).repeat(each)
    price = np.clip(expit(logit(truth) + noise * rng.standard_normal(truth.size)), 0.03, 0.97)
    model = expit(logit(truth) + own * rng.standard_normal(truth.size)) if noise else price
    y = (rng.random(events) < truth[::each]).astype(float).repeat(each)
    names = np.arange(events).repeat(each).astype(str)
    bid, ask = price - spread / 2.0, price + spread / 2.0
    return against_price(model, price, y, names, bid, ask, **more)  # type: ignore[arg-type]


def test_a_model_equal_to_the_price_never_trades_and_never_wins() -> None:
    got = judged(0.0)
    assert got.brier_gain.value == got.log_gain.value == got.brier_skill == 0.0
    assert got.bets == 0
    assert np.isnan(got.profit.value)
    assert not got.beats_price
    assert not got.beats_fees
    assert (got.verdict, got.words) == ("no", "no: it does not beat the price")


def test_a_model_equal_to_the_price_that_bets_all_the_same_loses_its_fees_and_spread() -> None:
    rng = np.random.default_rng(1)
    price = np.round(rng.uniform(0.2, 0.8, 40_000), 2)
    y = (rng.random(40_000) < price).astype(float)
    # a hair above the ask plus fee: each bet is believed to be worth a millionth
    ask = price + 0.01
    believed = ask + 0.07 * ask * (1.0 - ask) + 1e-6
    got = against_price(believed, price, y, np.arange(40_000).astype(str), price - 0.01, ask, draws=200)
    paid = 0.01 + 0.07 * ask * (1.0 - ask)
    assert got.bets == 40_000
    assert got.profit.value == pytest.approx(-paid.mean(), abs=0.007)
    assert got.profit.low < -paid.mean() < got.profit.high
    assert got.fees == pytest.approx(float((0.07 * ask * (1.0 - ask)).sum()))


def test_a_model_that_knows_more_beats_price_and_fees() -> None:
    got = judged(1.0)
    assert got.brier_gain.low > 0.0
    assert got.log_gain.low > 0.0
    assert got.profit.low > 0.0
    assert got.verdict == "yes"
    assert got.brier_skill > 0.05
    assert got.beats_price
    assert got.beats_fees


def test_a_wide_spread_takes_what_a_small_edge_earns() -> None:
    wide, narrow = judged(0.35, spread=0.16, events=1500), judged(0.35, spread=0.0, events=1500)
    assert narrow.verdict == "yes"
    assert wide.beats_price
    assert wide.bets < narrow.bets
    assert wide.profit.low < narrow.profit.low
    assert judged(0.35, own=0.6, events=1500).verdict == "no"


def test_few_events_say_nothing_however_many_rows_they_have() -> None:
    got = judged(1.0, events=10, each=50)
    assert got.n == 500
    assert got.events == 10
    assert (got.verdict, got.beats_price, got.beats_fees) == ("few", False, False)


def test_rows_of_one_event_count_as_one() -> None:
    rng = np.random.default_rng(3)
    price, model = rng.uniform(0.2, 0.8, 60), rng.uniform(0.2, 0.8, 60)
    y, names = (rng.random(60) < price).astype(float), np.arange(60).astype(str)
    once = against_price(model, price, y, names)
    # ten times the rows of the same events are no more evidence
    often = against_price(*(column.repeat(10) for column in (model, price, y, names)))
    assert (once.n, often.n, often.events) == (60, 600, 60)
    assert often.brier_gain.low == pytest.approx(once.brier_gain.low)
    assert often.brier_gain.high == pytest.approx(once.brier_gain.high)
    assert often.profit.low == pytest.approx(once.profit.low)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.0, 1.0))
def test_the_interval_holds_the_value_and_a_seed_repeats_it(seed: int, noise: float) -> None:
    first, second = (judged(noise, 0.3, events=60, seed=seed, draws=200) for _ in range(2))
    assert first.brier_gain == second.brier_gain
    assert first.brier_gain.low <= first.brier_gain.value <= first.brier_gain.high


def test_rows_without_a_forecast_or_an_offer_are_left_out() -> None:
    got = against_price([np.nan, 0.9], [0.5, 0.5], [1.0, 1.0], ["A", "B"], [np.nan] * 2, [0.5, np.nan])
    assert (got.n, got.events, got.bets) == (1, 1, 0)
    both = against_price([0.1, 0.9], [0.5, 0.5], [0.0, 1.0], ["A", "B"], [0.5, 0.5], [0.5, 0.5], rate=0.0)
    assert both.profit.value == 0.5
    assert both.return_on_cost.value == 1.0
    assert against_price([0.6], [0.5], [1.0], ["A"], min_edge=0.09).bets == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: against_price([], [], [], []), InvalidData, "the history is empty"),
        (lambda: against_price([np.nan], [0.5], [1.0], ["A"]), InvalidData, "nothing was forecast"),
        (lambda: against_price([0.5], [50.0], [1.0], ["A"]), InvalidData, "did you mean 0.5"),
        (lambda: against_price([1.0], [0.5], [1.0], ["A"]), InvalidData, "a forecast is 1"),
        (lambda: against_price([0.5], [0.5], [1.0, 0.0], ["A"]), InvalidData, "each row has all of them"),
        (lambda: against_price([0.5], [0.5], [1.0], ["A"], draws=10), InvalidConfig, "draws is 10"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
