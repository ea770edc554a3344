"""A small made-up market that every model can be run on: quotes by the hour, results, a price, scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.models.aggregation import Ensemble
from engine.models.base import MarketPrice, ProbabilityModel
from engine.models.frequency import Frequency
from engine.models.games import Elo, Game, Goals, Scores
from engine.models.recalibration import IsotonicRecalibration, LogitRecalibration, PlattRecalibration
from engine.models.record import Quoted, Settled
from engine.models.threshold import PriceTerms, PriceThreshold, Underlying
from engine.models.when import HOUR

MARKETS, HOURS = 40, 12
SIDES = ("Ajax", "Brno", "Como", "Derby")


@dataclass(frozen=True)
class World:
    quoted: Quoted
    settled: Settled
    underlying: Underlying
    scores: Scores

    def models(self) -> dict[str, ProbabilityModel]:
        terms, games, goals = {}, {}, {}
        asks = ("home", "draw", "away", "over", "covers")
        for i in range(MARKETS):
            home, away = SIDES[i % 4], SIDES[(i + 1 + i % 3) % 4]
            expiry = (i + HOURS) * HOUR
            terms[f"M{i}"] = PriceTerms(expiry, 100.0 + i % 5, touch=i % 2 == 0, start=i * HOUR)
            games[f"M{i}"] = Game(home, away)
            goals[f"M{i}"] = Game(home, away, asks[i % 5], 0.5)
        price = PriceThreshold(underlying=self.underlying, terms=terms, periods_per_year=8760.0, window=5)
        found: dict[str, ProbabilityModel] = {
            "market price": MarketPrice(),
            "logit line": LogitRecalibration(least=5),
            "platt": PlattRecalibration(least=5),
            "isotonic": IsotonicRecalibration(least=5),
            "frequency": Frequency(half_life_days=1.0),
            "elo": Elo(games=games),
            "goals": Goals(scores=self.scores, games=goals),
            "threshold": price,
            "ewma threshold": PriceThreshold(
                underlying=self.underlying, terms=terms, periods_per_year=8760.0, window=5, kind="ewma"
            ),
        }
        found["ensemble"] = Ensemble(members=(LogitRecalibration(least=5), price, MarketPrice()), weights=(1, 2, 1))
        return {name: model.fit(self.settled) for name, model in found.items()}


def world(seed: int = 0, changed_after: int | None = None) -> World:
    """Return the market; with `changed_after`, everything known only after that time is another market's."""
    ours, other = _drawn(seed), _drawn(seed + 1_000_003)
    if changed_after is None:
        return ours
    later = changed_after
    keep = ours.settled.time < later
    return World(
        _joined_quotes(ours.quoted, other.quoted, later),
        Settled.of(
            ours.settled.ticker.tolist(),
            ours.settled.time,
            np.where(keep, ours.settled.outcome, 1.0 - ours.settled.outcome),
            # a price quoted earlier is known, but of a market that settles later no model may learn it
            np.where(keep, ours.settled.price, 1.0 - ours.settled.price),
            ours.settled.quoted,
            group=ours.settled.group.tolist(),
        ),
        Underlying.of(
            ours.underlying.time,
            np.where(ours.underlying.time <= later, ours.underlying.close, 3.0 * other.underlying.close),
            high=np.where(ours.underlying.time <= later, ours.underlying.high, 3.0 * other.underlying.high),
            low=np.where(ours.underlying.time <= later, ours.underlying.low, 3.0 * other.underlying.low),
        ),
        Scores.of(
            ours.scores.time,
            ours.scores.home.tolist(),
            ours.scores.away.tolist(),
            np.where(ours.scores.time < later, ours.scores.home_goals, 7.0),
            np.where(ours.scores.time < later, ours.scores.away_goals, 9.0),
        ),
    )


def _joined_quotes(ours: Quoted, other: Quoted, later: int) -> Quoted:
    past = ours.time <= later
    return Quoted.of(
        ours.ticker.tolist(), ours.time, np.where(past, ours.price, other.price), group=ours.group.tolist()
    )


def _drawn(seed: int) -> World:
    rng = np.random.default_rng(seed)
    tickers, times, prices, groups = [], [], [], []
    results = {}
    for i in range(MARKETS):
        start, p = i, rng.uniform(0.15, 0.85)
        for hour in range(HOURS):
            tickers.append(f"M{i}")
            times.append((start + hour) * HOUR)
            prices.append(float(np.clip(p + 0.02 * hour * rng.standard_normal(), 0.03, 0.97)))
            groups.append("even" if i % 2 else "odd")
        results[f"M{i}"] = ((start + HOURS) * HOUR, float(rng.random() < p))
    quoted = Quoted.of(tickers, np.array(times), prices, group=groups)
    hours = np.arange(-30, MARKETS + HOURS)
    close = 100.0 * np.exp(np.cumsum(0.01 * rng.standard_normal(hours.size)))
    home = [SIDES[k % 4] for k in range(hours.size)]
    away = [SIDES[(k + 1) % 4] for k in range(hours.size)]
    scores = Scores.of(hours * HOUR, home, away, rng.poisson(1.6, hours.size), rng.poisson(1.2, hours.size))
    underlying = Underlying.of(hours * HOUR, close, high=close * 1.002, low=close * 0.998)
    return World(quoted, Settled.joined(quoted, results), underlying, scores)
