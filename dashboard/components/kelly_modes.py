"""The four questions of the Kelly page: a bet, a contract, an asset, a record of trades."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.components import kelly_doubt as doubt
from dashboard.components import kelly_inputs as inputs
from dashboard.components import kelly_panels as panels
from dashboard.components import kelly_tiles as tiles
from dashboard.components import kelly_words as words
from dashboard.components.kelly_record import kelly_numbers
from dashboard.components.states import empty
from dashboard.components.tiles import show_tiles
from engine.service import (
    Law,
    Sizing,
    bet,
    continuous,
    contract,
    leverage_curve,
    leverage_falls,
    leverage_tolerance,
    record,
    tolerance_view,
)


def binary_bet() -> None:
    """A bet with two outcomes."""
    top, side, main = _places()
    with side:
        p = inputs.probability("Win probability")
        kind, odds = inputs.odds()
        sizing = inputs.sizing()
        lost, cost = inputs.costs()
        runs = inputs.simulation()
        made = inputs.settled("bet", lambda: (bet(p, odds, sizing, kind=kind, a=lost, cost=cost), sizing))
    if made is None:
        _nothing(main)
        return
    view, sizing = made
    with top:
        panels.answer(*words.bet_answer(view, sizing), positive=view.size.position > 0.0)
    with main:
        show_tiles(tiles.bet_tiles(view))
        panels.law_growth(view.law, view.size.position)
    _outcomes(view.law, view.size.position, sizing, runs, lambda: doubt.bet_doubt(view.law, sizing, view.size.position))


def kalshi_contract() -> None:
    """An order ticket for an event contract."""
    top, side, main = _places()
    with side:
        order = inputs.order()
        p = inputs.probability("Your probability of YES")
        sizing = inputs.sizing()
        runs = inputs.simulation()
        made = inputs.settled("contract", lambda: (contract(p, order, sizing), p, order, sizing))
    if made is None:
        _nothing(main)
        return
    view, p, order, sizing = made
    with top:
        panels.answer(*words.contract_answer(view, order, sizing), positive=view.ticket.contracts > 0)
    with main:
        show_tiles(tiles.ticket_tiles(view))
        if view.law is not None:
            panels.law_growth(view.law, view.position)
    if view.law is None:
        panels.reference_block()
        return
    _outcomes(view.law, view.position, sizing, runs, lambda: doubt.contract_doubt_table(p, order, sizing, view))


def continuous_returns() -> None:
    """An asset whose returns have a mean and a volatility."""
    top, side, main = _places()
    with side:
        mean, log_mean, sigma, cash, years = inputs.asset()
        sizing = inputs.sizing(cap=100.0, cap_key="kelly_leverage")
        _, seed = inputs.simulation("year")
    view = continuous(mean, sigma, cash, sizing, log_mean=log_mean, years=years)
    with top:
        panels.answer(*words.continuous_answer(view, sizing), positive=view.size.position > 0.0)
    with main:
        show_tiles(tiles.asset_tiles(view))
        panels.growth_block(leverage_curve(view), words.mean_note(view, log_mean=log_mean), per="year")
    fan = panels.simulated_years(view, sizing, seed)
    left, right = _halves()
    with left:
        if fan is None:
            doubt.drift_doubt(view, sizing)
            panels.reference_block()
        else:
            panels.fan_block(fan, per="year", further=words.exact_note(view, sizing))
            alpha, beta = panels.feared()
            panels.tolerated(leverage_tolerance(view, sizing, alpha, beta), alpha, beta, "Hold")
    with right:
        panels.fall_block(leverage_falls(view), {f"In {view.years:.0f} years": view.within} if view.multiple else {})
    if fan is not None:
        left, right = _halves()
        with left:
            doubt.drift_doubt(view, sizing)
        with right:
            panels.reference_block()


def from_trades() -> None:
    """A record of closed trades."""
    top, side, main = _places()
    with side:
        trades, size = inputs.record()
        sizing = inputs.sizing()
        runs = inputs.simulation("trade")
        view = record(trades, sizing, size) if trades is not None and trades.values.size else None
    if view is None:
        with main:
            empty("No closed trades to size by.", "Paste results, choose a file, or run a backtest on the Tune page.")
            panels.reference_block()
        return
    with top:
        panels.answer(*words.record_answer(view, sizing), positive=view.rule.position > 0.0)
    with main:
        show_tiles(tiles.record_tiles(view))
        kelly_numbers(view, sizing)
    left, right = _halves()
    with left:
        if view.law is not None:
            panels.law_growth(view.law, view.rule.position, per="trade")
        else:
            panels.reference_block()
    with right:
        doubt.record_doubt(view)
        if view.law is not None:
            panels.reference_block()
    if view.law is not None and view.rule.position > 0.0:
        _luck(view.law, view.rule.position, sizing, runs, "trade")


def _places() -> tuple[Any, Any, Any]:
    """Room for the answer, for the inputs, and for the numbers beside them."""
    top = st.container()
    side, main = st.columns([1, 2], gap="medium")
    with side:
        card = st.container(border=True)
        st.caption("Limits, costs and the simulation are set in the sidebar.")
    return top, card, main


def _nothing(main: Any) -> None:
    with main:
        empty("No answer yet.", "Correct the input that is marked; the answer appears here.")
        panels.reference_block()


def _halves() -> list[Any]:
    return list(st.columns(2, gap="medium"))


def _outcomes(law: Law, position: float, sizing: Sizing, runs: tuple[int, int], doubtful: Callable[[], None]) -> None:
    """What may become of the bankroll, how deep it may fall, and what another estimate would change."""
    if position > 0.0:
        _luck(law, position, sizing, runs, "bet")
    left, right = _halves()
    with left:
        doubtful()
        if position <= 0.0:
            panels.reference_block()
    with right:
        if position > 0.0:
            panels.reference_block()
        else:
            panels.law_falls(law, position, None)


def _luck(law: Law, position: float, sizing: Sizing, runs: tuple[int, int], per: str) -> None:
    """Simulated bankrolls beside the chances of falling."""
    fan = panels.simulated(law, position, sizing.bankroll, *runs)
    left, right = _halves()
    with left:
        panels.fan_block(fan, per=per)
        if law.kelly > 0.0:
            alpha, beta = panels.feared()
            panels.tolerated(tolerance_view(law, sizing, alpha, beta), alpha, beta)
    with right:
        panels.law_falls(law, position, fan, per=per)
