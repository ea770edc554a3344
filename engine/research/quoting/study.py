"""The same quotes over many markets under each queue assumption: the result is the range, not a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import InvalidConfig
from engine.research.quoting.book import Book
from engine.research.quoting.queue import QUEUES, QueueModel
from engine.research.quoting.quoters import Quoter
from engine.research.quoting.report import MARKOUTS, PnlSplit, QuotingReport, report
from engine.research.quoting.simulator import QuotingRules, simulate

if TYPE_CHECKING:
    import pandas as pd

_ASSUMED = (
    "Only the best prices of each row are known: what trades and is refilled between two rows is not seen.",
    "A row's change happens at its time; latency is counted against that.",
    "Our orders move nobody: nobody reacts to them, and what they take is not missing later.",
    "Inventory is held to settlement; nothing is ever sold off at the other side's price.",
)


@dataclass(frozen=True, slots=True)
class QueueResult:
    """What all markets together gave under one queue assumption; money in dollars, ratios of nothing are NaN."""

    queue: QueueModel
    reports: tuple[QuotingReport, ...] = field(repr=False)

    @property
    def pnl(self) -> Decimal:
        """The P&L of all markets."""
        return sum((one.pnl for one in self.reports), Decimal(0))

    @property
    def split(self) -> PnlSplit:
        """The parts of the P&L; they add up to it exactly."""
        return sum((one.split for one in self.reports), PnlSplit())

    @property
    def contracts(self) -> int:
        """Contracts filled."""
        return sum(one.contracts for one in self.reports)

    @property
    def fills(self) -> int:
        """Fills of all markets."""
        return sum(one.fills for one in self.reports)

    @property
    def fill_rate(self) -> float:
        """Contracts filled as a share of contracts placed."""
        placed = sum(one.contracts_placed for one in self.reports)
        return self.contracts / placed if placed else math.nan

    @property
    def markouts(self) -> dict[float, float]:
        """Markouts in dollars a contract, each market weighing by its contracts."""
        filled = [one for one in self.reports if one.contracts]
        if not filled:
            return dict.fromkeys(self.reports[0].markouts, math.nan)
        return {
            horizon: sum(one.markouts[horizon] * one.contracts for one in filled) / self.contracts
            for horizon in filled[0].markouts
        }

    @property
    def time_quoted(self) -> float:
        """Mean share of time with an order on both sides."""
        return float(np.mean([one.time_quoted for one in self.reports]))

    @property
    def time_at_limit(self) -> float:
        """Mean share of time at the position limit."""
        return float(np.mean([one.time_at_limit for one in self.reports]))

    @property
    def worst_drawdown(self) -> float:
        """The deepest drawdown within any one market."""
        return min(one.max_drawdown for one in self.reports)

    @property
    def t_value(self) -> float:
        """Mean P&L of a market over its standard error; NaN for fewer than two markets or no spread among them."""
        each = np.array([float(one.pnl) for one in self.reports])
        deviation = float(each.std(ddof=1)) if len(each) > 1 else 0.0
        return float(each.mean()) / deviation * math.sqrt(len(each)) if deviation > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class QuotingStudy:
    """The results of a study, from the assumption most against us to the one most for us, and what was assumed."""

    results: tuple[QueueResult, ...]
    rules: QuotingRules
    markout: float
    notes: tuple[str, ...] = ()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Every assumption in a sentence: of the queues, of the simulator, of the books."""
        return (*(one.queue.words for one in self.results), *_ASSUMED, *self.notes)

    def table(self) -> pd.DataFrame:
        """Return one column for each queue assumption and one row for each figure."""
        import pandas as pd

        return pd.DataFrame({one.queue.name: _figures(one, self.markout) for one in self.results})

    def summary(self) -> str:
        """Return the range as text: the table, then what it rests on."""
        names = [one.queue.name for one in self.results]
        columns = [_figures(one, self.markout) for one in self.results]
        lines = [f"{'':<34}" + "".join(f"{name:>14}" for name in names)]
        lines += [
            f"{label:<34}" + "".join(f"{_shown(label, column[label]):>14}" for column in columns)
            for label in columns[0]
        ]
        return "\n".join([*lines, "", *self.assumptions])


def quoting_study(
    books: Sequence[Book],
    quoter: Quoter,
    rules: QuotingRules | None = None,
    *,
    fairs: Mapping[str, ArrayLike] | None = None,
    queues: Sequence[QueueModel] = QUEUES,
    markout: float = 15.0,
    horizons: Sequence[float] = MARKOUTS,
) -> QuotingStudy:
    """Run a quoter over markets under each queue assumption; `fairs` are fair values by the name of the book."""
    if not books or not queues:
        raise InvalidConfig("there is no book or no queue to run over; pass at least one of each")
    rules = rules or QuotingRules()
    unknown = set(fairs or ()) - {book.name for book in books}
    if unknown:
        raise InvalidConfig(f"fairs names {min(unknown)!r}, which is no book of this study: correct the name")
    results = tuple(
        QueueResult(
            queue,
            tuple(
                report(simulate(book, quoter, rules, queue, (fairs or {}).get(book.name)), markout, horizons)
                for book in books
            ),
        )
        for queue in queues
    )
    notes = tuple(dict.fromkeys(note for book in books for note in book.notes))
    return QuotingStudy(results, rules, markout, notes)


def _figures(one: QueueResult, markout: float) -> dict[str, float]:
    split = one.split
    parts = {
        "P&L ($)": one.pnl,
        "  spread captured ($)": split.spread,
        f"  adverse selection, {markout:g} s ($)": split.adverse,
        "  inventory to settlement ($)": split.inventory,
        "  fees ($)": split.fees,
    }
    return {
        "markets": float(len(one.reports)),
        **{label: float(value) for label, value in parts.items()},
        "P&L a market, t value": one.t_value,
        "fills": float(one.fills),
        "contracts": float(one.contracts),
        "fill rate": one.fill_rate,
        **{f"markout after {horizon:g} s (c/contract)": 100.0 * value for horizon, value in one.markouts.items()},
        "time quoted on both sides": one.time_quoted,
        "time at the limit": one.time_at_limit,
        "worst drawdown of a market ($)": one.worst_drawdown,
        "most capital held in a market ($)": max(report.capital for report in one.reports),
        "messages": float(sum(report.messages for report in one.reports)),
    }


def _shown(label: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    if label.startswith("time") or label == "fill rate":
        return f"{value:.1%}"
    if label in {"markets", "fills", "contracts", "messages"}:
        return f"{value:,.0f}"
    return f"{value:,.2f}"
