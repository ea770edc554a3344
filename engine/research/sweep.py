"""Every combination of a parameter grid through the same account and limits, with running statistics only.

Indicators are computed once per distinct parameter value and signals for a block of combinations at a time, so no array
per combination is kept; blocks go to a thread pool.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import pairwise, product
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.backtest import Backtest, as_bars, check_capital
from engine.backtest.encode import Present, check_signals, encode
from engine.backtest.rulebook import RunOptions, build_rules, build_terms, session_days, volatility_of
from engine.core.costs import Costs
from engine.core.errors import InvalidParams, suggest
from engine.core.market import Bars
from engine.numerics.kernels import ready
from engine.numerics.kernels.stage import Desk, Market, simulate
from engine.research.rows import COLUMNS, account_rows, result_row
from engine.risk.limits import RiskManager
from engine.strategies.base import BarStrategy, Strategy
from engine.strategies.indicator import Indicator
from engine.strategies.signal import COLUMNS as SIGNAL_COLUMNS
from engine.strategies.signal import Signals

if TYPE_CHECKING:
    import pandas as pd

Number = int | float
Params = Mapping[str, Number]
Array = NDArray[Any]
_BLOCK_BYTES = 2_500_000  # of one float64 array of a block: small enough to stay in cache, large enough to amortise

_SHORT = 4  # rows of the grid that fit this many times into a block share one


class _Table:
    """The distinct values of one indicator on one symbol, a row each, and the row of every combination."""

    __slots__ = ("rows", "values")

    def __init__(
        self, indicator: Indicator, there: Present, columns: Mapping[str, Sequence[Number]], count: int
    ) -> None:
        keys = indicator.keys(columns, count)
        distinct = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        self.rows = np.array([distinct[key] for key in keys])
        self.values = np.empty((len(distinct), len(there.bars)))
        for key, row in distinct.items():
            self.values[row] = indicator.compute(there.bars, key)
        self.values.flags.writeable = False  # shared by every combination: one may not change what the next one sees

    def block(self, start: int, stop: int) -> Array:
        """Return the rows of a block, (combinations, bars): a view where the rows are one or lie side by side."""
        rows = self.rows[start:stop]
        first, count = int(rows[0]), len(rows)
        if (rows == first).all():
            return np.broadcast_to(self.values[first], (count, self.values.shape[1]))
        if (rows == np.arange(first, first + count)).all():
            return self.values[first : first + count]
        picked: Array = self.values[rows]
        return picked


class _Sweep:
    """One sweep: what all blocks share."""

    def __init__(
        self, cls: type[Strategy], bars: Bars, market: Market, rules: Array, combos: list[dict[str, Number]]
    ) -> None:
        self.cls, self.bars, self.market, self.rules, self.combos = cls, bars, market, rules, combos
        self.columns = {name: [c[name] for c in combos] for name in combos[0]}
        self.present = [Present(bars, s) for s in range(len(bars.instruments))]
        slowest = cls({name: max(values) for name, values in self.columns.items()}, checked=False)
        for there, name in zip(self.present, bars.symbols, strict=True):
            slowest.check_bars(there.bars, name)
        self.tables = [
            {name: _Table(i, there, self.columns, len(combos)) for name, i in cls.INDICATORS.items()}
            for there in self.present
        ]

    def run(self, start: int, stop: int) -> Array:
        """Return the accounts of combinations start .. stop - 1 as they end."""
        combos = self.combos[start:stop]
        rules = self.rules.copy()
        found = self._in_block(start, stop)
        if found is None:
            return np.concatenate([self._alone(k) for k in range(start, stop)])
        block = encode(found, self.present, len(self.bars), len(combos), rules)
        return simulate(Desk(len(self.present), len(combos)), block, self.market, rules)

    def _in_block(self, start: int, stop: int) -> list[Signals] | None:
        """Return the signals of a block at once, or None if the class does not say the same of one combination alone.

        Code that mixes bars and combinations, say by working along the first axis, shows in the first or last row.
        """
        strategy = object.__new__(self.cls)
        block = {name: _column(values[start:stop]) for name, values in self.columns.items()}
        strategy.params = block  # type: ignore[assignment]
        found = []
        for s, (there, tables) in enumerate(zip(self.present, self.tables, strict=True)):
            ind = SimpleNamespace(**{name: table.block(start, stop) for name, table in tables.items()})
            try:
                signals = check_signals(strategy.signals(there.bars, ind), self.cls.__name__, there.bars)
            except (ValueError, TypeError, IndexError):
                return None  # written for one run only; alone it works, or says what is wrong
            if stop - start > 1:
                for row in (0, stop - start - 1):
                    if not same_row(signals, self._one(s, start + row), row):
                        return None
            found.append(signals)
        return found

    def _one(self, s: int, k: int) -> Signals:
        """Return the signals of one combination on one symbol, as a single run has them."""
        there, tables = self.present[s], self.tables[s]
        ind = SimpleNamespace(**{name: table.values[table.rows[k]].copy() for name, table in tables.items()})
        strategy = object.__new__(self.cls)
        strategy.params = MappingProxyType(self.combos[k])  # checked when the grid was
        return check_signals(strategy.signals(there.bars, ind), self.cls.__name__, there.bars)

    def _alone(self, k: int) -> Array:
        """Return the account of one combination run by itself."""
        rules = self.rules.copy()
        found = [self._one(s, k) for s in range(len(self.present))]
        block = encode(found, self.present, len(self.bars), 1, rules)
        return simulate(Desk(len(self.present)), block, self.market, rules)


def same_row(block: Signals, one: Signals, row: int) -> bool:
    """Say whether a row of a block of signals is what one combination says alone."""
    for name in ("entry", "exit", "side", "exit_short", *SIGNAL_COLUMNS):
        whole, single = getattr(block, name), getattr(one, name)
        if (whole is None) != (single is None):
            return False
        if whole is None:
            continue
        part, alone = np.asarray(whole), np.asarray(single)
        if part.ndim > 1:
            part = part[row]
        same = part == alone
        if part.dtype.kind == "f":
            same |= (part != part) & (alone != alone)
        if not same.all():
            return False
    return True


def _column(values: Sequence[Number]) -> Any:
    """Return a parameter of a block as a number, or as a column (combinations, 1) where it varies."""
    return values[0] if values.count(values[0]) == len(values) else np.array(values)[:, None]


def combinations(cls: type[Strategy | BarStrategy], grid: Mapping[str, Sequence[Number]]) -> list[dict[str, Number]]:
    """Return every combination of the grid with the defaults of the other parameters, checked value by value."""
    if not grid:
        raise InvalidParams("the grid is empty; name at least one parameter with its values")
    for name, values in grid.items():
        if not isinstance(values, Iterable) or isinstance(values, str):
            raise InvalidParams(f"the grid gives {values!r} for {name}; give a list of values, say [{values!r}]")
        if name not in cls.PARAMS:
            raise InvalidParams(f"{cls.__name__} has no parameter {name!r}{suggest(name, cls.PARAMS)}")
        if len(values) == 0:
            raise InvalidParams(f"the grid gives no values for {name}; give at least one")
    axes = {name: [cls.PARAMS[name].check(v) for v in values] for name, values in grid.items()}
    rest = {name: p.default for name, p in cls.PARAMS.items() if name not in grid}
    return [{**rest, **dict(zip(axes, values, strict=True))} for values in product(*axes.values())]


def sweep(
    strategy_class: type[Strategy | BarStrategy],
    grid: Mapping[str, Sequence[Number]],
    data: Any,
    risk_manager: RiskManager | None = None,
    *,
    symbol: str | None = None,
    initial_capital: float = 10_000,
    costs: Costs | None = None,
    fill: str = "next_open",
    allow_short: bool = False,
    stops_from: str = "entry_bar",
    stop_basis: str = "fill",
    nan: str = "refuse",
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> pd.DataFrame:
    """Return one row of metrics a combination, in the order of the grid, all risk rules on.

    Columns: the parameters of the grid, the metrics (NaN where undefined), `problem` with what is wrong with a
    combination that was not run. `progress` is told the share that is done; when `cancel` returns True the rest is
    left out and says so.
    """
    if not (isinstance(strategy_class, type) and issubclass(strategy_class, (Strategy, BarStrategy))):
        raise InvalidParams(f"strategy_class is {strategy_class!r}; pass the class itself, not an instance")
    combos = combinations(strategy_class, grid)
    ready()
    problems = [strategy_class.check(c) or "" for c in combos]
    valid = [i for i, problem in enumerate(problems) if not problem]
    risk, costs = risk_manager or RiskManager(), costs or Costs()
    options = RunOptions(fill, allow_short, stops_from, stop_basis, nan)
    bars = as_bars(data, symbol, nan=nan)
    table = np.full((len(combos), len(COLUMNS)), np.nan)
    if valid and issubclass(strategy_class, Strategy):
        rules = build_rules(check_capital(initial_capital), risk, costs, options)
        terms = build_terms(bars, risk, costs)
        market = Market(bars.prices, volatility_of(bars, risk), session_days(bars, risk), terms)
        job = _Sweep(strategy_class, bars, market, rules, [combos[i] for i in valid])
        done = _in_blocks(job, threads, progress, cancel)
        places = [valid[i] for (start, stop), _ in done for i in range(start, stop)]
        if places:
            table[places] = account_rows(np.concatenate([accounts for _, accounts in done]), bars)
        finished = set(places)
    else:

        def run(i: int) -> Array:
            strategy = strategy_class(combos[i])
            how = (fill, allow_short, stops_from, stop_basis, nan)
            return result_row(Backtest(strategy, initial_capital, risk, costs, *how).run(bars))

        finished = _one_by_one(run, valid, table, progress, cancel)
    for i in valid:
        if i not in finished:
            problems[i] = "cancelled before it was run"
    return _frame(grid, combos, table, problems)


def _in_blocks(
    job: _Sweep, threads: int | None, progress: Callable[[float], None] | None, cancel: Callable[[], bool] | None
) -> list[tuple[tuple[int, int], Array]]:
    """Run all blocks on a thread pool, as many at a time as there are threads, until done or cancelled."""
    total = len(job.combos)
    workers = threads or os.cpu_count() or 1
    size = max(1, min(_BLOCK_BYTES // (8 * max(len(job.bars), 1)), -(-total // workers)))
    spans = iter(spans_of(job.columns, total, size))
    done: list[tuple[tuple[int, int], Array]] = []
    finished = 0
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[Array], tuple[int, int]] = {}
        while True:
            while len(running) < workers + 1 and (span := next(spans, None)) is not None:
                running[pool.submit(job.run, *span)] = span
            if not running:
                return done
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                span = running.pop(future)
                done.append((span, future.result()))
                finished += span[1] - span[0]
            if progress is not None:
                progress(finished / total)
            if cancel is not None and cancel():
                spans = iter(())


def spans_of(columns: Mapping[str, Sequence[Number]], count: int, size: int) -> list[tuple[int, int]]:
    """Return blocks (start, stop) of at most `size` combinations that do not straddle rows of the grid for nothing.

    Within a row of the grid only the last parameter that is swept changes, so that the values of most indicators are
    one row or lie side by side, and no block of them has to be gathered. Rows that are short share a block.
    """
    swept = [np.asarray(values) for values in columns.values() if values.count(values[0]) < count]
    change = np.zeros(count, bool)
    for values in swept[:-1]:
        change[1:] |= values[1:] != values[:-1]
    rows = [0, *np.flatnonzero(change).tolist(), count]
    spans: list[tuple[int, int]] = []
    for start, stop in pairwise(rows):
        if spans and stop - spans[-1][0] <= size and (stop - start) * _SHORT <= size:
            spans[-1] = (spans[-1][0], stop)
            continue
        parts = -(-(stop - start) // size)
        edges = [start + (stop - start) * k // parts for k in range(parts + 1)]
        spans += pairwise(edges)
    return spans


def _one_by_one(
    run: Callable[[int], Array],
    places: list[int],
    table: Array,
    progress: Callable[[float], None] | None,
    cancel: Callable[[], bool] | None,
) -> set[int]:
    """Run combinations one after another into `table`, for strategies that decide bar by bar; return which were run."""
    finished: set[int] = set()
    for k, i in enumerate(places):
        if cancel is not None and cancel():
            break
        table[i] = run(i)
        finished.add(i)
        if progress is not None:
            progress((k + 1) / len(places))
    return finished


def _frame(grid: Mapping[str, Any], combos: list[dict[str, Number]], table: Array, problems: list[str]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({name: [c[name] for c in combos] for name in grid})
    for k, name in enumerate(COLUMNS):
        frame[name] = table[:, k]
    frame["problem"] = problems
    return frame


def ranked(table: pd.DataFrame, metric: str = "sharpe") -> pd.DataFrame:
    """Return the rows best first; what was not run, never held anything or has no finite such number comes last."""
    if metric not in table.columns:
        raise InvalidParams(f"the table has no column {metric!r}{suggest(metric, table.columns)}")
    values = table[metric].replace([np.inf, -np.inf], np.nan)
    order = table.assign(_idle=(table["exposure"].fillna(0) == 0) | values.isna())
    return order.sort_values(["_idle", metric], ascending=[True, False], kind="stable").drop(columns="_idle")
