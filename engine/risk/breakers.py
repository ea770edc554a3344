"""Circuit breakers: small rules that stop new entries after something has gone wrong, each a value and its state."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.core.checks import fraction_of, number, whole
from engine.core.errors import InvalidConfig
from engine.numerics.rules import TRAILING_PCT, drawdown_floor


@dataclass(frozen=True, slots=True)
class LossStreakState:
    """Losses in a row so far, and the bars still to wait once tripped (-1: until reset by hand)."""

    losses: int = 0
    tripped: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class LossStreakBreaker:
    """Trip after `limit` losing trades in a row; arm again after `cooldown` bars, or by hand when that is 0.

    A trade that neither wins nor loses leaves the streak as it is.
    """

    limit: int = 5
    cooldown: int = 0

    def __post_init__(self) -> None:
        whole("limit", self.limit)
        whole("cooldown", self.cooldown, 0)

    def after_trade(self, state: LossStreakState, pnl: float) -> LossStreakState:
        """Return the state after a closed trade; a tripped breaker stays tripped."""
        pnl = number("pnl", pnl)
        if state.tripped or pnl == 0.0:
            return state
        losses = state.losses + 1 if pnl < 0.0 else 0
        if losses < self.limit:
            return LossStreakState(losses)
        return LossStreakState(losses, True, self.cooldown or -1)

    def after_bar(self, state: LossStreakState) -> LossStreakState:
        """Return the state one bar later; the wait counts down and then arms the breaker with a clean streak."""
        if not state.tripped or state.wait < 0:
            return state
        return LossStreakState() if state.wait <= 1 else replace(state, wait=state.wait - 1)


@dataclass(frozen=True, slots=True)
class DrawdownBreakerState:
    """The running peak, the depth below it, and the bars since the breaker tripped."""

    peak: float = 0.0
    drawdown: float = 0.0
    tripped: bool = False
    bars: int = 0


@dataclass(frozen=True, slots=True)
class DrawdownBreaker:
    """Trip at a drawdown of `trip_pct`; arm again at `release_pct` or less, and not before `cooldown` bars have passed.

    The gap between the two levels keeps the breaker from switching on every bar around one of them.
    """

    trip_pct: float = 0.10
    release_pct: float = 0.05
    cooldown: int = 0

    def __post_init__(self) -> None:
        fraction_of("trip_pct", self.trip_pct)
        fraction_of("release_pct", self.release_pct, zero=True)
        whole("cooldown", self.cooldown, 0)
        if self.release_pct >= self.trip_pct:
            raise InvalidConfig(
                f"release_pct is {self.release_pct:g}; it must be below trip_pct = {self.trip_pct:g}: leave a gap"
            )

    def after(self, state: DrawdownBreakerState, equity: float) -> DrawdownBreakerState:
        """Return the state after one bar's equity; the peak runs on while the breaker is tripped."""
        equity = number("equity", equity)
        peak = max(state.peak, equity)
        depth = 1.0 - equity / peak if peak > 0.0 else 0.0
        if not state.tripped:
            return DrawdownBreakerState(peak, depth, equity <= drawdown_floor(TRAILING_PCT, peak, peak, self.trip_pct))
        bars = state.bars + 1
        held = bars < self.cooldown or equity < drawdown_floor(TRAILING_PCT, peak, peak, self.release_pct)
        return DrawdownBreakerState(peak, depth, held, bars if held else 0)
