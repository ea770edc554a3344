"""The prices that can be chosen: the bundled samples and the files a visitor has uploaded."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Any

import pandas as pd

from engine.backtest.backtest import as_bars
from engine.core.errors import InvalidData
from engine.core.market import Bars
from engine.data.bundled import list_samples, load_sample
from engine.data.csv_file import load_csv
from engine.service.recent import Recent

_WORDS = {"1d": "daily", "1h": "hourly", "1m": "1-minute"}
_UPLOADS: Recent[str, tuple[Dataset, Bars]] = Recent(8)
_BARS: Recent[str, Bars] = Recent(8)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One price series. `first` and `last` are the times of its outer bars; `note` is a sentence for the screen."""

    id: str
    label: str
    symbol: str
    name: str
    interval: str
    kind: str
    first: pd.Timestamp
    last: pd.Timestamp
    bars: int
    close_only: bool
    survivorship: bool
    note: str
    source: str
    licence: str
    uploaded: bool = False

    @property
    def period(self) -> str:
        """What it covers, in words: "3 Jan 2000 to 15 Jun 2022, 5,650 daily bars"."""
        word = _WORDS.get(self.interval, self.interval)
        return f"{_day(self.first)} to {_day(self.last)}, {self.bars:,} {word} bars"


def datasets() -> tuple[Dataset, ...]:
    """Return every series: uploaded files first, the newest on top, then the samples."""
    return (*reversed([found for found, _ in _UPLOADS]), *_samples().values())


def dataset(name: str) -> Dataset:
    """Return one series by its id."""
    kept = _UPLOADS.get(name)
    if kept is not None:
        return kept[0]
    if name not in _samples():
        raise InvalidData(_unknown(name))
    return _samples()[name]


def add_csv(file_name: str, content: bytes) -> Dataset:
    """Take in a price file, or refuse it in one sentence; the same content always gets the same id."""
    stream = io.BytesIO(content)
    stream.name = PurePath(file_name).name or "upload.csv"
    frame = load_csv(stream)
    bars = as_bars(frame, frame.attrs["symbol"])
    name = f"csv {hashlib.sha256(content).hexdigest()[:10]}"
    return _UPLOADS.put(name, (_uploaded(name, stream.name, frame), bars))[0]


def bars_of(name: str) -> Bars:
    """Return the checked bars of a series."""
    kept = _UPLOADS.get(name)
    if kept is not None:
        return kept[1]
    found = dataset(name)
    return _BARS.made(name, lambda: as_bars(load_sample(found.symbol, found.interval), found.symbol))


@cache
def _samples() -> dict[str, Dataset]:
    rows: list[dict[str, Any]] = list_samples().to_dict("records")  # type: ignore[assignment]
    return {found.id: found for found in map(_sample, rows)}


def _sample(row: dict[str, Any]) -> Dataset:
    taken = {key: row[key] for key in Dataset.__slots__ if key in row}
    label = f"{row['symbol']} {_WORDS[row['interval']]}"
    return Dataset(id=f"{row['symbol']} {row['interval']}", label=label, **taken)


def _uploaded(name: str, file_name: str, frame: pd.DataFrame) -> Dataset:
    attrs = frame.attrs
    return Dataset(
        id=name,
        label=f"{_short(file_name)} ({name.removeprefix('csv ')[:4]})",
        symbol=attrs["symbol"],
        name=file_name,
        interval=attrs["interval"],
        kind=attrs["kind"],
        first=frame.index[0],
        last=frame.index[-1],
        bars=len(frame),
        close_only=attrs["close_only"],
        survivorship=False,
        note=attrs["note"],
        source="Your file",
        licence="yours",
        uploaded=True,
    )


def _short(file_name: str) -> str:
    """A file name that fits a list; its content's mark, which follows, tells two of the same name apart."""
    return file_name if len(file_name) <= 20 else f"{file_name[:12]}...{file_name[-7:]}"


def _unknown(name: str) -> str:
    if name.startswith("csv "):
        return f"the uploaded file {name.removeprefix('csv ')} is no longer in memory; upload it again"
    return f"there is no data set {name!r}; the data sets are {', '.join(_samples())}"


def _day(time: pd.Timestamp) -> str:
    return f"{time.day} {time:%b %Y}"
