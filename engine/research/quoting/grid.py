"""The prices a market takes: quotes are rounded outwards to its grid, kept apart, and never cross what is quoted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from engine.core.checks import number
from engine.core.errors import InvalidConfig

# prices are whole ten-thousandths of a dollar, the finest step any market has: two prices are equal or they are not
UNIT = 10_000
_SLACK = 1e-9  # of a step: what floats leave of a price that lies on the grid


@dataclass(frozen=True, slots=True)
class PriceGrid:
    """A step of `tick` dollars, of `edge_tick` below `edge` and above 1 - `edge`; no quotes beyond the two ends."""

    tick: float = 0.01
    edge_tick: float = 0.01
    edge: float = 0.0
    lowest: float = 0.01
    highest: float = 0.99
    _steps: tuple[int, int] = field(init=False, repr=False, compare=False)
    _zone: tuple[int, int] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("tick", "edge_tick"):
            if units(getattr(self, name), name) < 1:
                raise InvalidConfig(f"{name} is {getattr(self, name)}; a step is at least 0.0001 dollars: raise it")
        if not 0.0 <= self.edge < 0.5 or units(self.edge, "edge") % units(self.tick, "tick"):
            raise InvalidConfig(f"edge is {self.edge}; it is a multiple of the tick {self.tick} below 0.5: correct it")
        if units(self.tick, "tick") % units(self.edge_tick, "edge_tick"):
            raise InvalidConfig(f"edge_tick is {self.edge_tick}; it must divide the tick {self.tick}: correct it")
        if UNIT % units(self.tick, "tick"):
            raise InvalidConfig(f"tick is {self.tick}; it must divide one dollar: pass for example 0.01")
        if not 0.0 < self.lowest <= self.highest < 1.0:
            raise InvalidConfig(
                f"quotes go from {self.lowest} to {self.highest}; a price lies strictly between 0 and 1 dollar: "
                "pass for example 0.01 and 0.99"
            )
        edge = units(self.edge, "edge")
        object.__setattr__(self, "_steps", (units(self.tick), units(self.edge_tick)))
        object.__setattr__(self, "_zone", (edge, UNIT - edge))
        object.__setattr__(self, "_ends", (units(self.lowest, "lowest"), units(self.highest, "highest")))

    def below(self, price: float) -> int:
        """Return the highest price of the grid at or below `price`, in ten-thousandths."""
        place = price * UNIT
        step = self._step(place)
        return math.floor(place / step + _SLACK) * step

    def above(self, price: float) -> int:
        """Return the lowest price of the grid at or above `price`, in ten-thousandths."""
        place = price * UNIT
        step = self._step(place)
        return math.ceil(place / step - _SLACK) * step

    def fit(
        self, bid: float, ask: float, best_bid: int | None = None, best_ask: int | None = None
    ) -> tuple[int | None, int | None]:
        """Return the two prices as they may rest: rounded outwards, apart, and not crossing the best quotes.

        None is no quote: NaN was asked for, or what came out lies beyond the two ends.
        """
        low = None if math.isnan(bid) else self.below(bid)
        high = None if math.isnan(ask) else self.above(ask)
        if low is not None and best_ask is not None:
            low = min(low, self.below((best_ask - 1) / UNIT))
        if high is not None and best_bid is not None:
            high = max(high, self.above((best_bid + 1) / UNIT))
        if low is not None and high is not None and high <= low:
            high = self.above((low + 1) / UNIT)
        return self._inside(low), self._inside(high)

    def _step(self, place: float) -> int:
        return self._steps[place < self._zone[0] or place > self._zone[1]]

    def _inside(self, price: int | None) -> int | None:
        return price if price is not None and self._ends[0] <= price <= self._ends[1] else None


def units(price: float, name: str = "price") -> int:
    """Return a price in dollars as whole ten-thousandths, or refuse one that is finer than that."""
    scaled = number(name, price) * UNIT
    if abs(scaled - round(scaled)) > 1e-4:
        raise InvalidConfig(f"{name} is {price}; the finest step of a price is 0.0001 dollars: round it")
    return round(scaled)


# the grids of most markets; `tapered` is what short crypto markets and elections have
CENT = PriceGrid()
TENTH_CENT = PriceGrid(tick=0.001, edge_tick=0.001, lowest=0.001, highest=0.999)
TAPERED = PriceGrid(edge_tick=0.001, edge=0.10, lowest=0.001, highest=0.999)
