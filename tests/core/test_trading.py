"""The life of an order, and an account that only fills can change."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Backtest, Costs, FixedFraction, RiskManager, SignalStrategy
from engine.core.account import Account
from engine.core.errors import InvalidConfig, Stopped
from engine.core.trading import FINAL, TRANSITIONS, Fill, Order, Position, Side, Status

D = Decimal


def order(quantity: str = "10") -> Order:
    return Order("t1abc", "SPY", Side.BUY, D(quantity))


def fill(number: int, quantity: str, price: str = "100", side: Side = Side.BUY, fee: str = "0") -> Fill:
    return Fill(f"f{number}", "t1abc", "SPY", side, D(quantity), D(price), D(fee), number)


def test_an_order_goes_the_way_of_the_table() -> None:
    sent = order().to(Status.SENDING).to(Status.ACKED)
    half = sent.after(fill(1, "4"))
    assert (half.status, half.remaining) == (Status.PARTIAL, D(6))
    assert half.after(fill(2, "6")).status is Status.FILLED


def test_a_step_that_the_table_does_not_have_stops_trading() -> None:
    with pytest.raises(Stopped, match="cannot go from planned to filled"):
        order().to(Status.FILLED)


def test_a_planned_order_cannot_be_acknowledged_before_it_was_sent() -> None:
    assert Status.ACKED not in TRANSITIONS[Status.PLANNED]


@pytest.mark.parametrize("status", sorted(FINAL, key=lambda s: s.value))
def test_nothing_leaves_a_final_state(status: Status) -> None:
    assert not TRANSITIONS[status]


def test_every_state_is_reached_from_planned() -> None:
    seen, todo = set(), [Status.PLANNED]
    while todo:
        status = todo.pop()
        if status not in seen:
            seen.add(status)
            todo += TRANSITIONS[status]
    assert seen == set(Status)


def test_the_fill_that_crossed_our_cancel_on_the_wire_is_booked() -> None:
    gone = order().to(Status.SENDING).to(Status.ACKED).to(Status.CANCELED)
    late = gone.after(fill(1, "4"))
    assert (late.status, late.filled) == (Status.CANCELED, D(4))


def test_the_same_fill_twice_counts_once() -> None:
    sent = order().to(Status.SENDING).to(Status.ACKED)
    assert sent.after(fill(1, "4")).after(fill(1, "4")).filled == D(4)


def test_a_fill_of_another_order_stops_trading() -> None:
    other = Fill("f1", "someone", "SPY", Side.BUY, D(1), D(100), D(0), 1)
    with pytest.raises(Stopped, match="another order"):
        order().after(other)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_a_quantity_that_is_no_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(InvalidConfig, match="above 0"):
        order(quantity)


def test_money_that_a_venue_sees_is_never_a_float() -> None:
    with pytest.raises(InvalidConfig, match="Decimal"):
        Order("t1", "SPY", Side.BUY, 1.5)  # type: ignore[arg-type]


def test_a_position_that_crosses_zero_realises_the_old_side_and_opens_the_new_one() -> None:
    held = Position("SPY").after(fill(1, "10", "100")).after(fill(2, "15", "110", Side.SELL))
    assert (held.quantity, held.entry_price, held.realised) == (D(-5), D(110), D(100))


def test_equity_without_a_mark_is_refused() -> None:
    account = Account(D(1000)).after(fill(1, "1"))
    with pytest.raises(InvalidConfig, match="no mark"):
        account.equity({})


FILLS = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(1, 10_000), st.sampled_from(Side), st.integers(0, 50)), max_size=30
)


@given(FILLS)
def test_equity_is_what_was_put_in_plus_what_was_made(parts: list[tuple[int, int, Side, int]]) -> None:
    fills = [
        fill(i, str(D(q) / 100), str(D(p) / 100), side, str(D(fee) / 100)) for i, (q, p, side, fee) in enumerate(parts)
    ]
    account = Account(D(100_000)).after_all(fills)
    mark = D(50)
    made = sum((p.realised + p.quantity * (mark - p.entry_price) for p in account.positions.values()), D(0))
    assert abs(account.equity({"SPY": mark}) - D(100_000) - made) < D("1e-15")
    assert account.after_all(fills) == account  # booked once, booked for ever


def test_a_backtests_fills_replayed_into_an_account_give_its_cash_and_positions() -> None:
    rng = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 200)))
    frame = pd.DataFrame(
        {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1e6},
        index=pd.date_range("2020-01-01", periods=200, name="time"),
    )
    strategy = SignalStrategy(*(rng.random((4, 200)) < 0.1))
    risk = RiskManager(position_sizer=FixedFraction(0.5))
    result = Backtest(strategy, 10_000, risk, Costs(fee_rate=0.001), allow_short=True).run(frame, symbol="X")
    fills = [
        Fill(str(i), "x", "X", Side[f.side.upper()], *(D(repr(v)) for v in (f.quantity, f.price, f.fee)), i)
        for i, f in enumerate(result.fills.itertuples())
    ]
    account = Account(D(10_000)).after_all(fills)
    assert len(fills) > 10
    assert float(account.cash) == pytest.approx(result.cash.iloc[-1], abs=1e-7)
    assert float(account.positions["X"].quantity) == pytest.approx(result.positions["X"].iloc[-1], abs=1e-12)
