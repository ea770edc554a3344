"""The first tab of the Markets page: the list, the market, its book, and what to buy."""

from __future__ import annotations

import streamlit as st

from dashboard.components.markets_browse import bundled_market
from dashboard.components.markets_market import history_block, ladder_block, market_head, moment_slider
from dashboard.components.markets_ticket import event_block, order_at, ticket_block, your_view
from engine.service import (
    HistoryView,
    MarketRow,
    QuotedMarket,
    event_rows,
    market_history,
    market_set,
    quoted_ladder,
)


def market_desk(which: str) -> None:
    """A bundled market at a moment of its life."""
    side, main = st.columns([1, 2.4], gap="medium")
    with side, st.container(border=True):
        row = bundled_market(which)
    if row is None:
        return
    view = market_history(which, row.ticker)
    with main:
        market_head(row, market_set(which).badge)
        chart = st.container()
        bar = moment_slider(view)
    bid, ask = view.quote(bar)
    left, right = st.columns([1, 2.4], gap="medium")
    book = quoted_ladder(which, view, bar)
    with left, st.container(border=True):
        asked = your_view(book.middle)
    with left, st.container(border=True):
        ladder_block(book)
    with chart:
        history_block(view, bar, asked.p)
    with right:
        ticket_block(asked, order_at(bid, ask, view.fee_rate))
        others = _event_at(which, row, view, bar)
        if len(others) > 1:
            event_block(row, others, asked, view.fee_rate)


def _event_at(which: str, row: MarketRow, view: HistoryView, bar: int) -> list[QuotedMarket]:
    """Every market of the event as it was quoted at the same moment."""
    when = view.time_ms[bar]
    found = []
    for other in event_rows(which, row.event):
        history = market_history(which, other.ticker)
        at = int((history.time_ms <= when).sum()) - 1
        if at >= 0:
            found.append(QuotedMarket(other.ticker, other.label, *history.quote(at)))
    return found
