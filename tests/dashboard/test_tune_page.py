"""The states of the Tune page: opening, every strategy, contradictions, nothing traded, a lost file, a pinned run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import APP
from engine import service
from engine.service import OPENING
from tests.service.test_library import csv

FAST, SLOW, CALM = (f"low_vol_momentum.{name}" for name in ("fast_period", "slow_period", "max_volatility"))


def opened(**settings: object) -> AppTest:
    """The page as a link with these settings opens it; a double underscore stands for a dot."""
    at = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in settings.items():
        at.query_params[name.replace("__", ".")] = str(value)
    return at.run()


def link(**settings: object) -> Mapping[str, object]:
    return {f"low_vol_momentum__{name}": value for name, value in settings.items()}


def said(at: AppTest) -> str:
    """All that is written, without the backslashes that keep Markdown from reading it."""
    kinds = ("markdown", "caption", "warning", "error")
    return " ".join(str(part.value) for kind in kinds for part in at.get(kind)).replace("\\", "")


def alts(at: AppTest) -> list[str]:
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def title(at: AppTest) -> str:
    return str(at.header[0].value)


def test_it_opens_with_numbers_curves_prices_and_the_active_sizing() -> None:
    at = opened()
    assert not at.exception
    assert not at.error
    assert title(at) == "Low-volatility momentum on MSFT"
    assert "All-in: 100% of equity in every position" in said(at)
    assert "252 a year" in said(at)
    assert [metric.label for metric in at.metric] == [
        "Final equity", "CAGR (calendar)", "Sharpe (252/yr)", "Max drawdown", "Trades", "Win rate",
    ]  # fmt: skip
    assert at.metric[0].value == f"\\${service.run(OPENING).metrics['final_equity']:,.2f}"
    assert len(alts(at)) == 2, "at most two charts are drawn at each step of a slider"
    assert alts(at)[0].startswith("Equity up")
    assert alts(at)[1].startswith("The price went from")


def test_sliders_come_from_the_declared_parameters() -> None:
    at = opened()
    for param in service.strategy("low_vol_momentum").params:
        slider = at.slider(key=f"low_vol_momentum.{param.name}")
        assert (slider.min, slider.max, slider.step) == (param.low, param.high, param.step)
        assert param.label in slider.label
    assert at.slider(key=FAST).value == 20
    assert at.slider(key=CALM).value == 0.025


def test_a_slider_step_runs_at_once() -> None:
    at = opened()
    before = alts(at)[0]
    at.slider(key=FAST).set_value(40).run()
    assert alts(at)[0] != before
    request = service.RunRequest(**{f: getattr(OPENING, f) for f in OPENING.__slots__ if f != "params"},
                                 params=(("fast_period", 40), ("slow_period", 100)))  # fmt: skip
    assert at.metric[0].value == f"\\${service.run(request).metrics['final_equity']:,.2f}"


@pytest.mark.parametrize("strategy", [view.title for view in service.strategies()])
@pytest.mark.parametrize("tab", ["Price", "Trades", "Why did it not trade?", "Map", "Numbers"])
def test_every_tab_of_every_strategy_is_drawn_without_a_fault(strategy: str, tab: str) -> None:
    at = opened(tune_strategy=strategy, tune_tab=tab)
    assert not at.exception
    assert not at.error
    assert title(at) == f"{strategy} on MSFT"


def test_a_pair_that_contradicts_itself_keeps_the_last_good_result() -> None:
    at = opened()
    before = [metric.value for metric in at.metric]
    at.slider(key=FAST).set_value(100).run()
    assert not at.exception
    assert len(at.warning) == 2, "beside the sliders, and above the result for those who have the sidebar closed"
    assert "Fast EMA is 100 and Slow EMA 100" in at.sidebar.warning[0].value
    assert "Shown is the last run that worked" in said(at)
    assert [metric.value for metric in at.metric] == before
    at.slider(key=SLOW).set_value(200).run()
    assert not at.warning
    assert [metric.value for metric in at.metric] != before


def test_a_link_that_contradicts_itself_offers_the_way_back() -> None:
    at = opened(**link(fast_period=60, slow_period=40))
    assert not at.exception
    assert "Nothing to show with these settings." in said(at)
    at.button(key="tune_restart").click().run()
    assert title(at) == "Low-volatility momentum on MSFT"
    assert at.slider(key=FAST).value == 20


def test_reset_puts_every_setting_back() -> None:
    at = opened(tune_data="IBM daily", tune_fraction=0.5, tune_drawdown="Off", **link(fast_period=35))
    assert title(at) == "Low-volatility momentum on IBM"
    at.button(key="tune_reset").click().run()
    assert title(at) == "Low-volatility momentum on MSFT"
    assert at.slider(key=FAST).value == 20
    assert at.slider(key="tune_fraction").value == 1.0
    assert at.select_slider(key="tune_drawdown").value == 0.25


def test_nothing_traded_says_why_and_what_to_do() -> None:
    at = opened(tune_tab="Trades", **link(max_volatility=0.002))
    assert not at.exception
    assert "No trades with these settings." in said(at)
    assert "gave no entry signal on any of 5,650 bars" in said(at)


@pytest.mark.parametrize(
    ("sizing", "words"),
    [
        ("Kelly", "Quarter Kelly from closed trades: 1% of equity until 20 have closed"),
        ("Quantity", "Fixed quantity: 10"),
    ],
)
def test_the_active_sizing_is_said(sizing: str, words: str) -> None:
    at = opened(tune_sizing=sizing)
    assert not at.exception
    assert words in said(at)


def test_same_close_fills_are_called_optimistic() -> None:
    at = opened(tune_fill="Same close")
    assert "optimistic" in said(at)


def test_data_with_closing_prices_alone_says_so() -> None:
    assert "Only closing prices are known" in said(opened(tune_data="KO daily"))


def test_a_short_history_shows_its_return_instead_of_a_yearly_one() -> None:
    at = opened(tune_data="BTCUSD 1-minute")
    assert [metric.label for metric in at.metric][1:3] == ["Total return", "Sharpe (525,600/yr)"]


def test_an_uploaded_file_is_in_the_list_and_a_lost_one_is_asked_for() -> None:
    data = service.add_csv("prices of mine.csv", csv(rows=300, seed=11))
    at = opened(tune_data=data.label)
    assert title(at) == "Low-volatility momentum on prices of mine"
    lost = opened(tune_data="gone.csv (abcd)")
    assert not lost.exception
    assert "gone.csv (abcd), which is not here" in lost.sidebar.warning[0].value.replace("\\", "")
    assert title(lost) == "Low-volatility momentum on MSFT"


def test_too_few_bars_are_said_and_the_page_stays_whole() -> None:
    data = service.add_csv("few.csv", csv(rows=80, seed=12))
    short = opened(tune_data=data.label)
    assert not short.exception
    assert "has 80 bars" in said(short)
    short.slider(key=SLOW).set_value(40).run()
    assert title(short) == "Low-volatility momentum on few"


def test_a_pinned_run_is_drawn_and_compared_with() -> None:
    at = opened()
    first = service.run(OPENING).metrics["final_equity"]
    at.button(key="tune_pin").click().run()
    at.slider(key=FAST).set_value(40).run()
    assert "the pinned run" in said(at)
    names = [trace.get("name") for trace in json.loads(at.get("plotly_chart")[0].proto.spec)["data"]]
    assert "Pinned run" in names
    final = float(at.metric[0].value.replace("\\$", "").replace(",", ""))
    change = float(at.metric[0].delta.replace("\\$", "").replace(",", "").replace("$", ""))
    assert change == pytest.approx(final - first, abs=0.02)
    at.button(key="tune_pin").click().run()
    assert "the pinned run" not in said(at)


def test_the_map_marks_the_setting_and_its_best_cell_can_be_taken() -> None:
    at = opened(tune_tab="Map")
    found = service.heatmap(OPENING, "fast_period", "slow_period")
    row, column = np.unravel_index(int(np.nanargmax(found.z)), found.z.shape)
    assert any("The best Sharpe" in alt for alt in alts(at))
    at.button(key="tune_best").click().run()
    assert not at.exception
    assert at.slider(key=FAST).value == found.x_values[column]
    assert at.slider(key=SLOW).value == found.y_values[row]


def test_a_users_own_strategy_appears_with_its_sliders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breakout.py").write_text(
        "import numpy as np\n"
        "from engine import SMA, Param, Signals, Strategy\n\n\n"
        "class Breakout(Strategy):\n"
        "    title = 'My breakout'\n"
        "    summary = 'Above its average.'\n"
        + "".join(f"    p{n} = Param({n + 2}, 2, 50, 1, 'Number {n}', 'Number {n}')\n" for n in range(8))
        + "    average = SMA('close', 'p0')\n\n"
        "    def signals(self, bars, ind):\n"
        "        return Signals(entry=bars.close > ind.average, exit=bars.close < ind.average)\n"
    )
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    monkeypatch.setenv("STEADYHAND_STRATEGIES", str(tmp_path))
    at = opened(tune_strategy="My breakout")
    assert not at.exception
    assert title(at) == "My breakout on MSFT"
    assert at.slider(key="breakout.p7").value == 9
    assert "From your file breakout.py" in said(at)
    assert any("broken.py" in warning.value for warning in at.sidebar.warning)


@pytest.mark.parametrize("strategy", [view.title for view in service.strategies()])
@pytest.mark.parametrize("sizing", ["Fraction", "Kelly", "Quantity"])
def test_no_slider_at_its_end_breaks_the_page(strategy: str, sizing: str) -> None:
    at = opened(tune_strategy=strategy, tune_sizing=sizing)
    for end in ("min", "max"):
        for slider in at.slider:
            bound = getattr(slider, end)
            slider.set_value((bound, bound) if isinstance(slider.value, (tuple, list)) else bound)
            at.run()
            assert not at.exception, (slider.key, end)
            assert not at.error, (slider.key, end)
            assert at.metric, (slider.key, end)
