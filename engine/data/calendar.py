"""When markets trade: sessions, holidays, early closes and clock changes, from a well-kept calendar package.

Three calendars are known. `XNYS` is the New York Stock Exchange with its holidays and early closes. `24/7` is crypto:
one session per UTC day. `24/5` is the currency week, from Sunday 17:00 to Friday 17:00 New York time, each session
named after the day on which it ends.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from threading import Lock

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.core.errors import InvalidData
from engine.data.intervals import (
    CALENDARS,
    DAY,
    bars_per_year,
    bars_per_year_of,
    check_calendar,
    infer_calendar,
    infer_interval,
    interval_seconds,
    is_intraday,
)

__all__ = [
    "CALENDARS",
    "bars_per_year",
    "bars_per_year_of",
    "expected_times",
    "infer_calendar",
    "infer_interval",
    "is_open",
    "next_open",
    "sessions",
]

When = str | date | datetime | pd.Timestamp

NEW_YORK = "America/New_York"
_FIRST, _LAST = "1900-01-01", "2100-12-31"
_BUILDING = Lock()


@dataclass(frozen=True, slots=True)
class _Sessions:
    """All sessions of one calendar, oldest first: `days` since 1970-01-01, `opens` and `closes` in UTC seconds."""

    days: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    early: NDArray[np.bool_]

    def rows(self, first: int, last: int) -> slice:
        """The sessions of the days from first to last, both included."""
        start, stop = np.searchsorted(self.days, [first, last + 1])
        return slice(int(start), int(stop))


def sessions(calendar: str, start: When, end: When) -> pd.DataFrame:
    """The sessions dated from start to end, both included: `open` and `close` in UTC, and whether it closes early."""
    table, rows = _table(check_calendar(calendar)), _days(calendar, start, end)
    return pd.DataFrame(
        {
            "open": _utc(table.opens[rows]),
            "close": _utc(table.closes[rows]),
            "early_close": table.early[rows].copy(),
        },
        index=_dates(table.days[rows]).rename("session"),
    )


def is_open(calendar: str, ts: datetime | pd.Timestamp) -> bool:
    """Whether the market trades at this instant: its opening instant counts, its closing instant does not."""
    table, second = _table(check_calendar(calendar)), _instant(ts)
    row = int(np.searchsorted(table.opens, second, side="right")) - 1
    return row >= 0 and second < int(table.closes[row])


def next_open(calendar: str, ts: datetime | pd.Timestamp) -> pd.Timestamp:
    """The first session opening strictly after this instant, in UTC; for 24/7 that is the next midnight."""
    table, second = _table(check_calendar(calendar)), _instant(ts)
    row = int(np.searchsorted(table.opens, second, side="right"))
    return pd.Timestamp(int(table.opens[row]), unit="s", tz="UTC").as_unit("us")


def expected_times(calendar: str, interval: str, start: When, end: When) -> pd.DatetimeIndex:
    """The times that bars should carry from start to end, both included.

    Daily bars carry their session's date (24/7: midnight UTC); longer bars have no fixed grid and are refused. Shorter
    bars carry their opening instant, counted from the session's open, in UTC. A bound without a time of day stands for
    that whole session, one with a time needs a zone.
    """
    seconds = interval_seconds(interval)
    if seconds > DAY:
        raise InvalidData(
            f"interval is {interval!r}; expected times exist for bars of up to one day, such as '1d' or '5m'"
        )
    table, rows = _table(check_calendar(calendar)), _days(calendar, start, end)
    if not is_intraday(interval):
        dates = _dates(table.days[rows]).rename("time")
        return dates.tz_localize("UTC") if calendar == "24/7" else dates
    opens, closes = table.opens[rows], table.closes[rows]
    counts = -(-(closes - opens) // seconds)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    times = np.repeat(opens, counts) + within * seconds
    low, high = _bound(start, -np.inf), _bound(end, np.inf)
    return _utc(times[(times >= low) & (times <= high)]).rename("time")


@cache
def _table(calendar: str) -> _Sessions:
    if calendar == "XNYS":
        return _exchange_sessions(calendar)
    days = np.arange(np.datetime64(_FIRST), np.datetime64(_LAST) + 1).astype(np.int64)
    if calendar == "24/7":
        return _Sessions(days, days * DAY, (days + 1) * DAY, np.zeros(len(days), dtype=np.bool_))
    days = days[(days + 3) % 7 < 5]
    return _Sessions(days, _five_o_clock(days - 1), _five_o_clock(days), np.zeros(len(days), dtype=np.bool_))


def _five_o_clock(days: NDArray[np.int64]) -> NDArray[np.int64]:
    clock = pd.DatetimeIndex((days * DAY + 17 * 3_600).astype("datetime64[s]"))
    return _seconds(clock.tz_localize(NEW_YORK))


def _exchange_sessions(calendar: str) -> _Sessions:
    with _BUILDING, warnings.catch_warnings():
        # the package calls what this pandas deprecates; its results are tested
        warnings.simplefilter("ignore")
        from exchange_calendars import get_calendar

        exchange = get_calendar(calendar, start=_FIRST, end=_LAST)
        opens, closes = pd.DatetimeIndex(exchange.opens), pd.DatetimeIndex(exchange.closes)
        dates, early = pd.DatetimeIndex(exchange.sessions), pd.DatetimeIndex(exchange.early_closes)
    return _Sessions(
        _seconds(dates) // DAY, _seconds(opens), _seconds(closes), np.asarray(dates.isin(early), dtype=np.bool_)
    )


def _days(calendar: str, start: When, end: When) -> slice:
    first, last = _day(calendar, start, "start"), _day(calendar, end, "end")
    if first > last:
        raise InvalidData(f"start {start} is after end {end}; swap them")
    table = _table(calendar)
    if first < int(np.datetime64(_FIRST).astype(np.int64)) or last > int(np.datetime64(_LAST).astype(np.int64)):
        raise InvalidData(
            f"{start} to {end} leaves the calendar, which covers {_FIRST} to {_LAST}; choose dates within it"
        )
    return table.rows(first, last)


def _day(calendar: str, value: When, name: str) -> int:
    stamp = _stamp(value, name)
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert("UTC" if calendar == "24/7" else NEW_YORK)
        if calendar == "24/5":
            stamp = stamp.tz_localize(None) + pd.Timedelta(hours=7)
    return stamp.date().toordinal() - date(1970, 1, 1).toordinal()


def _bound(value: When, whole_session: float) -> float:
    stamp = _stamp(value, "time")
    return whole_session if stamp.tzinfo is None and stamp == stamp.normalize() else _instant(stamp)


def _instant(value: datetime | pd.Timestamp) -> int:
    stamp = _stamp(value, "time")
    if stamp.tzinfo is None:
        raise InvalidData(f"time {value} has no time zone; say which, for example {value}+00:00 for UTC")
    second = math.floor(stamp.timestamp())
    if not date.fromisoformat(_FIRST) <= stamp.date() < date.fromisoformat(_LAST):
        raise InvalidData(
            f"time {value} leaves the calendar, which covers {_FIRST} to {_LAST}; choose a time within it"
        )
    return second


def _stamp(value: When, name: str) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidData(f"{name} is {value!r}; write a date such as 2024-01-31") from error
    if not isinstance(stamp, pd.Timestamp):
        raise InvalidData(f"{name} is {value!r}; write a date such as 2024-01-31")
    return stamp


def _seconds(times: pd.DatetimeIndex) -> NDArray[np.int64]:
    return times.as_unit("s").asi8


def _utc(seconds: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(seconds.astype("datetime64[s]")).as_unit("us").tz_localize("UTC")


def _dates(days: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex((days * DAY).astype("datetime64[s]")).as_unit("us")
