"""What one bar spans and how many make a year: stated conventions, or the data's own rhythm where it differs."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.core.errors import InvalidData, suggest

DAY = 86_400
DAYS_PER_YEAR = {"XNYS": 252, "24/7": 365, "24/5": 260}
SESSION_MINUTES = {"XNYS": 390, "24/7": 1440, "24/5": 1440}
CALENDARS = tuple(DAYS_PER_YEAR)

_UNIT = {"s": 1, "m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY, "mo": 30 * DAY}
_INTERVAL = re.compile(r"([1-9]\d{0,5})(s|mo|m|h|d|w)")
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Seconds that move a bar onto the date of the session it belongs to: New York's evening is the next day in UTC, and
# the currency session that opens on Sunday evening is Monday's.
_SHIFT = {"XNYS": -5 * 3_600, "24/7": 0, "24/5": 3 * 3_600}
_SAMPLE = 256
# spread over the data by the golden ratio, so that no week or day is hit in step
_SPREAD = np.arange(_SAMPLE) * 0.6180339887498949 % 1.0
_AGREE = 0.10
_YEAR = 365.2425 * DAY
_SATURDAY, _SUNDAY = 5, 6


def check_calendar(calendar: str) -> str:
    """Return the calendar's name, or say which ones exist."""
    if calendar not in CALENDARS:
        raise InvalidData(
            f"calendar is {calendar!r}; known are {', '.join(CALENDARS)}{suggest(str(calendar).upper(), CALENDARS)}"
        )
    return calendar


def interval_seconds(interval: str) -> int:
    """Seconds in one bar; a month counts 30 days."""
    match = _INTERVAL.fullmatch(interval) if isinstance(interval, str) else None
    if match is None:
        raise InvalidData(
            f"interval is {interval!r}; write a number and one of s, m, h, d, w, mo, such as '1d' or '5m'"
        )
    return int(match[1]) * _UNIT[match[2]]


def is_intraday(interval: str) -> bool:
    """Whether a bar is shorter than a day."""
    return interval_seconds(interval) < DAY


def bars_per_year(calendar: str, interval: str) -> float:
    """Bars a full year holds, by convention.

    Sessions a year: 252 for XNYS (its own calendar averages 251.8 over 2000-2022, and 252 is what the field uses), 365
    for 24/7, 260 for 24/5. A bar shorter than a day counts as many times per session as it starts within the session's
    minutes (390 or 1440): for XNYS 98,280 one-minute bars and 1,764 one-hour bars (seven a session, the last short).
    Weeks are 52 and months 12 a year everywhere.
    """
    check_calendar(calendar)
    seconds = interval_seconds(interval)
    if seconds < DAY:
        return float(math.ceil(SESSION_MINUTES[calendar] * 60 / seconds) * DAYS_PER_YEAR[calendar])
    count = seconds // _UNIT[interval.lstrip("0123456789")]
    if interval.endswith("mo"):
        return 12.0 / count
    return 52.0 / count if interval.endswith("w") else DAYS_PER_YEAR[calendar] / count


def bars_per_year_of(
    data: pd.DataFrame | pd.DatetimeIndex, calendar: str | None = None, interval: str | None = None
) -> float:
    """Bars a year of this data: the convention, unless the data itself differs from it by more than 10 %.

    Calendar and interval come from the frame's attrs, else from the times. From a day upwards the rhythm is measured
    over calendar time and needs a year of data; within the day it is bars per session and needs five sessions. Data
    with extended hours, or with minutes in which nothing traded, is thereby annualised by the bars it really has.
    """
    index = data.index if isinstance(data, pd.DataFrame) else data
    attrs = data.attrs if isinstance(data, pd.DataFrame) else {}
    times = _times(index)
    calendar = calendar or attrs.get("calendar") or infer_calendar(times)
    interval = interval or attrs.get("interval") or infer_interval(times)
    usual = bars_per_year(calendar, interval)
    measured = _measured(times, calendar, is_intraday(interval))
    return usual if math.isnan(measured) or abs(measured / usual - 1.0) <= _AGREE else float(round(measured))


