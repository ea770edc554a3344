"""What is deployed: the pinned set, the settings in the package, and fonts but nothing else to be served."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE))


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@pytest.mark.parametrize("wanted", PROJECT["project"]["dependencies"])
def test_every_dependency_is_pinned_at_a_version_it_allows(wanted: str) -> None:
    match = re.fullmatch(r"([A-Za-z0-9._-]+)(?:>=([0-9.]+))?(?:,<([0-9.]+))?", wanted)
    assert match is not None, wanted
    name, least, below = match.groups()
    pinned = release(PINS[name.lower()])
    assert least is None or pinned >= release(least)
    assert below is None or pinned < release(below)


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK[LOCK.index("\naltair") + 1 :])
    assert len(blocks) >= len(PINS)
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_pinned_set_names_no_address_and_no_path() -> None:
    assert "://" not in LOCK
    assert not re.search(r"(^|[\s=@\"'])/[a-z]", LOCK)
    assert "index-url " not in LOCK.replace("--no-emit-index-url ", "")


def test_the_package_carries_the_settings() -> None:
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert forced == {".streamlit/config.toml": "dashboard/.streamlit/config.toml"}
    assert (ROOT / ".streamlit" / "config.toml").is_file()


def test_the_served_folder_holds_fonts_and_their_licence_only() -> None:
    names = {path.name for path in (ROOT / "dashboard" / "static").iterdir()}
    assert {Path(name).suffix for name in names} == {".woff2", ".txt"}
    assert "OFL.txt" in names


def test_every_font_of_the_theme_is_in_that_folder() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    for face in theme["fontFaces"]:
        assert (ROOT / "dashboard" / face["url"].removeprefix("app/")).is_file(), face["url"]
