"""The daily loss limit: one floor a session, fixed at a local wall-clock time, held until the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.core.checks import fraction_of, number, positive
from engine.core.errors import InvalidConfig, InvalidData, suggest
from engine.numerics.rules import BASIS_BALANCE, BASIS_EQUITY, BASIS_MAX, daily_floor

BASES = {"equity": BASIS_EQUITY, "balance": BASIS_BALANCE, "max": BASIS_MAX}


@dataclass(frozen=True, slots=True)
class DailyLossState:
    """What a restart must not forget: the session, its basis and floor, the breach, and the last observation."""

    session: datetime
    basis: float
    floor: float
    breached: bool
    time: datetime
    balance: float
    equity: float

    @property
    def remaining(self) -> float:
        """Money that may still be lost this session; negative once the floor is passed."""
        return self.equity - self.floor


@dataclass(frozen=True, slots=True)
class DailyLossLimit:
    """No new positions once equity is at or below the session's floor.

    `pct` is a fraction of the basis at reset, or of `initial` where given; `reset` reads "17:00 America/New_York".
    """

    pct: float = 0.03
    basis: str = "equity"
    reset: str = "17:00 America/New_York"
    initial: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pct", fraction_of("pct", self.pct))
        basis_code(self.basis)
        parse_reset(self.reset)
        if self.initial is not None:
            object.__setattr__(self, "initial", positive("initial", self.initial))

    def observe(
        self, state: DailyLossState | None, time: datetime, balance: float, unrealised: float = 0.0
    ) -> DailyLossState:
        """Return the state after one observation; None starts the first session.

        A new session takes its basis from the last observation before its reset, not from the first one after it.
        """
        balance = number("balance", balance)
        equity = balance + number("unrealised", unrealised)
        session = session_start(time, self.reset)
        if state is not None and time < state.time:
            raise InvalidData(
                f"{time.isoformat()} comes after {state.time.isoformat()}; time must not run back: sort it"
            )
        if state is None or session != state.session:
            opening = (balance, equity) if state is None else (state.balance, state.equity)
            basis = daily_floor(basis_code(self.basis), *opening, 0.0)
            floor = daily_loss_floor(self.basis, self.pct, opening[0], opening[1] - opening[0], self.initial)
            return DailyLossState(session, basis, floor, equity <= floor, time, balance, equity)
        breached = state.breached or equity <= state.floor
        return replace(state, breached=breached, time=time, balance=balance, equity=equity)


def daily_loss_floor(
    basis: str, pct: float, balance: float, unrealised: float = 0.0, initial: float | None = None
) -> float:
    """Return the floor that a session opened with this balance and open profit has; `pct` of `initial` where given."""
    code, balance, pct = basis_code(basis), number("balance", balance), fraction_of("pct", pct)
    equity = balance + number("unrealised", unrealised)
    if initial is None:
        return daily_floor(code, balance, equity, pct)
    return daily_floor(code, balance, equity, 0.0) - pct * positive("initial", initial)


def session_start(time: datetime, reset: str) -> datetime:
    """Return the last reset at or before an aware time, in the reset's own zone; right across daylight saving."""
    if time.tzinfo is None:
        raise InvalidData(f"{time.isoformat()} has no time zone; a session needs one: pass UTC times")
    hour, minute, zone = parse_reset(reset)
    local = time.astimezone(zone)
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    # compared in UTC: the wall clock repeats an hour in autumn
    return today if time.astimezone(UTC) >= today.astimezone(UTC) else today - timedelta(days=1)


@lru_cache(maxsize=64)
def parse_reset(reset: str) -> tuple[int, int, ZoneInfo]:
    """Return hour, minute and zone of a reset such as "17:00 America/New_York"."""
    clock, _, name = reset.strip().partition(" ")
    hour, _, minute = clock.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise InvalidConfig(f"reset is '{reset}'; it is a time and a zone: write '17:00 America/New_York'")
    try:
        return int(hour), int(minute), ZoneInfo(name.strip() or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidConfig(
            f"reset is '{reset}'; its zone is unknown: write one like 'America/New_York' or 'UTC'"
        ) from None


def basis_code(basis: str) -> int:
    """Return the code of what a daily loss is measured from."""
    if basis not in BASES:
        raise InvalidConfig(f"basis is '{basis}'; it is one of {', '.join(BASES)}{suggest(basis, BASES)}")
    return BASES[basis]
