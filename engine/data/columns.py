"""Which column of a stranger's table is which, whatever its case, and what to say when one is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from engine.core.errors import InvalidData

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume")
ADJUSTED = "adj_close"

_ALIASES = {
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
    ADJUSTED: ("adj close", "adjclose", "adjusted close"),
}
# the most telling name first: a file with `timestamp` and `date` is read by its timestamp
_TIMES = ("timestamp", "datetime", "date time", "ts", "open time", "unix", "time", "date")
_UNNAMED = ("", "unnamed: 0", "index")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the known columns stand: `values` by column name, `times` one place or two (a date and a clock)."""

    values: dict[str, int]
    times: tuple[int, ...]

    @property
    def close_only(self) -> bool:
        """Whether of the prices only the close is there."""
        return "open" not in self.values


def find_columns(names: Sequence[str], where: str, *, need_time: bool = True) -> Layout:
    """Find prices, volume and time among the names; a lone close will do, a close with some other prices will not."""
    plain = [_plain(name) for name in names]
    values = {
        column: place for column, aliases in _ALIASES.items() if (place := _one(names, plain, aliases)) is not None
    }
    times = _time_places(names, plain)
    if need_time and not times:
        raise InvalidData(_missing("time", ("time", "date", "timestamp"), names, {*values.values()}, where))
    if set(PRICES) & set(values) != {"close"}:
        for column in PRICES:
            if column not in values:
                raise InvalidData(_missing(column, (column,), names, {*values.values(), *times}, where))
    return Layout(values, times)


def _one(names: Sequence[str], plain: Sequence[str], aliases: Iterable[str]) -> int | None:
    hits = [place for place, name in enumerate(plain) if name in tuple(aliases)]
    if len(hits) > 1:
        raise InvalidData(f"columns '{names[hits[0]]}' and '{names[hits[1]]}' mean the same; keep one of them")
    return hits[0] if hits else None


def _time_places(names: Sequence[str], plain: Sequence[str]) -> tuple[int, ...]:
    found = {alias: place for alias in _TIMES if (place := _one(names, plain, (alias,))) is not None}
    if set(found) == {"date", "time"}:
        return found["date"], found["time"]
    if found:
        return (next(iter(found.values())),)
    return (0,) if plain and plain[0] in _UNNAMED else ()


def _plain(name: str) -> str:
    return " ".join(name.strip().lower().replace("_", " ").replace("-", " ").split())


def _missing(column: str, wanted: Sequence[str], names: Sequence[str], used: set[int], where: str) -> str:
    spare = {_plain(name): name for place, name in enumerate(names) if place not in used}
    close = [match for want in wanted for match in get_close_matches(want, list(spare), n=1, cutoff=0.6)]
    fix = f"did you mean '{spare[close[0]]}'? rename it" if close else "add it, or rename the column that holds it"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{where} has no column '{column}' (it has: {listed or 'none'}); {fix}"
