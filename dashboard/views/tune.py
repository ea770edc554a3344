"""Tune a strategy: every setting re-runs the backtest at once, and the address keeps all of it."""

import streamlit as st

from dashboard.components import states
from dashboard.components.charts.frame import HEADLINE_HEIGHT
from dashboard.components.map_block import map_block
from dashboard.components.numbers import plain
from dashboard.components.run_blocks import curves, headline, price_block, remarks, scale_choice
from dashboard.components.run_form import RunForm
from dashboard.components.theme import current_palette
from dashboard.components.trade_blocks import numbers_block, reasons_block, trades_block
from dashboard.state import keep_address, keep_run, last_run, pin_run, pinned_run, reset, restore_address
from engine import service
from engine.service import InputError, RunRequest, RunView

TABS = ("Price", "Trades", "Why did it not trade?", "Map", "Numbers")


def show_waiting() -> None:
    """Say what a first visitor on a new machine waits for, and hold the place of a first result."""
    if not service.is_compiled():
        with st.status("Compiling the engine for this machine, once: about 10 seconds ...", expanded=True):
            st.caption("The compiled code is kept, so the next start is quick. The backtest follows by itself.")
            service.compile_engine()
    elif last_run() is None:
        st.skeleton(HEADLINE_HEIGHT)


def result_of(request: RunRequest) -> RunView | None:
    """Run what was asked for, or say what is wrong and fall back on the last run that worked."""
    # Its place is kept even when it is empty: what moves down is drawn anew.
    notice = st.container()
    problems = service.problems(request)
    form.say(problems)
    message = " ".join(f"{_sentence(problem)}." for problem in problems.values())
    if not problems:
        try:
            view = service.run(request)
        except InputError as error:
            message = _sentence(str(error)) + "."
        else:
            keep_run(request)
            return view
    with notice:
        states.refused(message)
    earlier = last_run()
    if earlier is None:
        states.empty(
            "Nothing to show with these settings.",
            "Change them in the sidebar, or start again.",
            button="Back to the opening view",
            key="tune_restart",
            on_click=reset,
        )
        return None
    view = service.run(earlier)
    notice.caption(plain(f"Shown is the last run that worked: {view.title} with {_settings(view)}."))
    return view


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".")


def _settings(view: RunView) -> str:
    params = ((param, view.params[param.name]) for param in view.strategy.params)
    values = (f"{p.label} {100 * value:g}%" if p.percent else f"{p.label} {value:g}" for p, value in params)
    return ", ".join(values) or "no parameters"


def top(view: RunView) -> None:
    """What is shown, with the ways to compare, keep and start again."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(plain(view.title), anchor=False, width="stretch")
        pinned = pinned_run() is not None
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            key="tune_pin",
            on_click=pin_run,
            args=(None if pinned else view.request,),
            help="Keep this run as a line on the chart and compare the next ones with it.",
        )
        st.button(
            "Reset", icon=":material/restart_alt:", key="tune_reset", on_click=reset, help="Back to the opening view."
        )
        with st.popover("Download", icon=":material/download:"):
            downloads(view)


def downloads(view: RunView) -> None:
    """The trades as a table and the run as one page; made only when they are asked for."""
    name = f"{view.strategy.name}_{view.dataset.symbol}".replace("/", "")
    st.download_button(
        "Trades (CSV)",
        lambda: service.trades_csv(view.request),
        f"{name}_trades.csv",
        "text/csv",
        key="tune_csv",
        on_click="ignore",
        width="stretch",
    )
    st.download_button(
        "Tear sheet (HTML)",
        lambda: service.tear_sheet(view.request),
        f"{name}_tear_sheet.html",
        "text/html",
        key="tune_sheet",
        on_click="ignore",
        width="stretch",
    )


def details(view: RunView, scale: str) -> None:
    """One tab at a time is worked out; the others wait until they are opened."""
    palette = current_palette()
    blocks = (
        lambda: price_block(view, palette, scale),
        lambda: trades_block(view, palette, scale),
        lambda: reasons_block(view, palette),
        lambda: map_block(view, palette),
        lambda: numbers_block(view, palette),
    )
    for title, tab, block in zip(
        TABS, st.tabs(TABS, key="tune_tab", on_change="rerun", bind="query-params"), blocks, strict=True
    ):
        if tab.open:
            with tab, states.guarded(f'"{title}"', InputError):
                block()


restore_address(sign="tune_reset")
with st.sidebar:
    form = RunForm()
    asked = form.draw()
waiting = st.empty()
with waiting.container():
    show_waiting()
shown = result_of(asked)
waiting.empty()
if shown is not None:
    compared = pinned_run()
    other = service.run(compared) if compared not in (None, shown.request) else None
    top(shown)
    st.caption(plain(f"{shown.dataset.period}, {shown.bars_per_year:,.0f} a year. {shown.sizing}"))
    headline(shown, other)
    remarks(shown)
    amounts = scale_choice()
    with states.guarded("The equity chart"):
        curves(shown, other, current_palette(), amounts)
    details(shown, amounts)
    st.caption(plain(f"Prices: {shown.dataset.source}. Licence: {shown.dataset.licence}."))
keep_address()
