"""The value strategy over settled markets: what it made, on which events, and every single bet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.charts import equity_alt, equity_with_drawdown, event_profit, event_profit_alt
from dashboard.components.kelly_inputs import settled
from dashboard.components.markets_browse import BOUND
from dashboard.components.numbers import number, plain
from dashboard.components.show import show
from dashboard.components.states import empty
from dashboard.components.theme import current_palette
from dashboard.components.tiles import Tile, show_tiles
from engine.service import (
    BetRequest,
    BetRunView,
    bet_run,
    bet_sources,
    bets_csv,
    compile_engine,
    event_names,
    is_compiled,
    market_set,
)

_OPENING: Final = BetRequest()


def backtest_block(which: str) -> None:
    """The settings beside the answer, the curves, the events and the bets."""
    side, main = st.columns([1, 2.4], gap="medium")
    with side, st.container(border=True):
        request = _asked(which)
    with main:
        compiled()
    with main, st.spinner("Betting through the settled markets ..."):
        view = settled(f"markets_run_{which}", lambda: bet_run(request))
    if view is None:
        return
    with main:
        _answer(view)
        show_tiles(_tiles(view))
        _curves(view)
    if len(view.bets):
        _events(view)
        _bets(view)


def compiled() -> None:
    """Make a first visitor on a new machine wait with a reason, once."""
    if not is_compiled():
        with st.status("Compiling the engine for this machine, once: about 10 seconds ...", expanded=True):
            compile_engine()


def _asked(which: str) -> BetRequest:
    sources = {title: name for name, title in bet_sources().items()}
    source = sources[st.selectbox("Probabilities from", list(sources), key="markets_bet_source", **BOUND)]
    tilt = _OPENING.tilt
    if source == "tilt":
        tilt = st.slider(
            "Your tilt of the price", 0.50, 2.00, _OPENING.tilt, 0.05, key="markets_tilt", **BOUND,
            help="Multiplies the log odds of the price. Above 1: favourites are worth more than they cost.",
        )  # fmt: skip
    count = len(event_names(which))
    low, high = st.slider(
        "Events bet on, in the order of their closes", 1, count, (1, count), 1, key=f"markets_events_{which}", **BOUND
    )
    edge = _cents(
        "Least edge to buy",
        "markets_edge",
        0.0,
        30.0,
        100 * _OPENING.min_edge,
        "Your probability less the price and the fee.",
    )
    exit_ = _cents(
        "Edge to sell",
        "markets_exit",
        0.0,
        50.0,
        100 * _OPENING.exit_edge,
        "What the bid pays above your probability. 50: hold to settlement.",
    )
    spread = _cents(
        "Widest spread",
        "markets_spread",
        1.0,
        100.0,
        100 * _OPENING.max_spread,
        "No bet while bid and ask are further apart.",
    )
    return replace(
        _limits(),
        which=which,
        first=int(low),
        last=int(high),
        source=source,
        tilt=round(float(tilt), 4),
        min_edge=edge,
        exit_edge=exit_,
        max_spread=spread,
    )


def _limits() -> BetRequest:
    """The money of the account and how much of it a bet may take."""
    with st.expander("Money and limits"):
        capital = st.number_input(
            "Starting capital ($)", 100.0, 1e9, _OPENING.capital, 1_000.0, key="markets_capital", **BOUND
        )
        fraction = st.slider("Kelly fraction", 5, 100, 25, 5, format="%d%%", key="markets_bet_fraction", **BOUND)
        most = st.slider(
            "Largest stake",
            0.5,
            25.0,
            100 * _OPENING.max_position_pct,
            0.5,
            format="%.1f%%",
            key="markets_bet_cap",
            help="Share of equity on one market.",
            **BOUND,
        )
        open_ = st.slider("Most positions at once", 1, 50, _OPENING.max_open, 1, key="markets_open", **BOUND)
    return BetRequest(
        capital=float(capital),
        fraction=fraction / 100.0,
        max_position_pct=round(most / 100.0, 6),
        max_open=int(open_),
    )


def _cents(label: str, key: str, low: float, high: float, value: float, help_: str) -> float:
    shown = st.slider(label, low, high, value, 0.5, format="%.1f¢", key=key, help=help_, **BOUND)
    return round(float(shown) / 100.0, 6)


def _answer(view: BetRunView) -> None:
    bets = len(view.bets)
    with st.container(border=True, gap="xxsmall", key="markets_bet_answer"):
        if not bets:
            st.header(":material/block: No bet was worth its price and its fee.", anchor=False)
            st.caption("Lower the least edge, widen the spread that is allowed, or tilt the price further.")
            return
        gained = view.profit >= 0.0
        icon = ":material/trending_up:" if gained else ":material/trending_down:"
        word = "made" if gained else "lost"
        st.header(
            f"{icon} {plain(f'{bets:,} bets {word} {_money(abs(view.profit))} after {_money(view.fees)} in fees.')}",
            anchor=False,
        )
        st.caption(
            plain(
                f"{view.won:,} of them made money. {view.markets:,} settled markets of {view.events} events: "
                "buys pay the ask, sales get the bid, the rest is held to settlement."
            )
        )
    for note in (note for note in view.notes if note not in market_set(view.request.which).notes):
        st.caption(f":material/info: {plain(note)}")


def _tiles(view: BetRunView) -> list[Tile]:
    metrics, bets = view.metrics, len(view.bets)
    none = "there were no bets"
    return [
        Tile("Final equity", metrics["final_equity"], "money", "Cash and open positions at the end."),
        Tile("Total return", metrics["total_return"], "percent", "After fees and spread."),
        Tile("Max drawdown", metrics["max_drawdown"], "percent", "Deepest fall from a peak of equity."),
        Tile("Bets", bets, "count", "Each position from its purchase to its sale or settlement."),
        Tile("Won", view.won / bets if bets else None, "percent", "Share of bets that made money.", missing=none),
        Tile(
            "Return on stakes",
            view.profit / view.staked if bets else None,
            "percent",
            "Profit per dollar staked.",
            missing=none,
        ),
    ]


def _curves(view: BetRunView) -> None:
    st.subheader("Equity and drawdown", anchor=False)
    fig = equity_with_drawdown(view.time_ms, view.equity, view.drawdown, None, current_palette())
    show(fig, "markets_equity", alt=equity_alt(view.equity, view.drawdown))


def _events(view: BetRunView) -> None:
    st.subheader("Profit and loss by event", anchor=False)
    table = view.by_event.sort_values("first")
    names, profit = table["event"].tolist(), table["pnl"].to_numpy()
    fig = event_profit(names, profit, table["stake"].to_numpy(), current_palette())
    show(fig, "markets_by_event", alt=event_profit_alt(names, profit))


def _bets(view: BetRunView) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Every bet", anchor=False, width="stretch")
        st.download_button(
            "Download (CSV)",
            lambda: bets_csv(view.request),
            f"bets_{view.request.which}.csv",
            "text/csv",
            key="markets_csv",
            icon=":material/download:",
            on_click="ignore",
        )
    names = ["All", *dict.fromkeys(view.bets["event"])]
    event = st.selectbox("Event", names, key="markets_bet_event", help="Show the bets of one event only.", width=340)
    rows = view.bets if event == "All" else view.bets[view.bets["event"] == event]
    if rows.empty:
        empty("No bets on this event.", "Choose another event, or all.")
        return
    st.dataframe(
        _rows(rows), hide_index=True, column_config=_columns(), height=380, key="markets_bets",
        alt=f"{len(rows)} bets with probability, price, fee and result.",
    )  # fmt: skip
    st.caption("Probability is of the side that was bought, as it was believed when the bet was decided.")


def _rows(bets: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Market": bets["symbol"],
            "Side": bets["side"].str.upper(),
            "Believed": 100.0 * bets["probability"],
            "Price": 100.0 * bets["price"],
            "Edge": 100.0 * bets["edge"],
            "Contracts": bets["quantity"],
            "Stake": bets["stake"],
            "Fees": bets["fees"],
            "Result": bets["result"].str.capitalize(),
            "P&L": bets["pnl"],
            "Return": 100.0 * bets["return"],
            "Bought": bets["entry_time"],
            "Ended": bets["exit_time"],
        }
    )


def _columns() -> dict[str, Any]:
    number_, money, time = st.column_config.NumberColumn, "%,.2f", "DD MMM YYYY, HH:mm"
    return {
        "Believed": number_("Believed (%)", format="%.1f"),
        "Price": number_("Price (¢)", format="%.1f"),
        "Edge": number_(
            "Edge (¢)",
            format="%.2f",
            help="Believed less price and fee a contract, at the price of the fill.",
        ),
        "Contracts": number_(format="%,.2f"),
        "Stake": number_("Stake ($)", format=money),
        "Fees": number_("Fees ($)", format=money),
        "P&L": number_("P&L ($)", format=money, help="After all fees."),
        "Return": number_("Return (%)", format="%.1f"),
        "Bought": st.column_config.DatetimeColumn("Bought (UTC)", format=time, timezone="UTC"),
        "Ended": st.column_config.DatetimeColumn("Ended (UTC)", format=time, timezone="UTC"),
    }


def _money(value: float) -> str:
    return number(value, "money")
