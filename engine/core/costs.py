"""What trading costs in a backtest, as one frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.core.errors import InvalidConfig
from engine.core.instrument import FeeModel


@dataclass(frozen=True, slots=True)
class Costs:
    """Fees and slippage of every fill, unless the instrument brings a fee model of its own.

    `fee_rate` is a fraction of notional, `fee_per_share` currency a unit, `min_fee` currency a fill. `slippage_rate` is
    a fraction of the price and `slippage_range` a share of the bar's high minus low, both against the trader on market
    and stop orders; a limit or target fills at its price. Slippage is added to the price that traded, so a fill may lie
    outside the bar by that much: the cost is never clipped away. `max_volume_share` caps a fill by the bar's volume.
    """

    fee_rate: float = 0.0
    fee_per_share: float = 0.0
    min_fee: float = 0.0
    slippage_rate: float = 0.0
    max_volume_share: float | None = None
    slippage_range: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fee_rate", "fee_per_share", "min_fee", "slippage_rate", "slippage_range"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
                raise InvalidConfig(f"{name} is {value!r}; it must be a number of 0 or more")
        for name in ("fee_rate", "slippage_rate", "slippage_range"):
            value = getattr(self, name)
            if value >= 1:
                raise InvalidConfig(f"{name} is {value}; it is a fraction below 1: did you mean {value / 100:g}?")
        share = self.max_volume_share
        if share is not None and not 0 < share <= 1:
            raise InvalidConfig(f"max_volume_share is {share}; it is a fraction of the bar's volume in (0, 1]")

    def fee_model(self) -> FeeModel:
        """Return the fees as the model of an instrument that has none."""
        return FeeModel(rate=self.fee_rate, per_unit=self.fee_per_share, minimum=self.min_fee)
