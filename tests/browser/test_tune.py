"""The Tune page as a visitor meets it: sliders, links, files, the map, both themes and both screens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import OpenPage, errors_on, opening, overflow_px, wait_until_drawn
from tests.browser.test_gallery import CLIPPED

FAST, SLOW = "low_vol_momentum.fast_period", "low_vol_momentum.slow_period"
CURVES = """() => [...document.querySelectorAll('.st-key-tune_equity .js-line')]
  .map((line) => line.getAttribute('d')).join()"""
# What is wider than its own box is cut off on screen.
CUT = """() => [...document.querySelectorAll('[data-testid="stMain"] *, [data-testid="stSidebar"] *')]
  .filter((node) => node.children.length === 0 && node.textContent.trim() && node.clientWidth > 0
    && !node.closest('.js-plotly-plot, [data-testid="stDataFrame"], [data-testid="stIconMaterial"]')
    && getComputedStyle(node).overflowX !== 'visible' && node.scrollWidth > node.clientWidth + 1)
  .map((node) => node.textContent)"""
CSV_ROWS = 300


def slider(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key.replace('.', '-')} input[type=range]").first


def value_of(page: Page, key: str) -> float:
    return float(slider(page, key).input_value())


def step(page: Page, key: str, press: str) -> None:
    slider(page, key).focus()
    page.keyboard.press(press)
    page.wait_for_timeout(300)
    wait_until_drawn(page)


def link(app_url: str, **settings: object) -> str:
    return f"{app_url}/?{urlencode({name.replace('__', '.'): value for name, value in settings.items()})}"


def tile(page: Page, label: str) -> str:
    return (
        page.locator('[data-testid="stMetric"]', has_text=label).locator('[data-testid="stMetricValue"]').inner_text()
    )


def prices(rows: int = CSV_ROWS) -> str:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(3).normal(0.0005, 0.01, rows)))
    days = np.arange(np.datetime64("2023-01-02"), np.datetime64("2023-01-02") + rows)
    lines = [
        f"{day},{value:.4f},{value * 1.01:.4f},{value * 0.99:.4f},{value:.4f},1000"
        for day, value in zip(days, close, strict=True)
    ]
    return "\n".join(["date,open,high,low,close,volume", *lines])


@pytest.fixture(scope="module")
def page(chromium: Browser, app_url: str) -> Iterator[Page]:
    """One page for the tests that leave it at the opening view."""
    with opening(chromium) as open_:
        yield open_(app_url)


def test_the_page_opens_on_a_curve_that_moves_and_says_which_sizing_is_active(page: Page) -> None:
    assert errors_on(page) == []
    expect(page.get_by_role("heading", name="Low-volatility momentum on MSFT")).to_be_visible()
    expect(page.get_by_text("All-in: 100% of equity in every position")).to_be_visible()
    assert tile(page, "Final equity") != "$10,000.00"


def test_an_arrow_key_on_a_slider_changes_the_equity_chart_and_the_address(page: Page) -> None:
    before = page.evaluate(CURVES)
    step(page, FAST, "ArrowRight")
    page.wait_for_function(f"(before) => ({CURVES})() !== before", arg=before)
    expect(page).to_have_url(re.compile(r"fast_period=21"))
    step(page, FAST, "ArrowLeft")
    page.wait_for_function(f"(before) => ({CURVES})() === before", arg=before)
    assert "fast_period" not in page.url, "a setting at its default stays out of the address"


def test_a_pair_that_contradicts_itself_is_said_beside_the_sliders_and_the_last_result_stays(page: Page) -> None:
    before = page.evaluate(CURVES)
    slider(page, FAST).focus()
    page.keyboard.press("End")
    problem = page.locator('[data-testid="stSidebar"]').get_by_text("the fast period must be shorter than the slow one")
    expect(problem).to_be_visible()
    wait_until_drawn(page)
    expect(page.get_by_text("Shown is the last run that worked")).to_be_visible()
    assert page.evaluate(CURVES) == before
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(problem).to_be_hidden()
    wait_until_drawn(page)
    assert value_of(page, FAST) == 20
    assert errors_on(page) == []


def test_a_link_opened_fresh_shows_the_same_view(page: Page, open_page: OpenPage, app_url: str) -> None:
    settings = {
        FAST: 35,
        SLOW: 150,
        "tune_data": "AAPL daily",
        "tune_fraction": 0.6,
        "tune_drawdown": "Off",
        "tune_tab": "Numbers",
    }
    fresh = open_page(f"{app_url}/?{urlencode(settings)}")
    assert errors_on(fresh) == []
    assert (value_of(fresh, FAST), value_of(fresh, SLOW), value_of(fresh, "tune_fraction")) == (35, 150, 0.6)
    expect(fresh.get_by_role("heading", name="Low-volatility momentum on AAPL")).to_be_visible()
    expect(fresh.get_by_text("Fixed fraction: 60% of equity in every position.")).to_be_visible()
    expect(fresh.get_by_role("cell", name="Profit factor")).to_be_visible()
    again = open_page(fresh.url)
    assert tile(again, "Final equity") == tile(fresh, "Final equity") != tile(page, "Final equity")


def test_settings_survive_a_look_at_the_other_page(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?{urlencode({FAST: 35, 'tune_data': 'IBM daily'})}")
    equity = tile(page, "Final equity")
    page.get_by_role("link", name="Kelly").click()
    page.wait_for_url("**/kelly*")
    wait_until_drawn(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Low-volatility momentum on IBM")).to_be_visible()
    page.go_forward()
    page.wait_for_url("**/kelly*")
    wait_until_drawn(page)
    page.get_by_role("link", name="Tune").click()
    expect(page.get_by_role("heading", name="Low-volatility momentum on IBM")).to_be_visible()
    wait_until_drawn(page)
    assert value_of(page, FAST) == 35
    assert tile(page, "Final equity") == equity
    expect(page).to_have_url(re.compile(r"fast_period=35"))


def test_a_bad_file_is_refused_with_its_row_and_a_good_one_is_run(
    open_page: OpenPage, app_url: str, tmp_path: Path
) -> None:
    page = open_page(app_url)
    before = page.evaluate(CURVES)
    good, bad = tmp_path / "my_prices.csv", tmp_path / "broken.csv"
    good.write_text(prices())
    bad.write_text(prices().replace(",1000\n", ",1000\n2023-01-03,-5,1,1,1,1\n", 1))
    page.get_by_text("Your own prices (CSV)").click()
    upload = page.locator('[data-testid="stFileUploaderDropzoneInput"], .st-key-tune_file input[type=file]').first
    upload.set_input_files(bad)
    expect(page.get_by_text("broken.csv row 2 (line 3)")).to_be_visible()
    wait_until_drawn(page)
    assert page.evaluate(CURVES) == before
    upload.set_input_files(good)
    expect(page.get_by_role("heading", name="Low-volatility momentum on my_prices")).to_be_visible()
    wait_until_drawn(page)
    assert page.evaluate(CURVES) != before
    assert errors_on(page) == []
    expect(page).to_have_url(re.compile("tune_data=my_prices.csv"))


def test_a_click_on_the_map_takes_the_cell(open_page: OpenPage, app_url: str) -> None:
    page = open_page(f"{app_url}/?tune_tab=Map")
    before = page.evaluate(CURVES)
    plot = page.locator(".st-key-tune_map .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    # The second of nine columns holds the setting itself; the top row of ten is the slowest average.
    page.mouse.click(box["x"] + box["width"] * 1.5 / 9, box["y"] + box["height"] * 0.5 / 10)
    page.wait_for_function(f"(before) => ({CURVES})() !== before", arg=before)
    wait_until_drawn(page)
    assert (value_of(page, FAST), value_of(page, SLOW)) == (20, 300)
    page.get_by_role("button", name=re.compile("Take the best cell")).click()
    expect(page).not_to_have_url(re.compile("slow_period=300&|fast_period=20"))


def test_trades_and_the_tear_sheet_can_be_taken_home(page: Page) -> None:
    for name, start in (("Trades (CSV)", "symbol,side,quantity"), ("Tear sheet (HTML)", "<!")):
        page.get_by_test_id("stPopoverButton").click()
        with page.expect_download() as taken:
            page.get_by_role("button", name=name).click()
        assert Path(taken.value.path()).read_text(encoding="utf-8").startswith(start)
        page.keyboard.press("Escape")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
@pytest.mark.parametrize("data", ["MSFT daily", "BTCUSD 1-minute"])
def test_nothing_is_cut_off_in_any_tab(open_page: OpenPage, app_url: str, width: int, scheme: str, data: str) -> None:
    page = open_page(f"{app_url}/?{urlencode({'tune_data': data})}", width=width, scheme=scheme)
    for tab in ("Price", "Trades", "Why did it not trade?", "Map", "Numbers"):
        page.get_by_role("tab", name=tab, exact=True).click()
        page.wait_for_timeout(300)
        wait_until_drawn(page)
        assert errors_on(page) == [], tab
        assert overflow_px(page) == 0, tab
        assert page.evaluate(CUT) == [], tab
        assert page.evaluate(CLIPPED) == [], tab
