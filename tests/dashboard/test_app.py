"""The shell runs around every page, also around one that stops early."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import APP, flags, settings, settings_file


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    shutil.copy(APP, tmp_path / "app.py")
    (tmp_path / "views").mkdir()
    for view in (APP.parent / "views").glob("*.py"):
        (tmp_path / "views" / view.name).write_text("import streamlit as st\n\nst.title('A page')\n")
    return tmp_path


@pytest.mark.parametrize("ending", ["", "st.stop()\n"])
def test_footer_and_palette_stand_around_a_page_however_it_ends(shell: Path, ending: str) -> None:
    (shell / "views" / "tune.py").write_text("import streamlit as st\n\nst.title('A page')\n" + ending)
    at = AppTest.from_file(str(shell / "app.py"), default_timeout=30).run()
    assert not at.exception
    assert at.title[0].value == "A page"
    assert at.toggle(key="colour_blind").label == "Colour-blind palette"
    assert "No broker is connected." in at.caption[-1].value


def test_a_fault_in_a_page_is_not_hidden_by_the_shell(shell: Path) -> None:
    (shell / "views" / "tune.py").write_text("raise RuntimeError('broken')\n")
    at = AppTest.from_file(str(shell / "app.py"), default_timeout=30).run()
    assert at.exception


def test_the_settings_of_a_checkout_are_at_its_root() -> None:
    assert settings_file().relative_to(APP.parent.parent) == Path(".streamlit", "config.toml")


def test_flags_carry_every_setting_that_keeps_the_page_private() -> None:
    given = flags()
    for flag in (
        "--server.address=127.0.0.1",
        "--server.allowedHosts=localhost",
        "--server.allowedHosts=127.0.0.1",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--client.showErrorDetails=none",
        "--browser.gatherUsageStats=false",
    ):
        assert flag in given


def test_full_collections_after_each_run_are_off() -> None:
    assert settings()["runner"]["postScriptGC"] is False
