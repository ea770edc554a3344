"""A user's own CSV file as prices: read whole and right, or refused in one sentence that says what to change."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from engine.core.errors import InvalidData
from engine.data.columns import ADJUSTED, COLUMNS, PRICES
from engine.data.csv_text import CsvText, Table, open_text, read_table
from engine.data.frame import build_frame, full_columns, one_sentence
from engine.data.rules import Floats, find_fault, widened
from engine.data.stamps import check_years, settled

MAX_BYTES = 200_000_000


def load_csv(
    path_or_buffer: str | os.PathLike[str] | IO[bytes] | IO[str],
    *,
    symbol: str | None = None,
    adjust: bool = False,
    tz: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> pd.DataFrame:
    """Read a price file into the product's shape, all of it or nothing.

    It needs a header with a time (ISO dates, or epoch numbers as UTC) and open, high, low, close, or a close alone; a
    missing volume reads 0, other columns are ignored. Separators are comma, semicolon, tab or bar; decimals are points.
    `adjust` scales the prices to the file's adjusted close. `tz` is the zone of times of day that carry none (UTC if
    None). The symbol is the file's name unless given. Times are bar opens; attrs are inferred and sit in the frame.
    """
    if symbol is not None and not (isinstance(symbol, str) and symbol.strip()):
        raise InvalidData(f"symbol is {symbol!r}; name the instrument, such as 'SPY', or leave it out")
    name, data = _content(path_or_buffer, max_bytes)
    text = open_text(name, data)
    table = read_table(text)
    _check(text, table)
    values = _adjusted(text, table) if adjust else table.values
    columns, notes = full_columns({column: values[column] for column in COLUMNS if column in values})
    check_years(table.stamps.instants, 1_000_000, name)
    times = settled(table.stamps, name, tz)
    attrs: dict[str, Any] = {
        "symbol": (symbol or Path(name).stem).strip() or "CSV",
        "interval": times.interval,
        "kind": "crypto" if times.calendar == "24/7" else "stock",
        "calendar": times.calendar,
        "close_only": text.layout.close_only,
        "survivorship": False,
        "note": one_sentence([*notes, *times.remarks]),
        "source": name,
    }
    return build_frame(times.index, widened(columns), attrs)


def _check(text: CsvText, table: Table) -> None:
    rows = len(table.stamps.instants)
    if rows < 2:
        raise InvalidData(f"{text.name} has {rows} row{'' if rows == 1 else 's'} of prices; at least 2 are needed")
    _refuse(text, table, {column: table.values[column] for column in COLUMNS if column in table.values})


def _adjusted(text: CsvText, table: Table) -> dict[str, Floats]:
    values = table.values
    if ADJUSTED not in values:
        raise InvalidData(f"{text.name} has no column 'adj close' to adjust by; add it or leave adjust off")
    target = values[ADJUSTED]
    _refuse(text, table, {ADJUSTED: target})
    factor = target / values["close"]
    scaled = {name: values[name] * factor for name in PRICES if name in values} | {"close": target}
    _refuse(text, table, scaled)
    return values | scaled


def _refuse(text: CsvText, table: Table, values: dict[str, Floats]) -> None:
    fault = find_fault(table.stamps.instants, values)
    if fault is not None:
        where = f"{text.name} row {fault.row + 1} (line {text.line_of(fault.row)}), column {fault.column}"
        time = str(np.datetime64(int(table.stamps.instants[fault.row]), "us")).removesuffix("T00:00:00.000000")
        raise InvalidData(f"{where}: {time + ' ' if fault.column == 'time' else ''}{fault.says}")


def _content(source: object, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(source, str | os.PathLike):
        return _file(Path(source), max_bytes)
    if not hasattr(source, "read"):
        raise InvalidData(f"the file is a {type(source).__name__}; pass a path or an open file")
    name = Path(str(getattr(source, "name", "") or "")).name or "CSV"
    _check_size(name, _length(source), max_bytes)
    try:
        content = source.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise InvalidData(f"{name} cannot be read ({type(error).__name__}); open it in binary mode") from error
    if isinstance(content, str):
        # a lone surrogate becomes bytes that are no UTF-8, which the text check then names with its line
        content = content.encode("utf-8", errors="surrogatepass")
    if not isinstance(content, bytes | bytearray | memoryview):
        raise InvalidData(f"{name} gives {type(content).__name__} when read; pass a file of text or bytes")
    _check_size(name, len(content), max_bytes)
    return name, bytes(content)


def _file(path: Path, max_bytes: int) -> tuple[str, bytes]:
    name = path.name or "CSV"
    try:
        size = path.stat().st_size if path.is_file() else -1
        _check_size(name, size, max_bytes)
        content = path.read_bytes() if size >= 0 else b""
    except InvalidData:
        raise
    except (OSError, ValueError) as error:
        raise InvalidData(
            f"{name!r} cannot be read ({type(error).__name__}); check the path and its permissions"
        ) from error
    if size < 0:
        raise InvalidData(f"there is no file {name}; check the path")
    return name, content


def _length(source: Any) -> int:
    """Bytes left in an open file, 0 if it cannot tell."""
    try:
        here = source.tell()
        if isinstance(source, io.TextIOBase):
            return 0
        end = source.seek(0, os.SEEK_END)
        source.seek(here)
        return int(end - here)
    except (OSError, ValueError, AttributeError, TypeError):
        return 0


def _check_size(name: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise InvalidData(
            f"{name} has {_shown(size)} and the limit is {_shown(max_bytes)}; cut it into shorter periods or wider bars"
        )


def _shown(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1_000_000 else f"{size:,} bytes"
