"""How the kernels are compiled: serial, without the interpreter lock, kept on disk, and in one piece where it is hot.

`_nrt=False` because no kernel allocates: numba then counts no references, which costs more than the arithmetic does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, types
from numba.extending import intrinsic

_F = TypeVar("_F", bound=Callable[..., Any])
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_INSIDE: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def entry_point(function: _F) -> _F:
    """Compile a function that Python calls; it is kept on disk with everything it calls in it."""
    return njit(**_OPTIONS, cache=True, forceinline=False)(function)  # type: ignore[no-any-return]


def part(function: _F) -> _F:
    """Compile a function that only kernels call; said aloud, because it would inherit `forceinline` from its caller."""
    return njit(**_INSIDE, forceinline=False)(function)  # type: ignore[no-any-return]


def hot(function: _F) -> _F:
    """Compile a function that runs on every bar: always put in line."""
    return njit(**_INSIDE, forceinline=True)(function)  # type: ignore[no-any-return]


@intrinsic
def out_of_line(_typing: Any) -> Any:
    """Keep the calling function out of the loops that call it: it runs on events, and in line it slows every bar."""

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), codegen
