"""What a stake on a known bet leads to: growth, the falls on the way, the spread of outcomes, and a wrong estimate.

Every number comes from `engine.risk`; here they are only asked for and put side by side. A stake is a fraction of the
bankroll, a multiple is a stake over full Kelly, money is in dollars.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.checks import positive
from engine.risk.growth import (
    drawdown_exponent,
    growth_curve,
    growth_rate,
    kelly_fraction_for_drawdown,
    prob_drawdown_below,
    rck_binary,
    zero_growth_fraction,
)
from engine.risk.kelly import KellyCriterion, KellySize
from engine.risk.kelly_math import baker_mchale, kelly_binary, rate_error
from engine.risk.paths import simulate_kelly_paths

FloatArray = npt.NDArray[np.float64]

YOURS = "Your stake"
NAMED = {"Full Kelly": 1.0, "Half Kelly": 0.5, "Quarter Kelly": 0.25}
TENTH = {"Tenth Kelly": 0.1}
LEVELS = (0.9, 0.8, 0.7, 0.5, 0.25)
SHIFTS = (-0.05, -0.02, -0.01, 0.0, 0.01, 0.02, 0.05)
PATHS = 2_000
_POINTS = 241


@dataclass(frozen=True, slots=True)
class Sizing:
    """What a person decides once for all bets: the bankroll in dollars and the limits of `KellyCriterion`."""

    bankroll: float = 10_000.0
    fraction: float = 0.25
    max_position_pct: float = 0.10
    min_position_pct: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "bankroll", positive("bankroll", self.bankroll))
        _ = self.criterion

    @property
    def criterion(self) -> KellyCriterion:
        """The sizer a backtest would use with these limits."""
        return KellyCriterion(self.fraction, self.max_position_pct, self.min_position_pct)

    def dollars(self, position: float) -> float:
        """Return a share of the bankroll as money."""
        return position * self.bankroll


@dataclass(frozen=True, slots=True)
class Law:
    """A bet that pays `b` per dollar staked with probability `p` and costs `a` otherwise, costs included."""

    p: float
    b: float
    a: float = 1.0

    @property
    def kelly(self) -> float:
        """Full Kelly, which may be negative."""
        return kelly_binary(self.p, self.b, self.a).raw

    def growth(self, stake: float) -> float:
        """Growth of the log bankroll per bet at a stake."""
        return float(growth_rate(stake, self.p, self.b, self.a))

    def multiple(self, stake: float) -> float:
        """The stake as a multiple of full Kelly; NaN without an edge."""
        kelly = self.kelly
        return stake / kelly if kelly > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class GrowthMark:
    """A stake with a name, and how fast the log bankroll grows there."""

    name: str
    stake: float
    growth: float


@dataclass(frozen=True, slots=True, eq=False)
class GrowthView:
    """Growth over the stake, arrays of shape (n,), with the stakes worth naming; none are named without an edge."""

    stakes: FloatArray
    growth: FloatArray
    marks: tuple[GrowthMark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FallView:
    """P(bankroll ever <= level x the start), betting for ever.

    `columns` are names of stakes, the own one last if there is one, `multiples` their shares of full Kelly; `chance`
    has shape (levels, columns) and `curves` (columns, n) over `curve_levels`. `named` and `named_chance` are the same
    for the fixed stakes alone. `bound` is the guarantee for this very bet at the own stake (Ville), shape (levels,),
    NaN where there is none.
    """

    levels: tuple[float, ...]
    columns: tuple[str, ...]
    multiples: tuple[float, ...]
    chance: FloatArray
    named: tuple[str, ...]
    named_chance: FloatArray
    bound: FloatArray
    curve_levels: FloatArray
    curves: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class FanView:
    """Simulated bankrolls in dollars: `bands` of shape (quantiles, steps), lowest first, and what they have in common.

    `steps` counts bets (or years); drawdowns are positive shares of the peak; `ever_below` answers each of `LEVELS`.
    """

    steps: FloatArray
    quantiles: tuple[float, ...]
    bands: FloatArray
    paths: int
    seed: int
    q05_max_drawdown: float
    median_max_drawdown: float
    q95_max_drawdown: float
    median_final: float
    p_loss: float
    ever_below: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """The sizing if the probability were `p`, and how the stake chosen for the first estimate would then grow."""

    shift: float
    p: float
    size: KellySize
    stake: float
    growth_of_yours: float


@dataclass(frozen=True, slots=True)
class ShrinkView:
    """Kelly shrunk for a probability known from `n` outcomes only (Baker-McHale); `factor` multiplies full Kelly."""

    n: float
    error: float
    factor: float
    size: KellySize
    stake: float


@dataclass(frozen=True, slots=True)
class ToleranceView:
    """The most to stake for P(ever below alpha x the start) <= beta: by the rule for small bets, and for this bet."""

    multiple: float
    position: float
    stake: float


def growth_view(law: Law, position: float) -> GrowthView:
    """Return growth from no stake to a little beyond where growth is gone, or to a quarter without an edge."""
    zero = zero_growth_fraction(law.p, law.b, law.a)
    end = min(1.12 * zero, 0.999 / law.a) if zero > 0.0 else (0.25 if zero == 0.0 else 1.0) / law.a
    stakes = np.linspace(0.0, max(end, position), _POINTS)
    named = growth_curve(law.p, law.b, list(NAMED.values()), law.a)
    places = dict(zip(NAMED, named.fractions.tolist(), strict=True)) if named.kelly > 0.0 else {}
    if zero > 0.0:
        places["Zero growth"] = zero

    def growth(stake: float) -> float:
        # next to a certain win zero growth lies so close to ruin that only the sign of a rounding would be seen
        return 0.0 if stake == zero else law.growth(stake)

    return GrowthView(stakes, growth_rate(stakes, law.p, law.b, law.a), marks(places, position, growth))


def with_yours(places: dict[str, float], yours: float) -> dict[str, float]:
    """Add the own stake to named ones, last; where it is one of them, that one takes both names."""
    if not yours > 0.0:
        return places
    twin = next((name for name, stake in places.items() if math.isclose(stake, yours, rel_tol=1e-9)), None)
    if twin is None:
        return places | {YOURS: yours}
    others = {name: stake for name, stake in places.items() if name != twin}
    return others | {f"{YOURS} ({twin[0].lower()}{twin[1:]})": yours}


def marks(places: dict[str, float], position: float, growth: Callable[[float], float]) -> tuple[GrowthMark, ...]:
    """Return the named stakes and the own one with the growth at each."""
    named = with_yours(places, position)
    return tuple(GrowthMark(name, stake, growth(stake)) for name, stake in named.items())


def fall_view(multiple: float, law: Law | None = None, position: float = 0.0) -> FallView:
    """Return the chances of falling for the named multiples and, if there is a stake, for the own one, last."""
    fixed = NAMED | TENTH
    stakes = with_yours(fixed, multiple)
    levels, curve_levels = np.array(LEVELS), np.linspace(0.01, 1.0, 100)
    c = np.array(list(stakes.values()))
    theta = drawdown_exponent(law.p, law.b, position, law.a) if law is not None and position > 0.0 else 0.0
    return FallView(
        levels=LEVELS,
        columns=tuple(stakes),
        multiples=tuple(stakes.values()),
        chance=prob_drawdown_below(c[None, :], levels[:, None]),
        named=tuple(fixed),
        named_chance=prob_drawdown_below(np.array(list(fixed.values()))[None, :], levels[:, None]),
        bound=levels**theta if theta > 0.0 else np.full(levels.size, math.nan),
        curve_levels=curve_levels,
        curves=prob_drawdown_below(c[:, None], curve_levels[None, :]),
    )


def fan_view(law: Law, position: float, bankroll: float, n_bets: int = 250, seed: int = 1) -> FanView:
    """Return what becomes of the bankroll if the same stake is put on the same bet `n_bets` times."""
    runs = simulate_kelly_paths(law.p, law.b, position, n_bets, PATHS, seed, law.a)
    steps = shown_steps(n_bets)
    return FanView(
        steps=steps.astype(np.float64),
        quantiles=runs.levels,
        bands=runs.bands[:, steps] * bankroll,
        paths=PATHS,
        seed=seed,
        q05_max_drawdown=float(np.quantile(runs.max_drawdown, 0.05)),
        median_max_drawdown=runs.median_max_drawdown,
        q95_max_drawdown=runs.q95_max_drawdown,
        median_final=runs.median_final * bankroll,
        p_loss=runs.p_final_below_start,
        ever_below=tuple(runs.p_ever_below(level) for level in LEVELS),
    )


def shown_steps(n: int) -> npt.NDArray[np.intp]:
    """Return the steps from 0 to `n` a chart shows, about fifty.

    Even distances, because quantiles of a coin flip jump between odd and even numbers of bets.
    """
    return np.unique(np.append(np.arange(0, n, max(1, n // 100 * 2)), n))


def doubt_rows(law: Law, sizing: Sizing, position: float) -> tuple[DoubtRow, ...]:
    """Return the sizing for probabilities some points off, as far as they are probabilities."""
    rows = []
    for shift in SHIFTS:
        p = law.p + shift
        if 0.0 < p < 1.0:
            size = sizing.criterion.binary(p, law.b, law.a)
            growth = Law(p, law.b, law.a).growth(position)
            rows.append(DoubtRow(shift, p, size, sizing.dollars(size.position), growth))
    return tuple(rows)


def shrink_view(law: Law, sizing: Sizing, n: float) -> ShrinkView:
    """Return the sizing when the probability is a rate seen in `n` outcomes."""
    error = rate_error(law.p, n)
    # in units of what can be lost, a bet that loses only `a` is one that loses all and pays b / a
    factor = baker_mchale(law.p, law.b / law.a, error)
    size = sizing.criterion.size(factor * law.kelly)
    return ShrinkView(n, error, factor, size, sizing.dollars(size.position))


def tolerance_view(law: Law, sizing: Sizing, alpha: float, beta: float) -> ToleranceView:
    """Return the most to stake for P(bankroll ever below alpha x the start) <= beta."""
    position = rck_binary(law.p, law.b, alpha, beta, law.a)
    return ToleranceView(kelly_fraction_for_drawdown(alpha, beta).multiple, position, sizing.dollars(position))
