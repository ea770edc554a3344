"""Sessions and bars per year against the clock rules of New York, written out a second time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import InvalidData
from engine.data import (
    bars_per_year,
    bars_per_year_of,
    expected_times,
    infer_calendar,
    infer_interval,
    is_open,
    list_samples,
    load_sample,
    next_open,
    sessions,
)

NEW_YORK = ZoneInfo("America/New_York")
CLOSED = {date(2022, 6, 20), date(2022, 7, 4), date(2022, 11, 24)}
HALF = {date(2022, 11, 25)}


def open_in_new_york(moment: datetime) -> bool:
    local = moment.astimezone(NEW_YORK)
    if local.weekday() > 4 or local.date() in CLOSED:
        return False
    return time(9, 30) <= local.time() < (time(13) if local.date() in HALF else time(16))


def open_on_currencies(moment: datetime) -> bool:
    local = moment.astimezone(NEW_YORK)
    after_five = local.time() >= time(17)
    return (
        local.weekday() in (0, 1, 2, 3)
        or (local.weekday() == 6 and after_five)
        or (local.weekday() == 4 and not after_five)
    )


def minutes(first: date, days: int) -> list[datetime]:
    start = datetime.combine(first, time(), UTC)
    return [start + timedelta(minutes=at) for at in range(days * 1440)]


@pytest.mark.parametrize(
    ("first", "days"),
    [(date(2022, 3, 7), 14), (date(2022, 10, 31), 14), (date(2022, 11, 21), 7), (date(2022, 6, 17), 7)],
    ids=["spring", "autumn", "thanksgiving", "juneteenth"],
)
@pytest.mark.parametrize(("calendar", "rule"), [("XNYS", open_in_new_york), ("24/5", open_on_currencies)])
def test_every_minute_around_clock_changes_and_holidays_agrees_with_new_york_clocks(first, days, calendar, rule):
    differing = [moment for moment in minutes(first, days) if is_open(calendar, moment) != rule(moment)]
    assert not differing


def test_sessions_open_at_half_past_nine_on_both_sides_of_a_clock_change():
    table = sessions("XNYS", "2022-03-11", "2022-03-14")
    assert table["open"].tolist() == [pd.Timestamp("2022-03-11 14:30Z"), pd.Timestamp("2022-03-14 13:30Z")]
    assert table["close"].tolist() == [pd.Timestamp("2022-03-11 21:00Z"), pd.Timestamp("2022-03-14 20:00Z")]
    assert table.index.tolist() == [pd.Timestamp("2022-03-11"), pd.Timestamp("2022-03-14")]


def test_the_day_after_thanksgiving_closes_early_and_says_so():
    table = sessions("XNYS", "2022-11-23", "2022-11-28")
    assert table.index.strftime("%m-%d").tolist() == ["11-23", "11-25", "11-28"]
    assert table["early_close"].tolist() == [False, True, False]
    assert table.loc["2022-11-25", "close"] == pd.Timestamp("2022-11-25 18:00Z")


def test_juneteenth_is_a_holiday_from_2022_and_was_none_before():
    assert pd.Timestamp("2022-06-20") not in sessions("XNYS", "2022-06-13", "2022-06-24").index
    assert pd.Timestamp("2021-06-18") in sessions("XNYS", "2021-06-14", "2021-06-25").index


def test_the_opening_instant_is_open_and_the_closing_instant_is_not():
    assert is_open("XNYS", pd.Timestamp("2022-11-25 09:30", tz="America/New_York"))
    assert is_open("XNYS", pd.Timestamp("2022-11-25 12:59:59.999", tz="America/New_York"))
    assert not is_open("XNYS", pd.Timestamp("2022-11-25 13:00", tz="America/New_York"))
    assert is_open("24/7", pd.Timestamp("2022-11-26 03:00", tz="UTC"))


def test_the_next_open_skips_nights_weekends_and_holidays():
    assert next_open("XNYS", pd.Timestamp("2022-11-23 21:00Z")) == pd.Timestamp("2022-11-25 14:30Z")
    assert next_open("XNYS", pd.Timestamp("2022-11-25 14:30Z")) == pd.Timestamp("2022-11-28 14:30Z")
    assert next_open("24/5", pd.Timestamp("2022-07-02 12:00Z")) == pd.Timestamp("2022-07-03 21:00Z")
    assert next_open("24/7", pd.Timestamp("2022-07-02 12:00Z")) == pd.Timestamp("2022-07-03 00:00Z")


def test_bars_per_year_follow_the_stated_conventions():
    assert [bars_per_year("XNYS", each) for each in ("1d", "1h", "1m", "5m")] == [252, 7 * 252, 390 * 252, 78 * 252]
    assert [bars_per_year("24/7", each) for each in ("1d", "1h", "1m")] == [365, 8760, 525_600]
    assert [bars_per_year("24/5", each) for each in ("1d", "1h")] == [260, 6240]
    assert [bars_per_year("XNYS", each) for each in ("1w", "1mo", "2d")] == [52, 12, 126]


def test_252_is_what_the_exchange_calendar_itself_averages():
    years = len(sessions("XNYS", "2000-01-01", "2022-12-31")) / 23
    assert abs(years - bars_per_year("XNYS", "1d")) < 0.5


def test_the_convention_holds_for_every_bundled_series():
    for symbol, interval in list_samples()[["symbol", "interval"]].itertuples(index=False):
        bars = load_sample(symbol, interval)
        assert bars_per_year_of(bars) == bars_per_year(bars.attrs["calendar"], interval), symbol


def test_data_with_another_rhythm_is_annualised_by_the_bars_it_has():
    days = pd.bdate_range("2022-05-02", periods=10)
    minutes = [pd.date_range(day + pd.Timedelta(hours=9), periods=960, freq="min") for day in days]
    extended = pd.DatetimeIndex(np.concatenate(minutes)).tz_localize("UTC")
    assert bars_per_year_of(extended, "XNYS", "1m") == 960 * 252
    every_other_day = load_sample("MSFT").index[::2]
    assert bars_per_year_of(every_other_day, "XNYS", "1d") == pytest.approx(126, abs=1)


def test_a_short_span_is_annualised_by_convention():
    assert bars_per_year_of(load_sample("MSFT").index[:30]) == 252
    assert bars_per_year_of(load_sample("SPY", "1m").index[:0], "XNYS", "1m") == 98_280
    assert bars_per_year_of(load_sample("SPY", "1m").index) == 98_280


def test_expected_times_are_those_of_the_bundled_minute_bars():
    index = load_sample("MSFT", "1m").index
    assert expected_times("XNYS", "1m", index[0], index[-1]).equals(index)
    week = load_sample("BTCUSD", "1m").index
    assert expected_times("24/7", "1m", "2026-08-24", "2026-08-30").equals(week)


def test_expected_times_are_the_trading_days_of_the_bundled_stocks():
    index = load_sample("MSFT").index
    assert expected_times("XNYS", "1d", index[0], index[-1]).equals(index)
    crypto = load_sample("BTCUSDT").index
    assert expected_times("24/7", "1d", "2017-08-17", "2023-12-31").equals(crypto)


def test_expected_times_of_the_currency_week_hold_all_bundled_euro_bars_but_holidays():
    index = load_sample("EURUSD", "1h").index
    expected = expected_times("24/5", "1h", index[0], index[-1])
    assert index.isin(expected).all()
    missing = expected.difference(index)
    assert len(missing) < 40
    assert set(missing.strftime("%m-%d")) <= {"12-24", "12-25", "12-26", "01-01", "01-02", "04-14", "04-13", "12-22"}


def test_a_half_day_has_210_minutes_and_a_full_one_390():
    assert len(expected_times("XNYS", "1m", "2022-11-25", "2022-11-25")) == 210
    assert len(expected_times("XNYS", "1m", "2022-11-28", "2022-11-28")) == 390
    assert len(expected_times("XNYS", "1h", "2022-11-25", "2022-11-25")) == 4


def test_bounds_with_a_time_of_day_cut_inside_the_session():
    times = expected_times("XNYS", "1h", "2022-11-25 11:00-05:00", "2022-11-28 10:30-05:00")
    assert times.tz_convert(NEW_YORK).strftime("%d %H:%M").tolist() == ["25 11:30", "25 12:30", "28 09:30", "28 10:30"]


@pytest.mark.parametrize(("calendar", "interval", "symbol"), [("XNYS", "1d", "MSFT"), ("24/7", "1d", "BTCUSDT")])
def test_interval_and_calendar_are_inferred_from_daily_bars(calendar, interval, symbol):
    index = load_sample(symbol, interval).index
    assert (infer_calendar(index), infer_interval(index)) == (calendar, interval)


@pytest.mark.parametrize(
    ("symbol", "interval", "calendar"),
    [
        ("MSFT", "1m", "XNYS"),
        ("SPY", "1m", "XNYS"),
        ("BTCUSD", "1m", "24/7"),
        ("BTCUSDT", "1h", "24/7"),
        ("EURUSD", "1h", "24/5"),
    ],
)
def test_interval_and_calendar_are_inferred_from_intraday_bars(symbol, interval, calendar):
    index = load_sample(symbol, interval).index
    assert (infer_calendar(index), infer_interval(index)) == (calendar, interval)


@pytest.mark.parametrize("rows", range(500, 6_000, 317))
def test_inference_does_not_depend_on_the_number_of_bars(rows):
    daily = pd.date_range("2001-01-01", periods=rows, freq="D")
    assert infer_calendar(daily) == "24/7"
    assert infer_calendar(pd.bdate_range("2001-01-01", periods=rows)) == "XNYS"


@pytest.mark.parametrize(
    ("freq", "interval"),
    [("5min", "5m"), ("4h", "4h"), ("30s", "30s"), ("W-FRI", "1w"), ("ME", "1mo"), ("90min", "90m")],
)
def test_other_intervals_are_named_by_their_gap(freq, interval):
    assert infer_interval(pd.date_range("2022-01-03", periods=50, freq=freq)) == interval


def test_three_weekdays_around_the_clock_are_taken_for_crypto():
    assert infer_calendar(pd.date_range("2022-01-03", periods=72, freq="h", tz="UTC")) == "24/7"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: sessions("NYSE", "2022-01-01", "2022-01-31"),
            r"'NYSE'; known are XNYS, 24/7, 24/5; did you mean 'XNYS'\?",
        ),
        (lambda: sessions("XNYS", "2022-02-01", "2022-01-31"), "start 2022-02-01 is after end 2022-01-31; swap them"),
        (lambda: sessions("XNYS", "hello", "2022-01-31"), "start is 'hello'; write a date"),
        (lambda: sessions("XNYS", "NaT", "2022-01-31"), "start is 'NaT'; write a date"),
        (lambda: sessions("XNYS", "1800-01-01", "2022-01-31"), "leaves the calendar, which covers 1900"),
        (
            lambda: is_open("XNYS", pd.Timestamp("2022-01-03 15:00")),
            "time 2022-01-03 15:00:00 has no time zone; say which",
        ),
        (lambda: next_open("24/7", pd.Timestamp("2150-01-01", tz="UTC")), "leaves the calendar"),
        (lambda: bars_per_year("XNYS", "daily"), "interval is 'daily'; write a number and one of"),
        (lambda: bars_per_year("XNYS", 1), "interval is 1; write a number"),
        (
            lambda: expected_times("XNYS", "1w", "2022-01-01", "2022-01-31"),
            "'1w'; expected times exist for",
        ),
        (lambda: infer_interval(pd.DatetimeIndex(["2022-01-03"])), "1 bar has no interval"),
        (lambda: infer_interval([1, 2]), "times are a list; pass a DatetimeIndex"),
        (lambda: infer_interval(pd.date_range("2022-01-03", periods=9, freq="ms")), "less than a second apart"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(call, says):
    with pytest.raises(InvalidData, match=says):
        call()


def test_importing_the_data_package_loads_neither_pandas_nor_calendars():
    code = "import sys, engine.data; print(sorted({'pandas', 'pyarrow', 'exchange_calendars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_offers_exactly_its_public_names():
    import engine.data

    assert all(callable(getattr(engine.data, name)) for name in dir(engine.data))
    with pytest.raises(AttributeError, match="no attribute 'load_csvv'"):
        _ = engine.data.load_csvv
