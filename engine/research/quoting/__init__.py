"""Market making on event contracts, as research: quotes around a fair value, and what they would have earned.

The bundled books show the best prices about once a second and no trades, so nobody can know where an order stood in
its queue: every result is a range between stated assumptions.
"""

from __future__ import annotations

from engine.research.quoting.book import Book, Tape
from engine.research.quoting.fair import cauchy_bracket
from engine.research.quoting.grid import CENT, TAPERED, TENTH_CENT, PriceGrid
from engine.research.quoting.queue import MIDDLE, OPTIMISTIC, PESSIMISTIC, QUEUES, QueueModel
from engine.research.quoting.quoters import AvellanedaQuoter, FixedQuotes, LogitQuoter, OffsetQuoter, Quoter, View
from engine.research.quoting.recorded import book_from_candles, book_from_frame
from engine.research.quoting.report import PnlSplit, QuotingReport, equity_curve, report, split_pnl
from engine.research.quoting.samples import recorded_books, synthetic_books
from engine.research.quoting.simulator import QuoteFill, QuotingRules, QuotingRun, simulate
from engine.research.quoting.study import QueueResult, QuotingStudy, quoting_study

__all__ = [
    "CENT",
    "MIDDLE",
    "OPTIMISTIC",
    "PESSIMISTIC",
    "QUEUES",
    "TAPERED",
    "TENTH_CENT",
    "AvellanedaQuoter",
    "Book",
    "FixedQuotes",
    "LogitQuoter",
    "OffsetQuoter",
    "PnlSplit",
    "PriceGrid",
    "QueueModel",
    "QueueResult",
    "QuoteFill",
    "Quoter",
    "QuotingReport",
    "QuotingRules",
    "QuotingRun",
    "QuotingStudy",
    "Tape",
    "View",
    "book_from_candles",
    "book_from_frame",
    "cauchy_bracket",
    "equity_curve",
    "quoting_study",
    "recorded_books",
    "report",
    "simulate",
    "split_pnl",
    "synthetic_books",
]
