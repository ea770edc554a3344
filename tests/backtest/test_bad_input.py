"""Every public entry refuses nonsense at once, with one sentence that names the value, the rule and the fix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import (
    Backtest,
    Bars,
    BarStrategy,
    Costs,
    FeeModel,
    FixedFraction,
    FixedQuantity,
    Instrument,
    KellyCriterion,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    Param,
    RiskManager,
    Signals,
    SignalStrategy,
    Strategy,
    load_csv,
    load_sample,
)
from engine.core.errors import InputError
from tests.backtest.worked import bars_of, flat

SPY = load_sample("SPY")


def with_price(value: float, column: str = "close") -> pd.DataFrame:
    frame = SPY.copy()
    frame.iloc[7, frame.columns.get_loc(column)] = value
    return frame


def run(strategy: Any = None, data: Any = None, symbol: str | None = "SPY", **options: Any) -> Any:
    return Backtest(strategy or MeanReversionStrategy(), **options).run(SPY if data is None else data, symbol)


def minutes_without_a_zone() -> dict[str, pd.DataFrame]:
    naive = load_sample("SPY", "1m").tz_localize(None)
    return {"SPY": naive, "MSFT": load_sample("MSFT", "1m")}


class NoSignals(Strategy):
    """Forgets to return signals."""

    def signals(self, bars: Any, ind: Any) -> Any:
        return None


class Orders(BarStrategy):
    """Names something an order does not have."""

    def on_bar(self, context: Any) -> None:
        context.buy(stop_los_pct=0.1)


class Fixed(Strategy):
    """Says what it was given."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        no = np.zeros(len(SPY), bool)
        self.said = Signals(entry=no, exit=no, **said)

    def signals(self, bars: Any, ind: Any) -> Signals:
        return self.said


class Reads(BarStrategy):
    """Asks for a history, or for an indicator, that there is not."""

    def __init__(self, column: str, bars: Any) -> None:
        super().__init__()
        self.column, self.bars = column, bars

    def on_bar(self, context: Any) -> None:
        if self.column == "ind":
            context.buy(stop_loss_pct=context.ind.moon)
        context.history(self.column, self.bars)


class Limits(BarStrategy):
    """Names a price that cannot be."""

    def on_bar(self, context: Any) -> None:
        context.buy(limit=-1)


