"""The shell around the pages: each opens, in both themes and on both screens, and nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import ROOT, OpenPage, errors_on, overflow_px

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


def test_every_view_has_its_link_in_the_navigation(open_page: OpenPage, app_url: str) -> None:
    page = open_page(app_url)
    links = page.locator('[data-testid="stTopNavLink"]')
    assert sorted(link.get_attribute("href") for link in links.all()) == sorted(
        app_url + path_of(view) for view in VIEWS
    )


def test_the_pages_use_our_own_font(open_page: OpenPage, app_url: str) -> None:
    page = open_page(app_url)
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('14px \"IBM Plex Sans\"'))")
    assert "IBM Plex Sans" in page.evaluate("getComputedStyle(document.querySelector('h1, h2, p')).fontFamily")


def test_the_icon_of_the_tab_comes_from_this_machine(open_page: OpenPage, app_url: str) -> None:
    page = open_page(app_url)
    href = page.locator('link[rel*="icon"]').first.get_attribute("href")
    assert href is not None
    assert href.startswith("data:image/svg") or "127.0.0.1" in href or href.startswith(("/", "./"))
