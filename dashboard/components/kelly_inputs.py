"""The inputs of the Kelly page: widgets whose values live in the address, read as the engine's own values.

Widgets speak percent and cents, the engine fractions and dollars; the crossing is here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.kelly_words import FEE_MODE_NAMES, FEE_TYPE_NAMES, ODDS_NAMES
from engine.service import FEE_MODES, FEE_TYPES, ODDS, ContractOrder, Sizing

BOUND: dict[str, Any] = {"bind": "query-params"}


def percent_slider(label: str, key: str, low: float, high: float, value: float, step: float, help_: str) -> float:
    """A slider in percent; returns a fraction."""
    shown = st.slider(label, low, high, value, step, format="%.1f%%", key=key, help=help_, **BOUND)
    return float(shown) / 100.0


def probability(label: str, value: float, key: str = "kelly_p") -> float:
    """A probability, as a fraction."""
    return percent_slider(label, key, 0.5, 99.5, value, 0.5, "Your own estimate, not the one the odds imply.")


def sizing(cap: float = 10.0, *, cap_key: str = "kelly_cap") -> Sizing:
    """Bankroll and fraction in sight, the limits behind them folded away."""
    bankroll = st.number_input(
        "Bankroll ($)", 1.0, 1e12, 10_000.0, 1_000.0, format="%.2f", key="kelly_bankroll", **BOUND,
        help="The money you are ready to risk in all, not the money on your account.",
    )  # fmt: skip
    fraction = st.slider(
        "Fraction of full Kelly", 5, 100, 25, 5, format="%d%%", key="kelly_fraction", **BOUND,
        help="Half Kelly keeps three quarters of the growth with half the swings. Quarter Kelly is a careful start.",
    )  # fmt: skip
    with st.expander("Limits of a position"):
        most = percent_slider(
            "Largest position",
            cap_key,
            1.0,
            100.0,
            cap,
            1.0,
            "Share of the bankroll. Kelly asks for more: capped here.",
        )
        least = percent_slider(
            "Smallest position", "kelly_min", 0.0, 10.0, 1.0, 0.5, "Kelly asks for less: no position at all."
        )
    return Sizing(float(bankroll), fraction / 100.0, most, least)


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
    with st.expander("Partial loss and costs"):
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
        "Order", ("Take the quote", "Rest at the bid"), default="Take the quote", required=True, key="kelly_order",
        help="Resting joins the best price of a side and pays no or less fee; it may never fill.", **BOUND,
    )  # fmt: skip
    with st.expander("Fees"):
        mode = st.selectbox(
            "Rounding of the fee", FEE_MODES, key="kelly_fee", format_func=FEE_MODE_NAMES.__getitem__, **BOUND,
            help="Direct members pay to $0.0001; up to the cent is the printed schedule and never too low.",
        )  # fmt: skip
        fee_type = st.selectbox(
            "Fee of the series", FEE_TYPES, key="kelly_fee_type", format_func=FEE_TYPE_NAMES.__getitem__, **BOUND,
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
