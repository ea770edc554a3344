"""What a fill costs and where it happens: limits, gaps, slippage, fees, volume, lots and ticks, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Backtest, BarStrategy, FixedFraction, FixedQuantity, KellyCriterion, RiskManager
from engine.core.costs import Costs
from engine.core.instrument import FeeModel
from tests.backtest.worked import NAN, bars_of, c, codes_of, flat, run, said, says, trade

CALM = (100.0, 100.0, 100.0, 100.0)


def fills(result: Any) -> list[list[Any]]:
    """Return bar, side, quantity and price of every fill."""
    found: list[list[Any]] = result.fills[["bar", "side", "quantity", "price"]].to_numpy().tolist()
    return found


def limit(n: int, bar: int, price: float, **more: Any) -> Any:
    return says(n, [bar], limit=np.full(n, price), **more)


# -- limit entries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ((99, 101, 97, 100), 98.0),  # traded through: its own price
        ((96, 99, 95, 97), 96.0),  # opens below: the open is better
        ((99, 101, 98, 100), 98.0),  # just touched
    ],
)
@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_a_limit_to_buy_fills_at_its_price_or_better(fill: str, bar: Any, price: float) -> None:
    result = run([CALM, bar, CALM], limit(3, 0, 98.0), fill=fill, costs=Costs(slippage_rate=0.01))
    assert fills(result) == [[1, "buy", 10.0, price]]
    row = result.fills.iloc[0]
    assert bar[2] <= row["raw_price"] <= bar[1]


def test_a_limit_that_is_not_reached_on_the_next_bar_is_dropped_and_says_so() -> None:
    result = run([CALM, (100, 101, 98.5, 100), (98, 98, 90, 95)], limit(3, 0, 98.0))
    assert codes_of(result) == [c.ENTER, c.VETO_LIMIT_MISSED]
    assert fills(result) == []


def test_on_the_bar_of_a_limit_fill_the_stop_is_live_and_the_target_waits() -> None:
    # in at 98 inside bar 1; the high of 110 may have been before it, the fall to 90 passes the stop at 93.1
    bar = (100, 110, 90, 95)
    result = run([CALM, bar, CALM], limit(3, 0, 98.0, stop_loss_pct=0.05, take_profit_pct=0.05))
    assert fills(result) == [[1, "buy", 10.0, 98.0], [1, "sell", 10.0, pytest.approx(93.1)]]
    result = run([CALM, bar, CALM], limit(3, 0, 98.0, take_profit_pct=0.05))
    assert fills(result) == [[1, "buy", 10.0, 98.0]]


def test_a_stop_above_the_limit_fill_is_met_at_the_fill_and_earns_nothing() -> None:
    # bought at 90 with a stop at 95 below the signal's close: it is hit at once, at 90 and not at 95
    result = run([CALM, (92, 96, 89, 91), CALM], limit(3, 0, 90.0, stop_loss_pct=0.05), stop_basis="signal_close")
    assert fills(result) == [[1, "buy", 10.0, 90.0], [1, "sell", 10.0, 90.0]]


def test_a_target_below_the_open_of_the_entry_bar_fills_at_that_open() -> None:
    # filled at 110 with the target at 105 above the signal's close: no price of the bar is as low as 105
    rows = [CALM, (110, 112, 108, 111), CALM]
    result = run(rows, says(3, [0], take_profit_pct=0.05), stop_basis="signal_close")
    assert fills(result) == [[1, "buy", 10.0, 110.0], [1, "sell", 10.0, 110.0]]


def test_without_an_open_a_level_beyond_the_bar_fills_at_its_nearest_price() -> None:
    rows = [CALM, CALM, (NAN, 93, 90, 91), CALM]
    assert fills(run(rows, says(4, [0], stop_loss_pct=0.05), nan="hold"))[1] == [2, "sell", 10.0, 93.0]
    rows[2] = (NAN, 115, 112, 113)
    assert fills(run(rows, says(4, [0], take_profit_pct=0.10), nan="hold"))[1] == [2, "sell", 10.0, 112.0]
    rows = [CALM, (NAN, 96, 90, 91), CALM]
    assert fills(run(rows, limit(3, 0, 98.0), nan="hold")) == [[1, "buy", 10.0, 96.0]]


def test_a_limit_that_turns_the_position_round_waits_until_the_old_one_is_gone() -> None:
    # short from bar 1; the turn is ordered on bar 2, bar 3 has no open, so nothing happens inside it; both on bar 4
    rows = [CALM, CALM, CALM, (NAN, 101, 98, 100), (97, 99, 96, 98)]
    side = np.array([-1, 1, 1, 1, 1], np.int8)
    result = run(rows, says(5, [0, 2], side=side, limit=np.full(5, 99.0)), nan="hold", allow_short=True)
    # the short's limit of 99 is below the open: it sells at 100
    assert fills(result) == [[1, "sell", 10.0, 100.0], [4, "buy", 10.0, 97.0], [4, "buy", 10.0, 97.0]]
    assert result.positions["AA"].tolist() == [0.0, -10.0, -10.0, -10.0, 10.0]


# -- costs ---------------------------------------------------------------------------------------------------------


def test_fees_are_paid_on_both_sides_and_the_smallest_fee_holds() -> None:
    # 10 x 100 x 0.1 % = 1, at least 1.5; out at 200: 10 x 200 x 0.1 % = 2
    result = run(flat(100, 100, 200, 200), says(4, [0], [1]), costs=Costs(fee_rate=0.001, min_fee=1.5))
    assert result.fills["fee"].tolist() == [1.5, 2.0]
    assert trade(result)["pnl"] == 1000 - 3.5
    assert result.equity_values[-1] == 11_000 - 3.5


def test_a_fee_a_share_and_the_instruments_own_fee_model() -> None:
    result = run(flat(100, 100), says(2, [0]), costs=Costs(fee_per_share=0.02))
    assert result.fills["fee"].tolist() == [pytest.approx(0.2)]
    own = bars_of(flat(100, 100), fee=FeeModel(rate=0.01))
    assert run(own, says(2, [0]), costs=Costs(fee_per_share=0.02)).fills["fee"].tolist() == [pytest.approx(10.0)]


def test_a_contract_pays_the_venues_fee_of_its_price() -> None:
    # 0.07 x 10 x 0.4 x 0.6 = 0.168
    bars = bars_of(flat(0.4, 0.4), kind="event", lot=1.0, tick=0.01, fee=FeeModel("quadratic", rate=0.07))
    assert run(bars, says(2, [0])).fills["fee"].tolist() == [pytest.approx(0.168, abs=1e-12)]


def test_slippage_is_against_the_trader_and_a_share_of_the_range() -> None:
    # 1 % of 100 and a tenth of the range of 10: in at 102, out at 100 - 1 - 1 = 98
    rows = [CALM, (100, 105, 95, 100), (100, 105, 95, 100), CALM]
    result = run(rows, says(4, [0], [1]), costs=Costs(slippage_rate=0.01, slippage_range=0.1))
    assert result.fills["price"].tolist() == [pytest.approx(102.0), pytest.approx(98.0)]
    assert result.fills["raw_price"].tolist() == [100.0, 100.0]


def test_a_stop_slips_and_a_target_does_not() -> None:
    rows = [CALM, CALM, (100, 101, 90, 95), CALM]
    result = run(rows, says(4, [0], stop_loss_pct=0.05), costs=Costs(slippage_rate=0.01))
    assert result.fills["price"].tolist() == [101.0, pytest.approx(101 * 0.95 * 0.99)]
    rows[2] = (100, 120, 100, 110)
    result = run(rows, says(4, [0], take_profit_pct=0.10), costs=Costs(slippage_rate=0.01))
    assert result.fills["price"].tolist() == [101.0, pytest.approx(101 * 1.1)]


def test_the_volume_caps_a_fill_and_the_rest_follows() -> None:
    # 10 % of 45 is 4 (of whole shares) a bar: 4 + 4 + 2
    bars = bars_of(flat(*[100] * 6), volume=45.0, lot=1.0)
    result = run(bars, says(6, [0]), costs=Costs(max_volume_share=0.1))
    assert fills(result) == [[1, "buy", 4.0, 100.0], [2, "buy", 4.0, 100.0], [3, "buy", 2.0, 100.0]]
    assert said(result, c.PARTIAL_VOLUME) == [(1, "AA", 10.0, 4.0), (2, "AA", 6.0, 4.0)]


def test_a_later_fill_does_not_loosen_a_trailing_stop() -> None:
    # 10 in at 100 on bar 1; bar 2 tops at 120, which puts the stop at 108; the rest comes in on bar 3 at 112 and makes
    # the average 106: a stop of 95.4 again? No: 108 stays
    bars = bars_of([CALM, CALM, (110, 120, 110, 118), (112, 114, 109, 113), (112, 113, 107, 108)], lot=1.0)
    bars.prices[4, 0] = [0, 100, 0, 100, 1000]
    result = run(bars, says(5, [0], trailing_stop_pct=0.10), sizer=FixedQuantity(20), costs=Costs(max_volume_share=0.1))
    assert fills(result) == [[1, "buy", 10.0, 100.0], [3, "buy", 10.0, 112.0], [4, "sell", 20.0, 108.0]]


def test_what_a_stop_leaves_of_an_entry_is_cancelled_and_says_so() -> None:
    bars = bars_of([CALM, CALM, (100, 100, 90, 92), *flat(92, 92)], lot=1.0)
    bars.prices[4, 0] = [0, 40, 1000, 1000, 1000]
    bars.prices[4, 0, 2] = 400
    signals = says(5, [0], stop_loss_pct=0.05)
    result = run(bars, signals, sizer=FixedQuantity(60), costs=Costs(max_volume_share=0.1))
    # 4 come in on bar 1, 40 on bar 2; the stop at 95 finds no more volume in that bar and leaves on bar 3
    assert said(result, c.VETO_CANCELLED) == [(2, "AA", 16.0, 0.0)]
    assert fills(result)[-1] == [3, "sell", 44.0, 92.0]


def test_parts_of_lots_that_floats_leave_over_are_no_position() -> None:
    # 0.3 leaves as 0.1 and 0.2: in floats 4e-17 stays behind
    bars = bars_of(flat(*[100] * 6), lot=0.1)
    bars.prices[4, 0] = [0, 10, 0, 1, 2, 10]
    result = run(bars, says(6, [0], [1]), sizer=FixedQuantity(0.3), costs=Costs(max_volume_share=0.1, min_fee=0.01))
    assert [round(q, 9) for q in result.fills["quantity"]] == [0.3, 0.1, 0.2]
    assert result.positions["AA"].tolist()[-2:] == [0.0, 0.0]


def test_lots_round_down_and_less_than_one_is_said() -> None:
    bars = bars_of(flat(99, 99), lot=1.0)
    assert run(bars, says(2, [0]), sizer=FixedFraction(0.105)).fills["quantity"].tolist() == [10.0]
    assert codes_of(run(bars, says(2, [0]), sizer=FixedFraction(0.005))) == [c.VETO_LOT]


def test_prices_go_to_the_tick_against_a_market_order_and_never_beyond_a_limit() -> None:
    rows = [CALM, (100, 103, 99, 100), (100, 106, 96, 101), CALM]
    bars = bars_of(rows, tick=0.25)
    # a market order pays 100.1 -> 100.25; its stop at 4.9 % is 95.33775: not reached; its target at 5.1 % is 105.36275,
    # which as a limit to sell rests at 105.50
    signals = says(4, [0], stop_loss_pct=0.049, take_profit_pct=0.051)
    result = run(bars, signals, costs=Costs(slippage_rate=0.001))
    assert result.fills["price"].tolist() == [100.25, 105.5]
    # a limit to buy at 99.4 rests at 99.25
    assert run(bars, limit(4, 0, 99.4)).fills["price"].tolist() == [99.25]


def test_a_price_that_rises_beyond_the_cash_is_no_fill_and_says_so() -> None:
    # one share at 100 is ordered with 110; it opens at 120
    for sizer in (FixedQuantity(1), FixedFraction(1.0, at_fill=True)):
        result = run(bars_of(flat(100, 120, 120), lot=1.0), says(3, [0]), capital=110, sizer=sizer)
        assert codes_of(result) == [c.ENTER, c.VETO_NO_CASH]
        assert fills(result) == []


def test_fees_are_in_the_resized_order_so_that_cash_never_goes_below_zero() -> None:
    # all-in at 100 with 1 %: q x 101 = 1,000
    result = run(
        flat(100, 100), says(2, [0]), capital=1000, sizer=FixedFraction(1.0, at_fill=True), costs=Costs(fee_rate=0.01)
    )
    assert result.fills["quantity"].tolist() == [pytest.approx(1000 / 101, rel=1e-12)]
    assert result.cash_values[-1] == pytest.approx(0.0, abs=1e-9)


# -- runs ----------------------------------------------------------------------------------------------------------


def test_a_halt_at_the_close_counts_its_cool_down_from_the_next_bar() -> None:
    # fill="close": 900 at the close of bar 2 breaks the limit and leaves at that close; halted on bar 3, not on bar 7
    rows = flat(100, 100, 90, 90, 90, 90, 90, 90, 90)
    risk = {"max_drawdown_pct": 0.1, "cooldown_bars": 3}
    result = run(rows, says(9, [0, 7]), capital=1000, sizer=FixedFraction(1.0), risk=risk, fill="close")
    assert [bar for bar, *_ in said(result, c.STATE_HALTED)] == [3]
    assert [bar for bar, *_ in said(result, c.STATE_RESUMED)] == [6]
    assert [bar for bar, *_ in said(result, c.ENTER)] == [0, 7]
    idle = run(rows, says(9, [0]), capital=1000, sizer=FixedFraction(1.0), risk={"max_drawdown_pct": 0.1}, fill="close")
    assert idle.state == "halted"


class Late(BarStrategy):
    """Trades on its record first, and names a probability much later."""

    def on_bar(self, context: Any) -> None:
        if context.position:
            context.close_position()
        elif context.index < 4000:
            context.buy()
        else:
            context.buy(probability=0.9)


def test_a_run_that_needs_more_room_for_its_log_is_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import engine.backtest.backtest as module

    n = 4100
    bars = bars_of(flat(*(100 + np.arange(n) % 7)))
    manager = RiskManager(position_sizer=KellyCriterion(0.25, 0.10, 0.01))
    once = Backtest(Late(), 10_000, manager).run(bars)
    assert len(once.decisions) > module._ROOM
    monkeypatch.setattr(module, "_ROOM", 1 << 16)
    roomy = Backtest(Late(), 10_000, manager).run(bars)
    assert codes_of(once) == codes_of(roomy)
    np.testing.assert_array_equal(once.equity_values, roomy.equity_values)
