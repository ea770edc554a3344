"""Kelly from a record: reads trades from text, a CSV file or a run, and lays the numbers side by side under their names."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.errors import InvalidData, InvalidParams, suggest
from engine.numerics.rules import MIN_TRADES, PRIOR
from engine.risk.checks import positive
from engine.risk.kelly import KellySize
from engine.risk.kelly_math import baker_mchale, kelly_from_win_rate, rate_error, wilson_interval
from engine.risk.kelly_record import TradeKelly, kelly_from_trades
from engine.service.kelly_law import FloatArray, Law, Sizing

UNITS = ("auto", "fraction", "percent", "money")
_MOST = 100_000
_SEPARATORS = ",;\t|"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WORDS_OF_MONEY = ("pnl", "p&l", "p/l", "profit", "gain", "usd", "dollar", "amount")
_WORDS_OF_RETURN = ("return", "ret", "roi", "change", "percent", "pct", "%")
# one record in which the three numbers called "Kelly from trades" lie far apart
_EXAMPLE = (
    2.1, -1.1, 3.4, -0.9, -1.2, 1.8, 2.7, -1.0, 0.0, 1.5, -1.3, 2.2, -0.8, 1.9, -1.1, 2.6, -1.4, 3.0, -1.2, 1.6, -0.7, 1.2,
    -1.5, 2.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class TradeList:
    """Outcomes of closed trades, shape (n,): returns as fractions, or dollars where `money` is set."""

    values: FloatArray
    money: bool
    source: str


@dataclass(frozen=True, slots=True)
class TradeFile:
    """The columns of a CSV file that hold numbers; `best` is the one that looks like the outcome of trades."""

    name: str
    columns: dict[str, tuple[str, ...]]
    best: str

    def trades(self, column: str, unit: str = "auto") -> TradeList:
        """Read one column; an unreadable cell is named with its line."""
        if column not in self.columns:
            raise InvalidData(f"{self.name} has no column '{column}'{suggest(column, self.columns)}")
        cells = [(f"{self.name} line {line}", cell) for line, cell in enumerate(self.columns[column], start=2)]
        return _trades(cells, unit, f"{self.name}, column {column}", column)


@dataclass(frozen=True, slots=True)
class RateRow:
    """Kelly at one reading of the win rate, the average win and loss as measured; `risk` is a fraction at risk."""

    name: str
    win_rate: float
    risk: float


@dataclass(frozen=True, slots=True)
class RecordView:
    """What a record of trades says about size.

    `kelly` holds the three numbers called "Kelly from trades"; where only dollars are known, those that need the return
    of a trade are NaN. `rule` is what the engine sizes by (`KellyCriterion.from_record`) and `law` the bet it stands
    for: the win rate with its prior and the measured payoff ratio, None where the record has no win or no loss.
    """

    source: str
    money: bool
    kelly: TradeKelly
    rule: KellySize
    needed: int
    stake: float
    prior_rate: float
    interval: tuple[float, float]
    rates: tuple[RateRow, ...]
    error: float
    factor: float
    law: Law | None


def example_trades() -> str:
    """Return a short record to start from, as text."""
    return ", ".join(f"{value:+.1f}%" for value in _EXAMPLE)


def paste_trades(text: str, unit: str = "auto") -> TradeList:
    """Read outcomes from text: numbers apart by spaces, commas, semicolons or lines; %, $ and (losses) understood."""
    cells = [part for part in re.split(r"[\s;]+|,(?=\s|$)|(?<!\d),|,(?!\d{3}(?!\d))", text) if part]
    return _trades([(f"number {at}", cell) for at, cell in enumerate(cells, start=1)], unit, "pasted numbers")


def trade_file(name: str, data: bytes) -> TradeFile:
    """Read a CSV file, with or without a header, down to its columns of numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidData(f"{name} is not UTF-8 text; save it as a CSV file in UTF-8") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InvalidData(f"{name} is empty; it needs one row a trade")
    separator = max(_SEPARATORS, key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    headed = not any(_is_number(cell) for cell in rows[0])
    names = [cell.strip() or f"column {at}" for at, cell in enumerate(rows[0], 1)] if headed else []
    names = names or [f"column {at}" for at in range(1, len(rows[0]) + 1)]
    # a file without a header is read as one whose header is missing, so that line numbers stay those of the file
    body = rows[1:] if headed else rows
    found = {name: _cells(body, at) for at, name in enumerate(names)}
    columns = {name: cells for name, cells in found.items() if cells and sum(map(_is_number, cells)) * 2 > len(cells)}
    if not columns:
        raise InvalidData(f"{name} has no column of numbers; it needs one row a trade and a column such as 'return'")
    return TradeFile(name, columns, _best(tuple(columns)))


def last_trades(returns: Iterable[float], source: str) -> TradeList:
    """Take the returns of a run's closed trades, fractions of the money in each."""
    return TradeList(np.asarray(list(returns), dtype=np.float64), money=False, source=source)


def record(trades: TradeList, sizing: Sizing, trade_size: float | None = None) -> RecordView:
    """Return what the record says; `trade_size` is the money in each trade where only dollars are known."""
    money = trades.money and trade_size is None
    values = trades.values / positive("money in each trade", trade_size) if trades.money and trade_size else trades.values
    kelly = _without_returns(kelly_from_trades(values)) if money else kelly_from_trades(values)
    won, lost = float(values[values > 0.0].sum()), float(values[values < 0.0].sum())
    rule = sizing.criterion.from_record(kelly.wins, kelly.losses, won, lost, kelly.breakeven)
    decided = kelly.wins + kelly.losses
    prior_rate = (kelly.wins + PRIOR) / (decided + 2.0 * PRIOR)
    known = kelly.wins > 0 and kelly.losses > 0
    error = rate_error(kelly.win_rate, decided) if decided else math.nan
    low, high = wilson_interval(kelly.wins, decided)
    named = {"Low end": low, "With the prior": prior_rate, "As measured": kelly.win_rate, "High end": high}
    return RecordView(
        source=trades.source,
        money=money,
        kelly=kelly,
        rule=rule,
        needed=MIN_TRADES,
        stake=sizing.dollars(rule.position),
        prior_rate=prior_rate,
        interval=(low, high),
        rates=tuple(RateRow(name, rate, kelly_from_win_rate(rate, kelly.payoff_ratio)) for name, rate in named.items())
        if known
        else (),
        error=error,
        factor=baker_mchale(kelly.win_rate, kelly.payoff_ratio, error) if known else math.nan,
        law=Law(prior_rate, kelly.payoff_ratio) if known else None,
    )
