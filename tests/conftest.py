"""How hard the properties are tried: the same examples every time, or with STEADYHAND_SEARCH=20 new ones, 20 times as many."""

from __future__ import annotations

from hypothesis import settings

from tests.effort import SEARCH

settings.register_profile("steady", deadline=None, derandomize=SEARCH == 0)
settings.load_profile("steady")
