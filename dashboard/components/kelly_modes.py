"""The four questions of the Kelly page: a bet, a contract, an asset, a record of trades."""

from __future__ import annotations

import streamlit as st

from dashboard.components import kelly_inputs as inputs
from dashboard.components import kelly_panels as panels
from dashboard.components import kelly_words as words
from dashboard.components.tiles import Tile, show_tiles
from engine.service import bet


def binary_bet() -> None:
    """A bet with two outcomes."""
    top = st.container()
    side, main = st.columns([1, 2], gap="medium")
    with side, st.container(border=True):
        p = inputs.probability("Win probability", 55.0)
        kind, odds = inputs.odds()
        sizing = inputs.sizing()
        lost, cost = inputs.costs()
    view = bet(p, odds, sizing, kind=kind, a=lost, cost=cost)
    with top:
        panels.answer(*words.bet_answer(view, sizing), positive=view.size.position > 0.0)
    with main:
        show_tiles(
            [
                Tile("Stake", view.stake, "money", "What to bet now."),
                Tile("Share of bankroll", view.size.position, "percent", "The stake over the bankroll."),
                Tile("Full Kelly", view.size.full, "percent", "p/a - (1-p)/b: the share that grows fastest."),
                Tile("Edge", view.kelly.edge, "percent", "Expected gain per dollar staked, after costs."),
                Tile("Growth per bet", view.growth, "percent", "Expected log growth of the bankroll at this stake."),
                Tile(
                    "Bets to double",
                    view.doubling_bets,
                    "count",
                    "Until the median bankroll has doubled.",
                    missing="the bankroll does not grow",
                ),
            ]
        )
        panels.law_growth(view.law, view.size.position)
    panels.bet_blocks(view.law, view.size.position, sizing)
