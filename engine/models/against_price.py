"""The honest question of any model: does it beat the market price, and does that survive the spread and the fees?

Markets of one event share its outcome, so events are drawn again, never rows: the interval of a model that was right
once, in six brackets, is as wide as it should be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.checks import chance, not_negative
from engine.core.errors import InvalidConfig, InvalidData
from engine.models.record import FloatArray, inside, outcomes
from engine.models.scores import brier, log_loss, log_losses, skill
from engine.numerics.fees import TAKER_RATE

# with fewer events than this no interval is believed
FEW_EVENTS = 30
_CHUNK = 250

_WORDS = {
    "few": "too few events to say: at least 30 have to settle",
    "no": "no: it does not beat the price",
    "price": "it beats the price; that it beats fees and spread is not shown",
    "unproven": "perhaps: better than the price so far, within what chance does",
    "yes": "yes: it beats the price after fees and spread",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over events with the interval of its bootstrap; NaN where nothing happened."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AgainstPrice:
    """A model's forecasts beside the prices of the same moments.

    `brier_gain` and `log_gain` are price minus model, above 0 is better. `profit` is dollars per contract and
    `return_on_cost` dollars per dollar of buying one contract whenever the model sees an edge after the fee: YES at
    the ask, NO at one minus the bid.
    """

    n: int
    events: int
    model_brier: float
    price_brier: float
    model_log_loss: float
    price_log_loss: float
    brier_gain: Estimate
    log_gain: Estimate
    bets: int
    profit: Estimate
    return_on_cost: Estimate
    fees: float
    verdict: str

    @property
    def brier_skill(self) -> float:
        """1 - model / price: the share of the price's error that is gone."""
        return skill(self.model_brier, self.price_brier)

    @property
    def beats_price(self) -> bool:
        """The Brier score is better, and the whole interval says so."""
        return self.events >= FEW_EVENTS and self.brier_gain.low > 0.0

    @property
    def beats_fees(self) -> bool:
        """The bets it would have made earned money, and the whole interval says so."""
        return self.events >= FEW_EVENTS and self.profit.low > 0.0

    @property
    def words(self) -> str:
        """The verdict in a sentence a page can show."""
        return _WORDS[self.verdict]


