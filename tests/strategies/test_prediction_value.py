"""The value strategy: which probability counts when, which side it buys, and that it never sees what comes."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    Backtest,
    KellyCriterion,
    LogitRecalibration,
    PredictionValueStrategy,
    Quoted,
    RiskManager,
    Settled,
    kalshi_fees,
    load_events,
    load_sample,
)
from engine.core.errors import InvalidParams
from engine.core.events import EventColumns
from engine.strategies import CATALOGUE, find
from engine.strategies.prediction_value import bar_by_bar, instant
from tests.backtest.event_worked import HOUR, START, market
from tests.effort import tried
from tests.properties.rules import parameters

NAME = "KXELEC-2024"


def columns(quotes: Any, **how: Any) -> EventColumns:
    return market(quotes, **how).columns(0)


def said(strategy: PredictionValueStrategy, bars: EventColumns) -> Any:
    return strategy.signals(bars, strategy.indicators(bars))


def test_the_call_of_the_design_runs_as_written() -> None:
    strategy = PredictionValueStrategy(params={"min_edge": 0.05})
    strategy.set_probability_estimate("KXELEC-2024", 0.55)
    result = Backtest(strategy, 1_000).run(market([(0.40, 0.44)] * 3, 1.0))
    assert result.bets["side"].tolist() == ["yes"]


def test_it_is_in_the_catalogue_with_sliders() -> None:
    assert PredictionValueStrategy in CATALOGUE and find("prediction_value") is PredictionValueStrategy
    assert set(PredictionValueStrategy.PARAMS) == {"min_edge", "exit_edge", "max_spread"}


@pytest.mark.parametrize(("chance", "side"), [(0.55, 1), (0.50, 0), (0.46, 0), (0.40, 0), (0.33, -1)])
def test_it_buys_the_side_whose_edge_after_fee_and_half_spread_is_enough(chance: float, side: int) -> None:
    strategy = PredictionValueStrategy({"min_edge": 0.05}).set_probability_estimate(NAME, chance)
    signals = said(strategy, columns([(0.42, 0.46)] * 2, fee=kalshi_fees()))
    assert signals.entry.tolist() == [side != 0] * 2
    if side:
        assert signals.side.tolist() == [side] * 2
        price = 0.46 if side > 0 else 0.58
        cost = price + 0.07 * price * (1 - price)
        win = chance if side > 0 else 1 - chance
        np.testing.assert_allclose(signals.probability, win)
        np.testing.assert_allclose(signals.payoff, (1 - cost) / cost)


def test_a_side_that_the_market_overpays_is_sold() -> None:
    strategy = PredictionValueStrategy({"exit_edge": 0.05}).set_probability_estimate(NAME, 0.40)
    signals = said(strategy, columns([(0.42, 0.44), (0.48, 0.50), (0.30, 0.32)], fee=kalshi_fees()))
    assert signals.exit.tolist() == [False, True, False]
    assert signals.exit_short.tolist() == [False, False, True]


def test_nothing_is_bought_in_a_wide_or_an_empty_book() -> None:
    strategy = PredictionValueStrategy({"max_spread": 0.1}).set_probability_estimate(NAME, 0.9)
    quotes = [(0.40, 0.50), (0.30, 0.50), (0.0, 0.05), (0.0, 0.5), (0.0, 1.0)]
    assert said(strategy, columns(quotes)).entry.tolist() == [True, False, True, False, False]


def test_an_estimate_counts_from_its_time_until_a_later_one() -> None:
    strategy = PredictionValueStrategy({"min_edge": 0.05})
    strategy.set_probability_estimate(NAME, 0.60, as_of=START + 2 * HOUR)
    strategy.set_probability_estimate(NAME, 0.20, as_of=pd.Timestamp(START + 3 * HOUR + 1, tz="UTC"))
    found = strategy.features(columns([(0.40, 0.44)] * 5))["probability"]
    # a bar is decided at its end: the second bar ends when the first estimate is made
    np.testing.assert_array_equal(found, [math.nan, 0.60, 0.60, 0.20, 0.20])
    assert strategy.notes == ()
    strategy.set_probability_estimate("OTHER", 0.5)
    assert "OTHER has no time" in strategy.notes[0]


def test_a_models_forecasts_come_in_as_columns() -> None:
    bars = columns([(0.40, 0.44)] * 3)
    index = pd.DatetimeIndex(bars.ends, tz="UTC")
    strategy = PredictionValueStrategy().add_estimates([NAME] * 3, index, [math.nan, 0.6, 0.7])
    np.testing.assert_array_equal(strategy.features(bars)["probability"], [math.nan, 0.6, 0.7])


def test_a_model_learns_from_what_has_settled_and_bets_against_the_price() -> None:
    events = load_events()
    quoted = Quoted.from_book(**events.book())
    model = LogitRecalibration().fit(Settled.joined(quoted, events.results()))
    chances = model.predict_each(quoted)
    strategy = PredictionValueStrategy({"min_edge": 0.01}).add_estimates(quoted.ticker, quoted.time, chances)
    result = Backtest(strategy, 10_000, RiskManager(KellyCriterion(0.1, 0.05, 0.001))).run(events)
    bets = result.bets
    assert len(bets) > 20 and strategy.notes == ()
    assert (bets["probability"] > bets["price"]).mean() > 0.9


def test_a_source_speaks_where_no_estimate_does_and_bar_by_bar_shows_it_no_future() -> None:
    seen: list[int] = []

    def predict(bars: EventColumns) -> float:
        seen.append(len(bars))
        return 0.3 + 0.1 * len(bars)

    strategy = PredictionValueStrategy(source=bar_by_bar(predict))
    np.testing.assert_allclose(strategy.features(columns([(0.4, 0.44)] * 3))["probability"], [0.4, 0.5, 0.6])
    assert set(seen) == {1, 2, 3}
    strategy.set_probability_estimate(NAME, 0.9, as_of=START + 3 * HOUR)
    np.testing.assert_allclose(strategy.features(columns([(0.4, 0.44)] * 3))["probability"], [0.4, 0.5, 0.9])


def test_it_does_not_trade_bars_that_are_no_event() -> None:
    result = Backtest(PredictionValueStrategy().set_probability_estimate("SPY", 0.9)).run(
        load_sample("SPY"), symbol="SPY"
    )
    assert result.fills.empty


def test_what_it_is_shown_holds_nothing_of_how_the_market_ends() -> None:
    known = {name for name in dir(columns([(0.4, 0.44)] * 2, settlement=1.0)) if not name.startswith("__")}
    assert not known & {"settlement", "result", "settles", "closes", "over"}


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
@tried(20)
@given(st.data())
def test_every_strategy_of_the_catalogue_holds_the_prefix_law_on_events(cls: Any, data: st.DataObject) -> None:
    events = load_events()
    bars = events.columns(data.draw(st.integers(0, 359)))
    strategy = cls(data.draw(parameters(cls)))
    if isinstance(strategy, PredictionValueStrategy):
        strategy.source = bar_by_bar(lambda b: float(np.clip(b.close[-1] * 0.9 + 0.02, 0.01, 0.99)))
        strategy.set_probability_estimate(bars.ticker, 0.3, as_of=int(bars.ends[data.draw(st.integers(0, 38))]))
    k = data.draw(st.integers(1, len(bars) - 1))
    whole, part = strategy.features(bars), strategy.features(bars[:k])
    for name, values in part.items():
        np.testing.assert_array_equal(values, whole[name][:k], err_msg=name)
    all_, cut = (strategy.signals(b, strategy.indicators(b)) for b in (bars, bars[:k]))
    for name in ("entry", "exit", "side", "exit_short", "probability", "payoff", "score"):
        one, two = getattr(all_, name), getattr(cut, name)
        if isinstance(two, np.ndarray):
            np.testing.assert_array_equal(two, one[:k], err_msg=name)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.set_probability_estimate("A", 1.0), "between 0 and 1"),
        (lambda s: s.set_probability_estimate("A", 55), "did you mean 0.55"),
        (lambda s: s.set_probability_estimate("A", "0.5"), "between 0 and 1"),
        (lambda s: s.set_probability_estimate("A", 0.5, as_of="soon"), "write a time"),
        (lambda s: s.set_probability_estimate("A", 0.5, as_of=datetime(2024, 1, 1)), "without a time zone"),  # noqa: DTZ001
        (lambda s: s.set_probability_estimate("A", 0.5, as_of=1.5), "pass a datetime"),
        (lambda s: s.add_estimates(["A"], [1, 2], [0.5]), "as many"),
        (lambda s: PredictionValueStrategy(source=0.5), "pass a function"),  # type: ignore[arg-type]
        (lambda s: PredictionValueStrategy(source=lambda b: [0.5]).features(columns([(0.4, 0.5)] * 3)), "one a bar"),
        (
            lambda s: PredictionValueStrategy(source=lambda b: np.full(len(b), 60.0)).features(
                columns([(0.4, 0.5)] * 3)
            ),
            "0.6",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(act: Any, words: str) -> None:
    with pytest.raises(InvalidParams, match=words):
        act(PredictionValueStrategy())


def test_times_are_read_exactly() -> None:
    assert instant(datetime(2024, 1, 1, tzinfo=UTC)) == 1_704_067_200_000_000_000
    assert instant("2024-01-01T01:00+01:00") == 1_704_067_200_000_000_000


def test_two_strategies_share_no_estimates() -> None:
    one, two = PredictionValueStrategy(), PredictionValueStrategy()
    one.set_probability_estimate("A", 0.5)
    assert one.notes != () and two.notes == ()
