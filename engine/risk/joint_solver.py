"""The log-growth problem over finitely many states, solved to a certificate, so that no optimiser is imported.

maximise  G(f) = sum_s pi_s ln(w_s + x_s f)   over   0 <= f <= upper,  sum_(i in members) f_i <= cap for each limit

G is concave, so G(h) - G(f) <= G'(f) (h - f) for every h: the largest right-hand side over the limits is a proof of
how much growth any other choice could add (the Frank-Wolfe gap). It is `LogOptimum.gap`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.errors import InvalidConfig, InvalidData

FloatArray = npt.NDArray[np.float64]

# growth that an answer may miss, else it is refused: a hundred-thousandth of a per cent; most miss less than 1e-13
CERTIFIED = 1e-7
# below this the stakes of no bet at all are as good as any
_NOTHING = 1e-13
# a share of bankroll that buys nothing
_NO_ROOM = 1e-12
_CENTRING = 0.1
# the duality gap from which every point is judged by its own
_NEAR = 1e-9
_STEPS = 80


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `cap` of bankroll on the bets `members` together; limits lie inside one another or apart."""

    members: tuple[int, ...]
    cap: float


@dataclass(frozen=True, slots=True, eq=False)
class LogOptimum:
    """The stakes, shape (n,) as shares of bankroll, their expected log growth, and what any others could add."""

    stakes: FloatArray
    growth: float
    gap: float
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class LogProblem:
    """Net returns per unit staked, shape (states, n), their chances, and wealth before the bets, both (states,)."""

    returns: FloatArray
    chances: FloatArray
    wealth: FloatArray
    upper: FloatArray
    limits: tuple[Limit, ...]

    @classmethod
    def of(
        cls,
        returns: npt.ArrayLike,
        chances: npt.ArrayLike,
        upper: npt.ArrayLike = 1.0,
        limits: Sequence[Limit] = (),
        total: float = 1.0,
        wealth: npt.ArrayLike = 1.0,
    ) -> LogProblem:
        """Return a checked problem; `total` limits all stakes together, states without a chance are left out."""
        x, pi = np.atleast_2d(np.asarray(returns, np.float64)), np.asarray(chances, np.float64).ravel()
        if x.shape[0] != pi.size:
            raise InvalidData(f"{x.shape[0]} states and {pi.size} chances; each state needs one: pass as many")
        if not (np.isfinite(x).all() and np.isfinite(pi).all()):
            raise InvalidData("a return or a chance is not finite; each must be a number: correct the states")
        if pi.min(initial=0.0) < 0.0 or abs(float(pi.sum()) - 1.0) > 1e-9:
            raise InvalidData(f"the chances sum to {pi.sum():g}; they must be 0 or more and sum to 1: rescale them")
        if not 0.0 < total <= 1.0:
            raise InvalidConfig(f"total is {total}; stakes are paid from the bankroll: pass a share in (0, 1]")
        n = x.shape[1]
        top = np.minimum(np.broadcast_to(np.asarray(upper, np.float64), (n,)), total)
        before = np.broadcast_to(np.asarray(wealth, np.float64), pi.shape)
        if not before.min(initial=1.0) > 0.0:
            raise InvalidData(f"the wealth of a state is {before.min():g}; it must be above 0: leave that state out")
        live = pi > 0.0
        whole = (*limits, Limit(tuple(range(n)), total))
        return cls(x[live], pi[live], before[live].copy(), np.maximum(top, 0.0), whole)

    def growth(self, stakes: FloatArray) -> float:
        """Return the expected log of wealth over what it was, minus infinity where a state ruins."""
        after = self.wealth + self.returns @ stakes
        if after.min() <= 0.0:
            return -math.inf
        return float(self.chances @ np.log(after / self.wealth))

    def slope(self, stakes: FloatArray) -> FloatArray:
        """Return the gradient of growth, shape (n,)."""
        result: FloatArray = self.returns.T @ (self.chances / (self.wealth + self.returns @ stakes))
        return result

    def best_along(self, slope: FloatArray) -> FloatArray:
        """Return the stakes within the limits with the largest slope @ stakes: steepest first, as limits nest."""
        left, chosen = [limit.cap for limit in self.limits], np.zeros(slope.size)
        for i in np.argsort(-slope, kind="stable"):
            if slope[i] <= 0.0:
                break
            inside = [k for k, limit in enumerate(self.limits) if i in limit.members]
            chosen[i] = max(0.0, min(float(self.upper[i]), *(left[k] for k in inside)))
            for k in inside:
                left[k] -= chosen[i]
        return chosen

    def gap(self, stakes: FloatArray) -> float:
        """Return an upper bound on the growth that any other stakes within the limits could add."""
        if not math.isfinite(self.growth(stakes)):
            return math.inf
        slope = self.slope(stakes)
        return max(0.0, float(slope @ (self.best_along(slope) - stakes)))


def log_optimum(problem: LogProblem) -> LogOptimum:
    """Return the stakes of largest growth, by a primal-dual interior point and a Newton step on the active limits."""
    n = problem.upper.size
    nothing = np.zeros(n)
    if n == 0 or problem.gap(nothing) <= _NOTHING:
        return LogOptimum(nothing, 0.0, problem.gap(nothing) if n else 0.0, 0)
    open_ = np.flatnonzero(_room(problem) > _NO_ROOM)
    inner = _only(problem, open_)
    rows, caps = _rows(inner)
    # a step that overflows is no candidate: the gap judges what comes out, not the way there
    with np.errstate(all="ignore"):
        stakes, dual, steps = _interior(inner, rows, caps)
        slack = caps - rows @ stakes
        found = [_inside(inner, stakes)]
        for tight in (dual >= slack, slack < 1e-7):
            found.append(_inside(inner, _on_active(inner, rows, caps, tight, stakes)))
            if inner.gap(found[-1]) <= _NOTHING:
                break
    best = min(found, key=inner.gap)
    # of equals the one with fewer bets: what is left of a bet that adds nothing is noise
    clean = np.where(best < 1e-6, 0.0, best)
    if inner.gap(clean) <= max(_NOTHING, 2.0 * inner.gap(best)):
        best = clean
    full = np.zeros(n)
    full[open_] = best
    gap = problem.gap(full)
    if not gap <= CERTIFIED:
        raise InvalidData(f"the stakes found could miss {gap:.1e} of growth; the states are too ill-scaled: merge them")
    return LogOptimum(full, problem.growth(full), gap, steps)