class WideStop(BarStrategy):
    """Writes a percentage as 5."""

    def on_bar(self, context: Any) -> None:
        context.buy(stop_loss_pct=5)


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "drawdown as 10": (lambda: RiskManager(max_drawdown_pct=10), "max_drawdown_pct is 10.*did you mean 0.10"),
    "daily loss as 3": (lambda: RiskManager(daily_loss_limit_pct=3), "daily_loss_limit_pct is 3.*did you mean 0.03"),
    "position as 20": (lambda: RiskManager(max_position_pct=20), "max_position_pct is 20.*did you mean 0.20"),
    "kelly cap as 10": (lambda: KellyCriterion(max_position_pct=10), "max_position_pct is 10.*did you mean 0.10"),
    "kelly bounds crossed": (lambda: KellyCriterion(max_position_pct=0.01, min_position_pct=0.1), "must not exceed"),
    "fraction as 50": (lambda: FixedFraction(50), "did you mean 0.50"),
    "no quantity": (lambda: FixedQuantity(0), "quantity is 0"),
    "volatility as 3": (lambda: RiskManager(max_volatility=3), "max_volatility is 3.*did you mean 0.03"),
    "no positions": (lambda: RiskManager(max_open_positions=0), "max_open_positions is 0"),
    "gross as 100": (lambda: RiskManager(max_gross_exposure=100), "did you mean 1.0"),
    "unknown zone": (lambda: RiskManager(reset_time_zone="New York"), "is no time zone"),
    "unknown clock": (lambda: RiskManager(reset_time="5pm"), "'HH:MM'"),
    "unknown action": (lambda: RiskManager(on_daily_loss="flaten"), "did you mean 'flatten'"),
    "clusters missing": (lambda: RiskManager(max_cluster_pct=0.2), "needs clusters"),
    "scale without limit": (lambda: RiskManager(scale_by_drawdown=True), "needs a max_drawdown_pct"),
    "sizer of another kind": (lambda: RiskManager(position_sizer=0.1), "it must be a KellyCriterion"),  # type: ignore[arg-type]
    "NaN limit": (lambda: RiskManager(max_drawdown_pct=float("nan")), "max_drawdown_pct is nan"),
    "fee as 5": (lambda: Costs(fee_rate=5), "did you mean 0.05"),
    "negative slippage": (lambda: Costs(slippage_rate=-0.1), "0 or more"),
    "volume share": (lambda: Costs(max_volume_share=0), "fraction of the bar's volume"),
    "fee kind": (lambda: FeeModel(kind="flat"), "it must be 'percent' or 'quadratic'"),
    "lot": (lambda: Instrument("SPY", lot=-1), "lot is -1"),
    "empty symbol": (lambda: Instrument(""), "needs a symbol"),
    "unknown parameter": (lambda: MeanReversionStrategy({"lookback": 20}), "did you mean 'lookback_period'"),
    "parameter out of range": (lambda: MeanReversionStrategy({"rsi_oversold": 300}), r"must lie in \[5, 60\]"),
    "half a bar": (lambda: MeanReversionStrategy({"lookback_period": 20.5}), "whole number"),
    "a word": (lambda: MeanReversionStrategy({"lookback_period": "20"}), "must be a number"),
    "fast not faster": (lambda: LowVolMomentumStrategy({"fast_period": 50, "slow_period": 50}), "must be shorter"),
    "default outside": (lambda: Param(5, 10, 20, 1, "x"), "default 5 lies outside"),
    "capital": (lambda: run(initial_capital=0), "initial_capital is 0"),
    "capital in words": (lambda: run(initial_capital="10k"), "initial_capital is '10k'"),
    "a class": (lambda: run(strategy=MeanReversionStrategy), "pass an instance"),
    "fill": (lambda: run(fill="open"), "'next_open' or 'close'"),
    "stops from": (lambda: run(stops_from="today"), "'entry_bar' or 'next_bar'"),
    "nan": (lambda: run(nan="drop"), "'refuse' or 'hold'"),
    "short as a word": (lambda: run(allow_short="yes"), "True or False"),
    "symbol mismatch": (lambda: run(symbol="QQQ"), "QQQ"),
    "no symbol": (lambda: run(data=pd.DataFrame(dict(SPY.items())), symbol=None), "names no symbol"),
    "too few bars": (lambda: run(data=SPY.iloc[:10]), "has 10 bars and MeanReversionStrategy needs at least 21"),
    "NaN price": (lambda: run(data=with_price(np.nan)), "row 8.*close"),
    "infinite price": (lambda: run(data=with_price(np.inf)), "row 8.*close"),
    "negative price": (lambda: run(data=with_price(-1.0)), "row 8"),
    "unsorted time": (lambda: run(data=SPY.iloc[::-1]), "row 2"),
    "missing column": (lambda: run(data=SPY.drop(columns="high")), "high"),
    "symbols and a symbol": (lambda: run(data={"SPY": SPY}), "leave it out"),
    "no symbols": (lambda: run(data={}, symbol=None), "at least one"),
    "mixed zones": (lambda: run(data=minutes_without_a_zone(), symbol=None), "give all of them a time zone"),
    "bars of another symbol": (lambda: run(data=Bars.from_frame(SPY, "SPY"), symbol="QQQ"), "they must agree"),
    "signals too short": (lambda: run(strategy=SignalStrategy([True], [False])), "1 signals and 502 bars"),
    "signals of two lengths": (lambda: SignalStrategy([True], [False, True]), "they must agree"),
    "signals of numbers": (lambda: SignalStrategy([0.5], [False]), "true or false"),
    "stop as 5": (lambda: SignalStrategy([True], [False], stop_loss_pct=5), "did you mean 0.05"),
    "exits without entries": (lambda: SignalStrategy([True], [False], short_exits=[True]), "give both or neither"),
    "no signals": (lambda: run(strategy=NoSignals()), "return Signals"),
    "floats as flags": (lambda: Signals(np.ones(3), np.zeros(3, bool)), "true or false a bar"),  # type: ignore[arg-type]
    "a side of 2": (lambda: run(strategy=Fixed(side=np.full(502, 2, np.int8))), r"side of 2; it must be \+1 \(long\)"),
    "a side too short": (lambda: run(strategy=Fixed(side=np.ones(5, np.int8))), r"side of shape \(5,\) for 502 bars"),
    "a probability as 55": (lambda: Fixed(probability=55.0), "probability is 55.*did you mean 0.55"),
    "a limit of nothing": (lambda: Fixed(limit=np.zeros(502)), "limit is 0.0; it must be a price above 0"),
    "no bars": (lambda: run(data=bars_of(flat(1, 1))[:0], symbol="AA"), "none at all"),
    "a low above the close": (
        lambda: run(data=bars_of([(9, 9, 7, 8), (9, 9, 8.5, 8)]), symbol="AA"),
        "bar 1: .*between",
    ),
    "a high below the open": (lambda: run(data=bars_of([(9, 8, 7, 8)]), symbol="AA"), "AA bar 0: open 9.0"),
    "a price of zero": (lambda: run(data=bars_of(flat(9, 0)), symbol="AA"), "AA bar 1: open is 0.0"),
    "an empty symbol": (lambda: run(symbol=""), "symbol is ''"),
    "a symbol of 5": (lambda: run(symbol=5), "symbol is 5"),  # type: ignore[arg-type]
    "no frame": (lambda: run(data=[1, 2, 3]), "pass a DataFrame"),
    "high below low": (lambda: run(data=with_price(1.0, "high")), "row 8.*high"),
    "negative volume": (lambda: run(data=with_price(-1.0, "volume")), "row 8.*volume"),
    "time repeats": (lambda: run(data=pd.concat([SPY[:50], SPY[49:]])), "row 51.*repeats"),
    "history backwards": (lambda: run(strategy=Reads("close", -5)), "history of -5 bars"),
    "history of half a bar": (lambda: run(strategy=Reads("close", 1.5)), "history of 1.5 bars"),
    "history of a word": (lambda: run(strategy=Reads("clsoe", 5)), "did you mean 'close'"),
    "an indicator with a typo": (lambda: run(strategy=Reads("ind", 0)), "no indicator 'moon'"),
    "a bar order below zero": (lambda: run(strategy=Limits()), "limit is -1; it must be a price above 0"),
    "capital of NaN": (lambda: run(initial_capital=float("nan")), "initial_capital is nan"),
    "costs as a number": (lambda: run(costs=0.001), "costs is 0.001; it must be a Costs"),
    "risk as a sizer": (lambda: run(risk_manager=KellyCriterion()), "it must be a RiskManager"),
    "order with a typo": (lambda: run(strategy=Orders()), "an order has no 'stop_los_pct'"),
    "stops of 5": (lambda: SignalStrategy([True], [False], stop_loss_pct=np.float32(5)), "did you mean 0.05"),
    "stops of 5 a bar": (lambda: Signals(*np.zeros((2, 3), bool), stop_loss_pct=np.full(3, 5.0)), "did you mean 0.05"),
    "probability of 55": (lambda: Signals(*np.zeros((2, 3), bool), probability=55.0), "did you mean 0.55"),
    "clusters of others": (
        lambda: run(risk_manager=RiskManager(clusters={"spy": "a"}, max_cluster_pct=0.2)),
        "use the symbols of the run",
    ),
    "no volume": (
        lambda: run(data=load_sample("KO"), symbol="KO", costs=Costs(max_volume_share=0.1)),
        "has no volume",
    ),
    "two intervals": (
        lambda: run(data={"A": load_sample("BTCUSDT"), "B": load_sample("BTCUSDT", "1h")}, symbol=None),
        "BTCUSDT|resample",
    ),
    "order with a stop of 5": (lambda: run(strategy=WideStop()), "stop_loss_pct is 5"),
    "unknown sample": (lambda: load_sample("MSFTT"), "MSFT"),
    "no file": (lambda: load_csv("no/such/file.csv"), "file.csv"),
}


