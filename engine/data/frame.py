"""The one shape that prices have inside the product, and the door through which a user's own frame becomes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.core.errors import InvalidData
from engine.data.columns import COLUMNS, PRICES, find_columns
from engine.data.intervals import (
    PER_SECOND,
    check_calendar,
    infer_calendar,
    infer_interval,
    interval_seconds,
    is_intraday,
)
from engine.data.rules import Floats, find_fault, is_clean, widened
from engine.data.stamps import check_years, read_stamps, settled

KINDS = ("stock", "index", "etf", "crypto", "fx")
CLOSE_ONLY = "only closing prices are known, so orders fill at the next close and stops inside a bar never trigger"
NO_VOLUME = "the data has no volume, so volume reads 0"

_SHORT = 20_000
_FLOAT = np.dtype(np.float64)


def check_frame(frame: pd.DataFrame, symbol: str, *, allow_nan: bool = False) -> pd.DataFrame:
    """Return the frame in the product's shape, or say which row breaks which rule.

    Columns are found whatever their case and become float64, others are dropped; a lone close makes a close-only
    frame; a missing volume reads 0. Naive times stay as they are; other zones become UTC, or naive dates for daily bars
    at local midnight. With allow_nan NaN prices pass and a NaN volume reads 0; infinities never pass. An open or close
    outside its bar's range by rounding (1e-6 of the price) widens the range. A clean frame's memory is shared.
    """
    _check_call(frame, symbol)
    house = frame if _is_house(frame) else _to_house(frame, symbol)
    columns = _columns(house)
    times = house.index
    assert isinstance(times, pd.DatetimeIndex)
    if len(times) < 2:
        raise _too_few(len(times), symbol)
    if not is_clean(times.asi8, columns):
        fault = find_fault(times.asi8, columns, allow_nan=allow_nan)
        if fault is not None:
            when = times[fault.row]
            raise InvalidData(f"{symbol} row {fault.row + 1} ({when}), column {fault.column}: {fault.says}")
        house = build_frame(times, widened(columns), house.attrs)
    check_years(times.asi8, PER_SECOND[times.unit], symbol)
    return _labelled(house, symbol)


def build_frame(times: pd.DatetimeIndex, columns: Mapping[str, Floats], attrs: Mapping[Any, Any]) -> pd.DataFrame:
    """A new frame over one block of memory in which each column is contiguous."""
    block = np.stack([columns[name] for name in COLUMNS])
    frame = pd.DataFrame(block.T, index=times.rename("time"), columns=list(COLUMNS), copy=False)
    frame.attrs.update(attrs)
    return frame


def full_columns(columns: Mapping[str, Floats]) -> tuple[dict[str, Floats], list[str]]:
    """All five columns from those that are known, and what to say about the others."""
    full, notes = dict(columns), []
    if "open" not in full:
        full |= dict.fromkeys(PRICES, full["close"])
        notes.append(CLOSE_ONLY)
    elif "volume" not in full:
        notes.append(NO_VOLUME)
    full.setdefault("volume", np.zeros(len(full["close"])))
    return {name: full[name] for name in COLUMNS}, notes


def one_sentence(remarks: Sequence[str]) -> str:
    """Remarks joined into one sentence for the screen; an empty string if there are none."""
    text = "; ".join(remarks)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def same_symbol(one: str, other: str) -> bool:
    """Whether two spellings name one symbol: BTC/USDT, btc-usdt and BTCUSDT do."""
    return bare_symbol(one) == bare_symbol(other)


def bare_symbol(symbol: str) -> str:
    """A symbol without case and separators."""
    return symbol.strip().upper().replace("/", "").replace("-", "").replace("_", "")


def _check_call(frame: object, symbol: object) -> None:
    if not isinstance(symbol, str) or not symbol.strip():
        raise InvalidData(f"symbol is {symbol!r}; name the instrument, such as 'SPY'")
    if not isinstance(frame, pd.DataFrame):
        raise InvalidData(
            f"{symbol} data is a {type(frame).__name__}; pass a DataFrame with open, high, low, close, volume"
        )
    known = frame.attrs.get("symbol")
    if isinstance(known, str) and known and not same_symbol(known, symbol) and not _named_after_file(frame):
        raise InvalidData(f"symbol is '{symbol}' but the data is of '{known}'; pass symbol='{known}' or the other data")


def _named_after_file(frame: pd.DataFrame) -> bool:
    # such a name is a guess and gives way to the symbol that the caller states
    return Path(str(frame.attrs.get("source", ""))).stem == str(frame.attrs["symbol"])


def _is_house(frame: pd.DataFrame) -> bool:
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex) or frame.columns.tolist() != list(COLUMNS):
        return False
    return (index.tz is None or str(index.tz) == "UTC") and _all_floats(frame)


def _all_floats(frame: pd.DataFrame) -> bool:
    if len(frame) <= _SHORT:
        block = frame.to_numpy()
        # read-only means a view of one block, whose type is every column's; asking for each is slow
        if block.dtype == _FLOAT and not block.flags.writeable:
            return True
    return all(kind == _FLOAT for kind in frame.dtypes.tolist())


def _columns(frame: pd.DataFrame) -> dict[str, Floats]:
    # a short frame as one array is ten times cheaper than five columns; a long one might be copied for it
    if len(frame) <= _SHORT:
        block = frame.to_numpy()
        return {name: block[:, place] for place, name in enumerate(COLUMNS)}
    return {name: frame[name].to_numpy() for name in COLUMNS}


def _to_house(frame: pd.DataFrame, symbol: str) -> pd.DataFrame:
    if frame.columns.nlevels > 1:
        raise InvalidData(
            f"{symbol} data has {frame.columns.nlevels} levels of column names; select one symbol first, "
            f"for example frame.xs('{symbol}', axis=1, level=-1)"
        )
    names = [str(name) for name in frame.columns]
    layout = find_columns(names, f"{symbol} data", need_time=not isinstance(frame.index, pd.DatetimeIndex))
    times = _times_of(frame, layout.times, symbol)
    if list(layout.values.values()) == list(range(len(COLUMNS))) == list(range(frame.shape[1])) and _all_floats(frame):
        same = frame.copy(deep=False)
        same.columns, same.index = pd.Index(COLUMNS), times
        return same
    values = {
        name: _floats(frame.iloc[:, place], name, symbol) for name, place in layout.values.items() if name in COLUMNS
    }
    columns, notes = full_columns(values)
    attrs = dict(frame.attrs)
    if notes and not attrs.get("note"):
        attrs["note"] = one_sentence(notes)
    return build_frame(times, columns, attrs | ({"close_only": True} if layout.close_only else {}))


def _times_of(frame: pd.DataFrame, places: tuple[int, ...], symbol: str) -> pd.DatetimeIndex:
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex):
        column = frame.iloc[:, places[0]]
        if not pd.api.types.is_datetime64_any_dtype(column.dtype):
            return _from_text(frame, places, symbol)
        index = pd.DatetimeIndex(column)
    if index.tz is None or str(index.tz) == "UTC":
        return index
    wall = index.tz_localize(None)
    rising = len(index) > 1 and index.is_monotonic_increasing and index.is_unique
    daily = rising and not is_intraday(infer_interval(index))
    return wall if daily and (wall == wall.normalize()).all() else index.tz_convert("UTC")


def _from_text(frame: pd.DataFrame, places: tuple[int, ...], symbol: str) -> pd.DatetimeIndex:
    cells = (" ".join(parts) for parts in zip(*(frame.iloc[:, at].astype(str) for at in places), strict=True))
    stamps = read_stamps(cells, symbol)
    fault = find_fault(stamps.instants, {})
    if fault is not None:
        raise InvalidData(f"{symbol} row {fault.row + 1}, column {fault.column}: {fault.says}")
    if len(stamps.instants) < 2:
        raise _too_few(len(stamps.instants), symbol)
    check_years(stamps.instants, 1_000_000, symbol)
    return settled(stamps, symbol).index


def _too_few(rows: int, symbol: str) -> InvalidData:
    return InvalidData(f"{symbol} has {rows} row{'' if rows == 1 else 's'} of prices; at least 2 are needed")


def _floats(series: pd.Series[Any], name: str, symbol: str) -> Floats:
    kind = series.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        raise InvalidData(f"{symbol} column {name} has type {kind}; convert it to float")
    if pd.api.types.is_numeric_dtype(kind):
        return np.ascontiguousarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.array([_number(cell, row, name, symbol) for row, cell in enumerate(series)], dtype=np.float64)


def _number(cell: object, row: int, name: str, symbol: str) -> float:
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return float("nan")
    if isinstance(cell, int | float | Decimal | np.integer | np.floating) and not isinstance(cell, bool):
        try:
            return float(cell)
        except (OverflowError, ValueError):
            return float("inf")
    raise InvalidData(
        f"{symbol} row {row + 1}, column {name}: {str(cell)[:40]!r} is not a number; convert the column to float"
    )


def _labelled(frame: pd.DataFrame, symbol: str) -> pd.DataFrame:
    attrs = _attrs(frame, symbol)
    if frame.attrs == attrs and frame.index.name == "time":
        return frame
    out = frame.copy(deep=False)
    out.index = out.index.rename("time")
    out.attrs.clear()
    out.attrs.update(attrs)
    return out


def _attrs(frame: pd.DataFrame, symbol: str) -> dict[str, Any]:
    given, index = frame.attrs, frame.index
    assert isinstance(index, pd.DatetimeIndex)
    interval = given.get("interval") or infer_interval(index)
    calendar = given.get("calendar") or infer_calendar(index)
    interval_seconds(interval)
    check_calendar(calendar)
    kind = given.get("kind") or ("crypto" if calendar == "24/7" else "stock")
    if kind not in KINDS:
        raise InvalidData(f"{symbol} attrs['kind'] is {kind!r}; known are {', '.join(KINDS)}")
    known = given.get("symbol")
    name = known if isinstance(known, str) and same_symbol(known, symbol) else symbol
    rhythm = {"symbol": name, "interval": interval, "kind": kind, "calendar": calendar}
    return rhythm | {
        "close_only": bool(given.get("close_only", False)),
        "survivorship": bool(given.get("survivorship", False)),
        "note": str(given.get("note", "")),
        "source": str(given.get("source", "your own data")),
    }
