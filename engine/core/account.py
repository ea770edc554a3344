"""An account as a value: cash and positions, changed only by fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from engine.core.errors import InvalidConfig
from engine.core.trading import Fill, Position


@dataclass(frozen=True, slots=True)
class Account:
    """Cash in currency and positions by symbol; `booked` are the fills it has seen, each of which counts once."""

    cash: Decimal
    positions: Mapping[str, Position] = field(default_factory=dict)
    booked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (isinstance(self.cash, Decimal) and self.cash.is_finite()):
            raise InvalidConfig(f"cash is {self.cash!r}; it must be a finite Decimal")
        object.__setattr__(self, "positions", MappingProxyType(dict(self.positions)))

    def after(self, fill: Fill) -> Account:
        """Return the account with a fill booked; the same fill twice changes nothing."""
        if fill.fill_id in self.booked:
            return self
        position = self.positions.get(fill.symbol, Position(fill.symbol)).after(fill)
        return replace(
            self,
            cash=self.cash - fill.side.value * fill.quantity * fill.price - fill.fee,
            positions={**self.positions, fill.symbol: position},
            booked=self.booked | {fill.fill_id},
        )

    def after_all(self, fills: Iterable[Fill]) -> Account:
        """Return the account with fills booked in order."""
        account = self
        for fill in fills:
            account = account.after(fill)
        return account

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return cash and every position at its mark; a held symbol without a mark is refused."""
        total = self.cash
        for symbol, position in self.positions.items():
            if position.quantity:
                if symbol not in marks:
                    raise InvalidConfig(f"{symbol} is held and has no mark; equity cannot be known without one")
                total += position.worth(marks[symbol])
        return total
