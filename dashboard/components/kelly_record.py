"""The numbers that all go by "Kelly from trades", told apart by name, and the one the engine sizes by."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.components.kelly_panels import Numbers, heading, table
from dashboard.components.kelly_words import money, percent, times
from dashboard.components.numbers import plain
from engine.service import RecordView, Sizing


def kelly_numbers(view: RecordView, sizing: Sizing) -> None:
    """Each number with its meaning and what it makes of the bankroll at full Kelly."""
    kelly, full = view.kelly, view.rule.full
    heading("Three numbers called Kelly from trades", "They differ, because they answer different questions.")
    rule = percent(full) if not math.isnan(full) else f"from {view.needed} trades on"
    shares = [full, kelly.risk_fraction, kelly.notional, kelly.exact_notional]
    table(
        {
            "Number": [
                "**Rule of the engine** :blue-badge[used here]",
                "K, fraction at risk",
                "Notional leverage",
                "Exact log-optimal notional",
            ],
            "Full Kelly": [rule, percent(kelly.risk_fraction), times(kelly.notional), times(kelly.exact_notional)],
            "In dollars": Numbers([sizing.dollars(share) for share in shares], money),
            "What it is": [
                "To put at risk, careful win rate",
                "To put at risk, measured win rate",
                "Size of the position, K / average loss",
                "Size of the position that grows fastest",
            ],
        },
        "Four readings of Kelly from a record of trades, for the whole bankroll.",
    )
    st.caption(plain(explained(view)))


def explained(view: RecordView) -> str:
    """How the numbers come about, and how the trades were read."""
    kelly = view.kelly
    said = (
        f"The engine adds 10 wins and 10 losses to the record (win rate {percent(view.prior_rate)}), so that luck does "
        f"not size a position; before {view.needed} trades it takes the smallest one. It uses the share at risk as the "
        "size of the position, which risks less still. "
    )
    if view.money:
        return said + "The leverages need the money in each trade."
    return said + (
        f"Read as returns: average win {percent(kelly.avg_win)}, average loss {percent(-kelly.avg_loss)}; "
        f"Vince's optimal f is {percent(kelly.optimal_f)}."
    )
