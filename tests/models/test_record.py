"""What goes in as times, quotes and results is checked once, and each refusal is one sentence that helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import InvalidData
from engine.models.base import MarketPrice
from engine.models.record import Quoted, Settled, inside
from engine.models.when import NUMBERS, UNZONED, ZONED, moment, moments, said

NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)
NANOSECONDS = 1_736_164_800_000_000_000


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        (NOON, ZONED),
        (NOON.astimezone(timezone(timedelta(hours=-5))), ZONED),
        (NOON.replace(tzinfo=None), UNZONED),
        (np.datetime64("2025-01-06T12:00"), UNZONED),
        (pd.Timestamp(NOON), ZONED),
        (NANOSECONDS, NUMBERS),
    ],
)
def test_a_time_is_read_from_every_usual_kind(value: object, clock: str) -> None:
    assert moments([value]).nanoseconds.tolist() == [NANOSECONDS]
    assert moments([value]).clock == clock
    assert moment(value, clock) == NANOSECONDS


def test_columns_of_times_are_read_alike() -> None:
    zoned = pd.DatetimeIndex([NOON, NOON + timedelta(hours=1)]).as_unit("us")
    assert moments(zoned).clock == ZONED
    assert moments(zoned.tz_localize(None)).clock == UNZONED
    assert moments(zoned.tz_localize(None).to_numpy()).clock == UNZONED
    assert moments(zoned).nanoseconds.tolist() == moments(zoned.to_pydatetime()).nanoseconds.tolist()
    assert moments(np.array([1, 2])).nanoseconds.tolist() == [1, 2]
    assert moments(np.array([1, 2])).clock == NUMBERS
    assert said(NANOSECONDS, ZONED) == "2025-01-06T12:00:00Z"
    assert said(NANOSECONDS, NUMBERS) == str(NANOSECONDS)


def test_mixed_kinds_of_time_are_refused() -> None:
    with pytest.raises(InvalidData, match="time mixes times with a time zone and times without a time zone"):
        moments([NOON, NOON.replace(tzinfo=None)])
    quoted = Quoted.of(["A"], [NOON], [0.4])
    with pytest.raises(InvalidData, match="belongs to times without a time zone and the data to times with a time"):
        MarketPrice().predict(quoted, NOON.replace(tzinfo=None))
    with pytest.raises(InvalidData, match="the history has plain nanoseconds"):
        MarketPrice().fit(Settled.of(["B"], [1], [1.0])).predict(quoted, NOON)
    with pytest.raises(InvalidData, match="the settlement has times with a time zone, the quote has plain nano"):
        Settled.of(["A"], [NOON], [1.0], [0.4], [5])


@pytest.mark.parametrize("bad", ["2025-01-06", 1.5, None, True, np.datetime64("NaT")])
def test_what_is_no_time_is_refused(bad: object) -> None:
    with pytest.raises(InvalidData, match="it must be a datetime or whole nanoseconds"):
        moments([bad])


def test_an_empty_time_in_a_column_is_refused() -> None:
    with pytest.raises(InvalidData, match="has an empty time"):
        moments(np.array(["2025-01-06", "NaT"], dtype="datetime64[s]"))


@pytest.mark.parametrize(
    ("price", "words"), [(55.0, "did you mean 0.55"), (0.0, "nothing is certain"), (1.0, "inside")]
)
def test_a_price_outside_zero_and_one_is_refused(price: float, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        Quoted.of(["A"], [1], [price])
    with pytest.raises(InvalidData, match=words):
        inside("p", [0.5, price])


def test_a_book_without_both_sides_is_no_price() -> None:
    quoted = Quoted.from_book(["A", "A", "A", "A"], [1, 2, 3, 4], [0.4, 0.0, 0.4, 0.0], [0.5, 1.0, 1.0, 0.3])
    assert quoted.time.tolist() == [1]
    assert quoted.price.tolist() == [0.45]
    assert (quoted.bid.tolist(), quoted.ask.tolist()) == ([0.4], [0.5])


def test_results_join_only_the_quotes_before_them() -> None:
    quoted = Quoted.of(["A", "A", "B", "C"], [1, 9, 2, 3], [0.4, 0.5, 0.6, 0.7], event=["E", "E", "F", "G"])
    joined = Settled.joined(quoted, {"A": (5, 1.0), "B": (4, 0.0)})
    assert joined.ticker.tolist() == ["B", "A"]
    assert joined.quoted.tolist() == [2, 1]
    assert joined.time.tolist() == [4, 5]
    assert joined.outcome.tolist() == [0.0, 1.0]
    assert joined.event.tolist() == ["F", "E"]


def test_rows_are_sorted_and_the_latest_quote_of_each_is_the_last() -> None:
    quoted = Quoted.of(["B", "A", "B"], [3, 2, 1], [0.3, 0.2, 0.1])
    assert quoted.time.tolist() == [1, 2, 3]
    last = quoted.latest()
    assert last.ticker.tolist() == ["A", "B"]
    assert last.price.tolist() == [0.2, 0.3]
    assert quoted.until(1).latest().ticker.tolist() == ["B"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Quoted.of(["A"], [1, 2], [0.5]), "time has 2 rows and ticker 1"),
        (lambda: Quoted.of(["A"], [1], [0.5, 0.5]), "price has 2 rows"),
        (lambda: Quoted.of([""], [1], [0.5]), "a ticker is empty"),
        (lambda: Quoted.of(["A"], [1], [0.5], bid=[0.6], ask=[0.5]), "bid 0.6 above its ask 0.5"),
        (lambda: Quoted.of(["A"], [1], [0.5], event=["E", "F"]), "event has 2 rows"),
        (lambda: Settled.of(["A"], [5], [2.0]), "an outcome is 2; it is 1 for YES"),
        (lambda: Settled.of(["A"], [5], [1.0], [0.4], [6]), "was quoted after it settled"),
        (lambda: MarketPrice().fit(Settled.of([], [], [])), "the history is empty"),
        (
            lambda: MarketPrice().predict(Quoted.of(["A"], [1], [0.4]), 2)["B"],
            "nothing was quoted for B by then; there",
        ),
    ],
)
def test_bad_rows_are_refused_in_one_sentence(call: object, words: str) -> None:
    with pytest.raises(InvalidData, match=words) as refusal:
        call()  # type: ignore[operator]
    assert "\n" not in str(refusal.value)
