"""Pages and their cursors: a cursor names the last row that was given, so rows that come in between shift nothing."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

V = TypeVar("V")
Key = tuple[Any, ...]


def _encode(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decode(cursor: str) -> Key | None:
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        return None
    return tuple(read) if isinstance(read, list) else None


def page(
    rows: Iterable[V], key: Callable[[V], Key], limit: int, cursor: str, newest_first: bool = False
) -> tuple[list[V], str]:
    """Up to `limit` rows after the cursor, and the next cursor, empty on the last page.

    Rubbish for a cursor silently gives the first page, which is what the venue does.
    """
    ordered = sorted(rows, key=key, reverse=newest_first)
    after = _decode(cursor) if cursor else None
    if after is not None:
        with contextlib.suppress(TypeError):
            ordered = [row for row in ordered if (key(row) < after if newest_first else key(row) > after)]
    taken = ordered[:limit]
    return taken, _encode(key(taken[-1])) if len(ordered) > limit else ""
