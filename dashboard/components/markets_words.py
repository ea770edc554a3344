"""How the Markets page writes times, prices and results."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from dashboard.components.numbers import number
from engine.service import MarketRow, MarketSet, ScoreView

_RESULTS = {"yes": "Settled YES", "no": "Settled NO", "scalar": "Settled in part"}


def moment(ms: float) -> str:
    """Write a time to the minute, or that it is not known."""
    return "time not known" if math.isnan(ms) else f"{_at(ms).day} {_at(ms):%b %Y %H:%M} UTC"


def day(ms: float) -> str:
    """Write a date."""
    return "date not known" if math.isnan(ms) else f"{_at(ms).day} {_at(ms):%b %Y}"


def _at(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1e3, UTC)


def cents(dollars: float) -> str:
    """Write a price of a contract, or that nobody quotes one."""
    return "nobody" if math.isnan(dollars) else number(100.0 * dollars, "cents")


def signed_cents(dollars: float) -> str:
    """Write a difference of prices with its sign."""
    return number(100.0 * dollars, "cents", signed=True)


def result(row: MarketRow) -> str:
    """Write how a market ended, or that it is open."""
    return _RESULTS.get(row.result, "Open" if row.live else "Result not known")


def provenance(found: MarketSet) -> str:
    """Say what a bundled set is, from when, from where."""
    return (
        f"Bundled set, not live: {found.markets} settled markets of {found.events} events that closed "
        f"{day(found.first_ms)} to {day(found.last_ms)}. Source: {found.source}. Licence: {found.licence}."
    )


def verdict(view: ScoreView) -> str:
    """Answer "does it beat the price?" in a sentence."""
    if view.model.id == "price":
        return "This is the price itself: the forecast every model has to beat."
    if view.same:
        return (
            f"It says what the price says: at least {view.model.least} quotes have to settle before it says otherwise."
        )
    text = view.score.words
    return f"{text[:1].upper()}{text[1:]}."
