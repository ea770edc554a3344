"""The four questions of the Kelly page: a bet, a contract, an asset, a record of trades."""

from __future__ import annotations

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
        view = bet(p, odds, sizing, kind=kind, a=lost, cost=cost)
    with top:
        panels.answer(*words.bet_answer(view, sizing), positive=view.size.position > 0.0)
    with main:
        show_tiles(tiles.bet_tiles(view))
        panels.law_growth(view.law, view.size.position)
    _outcomes(view.law, view.size.position, sizing, runs)
    left, right = _halves()
    with left:
        doubt.bet_doubt(view.law, sizing, view.size.position)
    with right:
        panels.reference_block()


def kalshi_contract() -> None:
    """An order ticket for an event contract."""
    top, side, main = _places()
    with side:
        order = inputs.order()
        p = inputs.probability("Your probability of YES")
        sizing = inputs.sizing()
        runs = inputs.simulation()
        view = contract(p, order, sizing)
    with top:
        panels.answer(*words.contract_answer(view, order, sizing), positive=view.ticket.contracts > 0)
    with main:
        show_tiles(tiles.ticket_tiles(view))
        if view.law is not None:
            panels.law_growth(view.law, view.position)
    if view.law is None:
        panels.reference_block()
        return
    _outcomes(view.law, view.position, sizing, runs)
    left, right = _halves()
    with left:
        doubt.contract_doubt_table(p, order, sizing, view)
    with right:
        panels.reference_block()


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
    left, right = _halves()
    with left:
        panels.fan_block(panels.simulated_years(view, sizing, seed), per="year", further=words.exact_note(view, sizing))
        if view.kelly.raw > 0.0:
            alpha, beta = panels.feared()
            panels.tolerated(leverage_tolerance(view, sizing, alpha, beta), alpha, beta, "Hold")
    with right:
        panels.fall_block(leverage_falls(view), {f"In {view.years:.0f} years": view.within} if view.multiple else {})
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
            empty("No closed trades yet.", "Run a backtest on the Tune page, choose a file, or paste results as text.")
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
    with right:
        doubt.record_doubt(view)
        panels.reference_block()
    if view.law is not None:
        _outcomes(view.law, view.rule.position, sizing, runs, per="trade")


def _places() -> tuple[Any, Any, Any]:
    """Room for the answer, for the inputs, and for the numbers beside them."""
    top = st.container()
    side, main = st.columns([1, 2], gap="medium")
    return top, side.container(border=True), main


def _halves() -> list[Any]:
    return list(st.columns(2, gap="medium"))


def _outcomes(law: Law, position: float, sizing: Sizing, runs: tuple[int, int], *, per: str = "bet") -> None:
    """What may become of the bankroll, and how deep it may fall."""
    fan = panels.simulated(law, position, sizing.bankroll, *runs) if position > 0.0 else None
    left, right = _halves()
    with left:
        panels.fan_block(fan, per=per)
        if law.kelly > 0.0:
            alpha, beta = panels.feared()
            panels.tolerated(tolerance_view(law, sizing, alpha, beta), alpha, beta)
    with right:
        panels.law_falls(law, position, fan, per=per)
