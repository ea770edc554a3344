"""Figures as data: what is drawn, in which units, in which colours, and how it travels to the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.components import charts
from dashboard.components.charts import Mark, Prices, Trades
from dashboard.components.charts.frame import log_ticks, money_ticks
from dashboard.components.charts.heatmap import _Scale
from dashboard.components.charts.sampling import POINTS
from dashboard.components.theme import Palette, contrast, luminance, palette, rgb

DAY_MS = 86_400_000.0
LIGHT, DARK = palette("light"), palette("dark")
N = 6_000
RNG = np.random.default_rng(11)
TIME = 946_684_800_000.0 + np.arange(N) * DAY_MS
EQUITY = 1e4 * np.exp(RNG.normal(3e-4, 0.01, N).cumsum())
DRAWDOWN = EQUITY / np.maximum.accumulate(EQUITY) - 1.0
BENCHMARK = 1e4 * np.exp(RNG.normal(2e-4, 0.01, N).cumsum())
TRADES = Trades(
    entry_ms=TIME[[10, 50, 90]],
    entry_price=EQUITY[[10, 50, 90]],
    exit_ms=np.array([TIME[20], TIME[60], np.nan]),
    exit_price=np.array([EQUITY[20], EQUITY[60], np.nan]),
    side=np.array([1, -1, 1]),
    pnl=np.array([5.0, -3.0, np.nan]),
    reason=["Target", "Stop-loss", ""],
)
X, Y = np.array([5.0, 10.0, 20.0]), np.array([30.0, 50.0])
Z = np.array([[np.nan, 0.2, 0.5], [-0.1, 0.4, 0.9]])
MONTHS = RNG.normal(0.01, 0.04, (3, 12))
MARKS = [Mark(0.05, 0.00375, "Half Kelly"), Mark(0.1, 0.005, "Full Kelly")]
STAKES = np.linspace(0.0, 0.5, 101)
LEVELS = np.linspace(0.05, 1.0, 20)
PATHS = np.array([900.0, 1_000.0, 1_300.0])[:, None] * np.ones(60)

FIGURES: dict[str, Callable[[Palette], go.Figure]] = {
    "equity": lambda p: charts.equity_with_drawdown(TIME, EQUITY, DRAWDOWN, BENCHMARK, p, pinned=(TIME, EQUITY * 1.1)),
    "equity log": lambda p: charts.equity_with_drawdown(TIME, EQUITY, DRAWDOWN, None, p, log=True),
    "price": lambda p: charts.price_with_trades(Prices(TIME, EQUITY), p, TRADES, {"Upper": EQUITY * 1.1}),
    "candles": lambda p: charts.price_with_trades(
        Prices(TIME[:99], EQUITY[:99], EQUITY[:99], EQUITY[:99] * 1.01, EQUITY[:99] * 0.99), p
    ),
    "parameters": lambda p: charts.param_heatmap(
        X, Y, Z, "Fast (bars)", "Slow (bars)", "Sharpe", p, current=(10.0, 50.0)
    ),
    "months": lambda p: charts.monthly_returns([2020, 2021, 2022], MONTHS, MONTHS.sum(axis=1), p),
    "rolling": lambda p: charts.rolling_sharpe(TIME, np.where(np.arange(N) < 252, np.nan, 1.0), p, "252 bars"),
    "outcomes": lambda p: charts.trade_distribution(RNG.normal(0.01, 0.05, 200), p),
    "decisions": lambda p: charts.decisions_bar(["Entered", "Volatility above the filter"], [3, 40], p),
    "growth": lambda p: charts.growth_curve(STAKES, 0.55 * np.log1p(STAKES) + 0.45 * np.log1p(-STAKES), MARKS, p),
    "odds": lambda p: charts.drawdown_odds(LEVELS, {"Full Kelly": LEVELS, "Half Kelly": LEVELS**3}, p),
    "fan": lambda p: charts.fan_chart(np.arange(60.0), [0.05, 0.5, 0.95], PATHS, p),
}
EVERY = pytest.mark.parametrize("name", FIGURES)


def sent(fig: go.Figure) -> dict[str, Any]:
    return json.loads(fig.to_json())


def trace(fig: go.Figure, name: str) -> Any:
    return next(trace for trace in fig.data if trace.name == name)


@EVERY
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_no_trace_is_longer_than_the_screen_is_wide(name: str, colours: Palette) -> None:
    for drawn in FIGURES[name](colours).data:
        if drawn.x is not None:
            assert len(drawn.x) <= POINTS


@pytest.mark.parametrize("name", ["equity", "equity log", "price", "candles", "rolling"])
def test_times_travel_as_numbers_in_binary(name: str) -> None:
    fig = FIGURES[name](LIGHT)
    assert fig.layout.xaxis.type == "date"
    for drawn in sent(fig)["data"]:
        if len(drawn.get("x", ())) > 10:
            assert drawn["x"]["dtype"] == "f8"


@EVERY
def test_no_figure_uses_webgl_or_brings_a_template(name: str) -> None:
    fig = sent(FIGURES[name](LIGHT))
    assert not any(drawn["type"].endswith("gl") for drawn in fig["data"])
    assert len(json.dumps(fig["layout"].get("template", {}))) < 100


@EVERY
def test_every_visible_axis_has_a_title_or_labels_that_need_none(name: str) -> None:
    layout = sent(FIGURES[name](LIGHT))["layout"]
    # Years and reasons say what they are; so do dates.
    needs_none = {"months": {"yaxis"}, "decisions": {"yaxis"}}.get(name, set())
    titles = {
        axis: layout[axis].get("title", {}).get("text")
        for axis in ("xaxis", "yaxis", "yaxis2")
        if axis in layout and layout[axis].get("type") != "date" and axis not in needs_none
    }
    assert titles
    assert all(titles.values()), titles


@EVERY
def test_every_axis_makes_room_for_its_labels(name: str) -> None:
    layout = FIGURES[name](LIGHT).layout
    assert layout.xaxis.automargin
    assert layout.yaxis.automargin


@EVERY
def test_light_and_dark_figures_differ(name: str) -> None:
    assert FIGURES[name](LIGHT).to_json() != FIGURES[name](DARK).to_json()


def test_values_stand_on_the_right_and_the_legend_on_top() -> None:
    layout = FIGURES["equity"](LIGHT).layout
    assert layout.yaxis.side == layout.yaxis2.side == "right"
    assert layout.legend.orientation == "h"
    assert layout.hovermode == "x unified"
    assert layout.xaxis.anchor == "y2", "equity and drawdown share one time axis"


def test_equity_and_drawdown_keep_their_extremes() -> None:
    fig = FIGURES["equity"](LIGHT)
    assert trace(fig, "Strategy").y.max() == EQUITY.max()
    assert trace(fig, "Strategy").y.min() == EQUITY.min()
    assert trace(fig, "Drawdown").y.min() == DRAWDOWN.min()
    assert trace(fig, "Buy and hold").y.max() == BENCHMARK.max()


def test_a_flat_curve_is_not_blown_up_to_a_drama() -> None:
    flat = np.full(30, 1e4)
    layout = charts.equity_with_drawdown(TIME[:30], flat, np.zeros(30), None, LIGHT).layout
    low, high = layout.yaxis.range
    assert high - low == pytest.approx(1_000.0)
    assert layout.yaxis2.range == (-0.02, 0.0)


def test_the_colour_blind_palette_reaches_the_drawdown() -> None:
    blind = palette("dark", colour_blind=True)
    fig = charts.equity_with_drawdown(TIME, EQUITY, DRAWDOWN, None, blind)
    assert trace(fig, "Drawdown").line.color == blind.down == settings_colour("dark", "orangeColor")


def settings_colour(mode: str, name: str) -> str:
    from dashboard.settings import settings

    return settings()["theme"][mode][name]


def test_a_short_range_shows_candles_in_the_colours_of_gain_and_loss() -> None:
    fig = FIGURES["candles"](DARK)
    candles = next(drawn for drawn in fig.data if drawn.type == "candlestick")
    assert candles.increasing.line.color == DARK.up
    assert candles.decreasing.line.color == DARK.down
    assert fig.layout.xaxis.rangeslider.visible is False


def test_a_long_range_shows_the_close() -> None:
    prices = Prices(TIME, EQUITY, EQUITY, EQUITY, EQUITY)
    assert {drawn.type for drawn in charts.price_with_trades(prices, LIGHT).data} == {"scatter"}


def test_trades_are_marked_by_side_on_entry_and_by_outcome_on_exit() -> None:
    fig = FIGURES["price"](LIGHT)
    counts = {drawn.name: len(drawn.x) for drawn in fig.data if drawn.mode == "markers"}
    assert counts == {"Bought": 2, "Sold short": 1, "Closed with gain": 1, "Closed with loss": 1}
    assert trace(fig, "Closed with loss").text == ("Stop-loss: $" + f"{EQUITY[60]:,.6g}, P&L −$3.00",)
    assert trace(fig, "Bought").marker.symbol != trace(fig, "Sold short").marker.symbol


def test_the_two_edges_of_a_channel_share_a_colour_and_two_averages_do_not() -> None:
    bands = {"Upper band": EQUITY, "Lower band": EQUITY, "Fast average": EQUITY, "Slow average": EQUITY}
    fig = charts.price_with_trades(Prices(TIME, EQUITY), LIGHT, bands=bands)
    assert trace(fig, "Upper band").line.color == trace(fig, "Lower band").line.color
    assert trace(fig, "Fast average").line.color != trace(fig, "Slow average").line.color


def test_a_heatmap_has_a_point_to_click_on_each_cell() -> None:
    fig = FIGURES["parameters"](LIGHT)
    clicks = next(drawn for drawn in fig.data if drawn.customdata is not None)
    assert [point[:2] for point in clicks.customdata] == [[x, y] for y in Y for x in X]
    assert clicks.marker.opacity == clicks.unselected.marker.opacity == 0


def test_the_best_cell_and_todays_are_framed() -> None:
    shapes = {
        shape.name: (shape.x0, shape.x1, shape.y0, shape.y1) for shape in FIGURES["parameters"](LIGHT).layout.shapes
    }
    assert shapes == {"Best Sharpe": (1.5, 2.5, 0.5, 1.5), "Your setting": (0.5, 1.5, 0.5, 1.5)}


def test_a_setting_between_two_cells_is_framed_between_them() -> None:
    fig = charts.param_heatmap(X, Y, Z, "a", "b", "Sharpe", LIGHT, current=(15.0, 40.0))
    frame = next(shape for shape in fig.layout.shapes if shape.name == "Your setting")
    assert (frame.x0, frame.y0) == (1.0, 0.0)


def test_a_metric_of_both_signs_is_coloured_around_zero_and_one_of_one_sign_is_not() -> None:
    both = FIGURES["parameters"](LIGHT).data[0]
    assert (both.zmin, both.zmax) == (-0.9, 0.9)
    one = charts.param_heatmap(X, Y, np.abs(Z), "a", "b", "Sharpe", LIGHT).data[0]
    assert (one.zmin, one.zmax) == (0.1, 0.9)
    same = charts.param_heatmap(X, Y, np.ones((2, 3)), "a", "b", "Sharpe", LIGHT).data[0]
    assert same.zmin < 1.0 < same.zmax


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["diverging", "sequential"])
def test_numbers_in_cells_are_readable_on_any_shade(colours: Palette, name: str) -> None:
    table = np.linspace(-1.0, 1.0, 201)
    scale = _Scale(getattr(colours, name), -1.0, 1.0)
    stops = np.linspace(-1.0, 1.0, 10)
    for value, ink in zip(table, scale.inks(table), strict=True):
        cell = [np.interp(value, stops, [rgb(stop)[part] for stop in scale.colours]) for part in range(3)]
        assert contrast(luminance(*cell), luminance(*rgb(ink))) >= 4.5, value


def test_many_narrow_cells_get_a_colour_bar_instead_of_numbers() -> None:
    x = np.arange(40.0)
    fig = charts.param_heatmap(x, Y, np.outer([1.0, 2.0], x + 1.0), "a", "b", "return", LIGHT)
    assert fig.data[0].showscale
    assert not any(getattr(drawn, "mode", "") == "text" for drawn in fig.data)
    assert not FIGURES["parameters"](LIGHT).data[0].showscale


def test_a_value_that_rounds_to_nothing_has_no_sign() -> None:
    fig = charts.param_heatmap(X, Y, np.array([[-0.001, 0.2, 0.5], [0.1, 0.4, 0.9]]), "a", "b", "Sharpe", LIGHT)
    texts = [text for drawn in fig.data if getattr(drawn, "mode", "") == "text" for text in drawn.text]
    assert "0.00" in texts
    assert "-0.00" not in texts


def test_months_without_a_result_stay_empty() -> None:
    months = np.full((1, 12), np.nan)
    months[0, 5] = 0.0312
    fig = charts.monthly_returns([2024], months, np.array([0.0312]), LIGHT)
    texts = [text for drawn in fig.data if getattr(drawn, "mode", "") == "text" for text in drawn.text]
    assert texts == ["3.1", "3.1"]


def test_the_histogram_parts_gain_from_loss_at_zero() -> None:
    outcomes = np.array([-0.02, -0.01, 0.0, 0.01, 0.05])
    bars = charts.trade_distribution(outcomes, LIGHT).data[0]
    assert sum(bars.y) == outcomes.size
    edges = np.array(bars.customdata)
    assert ((edges[:, 0] >= -1e-12) | (edges[:, 1] <= 1e-12)).all(), "a bar crosses zero"
    assert set(bars.marker.color[np.asarray(bars.x) < 0]) == {LIGHT.down}
    assert set(bars.marker.color[np.asarray(bars.x) > 0]) == {LIGHT.up}


@pytest.mark.parametrize("outcomes", [np.zeros(3), np.array([0.02]), np.array([-7.5e6, 7.5e6])])
def test_few_or_equal_outcomes_still_make_a_histogram(outcomes: np.ndarray) -> None:
    assert sum(charts.trade_distribution(outcomes, LIGHT, "$").data[0].y) == outcomes.size


def test_the_most_frequent_reason_stands_on_top() -> None:
    bars = charts.decisions_bar(["Rare", "Frequent", "Never"], [2, 90, 0], LIGHT).data[0]
    assert bars.y[-1] == "Frequent"


def test_ruin_is_left_out_of_the_growth_curve() -> None:
    growth = np.where(STAKES < 0.5, 0.55 * np.log1p(STAKES) + 0.45 * np.log1p(-STAKES), -np.inf)
    fig = charts.growth_curve(STAKES, growth, MARKS, LIGHT)
    assert not any(np.isinf(np.asarray(drawn.y, dtype=float)).any() for drawn in fig.data)
    low, high = fig.layout.yaxis.range
    assert high > np.nanmax(growth[np.isfinite(growth)])
    assert low > -0.02, "the fall towards ruin flattens the part that matters"


def test_a_bet_without_an_edge_still_has_a_curve() -> None:
    growth = 0.4 * np.log1p(STAKES) + 0.6 * np.log1p(-STAKES)
    low, high = charts.growth_curve(STAKES, growth, [], LIGHT).layout.yaxis.range
    assert low < 0.0 < high


def test_log_labels_carry_the_unit_everywhere() -> None:
    ticks = log_ticks(np.array([800.0, 30_000.0]))
    assert {"$1,000", "$2,000", "$5,000", "$10,000", "$20,000"} <= set(ticks["ticktext"])
    assert log_ticks(np.array([0.0, -1.0])) == {"type": "log"}


@pytest.mark.parametrize(
    ("values", "form"), [([9e3, 12e3], ",.0f"), ([1e3, 4e6], "~s"), ([1.05, 1.09], ",.4~f"), ([np.nan], ",.4~f")]
)
def test_amounts_are_labelled_as_finely_as_they_move(values: list[float], form: str) -> None:
    assert money_ticks(np.array(values))["tickformat"] == form


NONE = np.empty(0)
EMPTY: dict[str, go.Figure] = {
    "equity": charts.equity_with_drawdown(NONE, NONE, NONE, None, LIGHT),
    "price": charts.price_with_trades(Prices(NONE, NONE), LIGHT),
    "parameters": charts.param_heatmap(X, Y, np.full((2, 3), np.nan), "a", "b", "Sharpe", LIGHT),
    "months": charts.monthly_returns([], np.empty((0, 12)), NONE, LIGHT),
    "rolling": charts.rolling_sharpe(TIME, np.full(N, np.nan), LIGHT),
    "outcomes": charts.trade_distribution(NONE, LIGHT),
    "decisions": charts.decisions_bar([], [], LIGHT),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_figure_says_why(name: str) -> None:
    assert len(EMPTY[name].layout.annotations[0].text) > 10
    assert not EMPTY[name].data


def test_each_figure_has_a_sentence_with_what_it_shows() -> None:
    assert charts.equity_alt(np.array([100.0, 134.0]), np.array([0.0, -0.12]), np.array([np.nan, 2.0])) == (
        "Equity up 34.0% with a worst drawdown of 12.0%; buy and hold unchanged."
    )
    assert charts.equity_alt(np.array([100.0, 80.0]), np.array([0.0, -0.2])).startswith("Equity down 20.0%")
    assert charts.price_alt(Prices(TIME, EQUITY), TRADES).endswith("with 3 trades, 1 of the 2 closed ones with a gain.")
    assert (
        charts.param_heatmap_alt(X, Y, Z, "fast", "slow", "Sharpe")
        == "The best Sharpe, 0.90, is at fast 20 and slow 50."
    )
    assert charts.monthly_returns_alt(np.array([0.02, -0.01, np.nan])) == (
        "1 of 2 months gained; the best returned 2.0%, the worst -1.0%."
    )
    assert charts.rolling_sharpe_alt(np.array([np.nan, 0.5, 1.25])) == (
        "The rolling Sharpe ratio ranged from 0.50 to 1.25 and ended at 1.25."
    )
    assert charts.trade_distribution_alt(np.array([0.1, -0.05])) == (
        "1 of 2 trades gained; the best made 10.0%, the worst -5.0%."
    )
    assert charts.decisions_alt(["Entered", "Vetoed"], [3, 40]) == (
        "The most frequent of 2 reasons is 'Vetoed' with 40 of 43 decisions."
    )
    assert charts.growth_alt(MARKS) == (
        "Half Kelly stakes 5.0% and grows 0.38% a bet, Full Kelly stakes 10.0% and grows 0.50% a bet."
    )
    assert charts.drawdown_odds_alt(LEVELS, {"Full Kelly": LEVELS}) == (
        "Chance of ever falling to half the bankroll: Full Kelly 50%."
    )
    assert charts.fan_alt([0.05, 0.5, 0.95], PATHS) == (
        "After 59 bets the median bankroll is $1,000; 90% of runs end between $900 and $1,300."
    )


def test_each_sentence_also_knows_nothing() -> None:
    said = [
        charts.equity_alt(NONE, NONE),
        charts.price_alt(Prices(NONE, NONE)),
        charts.param_heatmap_alt(X, Y, np.full((2, 3), np.nan), "a", "b", "Sharpe"),
        charts.monthly_returns_alt(np.array([np.nan])),
        charts.rolling_sharpe_alt(np.array([np.nan])),
        charts.trade_distribution_alt(NONE),
        charts.decisions_alt([], []),
        charts.growth_alt([]),
    ]
    assert all("nan" not in sentence and sentence.endswith(".") for sentence in said)