def _measured(times: pd.DatetimeIndex, calendar: str, intraday: bool) -> float:
    stamps, per_second = _stamps(times), PER_SECOND[times.unit]
    if len(stamps) < 2:
        return math.nan
    if not intraday:
        span = float(stamps[-1] - stamps[0]) / per_second
        return (len(stamps) - 1) / span * _YEAR if span >= _YEAR * 0.99 else math.nan
    # finding where each day begins is far cheaper than dating every bar
    day, shift = DAY * per_second, _SHIFT[calendar] * per_second
    first, last = (int(stamps[place]) + shift for place in (0, -1))
    midnights = np.arange(first // day, last // day + 2) * day - shift
    sessions = int(np.count_nonzero(np.diff(np.searchsorted(stamps, midnights))))
    return len(stamps) / sessions * DAYS_PER_YEAR[calendar] if sessions >= 5 else math.nan


def infer_interval(index: pd.DatetimeIndex) -> str:
    """The interval of sorted times: the lower quartile of their gaps, so that nights and weekends do not count."""
    times = _times(index)
    if len(times) < 2:
        raise InvalidData(f"{len(times)} bar has no interval; at least 2 are needed")
    stamps = _stamps(times)[: _SAMPLE + 1]
    gaps = np.sort(stamps[1:] - stamps[:-1])
    gap = int(gaps[len(gaps) // 4]) // PER_SECOND[times.unit]
    if gap < 1:
        raise InvalidData(
            "times are less than a second apart or not sorted; bars of one second or longer are needed, sorted"
        )
    return _named(gap)


def _named(gap: int) -> str:
    days = gap // DAY
    if days:
        # two to four days between daily bars are weekends and holidays, not a longer bar
        return "1d" if days <= 4 else "1w" if days == 7 else "1mo" if 28 <= days <= 31 else f"{days}d"
    for unit in ("h", "m"):
        if gap % _UNIT[unit] == 0:
            return f"{gap // _UNIT[unit]}{unit}"
    return f"{gap}s"


def infer_calendar(index: pd.DatetimeIndex) -> str:
    """The calendar that sorted times follow: Saturday bars mean 24/7, nights without them 24/5, anything else XNYS."""
    times = _times(index)
    if not len(times):
        return "XNYS"
    stamps, per_second = _stamps(times), PER_SECOND[times.unit]
    sample = stamps if len(stamps) <= _SAMPLE else stamps[(_SPREAD * len(stamps)).astype(np.intp)]
    seconds = sample // per_second
    days = seconds // DAY
    weekday = (days + 3) % 7
    if np.count_nonzero(weekday == _SATURDAY) > 0.02 * len(seconds):
        return "24/7"
    clock = seconds - days * DAY
    if (clock == clock[0]).all():
        return "24/5" if np.count_nonzero(weekday == _SUNDAY) > 0.05 * len(seconds) else "XNYS"
    # between 02:00 and 07:00 UTC New York sleeps, extended hours included
    if np.count_nonzero((clock >= 2 * 3_600) & (clock < 7 * 3_600)) <= 0.02 * len(seconds):
        return "XNYS"
    return "24/5" if _spans_a_saturday(int(stamps[0]) // per_second, int(stamps[-1]) // per_second) else "24/7"


def _spans_a_saturday(first: int, last: int) -> bool:
    midnight = -(-first // DAY)
    saturday = midnight + (_SATURDAY - (midnight + 3)) % 7
    return (saturday + 1) * DAY <= last


def _times(index: object) -> pd.DatetimeIndex:
    if not isinstance(index, pd.DatetimeIndex):
        raise InvalidData(f"times are a {type(index).__name__}; pass a DatetimeIndex or a frame indexed by one")
    return index


def _stamps(times: pd.DatetimeIndex) -> NDArray[np.int64]:
    return times.asi8
