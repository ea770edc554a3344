"""No model sees the future: what is known later changes nothing, and it is not even in the model that is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidData
from engine.models.base import MarketPrice, ProbabilityModel
from engine.models.record import FloatArray, Quoted, Settled
from engine.models.when import HOUR
from tests.models.market import HOURS, MARKETS, world

NAMES = list(world().models())
WORLD = world()
MODELS = WORLD.models()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hour", [8.0, 21.0, 21.5, 40.0])
def test_changing_the_future_changes_no_prediction(name: str, hour: float) -> None:
    now = int(hour * HOUR)
    other = world(changed_after=now)
    expected = MODELS[name].predict(WORLD.quoted, now)
    got = other.models()[name].predict(other.quoted, now)
    assert got.ticker.tolist() == expected.ticker.tolist()
    assert got.p.tolist() == expected.p.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_changing_the_past_changes_predictions(name: str) -> None:
    # without this the test above could not fail
    other = world(changed_after=20 * HOUR)
    assert (
        other.models()[name].predict(other.quoted, 40 * HOUR).p.tolist()
        != MODELS[name].predict(WORLD.quoted, 40 * HOUR).p.tolist()
    )


@pytest.mark.parametrize("name", NAMES)
def test_walking_forward_is_predicting_at_every_time(name: str) -> None:
    walked = MODELS[name].predict_each(WORLD.quoted)
    assert np.isfinite(walked).all()
    for hour in (3, 17, 33, 50):
        now = hour * HOUR
        rows = np.flatnonzero(WORLD.quoted.time == now)
        here = MODELS[name].predict(WORLD.quoted, now)
        assert walked[rows].tolist() == [here[ticker] for ticker in WORLD.quoted.ticker[rows].tolist()]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.integers(0, 10_000), st.floats(6.0, MARKETS + HOURS))
def test_every_probability_is_inside_zero_and_one(name: str, seed: int, hour: float) -> None:
    drawn = world(seed)
    p = drawn.models()[name].predict(drawn.quoted, int(hour * HOUR)).p
    assert (p > 0.0).all()
    assert (p < 1.0).all()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nosy(ProbabilityModel):
    """Writes down the latest time of anything it can reach."""

    inner: ProbabilityModel = field(default_factory=MarketPrice)
    source: Any = None
    seen: list[int] = field(default_factory=list)

    def _learn(self, known: Settled) -> int:
        assert self.record is not None
        assert isinstance(self.inner.record, Settled)
        parts = (known, self.record, self.inner.record)
        return max((int(part.time.max()) for part in parts if len(part)), default=-(10**18))

    def _apply(self, learned: int, seen: Quoted, now: int) -> FloatArray:
        times = [learned, int(seen.time.max()), int(self.source.time.max())]
        self.seen.append(max(times) - now)
        return seen.price


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.floats(0.0, 60.0))
def test_a_model_that_looks_everywhere_finds_nothing_later(hour: float) -> None:
    nosy = Nosy(inner=MarketPrice().fit(WORLD.settled), source=WORLD.underlying).fit(WORLD.settled)
    nosy.predict(WORLD.quoted, int(hour * HOUR))
    assert max(nosy.seen) <= 0
    nosy.predict_each(WORLD.quoted[:50])
    assert max(nosy.seen) <= 0


def test_every_field_with_times_is_cut() -> None:
    for model in MODELS.values():
        past = model.as_of(20 * HOUR)
        for part in fields(past):
            for item in [value] if not isinstance(value := getattr(past, part.name), tuple) else value:
                if hasattr(item, "time") and len(item):
                    assert item.time.max() <= 20 * HOUR
        assert MODELS["logit line"].known.time.max() > 20 * HOUR


def test_a_result_of_the_very_moment_is_not_known_and_a_quote_is() -> None:
    quoted = Quoted.of(["A"], [100], [0.4])
    assert MarketPrice().predict(quoted, 100)["A"] == 0.4
    with pytest.raises(InvalidData, match="nothing had been quoted by 99"):
        MarketPrice().predict(quoted, 99)
    settled = Settled.of(["A"], [100], [1.0], [0.4])
    assert len(settled.before(100)) == 0
    assert len(settled.before(101)) == 1


@pytest.mark.parametrize("method", ["predict", "predict_each", "as_of"])
def test_the_gate_cannot_be_overridden(method: str) -> None:
    with pytest.raises(TypeError, match=f"overrides {method}, which keeps the future out"):
        type("Cheat", (MarketPrice,), {method: lambda self, *rest: rest})