@pytest.mark.parametrize("name", CASES)
def test_nonsense_is_refused_with_one_sentence(name: str) -> None:
    call, says = CASES[name]
    with pytest.raises(InputError, match=says) as refusal:
        call()
    message = str(refusal.value)
    assert "\n" not in message
    assert 20 < len(message) < 320, message


def test_a_refused_run_leaves_the_backtest_as_it_was() -> None:
    backtest = Backtest(MeanReversionStrategy(), 10_000)
    first = backtest.run(SPY, symbol="SPY").equity
    with pytest.raises(InputError):
        backtest.run(with_price(np.nan), symbol="SPY")
    pd.testing.assert_series_equal(backtest.run(SPY, symbol="SPY").equity, first)


def test_the_data_handed_in_is_never_changed() -> None:
    frame = SPY.copy()
    Backtest(MeanReversionStrategy(), 10_000).run(frame, symbol="SPY")
    pd.testing.assert_frame_equal(frame, SPY)


def test_stocks_and_crypto_share_one_account() -> None:
    data = {"SPY": SPY, "BTCUSDT": load_sample("BTCUSDT")}
    risk = RiskManager(position_sizer=FixedFraction(0.3))
    result = Backtest(LowVolMomentumStrategy({"max_volatility": 0.1}), 10_000, risk).run(data)
    assert set(result.trades["symbol"]) == {"SPY", "BTCUSDT"}
    spy = result.fills[result.fills["symbol"] == "SPY"]
    assert len(spy) > 2
    assert not (spy["time"].dt.day_of_week >= 5).any()  # nothing fills while the exchange is closed
    assert (result.fills["time"].dt.day_of_week >= 5).any()


class Counts(BarStrategy):
    """Keeps what it knows on itself, trades on few bars and is refused on many."""

    def on_bar(self, context: Any) -> None:
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls <= 3:
            context.buy()
        elif self.calls == 10:
            context.close_position()
        elif self.calls > 50:
            context.sell_short()


def test_a_bar_by_bar_strategy_is_asked_once_a_bar_however_much_is_written_down() -> None:
    strategy = Counts()
    backtest = Backtest(strategy, 10_000, RiskManager(position_sizer=FixedFraction(0.5)))
    result = backtest.run(load_sample("MSFT"))
    assert len(result.decisions) > 5_000  # every bar's refusal, far more than the first room
    assert len(result.trades) == 1
    assert not hasattr(strategy, "calls")
    assert backtest.run(load_sample("MSFT")).metrics == pytest.approx(result.metrics, nan_ok=True)


def test_signals_on_the_panels_axis_serve_data_with_a_gap() -> None:
    frame = SPY.copy()
    frame.iloc[20] = np.nan
    every = np.arange(len(frame)) % 10
    result = Backtest(SignalStrategy(every == 0, every == 5), 10_000, nan="hold").run(frame, symbol="SPY")
    assert 21 in result.trades["entry_bar"].tolist() or 31 in result.trades["entry_bar"].tolist()
    assert len(result.trades) > 40
