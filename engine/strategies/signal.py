"""What a strategy says: signals for every bar, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidParams

BoolArray = NDArray[np.bool_]
Column = NDArray[np.float64] | float | None

# In the order of `numerics.kernels.layout`: PROBABILITY, PAYOFF, SCORE, STOP, TARGET, TRAIL, LIMIT, WEIGHT.
COLUMNS = (
    "probability",
    "payoff",
    "score",
    "stop_loss_pct",
    "take_profit_pct",
    "trailing_stop_pct",
    "limit",
    "target_fraction",
)


def _fits(part: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Say whether a column has one value a bar, or one a combination."""
    return len(part) > 0 and part[-1] in ((1, whole[-1]) if len(part) > 1 else (whole[-1],))


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Signals on the bars of one symbol, arrays of shape (bars,) or (combinations, bars).

    `entry` and `exit` are true on the bars at whose close the strategy wants in or out; both on one bar: exit wins.
    `side` is +1 (long) or -1 (short), one number or one a bar (0: both at once, no entry). `exit_short`, if given,
    closes shorts and then `exit` closes longs only. Optional, one number or one a bar, NaN for none: `probability` of
    winning and `payoff` (win over loss, after costs) for Kelly; `score` ranks symbols of equal Kelly;
    `stop_loss_pct`, `take_profit_pct`, `trailing_stop_pct` as fractions; `limit` a price good for the next bar;
    `target_fraction` of equity, which limits may only shrink.
    """

    entry: BoolArray
    exit: BoolArray
    side: int | NDArray[np.int8] = 1
    exit_short: BoolArray | None = None
    probability: Column = None
    payoff: Column = None
    score: Column = None
    stop_loss_pct: Column = None
    take_profit_pct: Column = None
    trailing_stop_pct: Column = None
    limit: Column = None
    target_fraction: Column = None

    def __post_init__(self) -> None:
        shape = np.shape(self.entry)
        for name in ("entry", "exit", "exit_short"):
            values = getattr(self, name)
            if values is None:
                continue
            if np.asarray(values).dtype != np.bool_:
                raise InvalidParams(
                    f"signals: {name} has type {np.asarray(values).dtype}; it must be true or false a bar"
                )
            if np.shape(values) != shape:
                raise InvalidParams(f"signals: {name} has shape {np.shape(values)}; entry has {shape}, they must agree")
        if not isinstance(self.side, np.ndarray) and self.side not in (1, -1):
            raise InvalidParams(f"signals: side is {self.side}; it must be +1 (long) or -1 (short)")
        for name in COLUMNS:
            self._check_column(name, shape)

    def _check_column(self, name: str, shape: tuple[int, ...]) -> None:
        values: Any = getattr(self, name)
        if values is None:
            return
        if isinstance(values, np.ndarray) and not _fits(values.shape, shape):
            raise InvalidParams(f"signals: {name} has shape {values.shape}; it must be one number or {shape}")
        check_range(name, values)


def check_range(name: str, values: Any) -> None:
    """Refuse values of an optional column that mean nothing; NaN is none."""
    found = np.asarray(values)
    if not np.issubdtype(found.dtype, np.number):
        raise InvalidParams(f"{name} is {values!r}; it must be a number, or one number a bar")
    low, high, says = RANGES[name]
    bad = (found <= low) | (found >= high) if name.endswith("_pct") else (found < low) | (found > high)
    if not bad.any():
        return
    worst = found[bad].flat[0]
    hint = f": did you mean {worst / 100:g}?" if high == 1.0 and 1 <= worst < 100 else ""
    raise InvalidParams(f"{name} is {worst}; it must be {says}{hint}")


_TINY = float(np.finfo(float).tiny)
RANGES: dict[str, tuple[float, float, str]] = {
    "probability": (0.0, 1.0, "a probability in [0, 1]"),
    "payoff": (_TINY, np.inf, "the win over the loss, above 0"),
    "score": (-np.inf, np.inf, "a number"),
    "stop_loss_pct": (0.0, 1.0, "a fraction of the price in (0, 1)"),
    "take_profit_pct": (0.0, np.inf, "a fraction of the price above 0"),
    "trailing_stop_pct": (0.0, 1.0, "a fraction of the price in (0, 1)"),
    "limit": (_TINY, np.inf, "a price above 0"),
    "target_fraction": (0.0, 10.0, "a fraction of equity of 0 or more"),
}
