"""What a page asks for: one frozen value that is a cache key, a link and a test case at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.core.costs import Costs
from engine.core.errors import InputError, InvalidConfig
from engine.risk.kelly import KellyCriterion
from engine.risk.limits import RiskManager, Sizer
from engine.risk.sizing import FixedFraction, FixedQuantity

Number = int | float
SIZINGS = ("fraction", "kelly", "quantity")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One backtest, as sliders describe it; checked by `problems` and `run`, because sliders can contradict each other.

    `params` are (name, value) pairs; those left out take the strategy's default. `sizing` is one of `SIZINGS`, and only
    the fields of that method count. `None` switches a limit off; `cooldown_bars=None` halts for good.
    """

    dataset: str
    strategy: str
    params: tuple[tuple[str, Number], ...] = ()
    capital: float = 10_000.0
    sizing: str = "fraction"
    fraction: float = 1.0
    kelly_fraction: float = 0.25
    kelly_min_pct: float = 0.01
    kelly_max_pct: float = 0.5
    quantity: float = 10.0
    max_drawdown_pct: float | None = None
    cooldown_bars: int | None = None
    daily_loss_limit_pct: float | None = None
    max_volatility: float | None = None
    fee_rate: float = 0.0
    slippage_rate: float = 0.0
    min_fee: float = 0.0
    fill: str = "next_open"
    allow_short: bool = False

    def sizer(self) -> Sizer:
        """Return the position sizer; all of equity is measured again at the fill, so that it is truly all-in."""
        if self.sizing == "kelly":
            return KellyCriterion(self.kelly_fraction, self.kelly_max_pct, self.kelly_min_pct)
        if self.sizing == "quantity":
            return FixedQuantity(self.quantity)
        if self.sizing == "fraction":
            return FixedFraction(self.fraction, at_fill=self.fraction >= 1.0)
        raise InvalidConfig(f"sizing is {self.sizing!r}; it must be one of {', '.join(map(repr, SIZINGS))}")

    def risk_manager(self) -> RiskManager:
        """Return the limits above the strategy."""
        return RiskManager(
            position_sizer=self.sizer(),
            max_drawdown_pct=self.max_drawdown_pct,
            cooldown_bars=None if self.max_drawdown_pct is None else self.cooldown_bars,
            daily_loss_limit_pct=self.daily_loss_limit_pct,
            max_volatility=self.max_volatility,
        )

    def costs(self) -> Costs:
        """Return what a fill costs."""
        return Costs(fee_rate=self.fee_rate, slippage_rate=self.slippage_rate, min_fee=self.min_fee)


# A fresh account with the smallest Kelly position is a flat line: the page opens with one that can be seen to move.
OPENING = RunRequest(
    dataset="MSFT 1d",
    strategy="low_vol_momentum",
    params=(("fast_period", 20), ("slow_period", 100)),
    max_drawdown_pct=0.25,
    cooldown_bars=60,
    fee_rate=0.0005,
    slippage_rate=0.0005,
)


def problems(request: RunRequest) -> dict[str, str]:
    """Return what is wrong, by where it belongs: "params", "sizing", "limits" or "costs"; empty if nothing."""
    from engine.service.catalogue import check_params

    checks: dict[str, Callable[[], object]] = {
        "params": lambda: check_params(request.strategy, request.params),
        "sizing": request.sizer,
        "limits": request.risk_manager,
        "costs": request.costs,
    }
    found: dict[str, str] = {}
    for where, check in checks.items():
        # The limits hold the sizer, whose fault has its own place.
        if where == "limits" and "sizing" in found:
            continue
        try:
            check()
        except InputError as error:
            found[where] = str(error)
    return found
