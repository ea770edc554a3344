"""The look-ahead check finds what looks ahead, and user files that do are not offered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import RSI, SMA, BarStrategy, Param, Signals, Strategy, load_sample
from engine.research.checked import offered
from engine.research.robustness import check_lookahead
from engine.strategies import CATALOGUE, catalogue, find
from engine.strategies.indicator import Indicator
from engine.strategies.user_files import VARIABLE

HONEST = """
from engine import RSI, SMA, Param, Signals, Strategy

class MyOwn(Strategy):
    window = Param(20, 5, 50, 1, "bars")
    mean = SMA("close", "window")

    def signals(self, bars, ind):
        return Signals(entry=bars.close > ind.mean, exit=bars.close < ind.mean)
"""
PEEKING = """
import numpy as np
from engine import Signals, Strategy

class Peeking(Strategy):
    def signals(self, bars, ind):
        rises = np.append(bars.close[1:] > bars.close[:-1], False)
        return Signals(entry=rises, exit=~rises)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("cls", CATALOGUE)
def test_every_strategy_of_the_catalogue_passes(cls: type[Strategy]) -> None:
    assert check_lookahead(cls(), load_sample("MSFT"), symbol="MSFT").clean


def tomorrow(x: Any) -> Any:
    return np.append(x[1:], np.nan)


class NextClose(Strategy):
    """Its feature is tomorrow's close."""

    ahead = Indicator(tomorrow, ("close",), ())

    def signals(self, bars: Any, ind: Any) -> Signals:
        return Signals(entry=ind.ahead > bars.close, exit=ind.ahead < bars.close)


class WholeMean(Strategy):
    """Compares with the mean of the whole history."""

    def signals(self, bars: Any, ind: Any) -> Signals:
        below = bars.close < bars.close.mean()
        return Signals(entry=below, exit=~below)


@pytest.mark.parametrize("cls", [NextClose, WholeMean])
def test_a_strategy_that_sees_the_future_is_caught(cls: type[Strategy]) -> None:
    finding = check_lookahead(cls(), load_sample("SPY"), symbol="SPY")
    assert not finding.clean
    assert "Looks ahead" in finding.words


class RareNextClose(Strategy):
    """Peeks one bar ahead, and only when RSI is low: no evenly spread cut lies beside its entries."""

    rsi = RSI("close", 14)

    def signals(self, bars: Any, ind: Any) -> Signals:
        rises = np.append(bars.close[1:] > 1.005 * bars.close[:-1], False)
        return Signals(entry=(ind.rsi < 30) & rises, exit=ind.rsi > 60)


def test_a_rare_peek_at_the_next_bar_is_caught() -> None:
    assert not check_lookahead(RareNextClose(), load_sample("MSFT"), symbol="MSFT").clean


class Barwise(BarStrategy):
    """An honest one, bar by bar."""

    window = Param(30, 2, 100, 1, "bars")
    mean = SMA("close", "window")

    def on_bar(self, context: Any) -> None:
        if context.close > context.ind.mean:
            context.buy()
        else:
            context.close_position()


def test_a_bar_by_bar_strategy_is_checked_by_what_it_holds() -> None:
    assert check_lookahead(Barwise(), load_sample("SPY"), symbol="SPY", cuts=5).clean


def test_a_users_file_is_offered_with_its_parameters(folder: Path) -> None:
    (folder / "mine.py").write_text(HONEST, encoding="utf-8")
    listed, problems = offered()
    assert not problems
    mine = listed[-1]
    assert (mine.strategy.name, mine.origin, mine.strategy.PARAMS["window"].high) == ("my_own", "mine.py", 50)
    assert find("my_own") is mine.strategy
    assert len(catalogue()) == len(CATALOGUE) + 1


def test_a_users_file_that_looks_ahead_is_not_offered_and_says_where(folder: Path) -> None:
    (folder / "peek.py").write_text(PEEKING, encoding="utf-8")
    listed, problems = offered()
    assert len(listed) == len(CATALOGUE)
    assert "peek.py: Peeking is not offered. Looks ahead: entry at bar" in problems[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def broken(:", "does not load: SyntaxError"),
        ("x = 1", "defines no Strategy"),
        ("raise RuntimeError('no')", "does not load: RuntimeError: no"),
        (HONEST.replace("class MyOwn", "class MeanReversionStrategy"), "is taken"),
        (HONEST.replace("ind.mean", "ind.nothing"), "fails on the sample data"),
    ],
)
def test_a_file_that_does_not_work_says_so_and_harms_nothing(folder: Path, text: str, says: str) -> None:
    (folder / "odd.py").write_text(text, encoding="utf-8")
    listed, problems = offered()
    assert len(listed) == len(CATALOGUE)
    assert len(problems) == 1 and says in problems[0]


def test_a_folder_that_is_none_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "no/such/folder")
    assert "which is no folder" in offered()[1][0]
