"""Reads outcomes of trades from what people have at hand: pasted text, or one column of a CSV file."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.core.errors import InvalidData, InvalidParams, suggest
from engine.service.kelly_law import FloatArray

UNITS = ("auto", "percent", "fraction", "money")
_MOST = 100_000
_SEPARATORS = ",;\t|"
_SHAPE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.])[+-]?\$?\d{1,3}(,\d{3})+(?![\d])")
_EMPTY = {"", "-", "nan", "na", "n/a", "null", "none"}
# in this order: a return says more than an amount, because it does not need the size of the trade
_RETURNS = ("return", "return_pct", "returns", "ret", "roi", "pct", "percent", "%")
_AMOUNTS = ("pnl", "p&l", "p/l", "pl", "profit", "gain", "result", "amount", "usd")
_EXAMPLE = (
    "+2.1%, -1.1%, +3.4%, -0.9%, -1.2%, +1.8%, +2.7%, -1.0%, 0.0%, +1.5%, -1.3%, +2.2%, "
    "-0.8%, +1.9%, -1.1%, +2.6%, -1.4%, +3.0%, -1.2%, +1.6%, -1.7%, +1.2%, -2.4%, +0.9%"
)


@dataclass(frozen=True, slots=True, eq=False)
class TradeList:
    """Outcomes of closed trades, shape (n,), as `unit` says: "percent" and "fraction" are held as fractions."""

    values: FloatArray
    unit: str
    source: str

    @property
    def money(self) -> bool:
        """Whether the outcomes are dollars, not returns."""
        return self.unit == "money"


@dataclass(frozen=True, slots=True)
class TradeFile:
    """The columns of numbers of a CSV file; `best` is the one that looks most like the outcome of trades."""

    name: str
    columns: dict[str, tuple[tuple[int, str], ...]]
    best: str

    def trades(self, column: str, unit: str = "auto") -> TradeList:
        """Read one column; a cell that is no number is named with its line."""
        if column not in self.columns:
            raise InvalidData(f"{self.name} has no column of numbers '{column}'{suggest(column, self.columns)}")
        cells = [(f"{self.name} line {line}", cell) for line, cell in self.columns[column]]
        return _trades(cells, unit, f"{self.name}, column {column}", _key(column))


def example_trades() -> str:
    """Return a short record to start from, as text."""
    return _EXAMPLE


def paste_trades(text: str, unit: str = "auto") -> TradeList:
    """Read numbers apart by spaces, commas, semicolons or lines; %, $ and (losses in brackets) are understood."""
    if found := _THOUSANDS.search(text):
        raise InvalidData(
            f"'{found.group()}' may be one number or several: write {found.group().replace(',', '')} for one, "
            "or put a space after each comma"
        )
    cells = [cell for cell in re.split(r"[\s,;]+", text) if cell]
    return _trades([(f"number {at}", cell) for at, cell in enumerate(cells, start=1)], unit, "pasted numbers", "")


def trade_file(name: str, data: bytes) -> TradeFile:
    """Read a CSV file, with or without a header, down to its columns of numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidData(f"{name} is not UTF-8 text; save it as a CSV file in UTF-8") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows = _rows(name, text, max(_SEPARATORS, key=first.count))
    if not rows:
        raise InvalidData(f"{name} is empty; it needs one row a trade")
    head = rows[0][1]
    headed = not any(_number(cell) is not None for cell in head)
    titles = [cell.strip() if headed and cell.strip() else f"column {at}" for at, cell in enumerate(head, start=1)]
    columns = {}
    for at, title in enumerate(titles):
        cells = tuple((line, row[at]) for line, row in rows[headed:] if at < len(row) and not _is_empty(row[at]))
        if sum(_number(cell) is not None for _, cell in cells) * 2 > len(cells):
            columns[title] = cells
    if not columns:
        raise InvalidData(f"{name} has no column of numbers; it needs one row a trade and a column such as 'return'")
    return TradeFile(name, columns, _best(tuple(columns)))


def run_trades(returns: Iterable[float], source: str) -> TradeList:
    """Take the returns of the closed trades of a run, fractions of the money in each."""
    return TradeList(np.asarray(list(returns), dtype=np.float64), "fraction", source)


def _rows(name: str, text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidData(f"{name} line {reader.line_num} is not a CSV row ({error}); correct its quotes") from error


def _best(titles: tuple[str, ...]) -> str:
    keys = [_key(title) for title in titles]
    for known in (*_RETURNS, *_AMOUNTS):
        for title, key in zip(titles, keys, strict=True):
            if key == known:
                return title
    return titles[-1]


def _key(title: str) -> str:
    return re.sub(r"\s*[($].*$", "", title.strip().lower())


def _trades(cells: list[tuple[str, str]], unit: str, source: str, key: str) -> TradeList:
    if unit not in UNITS:
        raise InvalidParams(f"the unit of trades is '{unit}'; it is one of {', '.join(UNITS)}{suggest(unit, UNITS)}")
    if not cells:
        raise InvalidData(f"{source}: there are no numbers; give one result a trade, such as +1.5% -0.8%")
    if len(cells) > _MOST:
        raise InvalidData(f"{source}: {len(cells):,} numbers; at most {_MOST:,} trades are read: leave the oldest out")
    values, marked = np.empty(len(cells)), np.zeros(len(cells), dtype=np.bool_)
    for at, (where, cell) in enumerate(cells):
        value = _number(cell)
        if value is None:
            raise InvalidData(
                f"{where} is '{cell[:40]}'; each trade is one number, such as +1.5%: correct or remove it"
            )
        values[at], marked[at] = value, "%" in cell
    dollars = any("$" in cell for _, cell in cells)
    chosen = _guess(values, bool(marked.any()), dollars, key) if unit == "auto" else unit
    if chosen == "money" and marked.any():
        raise InvalidData(f"{cells[int(marked.argmax())][0]} is a percentage among amounts of money; give one of both")
    hundredths = marked if chosen == "fraction" else np.full(values.size, chosen == "percent")
    return TradeList(np.where(hundredths, values / 100.0, values), chosen, source)


def _guess(values: FloatArray, percent: bool, dollars: bool, key: str) -> str:
    """Percent or dollar signs decide, then the title of the column, then the size of the numbers."""
    if percent or dollars:
        return "percent" if percent else "money"
    if key in _AMOUNTS:
        return "money"
    largest = float(np.abs(values).max())
    if largest <= 1.0 and not ("pct" in key or "%" in key or "percent" in key):
        return "fraction"
    return "percent" if largest <= 100.0 else "money"


def _number(cell: str) -> float | None:
    """Return the number a cell shows, without its signs of unit; None if it shows none."""
    text = cell.strip().replace("\N{MINUS SIGN}", "-")
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()").replace("$", "").replace("%", "").replace(" ", "")
    if _THOUSANDS.fullmatch(text.partition(".")[0]):
        text = text.replace(",", "")
    if not _SHAPE.fullmatch(text):
        return None
    value = float(text)
    return None if not math.isfinite(value) else -abs(value) if negative else value


def _is_empty(cell: str) -> bool:
    return cell.strip().lower() in _EMPTY
