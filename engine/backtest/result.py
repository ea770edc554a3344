"""What came of a backtest: curves, trades, decisions and metrics, each with one definition."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core import codes as c
from engine.core.events import EventBars
from engine.core.market import Bars
from engine.numerics.kernels.stage import Log

if TYPE_CHECKING:
    import pandas as pd

    from engine.backtest.backtest import Backtest

FloatArray = NDArray[np.float64]


class BacktestResult:
    """One finished run. Series and frames carry the time index of the data.

    Annualised metrics use `bars_per_year`, which comes from the calendar and the data; with fewer than 60 bars they are
    NaN. An undefined metric is NaN; a profit factor without losses is inf.
    """

    def __init__(
        self,
        run: Backtest,
        bars: Bars | EventBars,
        log: Log,
        account: Any,
        slots: Any,
        probabilities: FloatArray | None = None,
    ) -> None:
        self.run, self.bars = run, bars
        self.on_events = isinstance(bars, EventBars)
        self._probabilities = probabilities
        self.strategy, self.risk_manager, self.costs = run.strategy, run.risk_manager, run.costs
        self.initial_capital = run.initial_capital
        self._log, self._account, self._slots = log, account, slots
        self.equity_values: FloatArray = log.curve[0]
        self.cash_values: FloatArray = log.curve[1]

    @property
    def index(self) -> pd.DatetimeIndex:
        """The time of every bar."""
        return self.bars.index

    @cached_property
    def equity(self) -> pd.Series[float]:
        """Account value at every close, marked at the last price; shape (bars,)."""
        return self._series(self.equity_values, "equity")

    @cached_property
    def cash(self) -> pd.Series[float]:
        """Cash at every close; shape (bars,)."""
        return self._series(self.cash_values, "cash")

    @cached_property
    def drawdown_values(self) -> FloatArray:
        """Fraction below the highest equity so far, 0 or negative; the starting capital counts as a peak."""
        peak = np.maximum(np.maximum.accumulate(self.equity_values), self.initial_capital)
        result: FloatArray = self.equity_values / peak - 1.0
        return result

    @cached_property
    def drawdown(self) -> pd.Series[float]:
        """Fraction below the highest equity so far, 0 or negative; shape (bars,)."""
        return self._series(self.drawdown_values, "drawdown")

    @cached_property
    def returns(self) -> FloatArray:
        """Simple return of every bar, the first one against the starting capital; shape (bars,)."""
        before = np.empty_like(self.equity_values)
        before[0] = self.initial_capital
        before[1:] = self.equity_values[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.equity_values / before - 1.0
        return found if before.min() > 0 else np.where(before > 0, found, 0.0)  # below zero there is no return

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Signed quantity held at every close, a column a symbol; of an event market YES less NO."""
        import pandas as pd

        held = self._log.held
        if self.on_events:
            held = held[0::2] - held[1::2]
        return pd.DataFrame(held.T, index=self.index, columns=list(self.bars.symbols))

    @cached_property
    def fills(self) -> pd.DataFrame:
        """Every fill: time, symbol, side, quantity, price, the price before slippage, fee, reason, cash after it."""
        from engine.backtest.tables import fills_table

        return fills_table(self)

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Every trade, P&L after fees; one still open at the end has reason "open" and is valued at the last mark."""
        from engine.backtest.tables import trades_table

        return trades_table(self)

    @cached_property
    def bets(self) -> pd.DataFrame:
        """Every bet on an event market: probability, price, fee, stake, how it ended and what it made."""
        from engine.backtest.bets import bets_table

        return bets_table(self)

    @cached_property
    def by_event(self) -> pd.DataFrame:
        """What the bets on each event staked, paid in fees and made."""
        from engine.backtest.bets import by_event

        return by_event(self)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Every entry, exit, veto, shrink, resize and halt with its reason."""
        from engine.backtest.tables import decisions_table

        return decisions_table(self)

    @cached_property
    def bars_per_year(self) -> float:
        """Bars a year, from the calendar and the data; what annualised metrics are scaled by."""
        from engine.data.calendar import bars_per_year_of

        return float(bars_per_year_of(self.index, calendar=self.bars.calendar, interval=self.bars.interval))

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Every statistic by name."""
        from engine.backtest.measure import measure

        return measure(self)

    @property
    def optimistic(self) -> bool:
        """Whether orders filled at the close they were decided on."""
        return self.run.options.fill == "close"

    @property
    def state(self) -> str:
        """How the account ended: active, reducing or halted."""
        return c.STATES[int(self._account["state"])]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about this run, one sentence each."""
        found = [*self.bars.notes, *self.strategy.notes]
        if self.on_events:
            from engine.backtest.bets import unsettled

            found += unsettled(self)
        if self.optimistic:
            found.append("Orders fill at the close they were decided on: optimistic.")
        if int(self._account["ambiguous"]):
            found.append(
                f"{int(self._account['ambiguous'])} bars held both the stop and the target; the stop was taken."
            )
        return tuple(found)

    @property
    def ambiguous_bars(self) -> int:
        """Bars that held both the stop and the target of a position."""
        return int(self._account["ambiguous"])

    def open_value(self, s: int) -> float:
        """Value of a symbol's open position at the last mark, negative for a short."""
        slot = self._slots[s]
        return float(slot["quantity"] * slot["mark"])

    def summary(self) -> str:
        """Return the run as a table that a person can read."""
        from engine.backtest.summary import summary

        return summary(self)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return a self-contained tear sheet, and write it to `path` if one is given."""
        from engine.backtest.tearsheet import tear_sheet

        page = tear_sheet(self)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def _series(self, values: FloatArray, name: str) -> pd.Series[float]:
        import pandas as pd

        return pd.Series(values, index=self.index, name=name)

    def __repr__(self) -> str:
        from engine.backtest.words import named

        return f"<BacktestResult {type(self.strategy).__name__} on {named(self.bars.symbols)}: {len(self.bars)} bars>"
