"""The Markets page: find a market, size a bet on it after fees, judge a model, and bet through what has settled."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.markets_backtest import backtest_block
from dashboard.components.markets_browse import bundled_set, forget_market
from dashboard.components.markets_desk import market_desk
from dashboard.components.markets_live import live_desk
from dashboard.components.markets_model import model_block
from dashboard.components.markets_words import provenance
from dashboard.components.numbers import plain
from dashboard.components.states import guarded
from engine.service import InputError, market_set

TABS = ("Market", "Model", "Backtest")
LIVE = "Live Kalshi"

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    st.title("Markets", anchor=False, width="content")
    data = st.segmented_control(
        "Data",
        ("Bundled", LIVE),
        default="Bundled",
        required=True,
        key="markets_data",
        on_change=forget_market,
        help="Live data is public, needs no key, and is asked for only when you press Fetch.",
        bind="query-params",
    )
    which = bundled_set()
found = market_set(which)


def about_the_set(_: str) -> None:
    """Say what the bundled markets are; shown wherever they are."""
    with st.container(gap="xxsmall"):
        st.caption(plain(provenance(found)))
        st.caption(f":material/info: {plain(' '.join(found.notes))}")


def market_tab(which: str) -> None:
    """Live markets where they were asked for and have come, bundled ones otherwise."""
    if data == LIVE and live_desk():
        return
    about_the_set(which)
    market_desk(which)


def settled_tab(block: Callable[[str], None]) -> Callable[[str], None]:
    """A tab on settled markets, which are always those of the bundled set."""

    def draw(which: str) -> None:
        about_the_set(which)
        block(which)

    return draw


BLOCKS = (market_tab, settled_tab(model_block), settled_tab(backtest_block))
places = st.tabs(TABS, key="markets_tab", on_change="rerun", bind="query-params")
for title, tab, block in zip(TABS, places, BLOCKS, strict=True):
    if tab.open:
        with tab, guarded(f'"{title}"', InputError):
            block(which)
