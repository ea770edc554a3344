"""Laws of quoting over random books: no crossing, no look-ahead, exact money, ordered queues, costly latency."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.research.quoting import (
    CENT,
    MIDDLE,
    OPTIMISTIC,
    PESSIMISTIC,
    QUEUES,
    TAPERED,
    TENTH_CENT,
    AvellanedaQuoter,
    Book,
    FixedQuotes,
    LogitQuoter,
    OffsetQuoter,
    Quoter,
    QuotingRules,
    QuotingRun,
    Tape,
    View,
    report,
    simulate,
)
from engine.research.quoting.grid import UNIT
from tests.research.test_quoting_formulas import on_grid

STEPS = st.tuples(
    st.integers(-3, 3),  # cents the bid moves
    st.integers(1, 4),  # cents of spread
    st.integers(0, 40),  # size at the bid
    st.integers(0, 40),  # size at the ask
    st.integers(1, 8),  # quarters of a second since the row before
    st.sampled_from(["both"] * 8 + ["bid", "ask", "none"]),  # which sides stand
)
TRADES = st.tuples(st.integers(-2, 3), st.integers(1, 60), st.sampled_from([-1, 1]))
QUOTERS = st.sampled_from(
    [
        LogitQuoter(),
        LogitQuoter(gamma=0.1, half=0.02, widen=1.0),
        LogitQuoter(gamma=0.0, half=0.04, moves=0.0, after_fee=False),
        AvellanedaQuoter(),
        OffsetQuoter(),
        OffsetQuoter(below=0.01, above=0.01, per_tick=3.0),
    ]
)
RULES = st.builds(
    QuotingRules,
    size=st.integers(1, 25),
    limit=st.integers(1, 60),
    latency=st.sampled_from([0.0, 0.1, 0.25, 1.0, 2.6]),
    grid=st.sampled_from([CENT, TENTH_CENT, TAPERED]),
    fee_type=st.sampled_from(["quadratic", "quadratic_with_maker_fees", "quadratic_with_combo_maker_fees"]),
    stop_before=st.sampled_from([0.0, 2.0]),
)


@st.composite
def books(draw: st.DrawFn, least: int = 2) -> Book:
    """Draw a book of up to 30 rows, with or without a tape of trades near its prices."""
    steps = draw(st.lists(STEPS, min_size=least, max_size=30))
    start, taped = draw(st.integers(5, 90)), draw(st.booleans())
    bids = np.clip(start + np.cumsum([step[0] for step in steps]), 1, 94)
    columns: dict[str, Any] = {
        "time": np.cumsum([step[4] for step in steps]) / 4.0,
        "bid": bids / 100.0,
        "ask": (bids + [step[1] for step in steps]) / 100.0,
        "bid_size": [float(step[2]) for step in steps],
        "ask_size": [float(step[3]) for step in steps],
    }
    for side, other in (("bid", "ask"), ("ask", "bid")):
        missing = np.array([step[5] in (other, "none") for step in steps])
        columns[side] = np.where(missing, np.nan, columns[side])
    tape = None
    if taped:
        trades = draw(st.lists(TRADES, min_size=len(steps), max_size=len(steps)))
        prices = np.clip(bids + [trade[0] for trade in trades], 1, 99) / 100.0
        tape = Tape.of(columns["time"] - 0.125, prices, [t[1] for t in trades], [t[2] for t in trades])
    payout = draw(st.sampled_from([0.0, 1.0, 0.37]))
    return Book.of(**columns, close=float(columns["time"][-1]) + 1.0, payout=payout, tape=tape)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Book, Quoter, QuotingRules]:
    return draw(books()), draw(QUOTERS), draw(RULES)


def signed(run: QuotingRun) -> int:
    return sum(fill.side * fill.contracts for fill in run.fills)


@given(cases())
def test_quotes_never_cross_and_lie_on_the_grid_inside_0_and_1(case: tuple[Book, Quoter, QuotingRules]) -> None:
    book, quoter, rules = case
    run = simulate(book, quoter, rules)
    bid, ask = run.bid, run.ask
    both = ~np.isnan(bid) & ~np.isnan(ask)
    assert (bid[both] < ask[both]).all()
    assert not (bid >= book.ask).any() and not (ask <= book.bid).any()
    prices = np.concatenate((bid[~np.isnan(bid)], ask[~np.isnan(ask)]))
    assert ((prices > 0.0) & (prices < 1.0)).all()
    assert all(on_grid(rules.grid, round(price * UNIT)) for price in prices.tolist())
    assert np.isnan(bid[~book.two_sided]).all() and np.isnan(ask[~book.two_sided]).all()


@given(QUOTERS, st.floats(0.02, 0.98), st.integers(-100, 100), st.integers(0, 100), st.floats(0.0, 0.2))
def test_more_inventory_never_raises_a_quote(quoter: Quoter, fair: float, held: int, more: int, moves: float) -> None:
    quotes = [quoter.quotes(View(0, fair, q, moves, 100.0, 0.004)) for q in (held, held + more)]
    (bid, ask), (bid_after, ask_after) = quotes
    assert bid_after <= bid + 1e-12 and ask_after <= ask + 1e-12
    fitted = [CENT.fit(*pair, 4000, 6000) for pair in quotes]
    for before, after in zip(*fitted, strict=True):
        assert before is None or after is None or after <= before


@pytest.mark.parametrize("quoter", [LogitQuoter(gamma=0.1), AvellanedaQuoter(gamma=1.0), OffsetQuoter()])
def test_a_large_inventory_lowers_both_quotes_for_real(quoter: Quoter) -> None:
    flat, long = (quoter.quotes(View(0, 0.5, q, 0.05, 100.0, 0.004)) for q in (0, 30))
    assert long[0] < flat[0] and long[1] < flat[1]


@given(QUOTERS, RULES, st.integers(5, 90), st.integers(1, 5), st.integers(0, 50), st.sampled_from(QUEUES))
def test_without_flow_there_is_no_profit_and_no_loss(
    quoter: Quoter, rules: QuotingRules, bid: int, spread: int, size: int, queue: Any
) -> None:
    n = 12
    book = Book.of(
        np.arange(n),
        np.full(n, bid / 100),
        np.full(n, (bid + spread) / 100),
        np.full(n, size),
        np.full(n, size),
        n,
        1.0,
    )
    result = report(simulate(book, quoter, rules, queue))
    assert (result.fills, result.pnl, result.split.total, result.max_drawdown, result.capital) == (0, 0, 0, 0.0, 0.0)


@given(cases(), st.sampled_from(QUEUES), st.sampled_from([0.1, 1.0, 3.0, 100.0]))
def test_the_parts_of_the_profit_add_up_exactly(
    case: tuple[Book, Quoter, QuotingRules], queue: Any, markout: float
) -> None:
    book, quoter, rules = case
    run = simulate(book, quoter, rules, queue)
    result = report(run, markout)
    assert result.pnl == result.split.total
    payout = Decimal(str(book.payout))
    by_fill = [fill.side * fill.contracts * (payout - Decimal(fill.price) / UNIT) - fill.fee for fill in run.fills]
    assert result.pnl == sum(by_fill, Decimal(0))
    assert float(run.position[-1]) == signed(run)
    assert result.capital >= -float(result.pnl) - 1e-9


@given(books(), st.data(), st.sampled_from([0.0, 0.25, 1.5]), st.integers(1, 20))
def test_a_worse_place_in_the_queue_never_fills_more(
    book: Book, data: st.DataObject, latency: float, size: int
) -> None:
    n = len(book)
    offsets = data.draw(st.lists(st.integers(-2, 3), min_size=n, max_size=n))
    bids = np.nan_to_num(book.bid, nan=0.5) + np.array(offsets) / 100.0
    rules = QuotingRules(size=size, limit=100_000, latency=latency)
    quotes = FixedQuotes(bids, bids + 0.02)
    filled = {}
    for queue in QUEUES:
        by_row = np.zeros((2, n))
        for fill in simulate(book, quotes, rules, queue).fills:
            by_row[int(fill.side < 0), fill.row] += fill.contracts
        filled[queue.name] = by_row.cumsum(axis=1)
    assert (filled[PESSIMISTIC.name] <= filled[MIDDLE.name]).all()
    assert (filled[MIDDLE.name] <= filled[OPTIMISTIC.name]).all()


@given(cases(), st.sampled_from(QUEUES))
def test_no_row_fills_more_than_traded_left_or_was_offered(case: tuple[Book, Quoter, QuotingRules], queue: Any) -> None:
    book, quoter, rules = case
    for fill in simulate(book, quoter, rules, queue).fills:
        lane = book.lanes[0 if fill.side > 0 else 1]
        traded = sum(count for _, count in lane.prints[fill.row])
        assert fill.contracts <= traded + lane.gone[fill.row] + lane.offer_size[fill.row]


@given(cases(), st.sampled_from(QUEUES))
def test_fees_are_never_below_the_exact_formula_and_hardly_above(
    case: tuple[Book, Quoter, QuotingRules], queue: Any
) -> None:
    book, quoter, rules = case
    fills = simulate(book, quoter, rules, queue).fills
    for number in {fill.order for fill in fills}:
        own = [fill for fill in fills if fill.order == number]
        exact = sum(rules.rate * f.contracts * Decimal(f.price) / UNIT * (1 - Decimal(f.price) / UNIT) for f in own)
        paid = sum(fill.fee for fill in own)
        assert exact <= paid <= exact + Decimal("0.0001") + len(own) * Decimal("0.000001")
        assert all(fill.fee >= 0 for fill in own)


@given(cases(), st.sampled_from(QUEUES))
def test_the_position_never_leaves_its_limit_whatever_is_on_the_wire(
    case: tuple[Book, Quoter, QuotingRules], queue: Any
) -> None:
    book, quoter, rules = case
    run = simulate(book, quoter, rules, queue)
    assert np.abs(run.position).max() <= rules.limit
    held = 0
    for fill in run.fills:
        held += fill.side * fill.contracts
        assert abs(held) <= rules.limit


@given(cases(), books(least=8), st.integers(1, 29), st.sampled_from(QUEUES))
def test_another_future_changes_nothing_before_it(
    case: tuple[Book, Quoter, QuotingRules], other: Book, place: int, queue: Any
) -> None:
    book, quoter, rules = case
    k = min(place, len(book) - 1)
    after = other.time > other.time[0]
    later = {name: getattr(other, name)[after] for name in ("bid", "ask", "bid_size", "ask_size")}
    past = book.cut(k)
    time = np.concatenate((past.time, past.time[-1] + other.time[after] - other.time[0]))
    columns = {name: np.concatenate((getattr(past, name), values)) for name, values in later.items()}
    # the day's end and its outcome are not the past's business either, but for the time that is left
    changed = Book.of(time, **columns, close=time[-1] + 1.0, payout=1.0 - book.payout, tape=past.tape)
    changed = replace(changed, close=max(changed.close, book.close))
    first, second = (simulate(replace(b, close=changed.close), quoter, rules, queue) for b in (book, changed))
    for name in ("bid", "ask", "position", "cash", "fees", "live"):
        np.testing.assert_array_equal(getattr(first, name)[:k], getattr(second, name)[:k])
    assert [f for f in first.fills if f.row < k] == [f for f in second.fills if f.row < k]


@given(books(), st.integers(1, 20), st.sampled_from([0.0, 0.5]), st.sampled_from(QUEUES), st.data())
def test_to_sell_yes_is_to_buy_no(book: Book, size: int, latency: float, queue: Any, data: st.DataObject) -> None:
    offsets = data.draw(st.lists(st.integers(-2, 2), min_size=len(book), max_size=len(book)))
    bid = np.nan_to_num(book.bid, nan=0.5) + np.array(offsets) / 100.0
    tape = book.tape and Tape(book.tape.time, 1.0 - book.tape.price, book.tape.size, -book.tape.taker)
    mirror = Book(
        book.time, 1.0 - book.ask, 1.0 - book.bid, book.ask_size, book.bid_size, book.close, 1.0 - book.payout, tape
    )
    rules = QuotingRules(size=size, limit=3 * size, latency=latency)
    yes = simulate(book, FixedQuotes(bid, bid + 0.03), rules, queue)
    no = simulate(mirror, FixedQuotes(1.0 - bid - 0.03, 1.0 - bid), rules, queue)
    seen = [sorted((f.row, side * f.side, f.contracts, f.fee) for f in run.fills) for run, side in ((yes, 1), (no, -1))]
    assert seen[0] == seen[1]
    assert report(yes).split == report(no).split


@given(
    st.integers(12, 40),
    st.sampled_from([-1, 1]),
    st.sampled_from([OffsetQuoter(0.03, 0.03, 1e9), LogitQuoter(gamma=0.0, half=0.12)]),
)
def test_latency_never_improves_adverse_selection_in_a_steady_drift(start: int, way: int, quoter: Quoter) -> None:
    n = 40
    mids = (start if way > 0 else 100 - start) + way * np.arange(n)
    # takers go with the drift and through five cents of book; they stop while the mid still has some way to go
    sweeps = Tape.of(np.arange(n - 7) + 0.75, (mids[: n - 7] + 5 * way) / 100, np.full(n - 7, 50), np.full(n - 7, way))
    size = np.full(n, 20)
    book = Book.of(np.arange(n), (mids - 1) / 100, (mids + 1) / 100, size, size, n + 60, float(way > 0), sweeps)
    results = [
        report(simulate(book, quoter, QuotingRules(size=5, limit=10_000, latency=latency)), 5.0, (5.0,))
        for latency in (0.0, 0.5, 1.5, 2.5)
    ]
    assert all(result.contracts >= 20 for result in results)
    adverse = [float(result.split.adverse) / result.contracts for result in results]
    markouts = [result.markouts[5.0] for result in results]
    assert all(slow <= fast + 1e-12 for fast, slow in pairwise(adverse))
    # log-odds quotes are not equally wide everywhere, and a late desk trades on fewer rows
    assert all(slow <= fast + 5e-4 for fast, slow in pairwise(markouts))
    assert markouts[3] < markouts[2] - 0.008 < markouts[0] - 0.0155  # a cent for each row that a quote is late


def test_a_run_asks_again_and_gives_the_same() -> None:
    rng = np.random.default_rng(3)
    bids = np.clip(50 + rng.integers(-2, 3, 200).cumsum(), 5, 90)
    book = Book.of(
        np.arange(200), bids / 100, (bids + 1) / 100, rng.integers(1, 50, 200), rng.integers(1, 50, 200), 200, 1
    )
    first, second = (simulate(book, LogitQuoter(half=0.04), QuotingRules(), MIDDLE) for _ in range(2))
    assert first.fills == second.fills and len(first.fills) > 0
    assert not math.isnan(report(first).markouts[1.0])
