"""What the Tune page is told about a run is what the engine says, beside buy-and-hold on the same terms."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine import (
    Backtest,
    BuyAndHoldStrategy,
    Costs,
    FixedFraction,
    KellyCriterion,
    LowVolMomentumStrategy,
    RiskManager,
    load_sample,
    service,
)
from engine.service import METRICS, OPENING, InputError, RunRequest

SPY = replace(OPENING, dataset="SPY 1d", params=(("fast_period", 10), ("slow_period", 30)))


@pytest.fixture(scope="module")
def view() -> service.RunView:
    return service.run(OPENING)


def test_the_opening_view_is_a_curve_that_moves_on_microsoft(view: service.RunView) -> None:
    assert view.title == "Low-volatility momentum on MSFT"
    assert view.dataset.period == "3 Jan 2000 to 15 Jun 2022, 5,650 daily bars"
    assert np.ptp(view.equity) > 0.5 * OPENING.capital
    assert view.sizing == "All-in: 100% of equity in every position, measured at the fill."
    assert view.bars_per_year == 252
    assert any("picked because it is still large" in note for note in view.notes)


def test_a_view_holds_the_numbers_of_the_engine(view: service.RunView) -> None:
    risk = RiskManager(position_sizer=FixedFraction(1.0, at_fill=True), max_drawdown_pct=0.25, cooldown_bars=60)
    strategy = LowVolMomentumStrategy(params=dict(OPENING.params))
    costs = Costs(fee_rate=0.0005, slippage_rate=0.0005)
    result = Backtest(strategy, 10_000, risk, costs).run(load_sample("MSFT"), symbol="MSFT")
    np.testing.assert_array_equal(view.equity, result.equity)
    np.testing.assert_array_equal(view.drawdown, result.drawdown)
    assert view.metrics == pytest.approx(result.metrics, nan_ok=True)
    assert set(METRICS) <= set(view.metrics)
    pd.testing.assert_frame_equal(service.trades(OPENING), result.trades)


def test_the_benchmark_is_all_in_on_the_same_data_and_costs_without_limits(view: service.RunView) -> None:
    risk = RiskManager(position_sizer=FixedFraction(1.0, at_fill=True))
    held = Backtest(BuyAndHoldStrategy(), 10_000, risk, OPENING.costs()).run(load_sample("MSFT"), symbol="MSFT")
    np.testing.assert_array_equal(view.benchmark, held.equity)
    assert view.benchmark_metrics["max_drawdown"] < -0.6


def test_times_are_epoch_milliseconds_and_bands_and_marks_lie_on_them() -> None:
    price = service.prices(OPENING)
    assert price.time_ms.dtype == np.float64
    assert pd.Timestamp(price.time_ms[0], unit="ms") == pd.Timestamp("2000-01-03")
    assert set(price.bands) == {"Fast", "Slow"}
    assert all(values.shape == price.close.shape for values in price.bands.values())
    assert np.isin(price.entry_ms, price.time_ms).all()
    assert set(price.side) == {1}
    assert len(price.reason) == len(price.entry_ms) == len(service.trades(OPENING))


def test_an_open_position_has_no_exit_to_mark() -> None:
    price = service.prices(replace(SPY, strategy="buy_and_hold", params=(), max_drawdown_pct=None))
    assert price.reason == ("open",)
    assert np.isnan(price.exit_ms).all()
    assert len(service.closed_returns(replace(SPY, strategy="buy_and_hold", params=(), max_drawdown_pct=None))) == 0


def test_two_equal_requests_are_run_once() -> None:
    assert service.run(SPY) is service.run(replace(SPY))
    assert service.run(SPY) is not service.run(replace(SPY, fraction=0.5))


def test_kelly_sizing_says_what_it_starts_with_and_where_it_is_now() -> None:
    kelly = replace(OPENING, sizing="kelly", kelly_min_pct=0.01, kelly_max_pct=0.5, max_drawdown_pct=None)
    view = service.run(kelly)
    returns = service.closed_returns(kelly)
    wins, losses = returns[returns > 0], returns[returns < 0]
    size = KellyCriterion(0.25, 0.5, 0.01).from_record(len(wins), len(losses), wins.sum(), losses.sum())
    assert len(returns) >= 20
    assert view.sizing.startswith("Quarter Kelly from closed trades: 1% of equity until 20 have closed, now ")
    assert f"{size.position:.1%}".replace(".0%", "%") in view.sizing


def test_kelly_with_a_short_record_says_how_short() -> None:
    text = service.run(replace(SPY, sizing="kelly")).sizing
    assert text.endswith("until 20 have closed; only 8 have so far.")


def test_other_sizings_say_their_numbers() -> None:
    assert service.run(replace(SPY, fraction=0.35)).sizing == "Fixed fraction: 35% of equity in every position."
    quantity = service.run(replace(SPY, sizing="quantity", quantity=3.0)).sizing
    assert quantity.startswith("Fixed quantity: 3 units in every position")


def test_a_drawdown_limit_that_acted_is_said_with_its_days() -> None:
    for_good = service.run(replace(OPENING, cooldown_bars=None))
    assert len(for_good.alerts) == 1
    assert "The drawdown limit of 25% was reached on " in for_good.alerts[0]
    assert "stopped there for good" in for_good.alerts[0]
    assert "paused for 60 bars" in service.run(OPENING).alerts[0]
    assert service.run(replace(OPENING, max_drawdown_pct=None)).alerts == ()


def test_fills_at_the_same_close_are_called_optimistic() -> None:
    view = service.run(replace(SPY, fill="close"))
    assert view.optimistic
    assert any("optimistic" in note for note in view.notes)


def test_why_it_did_not_trade_adds_up() -> None:
    table = service.decisions(OPENING)
    assert list(table.columns) == ["reason", "kind", "count", "first", "last"]
    assert table["kind"].tolist() == sorted(table["kind"], key=["veto", "shrink", "state", "order"].index)
    entries = int(table.loc[table["reason"] == "entry ordered", "count"].iloc[0])
    refused = int(table.loc[table["kind"] == "veto", "count"].sum())
    sentence = service.explain(OPENING)[0]
    assert f"{entries} became orders, {refused} were refused by a limit" in sentence
    assert "of 5,650 bars" in sentence


def test_a_strategy_that_never_signals_is_told_apart_from_one_that_was_refused() -> None:
    silent = replace(SPY, params=(("fast_period", 10), ("slow_period", 30), ("max_volatility", 0.002)))
    assert service.trades(silent).empty
    assert service.explain(silent)[0].startswith("The strategy gave no entry signal on any of 502 bars")
    assert service.decisions(silent).empty
    nervous = replace(SPY, max_volatility=0.0005)
    assert service.trades(nervous).empty
    assert "were refused by a limit" in service.explain(nervous)[0]


def test_months_and_years_compound_to_the_whole_run(view: service.RunView) -> None:
    months = service.months(OPENING)
    assert months.years == tuple(range(2000, 2023))
    assert months.returns.shape == (23, 12)
    assert np.prod(1.0 + months.annual) == pytest.approx(1.0 + view.metrics["total_return"])
    assert np.isnan(months.returns[-1, 6:]).all()


def test_trades_come_as_a_csv_and_the_run_as_one_page() -> None:
    taken = pd.read_csv(io.BytesIO(service.trades_csv(SPY)))
    np.testing.assert_allclose(taken["pnl"], service.trades(SPY)["pnl"])
    page = service.tear_sheet(SPY).decode()
    assert page.lower().startswith("<!doctype html>")
    assert "Low-volatility momentum" in page


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"params": (("fast_period", 50), ("slow_period", 20))}, "params", "Fast EMA is 50 and Slow EMA 20"),
        ({"params": (("fast_perod", 5),)}, "params", "did you mean 'fast_period'?"),
        ({"params": (("fast_period", 5.5),)}, "params", "fast_period is 5.5"),
        ({"sizing": "kelly", "kelly_min_pct": 0.6}, "sizing", "must not exceed max_position_pct"),
        ({"fraction": 10.0}, "sizing", "did you mean 0.1"),
        ({"sizing": "all"}, "sizing", "must be one of 'fraction', 'kelly', 'quantity'"),
        ({"max_drawdown_pct": 15.0}, "limits", "did you mean 0.15"),
        ({"fee_rate": -0.1}, "costs", "0 or more"),
    ],
)
def test_each_problem_is_said_where_it_belongs(change: dict[str, object], where: str, words: str) -> None:
    request = replace(OPENING, **change)  # type: ignore[arg-type]
    found = service.problems(request)
    assert list(found) == [where]
    assert words in found[where]
    with pytest.raises(InputError):
        service.run(request)


def test_nothing_is_wrong_with_the_opening_view() -> None:
    assert service.problems(OPENING) == {}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(OPENING, dataset="NOPE 1d"), "there is no data set 'NOPE 1d'"),
        (replace(OPENING, dataset="csv 0123456789"), "upload it again"),
        (replace(OPENING, strategy="low_vol_momentun", params=()), "did you mean 'low_vol_momentum'?"),
        (replace(OPENING, capital=0.0), "initial_capital is 0.0"),
        (replace(OPENING, fill="open"), "fill is 'open'"),
    ],
)
def test_a_request_that_cannot_be_run_is_refused_in_one_sentence(request_: RunRequest, words: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n]+$") as caught:
        service.run(request_)
    assert words in str(caught.value)


def test_labels_carry_the_bars_a_year_of_annualised_numbers_only(view: service.RunView) -> None:
    assert view.label("sharpe") == "Sharpe (252 bars/yr)"
    assert view.label("sharpe", short=True) == "Sharpe (252/yr)"
    assert view.label("trades") == "Trades"
    assert service.run(replace(SPY, dataset="BTCUSD 1m")).label("sharpe") == "Sharpe (525,600 bars/yr)"


def test_every_sample_runs_with_every_strategy() -> None:
    for found in service.datasets():
        for strategy in service.strategies():
            view = service.run(replace(OPENING, dataset=found.id, strategy=strategy.name, params=()))
            assert np.isfinite(view.equity).all(), found.id
            assert np.isfinite(view.benchmark).all(), found.id
            assert (view.drawdown <= 0).all(), found.id


def test_the_service_needs_no_streamlit() -> None:
    code = (
        "import sys; from engine import service; service.datasets(); service.OPENING; print('streamlit' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_name_that_the_service_does_not_have_is_said() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        service.nonsense  # noqa: B018
