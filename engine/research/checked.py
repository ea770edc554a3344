"""The strategies a page may offer: the catalogue, and the user's own files after their look-ahead check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.data.bundled import load_sample
from engine.research.robustness import check_lookahead
from engine.strategies import CATALOGUE
from engine.strategies.user_files import AnyStrategy, UserFile, user_files

_SAMPLES = ("SPY", "MSFT")


@dataclass(frozen=True, slots=True)
class Listed:
    """One strategy with where it comes from (empty: the product's own)."""

    strategy: AnyStrategy
    origin: str = ""


def offered() -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """Return the strategies that may run and, a sentence each, why a user's file may not."""
    return _offered(user_files())


@lru_cache(maxsize=4)
def _offered(files: tuple[UserFile, ...]) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    found = {cls.name: Listed(cls) for cls in CATALOGUE}
    problems = [file.problem for file in files if file.problem]
    for file in files:
        origin = Path(file.path).name
        for cls in file.strategies:
            problem = _problem(cls, origin, taken=cls.name in found)
            if problem:
                problems.append(problem)
            else:
                found[cls.name] = Listed(cls, origin)
    return tuple(found.values()), tuple(problems)


def _problem(cls: AnyStrategy, origin: str, *, taken: bool) -> str:
    if taken:
        return f"{origin}: the name {cls.name!r} is taken; give {cls.__name__} another name"
    try:
        findings = [check_lookahead(cls(), load_sample(symbol), symbol=symbol) for symbol in _SAMPLES]
    except Exception as error:  # noqa: BLE001  a user's code may fail in any way, and must not take the desk along
        return f"{origin}: {cls.__name__} fails on the sample data: {type(error).__name__}: {error}"
    faults = [f"{origin}: {cls.__name__} is not offered. {finding.words}" for finding in findings if not finding.clean]
    return faults[0] if faults else ""
