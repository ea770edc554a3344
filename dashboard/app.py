"""The shell of the dashboard: page settings, navigation, and the line that says nothing here is real money."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.theme import follow_theme, palette_toggle

VIEWS = Path(__file__).resolve().parent / "views"
# Drawn here, because a Material icon would be fetched from another host.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2F6FED"/>'
    '<path d="M6 21l6-5 5 3 9-9" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/></svg>'
)

st.set_page_config(page_title="Steadyhand", page_icon=ICON, layout="wide")
page = st.navigation(
    [
        st.Page(VIEWS / "tune.py", title="Tune", icon=":material/tune:", default=True),
        st.Page(VIEWS / "kelly.py", title="Kelly", icon=":material/balance:"),
        st.Page(VIEWS / "markets.py", title="Markets", icon=":material/storefront:"),
    ],
    position="top",
)
# The footer is drawn first, beneath a place kept for the page: a page that calls st.stop() ends the whole run.
place = st.container()
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.badge("Simulated", icon=":material/science:")
    st.caption(
        "No broker is connected. Every fill is calculated on stored prices and ignores queue position and impact.",
        width="stretch",
    )
    palette_toggle()
follow_theme()
with place:
    page.run()
