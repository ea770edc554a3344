"""The door of the numeric floor: what comes in becomes a contiguous float64 series or is refused in one sentence."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidData, InvalidParams

FloatArray = NDArray[np.float64]


def as_series(values: ArrayLike, name: str = "x") -> FloatArray:
    """A read-only contiguous float64 view `(n,)`, copied only if it must be.

    Read-only for a reason beyond safety: numba compiles a loop once per array type, and this leaves one type.
    """
    try:
        series = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidData(f"{name} is not numeric; it must be a series of numbers: convert it to float64.") from None
    shape = np.shape(values)
    if len(shape) != 1:
        raise InvalidData(f"{name} has shape {shape}; a series has one axis, time: pass one row or column at a time.")
    view = series.view()
    view.flags.writeable = False
    return view


def together(**series: ArrayLike) -> tuple[FloatArray, ...]:
    """Several series of one length, in the order given."""
    arrays = {name: as_series(values, name) for name, values in series.items()}
    if len({array.size for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name} {array.size}" for name, array in arrays.items())
        raise InvalidData(f"The series differ in length ({sizes}); they must describe the same bars: align them first.")
    return tuple(arrays.values())


def as_window(window: int, name: str = "window") -> int:
    """A whole number of bars, at least 1."""
    try:
        bars = operator.index(window)
    except TypeError:
        hint = f": did you mean {window:.0f}?" if isinstance(window, float) and np.isfinite(window) else "."
        raise InvalidParams(f"{name} is {window!r}; it is a whole number of bars{hint}") from None
    if bars < 1 or isinstance(window, bool):
        raise InvalidParams(f"{name} is {window}; it counts bars and must be at least 1: raise it.")
    return bars
