"""How hard the properties are tried: the same examples every time, or with STEADYHAND_SEARCH=20 new ones, 20 times as many."""

from __future__ import annotations

import pytest
from hypothesis import settings

from engine.numerics import kernels
from tests.effort import SEARCH

settings.register_profile("steady", deadline=None, derandomize=SEARCH == 0)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the engine before the workers start, so that they do not all do it."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        kernels.warm()
