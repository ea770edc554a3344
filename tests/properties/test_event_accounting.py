"""What no run on event markets may break: money, pairs, prices that somebody quoted, fees that are the formula's."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import BacktestResult, FixedQuantity, RiskManager, Signals
from engine.backtest.legs import legs_of
from engine.core import codes as c
from engine.core.costs import Costs
from engine.core.quotes import clean_quotes
from engine.numerics.kernels.stage import Desk, Log, advance, simulate
from tests.effort import tried
from tests.engine_twin.desk import Options
from tests.properties.event_scenarios import EventScenario, book, event_bars, event_scenarios
from tests.properties.test_one_path import STATISTICS, same_log

SETTLED = c.EXITS[c.EXIT_SETTLED]


def fills_of(result: BacktestResult) -> list[Any]:
    return list(result._log.fills[: result._log.counts[1]])


@tried(40)
@given(event_scenarios())
def test_cash_and_positions_at_their_settlement_are_conserved(scenario: EventScenario) -> None:
    result = scenario.run()
    cash, held = scenario.capital, np.zeros(len(scenario.script))
    for fill in fills_of(result):
        cash += -fill["side"] * fill["quantity"] * fill["price"] - fill["fee"]
        held[fill["slot"]] += fill["side"] * fill["quantity"]
        assert held.min() > -1e-9, "a leg is never sold short"
    np.testing.assert_allclose(held, result._log.held[:, -1], atol=1e-9)
    assert cash == pytest.approx(result.cash_values[-1], abs=1e-8 * scenario.capital)
    locked = sum(result.open_value(s) for s in range(len(scenario.script)))
    assert cash + locked == pytest.approx(result.equity_values[-1], abs=1e-8 * scenario.capital)
    gained = result.trades["pnl"].sum()
    assert scenario.capital + gained == pytest.approx(result.equity_values[-1], abs=1e-8 * scenario.capital)
    assert result.trades["fees"].sum() == pytest.approx(result.metrics["fees"], abs=1e-8)


@tried(40)
@given(event_scenarios())
def test_what_is_spent_is_there_and_the_most_that_can_be_lost(scenario: EventScenario) -> None:
    result = scenario.run()
    # a sale for less than its own fee is the one thing that takes more than there is
    owed = sum(max(f["fee"] - f["quantity"] * f["price"], 0.0) for f in fills_of(result) if f["side"] < 0)
    assert result.cash_values.min() >= -owed - 1e-7
    bets = result.bets
    assert (bets["pnl"] >= -bets["stake"] - 2.0 * bets["fees"] - 1e-9).all()


@tried(40)
@given(event_scenarios())
def test_every_fill_is_at_a_price_that_somebody_quoted(scenario: EventScenario) -> None:
    result, legs = scenario.run(), legs_of(scenario.events)
    for fill in fills_of(result):
        if int(fill["reason"]) == c.EXIT_SETTLED:
            continue
        side = legs.prices[6:] if fill["side"] > 0 else legs.prices
        high, low = side[1, fill["slot"], fill["bar"]], side[2, fill["slot"], fill["bar"]]
        assert low - 1e-12 <= fill["raw_price"] <= high + 1e-12, fill
        assert 0.0 <= fill["price"] <= 1.0


@tried(40)
@given(event_scenarios())
def test_a_position_ends_at_its_settlement_or_is_reported(scenario: EventScenario) -> None:
    result = scenario.run()
    closed = result.bets[result.bets["exit_reason"] == SETTLED]
    for bet in closed.to_dict("records"):
        value = scenario.events.market(bet["symbol"]).settlement
        assert value is not None
        paid = value if bet["side"] == "yes" else round(1.0 - value, 6)
        assert bet["exit_price"] == pytest.approx(paid, abs=1e-12) or bet["result"] == "part paid"
    still = [s for s in range(len(scenario.script)) if result._log.held[s, -1] != 0.0]
    assert (result.bets["result"] == "open").sum() == len(still)
    assert any("not settled" in note for note in result.notes) == bool(still)
    for s in still:  # it has not been paid, because that lies beyond the data
        market = scenario.events.markets[s // 2]
        assert market.settlement is None or market.over is None or market.over >= scenario.events.ends[-1]


@tried(40)
@given(event_scenarios())
def test_the_fees_of_an_order_are_never_below_the_exact_formula(scenario: EventScenario) -> None:
    result = scenario.run()
    orders: dict[tuple[int, int, int], tuple[Fraction, Decimal]] = {}
    for fill in fills_of(result):
        slot, reason = int(fill["slot"]), int(fill["reason"])
        model = scenario.events.markets[slot // 2].instrument.fee
        if model is None or reason == c.EXIT_SETTLED:
            continue
        rate = Fraction(repr(model.rate_at(int(scenario.events.time[fill["bar"]])))) * Fraction(repr(model.maker_share))
        price = Fraction(repr(round(float(fill["price"]), 6)))
        formula = rate * Fraction(repr(round(float(fill["quantity"]), 2))) * price * (1 - price)
        key = (slot, reason, 0 if scenario.costs.max_volume_share else int(fill["bar"]))
        known = orders.get(key, (Fraction(0), Decimal(0)))
        orders[key] = (known[0] + formula, known[1] + Decimal(repr(round(float(fill["fee"]), 10))))
    for key, (formula, charged) in orders.items():
        assert Fraction(charged) >= formula - Fraction(1, 10**9), key


def every_bar(n: int, on: int) -> Signals:
    entry = np.zeros(n, bool)
    entry[on] = True
    return Signals(entry=entry, exit=np.zeros(n, bool))


@tried(40)
@given(st.data())
def test_a_market_bought_on_both_sides_settles_to_a_dollar_a_pair_less_fees(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    events = data.draw(event_bars(rng, most=1))
    quantity = float(data.draw(st.integers(1, 40)))
    n = len(events)
    script = [every_bar(n, data.draw(st.integers(0, n - 1))) for _ in range(2)]
    risk = RiskManager(position_sizer=FixedQuantity(quantity))
    scenario = EventScenario(0, events, script, risk, Costs(), Options(), 1_000.0)
    result = scenario.run()
    fills = fills_of(result)
    both = {int(f["slot"]) for f in fills if int(f["reason"]) == c.EXIT_SETTLED} == {0, 1}
    bought = [f for f in fills if f["side"] > 0]
    if not both or len(bought) < 2:
        return
    paid = sum(f["quantity"] * f["price"] for f in bought)
    fees = sum(f["fee"] for f in fills)
    assert result.equity_values[-1] == pytest.approx(1_000.0 + quantity - paid - fees, abs=1e-9)
    lost = sum(f["fee"] for f in fills if int(f["reason"]) == c.EXIT_SETTLED)
    assert lost <= 0.02 + 1e-12, "a settlement charges no fee: only what is no whole step of the balance is cut off"
    if events.markets[0].settlement in (0.0, 1.0):
        assert lost == 0.0


@tried(40)
@given(event_scenarios())
def test_a_run_on_events_is_the_same_whole_step_by_step_and_in_a_block(scenario: EventScenario) -> None:
    whole = scenario.run()
    legs, block, market, rules = scenario.prepared()
    slots, n = len(scenario.script), len(legs.bars)
    desk, log = Desk(slots), Log(slots, n, 1 << 14)
    advance(desk, block, market, rules, log, -1, 0)
    for t in range(n):
        advance(desk, block, market, rules, log, t, t + 1)
    same_log(whole._log, log)
    _, block, market, rules = scenario.prepared(log=False)
    alone = simulate(Desk(slots), block, market, rules)[0]
    for name in STATISTICS:
        assert whole._account[name] == desk.accounts[0][name] == alone[name], name


@tried(40)
@given(event_scenarios())
def test_no_more_positions_are_open_than_allowed(scenario: EventScenario) -> None:
    most = scenario.risk.max_open_positions
    if most is not None:
        assert (scenario.run()._log.held > 0).sum(axis=0).max() <= most


@given(st.integers(0, 2**32 - 1))
def test_the_empty_book_after_the_close_is_no_price(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quotes = book(rng, 6, 0.01)
    quotes[0:4, 3:], quotes[4:8, 3:] = 0.0, 1.0
    clean = clean_quotes(quotes, np.arange(6), None)
    assert np.isnan(clean[:8, 3:]).all()
    known = clean[:8][~np.isnan(clean[:8])]
    assert ((known > 0.0) & (known < 1.0)).all()
