"""Live public data of Kalshi on the first tab: fetched when a person asks, dated, not emptied by a dead network."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard.components.markets_browse import BOUND, choose
from dashboard.components.markets_market import history_block, ladder_block, market_head
from dashboard.components.markets_ticket import View, event_block, order_at, ticket_block, your_view
from dashboard.components.markets_words import moment
from dashboard.components.states import empty, refused, stale
from engine.service import (
    LiveList,
    LiveMarket,
    MarketRow,
    QuotedMarket,
    age_seconds,
    fetch_market,
    fetch_markets,
    listed_book,
    live_market,
    live_markets,
    matching,
)

_PROBLEM: Final = "markets_problem"
_FRESH_S: Final = 60.0
_WAIT: Final = "Asking Kalshi, for 8 seconds at most ..."


def live_desk() -> bool:
    """Live markets; False while none were ever fetched, so that the bundled ones can be shown instead."""
    side, main = st.columns([1, 2.4], gap="medium")
    with side, st.container(border=True):
        found = _fetched()
        row = None if found is None else _chosen(found)
    if found is None:
        with main:
            empty(
                "No live markets have been fetched yet.",
                "Choose a series or leave it empty, and press Fetch. No key is needed. The bundled markets are below.",
            )
        return False
    if row is not None:
        _market(row, found, main)
    return True


def _fetched() -> LiveList | None:
    series = st.text_input(
        "Series",
        key="markets_series",
        placeholder="KXBTC, or empty for all",
        help="A series ticker of Kalshi.",
        **BOUND,
    ).strip()
    if st.button("Fetch open markets", icon=":material/cloud_download:", key="markets_fetch", width="stretch"):
        with st.spinner(_WAIT):
            st.session_state[_PROBLEM] = fetch_markets(series).problem
    found = live_markets(series)
    _dated(found)
    return found


def _dated(found: LiveList | LiveMarket | None) -> None:
    problem = st.session_state.get(_PROBLEM)
    if problem:
        kept = f" What is shown is as of {moment(found.as_of_ms)}." if found is not None else ""
        refused(f"{problem}.{kept}")
    if found is not None:
        stale(moment(found.as_of_ms), age_seconds(found.as_of_ms), _FRESH_S)


def _chosen(found: LiveList) -> MarketRow | None:
    text = st.text_input("Search", key="markets_search", placeholder="ticker, event or title", **BOUND)
    rows = matching(found.rows, text or "")
    return choose("live", rows, lambda _, ticker: found.row(ticker), None)


def _market(row: MarketRow, found: LiveList, main: Any) -> None:
    with main:
        market_head(row, "LIVE KALSHI")
        if st.button("Load its book and history", icon=":material/cloud_download:", key="markets_load"):
            with st.spinner(_WAIT):
                st.session_state[_PROBLEM] = fetch_market(row).problem
        loaded = live_market(row.ticker)
        if loaded is not None:
            _dated(loaded)
        chart = st.container()
    book = listed_book(row, found.as_of_ms) if loaded is None else loaded.book
    left, right = st.columns([1, 2.4], gap="medium")
    with left, st.container(border=True):
        asked = your_view(book.middle)
    with left, st.container(border=True):
        ladder_block(book)
    with chart:
        _history(loaded, asked.p)
    bid = book.bids[0].price if book.bids else float("nan")
    ask = book.asks[0].price if book.asks else float("nan")
    rate = 0.07 if loaded is None else loaded.fee_rate
    with right:
        ticket_block(asked, order_at(bid, ask, rate))
        _event(row, found, (bid, ask), asked, rate)


def _history(loaded: LiveMarket | None, belief: float) -> None:
    if loaded is None:
        empty(
            "Its price history and its whole book are not loaded yet.",
            "Press the button above: the last week in hourly bars and every level of the book are asked for.",
        )
    elif loaded.history is None:
        empty("No price history of the last week came with it.", f"{loaded.problem}.")
    else:
        history_block(loaded.history, None, belief)


def _event(row: MarketRow, found: LiveList, quote: tuple[float, float], asked: View, rate: float) -> None:
    others = [
        QuotedMarket(one.ticker, one.label, *(quote if one.ticker == row.ticker else (one.bid, one.ask)))
        for one in found.rows
        if one.event == row.event
    ]
    if len(others) < 2:
        return
    if row.kind != "exclusive":
        st.caption(
            "Kalshi does not say that the markets of this event exclude each other: they cannot be sized together here."
        )
        return
    event_block(row, others, asked, rate)
