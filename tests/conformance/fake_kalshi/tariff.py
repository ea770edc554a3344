"""Which fee rate a market charges at a moment: the series' fee, the event's override, announced changes, waivers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.numerics.fees import kalshi_rate
from tests.conformance.fake_kalshi.values import Event, Market, Series


@dataclass(frozen=True, slots=True)
class Change:
    """A fee from a moment on; None in an event's override clears it."""

    change_id: str
    key: str
    fee_type: str | None
    multiplier: Decimal | None
    us: int


class Tariff:
    """Fee changes of series and overrides of events, in the order of their times."""

    def __init__(self) -> None:
        self.series: list[Change] = []
        self.events: list[Change] = []

    @staticmethod
    def _latest(changes: list[Change], key: str, now: int) -> Change | None:
        due = [change for change in changes if change.key == key and change.us <= now]
        return max(due, key=lambda change: change.us) if due else None

    def override(self, event: Event, now: int) -> tuple[str | None, Decimal | None]:
        """The event's (fee type, multiplier), each None where the series' holds."""
        change = self._latest(self.events, event.event_ticker, now)
        return (change.fee_type, change.multiplier) if change else (None, None)

    def of_series(self, series: Series, now: int) -> tuple[str, Decimal]:
        """The series' (fee type, multiplier) at a moment."""
        change = self._latest(self.series, series.ticker, now)
        if change is None or change.fee_type is None or change.multiplier is None:
            return series.fee_type, series.fee_multiplier
        return change.fee_type, change.multiplier

    def rate(self, series: Series, event: Event, market: Market, taker: bool, now: int) -> Decimal:
        """The share of P x (1 - P) that a fill pays."""
        if market.fee_waiver_us is not None and now < market.fee_waiver_us:
            return Decimal(0)
        fee_type, multiplier = self.of_series(series, now)
        other_type, other_multiplier = self.override(event, now)
        multiplier = multiplier if other_multiplier is None else other_multiplier
        return kalshi_rate(other_type or fee_type, taker, multiplier)
