"""The blocks every mode of the Kelly page is made of: growth, falls, simulated bankrolls, doubt, the reference table."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
from dashboard.components.kelly_words import money, percent
from dashboard.components.numbers import number, plain
from dashboard.components.show import show
from dashboard.components.theme import current_palette
from dashboard.components.tiles import Tile, show_tiles
from engine.service import (
    YOURS,
    FallView,
    FanView,
    GrowthView,
    KellySize,
    Law,
    Sizing,
    ToleranceView,
    doubt_rows,
    fall_view,
    fan_view,
    growth_view,
    reference,
    shrink_view,
    tolerance_view,
)

_START = "All chances are relative to the bankroll you START with, if you go on for ever with small, frequent bets."


def heading(text: str, help_: str | None = None) -> None:
    """The title of a block."""
    st.subheader(text, anchor=False, help=help_)


def answer(head: str, detail: str, *, positive: bool) -> None:
    """The answer in a sentence, before everything else."""
    with st.container(border=True, gap="xxsmall", key="kelly_answer"):
        icon = ":material/check_circle:" if positive else ":material/block:"
        st.header(f"{icon} {plain(head)}", anchor=False)
        st.caption(plain(detail))


def table(columns: dict[str, Sequence[str]], alt: str) -> None:
    """A small table of numbers already written with their units."""
    st.table(columns, border="horizontal", hide_index=True, alt=alt)


def growth_block(view: GrowthView, *, per: str = "bet", note: str = "") -> None:
    """The growth curve with its named stakes."""
    heading("Growth by stake", "Expected growth of the logarithm of the bankroll: what compounding really pays.")
    named = [Mark(mark.stake, mark.growth, mark.name) for mark in view.marks]
    show(
        growth_curve(view.stakes, view.growth, named, current_palette(), per),
        "kelly_growth_chart",
        alt=growth_alt(named, per),
    )
    if note:
        st.caption(plain(note))


def growth_note(view: GrowthView) -> str:
    """What the curve teaches."""
    zero = next((mark.stake for mark in view.marks if mark.name == "Zero growth"), math.nan)
    if math.isnan(zero):
        return "Without an edge every stake shrinks the bankroll." if not view.marks else ""
    return f"Staking more than {percent(zero)} shrinks the bankroll in the long run, although each bet has an edge."


@st.cache_data(max_entries=256, show_spinner=False)
def _fan(p: float, b: float, a: float, position: float, bankroll: float, bets: int, seed: int) -> FanView:
    return fan_view(Law(p, b, a), position, bankroll, bets, seed)


def fan_block(law: Law, position: float, sizing: Sizing) -> FanView | None:
    """Simulated bankrolls at the own stake; returns them for the table of falls."""
    heading("Simulated bankrolls", "The same stake, as a share of the bankroll, on the same bet again and again.")
    if position <= 0.0:
        st.caption("No stake, nothing to simulate: the bankroll stays where it is.")
        return None
    left, right = st.columns(2)
    bets = left.select_slider("Bets in a row", (50, 100, 250, 500, 1000), 250, key="kelly_bets", **BOUND)
    seed = right.number_input("Seed", 0, 999_999, 1, 1, key="kelly_seed", help="Another seed, other luck.", **BOUND)
    fan = _fan(law.p, law.b, law.a, position, sizing.bankroll, int(bets), int(seed))
    show(
        fan_chart(fan.steps, fan.quantiles, fan.bands, current_palette()),
        "kelly_fan_chart",
        alt=fan_alt(fan.quantiles, fan.bands),
    )
    show_tiles(fan_tiles(fan))
    st.caption(plain(f"{fan.paths:,} simulated runs with seed {fan.seed}. Bands: 5, 25, 50, 75 and 95% of the runs."))
    return fan


def fan_tiles(fan: FanView) -> list[Tile]:
    """The headline numbers of the simulation."""
    return [
        Tile("Median end", fan.median_final, "money", "Half of the runs end above this bankroll."),
        Tile("Median drawdown", -fan.median_max_drawdown, "percent", "The worst fall from a peak, in half the runs."),
        Tile("Bad drawdown", -fan.q95_max_drawdown, "percent", "One run in twenty falls further from its peak."),
        Tile("Ends with a loss", fan.p_loss, "percent", "Share of the runs that end below the start."),
    ]


def fall_block(falls: FallView, rows: dict[str, Sequence[float]]) -> None:
    """The chance of ever falling to a share of the start, as a picture and as a table; `rows` are further columns."""
    heading("Chance of ever falling", "P(bankroll ever at or below x times the start) = x^(2/c - 1), c times full Kelly.")
    names = [name for name in falls.columns if name != YOURS]
    shown = dict(zip(falls.columns, falls.curves, strict=True))
    odds = {name: shown[name] for name in (falls.columns if len(names) < len(falls.columns) else names)}
    show(
        drawdown_odds(falls.curve_levels, odds, current_palette()),
        "kelly_fall_chart",
        alt=drawdown_odds_alt(falls.curve_levels, odds),
    )
    columns = {"Falls to": [f"{level:.0%}" for level in falls.levels]}
    for at, name in enumerate(falls.columns):
        columns[name] = [chance(value) for value in falls.chance[:, at]]
    for name, values in rows.items():
        columns[name] = [chance(value) for value in values]
    table(columns, "Chance of ever falling to a share of the starting bankroll, by stake.")
    st.caption(_START)


def chance(value: float) -> str:
    """A probability that may be tiny but is not nothing."""
    if math.isnan(value):
        return number(value, "percent")
    return "under 0.01%" if 0.0 < value < 5e-5 else percent(value)


def law_falls(law: Law, position: float, fan: FanView | None) -> None:
    """The falls of a bet that can be simulated: the rule for small bets, the guarantee for this one, and the runs."""
    falls = fall_view(law.multiple(position) if position > 0.0 else 0.0, law, position)
    rows: dict[str, Sequence[float]] = {}
    if position > 0.0:
        rows["This bet, at most"] = list(falls.bound)
    if fan is not None:
        rows[f"Seen in {int(fan.steps[-1]):,} bets"] = fan.ever_below
    fall_block(falls, rows)


def tolerance_inputs() -> tuple[float, float]:
    """The fall one fears, and the chance of it one accepts, as fractions."""
    left, right = st.columns(2)
    alpha = left.slider("I fear falling to", 10, 95, 70, 5, format="%d%%", key="kelly_alpha", **BOUND)
    beta = right.slider("with a chance of at most", 1, 50, 10, 1, format="%d%%", key="kelly_beta", **BOUND)
    return alpha / 100.0, beta / 100.0


def tolerance_answer(view: ToleranceView, alpha: float, beta: float, verb: str = "stake") -> None:
    """The most one may stake for that."""
    st.markdown(
        plain(f"Then {verb} at most ")
        + f"**{plain(money(view.stake))}** "
        + plain(f"({percent(view.position)} of the bankroll; for small bets {percent(view.multiple)} of full Kelly).")
    )
    st.caption(f"Keeps the chance of ever falling to {alpha:.0%} of the start at or below {beta:.0%}.")


def tolerance_block(law: Law, sizing: Sizing) -> None:
    """From the fall one fears to the stake."""
    heading("From the fall you fear to the stake", "Risk-constrained Kelly (Busseti, Ryu and Boyd 2016).")
    alpha, beta = tolerance_inputs()
    tolerance_answer(tolerance_view(law, sizing, alpha, beta), alpha, beta)


def doubt_block(law: Law, sizing: Sizing, position: float) -> None:
    """What the size becomes if the probability is off, and if it is only an estimate."""
    heading("If your probability is off", "The size for other probabilities, and how your stake would then grow.")
    rows = doubt_rows(law, sizing, position)
    table(
        {
            "Probability": [f"{percent(row.p)} ({number(row.shift * 100, 'count', signed=True)})" for row in rows],
            "Full Kelly": [percent(row.size.full) for row in rows],
            "Stake": [stake_words(row.size, row.stake) for row in rows],
            "Growth of your stake": [f"{row.growth_of_yours:+.3%}" for row in rows],
        },
        "Stake and growth for probabilities a few points higher and lower.",
    )
    shrink_line(law, sizing)


def stake_words(size: KellySize, stake: float) -> str:
    """A stake in dollars, or that there is none."""
    return money(stake) if size.position > 0.0 else "no bet"


def shrink_line(law: Law, sizing: Sizing) -> None:
    """Baker-McHale: how much of Kelly an estimated probability deserves."""
    n = st.number_input(
        "Outcomes behind your probability", 1, 1_000_000, 100, 10, key="kelly_n", **BOUND,
        help="How many past outcomes your estimate is worth. Few outcomes: a wide error, a smaller stake.",
    )  # fmt: skip
    view = shrink_view(law, sizing, float(n))
    st.markdown(
        plain(
            f"With a standard error of {percent(view.error)}, Baker-McHale keeps {percent(view.factor)} of full Kelly: "
            f"with your fraction on top, {stake_words(view.size, view.stake)}."
        )
    )


def reference_block() -> None:
    """The quick reference."""
    heading("Quick reference", "Shares of the bankroll; growth is per bet at full Kelly.")
    rows = reference()
    table(
        {
            "Win probability": [f"{row.p:.0%}" for row in rows],
            "Pays": [f"{row.b:g} to 1" for row in rows],
            "Full Kelly": [percent(row.full) for row in rows],
            "Half": [percent(row.half) for row in rows],
            "Quarter": [percent(row.quarter) for row in rows],
            "Growth per bet": [percent(row.growth) for row in rows],
        },
        "Kelly stakes of four common bets.",
    )


def bet_blocks(law: Law, position: float, sizing: Sizing) -> None:
    """Everything beneath the answer of a bet."""
    left, right = st.columns(2, gap="medium")
    with left:
        fan = fan_block(law, position, sizing)
    with right:
        doubt_block(law, sizing, position)
    left, right = st.columns(2, gap="medium")
    with left:
        law_falls(law, position, fan)
    with right:
        tolerance_block(law, sizing)
        reference_block()


def law_growth(law: Law, position: float) -> None:
    """The growth curve of a bet."""
    view = growth_view(law, position)
    growth_block(view, note=growth_note(view))
