"""Follow a cursor to its end, and no further: a cursor that comes back would turn for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

from engine.brokers.kalshi.fields import Fields
from engine.brokers.kalshi.transport import Transport
from engine.core.errors import BrokerUnavailable

T = TypeVar("T")
MOST_PAGES = 10_000


async def pages(
    http: Transport, path: str, params: Mapping[str, str | int], key: str, *, what: str
) -> AsyncIterator[list[Any]]:
    """Yield the lists under `key`, page by page, until the cursor is empty."""
    seen: set[str] = set()
    cursor = ""
    for _ in range(MOST_PAGES):
        asked = dict(params) | ({"cursor": cursor} if cursor else {})
        answer = Fields(await http.read(path, asked, what=what), what)
        yield answer.items(key)
        cursor = answer.text("cursor")
        if not cursor:
            return
        if cursor in seen:
            raise BrokerUnavailable(f"Kalshi repeats a page of {what}; what was read is not complete, try again later")
        seen.add(cursor)
    raise BrokerUnavailable(f"Kalshi has more than {MOST_PAGES} pages of {what}; ask for a shorter time")


async def collect(
    http: Transport,
    path: str,
    params: Mapping[str, str | int],
    key: str,
    parse: Callable[[Any], T],
    *,
    what: str,
    most: int | None = None,
) -> list[T]:
    """Return the parsed items of all pages, or the first `most` of them."""
    found: list[T] = []
    async for page in pages(http, path, params, key, what=what):
        found += [parse(item) for item in page]
        if most is not None and len(found) >= most:
            return found[:most]
    return found
