"""The inputs of the Kelly page: widgets whose values live in the address, read as the engine's own values.

Widgets speak percent and cents, the engine fractions and dollars; the crossing is here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from dashboard.components.kelly_words import FEE_MODE_NAMES, FEE_TYPE_NAMES, ODDS_NAMES, UNIT_NAMES
from dashboard.components.states import refused
from dashboard.state import last_run
from engine.service import (
    FEE_MODES,
    FEE_TYPES,
    ODDS,
    UNITS,
    ContractOrder,
    InputError,
    Sizing,
    TradeList,
    closed_returns,
    example_trades,
    paste_trades,
    run_trades,
    trade_file,
)

T = TypeVar("T")
BOUND: dict[str, Any] = {"bind": "query-params"}


def settled(name: str, make: Callable[[], T]) -> T | None:
    """Return what is made of the inputs; where they are refused, say so here and return what they last made."""
    slot = f"kept_{name}"
    try:
        st.session_state[slot] = make()
    except InputError as error:
        kept = " What is shown belongs to the last input that could be used." if slot in st.session_state else ""
        end = "" if str(error).endswith("?") else "."
        refused(f"{error}{end}{kept}")
    found: T | None = st.session_state.get(slot)
    return found


def percent_slider(label: str, key: str, low: float, high: float, value: float, step: float, help_: str) -> float:
    """A slider in percent; returns a fraction."""
    shown = st.slider(label, low, high, value, step, format="%.1f%%", key=key, help=help_, **BOUND)
    return float(shown) / 100.0


def probability(label: str) -> float:
    """A probability, as a fraction."""
    return percent_slider(label, "kelly_p", 0.5, 99.5, 55.0, 0.5, "Your own estimate, not the one the odds imply.")


def sizing(*, cap: float = 10.0, cap_key: str = "kelly_cap") -> Sizing:
    """Bankroll and fraction here, the limits of a position in the sidebar."""
    bankroll = st.number_input(
        "Bankroll ($)", 1.0, 1e12, 10_000.0, 1_000.0, format="%.2f", key="kelly_bankroll", **BOUND,
        help="The money you are ready to risk in all, not the money on your account.",
    )  # fmt: skip
    fraction = st.slider(
        "Fraction of full Kelly", 5, 100, 25, 5, format="%d%%", key="kelly_fraction", **BOUND,
        help="Half Kelly keeps three quarters of the growth with half the swings. Quarter Kelly is a careful start.",
    )  # fmt: skip
    with st.sidebar:
        st.subheader("Limits of a position", anchor=False)
        most = percent_slider(
            "Largest position", cap_key, 1.0, 100.0, cap, 1.0, "Share of the bankroll. Where Kelly asks for more."
        )
        least = percent_slider(
            "Smallest position",
            "kelly_min",
            0.0,
            10.0,
            1.0,
            0.5,
            "Share of the bankroll. Where Kelly asks for less: none.",
        )
        made = settled(cap_key, lambda: Sizing(float(bankroll), fraction / 100.0, most, least))
    return made or Sizing(float(bankroll), fraction / 100.0)


def simulation(per: str = "bet") -> tuple[int, int]:
    """How many bets to simulate (250 where years are asked elsewhere) and the seed, in the sidebar."""
    bets = 250
    with st.sidebar:
        st.subheader("Simulation", anchor=False)
        if per != "year":
            bets = st.select_slider(
                f"{per.title()}s in a row", (50, 100, 250, 500, 1000), 250, key="kelly_bets", **BOUND
            )
        seed = st.number_input("Seed", 0, 999_999, 1, 1, key="kelly_seed", help="Another seed, other luck.", **BOUND)
    return int(bets), int(seed)


def odds() -> tuple[str, float | str]:
    """The odds and how they are quoted."""
    kind = st.selectbox("Odds quoted as", ODDS, key="kelly_odds", format_func=ODDS_NAMES.__getitem__, **BOUND)
    if kind == "fractional":
        return kind, st.text_input("Odds", "1/1", key="kelly_fractional", help="Profit / stake, such as 5/2.", **BOUND)
    if kind == "price":
        cents = st.number_input("Price (¢)", 0.1, 99.9, 50.0, 1.0, format="%.1f", key="kelly_price", **BOUND)
        return kind, cents / 100.0
    if kind == "american":
        return kind, st.number_input(
            "Odds",
            -100_000,
            100_000,
            100,
            5,
            key="kelly_american",
            help="+150 wins 150 on 100; -150 risks 150.",
            **BOUND,
        )
    low, value, words = (0.01, 1.0, "Profit per $1 staked.") if kind == "net" else (1.01, 2.0, "Payout per $1 staked.")
    key = f"kelly_{kind}"
    return kind, st.number_input("Odds", low, 10_000.0, value, 0.1, format="%.2f", key=key, help=words, **BOUND)


def costs() -> tuple[float, float]:
    """The share of the stake a loss takes, and the cost per stake, as fractions."""
    with st.sidebar:
        st.subheader("Loss and costs", anchor=False)
        lost = percent_slider(
            "A loss takes", "kelly_loss", 1.0, 100.0, 100.0, 1.0, "Share of the stake lost, such as 20% with a stop."
        )
        cost = percent_slider(
            "Costs", "kelly_cost", 0.0, 20.0, 0.0, 0.1, "Share of the stake paid either way: fees, half the spread."
        )
    return lost, cost


def order() -> ContractOrder:
    """The quote and the kind of order."""
    left, right = st.columns(2)
    bid = left.number_input(
        "YES bid (¢)", 0.0, 99.9, 48.0, 1.0, format="%.1f", key="kelly_bid", help="0: nobody bids.", **BOUND
    )
    ask = right.number_input(
        "YES ask (¢)", 0.1, 100.0, 50.0, 1.0, format="%.1f", key="kelly_ask", help="100: nobody offers.", **BOUND
    )
    kind = st.segmented_control(
        "Order", ("Take the quote", "Rest an order"), default="Take the quote", required=True, key="kelly_order",
        help="Resting joins the best price of a side and pays no or less fee; it may never fill.", **BOUND,
    )  # fmt: skip
    with st.sidebar:
        st.subheader("Fees", anchor=False)
        mode = st.selectbox(
            "Rounding of the fee", FEE_MODES, key="kelly_fee", format_func=FEE_MODE_NAMES.__getitem__, **BOUND,
            help="Direct members pay to a hundredth of a cent; whole cents are the printed schedule, never too low.",
        )  # fmt: skip
        fee_type = st.selectbox(
            "Resting orders", FEE_TYPES, key="kelly_fee_type", format_func=FEE_TYPE_NAMES.__getitem__, **BOUND,
            help="The series says which. Taking always costs 7% x price x (1 - price) a contract.",
        )  # fmt: skip
        multiplier = st.number_input(
            "Fee multiplier",
            0.0,
            3.0,
            1.0,
            0.1,
            format="%.2f",
            key="kelly_multiplier",
            help="1 for most series.",
            **BOUND,
        )
    return ContractOrder(float(bid), float(ask), kind != "Take the quote", fee_type, float(multiplier), mode)


def asset() -> tuple[float, bool, float, float, float]:
    """Mean, whether it is one of log returns, volatility and cash rate as fractions a year, and years to look ahead."""
    mean = percent_slider("Mean return a year", "kelly_mu", -20.0, 60.0, 11.0, 0.5, "Expected, before the cash rate.")
    kind = st.segmented_control(
        "The mean is of", ("Simple returns", "Log returns"), default="Simple returns", required=True, key="kelly_mean",
        help="Kelly needs the mean of simple returns. A mean of log returns is lower by half the variance.", **BOUND,
    )  # fmt: skip
    sigma = percent_slider("Volatility a year", "kelly_sigma", 1.0, 150.0, 17.0, 0.5, "Standard deviation of returns.")
    cash = percent_slider("Cash rate a year", "kelly_r", 0.0, 20.0, 4.0, 0.25, "What the bankroll earns without risk.")
    years = st.slider("Years to look ahead", 1, 30, 10, 1, key="kelly_years", **BOUND)
    return mean, kind == "Log returns", sigma, cash, float(years)


def record() -> tuple[TradeList | None, float | None]:
    """The outcomes of trades from the source chosen, None while there are none, and the money in each trade."""
    source = st.segmented_control(
        "Trades from", tuple(_SOURCES), default="Text", required=True, key="kelly_source", **BOUND
    )
    if source == "Last backtest":
        request = last_run()
        return None if request is None else run_trades(closed_returns(request), "the last backtest"), None
    read = _SOURCES[source]()
    if read is None:
        return None, None
    unit = st.selectbox(
        "The numbers are", UNITS, key="kelly_unit", format_func=UNIT_NAMES.__getitem__, **BOUND,
        help="Percent and dollar signs, the title of the column and the size of the numbers give it away.",
    )  # fmt: skip
    trades = settled(f"trades_{source}", lambda: read(unit))
    if trades is None or not trades.money:
        return trades, None
    return trades, st.number_input(
        "Money in each trade ($)", 0.01, 1e12, None, 100.0, key="kelly_trade_size", placeholder="not known", **BOUND,
        help="Without it only the share at risk is known; notional leverage needs the return of a trade.",
    )  # fmt: skip


def _text() -> Callable[[str], TradeList]:
    text = st.text_area(
        "One result a trade", example_trades(), height=150, max_chars=3_000, key="kelly_trades", **BOUND,
        help="Returns (+1.5%, 0.015) or dollars (-45.20), apart by spaces, commas or lines; after costs.",
    )  # fmt: skip
    return lambda unit: paste_trades(text or "", unit)


def _csv() -> Callable[[str], TradeList] | None:
    file = st.file_uploader(
        "CSV file", type=["csv", "tsv", "txt"], key="kelly_file", help="One row a trade, with a column of results."
    )
    if file is None:
        st.session_state.pop("kept_file", None)
        st.session_state.pop("kept_trades_CSV file", None)
        return None
    found = settled("file", lambda: trade_file(file.name, file.getvalue()))
    if found is None:
        return None
    titles = list(found.columns)
    column = st.selectbox("Column", titles, titles.index(found.best)) if len(titles) > 1 else titles[0]
    return lambda unit: found.trades(column, unit)


_SOURCES: dict[str, Callable[[], Callable[[str], TradeList] | None]] = {
    "Text": _text,
    "CSV file": _csv,
    "Last backtest": lambda: None,
}
