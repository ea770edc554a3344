"""The Kelly page in a real browser: every question in both themes and widths, sliders that move it, links that last."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, errors_on, opening, overflow_px, wait_until_drawn

ANSWER = ".st-key-kelly_answer h2"
# Streamlit keeps the figure before, unseen, until the new one is there.
CHART = ".st-key-kelly_growth_chart:visible"
MODES = ("Binary bet", "Kalshi", "Returns", "Trades")


def address(app_url: str, mode: str = "Binary bet", **more: str) -> str:
    query = "&".join(f"kelly_{name}={value}" for name, value in {"mode": mode, **more}.items())
    return f"{app_url}/kelly?{query}".replace(" ", "+")


def answer(page: Page) -> str:
    return page.locator(ANSWER).inner_text()


def heights_of_the_curve(page: Page) -> str:
    """The path of the growth curve as drawn."""
    return str(page.locator(f"{CHART} .scatterlayer path.js-line").first.get_attribute("d"))


def clipped(page: Page) -> list[str]:
    """Texts of tiles and tables that do not fit in their box."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll(
                 '[data-testid="stMetricValue"], [data-testid="stMetricLabel"], [data-testid="stTable"]')]
                 .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.innerText)"""
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_question_opens_without_an_error_and_fits_the_screen(
    open_page: OpenPage, app_url: str, width: int, scheme: str
) -> None:
    page = open_page(address(app_url), width=width, scheme=scheme)
    for mode in MODES:
        page.get_by_test_id("stButtonGroup").get_by_text(mode, exact=True).click()
        page.wait_for_timeout(200)
        wait_until_drawn(page)
        assert errors_on(page) == [], mode
        assert overflow_px(page) == 0, mode
        assert clipped(page) == [], mode
        assert page.get_by_test_id("stPlotlyChart").count() == 3, mode


@pytest.fixture(scope="module")
def desk(chromium: Browser, app_url: str) -> Iterator[Page]:
    """One page for several tests: a second visit has its scripts already."""
    with opening(chromium) as open_:
        yield open_(address(app_url))


def visit(page: Page, url: str) -> None:
    page.goto(url)
    wait_until_drawn(page)


def test_a_slider_changes_the_answer_the_curve_and_the_address(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url))
    assert "Bet $250.00 of $10,000.00" in answer(desk)
    before = heights_of_the_curve(desk)
    slider = desk.get_by_role("slider", name="Win probability")
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(desk.locator(ANSWER)).to_contain_text("Bet $300.00 of $10,000.00")
    expect(desk.locator(CHART).first).to_contain_text("Full Kelly 12.0%")
    wait_until_drawn(desk)
    assert heights_of_the_curve(desk) != before
    expect(desk).to_have_url(re.compile(r"kelly_p=56"))


def test_what_was_set_is_still_there_after_a_look_at_another_page(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url, p="60"))
    desk.get_by_test_id("stTopNavLink").filter(has_text="Tune").click()
    expect(desk).not_to_have_url(re.compile("/kelly"))
    desk.get_by_test_id("stTopNavLink").filter(has_text="Kelly").click()
    expect(desk.locator(ANSWER)).to_contain_text("Bet $500.00", timeout=30_000)


def test_a_file_of_trades_is_sized(desk: Page, app_url: str) -> None:
    visit(desk, address(app_url, "Trades", source="CSV file"))
    data = b"symbol,return\n" + b"A,0.02\nB,-0.01\n" * 12
    desk.locator("input[type=file]").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": data})
    expect(desk.locator(ANSWER)).to_contain_text("at risk", timeout=30_000)
    expect(desk.locator(".st-key-kelly_answer")).to_contain_text("24 closed trades from t.csv, column return")
    wait_until_drawn(desk)
    assert errors_on(desk) == []


def test_a_link_shows_the_same_ticket_to_another_visitor(desk: Page, open_page: OpenPage, app_url: str) -> None:
    visit(desk, address(app_url, "Kalshi", p="60"))
    slider = desk.get_by_role("slider", name="Fraction of full Kelly")
    slider.focus()
    slider.press("ArrowRight")
    expect(desk).to_have_url(re.compile(r"kelly_fraction=30"))
    expect(desk.locator(ANSWER)).to_contain_text("Buy 991 YES at 50¢")
    wait_until_drawn(desk)
    other = open_page(desk.url, width=390, scheme="dark")
    assert answer(other) == answer(desk)
    assert other.url == desk.url
