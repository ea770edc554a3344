"""How many examples a property is tried on: a fixed few in the suite, many new ones in a search."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SEARCH = int(os.environ.get("STEADYHAND_SEARCH", "0"))


def tried(examples: int) -> settings:
    """Return settings for a property whose examples are slow to make: the same each time, or new and more of them."""
    return settings(
        deadline=None,
        derandomize=SEARCH == 0,
        max_examples=examples * max(SEARCH, 1),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
