"""The bundled event markets: complete, honest about their empty books, quick to load, and labelled."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from engine import EventBars, events_from_frame, kalshi_fees, list_events, load_events
from engine.core.errors import InvalidData
from engine.data.bundled import FOLDER


def test_both_sets_are_listed_with_their_licence_and_what_is_made_up() -> None:
    table = list_events()
    assert table.groupby("set").size().to_dict() == {"polymarket": 18, "synthetic": 360}
    assert table.set_index("set").loc["synthetic", "synthetic"].all()
    assert set(table.loc[table["set"] == "polymarket", "licence"]) == {"CC BY 4.0"}
    assert "resolvedmarkets.com" in (FOLDER / "DATA_SOURCES.md").read_text(encoding="utf-8")


def test_every_event_of_six_brackets_pays_one_yes() -> None:
    events = load_events()
    assert len(events.markets) == 360 and len({m.event for m in events.markets}) == 60
    paid = pd.Series([m.settlement for m in events.markets]).groupby([m.event for m in events.markets]).sum()
    assert (paid == 1.0).all()
    assert any("SYNTHETIC" in note for note in events.notes)


def test_quotes_are_those_of_the_file_and_stamped_at_the_open() -> None:
    raw = pd.read_parquet(FOLDER / "pm_synth_candles.parquet")
    events = load_events()
    for ticker in ("KXDEMO-25JAN07-T62.5", "KXDEMO-25MAR07-B87.5"):
        own, bars = raw[raw["ticker"] == ticker], events.one(ticker)
        bid = own["yes_bid_close"].astype(float).to_numpy() / 100
        np.testing.assert_allclose(np.nan_to_num(bars.bid), bid, atol=1e-12)
        ends = own["end_time"].astype("int64").to_numpy() * 1000
        np.testing.assert_array_equal(bars.ends, ends)
        np.testing.assert_array_equal(bars.volume, own["volume"])


def test_the_book_after_the_close_is_empty_and_has_no_middle() -> None:
    events = load_events()
    for ticker in events.symbols[::40]:
        bars = events.one(ticker)
        assert np.isnan([bars.bid[-1], bars.ask[-1]]).all()
        assert not np.isclose(bars.close[-1], 0.5)


def test_an_hour_without_a_trade_keeps_the_last_one_within_the_quote() -> None:
    bars = load_events().one("KXDEMO-25JAN07-T62.5")
    traded = np.isfinite(bars.quotes[11])
    assert not traded.all()
    quiet = ~traded & np.isfinite(bars.bid) & np.isfinite(bars.ask)
    assert ((bars.close[quiet] >= bars.bid[quiet]) & (bars.close[quiet] <= bars.ask[quiet])).all()
    np.testing.assert_array_equal(bars.close[traded], bars.quotes[11][traded])


def test_the_real_markets_come_in_the_interval_that_is_asked_for() -> None:
    minute, ten = load_events("polymarket"), load_events("polymarket", "10s")
    assert (minute.interval, ten.interval) == ("1m", "10s") and len(ten) > 5 * len(minute)
    ticker = minute.symbols[0]
    book = pd.read_parquet(FOLDER / "pm_polymarket_book.parquet").query("market == @ticker")
    for events in (minute, ten):
        bars = events.one(ticker)
        for k in (3, 10, 20):
            before = book[book["ts"] < pd.Timestamp(int(bars.ends[k]), tz="UTC")].iloc[-1]
            assert (bars.bid[k], bars.ask[k]) == (before["bid"], before["ask"])
    assert minute.markets[0].instrument.tick_at(0.02) == 0.001


def test_markets_are_chosen_by_ticker_or_event_and_fees_can_be_replaced() -> None:
    event = load_events("KXDEMO-25JAN08")
    assert len(event.markets) == 6 and len(event) == 39
    two = load_events(["KXDEMO-25JAN07-T62.5", "KXDEMO-25MAR07"], fees=kalshi_fees(multiplier=0))
    assert len(two.markets) == 7 and {m.instrument.fee.rate for m in two.markets if m.instrument.fee} == {0.0}
    np.testing.assert_array_equal(two.one("KXDEMO-25JAN07-T62.5").bid, load_events().one("KXDEMO-25JAN07-T62.5").bid)


@pytest.mark.parametrize(
    ("which", "interval", "words"),
    [
        ("KXDEMO-25JAN", None, "did you mean 'KXDEMO-25JAN"),
        ("synthetic", "1m", "they come in 1h"),
        ("polymarket", "1h", "'15m' or shorter"),
        ([], None, "pass 'synthetic'"),
        (["KXDEMO-25JAN07", "btc-updown-15m-1790586000"], None, "of one of them"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(which: object, interval: str | None, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        load_events(which, interval)  # type: ignore[arg-type]


def test_all_markets_load_in_a_fifth_of_a_second_and_again_at_once() -> None:
    load_events()
    start = time.perf_counter()
    load_events()
    assert time.perf_counter() - start < 0.02


def candles(n: int = 4) -> pd.DataFrame:
    index = pd.date_range("2025-03-10 12:00", periods=n, freq="h", tz="UTC", name="time")
    values = {
        f"{side}_{name}": price
        for side, price in (("bid", 0.4), ("ask", 0.44))
        for name in ("open", "high", "low", "close")
    }
    frame = pd.DataFrame(values, index=index)
    frame.attrs.update(symbol="KXA", interval="1h")
    return frame


def test_sparse_candles_keep_the_quotes_that_stood() -> None:
    frame = candles(5)
    frame.loc[frame.index[1], ["bid_open", "bid_close"]] = 0.38, 0.36
    frame.loc[frame.index[1], "bid_low"] = 0.36
    bars = events_from_frame(frame.drop(frame.index[[2, 3]])).columns(0)
    np.testing.assert_allclose(bars.bid, [0.4, 0.36, 0.36, 0.36, 0.4])
    np.testing.assert_allclose(bars.quotes[0], [0.4, 0.38, 0.36, 0.36, 0.4])
    assert bars.volume.tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.attrs.pop("symbol"), "names no market"),
        (lambda f: f.__delitem__("ask_low"), "no column ask_low"),
        (lambda f: f.__setattr__("index", f.index.tz_localize(None)), "time zone"),
        (lambda f: f.__setitem__("bid_close", 40.0), "lie outside"),
        (lambda f: f.attrs.update(settlement_value=100.0), "did you mean 1"),
        (lambda f: f.attrs.update(close_time="2025-03-10 16:00"), "no time zone"),
    ],
)
def test_bad_candles_are_refused(change: object, words: str) -> None:
    frame = candles()
    change(frame)  # type: ignore[operator]
    if words == "lie outside":  # forty dollars is no price, so it counts as an empty side
        assert np.isnan(events_from_frame(frame).columns(0).bid).all()
        return
    with pytest.raises(InvalidData, match=words):
        events_from_frame(frame)


def test_a_part_of_the_time_has_the_markets_that_live_in_it() -> None:
    events = load_events()
    part = events[100:160]
    assert 0 < len(part.markets) < 40 and len(part) == 60
    ticker = part.symbols[0]
    own, whole = part.one(ticker), events.one(ticker)
    at = int(np.searchsorted(whole.time, own.time[0]))
    np.testing.assert_array_equal(own.bid, whole.bid[at : at + len(own)])
    again = EventBars.together({"a": events.select(events.symbols[:3]), "b": events.select(events.symbols[-3:])})
    np.testing.assert_array_equal(again.one(events.symbols[-1]).ask, events.one(events.symbols[-1]).ask)
