"""The summary, the tear sheet and the example say what the result says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from engine import (
    Backtest,
    BacktestResult,
    BuyAndHoldStrategy,
    FixedFraction,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    RiskManager,
    load_sample,
)
from engine.backtest.figures import monthly_table, thinned


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    risk = RiskManager(position_sizer=FixedFraction(0.5), max_drawdown_pct=0.2, cooldown_bars=50, max_volatility=0.02)
    return Backtest(LowVolMomentumStrategy(), 10_000, risk).run(load_sample("MSFT"), symbol="MSFT")


def test_the_summary_shows_bars_a_year_beside_every_annualised_number(result: BacktestResult) -> None:
    lines = result.summary().splitlines()
    for name in ("Volatility", "Sharpe", "Sortino"):
        assert any(name in line and "252 bars a year" in line for line in lines), name


def test_fewer_than_sixty_bars_show_no_annualised_number() -> None:
    short = Backtest(MeanReversionStrategy(), 10_000).run(load_sample("SPY").iloc[:59], symbol="SPY")
    assert all(np.isnan(short.metrics[name]) for name in ("sharpe", "sortino", "cagr", "annual_volatility", "calmar"))
    assert "needs 60 bars" in short.summary()


def test_a_run_without_losses_says_no_losses_and_not_infinity() -> None:
    text = Backtest(MeanReversionStrategy(), 10_000).run(load_sample("SPY"), symbol="SPY").summary()
    assert "no losses" in text and "inf" not in text


def test_the_tear_sheet_is_one_file_that_needs_no_network(result: BacktestResult, tmp_path: Path) -> None:
    page = result.to_html(tmp_path / "sheet.html")
    assert (tmp_path / "sheet.html").read_text(encoding="utf-8") == page
    own = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", own)
    headings = ("Metrics", "Equity and drawdown", "Monthly returns", "Rolling Sharpe", "Trades by return", "Why it")
    for heading in headings:
        assert f"<h2>{heading}" in page


def test_a_tear_sheet_without_trades_says_so() -> None:
    strategy = MeanReversionStrategy({"std_dev_threshold": 4.0, "rsi_oversold": 5})
    page = Backtest(strategy, 10_000).run(load_sample("SPY"), symbol="SPY").to_html()
    assert "None: no entry signal passed the rules" in page


def test_monthly_returns_compound_to_the_total_return(result: BacktestResult) -> None:
    _, table = monthly_table(result)
    assert np.nanprod(1 + table) - 1 == pytest.approx(result.metrics["total_return"], rel=1e-12)


def test_thinning_keeps_the_ends_and_every_extreme() -> None:
    values = np.random.default_rng(3).normal(size=50_000).cumsum()
    at = thinned(values, 1000)
    assert len(at) <= 1000 and at[0] == 0 and at[-1] == len(values) - 1
    assert values[at].max() == values.max() and values[at].min() == values.min()


def test_buy_and_hold_earns_what_the_price_earns() -> None:
    frame = load_sample("MSFT")
    all_in = RiskManager(position_sizer=FixedFraction(1.0, at_fill=True))
    run = Backtest(BuyAndHoldStrategy(), 10_000, all_in).run(frame, symbol="MSFT")
    assert run.metrics["total_return"] == pytest.approx(frame["close"].iloc[-1] / frame["open"].iloc[1] - 1, abs=1e-6)


def test_the_example_prints_and_writes_tear_sheets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.examples.backtest_example import main

    main(str(tmp_path))
    said = capsys.readouterr().out
    assert said.count("Max drawdown") == 4
    assert len(list(tmp_path.glob("*.html"))) == 4
