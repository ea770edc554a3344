"""Strategies that decide bar by bar, on the same compiled account as everything else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.backtest.encode import Present
from engine.core.errors import InvalidParams, suggest
from engine.core.market import FIELDS, Bars
from engine.numerics.kernels import layout
from engine.numerics.kernels.stage import Desk, Log, Market, SignalBlock, stepper
from engine.strategies.base import BarStrategy
from engine.strategies.signal import COLUMNS, check_range

Array = NDArray[Any]
FILL = {"payoff": 1.0, "score": 0.0}


class Now:
    """Declared indicators at the current bar: `context.ind.fast` is a number, NaN while it warms up."""

    __slots__ = ("_at", "_values")

    def __init__(self, values: dict[str, list[float]]) -> None:
        self._values = values
        self._at = 0

    def __getattr__(self, name: str) -> float:
        try:
            return self._values[name][self._at]
        except KeyError:
            raise InvalidParams(f"no indicator {name!r}; declared are: {', '.join(self._values) or 'none'}") from None


class BarContext:
    """What a strategy may see at the close of a bar, and what it may order; nothing of it lies in the future.

    `index` counts bars from 0, `time` is the bar's stamp, `open` ... `volume` its prices, `ind` the declared indicators
    at this bar. `position` is the signed quantity, `equity` and `cash` the account's. `state` is the strategy's to keep
    things in.
    """

    __slots__ = (
        "_account", "_at", "_columns", "_prices", "_quantity", "_record", "_s", "_slot", "_stamps",
        "ind", "params", "state", "symbol",
    )  # fmt: skip

    def __init__(self, run: Orders, s: int, symbol: str, params: Any, ind: Now, prices: Array, stamps: Any) -> None:
        self._record, self._s, self.symbol, self.params, self.ind = run, s, symbol, params, ind
        self._prices = prices
        self._prices.flags.writeable = False
        self._columns: list[list[float]] = [row.tolist() for row in self._prices]
        self._account, self._slot = run.desk.accounts[0], run.desk.slots[s]
        self._quantity = run.desk.slots["quantity"]  # a field of one record takes ten times as long to read
        self._stamps = stamps
        self._at = 0
        self.state = SimpleNamespace()

    def _move(self, t: int) -> None:
        self._at = t
        self.ind._at = t

    @property
    def index(self) -> int:
        """Number of the bar, from 0."""
        return self._at

    @property
    def time(self) -> Any:
        """Stamp of the bar as the data has it."""
        return self._stamps[self._at]

    @property
    def open(self) -> float:
        """First price of the bar."""
        return self._columns[0][self._at]

    @property
    def high(self) -> float:
        """Highest price of the bar."""
        return self._columns[1][self._at]

    @property
    def low(self) -> float:
        """Lowest price of the bar."""
        return self._columns[2][self._at]

    @property
    def close(self) -> float:
        """Last price of the bar."""
        return self._columns[3][self._at]

    @property
    def volume(self) -> float:
        """Units traded in the bar."""
        return self._columns[4][self._at]

    @property
    def position(self) -> float:
        """Signed quantity held; 0 when flat."""
        quantity: float = self._quantity.item(self._s)
        return quantity

    @property
    def entry_price(self) -> float:
        """Average entry price of the position; NaN when flat."""
        return float(self._slot["entry_price"]) if self._slot["quantity"] else float("nan")

    @property
    def equity(self) -> float:
        """The account at this bar's close."""
        return float(self._account["equity"])

    @property
    def cash(self) -> float:
        """The account's cash."""
        return float(self._account["cash"])

    def history(self, column: str = "close", bars: int | None = None) -> Array:
        """Return the last `bars` values of a column up to and with this bar (all, if None)."""
        if column not in FIELDS:
            raise InvalidParams(f"no column {column!r} in bars{suggest(column, FIELDS)}; there are {', '.join(FIELDS)}")
        if bars is not None and not (isinstance(bars, int) and bars > 0):
            raise InvalidParams(
                f"history of {bars!r} bars was asked for; it must be a whole number above 0, or None for all"
            )
        end = self._at + 1
        start = 0 if bars is None else max(0, end - bars)
        past: Array = self._prices[FIELDS.index(column), start:end]
        return past

    def buy(self, **how: float) -> None:
        """Want to be long from the next fill; `how` may name stop_loss_pct, limit, probability and the like."""
        self._order(1, how)

    def sell_short(self, **how: float) -> None:
        """Want to be short from the next fill; needs `allow_short`."""
        self._order(-1, how)

    def close_position(self) -> None:
        """Want to be flat from the next fill."""
        self._record.leave(self._s, self._bar())

    def _order(self, side: int, how: dict[str, float]) -> None:
        self._record.order(self._s, self._bar(), side, how)

    def _bar(self) -> int:
        """Return the bar on the time axis of the run."""
        return self._at


