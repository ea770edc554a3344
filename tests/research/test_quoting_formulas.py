"""The formulas of quoting, the price grid and bracket fair values: worked numbers and the properties they must have."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.models.special import expit, logit
from engine.research.quoting import (
    CENT,
    TAPERED,
    TENTH_CENT,
    AvellanedaQuoter,
    LogitQuoter,
    PriceGrid,
    View,
    cauchy_bracket,
)
from engine.research.quoting.closed_forms import (
    logit_quote,
    mean_spread,
    optimal_spread,
    position_risk,
    reservation_price,
)
from engine.research.quoting.fair import FIRST_GUESS, moves_of
from engine.research.quoting.grid import UNIT
from engine.research.quoting.lmsr import lmsr_cost, lmsr_max_loss, lmsr_prices, lmsr_shares

PROBABILITIES = st.floats(0.001, 0.999)
GRIDS = st.sampled_from([CENT, TENTH_CENT, TAPERED, PriceGrid(edge_tick=0.001, edge=0.04, lowest=0.001, highest=0.999)])


def on_grid(grid: PriceGrid, price: int) -> bool:
    edge = round(grid.edge * UNIT)
    tick = grid.edge_tick if price < edge or price > UNIT - edge else grid.tick
    return price % round(tick * UNIT) == 0


@given(PROBABILITIES, st.integers(-200, 200), st.floats(0.0, 0.1), st.floats(0.0, 2.0), st.floats(0.001, 3.0))
def test_log_odds_quotes_lie_inside_0_and_1_and_on_both_sides_of_their_centre(
    p: float, held: int, gamma: float, sx: float, half: float
) -> None:
    quote = logit_quote(p, held, gamma, sx, 0.5, half)
    assert 0.0 <= quote.bid <= quote.reservation <= quote.ask <= 1.0
    centre = float(logit(p)) - held * gamma * sx * sx * 0.5
    assert quote.bid == pytest.approx(float(expit(centre - half)), rel=1e-12)
    assert quote.ask == pytest.approx(float(expit(centre + half)), rel=1e-12)


@given(PROBABILITIES, st.floats(0.01, 1.0), st.floats(0.0, 0.02))
def test_log_odds_quotes_for_no_are_the_mirror_of_those_for_yes(p: float, half: float, fee: float) -> None:
    yes, no = logit_quote(p, 7, 0.02, 0.5, 1.0, half, fee), logit_quote(1.0 - p, -7, 0.02, 0.5, 1.0, half, fee)
    assert no.bid == pytest.approx(1.0 - yes.ask, abs=1e-12)
    assert no.ask == pytest.approx(1.0 - yes.bid, abs=1e-12)


def test_the_spread_without_risk_aversion_is_the_limit_of_the_formula() -> None:
    assert optimal_spread(0.0, 2.0, 1.5, 1.0) == pytest.approx(optimal_spread(1e-9, 2.0, 1.5, 1.0), rel=1e-7)
    assert mean_spread(0.1, 2.0, 1.5, 1.0) == pytest.approx(
        np.mean([optimal_spread(0.1, 2.0, 1.5, left) for left in np.linspace(0.0, 1.0, 1001)])
    )
    assert reservation_price(0.6, -4, 0.1, 0.5, 2.0) == pytest.approx(0.8)


def test_what_a_short_position_can_lose_is_the_price_of_no() -> None:
    assert position_risk(0.7, -50, 0.6).max_loss == pytest.approx(20.0)
    assert position_risk(0.7, -50).variance == pytest.approx(525.0)


@given(st.lists(st.floats(-300, 300), min_size=2, max_size=5), st.floats(10, 500), st.data())
def test_a_scoring_rule_never_loses_more_than_its_limit(sold: list[float], b: float, data: st.DataObject) -> None:
    prices = lmsr_prices(sold, b)
    assert prices.sum() == pytest.approx(1.0)
    winner = data.draw(st.integers(0, len(sold) - 1))
    taken = lmsr_cost([0.0] * len(sold), b, sold)
    assert sold[winner] - taken <= lmsr_max_loss(len(sold), b) + 1e-9


@given(PROBABILITIES, PROBABILITIES, st.floats(10, 500))
def test_buying_the_shares_that_move_a_price_moves_it_there(start: float, end: float, b: float) -> None:
    shares = lmsr_shares(start, end, b)
    assert lmsr_prices([lmsr_shares(0.5, start, b) + shares, 0.0], b)[0] == pytest.approx(end)


@given(GRIDS, st.floats(-0.2, 1.2), st.floats(0.0, 0.2))
def test_prices_are_rounded_outwards_to_the_grid(grid: PriceGrid, bid: float, width: float) -> None:
    low, high = grid.below(bid), grid.above(bid + width)
    assert on_grid(grid, low) and on_grid(grid, high)
    assert low / UNIT <= bid + 1e-9 and high / UNIT >= bid + width - 1e-9
    assert bid - low / UNIT < 0.01 + 1e-9 and high / UNIT - (bid + width) < 0.01 + 1e-9


@given(GRIDS, st.floats(-0.2, 1.2), st.floats(-0.05, 0.2), st.integers(2, 98), st.integers(1, 5))
def test_fitted_quotes_never_cross_each_other_or_the_book(
    grid: PriceGrid, bid: float, width: float, best: int, spread: int
) -> None:
    best_bid, best_ask = best * 100, min(best + spread, 99) * 100
    low, high = grid.fit(bid, bid + width, best_bid, best_ask)
    for price in (low, high):
        assert price is None or (0 < price < UNIT and on_grid(grid, price))
        assert price is None or grid.lowest * UNIT <= price <= grid.highest * UNIT
    assert low is None or low < best_ask
    assert high is None or high > best_bid
    assert low is None or high is None or low < high


def test_a_price_on_the_grid_stays_whatever_floats_make_of_it() -> None:
    assert all(CENT.below(cents / 100) == cents * 100 == CENT.above(cents / 100) for cents in range(1, 100))
    assert CENT.below(0.1 + 0.2) == CENT.above(0.1 + 0.2) == 3000
    assert TAPERED.below(0.0999) == 990 and TAPERED.below(0.1099) == 1000


def test_no_quote_is_asked_for_as_nan_and_beyond_the_ends_there_is_none() -> None:
    assert CENT.fit(math.nan, 0.5) == (None, 5000)
    assert CENT.fit(0.005, 0.995) == (None, None)


def test_quotes_that_meet_or_cross_are_set_a_step_apart() -> None:
    assert CENT.fit(0.5, 0.5) == (5000, 5100)
    assert CENT.fit(0.53, 0.51, 4000, 6000) == (5300, 5400)
    assert TENTH_CENT.fit(0.5, 0.5) == (5000, 5010)


def test_a_quoter_widens_with_the_moves_and_by_the_fee() -> None:
    view = View(row=0, fair=0.5, inventory=0, moves=0.1, left=60.0, fee=0.004)
    plain = LogitQuoter(half=0.1, after_fee=False).quotes(view)
    assert plain == pytest.approx((float(expit(-0.1)), float(expit(0.1))))
    assert LogitQuoter(half=0.1).quotes(view) == pytest.approx((plain[0] - 0.004, plain[1] + 0.004))
    wide = LogitQuoter(half=0.1, widen=2.0, after_fee=False).quotes(view)
    assert wide == pytest.approx((float(expit(-0.3)), float(expit(0.3))))
    fixed = LogitQuoter(half=0.1, widen=2.0, moves=0.0, after_fee=False).quotes(view)
    assert fixed == pytest.approx(plain)
    half = 0.5 * optimal_spread(0.05, 0.5 * 0.5 * 0.1, 100.0, 60.0) + 0.004
    assert AvellanedaQuoter(gamma=0.05, k=100.0).quotes(view) == pytest.approx((0.5 - half, 0.5 + half))


def test_the_risk_left_is_capped_near_the_close() -> None:
    view = View(row=0, fair=0.5, inventory=10, moves=5.0, left=60.0, fee=0.0)
    bid, ask = LogitQuoter(gamma=0.02, half=0.1, most_variance=1.0).quotes(view)
    assert (bid, ask) == pytest.approx((float(expit(-0.3)), float(expit(-0.1))))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tick": 0.0}, "at least 0.0001"),
        ({"tick": 0.00001, "edge_tick": 0.00001}, "finest step"),
        ({"edge": 0.055}, "multiple of the tick"),
        ({"edge_tick": 0.003}, "must divide the tick"),
        ({"tick": 0.03, "edge_tick": 0.03}, "must divide one dollar"),
        ({"lowest": 0.0}, "strictly between 0 and 1"),
    ],
)
def test_a_grid_no_market_can_have_is_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        PriceGrid(**options)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1.2, 0, 0.1, 1, 1, 0.1), "inside"),
        ((0.5, 0, -0.1, 1, 1, 0.1), "0 or more"),
        ((0.5, 0, 0.1, 1, 1, 0), "above 0"),
    ],
)
def test_nonsense_in_a_formula_is_refused(arguments: tuple[float, ...], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        logit_quote(*arguments)


def test_the_estimate_of_moves_forgets_by_its_half_life() -> None:
    fair = expit([0.0, 0.3, math.nan, 0.1])
    moves = moves_of(np.array([0.0, 2.0, 3.0, 6.0]), fair, 2.0)
    second = 0.5 * FIRST_GUESS**2 + 0.5 * 0.3**2 / 2.0
    fourth = 0.25 * second + 0.75 * 0.2**2 / 4.0  # four seconds, two half-lives, since the last fair value
    assert moves**2 == pytest.approx([FIRST_GUESS**2, second, second, fourth])
    still = moves_of(np.arange(100.0), np.full(100, 0.4), 2.0)
    assert still[-1] < 1e-9


def test_brackets_that_cover_the_line_sum_to_one_and_settle_to_what_happened() -> None:
    spot, left = np.array([4100.0, 4126.0, 4151.0, np.nan]), np.array([23400.0, 3600.0, 0.0, 60.0])
    edges = [None, 4050.0, 4100.0, 4150.0, None]
    parts = [cauchy_bracket(spot, low, high, left) for low, high in pairwise(edges)]
    assert np.sum(parts, axis=0)[:3] == pytest.approx(1.0)
    assert [part[2] for part in parts] == [0.0, 0.0, 0.0, 1.0]
    assert np.isnan(parts[0][3])


def test_a_bracket_is_the_difference_of_two_cauchy_laws() -> None:
    width = 5e-6 * 3600.0**0.6
    expected = (math.atan(0.01 / width) - math.atan(-0.002 / width)) / math.pi
    assert cauchy_bracket(4000.0, 3992.0, 4040.0, 3600.0) == pytest.approx(expected)