def against_price(
    p: ArrayLike,
    price: ArrayLike,
    y: ArrayLike,
    event: ArrayLike,
    bid: ArrayLike | None = None,
    ask: ArrayLike | None = None,
    *,
    rate: Any = TAKER_RATE,
    min_edge: float = 0.0,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> AgainstPrice:
    """Return how forecasts `p` did against `price`, all arrays (n,); rows without a forecast (NaN) are left out.

    Without bid and ask, bets trade at the price itself, which flatters; a side that is NaN is not offered.
    """
    columns, names = _forecast_rows(p, price, y, event, bid, ask)
    ps, prices, ys, bids, asks = columns
    events, place = np.unique(names, return_inverse=True)
    gains = (prices - ys) ** 2 - (ps - ys) ** 2, log_losses(prices, ys) - log_losses(ps, ys)
    profit, cost, fees = _bets(ps, ys, bids, asks, float(rate), not_negative("min_edge", min_edge))
    one, taken = np.ones(ps.size), (cost > 0.0).astype(np.float64)
    draw = _Draws(place.ravel(), events.size, draws, seed, chance("level", level))
    brier_gain, earned = draw.ratio(gains[0], one), draw.ratio(profit, taken)
    return AgainstPrice(
        n=int(ps.size),
        events=int(events.size),
        model_brier=brier(ps, ys),
        price_brier=brier(prices, ys),
        model_log_loss=log_loss(ps, ys),
        price_log_loss=log_loss(prices, ys),
        brier_gain=brier_gain,
        log_gain=draw.ratio(gains[1], one),
        bets=int(taken.sum()),
        profit=earned,
        return_on_cost=draw.ratio(profit, cost),
        fees=float(fees.sum()),
        verdict=_verdict(int(events.size), brier_gain, earned),
    )


def _forecast_rows(
    p: ArrayLike, price: ArrayLike, y: ArrayLike, event: ArrayLike, bid: ArrayLike | None, ask: ArrayLike | None
) -> tuple[tuple[FloatArray, ...], NDArray[np.str_]]:
    """Return (forecasts, prices, outcomes, bids, asks) and the events of the rows that have a forecast."""
    prices = inside("price", price)
    sides = (prices if side is None else np.asarray(side, np.float64) for side in (bid, ask))
    columns = (np.asarray(p, np.float64), prices, outcomes(y), *sides)
    names = np.asarray(event, dtype=np.str_)
    if len({part.shape for part in (*columns, names)}) > 1:
        sizes = ", ".join(str(part.size) for part in (*columns, names))
        raise InvalidData(f"the columns have {sizes} rows; each row has all of them: pass as many")
    rows = np.flatnonzero(np.isfinite(columns[0]))
    if not rows.size:
        raise InvalidData("the history is empty; nothing was forecast before it settled: pass earlier quotes")
    inside("a forecast", columns[0][rows])
    return tuple(part[rows] for part in columns), names[rows]


def _bets(
    p: FloatArray, y: FloatArray, bid: FloatArray, ask: FloatArray, rate: float, min_edge: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (profit, cost, fee) of one contract a row on the side with the better edge after fees, 0 without one."""
    edges, costs, fees, pays = [], [], [], []
    for paid, odds, pay in ((ask, p, y), (1.0 - bid, 1.0 - p, 1.0 - y)):
        offered = (paid > 0.0) & (paid < 1.0)
        fee = np.where(offered, rate * paid * (1.0 - paid), 0.0)
        edges.append(np.where(offered, odds - paid - fee, -np.inf))
        costs.append(np.where(offered, paid + fee, 0.0))
        fees.append(fee)
        pays.append(pay)
    yes = edges[0] >= edges[1]
    # an edge of rounding is none: a price that is right costs its fee
    taken = np.maximum(edges[0], edges[1]) > max(min_edge, 1e-12)
    cost = np.where(taken, np.where(yes, costs[0], costs[1]), 0.0)
    profit = np.where(taken, np.where(yes, pays[0], pays[1]) - cost, 0.0)
    return profit, cost, np.where(taken, np.where(yes, fees[0], fees[1]), 0.0)


class _Draws:
    """Whole events drawn with replacement, the same draws for every figure."""

    def __init__(
        self, place: np.ndarray[tuple[int, ...], np.dtype[np.intp]], events: int, draws: int, seed: int, level: float
    ) -> None:
        if isinstance(draws, bool) or draws != int(draws) or draws < 100:
            raise InvalidConfig(f"draws is {draws}; an interval needs at least 100 of them: pass for example 2000")
        self._place, self._events, self._level = place, events, level
        self._draws, self._seed = int(draws), seed

    def ratio(self, top: FloatArray, bottom: FloatArray) -> Estimate:
        """Return sum(top) / sum(bottom) with the percentile interval over draws of events."""
        tops, bottoms = (np.bincount(self._place, weights=part, minlength=self._events) for part in (top, bottom))
        if bottoms.sum() == 0.0:
            return Estimate(math.nan, math.nan, math.nan)
        rng, found = np.random.default_rng(self._seed), []
        for done in range(0, self._draws, _CHUNK):
            picks = rng.integers(0, self._events, (min(_CHUNK, self._draws - done), self._events))
            sums, counts = tops[picks].sum(axis=1), bottoms[picks].sum(axis=1)
            found.append(sums[counts > 0.0] / counts[counts > 0.0])
        tail = 0.5 * (1.0 - self._level)
        low, high = np.quantile(np.concatenate(found), [tail, 1.0 - tail])
        return Estimate(float(tops.sum() / bottoms.sum()), float(low), float(high))


def _verdict(events: int, gain: Estimate, profit: Estimate) -> str:
    if events < FEW_EVENTS:
        return "few"
    if not gain.value > 0.0:
        return "no"
    if not gain.low > 0.0:
        return "unproven"
    return "yes" if profit.low > 0.0 else "price"
