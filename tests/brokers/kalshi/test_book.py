"""The order book: changes one by one give the same book as a snapshot of the end."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.base import LinkUpdate, Quote
from engine.brokers.kalshi.book import read_order_book
from engine.brokers.kalshi.messages import BookUpdate
from engine.brokers.kalshi.session import BOOK, Session

D = Decimal

TICKER = "KXA-1"


def frame(kind: str, msg: Any, seq: int, sid: int = 1) -> str:
    return json.dumps({"type": kind, "sid": sid, "seq": seq, "msg": msg, "sending_ts_ms": 1})


def snapshot(seq: int, yes: Any = None, no: Any = None, ticker: str = TICKER, **more: Any) -> str:
    sides = {"yes_dollars_fp": yes, "no_dollars_fp": no}
    msg = {"market_ticker": ticker, "market_id": "m"} | {k: v for k, v in sides.items() if v is not None} | more
    return frame("orderbook_snapshot", msg, seq)


def delta(seq: int, side: str, price: str, by: str, ticker: str = TICKER, **more: Any) -> str:
    msg = {"market_ticker": ticker, "price_dollars": price, "delta_fp": by, "side": side, "ts_ms": 1000 + seq}
    return frame("orderbook_delta", msg | more, seq)


def session(*tickers: str) -> Session:
    made = Session([BOOK], tickers or (TICKER,))
    made.subscribe()
    made.take_commands()
    made.feed(json.dumps({"type": "subscribed", "id": 1, "msg": {"channel": BOOK, "sid": 1}}))
    return made


def book_of(s: Session, ticker: str = TICKER) -> tuple[Any, Any]:
    view = s.books[ticker].view()
    return view.bids, view.asks


def test_a_rest_book_is_one_yes_book_whichever_way_its_levels_come() -> None:
    yes = [["0.4500", "3.00"], ["0.4700", "10.50"]]
    no = [["0.5000", "1.00"], ["0.5100", "2.00"]]
    for flip in (1, -1):
        book = read_order_book(TICKER, {"yes_dollars": yes[::flip], "no_dollars": no[::flip]})
        assert book.bids == ((D("0.47"), D("10.5")), (D("0.45"), D(3)))
        assert book.asks == ((D("0.49"), D(2)), (D("0.50"), D(1)))
        assert (book.best_bid, book.best_ask, book.spread) == (D("0.47"), D("0.49"), D("0.02"))


def test_an_empty_or_missing_side_is_no_price() -> None:
    for raw in ({}, {"yes_dollars": [], "no_dollars": None}, {"yes_dollars": [["0.0000", "5"], ["1.0000", "5"]]}):
        book = read_order_book(TICKER, raw)
        assert (book.best_bid, book.best_ask, book.spread, book.quote.bid_size) == (None, None, None, None)


def test_walking_the_book_says_what_a_size_costs() -> None:
    book = read_order_book(TICKER, {"yes_dollars": [["0.40", "2"]], "no_dollars": [["0.50", "1"], ["0.45", "4"]]})
    assert book.cost_to_buy(D(3)) == (D(3), D("0.50") + 2 * D("0.55"))
    assert book.cost_to_buy(D(9)) == (D(5), D("0.50") + 4 * D("0.55"))
    assert book.worth_of_sale(D(5)) == (D(2), D("0.80"))


PRICES = st.integers(1, 9999).map(lambda n: D(n) / 10000)
SIZES = st.integers(1, 100_000).map(lambda n: D(n) / 100)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(PRICES, SIZES, max_size=6),
    st.dictionaries(PRICES, SIZES, max_size=6),
    st.lists(st.tuples(st.sampled_from(["yes", "no"]), PRICES, SIZES, st.booleans()), max_size=25),
    st.randoms(use_true_random=False),
)
def test_a_book_from_changes_equals_a_book_from_a_snapshot(
    yes: dict[D, D], no: dict[D, D], moves: list[tuple[str, D, D, bool]], rng: Any
) -> None:
    border = rng.choice(sorted({*yes, *no, D("0.5")}))
    sides = {"yes": {p: s for p, s in yes.items() if p < border}, "no": {p: s for p, s in no.items() if p > border}}
    written = lambda levels: [[str(p), str(s)] for p, s in levels.items()]  # noqa: E731
    live = session()
    live.feed(snapshot(1, written(sides["yes"]), written(sides["no"])))
    seq = 1
    for side, price, size, away in moves:
        if (price < border) is not (side == "yes") or price == border:
            continue
        level = sides[side].get(price, D(0))
        by = -level if away and level else size
        sides[side][price] = level + by
        if not sides[side][price]:
            del sides[side][price]
        seq += 1
        live.feed(delta(seq, side, str(price), str(by)))
    fresh = session()
    fresh.feed(snapshot(1, written(sides["yes"]) or None, written(sides["no"]) or None))
    assert book_of(live) == book_of(fresh)
    assert not live.take_commands()
    assert [p for p, _ in book_of(live)[0]] == sorted(sides["yes"], reverse=True)
    assert dict(book_of(live)[1]) == sides["no"]


def test_a_level_goes_when_exactly_nothing_is_left() -> None:
    s = session()
    s.feed(snapshot(1, [["0.40", "0.30"]]))
    for seq in (2, 3, 4):
        s.feed(delta(seq, "yes", "0.4000", "-0.10"))
    assert book_of(s) == ((), ())


def test_quotes_are_told_when_the_top_changes_and_only_then() -> None:
    s = session()
    first = s.feed(snapshot(1, [["0.40", "5.00"]], [["0.45", "7.00"]]))
    assert [u for u in first if isinstance(u, Quote)] == [Quote(TICKER, D("0.40"), D("0.45"), D(5), D(7), None)]
    below = s.feed(delta(2, "yes", "0.3000", "5.00"))
    assert [type(u) for u in below] == [BookUpdate]
    better = s.feed(delta(3, "yes", "0.4100", "1.00"))
    assert [u.bid for u in better if isinstance(u, Quote)] == [D("0.41")]


def gap_commands(s: Session) -> list[dict[str, Any]]:
    return [json.loads(text) for text in s.take_commands()]


def test_a_gap_drops_the_books_and_asks_for_snapshots() -> None:
    s = session(TICKER, "KXB-1")
    s.feed(snapshot(1, [["0.40", "5.00"]]))
    s.feed(snapshot(2, [["0.20", "5.00"]], ticker="KXB-1"))
    updates = s.feed(delta(4, "yes", "0.4100", "1.00"))
    assert [type(u) for u in updates] == [LinkUpdate] and updates[0].state == "stale"  # type: ignore[union-attr]
    assert not s.books
    (command,) = gap_commands(s)
    assert command["cmd"] == "update_subscription"
    assert command["params"] == {"sid": 1, "market_tickers": [TICKER, "KXB-1"], "action": "get_snapshot"}
    assert s.feed(delta(5, "yes", "0.4100", "1.00")) == []  # no book, no quote
    assert not s.take_commands()
    s.feed(frame("ok", {"market_tickers": [TICKER, "KXB-1"]}, 6))
    s.feed(snapshot(7, [["0.42", "5.00"]], clock=90))
    assert s.feed(delta(8, "yes", "0.4200", "-5.00", clock=90)) == []  # the snapshot contains it
    s.feed(delta(9, "yes", "0.4300", "1.00", clock=91))
    assert book_of(s)[0] == ((D("0.43"), D(1)), (D("0.42"), D(5)))


def test_a_lost_first_snapshot_is_asked_for() -> None:
    s = session()
    s.feed(delta(2, "yes", "0.4100", "1.00"))
    assert [c["params"]["action"] for c in gap_commands(s)] == ["get_snapshot"] and not s.books


def test_a_frame_that_comes_twice_counts_once() -> None:
    s = session()
    s.feed(snapshot(1, [["0.40", "5.00"]]))
    for _ in range(3):
        s.feed(delta(2, "yes", "0.4000", "1.00"))
    assert book_of(s)[0] == ((D("0.40"), D(6)),)


@pytest.mark.parametrize("bad", [("yes", "0.4000", "-6.00"), ("no", "0.3500", "1.00"), ("yes", "1.2000", "1.00")])
def test_a_book_that_does_not_add_up_is_asked_for_again(bad: tuple[str, str, str]) -> None:
    s = session()
    s.feed(snapshot(1, [["0.40", "5.00"]]))
    updates = s.feed(delta(2, *bad))
    assert [u.state for u in updates if isinstance(u, LinkUpdate)] == ["stale"]
    assert len(s.take_commands()) == 1 and TICKER not in s.books


def test_a_change_that_cannot_be_read_makes_no_book_up() -> None:
    s = session()
    s.feed(snapshot(1, [["0.40", "5.00"]]))
    s.feed(delta(2, "sideways", "0.4100", "1.00"))
    assert not s.books and len(s.take_commands()) == 1
