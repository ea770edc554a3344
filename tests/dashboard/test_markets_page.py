"""The Markets page through Streamlit's test runner: every tab, every refusal, live data from a venue on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import APP
from engine import service
from engine.brokers.kalshi.config import KalshiConfig
from engine.service import BetRequest, markets_live
from engine.service.recent import Recent
from tests.conformance.fake_kalshi import FakeKalshi

OPENING = "KXDEMO-25FEB03-B37.5"
POLYMARKET = "Polymarket, real"
LIVE = "Live Kalshi"


def page(**query: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=90)
    for key, value in query.items():
        at.query_params[f"markets_{key}"] = str(value)
    return at.switch_page("views/markets.py").run()


def clean(at: AppTest) -> AppTest:
    assert not at.exception
    assert not at.error
    return at


def headers(at: AppTest) -> list[str]:
    return [header.value.replace("\\", "") for header in at.header]


def captions(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.caption).replace("\\", "")


def tiles(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in at.metric}


def charts(at: AppTest) -> list[str]:
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def warnings_on(at: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in at.warning]


def test_the_page_opens_on_a_bundled_market_that_says_it_is_synthetic() -> None:
    at = clean(page())
    assert headers(at)[0] == OPENING
    assert "SYNTHETIC" in captions(at)
    assert "Bundled set, not live" in captions(at)
    assert charts(at)[0].startswith(f"The middle price of {OPENING} went from")
    assert "Quoted top of book at 3 Feb 2025 10:00 UTC" in captions(at)
    assert at.slider(key="markets_p").value == 61.0
    assert {"Contracts", "Stake with fee", "Fee", "Full Kelly"} <= set(tiles(at))


@pytest.mark.parametrize("which", ["Synthetic, made in Kalshi's manner", POLYMARKET])
@pytest.mark.parametrize("tab", ["Market", "Model", "Backtest"])
def test_every_tab_of_every_set_is_drawn_without_a_fault(which: str, tab: str) -> None:
    at = clean(page(set=which, tab=tab))
    assert charts(at)
    assert all(len(alt) > 20 for alt in charts(at))
    assert not at.warning


def test_the_probability_changes_the_ticket_and_a_fair_one_buys_nothing() -> None:
    at = page()
    before = tiles(at)["Contracts"]
    at.slider(key="markets_p").set_value(70.0).run()
    assert int(tiles(at)["Contracts"].replace(",", "")) > int(before.replace(",", ""))
    assert "Buy" in headers(at)[1]
    at.slider(key="markets_p").set_value(51.0).run()
    assert headers(clean(at))[1].partition(" ")[2].startswith("No trade")
    assert "Buy YES above" in tiles(at)


def test_the_ticket_is_the_one_the_kelly_page_would_write() -> None:
    at = page(p=70)
    view = service.market_history("synthetic", OPENING)
    bid, ask = view.quote(view.bar_at(0.5))
    order = service.ContractOrder(100 * bid, 100 * ask)
    ticket = service.contract(0.70, order, service.Sizing(10_000.0, 0.25, 0.10, 0.005)).ticket
    assert tiles(at)["Contracts"] == f"{ticket.contracts:,}"
    assert tiles(at)["Stake with fee"] == f"${ticket.stake:,.2f}"


def test_the_whole_event_is_sized_together_with_every_market_in_the_table() -> None:
    at = page()
    table = at.table[-1].value
    assert len(table) == 6
    assert list(table.columns) == ["Market", "Bid / ask", "Probability", "Kelly alone", "Buy", "Costs"]
    assert any("B37.5 (yours)" in str(cell) for cell in table["Market"])


def test_an_untouched_probability_follows_the_price_and_a_set_one_stays() -> None:
    at = page()
    at.slider(key="markets_at").set_value(90).run()
    assert at.slider(key="markets_p").value != 61.0
    at.slider(key="markets_p").set_value(33.0).run()
    at.slider(key="markets_at").set_value(20).run()
    assert at.slider(key="markets_p").value == 33.0
    at.button(key="markets_follow").click().run()
    assert at.slider(key="markets_p").value != 33.0


def test_a_search_that_finds_nothing_says_what_to_do() -> None:
    at = clean(page(search="no such thing"))
    assert "Shorten the search" in captions(at)


def test_another_market_and_another_set_can_be_chosen() -> None:
    at = page()
    at.text_input(key="markets_search").set_value("jan10").run()
    assert headers(clean(at))[0].startswith("KXDEMO-25JAN10")
    at.selectbox(key="markets_set").set_value(POLYMARKET).run()
    assert "No market fits this search." in " ".join(m.value for m in clean(at).markdown)
    at.text_input(key="markets_search").set_value("").run()
    assert headers(clean(at))[0].startswith("Bitcoin Up or Down")


def test_a_link_to_an_unknown_market_says_so_and_shows_another() -> None:
    at = page(ticker="KXDEMO-25FEB03-B37")
    assert not at.exception
    assert any("no market 'KXDEMO-25FEB03-B37'" in text for text in warnings_on(at))
    assert headers(at)


@pytest.mark.parametrize("p", ["150", "0", "much"])
def test_a_link_with_a_probability_that_is_none_says_so_and_follows_the_price(p: str) -> None:
    at = page(p=p)
    assert not at.exception
    assert any(f"a probability of {p}%" in text for text in warnings_on(at))
    assert at.slider(key="markets_p").value == 61.0


def test_limits_that_contradict_keep_the_last_ticket() -> None:
    at = page()
    before = tiles(at)
    at.slider(key="markets_least").set_value(10.0)
    at.slider(key="markets_cap").set_value(5.0).run()
    assert not at.exception
    assert warnings_on(at)
    assert tiles(at) == before


def test_the_model_tab_answers_whether_it_beats_the_price() -> None:
    at = clean(page(tab="Model"))
    assert headers(at)[0].partition(" ")[2] == "No: it does not beat the price."
    assert set(tiles(at)) == {"Brier skill", "Distance from price", "Bets it would make", "Return on those"}
    assert charts(at)[0].startswith("Calibration.")
    at.selectbox(key="markets_model").set_value("The price itself").run()
    assert "forecast every model has to beat" in headers(clean(at))[0]


def test_the_backtest_shows_the_curve_the_events_and_every_bet() -> None:
    at = clean(page(tab="Backtest"))
    view = service.bet_run(BetRequest())
    assert tiles(at)["Bets"] == f"{len(view.bets):,}"
    assert tiles(at)["Final equity"] == f"${view.equity[-1]:,.2f}"
    assert len(charts(at)) == 2
    table = at.dataframe[-1].value
    assert len(table) == len(view.bets)
    assert {"Believed", "Price", "Fees", "Result", "P&L"} <= set(table.columns)
    at.slider(key="markets_edge").set_value(30.0).run()
    assert "No bet was worth its price" in headers(clean(at))[0]


def test_no_number_stands_without_its_unit() -> None:
    for tab in ("Market", "Model", "Backtest"):
        at = page(tab=tab)
        assert all(metric.label and metric.help for metric in at.metric)


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKalshi]:
    monkeypatch.setattr(markets_live, "_LISTS", Recent(4))
    monkeypatch.setattr(markets_live, "_MARKETS", Recent(16))
    with FakeKalshi() as fake:
        fake.add_series("KXHIGHNY", title="Highest temperature in New York")
        fake.add_event("KXHIGHNY-TODAY", "KXHIGHNY", title="Highest today?", mutually_exclusive=True)
        for low, bid in ((60, "0.40"), (62, "0.30")):
            ticker = fake.add_market(f"KXHIGHNY-TODAY-B{low}", "KXHIGHNY-TODAY", title=f"{low} to {low + 1}?").ticker
            fake.post(ticker, "bid", bid, "25")
            fake.post(ticker, "ask", "0.55", "40")
        monkeypatch.setattr(markets_live, "VENUE", [KalshiConfig(rest_url=fake.rest_url, timeout_s=2.0)])
        yield fake


def test_nothing_is_asked_of_the_network_before_a_person_asks(venue: FakeKalshi) -> None:
    asked = len(venue.requests())
    at = clean(page(data=LIVE, series="KXHIGHNY"))
    assert len(venue.requests()) == asked
    assert "press Fetch" in captions(at)
    assert headers(at)[0] == OPENING, "the bundled set is there meanwhile"


def test_live_markets_are_fetched_loaded_and_kept_when_the_network_dies(
    venue: FakeKalshi, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = page(data=LIVE, series="KXHIGHNY")
    at.button(key="markets_fetch").click().run()
    assert "Highest today?" in headers(clean(at))[0]
    assert "As of" in captions(at)
    assert "Best bid and offer" in captions(at)
    at.button(key="markets_load").click().run()
    assert "Live book" in captions(clean(at))
    assert any(alt.startswith("Order book: best bid 40¢") for alt in charts(at))
    shown = headers(at)
    monkeypatch.setattr(markets_live, "VENUE", [KalshiConfig(rest_url="http://127.0.0.1:9", timeout_s=0.5)])
    at.button(key="markets_fetch").click().run()
    assert not at.exception
    assert headers(at) == shown
    assert any("What is shown is as of" in text for text in warnings_on(at))
