"""What a block of the page shows when it has nothing to show, is still at work, is old, or has failed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import streamlit as st

from dashboard.components.numbers import plain

log = logging.getLogger("steadyhand.dashboard")


def empty(
    what: str,
    action: str,
    *,
    button: str | None = None,
    key: str | None = None,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Say what is missing ("No trades with these rules.") and what to do about it ("Loosen the entry filter.")."""
    with st.container(border=True, horizontal_alignment="center", gap="xxsmall"):
        st.markdown(f":material/inbox: **{plain(what)}**", text_alignment="center")
        st.caption(plain(action), text_alignment="center")
        if button is not None:
            st.button(button, key=key, on_click=on_click)


def failed(message: str, *, error: Exception | None = None, key: str | None = None) -> None:
    """Say in one sentence what went wrong; with a key, offer to try again. Of the error only the type is shown."""
    st.error(plain(message), icon=":material/error:")
    if error is not None:
        st.caption(plain(f"Kind of error: {type(error).__name__}. The log of the program has the details."))
    if key is not None:
        st.button("Try again", key=key, icon=":material/refresh:")


def refused(message: str) -> None:
    """Say beside an input what is wrong with it and how to mend it; what was shown before stays."""
    st.warning(plain(message), icon=":material/rule:")


@contextlib.contextmanager
def guarded(what: str, *expected: type[Exception]) -> Iterator[None]:
    """Keep a fault in one block from taking the page with it.

    An `expected` error carries a sentence for people, which is shown; any other is logged, and the page only says that
    `what` could not be shown.
    """
    try:
        yield
    except expected as error:
        failed(str(error))
    except Exception as error:
        log.exception("%s failed", what)
        failed(f"{what} could not be shown. The rest of the page still works.", error=error)


@contextlib.contextmanager
def loading(height: int) -> Iterator[None]:
    """A grey block of the height of what will replace it, so that the page does not jump."""
    with st.skeleton(height):
        yield


def partial(done: int, wanted: int, what: str) -> None:
    """Say that only a part is there; silent when all is."""
    if done < wanted:
        st.badge(plain(f"{done:,} of {wanted:,} {what}"), icon=":material/hourglass_bottom:", color="orange")


def stale(as_of: str, age_seconds: float, limit_seconds: float) -> None:
    """Give a live number its age: a quiet caption while fresh, a warning when old; the last good value stays."""
    age = _age(age_seconds)
    if age_seconds <= limit_seconds:
        st.caption(plain(f"As of {as_of}, {age} ago"))
    else:
        st.badge(plain(f"Stale: as of {as_of}, {age} ago"), icon=":material/schedule:", color="orange")


def _age(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{max(seconds, 0.0):.0f} s"
