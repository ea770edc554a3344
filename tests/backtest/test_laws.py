"""The order of things within a bar and the traps of other engines, each worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import FixedFraction, KellyCriterion, SignalStrategy
from engine.core.errors import InvalidData
from tests.backtest.worked import NAN, at, bars_of, c, codes_of, flat, run, said, says, trade

CALM = (100.0, 100.0, 100.0, 100.0)


def test_an_exit_due_at_the_open_comes_before_the_stop_of_the_same_bar() -> None:
    # in at 100 on bar 1, stop 95; told to leave at the close of bar 1; bar 2 opens at 103 and falls to 94 later:
    # 103 was there first, 10 x (103 - 100) = 30 and not 10 x (95 - 100) = -50
    rows = [CALM, (100, 102, 99, 101), (103, 104, 94, 96), CALM]
    got = trade(run(rows, says(4, [0], [1], stop_loss_pct=0.05)))
    assert (got["exit_bar"], got["exit_price"], got["pnl"], got["exit_reason"]) == (2, 103.0, 30.0, "signal")


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    # stop 95, bar 2 opens at 90 though it trades at 95 later: 10 x (90 - 100) = -100
    rows = [CALM, CALM, (90, 96, 88, 91), CALM]
    got = trade(run(rows, says(4, [0], stop_loss_pct=0.05)))
    assert (got["exit_bar"], got["exit_price"], got["pnl"], got["exit_reason"]) == (2, 90.0, -100.0, "stop-loss")


def test_a_gap_through_the_target_fills_at_the_open() -> None:
    # target 110, bar 2 opens at 115: a limit to sell gets the better price
    rows = [CALM, CALM, (115, 116, 108, 109), CALM]
    got = trade(run(rows, says(4, [0], take_profit_pct=0.10)))
    assert (got["exit_price"], got["exit_reason"]) == (115.0, "take-profit")


def test_the_stop_wins_over_the_target_in_one_bar_and_the_bar_is_counted() -> None:
    # bar 2 holds both 95 and 110; nobody knows which came first, so the worse is taken
    rows = [CALM, CALM, (100, 112, 94, 100), CALM]
    result = run(rows, says(4, [0], stop_loss_pct=0.05, take_profit_pct=0.10))
    assert (trade(result)["exit_price"], trade(result)["exit_reason"]) == (95.0, "stop-loss")
    assert result.ambiguous_bars == 1
    assert "held both the stop and the target" in " ".join(result.notes)


def test_a_short_has_its_stop_above_and_its_target_below() -> None:
    # short 10 at 100; bar 2 reaches the stop 105 first by law: 10 x (100 - 105) = -50
    rows = [CALM, CALM, (100, 106, 89, 95), CALM]
    both: dict[str, Any] = {"stop_loss_pct": 0.05, "take_profit_pct": 0.10}
    result = run(rows, says(4, [0], side=-1, **both), allow_short=True)
    assert (trade(result)["exit_price"], trade(result)["pnl"], result.ambiguous_bars) == (105.0, -50.0, 1)
    # without the spike the target 90 is met: 10 x (100 - 90) = 100
    rows[2] = (100, 104, 89, 95)
    result = run(rows, says(4, [0], side=-1, **both), allow_short=True)
    assert (trade(result)["exit_price"], trade(result)["pnl"], result.ambiguous_bars) == (90.0, 100.0, 0)


def test_stops_are_live_on_the_entry_bar_unless_told_otherwise() -> None:
    # in at the open of bar 1 (100), which falls to 94; bar 2 falls to 93
    rows = [CALM, (100, 101, 94, 98), (98, 99, 93, 97), CALM]
    assert trade(run(rows, says(4, [0], stop_loss_pct=0.05)))["exit_bar"] == 1
    assert trade(run(rows, says(4, [0], stop_loss_pct=0.05), stops_from="next_bar"))["exit_bar"] == 2


def test_the_stop_is_measured_from_the_fill_or_from_the_close_of_the_signal() -> None:
    # decided at 100, filled at 104: 5 % below the fill is 98.8, below the signal's close 95
    rows = [CALM, (104, 105, 98, 99), (98, 99, 94, 97), CALM]
    got = trade(run(rows, says(4, [0], stop_loss_pct=0.05)))
    assert (got["exit_bar"], got["exit_price"]) == (1, pytest.approx(98.8, rel=1e-12))
    got = trade(run(rows, says(4, [0], stop_loss_pct=0.05), stop_basis="signal_close"))
    assert (got["exit_bar"], got["exit_price"]) == (2, 95.0)


def test_a_trailing_stop_follows_the_highs_of_completed_bars_after_the_entry_bar() -> None:
    # in at 100; the entry bar's high of 120 does not count, so bar 2 still has its stop at 100 x 0.9 = 90;
    # bar 2 tops at 110, so bar 3 has 110 x 0.9 = 99
    rows = [CALM, (100, 120, 100, 105), (105, 110, 91, 108), (108, 109, 98, 99), CALM]
    got = trade(run(rows, says(5, [0], trailing_stop_pct=0.10)))
    assert (got["exit_bar"], got["exit_price"], got["exit_reason"]) == (3, 99.0, "trailing stop")


def test_an_all_in_order_that_opens_higher_is_resized_to_the_cash_and_says_so() -> None:
    # 1,000 at 100 orders 10 shares; the open at 125 leaves room for 8
    result = run([*flat(100), *flat(125, 125)], says(3, [0]), capital=1000, sizer=FixedFraction(1.0))
    assert said(result, c.ENTER) == [(0, "AA", 1.0, 10.0)]
    assert said(result, c.RESIZE_CASH) == [(1, "AA", 10.0, 8.0)]
    assert result.fills["quantity"].tolist() == [8.0]
    assert result.cash_values[-1] == 0.0


def test_entry_and_exit_on_one_bar_exit_wins() -> None:
    # flat on bar 0: nothing; held on bar 2: it leaves and does not come back
    result = run(flat(100, 100, 100, 100, 100), says(5, [0, 1, 2], [0, 2]))
    assert [(t["entry_bar"], t["exit_bar"]) for t in result.trades.to_dict("records")] == [(2, 3)]
    assert len(result.fills) == 2


def test_an_exit_waits_for_the_next_price_where_nan_may_hold_and_is_refused_elsewhere() -> None:
    # told to leave at the close of bar 2; bar 3 has no prices, bar 4 opens at 97
    rows = [*flat(100, 100, 100), (NAN, NAN, NAN, NAN), *flat(97, 97)]
    signals = says(5, [0], [2])  # on the bars that have prices
    got = trade(run(rows, signals, nan="hold"))
    assert (got["exit_bar"], got["exit_price"], got["pnl"]) == (4, 97.0, -30.0)
    with pytest.raises(InvalidData, match=r"AA bar 3: open is nan; .*nan='hold'"):
        run(rows, signals)


def test_the_account_is_marked_at_the_last_price_while_there_is_none() -> None:
    rows = [*flat(100, 100, 104), (NAN, NAN, NAN, NAN), *flat(97)]
    result = run(rows, says(4, [0]), nan="hold")
    assert result.equity_values.tolist() == [10_000, 10_000, 10_040, 10_040, 9_970]


def test_an_entry_waits_for_the_next_price_and_says_so_once() -> None:
    rows = [*flat(100), (NAN, NAN, NAN, NAN), (NAN, NAN, NAN, NAN), *flat(101, 101)]
    result = run(rows, says(3, [0]), nan="hold")
    assert [bar for bar, *_ in said(result, c.WAIT_PRICE)] == [1]
    assert result.fills[["bar", "price"]].to_numpy().tolist() == [[3, 101.0]]


def test_a_run_without_trades_has_no_sharpe() -> None:
    result = run(flat(*np.linspace(100, 120, 80)), says(80))
    for name in ("sharpe", "sortino", "calmar", "win_rate", "profit_factor", "expectancy", "sqn"):
        assert math.isnan(result.metrics[name]), name
    assert (result.metrics["total_return"], result.metrics["trades"]) == (0.0, 0.0)


def test_fewer_than_sixty_bars_are_not_annualised() -> None:
    rows = flat(*np.linspace(100, 120, 59))
    for name in ("sharpe", "sortino", "annual_volatility", "cagr", "calmar"):
        assert math.isnan(run(rows, says(59, [0])).metrics[name]), name
    assert run(flat(*np.linspace(100, 120, 60)), says(60, [0])).metrics["sharpe"] > 0


def test_fill_at_the_same_close_is_taken_at_that_price_and_labelled() -> None:
    # decided and filled at the close of bar 1 (105); stops begin on bar 2
    rows = [CALM, (100, 106, 99, 105), (100, 104, 99.75, 101)]
    result = run(rows, says(3, [1], stop_loss_pct=0.05), fill="close")
    assert result.fills[["bar", "price", "reason"]].to_numpy().tolist()[0] == [1, 105.0, "entry"]
    assert (trade(result)["exit_bar"], trade(result)["exit_price"]) == (2, 99.75)
    assert result.optimistic
    assert "optimistic" in " ".join(result.notes)
    assert "optimistic" in result.summary()
    assert not run(rows, says(3, [1])).optimistic


def test_shorts_are_refused_without_leave_and_with_a_decision() -> None:
    result = run(flat(100, 100, 90), says(3, [0], side=-1))
    assert codes_of(result) == [c.VETO_NO_SHORT]
    assert result.decisions["reason"].tolist() == ["no entry: short selling is not allowed"]
    assert len(result.fills) == 0
    assert run(flat(100, 100, 90), says(3, [0], side=-1), allow_short=True).equity_values[-1] == 10_100.0


def test_long_and_short_on_one_bar_is_no_entry_and_says_so() -> None:
    strategy = SignalStrategy(at(3, 0), at(3), at(3, 0), at(3))
    result = run(flat(100, 100, 100), strategy.signals(bars_of(flat(100, 100, 100)).one("AA"), None), allow_short=True)
    assert codes_of(result) == [c.VETO_CONFLICT]


def test_an_opposite_entry_turns_the_position_round_at_one_open() -> None:
    # +10 at 100, at the open of bar 3 (110) out and short 10; at the end marked at 105: 100 + 50
    rows = [*flat(100, 100, 104), *flat(110, 105)]
    side = np.array([1, 1, -1, 1, 1], np.int8)
    result = run(rows, says(5, [0, 2], side=side), allow_short=True)
    assert result.fills[["bar", "side", "quantity", "price"]].to_numpy().tolist() == [
        [1, "buy", 10.0, 100.0],
        [3, "sell", 10.0, 110.0],
        [3, "sell", 10.0, 110.0],
    ]
    assert trade(result)["exit_reason"] == "flip"
    assert result.equity_values[-1] == 10_150.0


WINS, LOSSES = 12, 8


def twenty_trades() -> tuple[list[tuple[float, float, float, float]], list[int], list[int]]:
    """Return bars with 12 trades of +10 % and 8 of -5 %, one after another, and room for one more."""
    rows, entries, exits = [CALM], [0], []
    for k in range(WINS + LOSSES):
        out = 110.0 if k < WINS else 95.0
        rows += [CALM, (out, max(out, 100.0), min(out, 100.0), 100.0)]  # in at 100, out at the next open
        exits.append(2 * k + 1)
        entries.append(2 * k + 2)
    return [*rows, CALM], entries, exits


def test_kelly_takes_the_least_position_until_twenty_trades_and_then_their_record() -> None:
    # W with a Beta(10, 10) prior: (12 + 10) / (20 + 20) = 0.55; R = 0.10 / 0.05 = 2
    # full = 0.55 - 0.45 / 2 = 0.325, a quarter of it 0.08125
    rows, entries, exits = twenty_trades()
    result = run(rows, says(len(rows), entries, exits), sizer=KellyCriterion(0.25, 0.10, 0.01))
    asked = [part for _, _, part, _ in said(result, c.ENTER)]
    assert len(result.trades) == 21
    assert asked[:20] == [0.01] * 20
    assert asked[20] == pytest.approx(0.08125, rel=1e-12)
    # each win earns 0.1 % of equity and each loss costs 0.05 % of it
    equity = 10_000 * 1.001**12 * 0.9995**8
    assert result.equity_values[-1] == pytest.approx(equity, rel=1e-12)
    assert said(result, c.ENTER)[20][3] == pytest.approx(equity * 0.08125 / 100, rel=1e-12)


def test_a_losing_record_ends_in_no_edge() -> None:
    # 8 wins of 10 %, 12 losses of 10 %... W = 18 / 40 = 0.45, R = 1: full = 0.45 - 0.55 = -0.1: no position
    rows, entries, exits = twenty_trades()
    rows = [rows[0]]
    for k in range(20):
        out = 110.0 if k < 8 else 90.0
        rows += [CALM, (out, max(out, 100.0), min(out, 100.0), 100.0)]
    result = run([*rows, CALM], says(42, entries, exits), sizer=KellyCriterion(0.25, 0.10, 0.01))
    assert len(result.trades) == 20
    assert said(result, c.VETO_NO_EDGE) == [(40, "AA", 0.0, 0.0)]


def test_a_probability_of_the_strategys_own_sizes_at_once() -> None:
    # p = 0.6 at even odds: full 0.2, a quarter 0.05; p = 0.51: full 0.02, a quarter 0.005 is below 0.01; p = 0.5: no edge
    p = np.array([0.51, 0.5, 0.6, NAN])
    result = run(
        flat(*[100] * 5), says(5, [0, 1, 2], probability=np.append(p, 0.5)), sizer=KellyCriterion(0.25, 0.10, 0.01)
    )
    assert codes_of(result) == [c.VETO_TOO_SMALL, c.VETO_NO_EDGE, c.ENTER]
    assert said(result, c.ENTER) == [(2, "AA", pytest.approx(0.05), pytest.approx(5.0))]


def test_the_session_of_an_intraday_bar_follows_the_clock_of_new_york() -> None:
    # midnight in New York is 05:00 UTC in winter and 04:00 UTC from 14 March 2021 on
    for day, release in (("2021-03-12", 5), ("2021-03-15", 4)):
        index = pd.date_range(f"{day} 00:00", periods=8, freq="h", tz="UTC", name="time")
        # AA is held from 01:00; its fall from 100 to 60 costs 400 of 10,000 at the close of 02:00: more than 3 %
        panel = {"AA": flat(100, 100, 60, 60, 60, 60, 60, 60), "BB": flat(*[10] * 8)}
        result = run(
            bars_of(panel, index=index), says(8, [0]), says(8, range(2, 8)), risk={"daily_loss_limit_pct": 0.03}
        )
        assert [bar for bar, *_ in said(result, c.BREACH_DAILY)] == [2]
        assert [bar for bar, *_ in said(result, c.VETO_DAILY_LOSS)] == list(range(2, release))
        assert [bar for bar, symbol, *_ in said(result, c.ENTER) if symbol == "BB"] == [release]
