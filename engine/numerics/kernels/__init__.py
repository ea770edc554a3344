"""The only home of numba: compiled once for a machine, kept on disk, never compiled at import.

The cache folder's name holds a hash of all kernel sources, because numba notices a change in a function's own file
but not in a function that it calls from another file.
"""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_INLINED = (_HERE.parent / "rules.py", _HERE.parent / "fees.py", _HERE.parent.parent / "core" / "codes.py")


def _source_hash() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in (*sorted(_HERE.glob("*.py")), *_INLINED):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):
        return False


@cache
def cache_folder() -> Path:
    """Return where compiled code is kept: the user's cache folder or, if that is not writable, a temporary one."""
    name = f"numba-{_source_hash()}"
    chosen = os.environ.get("STEADYHAND_CACHE")
    bases = [Path(chosen)] if chosen else []
    try:
        bases.append(_user_cache() / "steadyhand")
    except RuntimeError:  # no home folder
        pass
    for base in bases:
        if _writable(base / name):
            return base / name
    return Path(tempfile.mkdtemp(prefix="steadyhand-")) / name


def is_warm() -> bool:
    """Say whether the compiled engine is already on disk, without loading numba."""
    return (cache_folder() / "warm").exists()


def warm() -> None:
    """Load everything that a first backtest and a first sweep need; on a new machine compile it, on two cores."""
    with _no_collection():
        if is_warm():
            from engine.numerics.kernels.warmup import compile_all

            compile_all()
            return
        with _helper():
            from engine.numerics.kernels.warmup import compile_all, compile_loop

            compile_loop()
        compile_all()
    (cache_folder() / "warm").touch()


@cache
def ready() -> None:
    """Call `warm` once a process, and on a machine's first run say what it waits for."""
    if not is_warm():
        sys.stderr.write("Steadyhand compiles its engine for this machine, once ...\n")
    warm()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: numba makes millions of objects that stay, and looking through them costs a fifth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _helper() -> Iterator[None]:
    """Compile the indicators in a process beside this one; what it does not finish is compiled here."""
    command = [sys.executable, "-c", "from engine.numerics.kernels.warmup import compile_indicators as c; c()"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_HERE.parents[2]), *sys.path])}
    try:
        helper = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except (OSError, ValueError):
        yield
        return
    try:
        yield
        helper.wait(timeout=60)
    except subprocess.TimeoutExpired:
        pass
    finally:
        helper.kill()
        helper.wait()


def _point_numba_here() -> None:
    folder = str(cache_folder())
    os.environ["NUMBA_CACHE_DIR"] = folder
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = folder


_point_numba_here()
