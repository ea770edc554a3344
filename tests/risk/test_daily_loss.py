"""The daily loss limit: sessions by the wall clock, a floor that holds, a breach that does not heal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.risk.daily_loss import DailyLossLimit, daily_loss_floor, session_start

NEW_YORK = "17:00 America/New_York"
MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minute: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
RESETS = st.sampled_from(
    [NEW_YORK, "01:30 America/New_York", "02:30 America/New_York", "00:00 Europe/Prague", "00:00 UTC"]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize(
    ("time", "session"),
    [
        ("2025-03-08T21:59", "2025-03-07T17:00:00-05:00"),
        ("2025-03-08T22:00", "2025-03-08T17:00:00-05:00"),
        ("2025-03-09T20:59", "2025-03-08T17:00:00-05:00"),
        ("2025-03-09T21:00", "2025-03-09T17:00:00-04:00"),
        ("2025-11-02T22:00", "2025-11-02T17:00:00-05:00"),
    ],
)
def test_a_session_starts_at_the_same_wall_clock_time_across_daylight_saving(time: str, session: str) -> None:
    assert session_start(at(time), NEW_YORK).isoformat() == session


def test_the_hour_that_repeats_in_autumn_does_not_go_back_a_session() -> None:
    # 01:45 summer time opens the session; 01:15 winter time comes half an hour later
    first, later = (session_start(at(f"2025-11-02T{clock}"), "01:30 America/New_York") for clock in ("05:45", "06:15"))
    assert first == later


@given(MOMENTS, MOMENTS, RESETS)
def test_sessions_follow_time_and_last_about_a_day(one: datetime, other: datetime, reset: str) -> None:
    early, late = sorted((one, other))
    first, second = session_start(early, reset), session_start(late, reset)
    assert first.astimezone(UTC) <= second.astimezone(UTC)
    assert timedelta(0) <= early - first.astimezone(UTC) <= timedelta(hours=25)


def test_the_basis_is_the_last_observation_before_the_reset() -> None:
    limit = DailyLossLimit(0.05, "balance", NEW_YORK)
    state = limit.observe(None, at("2025-03-07T21:00"), 100_000)
    state = limit.observe(state, at("2025-03-07T21:59"), 101_000, 3000)
    state = limit.observe(state, at("2025-03-07T22:01"), 90_000)
    assert (state.basis, state.floor, state.breached) == (101_000, 95_950, True)
    assert state.remaining == -5950


def test_equity_on_the_floor_is_a_breach_and_only_the_next_session_heals_it() -> None:
    limit = DailyLossLimit(0.03, reset="00:00 UTC")
    state = limit.observe(None, at("2025-01-01T10:00"), 100.0)
    state = limit.observe(state, at("2025-01-01T11:00"), 97.0)
    assert state.breached
    state = limit.observe(state, at("2025-01-01T12:00"), 120.0)
    assert state.breached
    assert not limit.observe(state, at("2025-01-02T00:00"), 120.0).breached


@given(st.lists(st.tuples(st.integers(1, 600), st.floats(1e4, 2e5)), min_size=1, max_size=40))
def test_a_breach_is_latched_within_its_session(moves: list[tuple[int, float]]) -> None:
    limit, state, now = DailyLossLimit(0.02), None, datetime(2025, 3, 6, tzinfo=UTC)
    for minutes, balance in moves:
        now += timedelta(minutes=minutes)
        before, state = state, limit.observe(state, now, balance)
        if before is not None and before.session == state.session:
            assert state.breached >= before.breached
            assert state.floor == before.floor


def test_a_limit_of_the_initial_balance_is_a_fixed_sum() -> None:
    assert daily_loss_floor("balance", 0.05, 120_000, 0, initial=100_000) == 115_000
    assert DailyLossLimit(0.05, initial=100_000).observe(None, at("2025-01-01T10:00"), 120_000).floor == 115_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"pct": 3}, "did you mean 0.03"),
        ({"basis": "equty"}, "did you mean 'equity'"),
        ({"reset": "5pm"}, "a time and a zone"),
        ({"reset": "25:00 UTC"}, "a time and a zone"),
        ({"reset": "17:00 America/Gotham"}, "zone is unknown"),
        ({"initial": -1}, "above 0"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        DailyLossLimit(**arguments)  # type: ignore[arg-type]


def test_time_without_a_zone_or_running_back_is_refused() -> None:
    limit = DailyLossLimit()
    with pytest.raises(InvalidData, match="no time zone"):
        limit.observe(None, datetime(2025, 1, 1), 100.0)  # noqa: DTZ001
    state = limit.observe(None, at("2025-01-01T10:00"), 100.0)
    with pytest.raises(InvalidData, match="must not run back"):
        limit.observe(state, at("2025-01-01T09:00"), 100.0)
