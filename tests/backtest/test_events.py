"""Event contracts in the engine: what a bet pays, when it ends, and what is never a price."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import (
    Backtest,
    BacktestResult,
    BarStrategy,
    BuyAndHoldStrategy,
    EventBars,
    FixedFraction,
    FixedQuantity,
    KellyCriterion,
    PredictionValueStrategy,
    RiskManager,
    SignalStrategy,
    events_from_frame,
    kalshi_fees,
    load_events,
    load_sample,
)
from engine.backtest.backtest import as_bars
from engine.core.costs import Costs
from engine.core.errors import InvalidConfig, InvalidData
from engine.core.instrument import CENT, CONSERVATIVE
from engine.numerics.fees import kalshi_fill_fees
from engine.risk.contract import size_contract
from tests.backtest.event_worked import HOUR, START, market

TEN = RiskManager(position_sizer=FixedQuantity(10))


def said(result: BacktestResult) -> list[str]:
    return list(result.decisions["reason"])


def on(n: int, *bars: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    flags = np.zeros(n, bool)
    flags[list(bars)] = True
    return flags


def signals(n: int, buy: tuple[int, ...] = (), leave: tuple[int, ...] = (), no: tuple[int, ...] = ()) -> SignalStrategy:
    return SignalStrategy(on(n, *buy), on(n, *leave), on(n, *no), on(n, *leave))


def run(
    events: EventBars, strategy: Any, risk: RiskManager = TEN, capital: float = 100.0, **how: Any
) -> BacktestResult:
    return Backtest(strategy, capital, risk, **how).run(events)


def test_yes_is_bought_at_the_ask_and_pays_a_dollar() -> None:
    result = run(market([(0.40, 0.44), (0.41, 0.45), (0.50, 0.55), (0.0, 1.0)], 1.0, closes=3), signals(4, buy=(0,)))
    bought, paid = result.fills.to_dict("records")
    assert (bought["side"], bought["price"], bought["quantity"]) == ("buy yes", 0.45, 10)
    assert (paid["side"], paid["price"], paid["fee"], paid["reason"]) == ("settle yes", 1.0, 0.0, "settled")
    assert result.equity_values.tolist() == pytest.approx([100, 100 - 4.5 + 4.1, 100 - 4.5 + 5.0, 100 + 5.5])


def test_no_is_bought_at_one_minus_the_bid_and_its_cost_is_spent() -> None:
    result = run(market([(0.40, 0.44), (0.41, 0.45), (0.30, 0.36), (0.0, 1.0)], 0.0, closes=3), signals(4, no=(0,)))
    bought, paid = result.fills.to_dict("records")
    assert (bought["side"], bought["price"]) == ("buy no", 0.59)
    assert (paid["side"], paid["price"]) == ("settle no", 1.0)
    assert result.cash_values.tolist() == pytest.approx([100, 94.1, 94.1, 104.1])
    assert result.equity_values[2] == pytest.approx(94.1 + 10 * 0.64)  # marked at the bid for NO
    assert result.positions.iloc[1].tolist() == [-10.0]
    assert result.trades.loc[0, "side"] == "no"


def test_a_position_is_sold_at_the_bid() -> None:
    result = run(market([(0.40, 0.44)] * 2 + [(0.50, 0.55)] * 2, 1.0), signals(4, buy=(0,), leave=(1,)))
    sold = result.fills.iloc[1]
    assert (sold["side"], sold["price"], sold["reason"]) == ("sell yes", 0.50, "signal")
    assert result.bets.loc[0, "result"] == "sold"


def test_a_scalar_settlement_pays_both_sides_their_part() -> None:
    quotes = [(0.40, 0.44), (0.41, 0.45), (0.0, 1.0)]
    yes = run(market(quotes, 0.37, closes=2), signals(3, buy=(0,)))
    no = run(market(quotes, 0.37, closes=2), signals(3, no=(0,)))
    assert yes.equity_values[-1] == pytest.approx(100 - 4.5 + 3.7)
    assert no.equity_values[-1] == pytest.approx(100 - 5.9 + 6.3)
    assert yes.bets.loc[0, "result"] == "part paid"


def test_an_empty_book_is_no_price_for_an_order_that_waits() -> None:
    quotes = [(0.40, 0.44), (0.0, 1.0), (0.0, 1.0), (0.50, 0.52), (0.50, 0.52)]
    result = run(market(quotes), signals(5, buy=(0,)))
    assert result.fills["bar"].tolist() == [3]
    assert said(result).count("order waits: no price on this bar") == 1
    leaving = run(market([(0.40, 0.44), (0.40, 0.44), (0.0, 0.30), (0.20, 0.30)]), signals(4, buy=(0,), leave=(1,)))
    assert leaving.fills["bar"].tolist() == [1, 3]
    assert said(leaving).count("order waits: no price on this bar") == 1


def test_an_entry_on_a_side_that_nobody_offers_is_refused_with_the_reason() -> None:
    result = run(market([(0.95, 1.0), (0.95, 1.0), (0.95, 0.99)]), signals(3, buy=(0, 1)))
    assert said(result)[:2] == ["no entry: nobody offers this side"] * 2
    assert result.fills.empty


def test_an_order_that_waits_is_cancelled_when_the_market_closes() -> None:
    result = run(market([(0.40, 0.44), (0.0, 1.0), (0.0, 1.0)], 1.0, closes=1), signals(3, buy=(0,)))
    assert "entry cancelled: the market closed before it filled" in said(result)
    assert result.fills.empty


def test_a_market_that_closes_early_pays_when_it_settles() -> None:
    events = market([(0.40, 0.44)] * 3 + [(0.0, 1.0)] * 5, 1.0, closes=3, settles=6)
    result = run(events, signals(8, buy=(0,)))
    assert result.fills["bar"].tolist() == [1, 6]
    assert result.equity_values[3:6].tolist() == pytest.approx([100 - 4.4 + 4.0] * 3)  # the last bid, never 50 cents


def test_a_market_without_a_settlement_is_marked_and_reported_never_sold() -> None:
    result = run(market([(0.40, 0.44), (0.40, 0.44), (0.45, 0.5)]), signals(3, buy=(0,)))
    assert len(result.fills) == 1
    assert result.bets.loc[0, ["result", "pnl"]].tolist() == ["open", pytest.approx(0.1)]
    assert "Held and not settled when the data ends: KXELEC-2024; counted at the last bid, not sold." in result.notes


def test_while_nobody_bids_a_leg_counts_for_the_last_bid_but_never_more_than_is_asked() -> None:
    quotes = [(0.40, 0.44), (0.40, 0.44), (0.0, 0.44), (0.0, 0.10)]
    result = run(market(quotes), signals(4, buy=(0,)))
    assert result.equity_values.tolist() == pytest.approx([100, 99.6, 99.6, 100 - 4.4 + 1.0])


def test_an_opposite_entry_sells_one_side_and_buys_the_other() -> None:
    result = run(market([(0.40, 0.44)] * 5), signals(5, buy=(0,), no=(2,)))
    assert result.fills[["side", "bar"]].to_numpy().tolist() == [["buy yes", 1], ["sell yes", 3], ["buy no", 3]]


def test_many_markets_share_one_account_and_its_largest_number_of_positions() -> None:
    quotes = [(0.40, 0.44)] * 4
    events = {f"KX{k}": market(quotes, 1.0, ticker=f"KX{k}", event="E", first=k) for k in range(5)}
    risk = RiskManager(position_sizer=FixedQuantity(10), max_open_positions=2)
    result = run(EventBars.together(events), BuyAndHoldStrategy(), risk)
    assert (result.positions > 0).sum(axis=1).max() == 2
    assert "no entry: the most positions allowed are open" in said(result)
    by_dict = Backtest(BuyAndHoldStrategy(), 100, risk).run(events)
    np.testing.assert_array_equal(by_dict.equity_values, result.equity_values)


def test_capital_that_is_locked_cannot_be_spent_again() -> None:
    events = {name: market([(0.40, 0.44)] * 4, ticker=name) for name in ("KXA", "KXB", "KXC")}
    result = run(EventBars.together(events), BuyAndHoldStrategy(), RiskManager(FixedFraction(0.6)))
    assert result.cash_values.min() >= 0.0
    assert (result.bets["stake"].sum()) <= 100.0
    with pytest.raises(InvalidConfig, match="paid in full"):
        run(events["KXA"], BuyAndHoldStrategy(), RiskManager(max_gross_exposure=2.0))


def test_a_calibrated_price_loses_exactly_its_fees_and_spread_when_forced_to_trade() -> None:
    chance, half = 0.42, 0.02
    quotes = [(chance - half, chance + half)] * 3
    wealth = {}
    for outcome in (1.0, 0.0):
        events = market(quotes, outcome, closes=2, fee=kalshi_fees())
        wealth[outcome] = [
            run(events, signals(3, **side), TEN).equity_values[-1] for side in ({"buy": (0,)}, {"no": (0,)})
        ]
    fee = float(kalshi_fill_fees([("10", "0.44")])[0].net_fee), float(kalshi_fill_fees([("10", "0.60")])[0].net_fee)
    for side in (0, 1):
        expected = chance * wealth[1.0][side] + (1 - chance) * wealth[0.0][side] - 100.0
        assert expected == pytest.approx(-10 * half - fee[side], abs=1e-12)


def test_a_model_equal_to_the_price_does_not_bet_by_itself() -> None:
    def price(bars: Any) -> Any:
        return np.clip(0.5 * (np.nan_to_num(bars.bid) + np.where(np.isnan(bars.ask), 1.0, bars.ask)), 0.001, 0.999)

    strategy = PredictionValueStrategy({"min_edge": 0.0, "max_spread": 1.0}, source=price)
    result = Backtest(strategy, 10_000, RiskManager(KellyCriterion(1.0, 1.0, 0.0001))).run(load_events())
    assert result.fills.empty


def test_kelly_buys_what_the_ticket_of_the_kelly_page_says() -> None:
    for fraction, most, chance in ((0.25, 0.10, 0.60), (1.0, 0.5, 0.55), (0.5, 0.3, 0.30)):
        events = market([(0.44, 0.46)] * 3, 1.0, fee=kalshi_fees())
        strategy = PredictionValueStrategy({"min_edge": 0.0}).set_probability_estimate("KXELEC-2024", chance)
        result = run(events, strategy, RiskManager(KellyCriterion(fraction, most, 0.0)), capital=5_000)
        ticket = size_contract(chance, 0.44, 0.46, 5_000, fraction, most)
        bet = result.bets.iloc[0]
        assert (bet["side"], bet["price"]) == (ticket.side, float(ticket.price))
        assert (bet["quantity"], bet["stake"]) == (ticket.contracts, pytest.approx(float(ticket.stake), abs=1e-9))


@pytest.mark.parametrize(("rounding", "fee"), [("direct", 0.0175), (CENT, 0.02), (CONSERVATIVE, 0.02)])
def test_a_fill_pays_the_fee_of_its_kind_of_account(rounding: str, fee: float) -> None:
    events = market([(0.50, 0.52)] * 3, 1.0, fee=kalshi_fees(rounding=rounding))
    result = run(events, signals(3, buy=(0,)), RiskManager(FixedQuantity(1)))
    assert result.fills.loc[0, "fee"] == pytest.approx(fee, abs=1e-12)


def test_a_resting_order_pays_the_share_of_its_fee_type_and_a_change_of_rate_holds_from_its_time() -> None:
    class Rests(BarStrategy):
        def on_bar(self, context: Any) -> None:
            if context.index == 0:
                context.buy(limit=0.40)

    quotes = [(0.50, 0.52), ((0.50, 0.52), (0.38, 0.40)), (0.40, 0.42), (0.40, 0.42)]
    fees = {}
    for kind in ("quadratic", "quadratic_with_maker_fees"):
        result = run(market(quotes, fee=kalshi_fees(kind)), Rests())
        assert result.fills["price"].tolist() == [0.40]
        fees[kind] = result.fills["fee"].iloc[0]
    assert fees == {"quadratic": 0.0, "quadratic_with_maker_fees": pytest.approx(0.042)}
    changed = kalshi_fees(changes=((START + 2 * HOUR, 2),))
    early, late = (run(market(quotes, fee=changed), signals(4, buy=(t,))).fills.iloc[0] for t in (0, 1))
    assert (early["fee"], late["fee"]) == (pytest.approx(0.1748), pytest.approx(10 * 0.14 * 0.42 * 0.58, abs=1e-4))


def test_bets_say_what_was_believed_paid_and_made() -> None:
    events = EventBars.together(
        {
            "a": market([(0.44, 0.46)] * 3 + [(0.0, 1.0)], 1.0, ticker="A", event="E", closes=3, fee=kalshi_fees()),
            "b": market([(0.64, 0.66)] * 3 + [(0.0, 1.0)], 1.0, ticker="B", event="E", closes=3, fee=kalshi_fees()),
        }
    )
    strategy = PredictionValueStrategy().set_probability_estimate("A", 0.6).set_probability_estimate("B", 0.4)
    result = Backtest(strategy, 1_000, RiskManager(FixedQuantity(10))).run(events)
    won, lost = result.bets.to_dict("records")
    assert (won["symbol"], won["side"], won["probability"], won["result"]) == ("A", "yes", 0.6, "won")
    assert (lost["symbol"], lost["side"], lost["probability"], lost["result"]) == (
        "B",
        "no",
        pytest.approx(0.6),
        "lost",
    )
    assert won["stake"] == pytest.approx(4.6 + 0.1739) and won["pnl"] == pytest.approx(10 - won["stake"])
    assert won["edge"] == pytest.approx(0.6 - won["stake"] / 10) and lost["pnl"] == pytest.approx(-lost["stake"])
    event = result.by_event.iloc[0]
    assert (event["event"], event["bets"], event["won"]) == ("E", 2, 1)
    assert event["pnl"] == pytest.approx(result.equity_values[-1] - 1_000)
    assert "no time and counts as known before the first bar" in " ".join(result.notes)


class ValueByHand(BarStrategy):
    """The rule of the value strategy as one would say it at a desk."""

    def __init__(self, estimates: dict[str, float], edge: float) -> None:
        super().__init__()
        self.estimates, self.edge = estimates, edge

    def on_bar(self, context: Any) -> None:
        p = self.estimates.get(context.symbol)
        if p is None:
            return
        bid, ask, no = context.bid, context.ask, round(1 - context.bid, 6)
        wide = (1.0 if math.isnan(ask) else ask) - (0.0 if math.isnan(bid) else bid) > 0.2 + 1e-9
        yes_edge = p - ask - 0.07 * ask * (1 - ask)
        no_edge = 1 - p - no - 0.07 * no * (1 - no)
        if not wide and yes_edge >= self.edge and not no_edge > yes_edge:
            cost = p - yes_edge
            context.buy(probability=p, payoff=(1 - cost) / cost, score=yes_edge)
        elif not wide and no_edge >= self.edge:
            cost = 1 - p - no_edge
            context.buy_no(probability=1 - p, payoff=(1 - cost) / cost, score=no_edge)


def test_the_same_bets_decided_bar_by_bar_are_the_same_run() -> None:
    events = load_events(["KXDEMO-25JAN07", "KXDEMO-25JAN08", "KXDEMO-25JAN09"])
    rng = np.random.default_rng(3)
    estimates = {ticker: float(rng.uniform(0.03, 0.6)) for ticker in events.symbols}
    strategy = PredictionValueStrategy({"exit_edge": 0.5})
    for ticker, p in estimates.items():
        strategy.set_probability_estimate(ticker, p)
    risk = RiskManager(KellyCriterion(0.25, 0.1, 0.001), max_open_positions=5)
    one, two = (Backtest(s, 10_000, risk).run(events) for s in (strategy, ValueByHand(estimates, 0.05)))
    assert len(one.fills) > 10
    for name in ("time", "symbol", "side", "quantity", "price", "fee", "cash"):
        assert one.fills[name].tolist() == two.fills[name].tolist(), name
    np.testing.assert_allclose(one.equity_values, two.equity_values, rtol=1e-12)


def test_a_year_of_bundled_markets_runs_in_under_a_second() -> None:
    events = load_events()

    def shrunk(bars: Any) -> Any:
        return np.clip(0.5 * (bars.bid + bars.ask) * 0.9, 0.001, 0.999)

    backtest = Backtest(
        PredictionValueStrategy({"min_edge": 0.01}, source=shrunk),
        10_000,
        RiskManager(KellyCriterion(0.25, 0.05, 0.001)),
    )
    took = []
    for _ in range(4):
        start = time.process_time()  # what else the machine does is not the engine's time
        result = backtest.run(events)
        took.append(time.process_time() - start)
    assert len(events.markets) == 360 and len(result.bets) > 100
    assert not (result.bets["result"] == "open").any()
    assert min(took) < 1.0


def test_candles_of_a_venue_run_as_they_are() -> None:
    index = pd.date_range("2025-03-10 12:00", periods=4, freq="h", tz="UTC", name="time")
    frame = pd.DataFrame(
        {f"{side}_{n}": v for side, v in (("bid", 0.4), ("ask", 0.44)) for n in ("open", "high", "low", "close")},
        index=index,
    )
    frame.attrs.update(
        symbol="KXBTC-24DEC31", kind="event", interval="1h", event_ticker="KXBTC", settlement_value=1.0,
        close_time="2025-03-10T16:00:00+00:00", settled_time="2025-03-10T18:30:00+00:00", fee_multiplier=0,
    )  # fmt: skip
    result = Backtest(BuyAndHoldStrategy(), 100, TEN).run(frame.drop(index[2]))
    assert len(events_from_frame(frame)) == 7  # up to the bar in which it was paid
    assert result.fills[["bar", "price"]].to_numpy().tolist() == [[1, 0.44], [6, 1.0]]
    by_dict = Backtest(BuyAndHoldStrategy(), 100, TEN).run({"KXBTC-24DEC31": frame})
    assert by_dict.equity_values[-1] == result.equity_values[-1]


@pytest.mark.parametrize(
    ("data", "symbol", "words"),
    [
        (market([(0.4, 0.44)] * 3), "KXOTHER", "they must agree"),
        ({"A": market([(0.4, 0.44)] * 3), "SPY": load_sample("SPY")}, None, "run them as two backtests"),
    ],
)
def test_nonsense_is_refused(data: Any, symbol: str | None, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        Backtest(BuyAndHoldStrategy()).run(data, symbol=symbol)


def test_what_takes_only_bars_says_so() -> None:
    with pytest.raises(InvalidData, match=r"only Backtest\.run takes them"):
        as_bars(market([(0.4, 0.44)] * 3))
    result = Backtest(BuyAndHoldStrategy(), costs=Costs(fee_rate=0.001)).run(load_sample("SPY"), symbol="SPY")
    with pytest.raises(InvalidData, match="see trades instead"):
        _ = result.bets
