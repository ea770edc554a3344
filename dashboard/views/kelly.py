"""The Kelly page: how much to put on a bet, a contract, an asset, or behind what a record of trades says."""

import streamlit as st

from dashboard.components.kelly_modes import binary_bet

st.set_page_config(initial_sidebar_state="collapsed")
st.title("Kelly sizing", anchor=False)
MODES = {"Binary bet": binary_bet}
mode = st.segmented_control(
    "What do you size?", list(MODES), default="Binary bet", required=True, key="kelly_mode", bind="query-params"
)
MODES[mode]()
