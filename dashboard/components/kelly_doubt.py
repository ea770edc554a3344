"""What an uncertain estimate does to a stake: the answer for other estimates, and Baker-McHale's shrinkage."""

from __future__ import annotations

import streamlit as st

from dashboard.components.kelly_inputs import BOUND
from dashboard.components.kelly_panels import Numbers, heading, table
from dashboard.components.kelly_words import counted, growth, percent, shifted, staked, to_cents
from dashboard.components.numbers import number, plain
from engine.service import (
    ContinuousView,
    ContractOrder,
    ContractView,
    Law,
    RecordView,
    Sizing,
    contract_doubt,
    doubt_rows,
    drift_rows,
    shrink_view,
)


def bet_doubt(law: Law, sizing: Sizing, position: float) -> None:
    """Other win probabilities for a bet."""
    heading("If your probability is off", "The size for other probabilities, and how your stake would then grow.")
    rows = doubt_rows(law, sizing, position)
    yours = {"Your stake grows": Numbers([row.growth_of_yours for row in rows], growth)} if position > 0.0 else {}
    table(
        {
            "Probability": [shifted(row.p, row.shift) for row in rows],
            "Full Kelly": Numbers([row.size.full for row in rows], percent),
            "Stake": Numbers([row.stake for row in rows], staked),
        }
        | yours,
        "Stake and growth per bet for probabilities a few points higher and lower.",
    )
    if law.kelly > 0.0:
        shrunk(law, sizing)


def contract_doubt_table(p: float, order: ContractOrder, sizing: Sizing, view: ContractView) -> None:
    """Other YES probabilities for a contract."""
    heading("If your probability is off", "The ticket for other probabilities, and how your order would then grow.")
    rows = contract_doubt(p, order, sizing, view)
    sides = [row.ticket.side.upper() if row.ticket.contracts else "nothing" for row in rows]
    yours = {"Your order grows": Numbers([row.growth_of_yours for row in rows], growth)} if view.position > 0.0 else {}
    table(
        {
            "YES probability": [shifted(row.p, row.shift) for row in rows],
            "Buy": sides,
            "Contracts": Numbers([row.ticket.contracts for row in rows], counted),
            "Stake": Numbers([to_cents(row.ticket.stake) for row in rows], staked),
        }
        | yours,
        "Order and growth per bet for probabilities a few points higher and lower.",
    )
    if view.law is not None and view.law.kelly > 0.0:
        shrunk(view.law, sizing)


def drift_doubt(view: ContinuousView, sizing: Sizing) -> None:
    """Other drifts for an asset."""
    heading("If your mean is off", "The size for other means, and how your position would then grow a year.")
    rows = drift_rows(view, sizing)
    yours = {"Yours grows": Numbers([row.growth_of_yours for row in rows], growth)} if view.size.position > 0.0 else {}
    table(
        {
            "Mean return": [shifted(row.mu, row.shift) for row in rows],
            "Full Kelly": Numbers([row.size.full for row in rows], percent),
            "Position": Numbers([row.exposure for row in rows], staked),
        }
        | yours,
        "Position and growth a year for means a few points higher and lower.",
    )


def record_doubt(view: RecordView) -> None:
    """Other readings of the win rate of a record."""
    heading("How sure is the win rate?", "Average win and loss as measured; after your fraction and limits.")
    if not view.rates:
        st.caption("The record needs a win and a loss before it says anything about this.")
        return
    table(
        {
            "Reading": [row.name for row in view.rates],
            "Win rate": Numbers([row.win_rate for row in view.rates], percent),
            "Full Kelly": Numbers([row.size.full for row in view.rates], percent),
            "At risk": Numbers([row.stake for row in view.rates], staked),
        },
        "Size at the ends of the interval of the win rate, as measured, and with the prior.",
    )
    st.caption(
        plain(
            f"Wilson interval at 95% from {view.kelly.wins + view.kelly.losses:,} decided trades. "
            f"With a standard error of {percent(view.error)}, Baker-McHale keeps {percent(view.factor)} of what was "
            "measured."
        )
    )


def shrunk(law: Law, sizing: Sizing) -> None:
    """Baker-McHale: how much of Kelly an estimated probability deserves."""
    n = st.number_input(
        "Outcomes behind your probability", 1, 1_000_000, 100, 10, key="kelly_n", **BOUND,
        help="How many past outcomes your estimate is worth. Few outcomes: a wide error, a smaller stake.",
    )  # fmt: skip
    view = shrink_view(law, sizing, float(n))
    said = f"Baker-McHale keeps {percent(view.factor)} of full Kelly."
    st.markdown(
        f"**{plain(said)}** "
        + plain(
            f"With {number(view.n, 'count')} outcomes the probability has a standard error of {percent(view.error)}; "
            f"with your fraction and limits on top: {staked(view.stake)}."
        )
    )
