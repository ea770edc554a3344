"""Limits stand above the strategy on every bar: each veto, shrink, halt and release worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import FixedFraction, FixedQuantity, KellyCriterion
from engine.core.costs import Costs
from tests.backtest.worked import NAN, bars_of, c, codes_of, flat, run, said, says, trade

ALL_IN = FixedFraction(1.0, at_fill=True)


def breach(**risk: Any) -> Any:
    """Return an all-in run of 1,000 whose equity falls to 890 at the close of bar 2; entries are asked for ever after."""
    rows = [*flat(100, 100, 89, 88, 100, 100, 100, 91, 88, 88)]
    signals = says(10, [0, 3, 4, 5, 6, 7, 8, 9])
    return run(rows, signals, capital=1000, sizer=ALL_IN, risk={"max_drawdown_pct": 0.10, **risk})


def test_a_drawdown_flattens_halts_and_resumes_after_the_cool_down_with_a_fresh_peak() -> None:
    # floor 1,000 x 0.9 = 900; 890 at the close of bar 2 breaks it, the position leaves at the open of bar 3 at 88: 880.
    # Halted on bar 3; two bars later active again, with a floor of 880 x 0.9 = 792.
    # Bar 5 orders, bar 6 buys 8.8 at 100; 8.8 x 91 = 800.8 holds though it is 20 % below the first peak;
    # 8.8 x 88 = 774.4 on bar 8 does not.
    result = breach(cooldown_bars=2)
    assert said(result, c.BREACH_DRAWDOWN) == [
        (2, "(account)", 1000.0, 890.0),
        (8, "(account)", 880.0, pytest.approx(774.4)),
    ]
    assert said(result, c.FLATTEN) == [(2, "AA", 10.0, 10.0), (8, "AA", 8.8, 8.8)]
    assert [bar for bar, *_ in said(result, c.STATE_HALTED)] == [3, 9]
    assert [bar for bar, *_ in said(result, c.STATE_RESUMED)] == [5]
    assert [bar for bar, *_ in said(result, c.VETO_HALTED)] == [3, 4, 9]
    assert [bar for bar, *_ in said(result, c.ENTER)] == [0, 5]
    assert trade(result)["exit_reason"] == "drawdown limit"
    assert result.state == "halted"


def test_without_a_cool_down_a_drawdown_halts_until_reset() -> None:
    result = breach()
    assert [bar for bar, *_ in said(result, c.ENTER)] == [0]
    assert [bar for bar, *_ in said(result, c.VETO_HALTED)] == [3, 4, 5, 6, 7, 8, 9]
    assert result.equity_values[3:].tolist() == [880.0] * 7


def test_the_limit_is_asked_although_the_strategy_is_silent() -> None:
    rows = flat(100, 100, 89, 88, 88)
    result = run(rows, says(5, [0]), capital=1000, sizer=ALL_IN, risk={"max_drawdown_pct": 0.10})
    assert codes_of(result) == [c.ENTER, c.BREACH_DRAWDOWN, c.FLATTEN, c.STATE_HALTED]


def test_a_breach_waits_in_reducing_until_the_position_is_gone() -> None:
    # the volume lets 4 of 10 shares through a bar: out over bars 3, 4 and 5; only then halted
    bars = bars_of(flat(100, 100, 80, 80, 80, 80, 80), volume=100.0)
    bars.prices[4, 0, 3:] = 40.0
    signals = says(7, [0, 3, 4])
    risk = {"max_drawdown_pct": 0.10}
    result = run(bars, signals, capital=1000, sizer=ALL_IN, risk=risk, costs=Costs(max_volume_share=0.1))
    assert result.fills[["bar", "quantity"]].to_numpy().tolist() == [[1, 10.0], [3, 4.0], [4, 4.0], [5, 2.0]]
    assert [bar for bar, *_ in said(result, c.VETO_REDUCING)] == []  # what is held asks for nothing
    assert [bar for bar, *_ in said(result, c.STATE_HALTED)] == [5]


def test_a_static_limit_is_measured_from_the_start_and_a_trailing_one_from_the_peak() -> None:
    # 1,000 grows to 1,500 and falls to 1,300: 13 % below the peak, 30 % above the start
    rows = flat(100, 100, 150, 130, 130)
    for kind, breaches in (("trailing", 1), ("static", 0)):
        risk = {"max_drawdown_pct": 0.10, "drawdown_kind": kind}
        result = run(rows, says(5, [0]), capital=1000, sizer=ALL_IN, risk=risk)
        assert len(said(result, c.BREACH_DRAWDOWN)) == breaches


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("trailing", 1 - 100 / 1100 / 0.20),  # 9.1 % below the peak of 1,100
        ("static", 1.0),  # not below the start at all
        ("trailing_amount", 1 - 100 / 1000 / 0.20),  # 100 below the peak, of 200 allowed
        ("trailing_lock", 1 - 100 / 1000 / 0.20),
    ],
)
def test_positions_shrink_towards_the_limit_that_there_is(kind: str, part: float) -> None:
    # in at 100, out at 110 (1,100) after a loss to 1,000: sold at the open of bar 4
    rows = flat(100, 100, 110, 100, 100, 100)
    risk = {"max_drawdown_pct": 0.20, "drawdown_kind": kind, "scale_by_drawdown": True}
    result = run(rows, says(6, [0, 4], [3]), capital=1000, sizer=ALL_IN, risk=risk)
    wanted = [] if part == 1.0 else [(4, "AA", 1.0, pytest.approx(part))]
    assert said(result, c.SHRINK_DRAWDOWN) == wanted
    assert result.fills["quantity"].tolist()[-1] == pytest.approx(10 * part)


def test_a_daily_loss_forbids_entries_at_that_close_and_the_next_day_is_free() -> None:
    # 100 shares of AA fall from 100 to 97: 300 of 10,000 is 3 %, at the limit; BB asks at every close
    panel = {"AA": flat(100, 100, 97, 97, 97), "BB": flat(10, 10, 10, 10, 10)}
    risk = {"daily_loss_limit_pct": 0.03, "max_gross_exposure": 2.0}
    result = run(panel, says(5, [0]), says(5, [2, 3]), sizer=FixedQuantity(100), risk=risk)
    assert said(result, c.BREACH_DAILY) == [(2, "(account)", 10_000.0, 9_700.0)]
    assert said(result, c.VETO_DAILY_LOSS) == [(2, "BB", 0.0, 0.0)]
    assert [(bar, symbol) for bar, symbol, *_ in said(result, c.ENTER)] == [(0, "AA"), (3, "BB")]
    assert len(said(result, c.FLATTEN)) == 0  # "block" keeps what is held


def test_the_daily_floor_is_measured_from_the_start_of_the_session() -> None:
    # 10,000 -> 9,750 -> 9,510: 2.5 % on each of two days breaks no limit of 3 %
    result = run(
        flat(100, 100, 97.5, 95.1), says(4, [0]), sizer=FixedQuantity(100), risk={"daily_loss_limit_pct": 0.03}
    )
    assert said(result, c.BREACH_DAILY) == []


def test_a_daily_loss_may_flatten_and_the_account_is_not_halted() -> None:
    rows = flat(100, 100, 96, 95, 95, 95)
    risk = {"daily_loss_limit_pct": 0.03, "on_daily_loss": "flatten"}
    result = run(rows, says(6, [0, 3]), sizer=FixedQuantity(100), risk=risk)
    assert (trade(result)["exit_bar"], trade(result)["exit_price"]) == (3, 95.0)
    assert trade(result)["exit_reason"] == "daily loss limit"
    assert [bar for bar, *_ in said(result, c.ENTER)] == [0, 3]
    assert result.state == "active"


def test_the_daily_loss_may_be_measured_from_the_balance() -> None:
    # an open gain of 1,000 at the start of day 3 is lost again: 9.1 % of equity, nothing of the realised 10,000
    rows = flat(100, 100, 110, 100)
    for basis, breaches in (("equity", 1), ("balance", 0), ("max", 1)):
        risk = {"daily_loss_limit_pct": 0.03, "daily_loss_basis": basis}
        result = run(rows, says(4, [0]), sizer=FixedQuantity(100), risk=risk)
        assert len(said(result, c.BREACH_DAILY)) == breaches, basis


def test_a_daily_loss_takes_back_the_entries_that_wait() -> None:
    # BB is ordered at the close of bar 1 and has no price on bar 2, at whose close AA has lost 3 %
    panel = {"AA": flat(100, 100, 97, 97, 97), "BB": [*flat(10, 10), (NAN, NAN, NAN, NAN), *flat(10, 10)]}
    risk = {"daily_loss_limit_pct": 0.03, "max_gross_exposure": 2.0}
    result = run(panel, says(5, [0]), says(4, [1]), sizer=FixedQuantity(100), risk=risk)
    assert said(result, c.VETO_CANCELLED) == [(2, "BB", 100.0, 0.0)]
    assert result.fills["symbol"].tolist() == ["AA"]


def three(**columns: tuple[float, float, float]) -> list[Any]:
    """Return signals of three symbols that all enter on bar 0, with one number each."""
    return [says(3, [0], **{name: np.full(3, values[s]) for name, values in columns.items()}) for s in range(3)]


PANEL = {"AA": flat(100, 100, 100), "BB": flat(100, 100, 100), "CC": flat(100, 100, 100)}


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ({"probability": (0.55, 0.65, 0.6)}, ["BB", "CC"]),  # full Kelly 0.1, 0.3, 0.2
        ({"probability": (0.6, 0.6, 0.6), "score": (1.0, 2.0, 3.0)}, ["CC", "BB"]),
        ({"probability": (0.6, 0.6, 0.6), "score": (1.0, np.nan, 1.0)}, ["AA", "CC"]),
        ({"probability": (0.6, 0.6, 0.6)}, ["AA", "BB"]),
        ({"probability": (0.55, 0.6, 0.6), "score": (9.0, 1.0, 2.0)}, ["CC", "BB"]),
    ],
)
def test_places_go_by_kelly_then_score_then_name(columns: Any, order: list[str]) -> None:
    result = run(PANEL, *three(**columns), sizer=KellyCriterion(0.25, 0.10, 0.01), risk={"max_open_positions": 2})
    assert sorted(result.fills["symbol"]) == sorted(order)
    assert [symbol for _, symbol, *_ in said(result, c.VETO_MAX_POSITIONS)] == [s for s in PANEL if s not in order]
    one = run(PANEL, *three(**columns), sizer=KellyCriterion(0.25, 0.10, 0.01), risk={"max_open_positions": 1})
    assert one.fills["symbol"].tolist() == order[:1]


def test_a_fixed_quantity_makes_no_symbol_the_better_bet() -> None:
    # ten shares of BB are a larger part of equity than ten of AA; that is no reason to prefer it
    panel = {"AA": flat(10, 10), "BB": flat(100, 100)}
    assert run(panel, says(2, [0]), says(2, [0]), risk={"max_open_positions": 1}).fills["symbol"].tolist() == ["AA"]


def test_each_entry_sees_what_those_before_it_left() -> None:
    # 60 % each of one equity: the second is cut to 40 %, the third finds nothing
    result = run(PANEL, *three(), sizer=FixedFraction(0.6))
    assert said(result, c.SHRINK_GROSS) == [(0, "BB", 0.6, pytest.approx(0.4))]
    assert said(result, c.VETO_GROSS) == [(0, "CC", 0.6, 0.0)]
    assert result.fills["quantity"].tolist() == [60.0, pytest.approx(40.0)]


def test_an_exit_makes_room_for_an_entry_of_the_same_bar() -> None:
    result = run({"AA": flat(100, 100, 100, 100), "BB": flat(100, 100, 100, 100)},
                 says(4, [0], [1]), says(4, [1]), risk={"max_open_positions": 1})  # fmt: skip
    assert result.fills[["bar", "symbol", "side"]].to_numpy().tolist() == [
        [1, "AA", "buy"],
        [2, "AA", "sell"],
        [2, "BB", "buy"],
    ]


def test_a_cluster_is_capped_together() -> None:
    # AA and CC share a cluster of at most 50 %: CC gets what AA left; BB is on its own
    risk = {"clusters": {"AA": "x", "CC": "x"}, "max_cluster_pct": 0.5, "max_gross_exposure": 2.0}
    result = run(PANEL, *three(), sizer=FixedFraction(0.3), risk=risk)
    assert said(result, c.SHRINK_CLUSTER) == [(0, "CC", 0.3, pytest.approx(0.2))]
    assert result.fills.set_index("symbol")["quantity"].to_dict() == pytest.approx({"AA": 30.0, "BB": 30.0, "CC": 20.0})


def test_the_largest_position_caps_every_sizer() -> None:
    result = run(flat(100, 100), says(2, [0]), sizer=FixedQuantity(60), risk={"max_position_pct": 0.25})
    assert said(result, c.SHRINK_POSITION) == [(0, "AA", pytest.approx(0.6), 0.25)]
    assert result.fills["quantity"].tolist() == [25.0]


def test_a_price_that_runs_away_does_not_carry_a_position_past_its_limit() -> None:
    # 20 shares are 20 % at the close of 100 and 28 % at the open of 140: at most 0.25 x 10,000 / 140 are bought
    result = run(flat(100, 140), says(2, [0]), sizer=FixedQuantity(20), risk={"max_position_pct": 0.25})
    assert said(result, c.SHRINK_POSITION) == [(1, "AA", 20.0, pytest.approx(2500 / 140))]
    assert result.fills["quantity"].tolist() == [pytest.approx(2500 / 140)]


def test_more_than_equity_is_bought_only_where_allowed() -> None:
    for gross, quantity in ((1.0, 100.0), (2.0, 150.0)):
        result = run(flat(100, 100), says(2, [0]), sizer=FixedQuantity(150), risk={"max_gross_exposure": gross})
        assert result.fills["quantity"].tolist() == [quantity]


def test_an_unknown_or_high_volatility_is_no_entry() -> None:
    # returns of +10 %, -10 %: a deviation of 0.1414 over two; before bar 2 it is not known
    rows = flat(100, 110, 99, 99, 99)
    result = run(rows, says(5, [1, 2, 4]), risk={"max_volatility": 0.05, "volatility_lookback": 2})
    assert [bar for bar, *_ in said(result, c.VETO_VOLATILITY)] == [1, 2]
    assert [bar for bar, *_ in said(result, c.ENTER)] == [4]


def test_losses_in_a_row_pause_entries() -> None:
    # two losses close on bar 2 and bar 4; no entries for the three bars 4, 5, 6
    rows = [*flat(100, 100, 90, 100, 90, 90, 90, 90, 90)]
    result = run(rows, says(9, [0, 2, 4, 5, 6, 7], [1, 3]), risk={"max_consecutive_losses": 2, "loss_pause_bars": 3})
    assert [bar for bar, *_ in said(result, c.VETO_LOSS_STREAK)] == [4, 5, 6]
    assert [bar for bar, *_ in said(result, c.ENTER)] == [0, 2, 7]


def test_an_empty_account_is_flattened_and_never_resumes() -> None:
    # short 100 at 100; at 250 equity is 10,000 - 15,000; out at 250, and no cool-down brings it back
    rows = flat(100, 100, 250, 250, 250, 250)
    risk = {"cooldown_bars": 0, "max_drawdown_pct": 0.5}
    result = run(rows, says(6, [0, 3, 4], side=-1), sizer=FixedQuantity(100), risk=risk, allow_short=True)
    assert codes_of(result) == [
        c.ENTER, c.STATE_BANKRUPT, c.FLATTEN, c.STATE_HALTED, c.VETO_HALTED, c.VETO_HALTED,
    ]  # fmt: skip
    assert result.equity_values.tolist() == [10_000, 10_000, -5_000, -5_000, -5_000, -5_000]


def test_an_account_emptied_on_its_way_out_never_resumes() -> None:
    # the limit breaks at 120 (8,000), the gap to 220 on the way out leaves -2,000
    rows = flat(100, 100, 120, 220, 220, 220, 220)
    risk = {"cooldown_bars": 1, "max_drawdown_pct": 0.1}
    result = run(rows, says(7, [0, 4, 5, 6], side=-1), sizer=FixedQuantity(100), risk=risk, allow_short=True)
    assert said(result, c.STATE_RESUMED) == []
    assert [bar for bar, *_ in said(result, c.VETO_HALTED)] == [4, 5, 6]


def test_a_target_fraction_is_only_ever_shrunk() -> None:
    # the strategy names 5 %, 50 % and nothing at all; the sizer's largest is 10 %
    weight = np.array([0.05, 0.5, 0.0])
    for bar, quantity, code in ((0, 5.0, c.ENTER), (1, 10.0, c.ENTER), (2, None, c.VETO_TOO_SMALL)):
        signals = says(4, [bar], target_fraction=np.append(weight, 0.0))
        result = run(flat(*[100] * 4), signals, sizer=KellyCriterion(0.25, 0.10, 0.01))
        assert codes_of(result) == [code]
        assert result.fills["quantity"].tolist() == ([] if quantity is None else [pytest.approx(quantity)])
