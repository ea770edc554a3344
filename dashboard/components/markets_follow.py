"""Inputs that follow something else until a person sets them, and are in the address only from then on.

A bound widget would write what the page itself chose into the address, and late: a link would then fix what was meant
to follow. These are kept in the session and written into the address by hand.
"""

from __future__ import annotations

from typing import Any

import streamlit as st


def _slot(key: str) -> str:
    return f"{key}_kept"


def wanted(key: str) -> Any:
    """Return what a person has set this input to, here or by the link that was opened; None while it follows."""
    slot = _slot(key)
    if slot not in st.session_state:
        st.session_state[slot] = st.query_params.get(key)
    return st.session_state[slot]


def keep(key: str) -> None:
    """Take what the widget of this key shows as set by a person; in its callback."""
    st.session_state[_slot(key)] = st.session_state[key]


def want(key: str, value: Any) -> None:
    """Set an input for a person who did so elsewhere, as by a click in a list; in a callback."""
    st.session_state[_slot(key)] = value


def follow(*keys: str) -> None:
    """Let inputs follow again; in a callback."""
    for key in keys:
        st.session_state[_slot(key)] = None


def write_address(key: str) -> None:
    """Put what was set into the address, and take what follows out of it; after the widget is drawn."""
    value = wanted(key)
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != str(value):
        st.query_params[key] = str(value)
