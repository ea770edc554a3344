"""A user's own strategies: the Python files in the folder that STEADYHAND_STRATEGIES names, read at the start."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.strategies.base import BarStrategy, Strategy

VARIABLE = "STEADYHAND_STRATEGIES"
AnyStrategy = type[Strategy] | type[BarStrategy]


@dataclass(frozen=True, slots=True)
class UserFile:
    """One file of the folder: the strategies found in it, or one sentence saying why there are none."""

    path: str
    strategies: tuple[AnyStrategy, ...] = ()
    problem: str = ""


def user_files() -> tuple[UserFile, ...]:
    """Return what the folder holds, in the order of file names; nothing when the variable is not set."""
    folder = os.environ.get(VARIABLE)
    return _read(folder) if folder else ()


@lru_cache(maxsize=4)
def _read(folder: str) -> tuple[UserFile, ...]:
    path = Path(folder)
    if not path.is_dir():
        problem = f"{VARIABLE} is {folder!r}, which is no folder; name the folder with your files"
        return (UserFile(folder, problem=problem),)
    return tuple(_load(file) for file in sorted(path.glob("*.py")) if not file.name.startswith("_"))


def _load(file: Path) -> UserFile:
    name = f"steadyhand_user_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        return UserFile(str(file), problem=f"{file.name} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  a user's file may fail in any way, and must not take the desk along
        sys.modules.pop(name, None)
        return UserFile(str(file), problem=f"{file.name} does not load: {type(error).__name__}: {error}")
    found = tuple(v for v in vars(module).values() if _is_strategy(v) and v.__module__ == name)
    if not found:
        return UserFile(str(file), problem=f"{file.name} defines no Strategy or BarStrategy")
    return UserFile(str(file), found)


def _is_strategy(value: object) -> bool:
    own = (Strategy, BarStrategy)
    return isinstance(value, type) and issubclass(value, own) and value not in own
