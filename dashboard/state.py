"""What a visitor has set and seen: kept while the pages change, and handed from one page to another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.service import RunRequest

_SET = "settings_made"
_DEFAULTS = "settings_defaults"
_RUN = "last_run"
_PINNED = "pinned_run"


def recall(key: str) -> None:
    """Put back what was set before the visitor looked at another page; called before the widget with that key.

    What the address says goes first, so that a link and the way back always show what they name.
    """
    if key in st.session_state or key in st.query_params:
        return
    made = st.session_state.get(_SET, {})
    if key in made:
        st.session_state[key] = made[key]


def note(key: str, value: Any, default: Any) -> None:
    """Remember what is set and what it was at first; Streamlit forgets a widget that is not on the page."""
    st.session_state.setdefault(_SET, {})[key] = value
    st.session_state.setdefault(_DEFAULTS, {})[key] = default


def reset() -> None:
    """Put back to its default every setting that was noted; only in a callback, before the widgets are drawn."""
    st.session_state[_SET] = {}
    for key, default in st.session_state.get(_DEFAULTS, {}).items():
        if key in st.session_state:
            st.session_state[key] = default


def last_run() -> RunRequest | None:
    """The newest backtest of this visitor that gave a result; None before the first."""
    found: RunRequest | None = st.session_state.get(_RUN)
    return found


def keep_run(request: RunRequest) -> None:
    """Remember a backtest that gave a result."""
    st.session_state[_RUN] = request


def pinned_run() -> RunRequest | None:
    """The backtest that the visitor wants others to be compared with."""
    found: RunRequest | None = st.session_state.get(_PINNED)
    return found


def pin_run(request: RunRequest | None) -> None:
    """Compare with this backtest from now on, or with none; in a callback."""
    st.session_state[_PINNED] = request
