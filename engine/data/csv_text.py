"""The text of a price file as columns of numbers: compiled where the text is regular, cell by cell where it is not."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from pyarrow import compute

from engine.core.errors import InvalidData
from engine.data.columns import Layout, find_columns
from engine.data.rules import Floats
from engine.data.stamps import StampReader, Stamps, read_fast

_SEPARATORS = ",;\t|"
_EMPTY = ("", "nan", "na", "n/a", "null", "none")
_BINARY = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "gzip-compressed",
    b"PAR1": "Parquet",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One file's columns: `values` by column name and `stamps`, each of shape (n,)."""

    values: dict[str, Floats]
    stamps: Stamps


@dataclass(frozen=True, slots=True)
class CsvText:
    """A text file with a header; `body` is the offset of the first byte after it, `header_line` counts from 1."""

    name: str
    data: bytes
    names: tuple[str, ...]
    separator: str
    layout: Layout
    body: int
    header_line: int

    def line_of(self, row: int) -> int:
        """The line of the file, from 1, on which data row `row` (from 0) ends."""
        return next((line for at, (line, _) in enumerate(self.rows()) if at == row), self.header_line)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row that is not blank, with the line on which it ends."""
        stream = io.TextIOWrapper(io.BytesIO(self.data), encoding="utf-8", newline="")
        stream.seek(self.body)
        reader = csv.reader(stream, delimiter=self.separator, strict=True)
        try:
            for cells in reader:
                if cells and (len(cells) > 1 or cells[0].strip()):
                    yield self.header_line + reader.line_num, cells
        except csv.Error as error:
            line = self.header_line + max(reader.line_num, 1)
            raise InvalidData(f"{self.name} line {line} is not a CSV row ({error}); correct its quotes") from error


def open_text(name: str, data: bytes) -> CsvText:
    """Check that the data is text with a header that names a time and prices."""
    _check_text(name, data)
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    stream.seek(start)
    body, line = start, ""
    for number, line in enumerate(iter(stream.readline, ""), start=1):
        body += len(line.encode())
        if line.strip():
            return _with_header(name, data, line, body, number)
    raise InvalidData(f"{name} is empty; it needs a header and at least 2 rows of prices")


def read_table(text: CsvText) -> Table:
    """Read all columns, or name the first row that cannot be read."""
    return _read_fast(text) or _read_slow(text)


def _check_text(name: str, data: bytes) -> None:
    if not data.strip():
        raise InvalidData(f"{name} is empty; it needs a header and at least 2 rows of prices")
    kind = next((kind for mark, kind in _BINARY.items() if data.startswith(mark)), None)
    if kind is not None:
        raise InvalidData(f"{name} is {kind}; save it as a plain CSV file in UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidData(f"{name} line {line} is not UTF-8 text; save the file as CSV in UTF-8") from error
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InvalidData(f"{name} line {line} holds a NUL byte, so it is not text; save the file as CSV in UTF-8")


def _with_header(name: str, data: bytes, line: str, body: int, number: int) -> CsvText:
    separator = max(_SEPARATORS, key=line.count)
    try:
        names = [cell.strip() for cell in next(csv.reader([line], delimiter=separator, strict=True))]
    except csv.Error as error:
        raise InvalidData(f"{name} line {number} is not a CSV header ({error}); correct its quotes") from error
    if sum(cell != "" and _number(cell) is not None for cell in names) >= 2:
        raise InvalidData(
            f"{name} line {number} holds numbers; put the column names above, such as time,open,high,low,close,volume"
        )
    names = [cell[:40] for cell in names]
    return CsvText(name, data, tuple(names), separator, find_columns(names, name), body, number)


def _read_fast(text: CsvText) -> Table | None:
    # the compiled reader forgives stray quotes, and would read "10"0 as 100
    if text.data.find(b'"', text.body) >= 0:
        return None
    layout, places = text.layout, [str(place) for place in range(len(text.names))]
    wanted = [places[place] for place in (*layout.times, *layout.values.values())]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(memoryview(text.data)[text.body :])),
            read_options=arrow_csv.ReadOptions(column_names=places),
            parse_options=arrow_csv.ParseOptions(delimiter=text.separator, quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())
            ),
        )
        if not table.num_rows:
            return None
        values = {
            name: np.asarray(table[places[place]].cast(pa.float64()).to_numpy(), dtype=np.float64)
            for name, place in layout.values.items()
        }
        stamps = read_fast(compute.binary_join_element_wise(*(table[places[place]] for place in layout.times), " "))
    except pa.ArrowException:
        return None
    return None if stamps is None else Table(values, stamps)


def _read_slow(text: CsvText) -> Table:
    values = {name: array("d") for name in text.layout.values}
    reader, row = StampReader(), 0
    for row, (line, cells) in enumerate(text.rows(), start=1):
        where = f"{text.name} row {row} (line {line})"
        if len(cells) != len(text.names):
            raise InvalidData(
                f"{where} has {len(cells)} cells but the header names {len(text.names)}; correct that line"
            )
        if says := reader.add(" ".join(cells[place].strip() for place in text.layout.times)):
            raise InvalidData(f"{where}, column time: {says}")
        for name, place in text.layout.values.items():
            number = _number(cells[place])
            if number is None:
                raise InvalidData(f"{where}, column {name}: {_not_a_number(cells[place])}")
            values[name].append(number)
    return Table({name: np.array(numbers, dtype=np.float64) for name, numbers in values.items()}, reader.stamps())


def _number(cell: str) -> float | None:
    """The number in a cell, NaN if it is empty, None if it is something else."""
    text = cell.strip()
    if text.lower() in _EMPTY:
        return float("nan")
    # Python alone reads 1_000 as a number, and digits of other scripts
    if not text.isascii() or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _not_a_number(cell: str) -> str:
    text = cell.strip()[:40]
    if text.count(",") == 1 and text.replace(",", "").lstrip("+-").isdigit():
        return f"'{text}' is not a number; write decimals with a point and no thousands separators, like 1234.5"
    return f"{text!r} is not a number; correct it or remove the row"
