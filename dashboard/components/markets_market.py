"""One market: its price history with the moment looked at, and what stood in its book then."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import streamlit as st

from dashboard.components.charts import depth_ladder, market_alt, market_history
from dashboard.components.kelly_panels import Numbers, table
from dashboard.components.markets_browse import BOUND
from dashboard.components.markets_words import cents, moment, result
from dashboard.components.numbers import number, plain
from dashboard.components.show import show
from dashboard.components.theme import current_palette
from engine.service import HistoryView, LadderLevel, LadderView, MarketRow

_LEVELS: Final = 8


def market_head(row: MarketRow, badge: str) -> None:
    """What is looked at, where it comes from, and how it ended."""
    st.header(plain(row.heading), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(
            badge,
            icon=":material/bolt:" if row.live else ":material/inventory_2:",
            color="blue" if row.live else "gray",
        )
        st.badge(result(row), color="gray")
        if row.title:
            st.caption(plain(row.ticker), width="content")
        st.caption(plain(f"Event {row.event}, closes {moment(row.closes_ms)}"), width="content")


def moment_slider(view: HistoryView) -> int:
    """Which bar is looked at, as a share of the market's life that is the same for every market."""
    share = st.slider(
        "Moment looked at (% of the market's life)", 0, 100, 50, 1, format="%d%%", key="markets_at", **BOUND,
        help="The quote at the close of this bar is what the book and the ticket below are made from.",
    )  # fmt: skip
    bar = view.bar_at(share / 100.0)
    bid, ask = view.quote(bar)
    st.caption(plain(f"{moment(float(view.time_ms[bar]))}: bid {cents(bid)}, ask {cents(ask)}."))
    return bar


def history_block(view: HistoryView, bar: int | None, belief: float | None) -> None:
    """The chart of the market's life."""
    when = None if bar is None else float(view.time_ms[bar])
    fig = market_history(
        view.time_ms, view.bid, view.ask, view.trade, view.volume, current_palette(), now_ms=when, belief=belief
    )
    show(fig, "markets_history", alt=market_alt(view.bid, view.ask, view.row.ticker))
    missing = "" if view.traded else " This source has quotes only, no trades and no volume."
    st.caption(plain(f"Each point is the close of a {view.interval} bar. Shaded: between bid and ask.{missing}"))


def ladder_block(book: LadderView) -> None:
    """The book as a ladder, and its spread."""
    st.subheader("Order book of YES", anchor=False, help="A bid for NO at 40¢ is the same as YES offered at 60¢.")
    st.caption(plain(f"{book.label} at {moment(book.time_ms)}"))
    bids, asks = book.bids[:_LEVELS], book.asks[:_LEVELS]
    if not bids and not asks:
        st.caption("Nobody quoted either side at this moment.")
    elif all(math.isfinite(level.size) for level in (*bids, *asks)):
        fig = depth_ladder(*_levels(bids), *_levels(asks), current_palette())
        show(fig, "markets_ladder", alt=_spoken(book))
    else:
        table(
            {
                "": ["Offered", "Bid"],
                "Price": Numbers([asks[0].price if asks else math.nan, bids[0].price if bids else math.nan], cents),
            },
            alt=_spoken(book),
        )
    spread = "" if math.isnan(book.spread) else f"Spread {number(100.0 * book.spread, 'cents')}. "
    deep = _deep(book)
    st.caption(plain(f"{spread}{deep}{book.note}"))


def _deep(book: LadderView) -> str:
    hidden = max(len(book.bids), len(book.asks)) - _LEVELS
    if hidden <= 0:
        return ""
    bid, ask = book.bids[-1].depth if book.bids else 0.0, book.asks[-1].depth if book.asks else 0.0
    return f"Shown are the best {_LEVELS} a side; in all {bid:,.0f} contracts are bid and {ask:,.0f} offered. "


def _levels(levels: tuple[LadderLevel, ...]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one.price for one in levels]), np.array([one.size for one in levels])


def _spoken(book: LadderView) -> str:
    bid = cents(book.bids[0].price) if book.bids else "nobody"
    ask = cents(book.asks[0].price) if book.asks else "nobody"
    return f"Order book: best bid {bid}, best offer {ask}."
