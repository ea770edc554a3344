"""The fee of a contract in the compiled steps is the Decimal face's, to the last digit, fill after fill of an order."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from engine import Instrument, RiskManager, kalshi_fees
from engine.backtest.rulebook import build_terms
from engine.core.costs import Costs
from engine.core.instrument import CENT, CONSERVATIVE, DIRECT
from engine.numerics.fees import BROKER, OrderFees, kalshi_order_fee
from engine.numerics.fees import DIRECT as DIRECT_RULE
from engine.numerics.kernels.scalars import contract_fee
from tests.backtest.worked import bars_of, flat

VECTORS = json.loads((Path(__file__).parents[1] / "data_files/vectors/03_kalshi_fees.json").read_text(encoding="utf-8"))


@njit
def _charge(terms: Any, bar: int, quantity: float, price: float, buys: bool, maker: bool, carried: int) -> Any:
    return contract_fee(terms[0], bar, quantity, price, buys, maker, carried)


def charge(
    rounding: str, fills: list[tuple[str, str]], buys: bool, rate_of: Any = 1, maker: bool = False
) -> list[Decimal]:
    """Return what the compiled steps charge for the fills of one order, in dollars."""
    bars = bars_of(flat(0.5, 0.5), lot=0.01, fee=kalshi_fees(multiplier=rate_of, rounding=rounding))
    terms, carried, found = build_terms(bars, RiskManager(), Costs()), 0, []
    for count, price in fills:
        fee, carried = _charge(terms, 0, float(count), float(price), buys, maker, carried)
        found.append(Decimal(repr(round(fee, 8))))
    return found


COUNTS = st.integers(1, 50_000).map(lambda n: Decimal(n) / 100)
PRICES = st.integers(1, 9_999).map(lambda n: Decimal(n) / 10_000)


@given(
    st.lists(st.tuples(COUNTS, PRICES), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([(DIRECT, DIRECT_RULE), (CENT, BROKER)]),
)
def test_every_fill_of_an_order_costs_what_the_decimal_face_says(
    fills: list[tuple[Decimal, Decimal]], buys: bool, kind: tuple[str, Any]
) -> None:
    account, wanted = OrderFees(kind[1]), []
    for count, price in fills:
        fee, account = account.fill(count, price, buys)
        wanted.append(fee.net_fee)
    assert charge(kind[0], [(str(c), str(p)) for c, p in fills], buys) == wanted


@given(COUNTS, PRICES)
def test_the_conservative_schedule_is_the_order_fee_up_to_the_cent(count: Decimal, price: Decimal) -> None:
    assert charge(CONSERVATIVE, [(str(count), str(price))], True) == [kalshi_order_fee(count, price, mode="cent")]


def test_the_printed_schedule_is_met_to_the_last_digit() -> None:
    grid = next(case for case in VECTORS["cases"] if case["id"] == "fee_grid")
    columns = {2: 1, 3: Decimal("0.25"), 4: Decimal("0.5")}
    for count, cents, *fees in grid["expected"]["rows"]:
        for column, factor in columns.items():
            price = str(Decimal(cents) / 100)
            got = charge(CONSERVATIVE, [(str(count), price)], True, factor)
            assert got == [Decimal(fees[column - 2]) / 100], (count, cents, column)


@pytest.mark.parametrize(
    ("fills", "fee"), [(("1", "0.52"), "0.0175"), (("1", "0.99"), "0.0007"), (("4", "0.49"), "0.07")]
)
def test_real_fills_of_api_members_are_met(fills: tuple[str, str], fee: str) -> None:
    assert charge(DIRECT, [fills], True) == [Decimal(fee)]


def test_whole_contracts_of_an_instrument_come_in_hundredths_at_least() -> None:
    from engine.core.errors import InvalidConfig

    with pytest.raises(InvalidConfig, match="hundredths"):
        Instrument("KXA", kind="event", lot=0.001, fee=kalshi_fees())
