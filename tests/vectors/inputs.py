"""What the mappings share: reading an input under any of its usual names, and saying why a case cannot run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inputs = dict[str, Any]
# a mapping gets the inputs and what is wanted: keys name the outputs, the rows of a table carry inputs of their own
Mapping = Callable[[Inputs, Inputs], dict[str, Any]]

_REQUIRED = object()


class MissingInputError(Exception):
    """An input the mapping needs is not there under any name it knows."""


def pick(inputs: Inputs, *names: str, default: Any = _REQUIRED) -> Any:
    """Return the first input present under one of `names`; null counts as absent when there is a default."""
    for name in names:
        if name in inputs and (inputs[name] is not None or default is _REQUIRED):
            return inputs[name]
    if default is _REQUIRED:
        raise MissingInputError(f"none of the inputs {', '.join(names)} is given")
    return default


def each(value: Any, function: Callable[[Any], Any]) -> Any:
    """Return `function` of a number, or the list of it over a list."""
    return [function(item) for item in value] if isinstance(value, list) else function(value)
