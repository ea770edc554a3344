"""The joint law of yes-or-no bets: independent, or tied together by a Gaussian copula."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from engine.core.checks import number, probability, whole
from engine.core.errors import InvalidConfig, InvalidData

FloatArray = npt.NDArray[np.float64]

# 2^14 states of 14 bets are solved in 0.05 s; more are drawn
MAX_BETS = 14
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, eq=False)
class JointLaw:
    """States of n bets: `wins` (states, n) of 0 and 1, `chances` (states,); `drawn` if they are a seeded sample."""

    wins: FloatArray
    chances: FloatArray
    drawn: bool = False

    def returns(self, b: npt.ArrayLike) -> FloatArray:
        """Return the net return per unit staked in each state: +b won, -1 lost."""
        return np.where(self.wins > 0.5, np.asarray(b, np.float64), -1.0)


def independent(p: Sequence[float], scenarios: int = 20_000, seed: int = 0) -> JointLaw:
    """Return the law of independent bets: all 2^n states, or `scenarios` drawn ones above 14 bets."""
    chances = _open(p)
    if chances.size > MAX_BETS:
        drawn = np.random.default_rng(seed).random((whole("scenarios", scenarios), chances.size)) < chances
        return JointLaw(drawn.astype(np.float64), np.full(scenarios, 1.0 / scenarios), drawn=True)
    wins = _states(chances.size)
    return JointLaw(wins, np.prod(np.where(wins > 0.5, chances, 1.0 - chances), axis=1))


def correlated(p: Sequence[float], rho: float | npt.ArrayLike, scenarios: int = 20_000, seed: int = 0) -> JointLaw:
    """Return the law of bets whose hidden normal variables have correlation `rho`, a number or a matrix (n, n).

    Exact for two bets, and for up to 14 with one common rho >= 0 (a one-factor copula, by quadrature); drawn otherwise.
    """
    chances = _open(p)
    n = chances.size
    matrix = _correlation(rho, n)
    if n == 1 or not np.triu(matrix, 1).any():
        return independent(chances.tolist(), scenarios, seed)
    common = float(matrix[0, 1])
    if n == 2:
        first, second = float(chances[0]), float(chances[1])
        both = bivariate_normal(_NORMAL.inv_cdf(first), _NORMAL.inv_cdf(second), common)
        law = np.array([both, first - both, second - both, 1.0 - first - second + both])
        return JointLaw(_states(2), np.maximum(law, 0.0))
    if n <= MAX_BETS and 0.0 < common < 1.0 and np.allclose(matrix[~np.eye(n, dtype=bool)], common):
        return _one_factor(chances, common)
    return _drawn(chances, matrix, whole("scenarios", scenarios), seed)


def bivariate_normal(h: float, k: float, rho: float) -> float:
    """Return P(X <= h, Y <= k) of two standard normals with correlation `rho` (Drezner-Wesolowsky 1990, by angle)."""
    if rho >= 1.0:
        return _NORMAL.cdf(min(h, k))
    if rho <= -1.0:
        return max(0.0, _NORMAL.cdf(h) + _NORMAL.cdf(k) - 1.0)
    nodes, weights = _quadrature(64)
    top = math.asin(rho)
    angle = 0.5 * top * (nodes + 1.0)
    density = np.exp(-(h * h + k * k - 2.0 * h * k * np.sin(angle)) / (2.0 * np.cos(angle) ** 2))
    return _NORMAL.cdf(h) * _NORMAL.cdf(k) + 0.5 * top * float(weights @ density) / (2.0 * math.pi)


@lru_cache(maxsize=2)
def _quadrature(nodes: int) -> tuple[FloatArray, FloatArray]:
    # the nodes are eigenvalues: found once
    return np.polynomial.legendre.leggauss(nodes)


def _one_factor(chances: FloatArray, rho: float) -> JointLaw:
    """Return the law given a common normal factor, integrated over it; given the factor the bets are independent."""
    edges = np.array([_NORMAL.inv_cdf(float(c)) for c in chances])
    nodes, weights = _quadrature(400)
    # the factor beyond nine deviations has no weight left
    factor, weight = 9.0 * nodes, 9.0 * weights * np.exp(-0.5 * (9.0 * nodes) ** 2) / math.sqrt(2.0 * math.pi)
    given = (edges[None, :] - math.sqrt(rho) * factor[:, None]) / math.sqrt(1.0 - rho)
    given = np.vectorize(_NORMAL.cdf)(given)
    wins = _states(chances.size)
    law = np.zeros(len(wins))
    for row, share in zip(given, weight, strict=True):
        law += share * np.prod(np.where(wins > 0.5, row, 1.0 - row), axis=1)
    return JointLaw(wins, law / law.sum())


def _drawn(chances: FloatArray, matrix: FloatArray, scenarios: int, seed: int) -> JointLaw:
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -1e-9:
        raise InvalidData(
            f"the correlations have an eigenvalue of {values.min():.3g}; no law has them all: shrink them towards 0"
        )
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    hidden = np.random.default_rng(seed).standard_normal((scenarios, chances.size)) @ root.T
    edges = np.array([_NORMAL.inv_cdf(float(c)) for c in chances])
    return JointLaw((hidden <= edges).astype(np.float64), np.full(scenarios, 1.0 / scenarios), drawn=True)


def _states(n: int) -> FloatArray:
    """Return all outcomes of n bets, all won first, shape (2^n, n)."""
    return np.array(list(product((1.0, 0.0), repeat=n)))


def _open(p: Sequence[float]) -> FloatArray:
    chances = np.array([probability(f"p {i + 1}", value) for i, value in enumerate(p)])
    if chances.size == 0:
        raise InvalidData("no bets were given; pass the probability of at least one")
    outside = chances[(chances <= 0.0) | (chances >= 1.0)]
    if outside.size:
        raise InvalidData(f"a probability is {outside[0]:g}; a bet may go either way: pass one inside (0, 1)")
    return chances


def _correlation(rho: float | npt.ArrayLike, n: int) -> FloatArray:
    matrix = np.asarray(rho, dtype=np.float64)
    if matrix.ndim == 0:
        common = number("rho", float(matrix))
        matrix = np.full((n, n), common)
        np.fill_diagonal(matrix, 1.0)
    if matrix.shape != (n, n) or not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
        raise InvalidConfig(
            f"rho has shape {matrix.shape}; it is one number or symmetric with a diagonal of 1: pass ({n}, {n})"
        )
    if np.abs(matrix).max() > 1.0:
        raise InvalidConfig(f"rho is {np.abs(matrix).max():g}; a correlation lies in [-1, 1]: did you mean a fraction?")
    return matrix
