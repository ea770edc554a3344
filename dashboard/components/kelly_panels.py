"""The blocks every mode of the Kelly page is made of: the answer, growth, falls, simulated bankrolls, the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard.components.charts import (
    Mark,
    drawdown_odds,
    drawdown_odds_alt,
    fan_alt,
    fan_chart,
    growth_alt,
    growth_curve,
)
from dashboard.components.kelly_inputs import BOUND
from dashboard.components.kelly_words import money, percent, rare
from dashboard.components.numbers import plain
from dashboard.components.show import show
from dashboard.components.theme import current_palette
from engine.service import (
    YOURS,
    ContinuousView,
    FallView,
    FanView,
    GrowthView,
    Law,
    Sizing,
    ToleranceView,
    fall_view,
    fan_view,
    growth_view,
    outlook,
    reference,
)

_START = (
    "Chances are relative to the bankroll you START with, for small, frequent bets without end; "
    "falls from a later peak of any depth come sooner or later."
)
# wider than this the median would be a flat line on a linear scale
_LOG_FROM = 12.0


class Numbers(NamedTuple):
    """A column of a table: numbers and how to write one."""

    values: Sequence[float]
    write: Callable[[float], str]


def heading(text: str, help_: str | None = None) -> None:
    """The title of a block."""
    st.subheader(text, anchor=False, help=plain(help_) if help_ else None)


def answer(head: str, detail: str, *, positive: bool) -> None:
    """The answer in a sentence, before everything else."""
    with st.container(border=True, gap="xxsmall", key="kelly_answer"):
        icon = ":material/check_circle:" if positive else ":material/block:"
        st.header(f"{icon} {plain(head)}", anchor=False)
        st.caption(plain(detail))


def table(columns: Mapping[str, Sequence[str] | Numbers], alt: str) -> None:
    """A small table; text stands left, numbers stand right and are written with their units."""
    data = {name: cells.values if isinstance(cells, Numbers) else list(cells) for name, cells in columns.items()}
    writers = {name: cells.write for name, cells in columns.items() if isinstance(cells, Numbers)}
    st.table(pd.DataFrame(data).style.format(writers), border="horizontal", hide_index=True, alt=alt)


def growth_block(view: GrowthView, note: str, *, per: str = "bet") -> None:
    """The growth curve with its named stakes."""
    heading("Growth by stake", "Expected growth of the logarithm of the bankroll: what compounding really pays.")
    named = [Mark(mark.stake, mark.growth, mark.name, mark.name.startswith(YOURS)) for mark in view.marks]
    fig = growth_curve(view.stakes, view.growth, named, current_palette(), per)
    show(fig, "kelly_growth_chart", alt=growth_alt(named, per))
    st.caption(plain(note))


def law_growth(law: Law, position: float, *, per: str = "bet") -> None:
    """The growth curve of a bet and what it teaches."""
    view = growth_view(law, position)
    zero = next((mark.stake for mark in view.marks if mark.name == "Zero growth"), math.nan)
    note = f"Staking more than {percent(zero)} shrinks the bankroll in the long run, although each {per} has an edge."
    if not view.marks:
        note = "Without an edge every stake shrinks the bankroll in the long run."
    growth_block(view, note if zero > 0.0 or not view.marks else "A sure win grows with every stake.", per=per)


@st.cache_data(max_entries=256, show_spinner=False)
def simulated_years(view: ContinuousView, sizing: Sizing, seed: int) -> FanView | None:
    """The simulation of an asset, kept likewise."""
    return outlook(view, sizing, seed)


@st.cache_data(max_entries=256, show_spinner=False)
def simulated(law: Law, position: float, bankroll: float, bets: int, seed: int) -> FanView:
    """The simulation, kept, because most changes on the page do not touch it."""
    return fan_view(law, position, bankroll, bets, seed)


def fan_block(fan: FanView, *, per: str = "bet", further: str = "") -> None:
    """Simulated bankrolls at the own stake."""
    said = f"The same stake, as a share of the bankroll, {per} after {per}."
    if per == "trade":
        said += " A loss takes all that is at risk, a win brings the average win over the average loss times that."
    heading("Simulated bankrolls", said)
    log = bool(fan.bands.max() > _LOG_FROM * fan.bands.min())
    fig = fan_chart(fan.steps, fan.quantiles, fan.bands, current_palette(), per, log)
    show(fig, "kelly_fan_chart", alt=fan_alt(fan.quantiles, fan.bands, per))
    table(
        {
            "Luck": ["1 in 20 does worse", "Median", "1 in 20 does better"],
            "Bankroll at the end": Numbers([fan.bands[0, -1], fan.median_final, fan.bands[-1, -1]], money),
            "Deepest fall from a peak": Numbers(
                [-fan.q95_max_drawdown, -fan.median_max_drawdown, -fan.q05_max_drawdown], percent
            ),
        },
        "Bankroll at the end and deepest fall from a peak of the simulated runs.",
    )
    st.caption(
        plain(
            f"{percent(fan.p_loss)} of the runs end below the start. "
            f"{fan.paths:,} runs, seed {fan.seed}; bands at 5, 25, 50, 75 and 95%.{further}"
        )
    )


def fall_block(falls: FallView, yours: Mapping[str, Sequence[float]]) -> None:
    """The chance of ever falling to a share of the start: for stakes with a name, and further columns for the own."""
    heading("Chance of ever falling", "P(bankroll ever at x times the start or below) = x^(2/c - 1) at c times Kelly.")
    odds = dict(zip(falls.columns, falls.curves, strict=True))
    fig = drawdown_odds(falls.curve_levels, odds, current_palette())
    show(fig, "kelly_fall_chart", alt=drawdown_odds_alt(falls.curve_levels, odds))
    levels = {"Falls to": [f"{level:.0%}" for level in falls.levels]}
    named = zip(falls.named, falls.named_chance.T.tolist(), strict=True)
    columns = {name: Numbers(values, rare) for name, values in named}
    table(levels | columns, "Chance of ever falling to a share of the starting bankroll, by stake.")
    if yours:
        own = {"At your stake": Numbers(falls.chance[:, -1].tolist(), rare)}
        columns = {name: Numbers(values, rare) for name, values in yours.items()}
        table(levels | own | columns, "Chance of falling to a share of the starting bankroll at your stake.")
    st.caption(_START)


def law_falls(law: Law, position: float, fan: FanView | None, *, per: str = "bet") -> None:
    """The falls of a bet: the rule for small bets, the guarantee for this one, and what the runs saw."""
    falls = fall_view(law.multiple(position) if position > 0.0 else 0.0, law, position)
    yours: dict[str, Sequence[float]] = {}
    if fan is not None:
        yours = {f"This {per}, at most": falls.bound.tolist(), f"Seen in {fan.steps[-1]:,.0f} {per}s": fan.ever_below}
    fall_block(falls, yours)


def feared() -> tuple[float, float]:
    """The fall one fears, and the chance of it one accepts, as fractions."""
    heading("From the fall you fear to the stake", "Risk-constrained Kelly (Busseti, Ryu and Boyd 2016).")
    left, right = st.columns(2)
    alpha = left.slider("I fear falling to", 10, 95, 70, 5, format="%d%%", key="kelly_alpha", **BOUND)
    beta = right.slider("With a chance of at most", 1, 50, 10, 1, format="%d%%", key="kelly_beta", **BOUND)
    return alpha / 100.0, beta / 100.0


def tolerated(view: ToleranceView, alpha: float, beta: float, verb: str = "Stake") -> None:
    """The most one may stake for that."""
    st.markdown(
        f"**{plain(f'{verb} at most {money(view.stake)}: {percent(view.position)} of the bankroll.')}** "
        + plain(
            f"That keeps the chance of ever falling to {alpha:.0%} of the start at or below {beta:.0%}. "
            f"The rule for small bets allows {percent(view.multiple)} of full Kelly."
        )
    )


def reference_block() -> None:
    """The quick reference."""
    heading("Quick reference", "Shares of the bankroll; growth is per bet at full Kelly.")
    rows = reference()
    table(
        {
            "You win": [f"{row.p:.0%}" for row in rows],
            "Pays": [f"{row.b:g} to 1" for row in rows],
            "Full Kelly": Numbers([row.full for row in rows], percent),
            "Half": Numbers([row.half for row in rows], percent),
            "Quarter": Numbers([row.quarter for row in rows], percent),
            "Growth": Numbers([row.growth for row in rows], percent),
        },
        "Kelly stakes of four common bets.",
    )
