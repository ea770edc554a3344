"""Time stamps read without guessing: ISO dates and epoch numbers, nothing that could be two dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.core.errors import InvalidData
from engine.data.intervals import infer_calendar, infer_interval, is_intraday

if TYPE_CHECKING:
    import pyarrow as pa

READ_AS_UTC = "the times carry no zone and are read as UTC"

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[ T]\d\d(?::\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?)?", re.ASCII
)
_DIGITS = re.compile(r"\d{9,19}", re.ASCII)
_SWAPPABLE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*", re.ASCII)
_FORMS = {
    "naive": "no time zone",
    "aware": "a time zone",
    "s": "epoch seconds",
    "ms": "epoch milliseconds",
    "us": "epoch microseconds",
    "ns": "epoch nanoseconds",
}
# the years 1800 and 2200
_FIRST_SECOND, _LAST_SECOND = -5_364_662_400, 7_258_118_400


@dataclass(frozen=True, slots=True)
class Stamps:
    """Times of shape (n,) in microseconds: as `instants` (UTC if aware) and by the `wall` clock they were written."""

    instants: NDArray[np.int64]
    wall: NDArray[np.int64]
    aware: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """An index in the product's shape, with what could be told from it."""

    index: pd.DatetimeIndex
    interval: str
    calendar: str
    remarks: tuple[str, ...]


class StampReader:
    """Reads one cell after another and insists that all have the form of the first."""

    def __init__(self) -> None:
        self._form = ""
        self._instants: list[int] = []
        self._wall: list[int] = []

    def add(self, cell: str) -> str:
        """Take one cell in; return what is wrong with it, or an empty string."""
        text = cell.strip()
        try:
            form, instant, wall = _read(text)
        except ValueError as error:
            return str(error)
        self._form = self._form or form
        if form != self._form:
            return f"'{text}' has {_FORMS[form]} but row 1 has {_FORMS[self._form]}; write all times in one form"
        self._instants.append(instant)
        self._wall.append(wall)
        return ""

    def stamps(self) -> Stamps:
        """What was read so far."""
        instants, wall = np.array(self._instants, dtype=np.int64), np.array(self._wall, dtype=np.int64)
        return Stamps(instants, wall, self._form not in ("", "naive"))


def read_stamps(cells: Iterable[str], where: str) -> Stamps:
    """Read all cells, or name the first row that is no time."""
    reader = StampReader()
    for row, cell in enumerate(cells):
        if says := reader.add(cell):
            raise InvalidData(f"{where} row {row + 1}, column time: {says}")
    return reader.stamps()


def read_fast(cells: pa.ChunkedArray) -> Stamps | None:
    """What StampReader would read, in compiled code; None where the cells need its closer look."""
    import pyarrow as pa

    first = str(cells[0]) if len(cells) else ""
    try:
        return _fast_epoch(cells, len(first)) if _DIGITS.fullmatch(first) else _fast_iso(cells, first)
    except pa.ArrowException:
        return None


def settled(stamps: Stamps, where: str, tz: str | None = None) -> Settled:
    """The index of strictly rising stamps: naive dates for daily bars (midnight UTC where every day trades), else UTC.

    A naive time of day is read in the zone tz, or as UTC.
    """
    utc = _index(stamps.instants)
    interval = infer_interval(utc)
    if not is_intraday(interval):
        dates = _dates(stamps, where)
        calendar = infer_calendar(dates)
        return Settled(dates.tz_localize("UTC") if calendar == "24/7" else dates, interval, calendar, ())
    index = utc.tz_localize("UTC") if stamps.aware or tz is None else _in_zone(utc, tz, where)
    remarks = () if stamps.aware or tz is not None else (READ_AS_UTC,)
    return Settled(index, interval, infer_calendar(index), remarks)