def check_order(name: str, value: float, rules: Array) -> None:
    """Refuse what an order cannot have, and tell the rules what it switches on."""
    if name not in COLUMNS:
        raise InvalidParams(f"an order has no {name!r}; it may have {', '.join(COLUMNS)}")
    check_range(name, value)
    rules["has_stops"] |= name.endswith("_pct")
    rules["has_limits"] |= name == "limit"
    rules["own_probability"] |= name == "probability"


class Orders(Protocol):
    """Where a context writes down what its strategy wants."""

    desk: Desk

    def order(self, s: int, t: int, side: int, how: dict[str, float]) -> None: ...

    def leave(self, s: int, t: int) -> None: ...


class BarRun:
    """One bar-by-bar run: flags are written as the strategy speaks, then the compiled steps take the bar."""

    def __init__(self, strategy: BarStrategy, bars: Bars, market: Market, rules: Array, log: Log, desk: Desk) -> None:
        n, symbols = len(bars), len(bars.instruments)
        self.prices, self.index = bars.prices, bars.index
        self.rules, self.desk, self.log, self.market = rules, desk, log, market
        self.block = SignalBlock(
            np.zeros((1, symbols, n), np.bool_),
            np.zeros((1, symbols, n), np.bool_),
            sides=np.ones((1, symbols, n), np.int8),
            extra=np.full((1, len(COLUMNS), symbols, n), np.nan),
        )
        rules["has_side"] = 1
        for row, name in enumerate(layout.COLUMN_FIELDS):
            rules[name] = row
        for name, value in FILL.items():
            self.block.extra[0, COLUMNS.index(name)] = value
        self.strategy = strategy
        self.contexts = [self._context(bars, s) for s in range(symbols)]

    def _context(self, bars: Bars, s: int) -> BarContext:
        there = Present(bars, s)
        symbol = bars.instruments[s].symbol
        self.strategy.check_bars(there.bars, symbol)
        features = self.strategy.features(there.bars)
        lists = {k: there.spread(v, len(bars), np.nan).tolist() for k, v in features.items()}
        return BarContext(
            self, s, symbol, SimpleNamespace(**self.strategy.params), Now(lists), self.prices[:, s], self.index
        )

    def order(self, s: int, t: int, side: int, how: dict[str, float]) -> None:
        """Write an entry signal and whatever came with it into the bar's columns."""
        self.block.entry[0, s, t] = True
        self.block.sides[0, s, t] = side
        for name, value in how.items():
            check_order(name, value, self.rules)
            self.block.extra[0, COLUMNS.index(name), s, t] = value

    def leave(self, s: int, t: int) -> None:
        """Write an exit signal into the bar's columns."""
        self.block.exit[0, s, t] = True

    def play(self) -> None:
        """Run every bar."""
        desk, block, market, rules, log = self.desk, self.block, self.market, self.rules, self.log
        on_bar = self.strategy.on_bar
        closes = self.prices[layout.CLOSE]
        gaps = not np.isfinite(closes).all()
        for context in self.contexts:
            self.strategy.start(context)
        step, room = stepper(desk, block, market, rules, log), log.bars_left
        step(-1, 0)
        for t in range(len(self.index)):
            for s, context in enumerate(self.contexts):
                if gaps and not np.isfinite(closes[s, t]):
                    continue
                context._move(t)
                on_bar(context)
            step(t, t + 1)
            room -= 1
            if room <= 0:  # a bar cannot be run twice: the strategy has already been asked
                if log.bars_left == 0:
                    log.grow()
                step, room = stepper(desk, block, market, rules, log), log.bars_left
