"""Pools, blends and fair prices: their identities, and the weight that past forecasts earn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.models import aggregation
from engine.models.aggregation import Ensemble
from engine.models.base import MarketPrice
from engine.models.frequency import Frequency
from engine.models.record import Quoted, Settled
from engine.models.special import expit, logit
from engine.models.threshold import PriceTerms, PriceThreshold, Underlying

DRAWN = settings(deadline=None, derandomize=True, max_examples=100)
CHANCE = st.floats(0.01, 0.99)
PRICES = st.lists(st.floats(0.02, 0.9), min_size=2, max_size=8)


@DRAWN
@given(st.lists(CHANCE, min_size=1, max_size=8), st.floats(0.2, 4.0))
def test_a_pool_lies_between_its_forecasts_and_is_bolder_when_extremised(p: list[float], a: float) -> None:
    for pooled in (aggregation.pool_linear(p), aggregation.pool_median(p), aggregation.pool_logit(p)):
        assert min(p) - 1e-12 <= float(pooled) <= max(p) + 1e-12
    bold = float(aggregation.pool_logit(p, extremise=a))
    assert 0.0 < bold < 1.0
    plain = float(aggregation.pool_logit(p))
    assert (abs(bold - 0.5) - abs(plain - 0.5)) * (a - 1.0) >= -1e-12
    assert float(aggregation.sharpen(plain, a)) == pytest.approx(bold)


@DRAWN
@given(CHANCE, CHANCE, st.floats(0.0, 1.0))
def test_a_blend_runs_from_the_market_to_the_model(model: float, market: float, w: float) -> None:
    assert float(aggregation.blend_logit(model, market, 0.0)) == pytest.approx(market)
    assert float(aggregation.blend_logit(model, market, 1.0)) == pytest.approx(model)
    blended = float(aggregation.blend_logit(model, market, w))
    assert min(model, market) - 1e-12 <= blended <= max(model, market) + 1e-12
    assert blended == pytest.approx(float(aggregation.pool_logit([model, market], [w, 1.0 - w])))


@DRAWN
@given(PRICES)
def test_fair_prices_sum_to_one_and_power_takes_more_from_longshots(asks: list[float]) -> None:
    fair, k = aggregation.fair_power(asks)
    assert fair.sum() == pytest.approx(1.0)
    assert k >= 1.0 - 1e-9 if sum(asks) >= 1.0 else k < 1.0 + 1e-9
    even = aggregation.fair_proportional(asks)
    assert even.sum() == pytest.approx(1.0)
    if sum(asks) > 1.01 and min(asks) < 0.9 * max(asks):
        assert fair[int(np.argmin(asks))] < even[int(np.argmin(asks))]


def test_the_weight_of_a_model_is_what_its_forecasts_earned() -> None:
    rng = np.random.default_rng(2)
    market = rng.uniform(0.2, 0.8, 20_000)
    model = expit(logit(market) + rng.standard_normal(20_000))
    truth = aggregation.blend_logit(model, market, 0.3)
    y = (rng.random(20_000) < truth).astype(float)
    assert aggregation.fit_blend_weight(model, market, y) == pytest.approx(0.3, abs=0.05)
    blind = (rng.random(20_000) < market).astype(float)
    assert aggregation.fit_blend_weight(1.0 - market, market, blind) == 0.0
    assert aggregation.fit_blend_weight(truth, market, np.round(truth)) == 1.0


def test_bayes_in_odds() -> None:
    assert aggregation.bayes_odds(0.3, 4.0) == pytest.approx(12.0 / 19.0)
    assert aggregation.bayes_odds(0.3, 1.0) == pytest.approx(0.3)


def test_an_ensemble_pools_its_members_and_leaves_out_who_knows_too_little() -> None:
    young = PriceThreshold(
        underlying=Underlying.of([50], [100.0]), terms={"A": PriceTerms(99, low=1.0)}, periods_per_year=1.0, sigma=0.2
    )
    settled = Settled.of(["X"], [1], [1.0], [0.5], [0])
    both = Ensemble(members=(MarketPrice(), young)).fit(settled)
    quoted = Quoted.of(["A", "A"], [10, 60], [0.4, 0.4])
    early, late = both.predict_each(quoted)
    assert early == pytest.approx(0.4)
    assert late > 0.9
    alone = Ensemble(members=(young,)).fit(settled)
    assert np.isnan(alone.predict_each(quoted)).tolist() == [True, False]
    with pytest.raises(InvalidData, match="0 bars of the underlying"):
        alone.predict(quoted, 10)


def test_an_ensemble_fits_its_members() -> None:
    settled = Settled.of(["X", "Y"], [1, 2], [1.0, 1.0], [0.5, 0.5], [0, 0])
    one = Ensemble(members=(Frequency(prior=0.5), MarketPrice()), weights=(1.0, 0.0)).fit(settled)
    quoted = Quoted.of(["A"], [5], [0.3])
    assert one.predict(quoted, 5)["A"] == pytest.approx(Frequency(prior=0.5).fit(settled).predict(quoted, 5)["A"])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: aggregation.pool_logit([0.5, 1.0]), InvalidData, "a forecast is 1; it must be a probability inside"),
        (lambda: aggregation.pool_linear([0.5, 0.6], [1.0]), InvalidConfig, "2 forecasts need as many"),
        (lambda: aggregation.pool_linear([0.5, 0.6], [0.0, 0.0]), InvalidConfig, "not all 0"),
        (lambda: aggregation.blend_logit(0.5, 0.5, 30.0), InvalidConfig, "did you mean 0.3"),
        (lambda: aggregation.sharpen(0.5, 0.0), InvalidConfig, "a is 0; it must be above 0"),
        (lambda: aggregation.fair_power([0.5]), InvalidData, "one price alone has no overround"),
        (lambda: aggregation.fit_blend_weight([], [], []), InvalidData, "the history is empty"),
        (lambda: aggregation.bayes_odds(1.0, 2.0), InvalidData, "prior is 1; it must be a probability inside"),
        (lambda: Ensemble(members=()), InvalidConfig, "members is empty"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
