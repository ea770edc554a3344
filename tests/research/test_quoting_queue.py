"""How a resting order is filled: each rule of the queue once, by hand, and a whole run counted on paper."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from engine.core.errors import InvalidConfig, InvalidData
from engine.research.quoting import (
    MIDDLE,
    OPTIMISTIC,
    PESSIMISTIC,
    Book,
    FixedQuotes,
    QueueModel,
    QuotingRules,
    QuotingRun,
    Tape,
    report,
    simulate,
)

NAN = math.nan
FREE = {"fee_type": "quadratic", "latency": 0.0}


def book(
    rows: list[tuple[float, float, float, float]], trades: list[tuple[float, float, float, int]] | None = None
) -> Book:
    """Return a book of rows (bid, size, ask, size) a second apart; trades are (second, price, contracts, taker)."""
    bid, bid_size, ask, ask_size = zip(*rows, strict=True)
    tape = None if trades is None else Tape.of(*zip(*trades, strict=True)) if trades else Tape.of([], [], [], [])
    return Book.of(range(len(rows)), bid, ask, bid_size, ask_size, float(len(rows)), 1.0, tape)


def buy(market: Book, price: float, queue: QueueModel = PESSIMISTIC, size: int = 10) -> list[tuple[int, int]]:
    """Rest a bid from the first row on and return its fills as (row, contracts)."""
    bids = FixedQuotes(np.full(len(market), price), np.full(len(market), NAN))
    return filled(simulate(market, bids, QuotingRules(size=size, limit=size, **FREE), queue))


def filled(run: QuotingRun) -> list[tuple[int, int]]:
    return [(fill.row, fill.contracts) for fill in run.fills]


CALM = (0.50, 100.0, 0.52, 100.0)


def test_trades_at_our_price_meet_those_ahead_of_us_first() -> None:
    trades = [(0.5, 0.50, 60, -1), (1.5, 0.50, 45, -1), (2.5, 0.50, 90, -1)]
    assert buy(book([CALM] * 4, trades), 0.50) == [(2, 5), (3, 5)]


def test_buyers_do_not_fill_a_bid() -> None:
    assert buy(book([CALM] * 3, [(0.5, 0.52, 500, 1)]), 0.50) == []


def test_a_trade_through_our_price_meets_us_first_up_to_its_size() -> None:
    rows = [CALM, (0.48, 50.0, 0.52, 100.0), (0.48, 50.0, 0.52, 100.0)]
    assert buy(book(rows, [(0.5, 0.49, 7, -1)]), 0.50) == [(1, 7)]


def test_who_trades_through_our_price_has_cleared_the_queue_before_us() -> None:
    trades = [(0.5, 0.49, 3, -1), (1.5, 0.50, 5, -1)]
    assert buy(book([CALM] * 3, trades), 0.50) == [(1, 3), (2, 5)]


def test_a_trade_belongs_to_the_row_of_its_own_time() -> None:
    assert buy(book([CALM] * 3, [(1.0, 0.49, 7, -1)]), 0.50) == [(1, 7)]


def test_a_better_price_than_all_others_waits_behind_nobody() -> None:
    assert buy(book([CALM] * 2, [(0.5, 0.51, 4, -1)]), 0.51) == [(1, 4)]


def test_an_offer_at_our_price_meets_us_once_and_up_to_its_size() -> None:
    crossed = [(0.47, 10.0, 0.49, 6.0), (0.47, 10.0, 0.49, 6.0), (0.47, 10.0, 0.49, 8.0)]
    market = book([CALM] * 4 + crossed)
    bids = FixedQuotes(np.full(7, 0.50), np.full(7, NAN))
    late = QuotingRules(size=10, limit=10, fee_type="quadratic", latency=2.5)  # the bid stands while it is crossed
    assert filled(simulate(market, bids, late)) == [(4, 6), (6, 2)]


def test_without_a_tape_a_fall_of_the_best_size_is_trades_or_cancels_by_assumption() -> None:
    rows = [CALM, (0.50, 40.0, 0.52, 100.0), (0.48, 10.0, 0.52, 100.0)]
    assert buy(book(rows), 0.50, PESSIMISTIC) == []
    assert buy(book(rows), 0.50, OPTIMISTIC) == []  # 100 ahead, 100 gone: our turn has just come
    more = [*rows[:1], (0.50, 140.0, 0.52, 100.0), (0.50, 30.0, 0.52, 100.0)]
    assert buy(book(more), 0.50, OPTIMISTIC) == [(2, 10)]  # 110 gone, 100 ahead, some behind
    assert buy(book(more), 0.50, MIDDLE) == []


def test_with_a_tape_what_did_not_trade_was_cancelled() -> None:
    rows = [CALM, (0.50, 20.0, 0.52, 100.0), (0.50, 20.0, 0.52, 100.0)]
    trades = [(1.5, 0.50, 25, -1)]
    # 80 cancels: ahead of us in the best case, and in the worst 80 of the 100 must have been ahead as well
    assert buy(book(rows, trades), 0.50, OPTIMISTIC) == [(2, 5)]
    assert buy(book(rows, trades), 0.50, PESSIMISTIC) == [(2, 5)]
    all_cancelled = [CALM, (0.50, 140.0, 0.52, 100.0), (0.50, 30.0, 0.52, 100.0)]
    assert buy(book(all_cancelled, []), 0.50, OPTIMISTIC) == []
    traded_only = [CALM, (0.50, 40.0, 0.52, 100.0), (0.50, 40.0, 0.52, 100.0)]
    assert buy(book(traded_only, [(0.5, 0.50, 60, -1), (1.5, 0.50, 45, -1)]), 0.50, OPTIMISTIC) == [(2, 5)]
    joined_later = [(0.50, 100.0, 0.52, 100.0), (0.50, 130.0, 0.52, 100.0), (0.50, 60.0, 0.52, 100.0), CALM]
    late = [(2.5, 0.50, 50, -1)]
    assert buy(book(joined_later, late), 0.50, OPTIMISTIC) == [(3, 10)]  # 30 ahead
    assert buy(book(joined_later, late), 0.50, PESSIMISTIC) == []  # 60 ahead


def test_a_level_below_the_best_shows_its_queue_only_when_it_becomes_the_best() -> None:
    rows = [CALM, (0.49, 30.0, 0.52, 100.0), (0.49, 30.0, 0.52, 100.0)]
    trades = [(1.5, 0.49, 32, -1)]
    assert buy(book(rows, trades), 0.49, PESSIMISTIC) == [(2, 2)]
    assert buy(book(rows, trades), 0.49, MIDDLE) == [(2, 10)]
    assert buy(book(rows, trades), 0.49, OPTIMISTIC) == [(2, 10)]


def test_a_book_pulled_as_a_whole_has_not_traded() -> None:
    rows = [CALM, (0.50, 150.0, 0.52, 100.0), (0.0, NAN, 1.0, NAN)]
    assert buy(book(rows), 0.50, OPTIMISTIC) == []


def test_an_ask_is_filled_as_a_bid_for_no() -> None:
    market = book([CALM] * 4, [(0.5, 0.52, 95, 1), (1.5, 0.52, 12, 1), (2.5, 0.53, 1, 1)])
    asks = FixedQuotes(np.full(4, NAN), np.full(4, 0.52))
    run = simulate(market, asks, QuotingRules(size=10, limit=10, **FREE))
    assert [(fill.row, fill.contracts, fill.side, fill.price) for fill in run.fills] == [
        (2, 7, -1, 5200),
        (3, 1, -1, 5200),
    ]


def test_an_order_that_arrives_late_is_not_there_before_and_a_late_cancel_does_not_help() -> None:
    market = book([CALM] * 5, [(second + 0.5, 0.51, 4, -1) for second in range(4)])
    bids = FixedQuotes(np.array([0.51, 0.51, NAN, NAN, NAN]), np.full(5, NAN))
    for latency, rows in ((0.0, [1, 2]), (1.5, [2, 3])):
        run = simulate(market, bids, QuotingRules(size=10, limit=100, fee_type="quadratic", latency=latency))
        assert [fill.row for fill in run.fills] == rows


def test_a_quote_that_would_trade_on_arrival_is_refused() -> None:
    market = book([CALM, (0.45, 10.0, 0.49, 10.0), (0.45, 10.0, 0.49, 10.0)])
    bids = FixedQuotes(np.array([0.51, NAN, NAN]), np.full(3, NAN))
    run = simulate(market, bids, QuotingRules(fee_type="quadratic", latency=1.0))
    assert (run.rejected, run.orders, run.fills) == (1, 0, ())


def test_the_same_price_keeps_its_place_and_another_loses_it() -> None:
    market = book([CALM] * 4, [(0.5, 0.50, 60, -1), (2.5, 0.50, 45, -1)])
    stays = simulate(market, FixedQuotes(np.full(4, 0.50), np.full(4, NAN)), QuotingRules(**FREE))
    leaves = simulate(market, FixedQuotes(np.array([0.50, 0.49, 0.50, 0.50]), np.full(4, NAN)), QuotingRules(**FREE))
    assert (filled(stays), stays.messages, stays.orders) == ([(3, 5)], 1, 1)
    assert (filled(leaves), leaves.messages, leaves.orders) == ([], 3, 3)


def test_time_counts_from_the_row_on_at_which_something_began() -> None:
    market = book([CALM] * 5, [(0.5, 0.50, 110, -1)])  # 10 bought at row 1
    quotes = FixedQuotes(np.full(5, 0.50), np.array([0.52, 0.52, 0.52, 0.52, NAN]))
    result = report(simulate(market, quotes, QuotingRules(size=10, limit=10, **FREE)))
    assert (result.time_at_limit, result.max_inventory, result.inventory_at_close) == (0.75, 10, 10)
    assert result.time_quoted == 0.25  # at its limit the desk bids no more


def test_a_run_counted_on_paper() -> None:
    rows = [CALM, CALM, (0.46, 50.0, 0.48, 50.0), (0.47, 50.0, 0.49, 50.0), (0.50, 50.0, 0.52, 50.0)]
    market = book(rows, [(0.5, 0.50, 104, -1), (3.5, 0.50, 1000, 1)])
    quotes = FixedQuotes(np.array([0.50, NAN, NAN, NAN, NAN]), np.array([NAN, NAN, NAN, 0.50, NAN]))
    run = simulate(market, quotes, QuotingRules(size=10, limit=10, latency=0.0))
    # 4 bought at 50 when the mid was 51 (fee 0.0175 x 4 x 0.25); 10 sold at 50 when the mid was 48
    assert [(f.row, f.side, f.contracts, f.price, f.fee) for f in run.fills] == [
        (1, 1, 4, 5000, Decimal("0.0175")),
        (4, -1, 10, 5000, Decimal("0.0438")),
    ]
    result = report(run, markout=1.0, horizons=(1.0,))
    assert result.split.spread == Decimal("0.04") + Decimal("0.20")
    assert result.split.adverse == 4 * Decimal("-0.04") - 10 * Decimal("0.52")  # the second is settled by then
    assert result.split.inventory == 4 * Decimal("0.53")
    assert result.split.fees == Decimal("-0.0613")
    assert result.pnl == result.split.total == Decimal("4.0") * Decimal("0.5") - 5 - Decimal("0.0613")
    assert result.markouts[1.0] == pytest.approx((4 * -0.03 - 10 * 0.50) / 14)
    assert (result.fills, result.contracts, result.contracts_placed, result.inventory_at_close) == (2, 14, 20, -6)
    assert result.fill_rate == 0.7
    assert result.capital == pytest.approx(3.0613)  # 6 short, 3 dollars taken in, paid 6 if yes
    assert result.max_drawdown == pytest.approx(-3.0613 - 0.0225)  # its best was 4 bought at 50 with the mid at 51


def test_a_one_sided_book_is_marked_at_the_last_mid_that_was_quoted() -> None:
    market = book([(0.0, NAN, 0.52, 5.0), CALM, (0.50, 5.0, 1.0, NAN), (0.0, NAN, 1.0, NAN), (0.60, 5.0, 0.62, 5.0)])
    assert market.marks.tolist() == [-1, 10200, 10200, 10200, 12200]
    assert market.two_sided.tolist() == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": [0, 0]}, "do not rise"),
        ({"bid": [0.5, 0.6]}, "below the ask"),
        ({"bid": [0.5, 0.50001]}, "multiple of 0.0001"),
        ({"bid": [50, 50]}, "strictly between 0 and 1"),
        ({"bid_size": [10, NAN]}, "0 contracts or more"),
        ({"close": 1.0}, "drop the rows from the close on"),
        ({"payout": 100}, "from 0 to 1"),
        ({"ask": [0.55]}, "must be equal"),
    ],
)
def test_a_book_that_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    columns: dict[str, object] = {
        "time": [0, 1],
        "bid": [0.5, 0.5],
        "ask": [0.55, 0.55],
        "bid_size": [10, 10],
        "ask_size": [10, 10],
        "close": 5.0,
        "payout": 1.0,
    }
    with pytest.raises(InvalidData, match=words):
        Book.of(**(columns | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trade", "words"),
    [((0, 1.0, 1, 1), "between 0 and 1"), ((0, 0.5, -1, 1), "0 contracts"), ((0, 0.5, 1, 0), "taker")],
)
def test_a_trade_that_cannot_be_is_refused(trade: tuple[float, ...], words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        Tape.of(*([value] for value in trade))


@pytest.mark.parametrize(
    ("options", "words"),
    [({"size": 0}, "whole number"), ({"limit": 2.5}, "whole number"), ({"latency": -1.0}, "0 or more")],
)
def test_rules_that_cannot_be_are_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        QuotingRules(**options)  # type: ignore[arg-type]


def test_a_queue_share_outside_0_and_1_is_refused() -> None:
    with pytest.raises(InvalidConfig, match=r"lie in \[0, 1\]"):
        QueueModel("wishful", 1.5, 0.5, 0.5)


def test_fair_values_must_be_probabilities_one_for_each_row() -> None:
    with pytest.raises(InvalidData, match="NaN for none"):
        simulate(book([CALM] * 2), FixedQuotes(np.zeros(2), np.ones(2)), fair=[0.5, 50.0])
    with pytest.raises(InvalidData, match="one value for each"):
        simulate(book([CALM] * 2), FixedQuotes(np.zeros(2), np.ones(2)), fair=[0.5])
