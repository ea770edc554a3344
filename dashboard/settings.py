"""The one settings file of the dashboard: where it lies, and what it says."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
APP = HERE / "app.py"


@cache
def settings_file() -> Path:
    """The file beside the package when installed, or at the root of a checkout."""
    name = Path(".streamlit") / "config.toml"
    return next((path for path in (HERE / name, HERE.parent / name) if path.is_file()), HERE / name)


@cache
def settings() -> dict[str, Any]:
    """The sections of the settings file; shared, so not to be changed."""
    return tomllib.loads(settings_file().read_text(encoding="utf-8"))


def flags() -> list[str]:
    """The settings that keep the page private, as command-line flags, which no file or variable outranks."""
    return [
        f"--{section}.{key}={str(item).lower() if isinstance(item, bool) else item}"
        for section in ("server", "browser", "client")
        for key, value in settings()[section].items()
        for item in (value if isinstance(value, list) else [value])
    ]