def check_years(times: NDArray[np.int64], per_second: int, where: str) -> None:
    """Refuse years that no market has seen; they are units gone wrong."""
    for time in (int(times[0]) // per_second, int(times[-1]) // per_second):
        if not _FIRST_SECOND <= time < _LAST_SECOND:
            year = np.datetime64(time, "s").astype("datetime64[Y]")
            raise InvalidData(f"{where} has a bar of the year {year}; check the unit of its times")


def _read(text: str) -> tuple[str, int, int]:
    if _DIGITS.fullmatch(text) and (unit := _unit(len(text))):
        instant = _scaled(int(text), unit)
        return unit, instant, instant
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(_complaint(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is not in any calendar; correct the date") from error
    wall = (moment.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    offset = moment.utcoffset()
    if offset is None:
        return "naive", wall, wall
    return "aware", wall - offset // timedelta(microseconds=1), wall


def _complaint(text: str) -> str:
    if not text:
        return "the time is empty; fill it in or remove the row"
    cut = repr(text[:40])
    if _SWAPPABLE.fullmatch(text):
        return f"{cut} could be read day-first or month-first; write year-month-day, such as 2024-12-31"
    return f"{cut} is neither an ISO date nor an epoch number; write it like 2024-12-31 or 2024-12-31 15:30:00+00:00"


def _unit(digits: int) -> str:
    """Epoch numbers of 1973 to 2286 have as many digits as their unit needs; 8 or 14 would be a date run together."""
    return {9: "s", 10: "s", 12: "ms", 13: "ms", 15: "us", 16: "us", 18: "ns", 19: "ns"}.get(digits, "")


def _scaled(number: int, unit: str) -> int:
    return number // 1_000 if unit == "ns" else number * {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]


def _fast_iso(cells: pa.ChunkedArray, first: str) -> Stamps | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    match = _ISO.fullmatch(first)
    if match is None:
        return None
    if match["zone"] is None:
        naive = _micros(cells.cast(pa.timestamp("us")))
        return Stamps(naive, naive, aware=False)
    instants = _micros(cells.cast(pa.timestamp("us", "UTC")))
    wall = _micros(pc.utf8_slice_codeunits(cells, 0, 19).cast(pa.timestamp("us")))
    return Stamps(instants, wall + instants % _SECOND, aware=True)


def _fast_epoch(cells: pa.ChunkedArray, digits: int) -> Stamps | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths, unit = pc.min_max(pc.binary_length(cells)).as_py(), _unit(digits)
    if not unit or _unit(lengths["min"]) != unit or _unit(lengths["max"]) != unit:
        return None
    numbers = cells.cast(pa.int64()).to_numpy()
    if numbers.min() < 10 ** (lengths["min"] - 1):
        return None
    micros = numbers // 1_000 if unit == "ns" else numbers * _scaled(1, unit)
    return Stamps(micros, micros, aware=True)


def _dates(stamps: Stamps, where: str) -> pd.DatetimeIndex:
    candidates = [stamps.wall]
    if stamps.aware:
        local = _index(stamps.instants).tz_localize("UTC").tz_convert("America/New_York").tz_localize(None)
        candidates += [stamps.instants, local.asi8]
    for wall in candidates:
        if not (wall % _DAY).any() and (wall[1:] > wall[:-1]).all():
            return _index(wall)
    odd = _index(stamps.wall)[int((stamps.wall % _DAY != 0).argmax())]
    raise InvalidData(f"{where} has daily bars with a time of day, such as {odd}; write their dates only")


def _in_zone(naive: pd.DatetimeIndex, tz: str, where: str) -> pd.DatetimeIndex:
    try:
        local = naive.tz_localize(ZoneInfo(tz))
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise InvalidData(
            f"{where} cannot be read in the time zone {tz!r}: {error}; write its times with an offset"
        ) from error
    return local.tz_convert("UTC")


def _index(micros: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(micros.astype("datetime64[us]"), name="time")


def _micros(times: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(times.cast("int64").to_numpy(), dtype=np.int64)
