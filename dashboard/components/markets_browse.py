"""Finding a market: the set, a search, a list, and the one that is looked at; all but the list is in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.markets_follow import follow, keep, want, wanted, write_address
from dashboard.components.markets_words import day
from dashboard.components.numbers import plain
from dashboard.components.states import empty, refused
from engine.service import InputError, MarketRow, market_row, market_sets, search_markets

BOUND: Final[dict[str, Any]] = {"bind": "query-params"}
TICKER: Final = "markets_ticker"
BELIEF: Final = "markets_p"
_SET, _SEARCH, _RESULT = "markets_set", "markets_search", "markets_result"
_LISTED, _TABLE = "markets_listed", "markets_table"
_OPENING: Final = {"synthetic": "KXDEMO-25FEB03-B37.5"}
_RESULTS: Final = {"Any": "any", "YES": "yes", "NO": "no"}
_LIST_HEIGHT: Final = 250


def bundled_set() -> str:
    """Which bundled set is looked at."""
    names = {found.title: found.id for found in market_sets()}
    return names[st.selectbox("Bundled set", list(names), key=_SET, on_change=forget_market, width=340, **BOUND)]


def forget_market() -> None:
    """Drop the market and the probability that were chosen, because the list they belong to has changed."""
    follow(TICKER, BELIEF)


def bundled_market(which: str) -> MarketRow | None:
    """The list of a bundled set and the market chosen from it; None where nothing fits."""
    text = st.text_input(
        "Search", key=_SEARCH, placeholder="ticker, event or title", help="Every word has to be in it.", **BOUND
    )
    wanted = st.segmented_control("Settled", list(_RESULTS), default="Any", required=True, key=_RESULT, **BOUND)
    rows = search_markets(which, text or "", _RESULTS[wanted])
    return choose(which, rows, market_row, _OPENING.get(which))


def choose(which: str, rows: Sequence[MarketRow], known: Any, opening: str | None) -> MarketRow | None:
    """Draw the list and return the row that is looked at; `known(which, ticker)` finds one that the search hides."""
    asked = wanted(TICKER)
    try:
        chosen = known(which, asked) if asked else None
    except InputError as error:
        refused(f"{error}.")
        chosen = None
    if not rows:
        empty("No market fits this search.", "Shorten the search, or show any result.")
        return chosen
    tickers = {row.ticker: row for row in rows}
    chosen = chosen or tickers.get(opening or "", rows[0])
    tickers = tickers if chosen.ticker in tickers else {chosen.ticker: chosen} | tickers
    _listed(rows)
    st.session_state[TICKER] = chosen.ticker
    st.selectbox("Market shown", list(tickers), key=TICKER, on_change=_other, help="Type to search the list.")
    write_address(TICKER)
    return chosen


def _other() -> None:
    keep(TICKER)
    follow(BELIEF)


def _listed(rows: Sequence[MarketRow]) -> None:
    st.session_state[_LISTED] = [row.ticker for row in rows]
    live = rows[0].live
    table = pd.DataFrame({"Market": [row.ticker for row in rows], "Closes": [day(row.closes_ms) for row in rows]})
    if live:
        table["Bid"] = [100.0 * row.bid for row in rows]
        table["Ask"] = [100.0 * row.ask for row in rows]
    else:
        table["Settled"] = [row.result.upper() or "open" for row in rows]
    table["Volume"] = [row.volume for row in rows]
    whole = st.column_config.NumberColumn("Volume", format="compact", help="Contracts traded in all, where known.")
    price = {name: st.column_config.NumberColumn(f"{name} (¢)", format="%.1f") for name in ("Bid", "Ask")}
    st.dataframe(
        table,
        hide_index=True,
        height=min(_LIST_HEIGHT, 38 + 35 * len(rows)),
        column_config={"Volume": whole} | (price if live else {}),
        key=_TABLE,
        on_select=_picked,
        selection_mode="single-row",
        alt=f"{len(rows)} markets.",
    )
    st.caption(plain(f"{len(rows):,} market{'s' if len(rows) != 1 else ''}; choose a row to look at it."))


def _picked() -> None:
    state: Any = st.session_state[_TABLE]
    rows, listed = state.selection.rows, st.session_state.get(_LISTED, [])
    if rows and rows[0] < len(listed):
        want(TICKER, listed[rows[0]])
        follow(BELIEF)
