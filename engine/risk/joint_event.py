"""What a joint size is made from: markets of one event with their quotes, its possible outcomes, and its offers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.checks import not_negative, number, probability
from engine.core.errors import InvalidConfig, InvalidData, suggest
from engine.numerics.fees import TAKER_RATE

FloatArray = npt.NDArray[np.float64]

_KINDS = ("exclusive", "nested")


@dataclass(frozen=True, slots=True)
class JointMarket:
    """One market: your probability of YES, the quote in dollars (None = nobody offers), the taker's fee rate."""

    ticker: str
    probability: float
    yes_bid: Any = None
    yes_ask: Any = None
    fee_rate: Any = TAKER_RATE

    def __post_init__(self) -> None:
        p = probability(f"the probability of {self.ticker}", self.probability)
        if not 0.0 < p < 1.0:
            raise InvalidConfig(
                f"the probability of {self.ticker} is {p:g}; nothing is certain: pass one inside (0, 1)"
            )
        not_negative("fee_rate", float(self.fee_rate))
        bid, ask = _quote(self, "yes_bid"), _quote(self, "yes_ask")
        if bid is not None and ask is not None and bid > ask:
            raise InvalidConfig(f"{self.ticker}: yes_bid is {bid}; it must not exceed yes_ask = {ask}: check the quote")

    def offers(self) -> list[tuple[str, Decimal, float]]:
        """Return (side, price, all-in cost) of what can be bought: YES at the ask, NO at one minus the bid."""
        bid, ask = _quote(self, "yes_bid"), _quote(self, "yes_ask")
        prices = {"yes": ask, "no": None if bid is None else 1 - bid}
        found = [(side, price, self._cost(price)) for side, price in prices.items() if price is not None]
        return [(side, price, cost) for side, price, cost in found if 0 < price and cost < 1.0]

    def _cost(self, price: Decimal) -> float:
        paid = float(price)
        return paid + float(self.fee_rate) * paid * (1.0 - paid)


@dataclass(frozen=True, slots=True)
class JointEvent:
    """Markets that settle together.

    `exclusive`: at most one resolves YES (brackets, candidates). `nested`: thresholds on one number, where each YES
    implies that of every likelier market. One market alone is either.
    """

    name: str
    markets: tuple[JointMarket, ...]
    kind: str = "exclusive"

    def __post_init__(self) -> None:
        object.__setattr__(self, "markets", tuple(self.markets))
        if not self.markets:
            raise InvalidConfig(f"event {self.name} has no markets; it needs at least one: leave the event out")
        if self.kind not in _KINDS:
            raise InvalidConfig(f"kind is {self.kind!r}; it is one of {', '.join(_KINDS)}{suggest(self.kind, _KINDS)}")
        tickers = [market.ticker for market in self.markets]
        twice = next((ticker for ticker in tickers if tickers.count(ticker) > 1), None)
        if twice is not None:
            raise InvalidConfig(f"event {self.name} lists {twice} twice; each market is named once: remove one")
        total = math.fsum(market.probability for market in self.markets)
        if self.kind == "exclusive" and total > 1.0 + 1e-9:
            raise InvalidData(
                f"the probabilities of event {self.name} sum to {total:.4f}; its outcomes exclude each other: "
                "rescale them to at most 1, or pass kind='nested'"
            )

    def outcomes(self) -> tuple[FloatArray, FloatArray]:
        """Return (pays, chances): 1 where a market resolves YES, shape (outcomes, markets), and (outcomes,)."""
        p = np.array([market.probability for market in self.markets])
        if self.kind == "exclusive":
            pays, chances = np.vstack([np.eye(p.size), np.zeros(p.size)]), np.append(p, max(0.0, 1.0 - p.sum()))
        else:
            order = np.argsort(-p, kind="stable")
            pays = np.zeros((p.size + 1, p.size))
            for row, column in enumerate(order):
                pays[row + 1 :, column] = 1.0
            chances = -np.diff(np.concatenate([[1.0], p[order], [0.0]]))
        # what the probabilities leave over nothing is rounding, not an outcome
        live = chances > 1e-12
        return pays[live], chances[live] / chances[live].sum()


@dataclass(frozen=True, slots=True)
class Offer:
    """One side of one market that can be bought: `cost` is all-in, `chance` that it pays."""

    event: str
    ticker: str
    side: str
    price: Decimal
    cost: float
    chance: float
    fee_rate: Any

    @property
    def kelly(self) -> float:
        """Full Kelly of this offer alone; may be negative."""
        return (self.chance - self.cost) / (1.0 - self.cost)


@dataclass(frozen=True, slots=True, eq=False)
class EventStates:
    """An event's offers, their net returns per dollar spent in each outcome, shape (outcomes, offers), and chances."""

    offers: tuple[Offer, ...]
    returns: FloatArray
    chances: FloatArray


def event_states(event: JointEvent) -> EventStates:
    """Return all that one event offers; outcomes that pay alike are one."""
    pays, chances = event.outcomes()
    offers, columns = [], []
    for place, market in enumerate(event.markets):
        for side, price, cost in market.offers():
            p = market.probability if side == "yes" else 1.0 - market.probability
            offers.append(Offer(event.name, market.ticker, side, price, cost, p, market.fee_rate))
            columns.append((pays[:, place] if side == "yes" else 1.0 - pays[:, place]) / cost - 1.0)
    returns = np.column_stack(columns) if columns else np.zeros((chances.size, 0))
    return EventStates(tuple(offers), *_merged(returns, chances))


def product_states(
    parts: Sequence[EventStates], most: int, scenarios: int, seed: int
) -> tuple[FloatArray, FloatArray, bool]:
    """Return (returns, chances, drawn) over the joint outcomes of independent events.

    All of them up to `most` states, else `scenarios` drawn with `seed`.
    """
    sizes = [part.chances.size for part in parts]
    drawn = math.prod(sizes) > most
    if drawn:
        rng = np.random.default_rng(seed)
        picks = [rng.choice(part.chances.size, scenarios, p=part.chances) for part in parts]
        chances = np.full(scenarios, 1.0 / scenarios)
    else:
        grid = np.indices(sizes).reshape(len(sizes), -1) if sizes else np.zeros((0, 1), dtype=np.int64)
        picks = list(grid)
        chances = np.ones(grid.shape[1])
        for part, pick in zip(parts, picks, strict=True):
            chances = chances * part.chances[pick]
    columns = [part.returns[pick] for part, pick in zip(parts, picks, strict=True)]
    return (np.hstack(columns) if columns else np.zeros((1, 0))), chances / chances.sum(), drawn


def _merged(returns: FloatArray, chances: FloatArray) -> tuple[FloatArray, FloatArray]:
    unique, place = np.unique(returns, axis=0, return_inverse=True)
    return unique, np.bincount(place.ravel(), weights=chances, minlength=len(unique)).astype(np.float64)


def _quote(market: JointMarket, name: str) -> Decimal | None:
    value = getattr(market, name)
    if value is None:
        return None
    amount = value if isinstance(value, Decimal) else Decimal(repr(round(number(name, value), 6)))
    if not 0 <= amount <= 1:
        guess = f"did you mean {amount / 100}?" if 1 < amount < 100 else "pass for example 0.52"
        raise InvalidConfig(f"{market.ticker}: {name} is {value}; it is in dollars from 0 to 1: {guess}")
    return amount
