"""A recorded market and candles run through the whole study: the range, its figures and what it says it assumes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import InvalidConfig, InvalidData
from engine.research.quoting import (
    Book,
    LogitQuoter,
    OffsetQuoter,
    QuotingRules,
    book_from_candles,
    book_from_frame,
    cauchy_bracket,
    equity_curve,
    quoting_study,
    recorded_books,
    simulate,
    synthetic_books,
)

RECORDED = Path(__file__).parent.parent / "data_files" / "quoting" / "polymarket_btc_15m.csv"
CLOSE = datetime(2026, 9, 28, 10, 0, tzinfo=UTC)


def recorded(notes: tuple[str, ...] = ()) -> Book:
    return book_from_frame(pd.read_csv(RECORDED, parse_dates=["ts"]), CLOSE, 1.0, "btc-up", notes)


def test_the_result_is_a_range_over_queues_with_its_assumptions() -> None:
    study = quoting_study([recorded(("Book data of Resolved Markets, CC BY 4.0.",))], LogitQuoter())
    worst, middle, best = study.results
    assert worst.contracts <= middle.contracts <= best.contracts
    assert worst.contracts > 0
    for one in study.results:
        assert one.pnl == one.split.total
        assert one.split.spread > 0 > one.split.adverse
        assert one.split.fees < 0
    table = study.table()
    assert list(table.columns) == ["pessimistic", "middle", "optimistic"]
    assert table.loc["P&L ($)", "middle"] == float(middle.pnl)
    text = study.summary()
    for words in ("pessimistic: an order joins", "adverse selection, 15 s", "time at the limit", "CC BY 4.0"):
        assert words in text


def test_the_recorded_market_gives_the_figures_it_gave_before() -> None:
    worst, _, best = quoting_study([recorded()], OffsetQuoter(), QuotingRules(latency=0.5)).results
    assert (worst.contracts, worst.pnl, best.contracts, best.pnl) == (
        1045,
        Decimal("-26.349"),
        1050,
        Decimal("-25.3836"),
    )


def test_markets_add_up_and_those_without_a_fill_have_no_markout() -> None:
    still = Book.of([0, 1, 2], [0.5] * 3, [0.6] * 3, [10] * 3, [10] * 3, 3, 1.0, name="still")
    alone = quoting_study([recorded()], OffsetQuoter()).results[0]
    both = quoting_study([recorded(), still], OffsetQuoter()).results[0]
    assert (both.pnl, both.split, both.markouts) == (alone.pnl, alone.split, alone.markouts)
    nothing = quoting_study([still], OffsetQuoter())
    assert all(np.isnan(value) for value in nothing.results[0].markouts.values())
    assert "–" in nothing.summary()


def test_more_skew_keeps_less_inventory_and_wider_quotes_trade_less() -> None:
    bold, careful = (
        simulate(recorded(), LogitQuoter(gamma=gamma, moves=0.03), QuotingRules(limit=200)) for gamma in (0.0, 0.05)
    )
    assert np.abs(careful.position).mean() < 0.5 * np.abs(bold.position).mean()
    wide = simulate(recorded(), LogitQuoter(half=0.3))
    assert len(wide.fills) < 0.5 * len(simulate(recorded(), LogitQuoter(half=0.06)).fills)


def test_fees_come_on_top_of_everything_else() -> None:
    quoter = OffsetQuoter()  # does not look at fees, so both runs have the same fills
    free, paid = (
        quoting_study([recorded()], quoter, QuotingRules(fee_type=kind)).results[0]
        for kind in ("quadratic", "quadratic_with_maker_fees")
    )
    assert free.split.fees == 0 and paid.contracts == free.contracts
    assert paid.pnl - free.pnl == paid.split.fees < 0


def test_the_equity_curve_ends_at_the_settled_profit() -> None:
    run = simulate(recorded(), LogitQuoter())
    curve = equity_curve(run)
    assert len(curve) == len(run.book) + 2
    assert curve[0] == 0.0
    assert curve[-1] == float(quoting_study([recorded()], LogitQuoter()).results[0].pnl)


def test_nothing_rests_in_the_last_seconds_when_told_so() -> None:
    run = simulate(recorded(), LogitQuoter(), QuotingRules(stop_before=120.0, latency=0.25))
    assert not any(fill.time > -119.0 for fill in run.fills)
    assert np.isnan(run.bid[run.book.time >= -120.0]).all()
    assert any(fill.time > -119.0 for fill in simulate(recorded(), LogitQuoter()).fills)


def test_an_index_bracket_is_quoted_by_the_index_and_not_by_its_own_book() -> None:
    rng = np.random.default_rng(11)
    n = 1200
    left = np.arange(n, 0, -1).astype(float)
    spot = 4120.0 + rng.normal(0.0, 0.25, n).cumsum()
    fair = cauchy_bracket(spot, 4100.0, 4150.0, left)
    stale = np.append(np.repeat(fair[0], 20), fair[:-20])  # a book that follows the index 20 seconds late
    bid = np.clip(np.floor(stale * 100) - 1, 1, 97) / 100
    book = Book.of(
        -left, bid, bid + 0.02, np.full(n, 50), np.full(n, 50), 0.0, float(4100 <= spot[-1] < 4150), name="b"
    )
    study = quoting_study([book], OffsetQuoter(), fairs={"b": fair})
    ours = simulate(book, OffsetQuoter(), fair=fair)
    theirs = simulate(book, OffsetQuoter())
    assert len(study.results) == 3
    assert not np.array_equal(ours.bid, theirs.bid, equal_nan=True)
    blind = np.where(np.arange(n) < 600, fair, np.nan)
    assert np.isnan(simulate(book, OffsetQuoter(), fair=blind).bid[600:]).all()


def candles() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "end_time": pd.date_range("2025-01-07 21:00", periods=5, freq="h", tz="UTC"),
            "yes_bid_close": [40, 42, 0, 45, 0],
            "yes_ask_close": [44, 45, 3, 48, 100],
            "price_low": pd.array([41, 38, None, 44, None], "Int16"),
            "price_high": pd.array([43, 45, None, 47, None], "Int16"),
            "volume": [100, 200, 0, 30, 0],
        }
    )


def test_candles_become_a_book_whose_pulled_end_is_no_price() -> None:
    book = book_from_candles(candles(), datetime(2025, 1, 8, 1, 0, tzinfo=UTC), 1.0, "demo", depth=20, at_extremes=0.25)
    assert book.time.tolist() == [-14400.0, -10800.0, -7200.0, -3600.0]
    assert np.isnan(book.bid[2]) and book.ask[2] == 0.03
    assert book.tape is not None
    assert book.tape.price.tolist() == [0.41, 0.43, 0.38, 0.45, 0.44, 0.47]
    assert book.tape.size.tolist() == [25.0, 25.0, 50.0, 50.0, 7.0, 7.0]
    assert "20 contracts are assumed" in book.notes[0] and "25% of" in book.notes[0]
    run = simulate(book, OffsetQuoter(0.01, 0.01), QuotingRules(latency=1.0))
    assert [(fill.row, fill.side, fill.price) for fill in run.fills] == [(1, 1, 4100), (1, -1, 4300)]


def test_the_bundled_markets_are_books_that_say_where_they_are_from() -> None:
    real = recorded_books()
    assert len(real) == 18
    same = next(book for book in real if book.name == "btc-updown-15m-1790588700")
    np.testing.assert_array_equal(same.bid, recorded().bid)
    assert (same.time.tolist(), same.payout) == (recorded().time.tolist(), 1.0)
    assert all("CC BY 4.0" in book.notes[0] and book.tape is None for book in real)
    made_up = synthetic_books(12)
    assert len(made_up) == 12
    assert sum(book.payout for book in made_up) == 2.0  # two events of six brackets, one of which comes true
    assert all("SYNTHETIC" in book.notes[0] and "are assumed" in book.notes[1] for book in made_up)
    study = quoting_study(
        made_up, LogitQuoter(half=0.2), QuotingRules(memory=7200.0), markout=7200.0, horizons=(3600.0,)
    )
    assert all(one.pnl == one.split.total for one in study.results)
    with pytest.raises(InvalidConfig, match="at least 1"):
        synthetic_books(0)


@pytest.mark.parametrize("missing", ["ts", "ask_size"])
def test_a_table_without_a_column_is_refused(missing: str) -> None:
    frame = pd.read_csv(RECORDED, parse_dates=["ts"]).drop(columns=missing)
    with pytest.raises(InvalidData, match=f"no column '{missing}'"):
        book_from_frame(frame, CLOSE, 1.0)


def test_a_study_of_nothing_or_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="at least one"):
        quoting_study([], LogitQuoter())
    with pytest.raises(InvalidConfig, match="no book of this study"):
        quoting_study([recorded()], LogitQuoter(), fairs={"btc-down": [0.5]})
    with pytest.raises(InvalidConfig, match=r"0 to 0\.5"):
        book_from_candles(candles(), datetime(2025, 1, 8, tzinfo=UTC), 1.0, at_extremes=0.8)
