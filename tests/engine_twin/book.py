"""What the twin remembers: entry orders, positions with every fill of theirs, and what it writes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Entry:
    """An entry order: market (`limit` 0) or limit, sized at the decision or, by `weight`, at the fill."""

    side: int
    quantity: float
    basis: float  # the close at which it was decided
    bar: int
    weight: float = 0.0
    limit: float = 0.0
    stop: float = 0.0
    target: float = 0.0
    trail: float = 0.0
    carried: Decimal = Decimal(0)  # roundings of its fees that have not come back


@dataclass
class Exit:
    """An exit order for the whole position."""

    reason: int
    waited: bool = False
    carried: Decimal = Decimal(0)


@dataclass
class Position:
    """What is held of one symbol, with the fills that made it."""

    side: int
    entry_bar: int
    live_from: int
    best: float
    worst: float
    quantity: float = 0.0
    entries: list[tuple[float, float, float]] = field(default_factory=list)  # quantity, price, fee
    exits: list[tuple[float, float, float]] = field(default_factory=list)
    stop: float = 0.0
    target: float = 0.0
    trail: float = 0.0
    trail_from: float = 0.0

    @property
    def entry_price(self) -> float:
        return sum(q * p for q, p, _ in self.entries) / sum(q for q, _, _ in self.entries)

    @property
    def fees(self) -> float:
        return sum(f for _, _, f in self.entries) + sum(f for _, _, f in self.exits)

    def pnl(self, mark: float = 0.0) -> float:
        """Return profit after fees: what came out and what is left at the mark, less what went in."""
        out = sum(q * p for q, p, _ in self.exits) + self.quantity * mark
        return self.side * (out - sum(q * p for q, p, _ in self.entries)) - self.fees

    def stop_level(self) -> float:
        """Return the tighter of the fixed and the trailing stop; 0 for none."""
        levels = [self.stop] if self.stop else []
        if self.trail:
            levels.append(self.trail_from * (1.0 - self.side * self.trail))
        return (max(levels) if self.side > 0 else min(levels)) if levels else 0.0

    def suffered(self, price: float) -> None:
        """Widen the range on the side that hurts."""
        self.worst = min(self.worst * self.side, price * self.side) * self.side

    def enjoyed(self, price: float) -> None:
        """Widen the range on the side that helps."""
        self.best = max(self.best * self.side, price * self.side) * self.side

    def saw(self, *prices: float) -> None:
        """Widen the range of prices that the position has been through."""
        for price in prices:
            self.best = max(self.best * self.side, price * self.side) * self.side
            self.worst = min(self.worst * self.side, price * self.side) * self.side


@dataclass
class Fill:
    bar: int
    symbol: int
    side: int
    quantity: float
    price: float
    raw: float
    fee: float
    reason: int
    cash: float


@dataclass
class Trade:
    symbol: int
    side: int
    quantity: float
    entry_bar: int
    entry_price: float
    exit_bar: int
    exit_price: float
    fees: float
    pnl: float
    best: float
    worst: float
    reason: int


@dataclass
class Decision:
    bar: int
    symbol: int  # -1: the account
    code: int
    asked: float
    allowed: float
    price: float


@dataclass
class Story:
    """Everything a run leaves behind."""

    fills: list[Fill] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    cash: list[float] = field(default_factory=list)
    held: list[list[float]] = field(default_factory=list)
    ambiguous: int = 0
    state: int = 0
