"""A record of trades is read as it is meant, and its numbers are the engine's."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import service
from engine.core.errors import InvalidConfig, InvalidData, InvalidParams
from engine.risk import kelly_math
from engine.risk.kelly_record import kelly_from_trades
from engine.service import kelly_reading as reading
from tests.vectors.runner import BUNDLED, load

SIZING = service.Sizing()


def cases(file: str, function: str) -> list[Any]:
    found = [case for case in load(BUNDLED / f"{file}.json") if case["function"] == function]
    return [pytest.param(case, id=case["id"]) for case in found]


@pytest.mark.parametrize("case", cases("01_kelly_single", "kelly_from_trades"))
def test_a_record_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    returns, expected = case["inputs"]["trade_returns"], case["expected"]
    view = service.record(service.run_trades(returns, "vectors"), SIZING)
    wanted = {
        "kelly_risk_fraction_K": view.kelly.risk_fraction,
        "notional_leverage_K_over_avg_loss": view.kelly.notional,
        "exact_log_optimal_notional": view.kelly.exact_notional,
    }
    for name, value in wanted.items():
        if isinstance(expected.get(name), float):
            assert value == pytest.approx(expected[name], abs=1e-6)
    assert view.kelly == kelly_from_trades(np.asarray(returns))


def test_the_rule_of_the_engine_is_from_record_and_its_law_gives_the_same_kelly() -> None:
    view = service.record(service.paste_trades(service.example_trades()), SIZING)
    values = reading.paste_trades(reading.example_trades()).values
    won, lost = values[values > 0], values[values < 0]
    assert view.rule == SIZING.criterion.from_record(won.size, lost.size, won.sum(), lost.sum(), 1)
    assert view.law is not None
    assert view.law.kelly == pytest.approx(view.rule.full)
    assert view.prior_rate == pytest.approx((won.size + 10) / (won.size + lost.size + 20))
    assert view.stake == view.rule.position * 10_000.0


def test_the_interval_of_the_win_rate_is_wilsons_and_each_end_has_its_size() -> None:
    view = service.record(service.run_trades([0.01] * 55 + [-0.01] * 45, "coin"), SIZING)
    assert view.interval == kelly_math.wilson_interval(55, 100)
    assert view.interval[0] == pytest.approx(0.452, abs=1e-3)
    assert (view.rates[0].size.position, view.rates[0].stake) == (0.0, 0.0)
    assert view.rates[2].size.full == pytest.approx(0.1)
    assert view.factor == kelly_math.baker_mchale(0.55, view.kelly.payoff_ratio, view.error)


def test_a_short_record_gets_the_smallest_position() -> None:
    view = service.record(service.run_trades([0.01, -0.01], "two"), SIZING)
    assert (view.rule.reason, view.stake, view.needed) == ("short_record", 100.0, 20)


@pytest.mark.parametrize("returns", [[0.01] * 25, [-0.01] * 25, [0.0] * 25])
def test_a_one_sided_record_has_no_law_but_an_answer(returns: list[float]) -> None:
    view = service.record(service.run_trades(returns, "one side"), SIZING)
    assert (view.law, view.rates) == (None, ())
    assert math.isnan(view.factor)
    assert view.rule.position == (0.10 if returns[0] > 0 else 0.0)


def test_dollars_say_nothing_of_leverage_until_the_money_in_each_trade_is_known() -> None:
    trades = service.paste_trades("$120 $-80 (40) $60", "money")
    view = service.record(trades, SIZING)
    assert view.money
    assert math.isnan(view.kelly.notional)
    assert math.isnan(view.kelly.exact_notional)
    known = service.record(trades, SIZING, 1_000.0)
    assert known.kelly == kelly_from_trades(np.array([0.12, -0.08, -0.04, 0.06]))
    assert known.kelly.risk_fraction == pytest.approx(view.kelly.risk_fraction)
    with pytest.raises(InvalidConfig, match="money in each trade"):
        service.record(trades, SIZING, 0.0)


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("+1.5% -0.8%\n2%", "percent", [0.015, -0.008, 0.02]),
        ("0.015, -0.008; 0.02", "fraction", [0.015, -0.008, 0.02]),
        ("1.5,-0.8,2", "percent", [0.015, -0.008, 0.02]),
        ("$120 -$45.20 ($30)", "money", [120.0, -45.2, -30.0]),
        ("250 -120 80", "money", [250.0, -120.0, 80.0]),
        ("\N{MINUS SIGN}0.5 .25 1e-3", "fraction", [-0.5, 0.25, 0.001]),
    ],
)
def test_text_is_read_as_it_is_meant(text: str, unit: str, values: list[float]) -> None:
    trades = service.paste_trades(text)
    assert (trades.unit, trades.values.tolist()) == (unit, pytest.approx(values))


def test_the_unit_can_be_said() -> None:
    assert service.paste_trades("1.5 -0.8", "fraction").values.tolist() == [1.5, -0.8]
    assert service.paste_trades("0.5 -0.8", "percent").values == pytest.approx([0.005, -0.008])
    assert service.paste_trades("0.5% 0.01", "fraction").values == pytest.approx([0.005, 0.01])


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("", "auto", "no numbers"),
        ("1% two", "auto", "number 2 is 'two'"),
        ("0.1, inf", "auto", "number 2 is 'inf'"),
        ("1e999", "auto", "number 1"),
        ("$1,200 $-300", "auto", "one number or several"),
        ("1.5% 20", "money", "number 1 is a percentage"),
    ],
)
def test_text_that_cannot_be_read_is_refused_with_its_place(text: str, unit: str, said: str) -> None:
    with pytest.raises(InvalidData, match=said.replace("$", r"\$")):
        service.paste_trades(text, unit)


def test_an_unknown_unit_gets_a_suggestion() -> None:
    with pytest.raises(InvalidParams, match="did you mean 'percent'"):
        service.paste_trades("1", "percents")


def test_a_file_of_our_own_trades_is_read_by_its_returns() -> None:
    file = service.trade_file(
        "trades.csv", b"symbol,side,pnl,return,fees\nSPY,long,12.5,0.0125,1\nSPY,long,-4,-0.004,1\n"
    )
    assert (file.best, list(file.columns)) == ("return", ["pnl", "return", "fees"])
    assert file.trades("return").values.tolist() == [0.0125, -0.004]
    pnl = file.trades("pnl")
    assert (pnl.unit, pnl.values.tolist()) == ("money", [12.5, -4.0])


def test_a_file_without_a_header_with_semicolons_and_a_mark_at_its_start_is_read() -> None:
    file = service.trade_file("x.csv", "\ufeff2024-01-02;1.5\n\n2024-01-03;-0.5\n".encode())
    assert file.best == "column 2"
    assert file.trades("column 2").values.tolist() == [0.015, -0.005]


def test_quoted_thousands_are_one_number() -> None:
    file = service.trade_file("x.csv", b'name,Profit ($)\na,"1,250.50"\nb,"-1,000"\n')
    assert file.trades("Profit ($)").values.tolist() == [1250.5, -1000.0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"name,when\na,b\n", "no column of numbers"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'a,b\n"x', "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        service.trade_file("x.csv", data)


def test_a_bad_cell_is_named_with_its_line_and_a_missing_column_with_the_nearest() -> None:
    file = service.trade_file("x.csv", b"return\n0.1\n\n0.2\noops\n0.3\n")
    with pytest.raises(InvalidData, match=r"x\.csv line 5 is 'oops'"):
        file.trades("return")
    with pytest.raises(InvalidData, match="did you mean 'return'"):
        file.trades("returns")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    with contextlib.suppress(InvalidData):
        assert np.isfinite(service.paste_trades(text).values).all()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidData):
        file = service.trade_file("x.csv", data)
        service.record(file.trades(file.best), SIZING)
