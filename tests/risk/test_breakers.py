"""Circuit breakers: when they trip, how long they hold, and that they do not flap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.risk.breakers import DrawdownBreaker, DrawdownBreakerState, LossStreakBreaker, LossStreakState


def test_a_streak_of_losses_trips_and_a_win_ends_it() -> None:
    breaker, state = LossStreakBreaker(3), LossStreakState()
    for pnl in (-1.0, -1.0, 1.0, -1.0, 0.0, -1.0):
        state = breaker.after_trade(state, pnl)
    assert (state.losses, state.tripped) == (2, False)
    assert breaker.after_trade(state, -1.0).tripped


def test_without_a_cool_down_only_a_person_arms_it_again() -> None:
    breaker = LossStreakBreaker(1)
    state = breaker.after_trade(LossStreakState(), -1.0)
    for _ in range(100):
        state = breaker.after_trade(breaker.after_bar(state), 5.0)
    assert state.tripped


def test_a_cool_down_counts_bars_and_starts_clean() -> None:
    breaker = LossStreakBreaker(2, cooldown=3)
    state = breaker.after_trade(breaker.after_trade(LossStreakState(), -1.0), -1.0)
    held = []
    for _ in range(4):
        held.append(state.tripped)
        state = breaker.after_bar(state)
    assert held == [True, True, True, False]
    assert state == LossStreakState()


def drawdowns(breaker: DrawdownBreaker, equity: list[float]) -> list[bool]:
    state, held = DrawdownBreakerState(), []
    for value in equity:
        state = breaker.after(state, value)
        held.append(state.tripped)
    return held


def test_a_drawdown_trips_at_one_level_and_releases_at_another() -> None:
    breaker = DrawdownBreaker(0.10, 0.05)
    assert drawdowns(breaker, [100, 91, 90, 94, 95, 91, 89]) == [False, False, True, True, False, False, True]


def test_a_cool_down_holds_even_after_the_recovery() -> None:
    breaker = DrawdownBreaker(0.10, 0.05, cooldown=3)
    assert drawdowns(breaker, [100, 90, 100, 100, 100]) == [False, True, True, True, False]


@given(st.lists(st.floats(91.0, 94.0), min_size=2, max_size=30))
def test_between_the_two_levels_nothing_changes(equity: list[float]) -> None:
    tripped = drawdowns(DrawdownBreaker(0.10, 0.05), [100.0, 89.0, *equity])
    calm = drawdowns(DrawdownBreaker(0.10, 0.05), [100.0, *equity])
    assert all(tripped[1:])
    assert not any(calm)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: LossStreakBreaker(0), "whole number"),
        (lambda: LossStreakBreaker(3, -1), "whole number"),
        (lambda: DrawdownBreaker(10), "did you mean 0.10"),
        (lambda: DrawdownBreaker(0.05, 0.05), "below trip_pct"),
    ],
)
def test_a_breaker_that_cannot_be_is_refused(build: object, words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        build()  # type: ignore[operator]
