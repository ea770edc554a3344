"""Identities that hold in every run, whatever the options: no money from nowhere, no price that nobody traded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from engine import BacktestResult
from engine.core import codes as c
from engine.core.instrument import QUADRATIC
from tests.effort import tried
from tests.engine_twin import money
from tests.properties.scenarios import Scenario, scenarios

NO_BORROWING = scenarios(gross=(0.5, 0.9), sides=("long",), shorts=False)


@dataclass
class Moment:
    """The account right before a fill: cash, positions and the last known price of each symbol."""

    fill: dict[str, Any]
    cash: float
    held: dict[str, float]
    marks: dict[str, float]
    earlier: dict[str, float]  # other marks, if the fill may have been inside the bar or at its close

    def worth(self) -> float:
        return self.cash + sum(q * self.marks[s] for s, q in self.held.items() if q)

    def gross(self) -> float:
        return sum(abs(q * self.marks[s]) for s, q in self.held.items() if q)


def change(fill: dict[str, Any]) -> float:
    """Return what a fill does to cash."""
    sign = 1 if fill["side"] == "buy" else -1
    return -sign * float(fill["quantity"]) * float(fill["price"]) - float(fill["fee"])


def in_order(fills: list[dict[str, Any]], cash: float) -> list[dict[str, Any]]:
    """Return the fills of a bar in the order in which they happened: each says what cash it left."""
    left, found = list(fills), []
    while left:
        firsts = {f["symbol"]: f for f in reversed(left)}
        nearest = min(firsts.values(), key=lambda f: abs(cash + change(f) - f["cash"]))
        assert nearest["cash"] == pytest.approx(cash + change(nearest), rel=1e-9, abs=1e-6), "cash does not add up"
        cash = nearest["cash"]
        left.remove(nearest)
        found.append(nearest)
    return found


def replay(result: BacktestResult) -> Iterator[Moment]:
    """Walk through a run by its fills alone, stopping before each; at every close cash and equity must be its own."""
    symbols = result.bars.symbols
    held = dict.fromkeys(symbols, 0.0)
    marks = dict.fromkeys(symbols, math.nan)
    cash = result.initial_capital
    by_bar: dict[int, list[dict[str, Any]]] = {}
    for fill in result.fills.to_dict("records"):
        by_bar.setdefault(int(fill["bar"]), []).append(fill)
    prices = result.bars.prices

    def see(row: int, t: int) -> None:
        marks.update({name: prices[row, s, t] for s, name in enumerate(symbols) if not math.isnan(prices[row, s, t])})

    for t in range(len(result.bars)):
        see(0, t)
        for fill in in_order(by_bar.get(t, []), cash):
            earlier = dict(marks)
            if result.optimistic and fill["raw_price"] == prices[3, symbols.index(fill["symbol"]), t]:
                see(3, t)  # the closes are known when orders fill at them
            yield Moment(fill, cash, dict(held), dict(marks), earlier)
            cash += change(fill)
            held[fill["symbol"]] += fill["quantity"] if fill["side"] == "buy" else -fill["quantity"]
            marks[fill["symbol"]] = fill["raw_price"]
        see(3, t)
        equity = cash + sum(q * marks[s] for s, q in held.items() if abs(q) > 1e-9)
        scale = 1e-9 * max(result.initial_capital, abs(equity))
        assert result.cash_values[t] == pytest.approx(cash, rel=1e-9, abs=scale)
        assert result.equity_values[t] == pytest.approx(equity, rel=1e-9, abs=scale), f"equity on bar {t}"
        assert result.positions.iloc[t].tolist() == pytest.approx([held[s] for s in symbols], rel=1e-9, abs=1e-9)


@tried(60)
@given(scenarios())
def test_cash_and_positions_at_their_marks_are_equity_on_every_bar(scenario: Scenario) -> None:
    result = scenario.run()
    for _ in replay(result):
        pass
    assert result.metrics["fees"] == pytest.approx(result.fills["fee"].sum(), abs=1e-6)


@tried(60)
@given(scenarios())
def test_the_profits_of_all_trades_are_the_change_in_equity(scenario: Scenario) -> None:
    result = scenario.run()
    gained = result.equity_values[-1] - scenario.capital
    assert result.trades["pnl"].sum() == pytest.approx(gained, rel=1e-9, abs=1e-8 * scenario.capital)
    sizes = result.trades["quantity"] * result.trades["entry_price"]
    assert (result.trades["return"] * sizes).sum() == pytest.approx(gained, rel=1e-9, abs=1e-8 * scenario.capital)
    assert result.trades["fees"].sum() == pytest.approx(result.fills["fee"].sum(), rel=1e-9, abs=1e-9)


@tried(60)
@given(scenarios())
def test_no_fill_lies_outside_its_bar_or_the_slippage_rule(scenario: Scenario) -> None:
    result, costs = scenario.run(), scenario.costs
    for f in result.fills.to_dict("records"):
        s = result.bars.symbols.index(f["symbol"])
        _, high, low, _, _ = result.bars.prices[:, s, f["bar"]].tolist()
        assert not f["raw_price"] < low * (1 - 1e-12), f
        assert not f["raw_price"] > high * (1 + 1e-12), f
        width = high - low if high > low else 0.0
        most = f["raw_price"] * costs.slippage_rate + costs.slippage_range * width
        worse = (1 if f["side"] == "buy" else -1) * (f["price"] - f["raw_price"])
        tick = result.bars.instruments[s].tick
        assert -tick - 1e-9 <= worse <= most + tick + 1e-9, f
        if tick:
            assert f["price"] / tick == pytest.approx(round(f["price"] / tick), abs=1e-6)


@tried(60)
@given(scenarios())
def test_every_fill_pays_the_fee_of_its_instrument(scenario: Scenario) -> None:
    result = scenario.run()
    things = {i.symbol: i for i in result.bars.instruments}
    for f in result.fills.to_dict("records"):
        model = money.fee_model(things[f["symbol"]], scenario.costs)
        if model.kind == QUADRATIC:  # what rounding took or gave back depends on the order's other fills
            assert f["fee"] == pytest.approx(model.rate * f["quantity"] * f["price"] * (1 - f["price"]), abs=1.02e-4)
            continue
        wanted, _ = money.fee(model, 0, f["quantity"], f["price"], f["side"] == "buy", False, Decimal(0))
        assert f["fee"] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@tried(60)
@given(NO_BORROWING)
def test_nothing_is_bought_with_money_that_is_not_there(scenario: Scenario) -> None:
    result = scenario.run()
    sales = result.fills[result.fills["side"] == "sell"]
    # a sale for less than its own fee is the one thing that takes more than there is
    owed = (sales["fee"] - sales["quantity"] * sales["price"]).clip(lower=0).sum()
    assert result.fills["cash"].min() >= -owed - 1e-7 or result.fills.empty
    assert result.cash_values.min() >= -owed - 1e-7


@tried(60)
@given(scenarios(gross=(0.5, 2.0)))
def test_no_entry_lifts_exposure_or_a_position_above_its_limit(scenario: Scenario) -> None:
    result, risk = scenario.run(), scenario.risk
    slack = 1e-8 * scenario.capital
    for moment in replay(result):
        if moment.fill["reason"] != "entry":
            continue
        f = moment.fill
        bought = f["quantity"] * f["price"]
        over = []
        for seen in (moment, replace(moment, marks=moment.earlier)):
            most = risk.max_gross_exposure * (seen.worth() - f["fee"])
            over.append(seen.gross() + bought - most)
        assert min(over) <= slack, f
        if risk.max_position_pct is not None and risk.max_position_pct < risk.max_gross_exposure:
            held = abs(moment.held[f["symbol"]]) * f["price"]
            assert held + bought <= risk.max_position_pct * moment.worth() + slack, f


@tried(60)
@given(scenarios())
def test_no_more_positions_are_open_than_allowed(scenario: Scenario) -> None:
    result, most = scenario.run(), scenario.risk.max_open_positions
    if most is not None:
        assert (np.abs(result._log.held) > 0).sum(axis=0).max() <= most


@tried(60)
@given(scenarios())
def test_rounding_makes_whole_lots_and_never_raises_exposure(scenario: Scenario) -> None:
    result = scenario.run()
    for s, thing in enumerate(result.bars.instruments):
        if thing.lot:
            lots = np.concatenate(
                [result._log.held[s], result.fills.loc[result.fills["symbol"] == thing.symbol, "quantity"]]
            )
            np.testing.assert_allclose(lots / thing.lot, np.round(lots / thing.lot), atol=1e-6)
    if result.optimistic:
        return  # equity at the close is known only after the fees of its fills
    orders = result.decisions[result.decisions["code"] == c.ENTER]
    for d in orders.to_dict("records"):
        equity = result.equity_values[d["bar"]]
        assert abs(d["allowed"]) * d["price"] <= abs(d["asked"]) * equity * (1 + 1e-9), d


@tried(60)
@given(scenarios())
def test_every_way_out_of_a_position_has_its_reason(scenario: Scenario) -> None:
    result = scenario.run()
    assert set(result.fills["reason"]) <= {"entry", *(words for code, words in c.EXITS.items() if code != c.NO_EXIT)}
    open_now = int((np.abs(result._log.held[:, -1]) > 0).sum())
    assert (result.trades["exit_reason"] == c.EXITS[c.NO_EXIT]).sum() == open_now
    assert result.metrics["trades"] == len(result.trades) - open_now
