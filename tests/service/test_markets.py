"""The Markets page's questions: finding markets, their quotes, the stakes of an event, models, and the bets of a run."""

from __future__ import annotations

import io
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import service
from engine.core.errors import InputError
from engine.models.scores import brier
from engine.service import BetRequest, QuotedMarket, ScoreRequest, Sizing
from engine.service.markets import events_of
from engine.service.markets_backtest import tilted
from engine.service.markets_model import outcomes_of, quotes_of

SETS = ("synthetic", "polymarket")
OPENING = "KXDEMO-25FEB03-B37.5"
LOOSE = Sizing(10_000.0, 1.0, 1.0, 0.0)


def test_every_bundled_market_is_listed_with_its_result_and_its_label() -> None:
    found = {name: service.search_markets(name) for name in SETS}
    assert {name: len(rows) for name, rows in found.items()} == {"synthetic": 360, "polymarket": 18}
    assert service.market_set("synthetic").synthetic
    assert "SYNTHETIC" in service.market_set("synthetic").notes[0]
    row = service.market_row("synthetic", OPENING)
    assert (row.label, row.event, row.result, row.settlement) == ("B37.5", "KXDEMO-25FEB03", "yes", 1.0)
    assert not row.live


def test_a_search_wants_every_word_and_the_result() -> None:
    rows = service.search_markets("synthetic", "feb03 -b")
    assert len(rows) == 4
    assert all("25FEB03" in row.ticker for row in rows)
    assert [row.ticker for row in service.search_markets("synthetic", "feb03", "yes")] == [OPENING]
    assert service.search_markets("synthetic", "nothing like it") == ()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: service.search_markets("kalshi"), "there is no set"),
        (lambda: service.search_markets("synthetic", "", "maybe"), "result is 'maybe'"),
        (lambda: service.market_row("synthetic", "KXDEMO-25FEB03-B37"), "did you mean 'KXDEMO-25FEB03-B37.5'"),
        (lambda: service.model_score(ScoreRequest(model="magic")), "there is no model 'magic'"),
        (lambda: service.model_score(ScoreRequest(before=7)), "before is 7"),
        (lambda: service.bet_run(BetRequest(first=0)), "events 0 to 60"),
        (lambda: service.bet_run(BetRequest(last=61)), "the set has 1 to 60"),
        (lambda: service.bet_run(BetRequest(tilt=0.0)), "tilt is 0"),
        (lambda: service.bet_run(BetRequest(source="magic")), "there is no model 'magic'"),
        (lambda: service.shared_beliefs([QuotedMarket("A", "A", 0.4, 0.5)], "A", 1.0), "nothing is certain"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()  # type: ignore[operator]


def test_a_history_shows_only_what_was_quoted_and_a_moment_is_never_after_the_last_quote() -> None:
    view = service.market_history("synthetic", OPENING)
    bars = events_of("synthetic").one(OPENING)
    assert np.array_equal(view.bid, bars.bid, equal_nan=True)
    assert np.array_equal(view.time_ms, bars.ends / 1e6)
    for share in (0.0, 0.3, 1.0):
        bid, ask = view.quote(view.bar_at(share))
        assert not (math.isnan(bid) and math.isnan(ask))
    assert view.bar_at(0.0) < view.bar_at(0.5) < view.bar_at(1.0)


def test_the_quoted_ladder_is_the_top_of_the_book_with_sizes_only_where_the_data_has_them() -> None:
    made = service.market_history("synthetic", OPENING)
    book = service.quoted_ladder("synthetic", made, made.bar_at(0.5))
    assert (book.bids[0].price, book.asks[0].price) == made.quote(made.bar_at(0.5))
    assert math.isnan(book.bids[0].size)
    assert book.label == "Quoted top of book"
    assert not book.live
    real = service.market_history("polymarket", service.search_markets("polymarket")[3].ticker)
    at = real.bar_at(0.5)
    sized = service.quoted_ladder("polymarket", real, at)
    assert (sized.bids[0].price, sized.asks[0].price) == real.quote(at)
    assert sized.bids[0].size > 0.0
    assert "best prices together hold" in sized.note


def test_the_size_shown_belongs_to_the_quote_of_the_same_moment() -> None:
    """Against the file itself: the last look before the close of the bar."""
    from pyarrow.parquet import read_table

    from engine.data.bundled import FOLDER

    ticker = service.search_markets("polymarket")[3].ticker
    view = service.market_history("polymarket", ticker)
    table = read_table(FOLDER / "pm_polymarket_book.parquet").to_pandas()
    own = table[table["market"].astype(str) == ticker]
    for share in (0.3, 0.5, 0.7):
        at = view.bar_at(share)
        when = pd.Timestamp(view.time_ms[at], unit="ms", tz="UTC")
        last = own[own["ts"] < when].iloc[-1]
        book = service.quoted_ladder("polymarket", view, at)
        assert book.bids[0].price == pytest.approx(last["bid"])
        assert book.bids[0].size == last["bid_size"]
        assert book.asks[0].size == last["ask_size"]


quoted = st.lists(st.tuples(st.integers(1, 97), st.integers(1, 20)), min_size=2, max_size=6).map(
    lambda found: [QuotedMarket(f"M{k}", f"M{k}", b / 100, min(b + s, 99) / 100) for k, (b, s) in enumerate(found)]
)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(quoted, st.floats(0.02, 0.98))
def test_beliefs_of_a_partition_sum_to_one_and_keep_the_markets_proportions(
    markets: list[QuotedMarket], p: float
) -> None:
    found = service.shared_beliefs(markets, "M0", p)
    assert found["M0"] == p
    assert math.fsum(found.values()) == pytest.approx(1.0)
    rest = [found[m.ticker] / m.middle for m in markets[1:]]
    assert max(rest) == pytest.approx(min(rest))
    open_ = service.shared_beliefs(markets, "M0", p, exhaustive=False)
    assert math.fsum(open_.values()) <= 1.0 + 1e-9


@settings(deadline=None, derandomize=True, max_examples=25)
@given(quoted, st.floats(0.05, 0.95))
def test_a_plan_spends_what_its_rows_cost_within_the_caps_and_beats_single_kelly(
    markets: list[QuotedMarket], p: float
) -> None:
    sizing = Sizing(10_000.0, 0.5, 0.10, 0.0)
    plan = service.event_plan("E", markets, service.shared_beliefs(markets, "M0", p), sizing, 0.2)
    assert plan.spent == sum((row.spent for row in plan.rows), Decimal(0))
    assert plan.share <= 0.2 + 1e-9
    assert all(float(row.spent) <= 1_000.0 + 1e-6 for row in plan.rows)
    assert plan.together >= plan.separate - 1e-9
    outcomes = [
        sum(row.contracts for row in plan.rows if (row.side == "yes") == (row is winner) and row.side) - plan.spent
        for winner in plan.rows
    ]
    assert plan.worst == min(outcomes)


def test_a_price_that_is_right_is_not_bet_on() -> None:
    markets = [QuotedMarket("A", "A", 0.58, 0.62), QuotedMarket("B", "B", 0.38, 0.42)]
    plan = service.event_plan("E", markets, service.shared_beliefs(markets, "A", 0.60), LOOSE, 1.0)
    assert plan.bets == 0
    assert plan.spent == 0


def test_a_model_is_judged_on_the_very_quotes_of_its_moment() -> None:
    view = service.model_score(ScoreRequest("synthetic", "price", 24))
    bars = events_of("synthetic")
    quotes, results = quotes_of(bars), outcomes_of(bars)
    ends = {market.ticker: market.closes for market in bars.markets}
    rows = [k for k, name in enumerate(quotes.ticker.tolist()) if ends[name] - quotes.time[k] == 24 * bars.step]
    outcome = [results[quotes.ticker[k]][1] for k in rows]
    assert view.score.n == len(rows)
    assert view.score.price_brier == pytest.approx(brier(quotes.price[rows], outcome))
    assert view.same
    assert view.bins == view.price_bins
    assert sum(one.n for one in view.bins) == len(rows)
    assert all(one.low <= one.outcome <= one.high for one in view.bins)


@pytest.mark.parametrize("model", [choice.id for choice in service.probability_models()])
def test_every_model_is_scored_on_both_sets(model: str) -> None:
    for which in SETS:
        for before in service.score_moments(which):
            view = service.model_score(ScoreRequest(which, model, before))
            assert view.bins
            assert view.score.words


def test_the_bets_add_up_to_the_curve() -> None:
    view = service.bet_run(BetRequest(last=12, min_edge=0.01))
    assert len(view.bets) > 10
    assert view.equity[-1] == pytest.approx(10_000.0 + view.profit, abs=1e-6)
    assert view.by_event["pnl"].sum() == pytest.approx(view.profit)
    assert set(view.bets["event"]) <= set(service.event_names("synthetic")[:12])
    assert view.fees > 0.0
    assert (view.drawdown <= 0.0).all()
    read = pd.read_csv(io.BytesIO(service.bets_csv(view.request)))
    assert len(read) == len(view.bets)
    assert {"probability", "price", "fees", "result", "pnl"} <= set(read.columns)


def test_the_price_itself_bets_on_nothing() -> None:
    view = service.bet_run(BetRequest(last=12, tilt=1.0, min_edge=0.0))
    assert view.bets.empty
    assert view.equity[-1] == 10_000.0


def test_a_forecast_is_not_used_after_the_book_has_lost_a_side() -> None:
    """A probability of an hour ago is no belief: bets are made only where bid and ask stood at the decision."""
    view = service.bet_run(BetRequest(source="logit", last=20, min_edge=0.01))
    bars = events_of("synthetic")
    for bet in view.bets.itertuples():
        own = bars.one(bet.symbol)
        at = int(np.searchsorted(own.time, pd.Timestamp(bet.entry_time).value)) - 1
        assert np.isfinite(own.bid[at])
        assert np.isfinite(own.ask[at])


@given(st.floats(0.01, 0.99), st.floats(0.5, 2.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_a_tilt_multiplies_the_log_odds(price: float, tilt: float) -> None:
    p = float(tilted(np.array([price]), tilt)[0])
    assert math.log(p / (1 - p)) == pytest.approx(tilt * math.log(price / (1 - price)), abs=1e-9)
