"""The Kelly position sizer: turns an edge into a share of equity, alike for a page, a backtest and a live account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.checks import fraction_of, not_negative, number
from engine.core.errors import InvalidConfig
from engine.numerics.rules import MIN_TRADES, kelly_clip, kelly_from_record
from engine.risk.kelly_math import kelly_binary, kelly_continuous
from engine.risk.kelly_record import kelly_from_trades

_WORDS = {
    "kelly": "fraction x full Kelly",
    "capped": "more than max_position_pct: capped there",
    "no_edge": "full Kelly is 0 or below: no position",
    "below_min": "less than min_position_pct: too small to be meaningful, no position",
    "short_record": f"fewer than {MIN_TRADES} closed trades: min_position_pct until the record says more",
    "undefined": "full Kelly is undefined: no position",
}


@dataclass(frozen=True, slots=True)
class KellySize:
    """What the criterion makes of one edge.

    `full` is full Kelly (may be negative or NaN), `scaled` is fraction x full, `position` the share of equity to use,
    and `reason` one of "kelly", "capped", "no_edge", "below_min", "short_record", "undefined".
    """

    full: float
    scaled: float
    position: float
    reason: str

    @property
    def words(self) -> str:
        """The reason in a sentence a page can show."""
        return _WORDS[self.reason]


@dataclass(frozen=True, slots=True)
class KellyCriterion:
    """Size by a fraction of full Kelly, nothing below `min_position_pct`, at most `max_position_pct` of equity."""

    fraction: float = 0.25
    max_position_pct: float = 0.10
    min_position_pct: float = 0.01

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "fraction", fraction_of("fraction", self.fraction, of="full Kelly"))
        set_field(self, "max_position_pct", fraction_of("max_position_pct", self.max_position_pct))
        set_field(self, "min_position_pct", fraction_of("min_position_pct", self.min_position_pct, zero=True))
        if self.min_position_pct > self.max_position_pct:
            raise InvalidConfig(
                f"min_position_pct is {self.min_position_pct:g}; it must not exceed max_position_pct = "
                f"{self.max_position_pct:g}: lower it or raise the cap"
            )

    def position_fraction(self, full_kelly: float) -> float:
        """Return the share of equity to use for a full Kelly; 0 when that is 0 or below, NaN, or scaled too small."""
        return kelly_clip(float(full_kelly), self.fraction, self.min_position_pct, self.max_position_pct)

    def size(self, full_kelly: float) -> KellySize:
        """Return the position for a full Kelly together with what decided it."""
        full = float(full_kelly)
        scaled, position = self.fraction * full, self.position_fraction(full)
        if math.isnan(full):
            reason = "undefined"
        elif full <= 0.0:
            reason = "no_edge"
        elif scaled < self.min_position_pct:
            reason = "below_min"
        else:
            reason = "capped" if scaled > self.max_position_pct else "kelly"
        return KellySize(full, scaled, position, reason)

    def binary(self, p: float, b: float, a: float = 1.0) -> KellySize:
        """Size a bet that wins `b` per unit staked with probability `p` and loses `a` otherwise."""
        return self.size(kelly_binary(p, b, a).raw)

    def from_trades(self, returns: Sequence[float] | Any) -> KellySize:
        """Size by a list of trade returns: W - (1-W)/R, the share of equity to put at risk."""
        return self.size(kelly_from_trades(returns).risk_fraction)

    def continuous(self, mu: float, sigma: float, r: float = 0.0) -> KellySize:
        """Size an asset with arithmetic drift `mu`, volatility `sigma` and cash rate `r`, all per the same time."""
        return self.size(kelly_continuous(mu, sigma, r).raw)

    def from_record(self, wins: int, losses: int, sum_win: float, sum_loss: float, breakeven: int = 0) -> KellySize:
        """Size a strategy without a probability of its own by its closed trades so far.

        `sum_win` and `sum_loss` are money or returns; the sign of `sum_loss` does not matter. Until 20 trades have
        closed the position is `min_position_pct`; then W has a Beta(10, 10) prior and R is the average win over
        the average loss.
        """
        wins_, losses_ = not_negative("wins", wins), not_negative("losses", losses)
        closed = wins_ + losses_ + not_negative("breakeven", breakeven)
        if closed < MIN_TRADES:
            return KellySize(math.nan, math.nan, self.min_position_pct, "short_record")
        sums = not_negative("sum_win", sum_win), abs(number("sum_loss", sum_loss))
        return self.size(kelly_from_record(closed, wins_, losses_, *sums))
