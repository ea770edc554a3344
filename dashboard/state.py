"""What a visitor has set and seen: kept while the pages change, and handed from one page to another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.service import RunRequest

_ADDRESS = "tune_address"
_DEFAULTS = "tune_defaults"
_RUN = "last_run"
_PINNED = "pinned_run"


def restore_address(sign: str) -> None:
    """Put back the settings that were in the address when the visitor left the page for another.

    Streamlit takes a page's settings out of the address on the way out. `sign` is the key of a widget that is there
    whenever the page was the last one shown. A link, and an address that is gone back to, go first.
    """
    kept: dict[str, list[str]] = st.session_state.get(_ADDRESS, {})
    if kept and sign not in st.session_state and not any(key in st.query_params for key in kept):
        st.query_params.update(kept)
        st.rerun()


def keep_address() -> None:
    """Remember the address as it is; called when all widgets are drawn."""
    st.session_state[_ADDRESS] = {key: st.query_params.get_all(key) for key in st.query_params}


def note_default(key: str, default: Any) -> None:
    """Remember what a setting was at first, for `reset`."""
    st.session_state.setdefault(_DEFAULTS, {})[key] = default


def reset() -> None:
    """Put back every setting whose default was noted; only in a callback, before the widgets are drawn."""
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
