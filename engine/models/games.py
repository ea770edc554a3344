"""Games between sides: ratings that move with every result (Elo), and goals from attack and defence (Poisson)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.checks import not_negative, number, positive
from engine.core.errors import InvalidConfig, InvalidData, suggest
from engine.models.base import ProbabilityModel
from engine.models.counts import Match, poisson_match
from engine.models.frequency import faded
from engine.models.record import FloatArray, Names, Quoted, Settled
from engine.models.when import TimeArray, moments

# the alternation converges by a constant factor a turn; a league needs some tens
_TURNS = 200
_ASKS = ("home", "draw", "away", "over", "covers")


@dataclass(frozen=True, slots=True)
class Game:
    """What a market asks of a game: does `home` win, draw, lose; do both score over `line`; does home win by more."""

    home: str
    away: str
    asks: Literal["home", "draw", "away", "over", "covers"] = "home"
    line: float = 0.0

    def __post_init__(self) -> None:
        number("line", self.line)
        if self.asks not in _ASKS:
            raise InvalidConfig(f"asks is {self.asks!r}; it is one of {', '.join(_ASKS)}{suggest(self.asks, _ASKS)}")
        if self.home == self.away:
            raise InvalidConfig(f"{self.home} plays itself; a game has two sides: correct the names")


def elo_expected(rating: float, opponent: float) -> float:
    """Return the expected score 1 / (1 + 10^(-d/400)) of a rating against another."""
    # beyond this the power overflows and the answer is 0 or 1 to the last digit
    gap = min(max((number("opponent", opponent) - number("rating", rating)) / 400.0, -300.0), 300.0)
    return 1.0 / (1.0 + math.pow(10.0, gap))


def elo_updated(rating: float, opponents: Sequence[float], score: float, K: float = 32.0) -> float:
    """Return the rating after games against `opponents` that brought `score` points: r + K (score - expected)."""
    return rating + positive("K", K) * (score - math.fsum(elo_expected(rating, other) for other in opponents))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Elo(ProbabilityModel):
    """P(home wins) from ratings replayed over the settled games that `games` names; `home_edge` in rating points.

    Each game counts once, at its settlement, with its outcome as the score: 1 won, 0 lost, 0.5 drawn.
    """

    games: Mapping[str, Game]
    K: float = 32.0
    home_edge: float = 0.0
    start: float = 1500.0

    def __post_init__(self) -> None:
        positive("K", self.K)
        number("home_edge", self.home_edge)
        number("start", self.start)
        other = next((ticker for ticker, game in self.games.items() if game.asks != "home"), None)
        if other is not None:
            raise InvalidConfig(
                f"{other} asks for {self.games[other].asks!r}; Elo knows who wins: pass markets on 'home'"
            )

    def ratings(self, known: Settled) -> dict[str, float]:
        """Return every side's rating after the games on record, in their order."""
        table: dict[str, float] = {}
        once = known.once()
        for ticker, score in zip(once.ticker.tolist(), once.outcome.tolist(), strict=True):
            if ticker in self.games:
                game = self.games[ticker]
                home, away = table.get(game.home, self.start), table.get(game.away, self.start)
                gain = self.K * (score - elo_expected(home + self.home_edge, away))
                table[game.home], table[game.away] = home + gain, away - gain
        return table

    def _learn(self, known: Settled) -> dict[str, float]:
        return self.ratings(known)

    def _apply(self, learned: dict[str, float], seen: Quoted, now: int) -> FloatArray:
        asked = [_game(self.games, ticker) for ticker in seen.ticker.tolist()]
        rate = [(learned.get(g.home, self.start) + self.home_edge, learned.get(g.away, self.start)) for g in asked]
        return np.array([elo_expected(home, away) for home, away in rate])


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Final scores, all arrays (n,), sorted by the time from which they were known."""

    time: TimeArray
    home: Names
    away: Names
    home_goals: FloatArray
    away_goals: FloatArray
    clock: str

    @classmethod
    def of(
        cls, time: Any, home: Sequence[str], away: Sequence[str], home_goals: ArrayLike, away_goals: ArrayLike
    ) -> Scores:
        """Return checked scores."""
        stamps = moments(time, "the time of a score")
        names = [np.asarray(side, dtype=np.str_).ravel() for side in (home, away)]
        goals = [np.asarray(side, dtype=np.float64).ravel() for side in (home_goals, away_goals)]
        if len({stamps.nanoseconds.size, *(part.size for part in (*names, *goals))}) > 1:
            raise InvalidData("times, sides and goals differ in number; a score has one of each: pass as many")
        if any(not (part >= 0.0).all() or not np.isfinite(part).all() for part in goals):
            raise InvalidData("a score is negative or missing; goals are counts from 0: leave such a game out")
        order = np.argsort(stamps.nanoseconds, kind="stable")
        columns = names[0][order], names[1][order], goals[0][order], goals[1][order]
        return cls(stamps.nanoseconds[order], *columns, stamps.clock)

    def __len__(self) -> int:
        return self.time.size

    def until(self, as_of: int) -> Scores:
        """Return the scores known before `as_of`; one of that very moment is not."""
        end = int(np.searchsorted(self.time, as_of, side="left"))
        columns = self.home[:end], self.away[:end], self.home_goals[:end], self.away_goals[:end]
        return Scores(self.time[:end], *columns, self.clock)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Goals(ProbabilityModel):
    """Poisson goals: league average x attack x defence, from past scores that fade by half every `half_life_days`.

    A side's attack is its goals over what an average attack would have scored against the same defences, its defence
    alike (Maher 1982, found by turns); both are drawn to 1 by `prior_games` games of the league's average.
    """

    scores: Scores
    games: Mapping[str, Game]
    half_life_days: float | None = 365.0
    prior_games: float = 5.0

    def __post_init__(self) -> None:
        not_negative("prior_games", self.prior_games)
        if self.half_life_days is not None:
            positive("half_life_days", self.half_life_days)

    def _missing(self, now: int) -> str:
        past = self.scores
        if len(past) and past.home_goals.sum() > 0.0 and past.away_goals.sum() > 0.0:
            return ""
        return "no goals of both home and away sides are on record by then; pass the scores of earlier games"

    def _learn(self, known: Settled) -> None:
        return None

    def _apply(self, learned: None, seen: Quoted, now: int) -> FloatArray:
        past = self.scores
        weights = faded(past.time, now, self.half_life_days)
        league = float(weights @ past.home_goals / weights.sum()), float(weights @ past.away_goals / weights.sum())
        sides = self._strengths(past, weights, league)
        asked = [_game(self.games, ticker) for ticker in seen.ticker.tolist()]
        return np.array([_answer(game, _match(sides, league, game)) for game in asked])

    def _strengths(
        self, past: Scores, weights: FloatArray, league: tuple[float, float]
    ) -> dict[str, tuple[float, float]]:
        """Return every side's (attack, defence) as multiples of the league."""
        names, place = np.unique(np.concatenate([past.home, past.away]), return_inverse=True)
        us, them = place.ravel(), np.roll(place.ravel(), len(past))
        usual = np.concatenate([weights * league[0], weights * league[1]])
        goals = np.concatenate([weights * past.home_goals, weights * past.away_goals])
        prior = self.prior_games * 0.5 * (league[0] + league[1]) + 1e-9
        attack = defence = np.ones(names.size)
        for _ in range(_TURNS):
            before = attack
            attack = _over(us, goals, usual * defence[them], prior, names.size)
            defence = _over(them, goals, usual * attack[us], prior, names.size)
            if np.abs(attack - before).max() < 1e-10:
                break
        return {name: (a, d) for name, a, d in zip(names.tolist(), attack.tolist(), defence.tolist(), strict=True)}


def _over(side: NDArray[np.intp], goals: FloatArray, expected: FloatArray, prior: float, sides: int) -> FloatArray:
    """Return each side's goals over the expected, with `prior` average ones added to both."""
    top, bottom = (np.bincount(side, weights=part, minlength=sides) + prior for part in (goals, expected))
    return np.asarray(top / bottom, np.float64)


def _match(sides: dict[str, tuple[float, float]], league: tuple[float, float], game: Game) -> Match:
    (attack, defence), (their_attack, their_defence) = (sides.get(s, (1.0, 1.0)) for s in (game.home, game.away))
    return poisson_match(league[0] * attack * their_defence, league[1] * their_attack * defence)


def _answer(game: Game, match: Match) -> float:
    if game.asks == "over":
        return match.over(game.line)
    if game.asks == "covers":
        return match.covers(game.line)
    chances: dict[str, float] = {"home": match.home, "draw": match.draw, "away": match.away}
    return chances[game.asks]


def _game(games: Mapping[str, Game], ticker: str) -> Game:
    if ticker not in games:
        raise InvalidData(f"no game is known for {ticker}{suggest(ticker, games)}; add it to `games`")
    return games[ticker]
