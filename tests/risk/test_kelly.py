"""The Kelly sizer: what it takes, what it makes of an edge, and why."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig
from engine.risk.kelly import KellyCriterion


@pytest.mark.parametrize(("p", "b", "quarter"), [(0.55, 1, 0.025), (0.6, 1, 0.05), (0.5, 2, 0.0625), (0.4, 3, 0.05)])
def test_quarter_kelly_of_the_quick_reference_table(p: float, b: float, quarter: float) -> None:
    size = KellyCriterion(fraction=0.25).binary(p, b)
    assert size.position == pytest.approx(quarter, abs=1e-15)
    assert size.reason == "kelly"


@pytest.mark.parametrize(
    ("p", "b", "position", "reason"),
    [(0.5, 1, 0.0, "no_edge"), (0.3, 1, 0.0, "no_edge"), (0.51, 1, 0.0, "below_min"), (0.9, 3, 0.10, "capped")],
)
def test_the_reason_says_what_decided(p: float, b: float, position: float, reason: str) -> None:
    size = KellyCriterion().binary(p, b)
    assert (size.position, size.reason) == (position, reason)
    assert size.words


def test_an_undefined_kelly_is_no_position() -> None:
    assert KellyCriterion().size(math.nan).reason == "undefined"
    assert KellyCriterion().position_fraction(math.nan) == 0.0
    assert KellyCriterion().from_trades([]).position == 0.0


def test_a_partial_loss_raises_kelly_above_one_and_the_cap_holds() -> None:
    size = KellyCriterion(fraction=1.0, max_position_pct=1.0).binary(0.6, 0.5, 0.2)
    assert size.full == pytest.approx(2.2)
    assert size.position == 1.0


def test_continuous_kelly_goes_through_the_same_limits() -> None:
    assert KellyCriterion().continuous(0.1123, 0.1691, 0.04).full == pytest.approx(2.528, abs=5e-4)
    assert KellyCriterion().continuous(0.1123, 0.1691, 0.04).position == 0.10


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (19, 0), (0, 19), (10, 9)])
def test_a_short_record_gets_the_smallest_position(wins: int, losses: int) -> None:
    size = KellyCriterion().from_record(wins, losses, 5.0, 4.0)
    assert (size.position, size.reason) == (0.01, "short_record")


def test_a_record_speaks_from_the_twentieth_trade() -> None:
    assert KellyCriterion().from_record(12, 8, 24.0, 8.0).reason == "kelly"
    assert KellyCriterion().from_record(12, 8, 24.0, -8.0).full == pytest.approx(22 / 40 - (18 / 40) / 2)
    assert KellyCriterion().from_record(0, 20, 0.0, 8.0).reason == "no_edge"
    assert KellyCriterion().from_record(12, 7, 24.0, 8.0, breakeven=1).reason == "kelly"


@given(st.floats(-3, 3), st.floats(0.01, 1.0), st.floats(0.0, 0.2), st.floats(0.2, 1.0))
def test_a_position_is_never_more_than_kelly_or_the_cap(full: float, fraction: float, low: float, high: float) -> None:
    sizer = KellyCriterion(fraction, high, low)
    size = sizer.size(full)
    assert size.position == sizer.position_fraction(full)
    assert 0.0 <= size.position <= min(high, max(0.0, full))
    assert (size.position > 0.0) == (size.reason in ("kelly", "capped"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fraction": 25}, "did you mean 0.25"),
        (
            {"max_position_pct": 10},
            r"max_position_pct is 10; it is a fraction of equity in \(0, 1\]: did you mean 0.10",
        ),
        ({"min_position_pct": 1.5}, "did you mean 0.015"),
        ({"min_position_pct": 0.2}, "must not exceed max_position_pct"),
        ({"fraction": 0}, "fraction of full Kelly"),
        ({"fraction": -0.25}, "did you mean 0.25"),
        ({"fraction": math.nan}, "finite"),
        ({"fraction": "quarter"}, "number"),
        ({"fraction": True}, "number"),
    ],
)
def test_a_parameter_out_of_range_is_refused_with_the_fix(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        KellyCriterion(**arguments)  # type: ignore[arg-type]


def test_the_criterion_is_a_value() -> None:
    assert KellyCriterion() == KellyCriterion(0.25, 0.10, 0.01)
    assert hash(KellyCriterion(fraction=1)) == hash(KellyCriterion(fraction=1.0))
    with pytest.raises(FrozenInstanceError):
        KellyCriterion().fraction = 0.5  # type: ignore[misc]
