"""The prefix law: what a strategy saw and said of a bar does not change when more bars come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Strategy
from engine.core.market import Bars, Columns
from engine.research.robustness import check_lookahead
from engine.strategies import CATALOGUE
from engine.strategies.signal import COLUMNS, Signals
from tests.effort import tried
from tests.properties.rules import SAMPLES, bundled, parameters, random_bars, sample

SAID = ("entry", "exit", "side", "exit_short", *COLUMNS)


def seen(strategy: Strategy, bars: Columns) -> dict[str, Any]:
    """Return features and signals by name."""
    said = strategy.signals(bars, strategy.indicators(bars))
    found: dict[str, Any] = {f"feature {name}": values for name, values in strategy.features(bars).items()}
    found.update({name: getattr(said, name) for name in SAID if getattr(said, name) is not None})
    return found


def same_beginning(strategy: Strategy, bars: Bars, k: int) -> None:
    """Compare a history cut after k bars with the beginning of the whole one, bit for bit."""
    columns = bars.one(bars.symbols[0])
    whole, part = seen(strategy, columns), seen(strategy, columns[:k])
    assert whole.keys() == part.keys()
    for name, values in part.items():
        beginning = whole[name][:k] if isinstance(whole[name], np.ndarray) else whole[name]
        np.testing.assert_array_equal(values, beginning, err_msg=f"{name} of {type(strategy).__name__} after {k} bars")


def all_beginnings(strategy: Strategy, bars: Bars, cuts: Iterable[int]) -> None:
    for k in cuts:
        same_beginning(strategy, bars, k)


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
@tried(40)
@given(st.data())
def test_features_and_signals_of_a_cut_history_are_the_cut_of_the_whole(
    cls: type[Strategy], data: st.DataObject
) -> None:
    bars = data.draw(random_bars() | bundled(700))
    strategy = cls(data.draw(parameters(cls)))
    all_beginnings(strategy, bars, data.draw(st.lists(st.integers(1, len(bars) - 1), min_size=1, max_size=6)))


@pytest.mark.parametrize("symbol", SAMPLES)
@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
def test_every_prefix_of_the_bundled_data_holds_the_law(cls: type[Strategy], symbol: str) -> None:
    all_beginnings(cls(), sample(symbol)[:260], range(1, 260))


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.name)
def test_features_do_not_depend_on_later_prices(cls: type[Strategy]) -> None:
    bars = sample(SAMPLES[0])
    other = bars.prices.copy()
    other[:, :, 300:] *= 1.5
    changed = Bars(bars.instruments, bars.time, other, bars.index)
    one, two = (seen(cls(), b.one(bars.symbols[0])) for b in (bars, changed))
    for name, values in one.items():
        if isinstance(values, np.ndarray):
            np.testing.assert_array_equal(values[:300], two[name][:300], err_msg=name)


class Peeks(Strategy):
    """Enters when tomorrow closes higher: what the law exists to catch."""

    def signals(self, bars: Columns, ind: Any) -> Signals:
        rises = np.zeros(len(bars), bool)
        rises[:-1] = bars.close[1:] > bars.close[:-1]
        return Signals(entry=rises, exit=~rises)


class Centred(Strategy):
    """Shifts a feature one bar into the future."""

    def features(self, bars: Columns) -> dict[str, Any]:
        return {"next": np.append(bars.close[1:], np.nan)}

    def signals(self, bars: Columns, ind: Any) -> Signals:
        no = np.zeros(len(bars), bool)
        return Signals(entry=no, exit=no)


@pytest.mark.parametrize("cls", [Peeks, Centred])
def test_a_strategy_that_looks_ahead_is_caught(cls: type[Strategy]) -> None:
    with pytest.raises(AssertionError, match="after"):
        all_beginnings(cls(), sample("SPY"), range(100, 120))
    assert not check_lookahead(cls(), sample("SPY")).clean
