"""The shell around the pages: each opens, in both themes and on both screens, and nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ROOT, OpenPage, errors_on, opening, overflow_px

VIEWS = sorted(path.stem for path in Path(ROOT, "dashboard", "views").glob("[!_]*.py"))
DEFAULT = "tune"


def path_of(view: str) -> str:
    return "/" if view == DEFAULT else f"/{view}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("view", VIEWS)
def test_every_page_opens_without_an_error_and_fits_the_screen(
    open_page: OpenPage, app_url: str, view: str, width: int, scheme: str
) -> None:
    page = open_page(app_url + path_of(view), width=width, scheme=scheme)
    assert errors_on(page) == []
    assert overflow_px(page) == 0


@pytest.fixture(scope="module")
def home(chromium: Browser, app_url: str) -> Iterator[Page]:
    with opening(chromium) as open_:
        yield open_(app_url)


def test_every_view_has_its_link_in_the_navigation(home: Page, app_url: str) -> None:
    links = home.locator('[data-testid="stTopNavLink"]').all()
    assert sorted(link.get_attribute("href") for link in links) == sorted(app_url + path_of(view) for view in VIEWS)


def test_the_pages_use_our_own_font(home: Page) -> None:
    assert home.evaluate("document.fonts.ready.then(() => document.fonts.check('14px \"IBM Plex Sans\"'))")
    assert "IBM Plex Sans" in home.evaluate("getComputedStyle(document.querySelector('h1, h2, p')).fontFamily")


def test_the_icon_of_the_tab_comes_from_this_machine(home: Page) -> None:
    href = home.locator('link[rel*="icon"]').first.get_attribute("href")
    assert href is not None
    assert href.startswith("data:image/svg"), href
