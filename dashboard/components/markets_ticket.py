"""Your probability against the price: the Kelly ticket of the market, and the stakes of its whole event together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard.components import kelly_panels as panels
from dashboard.components.kelly_inputs import settled
from dashboard.components.kelly_tiles import ticket_tiles
from dashboard.components.kelly_words import contract_answer, counted, growth, money, percent, to_cents
from dashboard.components.markets_browse import BELIEF, BOUND
from dashboard.components.markets_follow import follow, keep, wanted, write_address
from dashboard.components.markets_words import cents, signed_cents
from dashboard.components.numbers import plain
from dashboard.components.states import empty, refused
from dashboard.components.tiles import show_tiles
from engine.service import (
    ContractOrder,
    ContractView,
    EventPlan,
    MarketRow,
    QuotedMarket,
    Sizing,
    contract,
    event_plan,
    shared_beliefs,
)

_HEAD_START: Final = 0.10
_RANGE: Final = (0.5, 99.5)


@dataclass(frozen=True, slots=True)
class View:
    """What a person thinks and can afford; `event_cap` is the most of the bankroll on one event."""

    p: float
    sizing: Sizing
    event_cap: float


def your_view(middle: float) -> View:
    """The inputs: a probability of YES, which starts near the price, and the limits of a stake."""
    st.subheader("Your view", anchor=False)
    p = _belief(middle) / 100.0
    said = "no price to compare with" if math.isnan(middle) else f"{signed_cents(p - middle)} against the middle price"
    st.caption(plain(f"{said[0].upper()}{said[1:]}."))
    if wanted(BELIEF) is not None:
        st.button(
            "Follow the price again", key="markets_follow", icon=":material/sync:", on_click=follow, args=(BELIEF,)
        )
    bankroll = st.number_input(
        "Bankroll ($)", 1.0, 1e12, 10_000.0, 1_000.0, format="%.2f", key="markets_bankroll", **BOUND,
        help="The money you are ready to risk in all.",
    )  # fmt: skip
    fraction = st.slider("Fraction of full Kelly", 5, 100, 25, 5, format="%d%%", key="markets_fraction", **BOUND)
    with st.expander("Limits of a stake"):
        most = _share("Largest on one market", "markets_cap", 1.0, 100.0, 10.0, 1.0, "Share of the bankroll.")
        event = _share("Largest on one event", "markets_event_cap", 1.0, 100.0, 20.0, 1.0, "All its markets together.")
        least = _share("Smallest stake", "markets_least", 0.0, 10.0, 0.5, 0.5, "Below this share: no bet.")
        made = settled("markets_sizing", lambda: Sizing(float(bankroll), fraction / 100.0, most, least))
    return View(p, made or Sizing(float(bankroll), fraction / 100.0), event)


def _belief(middle: float) -> float:
    """The slider of the probability in percent; until it is set it stands above the price."""
    st.session_state[BELIEF] = _set_belief() or _start(middle)
    shown = st.slider(
        "Your probability of YES", *_RANGE, step=0.5, format="%.1f%%", key=BELIEF, on_change=keep, args=(BELIEF,),
        help="Your own estimate. Until you set it, it stands 10 points above the price.",
    )  # fmt: skip
    write_address(BELIEF)
    return float(shown)


def _set_belief() -> float | None:
    """What a person has set, on the grid of the slider; a link that says something else is refused."""
    asked = wanted(BELIEF)
    if asked is None:
        return None
    try:
        value = float(asked)
    except ValueError:
        value = math.nan
    if not _RANGE[0] <= value <= _RANGE[1]:
        refused(
            f"The link asks for a probability of {asked}%; it must lie from 0.5% to 99.5%. It follows the price now."
        )
        follow(BELIEF)
        return None
    return round(2.0 * value) / 2.0


def _start(middle: float) -> float:
    """Ten points above the price, on the grid of the slider; even chances where there is no price."""
    if math.isnan(middle):
        return 50.0
    return min(95.0, max(5.0, round(200.0 * (middle + _HEAD_START)) / 2.0))


def _share(label: str, key: str, low: float, high: float, value: float, step: float, help_: str) -> float:
    return float(st.slider(label, low, high, value, step, format="%.1f%%", key=key, help=help_, **BOUND)) / 100.0


def order_at(bid: float, ask: float, fee_rate: float) -> ContractOrder:
    """The quote as the ticket takes it: in cents, an empty side at the end of the scale."""
    return ContractOrder(
        0.0 if math.isnan(bid) else 100.0 * bid,
        100.0 if math.isnan(ask) else 100.0 * ask,
        multiplier=round(fee_rate / 0.07, 4),
    )


def ticket_block(view: View, order: ContractOrder) -> ContractView | None:
    """The order for this market alone."""
    made = settled("markets_ticket", lambda: contract(view.p, order, view.sizing))
    if made is None:
        empty("No ticket yet.", "Correct the input that is marked; the ticket appears here.")
        return None
    panels.answer(*contract_answer(made, order, view.sizing), positive=made.ticket.contracts > 0)
    tiles = ticket_tiles(made)
    show_tiles(tiles[:4])
    if tiles[4:]:
        show_tiles(tiles[4:])
    return made


def event_block(row: MarketRow, markets: Sequence[QuotedMarket], view: View, fee_rate: float) -> None:
    """What to buy in the whole event: its outcomes exclude each other, so they are sized as one bet."""
    st.subheader(
        "The whole event, sized together",
        anchor=False,
        help="At most one of its markets settles YES. Kelly stakes of single markets must not be added up.",
    )
    plan = settled("markets_plan", lambda: _planned(row, markets, view, fee_rate))
    if plan is None:
        return
    head, detail = _answer(plan)
    st.markdown(f"**{plain(head)}**")
    st.caption(plain(detail))
    _table(plan, row.ticker)


def _planned(row: MarketRow, markets: Sequence[QuotedMarket], view: View, fee_rate: float) -> EventPlan:
    beliefs = shared_beliefs(markets, row.ticker, view.p, exhaustive=row.kind == "partition")
    return event_plan(row.event, markets, beliefs, view.sizing, view.event_cap, f"{fee_rate:.6f}")


def _answer(plan: EventPlan) -> tuple[str, str]:
    shared = "The other outcomes share what your probability leaves, in the market's proportions."
    if not plan.bets:
        return "Nothing to buy in this event at your probability.", shared
    spent = money(to_cents(plan.spent))
    head = (
        f"Buy in {plan.bets} market{'s' if plan.bets > 1 else ''} for {spent}: {percent(plan.share)} of the bankroll."
    )
    return head, (
        f"{shared} Growth {growth(plan.growth)} an event; at full Kelly {growth(plan.together)} together against "
        f"{growth(plan.separate)} for the markets taken one by one. "
        f"{_worst(plan)}"
    )


def _quote(market: QuotedMarket) -> str:
    """Bid and ask on one line, however narrow the table is."""
    return f"{cents(market.bid)}\u00a0/\u00a0{cents(market.ask)}"


def _worst(plan: EventPlan) -> str:
    left = to_cents(plan.worst, cost=False)
    return (
        f"In the worst outcome {money(-left)} is lost."
        if left < 0.0
        else f"Every outcome leaves {money(left)} or more."
    )


def _table(plan: EventPlan, ticker: str) -> None:
    rows = plan.rows
    panels.table(
        {
            "Market": [f"{row.market.label}{' (yours)' if row.market.ticker == ticker else ''}" for row in rows],
            "Bid / ask": [_quote(row.market) for row in rows],
            "Probability": panels.Numbers([row.probability for row in rows], percent),
            "Kelly alone": panels.Numbers([row.alone for row in rows], percent),
            "Buy": [f"{counted(row.contracts)} {row.side.upper()}" if row.contracts else "none" for row in rows],
            "Costs": panels.Numbers([to_cents(row.spent) for row in rows], money),
        },
        alt=f"What to buy in the {len(rows)} markets of the event.",
    )
