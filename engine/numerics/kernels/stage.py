"""Everything one run needs in memory, laid out for the kernels: no arithmetic of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import ready
from .layout import ACCOUNT, CLOSE, COLUMN_FIELDS, DECISION, FILL, RULES, SLOT, TERMS, TRADE

Array = NDArray[Any]
NO_FLAGS = np.zeros((1, 1, 0), np.bool_)
NO_SIDES = np.zeros((1, 1, 0), np.int8)
NO_EXTRA = np.zeros((1, 1, 1, 0))
NO_VOLATILITY = np.zeros((1, 1, 0))


@dataclass(slots=True)
class SignalBlock:
    """Signals of m runs: flags of shape (m, symbols, bars); `extra` (m or 1, columns, symbols, bars)."""

    entry: Array
    exit: Array
    exit_short: Array = field(default_factory=lambda: NO_FLAGS)
    sides: Array = field(default_factory=lambda: NO_SIDES)
    extra: Array = field(default_factory=lambda: NO_EXTRA)


@dataclass(slots=True)
class Market:
    """What all runs share: prices (5, symbols, bars), volatility (m or 1, symbols, bars), session day of each bar."""

    prices: Array
    volatility: Array
    session: Array
    terms: Array


class Desk:
    """The records of one account on one set of symbols, for one thread."""

    __slots__ = ("accounts", "queue", "ranks", "slots")

    def __init__(self, symbols: int, runs: int = 1) -> None:
        self.accounts = np.zeros(runs, ACCOUNT)
        self.slots = np.zeros(symbols, SLOT)
        self.queue = np.zeros(symbols, np.int64)
        self.ranks = np.zeros((symbols, 4))


class Log:
    """What one run writes down; `full` says that it needs more room than it had."""

    __slots__ = ("_a_bar", "counts", "curve", "decisions", "fills", "held", "trades")

    def __init__(self, symbols: int, bars: int, room: int) -> None:
        self._a_bar = 8 + 16 * symbols  # the most that one bar can note
        self.decisions = np.empty(room, DECISION)
        self.fills = np.empty(room, FILL)
        self.trades = np.empty(room, TRADE)
        self.counts = np.zeros(3, np.int64)
        self.curve = np.empty((2, bars))
        self.held = np.empty((symbols, bars))

    @property
    def full(self) -> bool:
        """Whether some notes found no room."""
        return bool((self.counts > len(self.decisions)).any())

    @property
    def bars_left(self) -> int:
        """How many bars there is room for, whatever they write."""
        return (len(self.decisions) - int(self.counts.max())) // self._a_bar

    def grow(self) -> None:
        """Double the room."""
        for name in ("decisions", "fills", "trades"):
            old = getattr(self, name)
            new = np.empty(2 * len(old) + self._a_bar, old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)

    @property
    def needed(self) -> int:
        """The room that all notes need."""
        return int(self.counts.max())


def new_rules(rows: int = 1) -> Array:
    """Return rule records with every limit off and no optional signal column."""
    rules = np.zeros(rows, RULES)
    for name in COLUMN_FIELDS:
        rules[name] = -1
    rules["cooldown"] = -1
    rules["side"] = 1
    rules["max_gross"] = rules["max_position"] = 1.0
    rules["mark_row"] = CLOSE
    return rules


def new_terms(symbols: int) -> Array:
    """Return symbol records without fees, lots or clusters, of markets that never close."""
    terms = np.zeros(symbols, TERMS)
    terms["cluster"] = terms["close_bar"] = terms["settle_bar"] = -1
    terms["fee_up"] = terms["maker"] = 1
    return terms


def stepper(desk: Desk, signals: SignalBlock, market: Market, rules: Array, log: Log) -> Callable[[int, int], None]:
    """Return the function that runs bars start .. stop - 1; start -1 opens the accounts.

    It keeps the arrays it was given: after the log has grown another one is needed.
    """
    from .simulate import simulate as compiled

    arguments = (
        desk.accounts, desk.slots, desk.queue, desk.ranks,
        signals.entry, signals.exit, signals.exit_short, signals.sides, signals.extra,
        market.volatility, market.session, market.prices, market.terms, rules,
        log.decisions, log.fills, log.trades, log.counts, log.curve, log.held,
    )  # fmt: skip
    return partial(compiled, *arguments)


def advance(desk: Desk, signals: SignalBlock, market: Market, rules: Array, log: Log, start: int, stop: int) -> None:
    """Run bars start .. stop - 1 of one account; start -1 opens it."""
    ready()
    stepper(desk, signals, market, rules, log)(start, stop)


def simulate(desk: Desk, signals: SignalBlock, market: Market, rules: Array) -> Array:
    """Run a block of signals with running statistics only; returns the accounts as they end, one a run."""
    ready()
    stepper(desk, signals, market, rules, _NO_LOG)(-1, market.prices.shape[2])
    return desk.accounts


_NO_LOG = Log(0, 0, 0)
