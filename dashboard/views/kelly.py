"""The Kelly page: how much to put on a bet, a contract, an asset, or behind what a record of trades says."""

import streamlit as st

from dashboard.components.kelly_modes import binary_bet, continuous_returns, from_trades, kalshi_contract
from dashboard.components.states import guarded, refused
from engine.service import InputError

MODES = {
    "Binary bet": binary_bet,
    "Kalshi": kalshi_contract,
    "Returns": continuous_returns,
    "Trades": from_trades,
}

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.title("Kelly sizing", anchor=False, width="content")
    mode = st.segmented_control(
        "What to size",
        list(MODES),
        default="Binary bet",
        required=True,
        key="kelly_mode",
        label_visibility="collapsed",
        bind="query-params",
    )
with guarded("The Kelly page"):
    try:
        MODES[mode]()
    except InputError as error:
        refused(str(error))
