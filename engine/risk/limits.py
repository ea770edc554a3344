"""The limits that stand above every strategy, as one frozen value; what they must remember belongs to the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.core.checks import fraction_of, positive, whole
from engine.core.errors import InvalidConfig, suggest
from engine.numerics import rules
from engine.risk.kelly import KellyCriterion
from engine.risk.sizing import FixedFraction, FixedQuantity

Sizer = KellyCriterion | FixedFraction | FixedQuantity

DRAWDOWN_KINDS = {
    "trailing": rules.TRAILING_PCT,
    "static": rules.STATIC,
    "trailing_amount": rules.TRAILING_AMOUNT,
    "trailing_lock": rules.TRAILING_LOCK,
}
DAILY_BASES = {"equity": rules.BASIS_EQUITY, "balance": rules.BASIS_BALANCE, "max": rules.BASIS_MAX}
DAILY_ACTIONS = ("block", "flatten")
MOST_GROSS = 10.0


def _one_of(name: str, value: Any, options: Any) -> None:
    if value not in options:
        listed = ", ".join(repr(o) for o in options)
        raise InvalidConfig(f"{name} is {value!r}; it must be one of {listed}{suggest(str(value), options)}")


@dataclass(frozen=True, slots=True)
class RiskManager:
    """How much may be bet and when trading stops. `None` switches a limit off.

    `max_drawdown_pct` of the peak (`drawdown_kind="static"`: of the start) flattens and halts, until reset or for
    `cooldown_bars`, after which the peak restarts. `daily_loss_limit_pct` of the equity at the session's start (or
    `daily_loss_basis`) forbids entries until the next session day, which begins at `reset_time` in
    `reset_time_zone` (None: New York, or UTC for a crypto-only account); `on_daily_loss="flatten"` closes as well.
    `max_position_pct` and `max_gross_exposure` are multiples of equity; above 1.0 the latter borrows. `max_volatility`
    is the standard deviation of simple bar returns over `volatility_lookback`, per bar. `clusters` maps a symbol to the
    name of its correlated cluster, which together may hold `max_cluster_pct`. After `max_consecutive_losses` no
    entries for `loss_pause_bars`. `scale_by_drawdown` shrinks entries linearly towards the drawdown limit.
    """

    position_sizer: Sizer = field(default_factory=KellyCriterion)
    max_drawdown_pct: float | None = None
    daily_loss_limit_pct: float | None = None
    max_open_positions: int | None = None
    max_position_pct: float | None = None
    max_gross_exposure: float = 1.0
    max_volatility: float | None = None
    volatility_lookback: int = 20
    max_cluster_pct: float | None = None
    clusters: Mapping[str, str] = field(default_factory=dict)
    max_consecutive_losses: int | None = None
    loss_pause_bars: int = 20
    scale_by_drawdown: bool = False
    drawdown_kind: str = "trailing"
    cooldown_bars: int | None = None
    daily_loss_basis: str = "equity"
    on_daily_loss: str = "block"
    reset_time_zone: str | None = None
    reset_time: str = "00:00"

    def __post_init__(self) -> None:
        if not isinstance(self.position_sizer, (KellyCriterion, FixedFraction, FixedQuantity)):
            wanted = "a KellyCriterion, FixedFraction or FixedQuantity"
            raise InvalidConfig(f"position_sizer is {self.position_sizer!r}; it must be {wanted}")
        for name in ("max_drawdown_pct", "daily_loss_limit_pct", "max_cluster_pct"):
            if getattr(self, name) is not None:
                fraction_of(name, getattr(self, name))
        self._check_exposure()
        self._check_position()
        for name, least in (("max_open_positions", 1), ("max_consecutive_losses", 1), ("cooldown_bars", 0)):
            if getattr(self, name) is not None:
                whole(name, getattr(self, name), least)
        whole("volatility_lookback", self.volatility_lookback, 2)
        whole("loss_pause_bars", self.loss_pause_bars)
        _one_of("drawdown_kind", self.drawdown_kind, DRAWDOWN_KINDS)
        _one_of("daily_loss_basis", self.daily_loss_basis, DAILY_BASES)
        _one_of("on_daily_loss", self.on_daily_loss, DAILY_ACTIONS)
        self._check_pairs()
        object.__setattr__(self, "clusters", MappingProxyType(dict(self.clusters)))
        self.reset_at()
        self.zone(crypto_only=False)

    def _check_pairs(self) -> None:
        if self.scale_by_drawdown and self.max_drawdown_pct is None:
            raise InvalidConfig("scale_by_drawdown needs a max_drawdown_pct to scale towards; set one")
        if self.max_cluster_pct is not None and not self.clusters:
            raise InvalidConfig("max_cluster_pct needs clusters, a mapping of symbol to cluster name; pass one")

    def _check_exposure(self) -> None:
        positive("max_gross_exposure", self.max_gross_exposure)
        if self.max_gross_exposure > MOST_GROSS:
            raise InvalidConfig(
                f"max_gross_exposure is {self.max_gross_exposure}; it is a multiple of equity of at most {MOST_GROSS}, "
                "and 1.0 is fully invested: did you mean 1.0?"
            )
        if self.max_volatility is not None:
            positive("max_volatility", self.max_volatility)
            if self.max_volatility >= 1:
                raise InvalidConfig(
                    f"max_volatility is {self.max_volatility}; it is a fraction a bar below 1 (0.03 = 3 %): "
                    f"did you mean {self.max_volatility / 100:g}?"
                )

    def _check_position(self) -> None:
        if self.max_position_pct is None:
            return
        if self.max_gross_exposure <= 1.0:
            fraction_of("max_position_pct", self.max_position_pct)
        elif not 0 < self.max_position_pct <= self.max_gross_exposure:
            raise InvalidConfig(
                f"max_position_pct is {self.max_position_pct}; it must lie in (0, {self.max_gross_exposure}], the "
                "max_gross_exposure: lower it or allow more exposure"
            )

    def zone(self, *, crypto_only: bool) -> ZoneInfo:
        """Return the time zone in which a session day begins."""
        name = self.reset_time_zone or ("UTC" if crypto_only else "America/New_York")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidConfig(
                f"reset_time_zone is {name!r}, which is no time zone; use a name such as 'America/New_York' or 'UTC'"
            ) from None

    def reset_at(self) -> time:
        """Return the wall-clock time at which a session day begins."""
        try:
            hours, minutes = str(self.reset_time).split(":")
            return time(int(hours), int(minutes))
        except ValueError:
            raise InvalidConfig(f"reset_time is {self.reset_time!r}; write hours and minutes as 'HH:MM'") from None