def _only(problem: LogProblem, kept: npt.NDArray[np.intp]) -> LogProblem:
    """Return the problem of some of its bets, with members renumbered."""
    number = {int(old): new for new, old in enumerate(kept)}
    limits = tuple(Limit(tuple(number[i] for i in lim.members if i in number), lim.cap) for lim in problem.limits)
    used = tuple(limit for limit in limits if limit.members)
    return LogProblem(problem.returns[:, kept], problem.chances, problem.wealth, problem.upper[kept], used)


def _rows(problem: LogProblem) -> tuple[FloatArray, FloatArray]:
    """Return all limits as rows @ stakes <= caps: first those at 0, then the upper ends, then the sums."""
    n = problem.upper.size
    sums = np.zeros((len(problem.limits), n))
    for k, limit in enumerate(problem.limits):
        sums[k, list(limit.members)] = 1.0
    caps = np.concatenate([np.zeros(n), problem.upper, [limit.cap for limit in problem.limits]])
    return np.vstack([-np.eye(n), np.eye(n), sums]), caps


def _start(problem: LogProblem) -> FloatArray:
    """Return stakes strictly inside every limit that ruin in no state."""
    stakes = 0.5 * _room(problem)
    while (problem.wealth + problem.returns @ stakes <= 0.1 * problem.wealth).any():
        stakes = 0.5 * stakes
    return stakes


def _room(problem: LogProblem) -> FloatArray:
    """Return how much each bet could take if the members of every limit shared it equally."""
    room = problem.upper.copy()
    for limit in problem.limits:
        members = list(limit.members)
        room[members] = np.minimum(room[members], limit.cap / max(1, len(members)))
    return room


def _interior(problem: LogProblem, rows: FloatArray, caps: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Return (stakes, multipliers, steps): Newton on the central path, both kept inside (Boyd-Vandenberghe 11.7)."""
    stakes = _start(problem)
    slack = caps - rows @ stakes
    dual = 1e-2 / slack
    best, steps = (math.inf, stakes, dual), 0
    while steps < _STEPS:
        steps += 1
        after = problem.wealth + problem.returns @ stakes
        weight = problem.chances / after
        slope = problem.returns.T @ weight
        mean = float(slack @ dual) / slack.size
        if mean * slack.size < _NEAR:
            # states of almost no chance spoil the last steps: the best point seen is kept, not the last
            gap = problem.gap(_inside(problem, stakes))
            if gap >= best[0]:
                break
            best = gap, stakes, dual
        target = _CENTRING * mean
        curve = (problem.returns.T * (weight / after)) @ problem.returns + (rows.T * (dual / slack)) @ rows
        move = _solved(curve, slope - rows.T @ (target / slack))
        turn = rows @ move
        dual_move = target / slack - dual + dual / slack * turn
        length = min(1.0, 0.995 * _reach(slack, -turn), 0.995 * _reach(dual, dual_move))
        length = min(length, 0.995 * _reach(after, problem.returns @ move))
        stakes, dual = stakes + length * move, dual + length * dual_move
        slack = np.maximum(slack - length * turn, 1e-300)
        if not np.isfinite(move).all():
            break
    return best[1], best[2], steps


def _reach(values: FloatArray, moves: FloatArray) -> float:
    """Return how far along `moves` the first of the positive values comes to 0."""
    falling = moves < 0.0
    return float((values[falling] / -moves[falling]).min()) if falling.any() else math.inf


def _on_active(
    problem: LogProblem, rows: FloatArray, caps: FloatArray, tight: npt.NDArray[np.bool_], stakes: FloatArray
) -> FloatArray:
    """Return the stakes after Newton steps along the limits that bind, which are then met exactly."""
    held, ends, n = rows[tight], caps[tight], problem.upper.size
    for _ in range(6):
        after = problem.wealth + problem.returns @ stakes
        weight = problem.chances / after
        curve = (problem.returns.T * (weight / after)) @ problem.returns
        system = np.block([[curve, held.T], [held, np.zeros((len(held), len(held)))]])
        right = np.concatenate([problem.returns.T @ weight, ends - held @ stakes])
        if not (np.isfinite(system).all() and np.isfinite(right).all()):
            break
        move = np.linalg.lstsq(system, right, rcond=1e-13)[0][:n]
        room = _reach(after, problem.returns @ move)
        stakes = stakes + (move if room > 1.0 else 0.5 * room * move)
        if np.abs(move).max() < 1e-15:
            break
    return np.where(tight[:n], 0.0, np.where(tight[n : 2 * n], problem.upper, stakes))


def _inside(problem: LogProblem, stakes: FloatArray) -> FloatArray:
    """Return the stakes pulled back by rounding noise so that no limit is passed."""
    inside = np.clip(stakes, 0.0, problem.upper)
    for limit in problem.limits:
        members = list(limit.members)
        spent = float(inside[members].sum())
        if spent > limit.cap:
            inside[members] *= limit.cap / spent * (1.0 - 1e-16)
    return inside


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(matrix, right), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], np.float64)
