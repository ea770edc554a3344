"""The Markets page in a real browser: every tab in both themes and widths, a slider that moves the ticket, links."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, errors_on, opening, overflow_px, wait_until_drawn
from tests.browser.test_kelly import clipped

TICKET = ".st-key-kelly_answer h2"
TABS = {"Market": 1, "Model": 1, "Backtest": 2}


def address(app_url: str, **more: str) -> str:
    query = "&".join(f"markets_{name}={value}" for name, value in more.items())
    return f"{app_url}/markets?{query}".replace(" ", "+")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_tab_opens_without_an_error_and_fits_the_screen(
    open_page: OpenPage, app_url: str, width: int, scheme: str
) -> None:
    page = open_page(address(app_url), width=width, scheme=scheme)
    for tab, figures in TABS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(300)
        wait_until_drawn(page, 120_000)
        expect(page.locator('[data-testid="stPlotlyChart"]:visible')).to_have_count(figures, timeout=60_000)
        assert errors_on(page) == [], tab
        assert overflow_px(page) == 0, tab
        assert clipped(page) == [], tab


@pytest.fixture(scope="module")
def desk(chromium: Browser, app_url: str) -> Iterator[Page]:
    """One page for several tests: a second visit has its scripts already."""
    with opening(chromium) as open_:
        yield open_(address(app_url))


def visit(page: Page, url: str) -> None:
    page.goto(url)
    wait_until_drawn(page)


def press(page: Page, slider: str, key: str = "ArrowRight", times: int = 1) -> None:
    found = page.get_by_role("slider", name=slider)
    found.focus()
    for _ in range(times):
        found.press(key)


def test_a_slider_changes_the_ticket_and_the_address(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url))
    expect(desk.locator(TICKET)).to_contain_text("Buy 533 YES at 54¢")
    press(desk, "Your probability of YES", times=4)
    expect(desk.locator(TICKET)).not_to_contain_text("Buy 533 YES", timeout=20_000)
    expect(desk).to_have_url(re.compile(r"markets_p=63"))
    assert errors_on(desk) == []


def test_a_row_of_the_list_opens_its_market(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url))
    box = desk.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    desk.mouse.click(box["x"] + 19, box["y"] + 83)
    expect(desk.locator("h2").first).to_contain_text("KXDEMO-25JAN07-B66.5", timeout=20_000)
    expect(desk).to_have_url(re.compile(r"markets_ticker=KXDEMO-25JAN07-B66\.5"))


def test_a_link_shows_the_same_view_to_another_visitor(desk: Page, open_page: OpenPage, app_url: str) -> None:
    visit(desk, address(app_url, set="Polymarket, real"))
    press(desk, "Moment looked at", times=5)
    press(desk, "Fraction of full Kelly")
    expect(desk).to_have_url(re.compile(r"markets_at=55.*markets_fraction=30|markets_fraction=30.*markets_at=55"))
    wait_until_drawn(desk)
    desk.wait_for_timeout(500)
    other = open_page(desk.url, width=390, scheme="dark")
    assert other.locator(TICKET).inner_text() == desk.locator(TICKET).inner_text()
    assert other.locator("h2").first.inner_text() == desk.locator("h2").first.inner_text()


def test_the_backtest_draws_its_curve_and_a_link_keeps_its_settings(
    desk: Page, open_page: OpenPage, app_url: str
) -> None:
    visit(desk, address(app_url, tab="Backtest", tilt="1.4"))
    answer = desk.locator(".st-key-markets_bet_answer h2")
    expect(answer).to_contain_text("bets", timeout=120_000)
    expect(desk.locator(".st-key-markets_equity:visible")).to_have_count(1)
    press(desk, "Least edge to buy")
    expect(desk).to_have_url(re.compile(r"markets_edge=2\.5"))
    wait_until_drawn(desk)
    desk.wait_for_timeout(1_000)
    wait_until_drawn(desk)
    other = open_page(desk.url)
    assert other.locator(".st-key-markets_bet_answer h2").inner_text() == answer.inner_text()
    assert errors_on(other) == []


def test_live_data_is_offered_without_a_call_and_the_bundled_set_stays(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url, data="Live Kalshi"))
    expect(desk.get_by_role("button", name="Fetch open markets")).to_be_visible()
    expect(desk.get_by_text("No live markets have been fetched yet.")).to_be_visible()
    expect(desk.locator("h2").first).to_contain_text("KXDEMO")
    assert errors_on(desk) == []
