"""The Kelly page through Streamlit's test runner: every question, every refusal, every number from the service."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import APP
from engine import service

MODES = ("Binary bet", "Kalshi", "Returns", "Trades")


def page(**query: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        at.query_params[f"kelly_{key}"] = str(value)
    return at.switch_page("views/kelly.py").run()


def answer(at: AppTest) -> str:
    """The sentence on top without its icon and its escapes."""
    return at.header[0].value.partition(" ")[2].replace("\\", "")


def tiles(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in at.metric}


def tables(at: AppTest) -> list[list[list[str]]]:
    return [table.value.astype(str).to_numpy().tolist() for table in at.table]


def charts(at: AppTest) -> list[str]:
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def curve(at: AppTest, place: int = 0) -> np.ndarray:
    """The heights of the first line of a figure."""
    heights = json.loads(at.get("plotly_chart")[place].proto.spec)["data"][0]["y"]
    found = np.frombuffer(base64.b64decode(heights["bdata"]), dtype=heights["dtype"])
    return found[np.isfinite(found)]


def warnings_on(at: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in at.warning]


@pytest.mark.parametrize("mode", MODES)
def test_every_question_opens_with_an_answer_three_pictures_and_no_error(mode: str) -> None:
    at = page(mode=mode)
    assert not at.exception
    assert not at.error
    assert not at.warning
    assert answer(at)
    assert len(at.metric) >= 4
    assert len(charts(at)) == 3
    assert all(len(alt) > 20 for alt in charts(at))
    titles = {title.value for title in at.subheader}
    wanted = {"Growth by stake", "Simulated bankrolls", "Chance of ever falling", "Quick reference"}
    assert wanted <= titles


def test_the_page_opens_with_the_sentence_of_the_quick_reference() -> None:
    at = page()
    assert answer(at) == "Bet $250.00 of $10,000.00: 2.50% of the bankroll, quarter Kelly of 10.00%."
    assert tiles(at) == {"Stake": "$250.00", "Full Kelly": "10.00%", "Edge": "10.00%", "Bets to double": "316.8"}
    assert "START" in " ".join(caption.value for caption in at.caption)


def test_a_slider_changes_the_answer_and_the_curve() -> None:
    at = page()
    before = curve(at)
    at.slider(key="kelly_p").set_value(60.0).run()
    assert answer(at).startswith("Bet $500.00")
    assert curve(at).max() > before.max()
    law = service.Law(0.6, 1.0)
    growth = service.growth_view(law, 0.05).growth
    assert curve(at).max() == pytest.approx(growth.max())


def test_the_address_sets_every_input_of_a_bet() -> None:
    at = page(p=60.0, bankroll=5000.0, fraction=50, cap=20.0, loss=50.0, cost=1.0)
    view = service.bet(0.6, 1.0, service.Sizing(5_000.0, 0.5, 0.2, 0.01), a=0.5, cost=0.01)
    assert tiles(at)["Stake"] == f"${view.stake:,.2f}"
    assert view.size.reason == "capped"
    assert "capped at 20.00%" in answer(at)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("Decimal (2.00)", "decimal", 3.5),
        ("American (+150)", "american", 250),
        ("Fractional (5/2)", "fractional", "5/2"),
    ],
)
def test_odds_in_other_quotes_are_the_same_bet(kind: str, key: str, value: float | str) -> None:
    assert answer(page(odds=kind, **{key: value})) == answer(page(net=2.5))


def test_a_negative_edge_is_no_bet_and_shows_it() -> None:
    at = page(p=48.0)
    assert answer(at) == "No bet: edge -4.00% of the stake."
    assert tiles(at)["Full Kelly"] == "-4.00%"
    assert "Simulated bankrolls" not in {title.value for title in at.subheader}


def test_too_little_kelly_is_no_bet_and_says_why() -> None:
    assert "less than your smallest position of 1.00%" in answer(page(p=51.0))


def test_bad_odds_are_refused_beside_them_and_what_was_shown_stays() -> None:
    at = page(odds="Fractional (5/2)")
    before = answer(at)
    at.text_input(key="kelly_fractional").set_value("five to two").run()
    assert not at.exception
    assert "write 5/2" in warnings_on(at)[0]
    assert answer(at) == before
    at.text_input(key="kelly_fractional").set_value("2/1").run()
    assert not at.warning
    assert answer(at) != before


def test_a_bad_link_has_a_page_that_says_what_to_do() -> None:
    at = page(odds="American (+150)", american=50)
    assert "american odds" in warnings_on(at)[0]
    assert not at.header
    assert "No answer yet" in " ".join(text.value for text in at.markdown)


def test_a_smallest_position_above_the_largest_is_refused_beside_the_sliders() -> None:
    at = page()
    at.slider(key="kelly_min").set_value(5.0).run()
    at.slider(key="kelly_cap").set_value(4.0).run()
    assert "min_position_pct" in warnings_on(at)[0]
    assert answer(at)


def test_the_ticket_shows_side_size_fee_and_both_ends() -> None:
    at = page(mode="Kalshi", p=60.0)
    ticket = service.contract(0.6, service.ContractOrder(48, 50), service.Sizing()).ticket
    assert (ticket.contracts, ticket.stake, ticket.fee) == (826, Decimal("427.455"), Decimal("14.455"))
    assert answer(at) == "Buy 826 YES at 50¢ for $427.46: 4.27% of the bankroll, quarter Kelly of 17.10%."
    assert tiles(at) == {
        "Contracts": "826",
        "Stake with fee": "$427.46",
        "Fee": "$14.46",
        "Full Kelly": "17.10%",
        "Best case": "$398.54",
        "Worst case": "-$427.46",
        "Edge per contract": "8.25¢",
        "Break-even": "51.75%",
    }


def test_the_ticket_follows_the_fee_and_the_kind_of_order() -> None:
    assert tiles(page(mode="Kalshi", p=60.0, fee="Broker (up to 1¢)"))["Fee"] == "$14.46"
    resting = page(mode="Kalshi", p=60.0, order="Rest an order")
    assert answer(resting).startswith("Rest an order for 1,201 YES at 48¢")
    assert tiles(resting)["Fee"] == "$0.00"


def test_no_trade_has_its_reason_and_its_break_evens() -> None:
    at = page(mode="Kalshi", p=49.0)
    assert answer(at).startswith("No trade: edge -5.31% of the stake")
    assert (tiles(at)["Buy YES above"], tiles(at)["Buy NO below"]) == ("51.75%", "46.25%")
    empty = page(mode="Kalshi", bid=0.0, ask=100.0)
    assert "nothing is offered" in answer(empty)
    assert not empty.exception


def test_a_crossed_quote_is_refused() -> None:
    assert "yes_bid" in warnings_on(page(mode="Kalshi", bid=60.0))[0]


def test_the_mean_of_log_returns_is_corrected_and_the_trap_is_named() -> None:
    simple, log = page(mode="Returns"), page(mode="Returns", mean="Log returns")
    assert (tiles(simple)["Full Kelly"], tiles(log)["Full Kelly"]) == ("242.21%", "292.21%")
    said = " ".join(caption.value for caption in simple.caption).replace("\\", "")
    assert "average of LOG returns" in said
    assert "292.21%" in said


def test_below_cash_there_is_no_position() -> None:
    at = page(mode="Returns", mu=2.0)
    assert answer(at) == "No position: edge -2.00% a year over cash."
    assert not at.exception


def test_the_three_numbers_called_kelly_are_told_apart_and_the_engines_is_marked() -> None:
    at = page(mode="Trades")
    view = service.record(service.paste_trades(service.example_trades()), service.Sizing())
    rows = tables(at)[0]
    assert "used here" in rows[0][0]
    assert [row[0] for row in rows[1:]] == ["K, fraction at risk", "Notional leverage", "Exact log-optimal notional"]
    assert [row[1] for row in rows] == ["20.99%", "22.63%", "17.65x", "15.71x"]
    assert f"{view.rule.full:.2%}" == "20.99%"
    assert answer(at).startswith(f"Put ${view.stake:,.2f} of $10,000.00 at risk")


def test_pasted_dollars_ask_for_the_money_in_each_trade() -> None:
    at = page(mode="Trades", trades="$120 -$80 $60 -$40")
    assert tables(at)[0][2][1] == "n/a"
    at.number_input(key="kelly_trade_size").set_value(1_000.0).run()
    assert tables(at)[0][2][1].endswith("x")


def test_text_that_is_no_number_is_refused_and_the_rest_stays() -> None:
    at = page(mode="Trades")
    before = answer(at)
    at.text_area(key="kelly_trades").set_value("1% two 3%").run()
    assert "number 2 is 'two'" in warnings_on(at)[0]
    assert answer(at) == before


@pytest.mark.parametrize("text", ["", "+1% +2% +3%", "-1% -2%", "0 0 0", "1%"])
def test_every_odd_record_has_a_page(text: str) -> None:
    at = page(mode="Trades")
    at.text_area(key="kelly_trades").set_value(text).run()
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize("source", ["CSV file", "Last backtest"])
def test_without_trades_the_page_says_where_to_get_some(source: str) -> None:
    at = page(mode="Trades", source=source)
    assert not at.exception
    assert "No closed trades" in " ".join(text.value for text in at.markdown)


def test_a_file_is_read_by_its_best_column() -> None:
    at = page(mode="Trades", source="CSV file")
    data = "symbol,pnl,return\n" + "A,10,0.01\nB,-5,-0.005\n" * 15
    at.file_uploader(key="kelly_file").set_value(("trades.csv", data.encode(), "text/csv")).run()
    view = service.record(service.run_trades([0.01, -0.005] * 15, "x"), service.Sizing())
    assert answer(at).startswith(f"Put ${view.stake:,.2f}")
    assert "30 closed trades from trades.csv, column return" in at.caption[0].value.replace("\\", "")


def test_a_file_that_cannot_be_read_is_refused() -> None:
    at = page(mode="Trades", source="CSV file")
    at.file_uploader(key="kelly_file").set_value(("x.csv", b"name\nanna\n", "text/csv")).run()
    assert "no column of numbers" in warnings_on(at)[0]


def test_the_last_backtest_is_sized_by_its_closed_trades() -> None:
    request = service.OPENING
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.session_state["last_run"] = request
    at.query_params["kelly_mode"] = "Trades"
    at.query_params["kelly_source"] = "Last backtest"
    at.switch_page("views/kelly.py").run()
    returns = service.closed_returns(request)
    view = service.record(service.run_trades(returns, "the last backtest"), service.Sizing())
    assert not at.exception
    assert f"{len(returns):,} closed trade" in at.caption[0].value.replace("\\", "").lower()
    assert answer(at).startswith(f"Put ${view.stake:,.2f}" if view.rule.position > 0 else "No position")


def test_other_seeds_and_lengths_give_other_fans() -> None:
    first, second, longer = page(), page(seed=2), page(bets=500)
    falls = [tables(at)[0][0][2] for at in (first, second, longer)]
    fan = service.fan_view(service.Law(0.55, 1.0), 0.025, 10_000.0, 250, 2)
    assert len(set(falls)) == 3
    assert float(falls[1]) == pytest.approx(-fan.q95_max_drawdown)
    assert tables(page())[0] == tables(first)[0]


def test_the_fear_of_a_fall_gives_a_stake() -> None:
    at = page(alpha=50, beta=5)
    view = service.tolerance_view(service.Law(0.55, 1.0), service.Sizing(), 0.5, 0.05)
    said = " ".join(text.value for text in at.markdown).replace("\\", "")
    assert f"Stake at most ${view.stake:,.2f}" in said


def test_baker_mchale_follows_the_number_of_outcomes() -> None:
    said = " ".join(text.value for text in page(n=99).markdown).replace("\\", "")
    assert "Baker-McHale keeps 50.00% of full Kelly." in said
