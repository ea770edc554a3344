"""Price markets as a model: volatility from the bars, brackets that sum to one, levels already touched."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.core.market import Bars
from engine.models.digital import prob_above, prob_above_average, prob_touch
from engine.models.record import Quoted
from engine.models.threshold import PriceTerms, PriceThreshold, Underlying, brackets
from engine.models.when import HOUR, YEAR
from engine.numerics.volatility import realised_volatility

HOURS = 200


def bars(seed: int = 3, scale: float = 0.01) -> Underlying:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(scale * rng.standard_normal(HOURS)))
    return Underlying.of(np.arange(1, HOURS + 1) * HOUR, close, close, close * 1.004, close * 0.996)


def model(terms: dict[str, PriceTerms], **options: object) -> PriceThreshold:
    given: dict[str, object] = {"underlying": bars(), "periods_per_year": 8760.0, "window": 48} | options
    return PriceThreshold(terms=terms, **given)  # type: ignore[arg-type]


def quotes(*tickers: str, time: int = 100 * HOUR) -> Quoted:
    return Quoted.of(list(tickers), np.full(len(tickers), time), [0.5] * len(tickers))


def test_a_threshold_is_the_formula_on_the_last_close_and_the_bars_volatility() -> None:
    known = bars().until(100 * HOUR)
    last = slice(-48, None)
    sigma = realised_volatility(known.open[last], known.high[last], known.low[last], known.close[last], 8760.0)
    expected = prob_above(known.close[-1], 101.0, sigma, 24 * HOUR / YEAR)
    one = model({"A": PriceTerms(124 * HOUR, low=101.0)})
    assert one.volatility(100 * HOUR) == sigma
    assert one.predict(quotes("A"), 100 * HOUR)["A"] == expected


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.floats(60.0, 160.0), min_size=1, max_size=7, unique=True),
    st.integers(60, 200),
    st.sampled_from(["close", "ewma", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"]),
    st.sampled_from([0.0, 60.0]),
)
def test_the_brackets_of_an_event_sum_to_one(edges: list[float], hour: int, kind: str, minutes: float) -> None:
    ends = [None, *sorted(edges), None]
    names = {f"B{i}": pair for i, pair in enumerate(itertools.pairwise(ends))}
    terms = brackets(200 * HOUR, names, minutes)
    p = model(terms, kind=kind).predict(quotes(*terms, time=hour * HOUR), hour * HOUR).p
    assert p.sum() == pytest.approx(1.0, abs=1e-6)
    assert ((p > 0.0) & (p < 1.0)).all()


def test_a_level_touched_since_the_start_is_settled_and_one_before_it_is_not() -> None:
    known = bars().until(100 * HOUR)
    peak = int(np.argmax(known.high[:90]))
    level = float(known.high[peak]) * 0.9999
    done = PriceTerms(150 * HOUR, high=level, touch=True, start=(peak - 1) * HOUR)
    assert model({"A": done}).predict(quotes("A"), 100 * HOUR)["A"] > 1.0 - 1e-6
    later = PriceTerms(150 * HOUR, high=level * 1.5, touch=True, start=99 * HOUR)
    got = model({"A": later}, sigma=0.8).predict(quotes("A"), 100 * HOUR)["A"]
    assert got == pytest.approx(prob_touch(known.close[-1], level * 1.5, 0.8, 50 * HOUR / YEAR), abs=2e-9)


def test_a_price_that_gapped_over_a_level_has_touched_it() -> None:
    gap = Underlying.of([HOUR, 2 * HOUR, 3 * HOUR], [100.0, 90.0, 110.0])
    terms = {"A": PriceTerms(9 * HOUR, low=100.0, touch=True, start=HOUR)}
    one = PriceThreshold(underlying=gap, terms=terms, periods_per_year=8760.0, sigma=0.1)
    assert one.predict(quotes("A", time=3 * HOUR), 3 * HOUR)["A"] > 1.0 - 1e-6


def test_an_average_settlement_is_narrower_than_the_last_price() -> None:
    close = float(bars().until(100 * HOUR).close[-1])
    terms = {"point": PriceTerms(102 * HOUR, low=close * 1.01)}
    terms["average"] = PriceTerms(102 * HOUR, low=close * 1.01, average_minutes=60.0)
    got = model(terms, sigma=0.6).predict(quotes("average", "point"), 100 * HOUR)
    assert got["average"] == pytest.approx(
        prob_above_average(close, close * 1.01, 0.6, 2 * HOUR / YEAR, HOUR / YEAR), abs=1e-12
    )
    assert got["average"] < got["point"]


def test_bars_are_known_when_they_end() -> None:
    index = pd.date_range("2025-01-06", periods=30, freq="h", tz="UTC")
    close = np.linspace(100.0, 130.0, 30)
    frame = pd.DataFrame({"open": close, "high": close, "low": close, "close": close, "volume": 1.0}, index=index)
    panel = Bars.from_frame(frame, "BTC")
    known = Underlying.from_bars(panel, timedelta(hours=1))
    start = int(index[0].value)
    assert known.time[0] == start + HOUR
    assert len(known.until(start + HOUR - 1)) == 0
    assert len(known.until(start + HOUR)) == 1


def test_it_says_what_it_lacks_and_walks_over_it() -> None:
    one = model({"A": PriceTerms(150 * HOUR, low=100.0)})
    with pytest.raises(InvalidData, match=r"10 bars of the underlying had ended by .*; the model needs 48"):
        one.predict(quotes("A", time=10 * HOUR), 10 * HOUR)
    early_and_late = Quoted.of(["A", "A"], [10 * HOUR, 60 * HOUR], [0.5, 0.5])
    assert np.isnan(one.predict_each(early_and_late)).tolist() == [True, False]


def test_a_still_price_has_no_volatility_and_is_refused() -> None:
    still = Underlying.of(np.arange(1, 99) * HOUR, np.full(98, 100.0))
    for kind in ("close", "ewma", "parkinson"):
        with pytest.raises(InvalidData, match=r"the volatility of the 48 bars .* is 0; it must be above 0"):
            model({"A": PriceTerms(150 * HOUR, low=100.0)}, underlying=still, kind=kind).predict(
                quotes("A", time=90 * HOUR), 90 * HOUR
            )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: model({}, sigma=0.0), InvalidConfig, "sigma, the volatility a year, is 0; it must be above 0"),
        (lambda: model({}, sigma=-0.1), InvalidConfig, "is -0.1; it must be above 0"),
        (lambda: model({}, periods_per_year=0.0), InvalidConfig, "periods_per_year is 0"),
        (lambda: model({}, window=2), InvalidConfig, "window is 2; a volatility needs at least 3 bars"),
        (lambda: model({}, kind="parkinsen"), InvalidConfig, "did you mean 'parkinson'"),
        (
            lambda: model({"A": PriceTerms(datetime(2025, 1, 1, tzinfo=UTC), low=1.0)}),
            InvalidData,
            "the expiry has times with a time zone",
        ),
        (lambda: PriceTerms(5), InvalidConfig, "neither low nor high is given"),
        (lambda: PriceTerms(5, 3.0, 2.0), InvalidConfig, "low is 3.0; it must be below high = 2.0"),
        (lambda: PriceTerms(5, 2.0, 3.0, touch=True), InvalidConfig, "a touch has one"),
        (lambda: brackets(5, {"A": (None, 2.0), "B": (3.0, None)}), InvalidConfig, "A ends at 2.0 and B begins at 3.0"),
        (lambda: Underlying.of([1, 2], [1.0]), InvalidData, "2 times and 1 closes"),
        (lambda: Underlying.of([2, 1], [1.0, 1.0]), InvalidData, "not in order of time"),
        (lambda: Underlying.of([1, 2], [1.0, 0.0]), InvalidData, "bar 2 has a price of 0"),
        (
            lambda: model({"AB": PriceTerms(5, low=1.0)}, sigma=0.2).predict(quotes("AC"), 100 * HOUR),
            InvalidData,
            "no terms are known for AC; did you mean 'AB'",
        ),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as refusal:
        call()  # type: ignore[operator]
    assert "\n" not in str(refusal.value)
