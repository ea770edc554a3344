"""What is traded: its rounding, its payoff and its fee model, as codes and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from engine.core.errors import InvalidConfig

PERCENT, QUADRATIC = "percent", "quadratic"  # a share of the notional; Kalshi's rate x p x (1 - p)
MOST_QUADRATIC = 0.25
# How a quadratic fee is rounded: an API member's balance moves in steps of $0.0001, a broker's client's in cents, and
# what that takes too much comes back per order; the printed schedule charges every fill up to the cent.
DIRECT, CENT, CONSERVATIVE = "direct", "cent", "conservative"
LINEAR, BINARY = "linear", "binary"  # worth its price; worth at most 1 at settlement
_SLACK = Decimal("1e-9")  # of a lot: what is left of n * lot / lot in floats
KINDS = ("stock", "etf", "index", "crypto", "fx", "event")


def _not_negative(owner: str, name: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise InvalidConfig(f"{owner}: {name} is {value}; it must be a number of 0 or more")


@dataclass(frozen=True, slots=True)
class FeeModel:
    """A venue's fee as a code and numbers: `rate` of notional, `per_unit` a share, at least `minimum` a fill.

    Of a quadratic fee, rate x contracts x P x (1 - P), also: its `rounding`, the `maker_share` of it that a resting
    order pays, and `changes`, (time in nanoseconds UTC, rate from then on) in order of time.
    """

    kind: str = PERCENT
    rate: float = 0.0
    per_unit: float = 0.0
    minimum: float = 0.0
    rounding: str = DIRECT
    maker_share: float = 1.0
    changes: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in (PERCENT, QUADRATIC):
            raise InvalidConfig(f"fee kind is {self.kind!r}; it must be 'percent' or 'quadratic'")
        for name in ("rate", "per_unit", "minimum"):
            _not_negative("FeeModel", name, getattr(self, name))
        if self.kind == QUADRATIC:
            self._check_quadratic()
        elif self.changes:
            raise InvalidConfig("only the rate of a quadratic fee may change with time; leave changes out")
        if self.rate >= 1:
            raise InvalidConfig(
                f"fee rate is {self.rate}; it is a fraction of notional: did you mean {self.rate / 100}?"
            )

    def _check_quadratic(self) -> None:
        for rate in (self.rate, *(rate for _, rate in self.changes)):
            _not_negative("FeeModel", "rate", rate)
            if rate > MOST_QUADRATIC:
                raise InvalidConfig(f"quadratic fee rate is {rate}; at most {MOST_QUADRATIC} is taken (Kalshi: 0.07)")
        if self.rounding not in (DIRECT, CENT, CONSERVATIVE):
            raise InvalidConfig(f"fee rounding is {self.rounding!r}; it must be 'direct', 'cent' or 'conservative'")
        if not 0.0 <= self.maker_share <= 1.0:
            raise InvalidConfig(f"maker_share is {self.maker_share}; a resting order pays between 0 and 1 of the fee")
        times = [time for time, _ in self.changes]
        if times != sorted(set(times)):
            raise InvalidConfig("the changes of a fee are not in the order of their times; sort them, each time once")

    def rate_at(self, time_ns: int) -> float:
        """Return the rate that is in force at a time."""
        return next((rate for time, rate in reversed(self.changes) if time <= time_ns), self.rate)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing: `lot` is the smallest step of quantity and `tick` of price, 0 leaves either unrounded.

    A contract's grid may be finer in its tails: `tail_tick` holds below `tail_low` and above `tail_high`.
    """

    symbol: str
    kind: str = "stock"
    lot: float = 1e-6
    tick: float = 0.0
    payoff: str = LINEAR
    fee: FeeModel | None = None
    cluster: str | None = None
    tail_tick: float = 0.0
    tail_low: float = 0.0
    tail_high: float = 1.0

    def __post_init__(self) -> None:
        if not self.symbol:
            raise InvalidConfig("an instrument needs a symbol; it is empty")
        if self.kind not in KINDS:
            raise InvalidConfig(f"kind of {self.symbol} is {self.kind!r}; it must be one of {', '.join(KINDS)}")
        if self.payoff not in (LINEAR, BINARY):
            raise InvalidConfig(f"payoff of {self.symbol} is {self.payoff!r}; it must be 'linear' or 'binary'")
        _not_negative(self.symbol, "lot", self.lot)
        _not_negative(self.symbol, "tick", self.tick)
        _not_negative(self.symbol, "tail_tick", self.tail_tick)
        if not 0.0 <= self.tail_low <= self.tail_high:
            raise InvalidConfig(
                f"{self.symbol}: its tails are below {self.tail_low} and above {self.tail_high}; "
                "the first must not exceed the second"
            )
        if self.fee is not None and self.fee.kind == QUADRATIC and self.lot < 0.01 - 1e-12:
            raise InvalidConfig(
                f"{self.symbol}: lot is {self.lot}; contracts come in hundredths: use 0.01 (fractional) or 1 (whole)"
            )

    def tick_at(self, price: float) -> float:
        """Return the step of the price grid at a price."""
        in_tail = self.tail_tick > 0 and not self.tail_low <= price <= self.tail_high
        return self.tail_tick if in_tail else self.tick

    def lots(self, quantity: float) -> Decimal:
        """Return a quantity as a Decimal of whole lots, rounded towards zero: rounding never raises exposure."""
        if self.lot == 0:
            return Decimal(repr(quantity))
        lot = Decimal(repr(self.lot))
        steps = (Decimal(repr(quantity)) / lot).quantize(_SLACK, rounding=ROUND_HALF_EVEN)
        return steps.to_integral_value(rounding=ROUND_DOWN) * lot

    def ticks(self, price: float) -> Decimal:
        """Return a price as a Decimal on the tick at or below it."""
        step = self.tick_at(price)
        if step == 0:
            return Decimal(repr(price))
        tick = Decimal(repr(step))
        steps = (Decimal(repr(price)) / tick).quantize(_SLACK, rounding=ROUND_HALF_EVEN)
        return steps.to_integral_value(rounding=ROUND_FLOOR) * tick
