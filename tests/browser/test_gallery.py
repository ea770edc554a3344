"""Every component, painted: what only a browser can show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import OpenPage, errors_on, opening, overflow_px, wait_until_drawn

FIGURES = 13
STROKE = """(number) => getComputedStyle(
  document.querySelectorAll('.st-key-equity .scatterlayer .js-line')[number]).stroke"""
CLIPPED = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap((chart) => {
  const box = chart.getBoundingClientRect();
  return [...chart.querySelectorAll('.infolayer text, .xtick text, .ytick text, .legendtext')]
    .filter((text) => text.textContent.trim() && text.getBoundingClientRect().width > 0)
    .filter((text) => {
      const own = text.getBoundingClientRect();
      return own.left < box.left - 1 || own.right > box.right + 1
        || own.top < box.top - 1 || own.bottom > box.bottom + 1;
    })
    .map((text) => text.textContent);
})"""


@pytest.fixture(scope="module")
def page(chromium: Browser, gallery_url: str) -> Iterator[Page]:
    """One wide, dark page for the tests that leave it as they found it; loading thirteen figures takes seconds."""
    with opening(chromium) as open_:
        yield open_(gallery_url, scheme="dark")


def test_every_component_is_painted_and_nothing_is_clipped(page: Page) -> None:
    assert errors_on(page) == []
    assert page.locator(".js-plotly-plot").count() == FIGURES
    assert overflow_px(page) == 0
    assert page.evaluate(CLIPPED) == []


def test_a_phone_shows_it_all_and_a_link_keeps_the_colour_blind_palette(open_page: OpenPage, gallery_url: str) -> None:
    page = open_page(f"{gallery_url}/?colour_blind=true", width=390, height=844)
    assert errors_on(page) == []
    assert page.locator(".js-plotly-plot").count() == FIGURES
    assert overflow_px(page) == 0
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(STROKE, 3) == "rgb(180, 83, 10)", "the drawdown is not orange"


def test_the_crosshair_tells_equity_and_drawdown_together(page: Page) -> None:
    plot = page.locator(".st-key-equity .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
    hover = page.locator(".st-key-equity .hoverlayer")
    hover.get_by_text("Drawdown").wait_for()
    assert "Strategy" in (hover.text_content() or "")


def test_a_clicked_cell_comes_back_with_its_parameters(page: Page) -> None:
    plot = page.locator(".st-key-heat .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    # The third of eight columns and, from below, the fifth of nine rows.
    page.mouse.click(box["x"] + box["width"] * 2.5 / 8, box["y"] + box["height"] * (1 - 4.5 / 9))
    page.get_by_text("Clicked: [[15, 2]]").wait_for()


def test_a_slider_changes_the_equity_chart(page: Page) -> None:
    alt = (
        "[...document.querySelectorAll('.st-key-equity [aria-label]')].map((n) => n.getAttribute('aria-label')).join()"
    )
    before = page.evaluate(alt)
    assert "worst drawdown" in before
    page.locator('.st-key-drift [role="slider"], .st-key-drift input[type="range"]').first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"(before) => {alt} !== before", arg=before, timeout=20_000)
    wait_until_drawn(page)


def test_figures_follow_the_visitor_from_dark_to_light_and_back(page: Page) -> None:
    dark = page.evaluate(STROKE, 1)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        same = "===" if scheme == "dark" else "!=="
        page.wait_for_function(f"(dark) => ({STROKE})(1) {same} dark", arg=dark, timeout=20_000)
        wait_until_drawn(page)
