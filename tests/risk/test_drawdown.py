"""Maximum-drawdown limits of every kind."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.risk.drawdown import KINDS, drawdown_scaler, max_drawdown_eod_trailing, max_drawdown_limit

PATH = [100.0, 104.0, 112.0, 103.0, 125.0, 104.0, 98.9, 101.0]


@pytest.mark.parametrize(
    ("kind", "floors"),
    [
        ("static", [90.0] * 8),
        ("trailing_pct", [90.0, 93.6, 100.8, 100.8, 112.5, 112.5, 112.5, 112.5]),
        ("trailing_amount", [90.0, 94.0, 102.0, 102.0, 115.0, 115.0, 115.0, 115.0]),
        ("trailing_lock", [90.0, 94.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0]),
    ],
)
def test_the_floor_follows_its_kind(kind: str, floors: list[float]) -> None:
    assert [step.floor for step in max_drawdown_limit(PATH, 100.0, 0.1, kind)] == pytest.approx(floors)


def test_an_end_of_day_floor_ignores_the_peaks_within_the_day() -> None:
    ends = [True, False, False, True, False, True, False, True]
    steps = max_drawdown_limit(PATH, 100.0, 0.1, "eod", ends)
    assert [step.floor for step in steps] == pytest.approx([90, 90, 90, 93, 93, 94, 94, 94])


def test_equity_on_the_floor_is_a_breach_and_stays_one() -> None:
    steps = max_drawdown_limit([100.0, 90.0, 120.0], 100.0, 0.1, "static")
    assert [step.breached for step in steps] == [False, True, True]


@given(st.lists(st.floats(1.0, 1e6), min_size=1, max_size=30), st.floats(0.01, 1.0), st.sampled_from([*KINDS, "eod"]))
def test_a_breach_is_latched_and_a_floor_never_falls(equity: list[float], pct: float, kind: str) -> None:
    steps = max_drawdown_limit(equity, 1000.0, pct, kind)
    breaches, floors = [step.breached for step in steps], [step.floor for step in steps]
    assert breaches == sorted(breaches)
    assert floors == sorted(floors)


def test_the_published_end_of_day_example_is_met() -> None:
    assert max_drawdown_eod_trailing(100_000, 10_000, [100_000, 104_000, 103_000]) == pytest.approx(
        (90_000, 94_000, 94_000)
    )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((PATH, 100.0, 10), InvalidConfig, "did you mean 0.10"),
        ((PATH, 100.0, 0.1, "trailing_pc"), InvalidConfig, "did you mean 'trailing_pct'"),
        ((PATH, 0.0, 0.1), InvalidConfig, "initial"),
        (([math.nan], 100.0, 0.1), InvalidConfig, "finite"),
        ((PATH, 100.0, 0.1, "eod", [True]), InvalidData, "one for each"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(arguments: tuple[object, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        max_drawdown_limit(*arguments)  # type: ignore[arg-type]


def test_the_scaler_refuses_a_percentage_and_a_negative_drawdown() -> None:
    assert drawdown_scaler(0.05, 0.2) == 0.75
    with pytest.raises(InvalidConfig, match=r"did you mean 0\.20"):
        drawdown_scaler(0.1, 20)
    with pytest.raises(InvalidConfig, match="0 or more"):
        drawdown_scaler(-0.1, 0.2)
