"""What is traded: its rounding, its payoff and its fee model, as codes and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from engine.core.errors import InvalidConfig

PERCENT, QUADRATIC = "percent", "quadratic"  # a share of the notional; Kalshi's rate x p x (1 - p)
MOST_QUADRATIC = 0.25
LINEAR, BINARY = "linear", "binary"  # worth its price; worth 1 or 0 at settlement
_SLACK = Decimal("1e-9")  # of a lot: what is left of n * lot / lot in floats
KINDS = ("stock", "etf", "index", "crypto", "fx", "event")


def _not_negative(owner: str, name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise InvalidConfig(f"{owner}: {name} is {value}; it must be a number of 0 or more")


@dataclass(frozen=True, slots=True)
class FeeModel:
    """A venue's fee as a code and numbers: `rate` of notional, `per_unit` a share, at least `minimum` a fill."""

    kind: str = PERCENT
    rate: float = 0.0
    per_unit: float = 0.0
    minimum: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in (PERCENT, QUADRATIC):
            raise InvalidConfig(f"fee kind is {self.kind!r}; it must be 'percent' or 'quadratic'")
        for name in ("rate", "per_unit", "minimum"):
            _not_negative("FeeModel", name, getattr(self, name))
        if self.kind == QUADRATIC and self.rate > MOST_QUADRATIC:
            raise InvalidConfig(f"quadratic fee rate is {self.rate}; at most {MOST_QUADRATIC} is taken (Kalshi: 0.07)")
        if self.rate >= 1:
            raise InvalidConfig(
                f"fee rate is {self.rate}; it is a fraction of notional: did you mean {self.rate / 100}?"
            )


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing: `lot` is the smallest step of quantity and `tick` of price, 0 leaves either unrounded."""

    symbol: str
    kind: str = "stock"
    lot: float = 1e-6
    tick: float = 0.0
    payoff: str = LINEAR
    fee: FeeModel | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        if not self.symbol:
            raise InvalidConfig("an instrument needs a symbol; it is empty")
        if self.kind not in KINDS:
            raise InvalidConfig(f"kind of {self.symbol} is {self.kind!r}; it must be one of {', '.join(KINDS)}")
        if self.payoff not in (LINEAR, BINARY):
            raise InvalidConfig(f"payoff of {self.symbol} is {self.payoff!r}; it must be 'linear' or 'binary'")
        _not_negative(self.symbol, "lot", self.lot)
        _not_negative(self.symbol, "tick", self.tick)

    def lots(self, quantity: float) -> Decimal:
        """Return a quantity as a Decimal of whole lots, rounded towards zero: rounding never raises exposure."""
        if self.lot == 0:
            return Decimal(repr(quantity))
        lot = Decimal(repr(self.lot))
        steps = (Decimal(repr(quantity)) / lot).quantize(_SLACK, rounding=ROUND_HALF_EVEN)
        return steps.to_integral_value(rounding=ROUND_DOWN) * lot

    def ticks(self, price: float) -> Decimal:
        """Return a price as a Decimal on the tick at or below it."""
        if self.tick == 0:
            return Decimal(repr(price))
        tick = Decimal(repr(self.tick))
        steps = (Decimal(repr(price)) / tick).quantize(_SLACK, rounding=ROUND_HALF_EVEN)
        return steps.to_integral_value(rounding=ROUND_FLOOR) * tick
