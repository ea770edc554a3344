"""The blocks of a backtest that answer questions: which trades, why not more of them, and every number there is."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components import states
from dashboard.components.charts import (
    decisions_alt,
    decisions_bar,
    monthly_returns,
    monthly_returns_alt,
    trade_distribution,
    trade_distribution_alt,
)
from dashboard.components.numbers import number, plain
from dashboard.components.run_blocks import MOST_MARKERS, draw_prices
from dashboard.components.show import show
from dashboard.components.theme import Palette
from engine import service
from engine.service import METRICS, RunView

_KINDS: Final = {"veto": "Refused", "shrink": "Made smaller", "state": "Account", "order": "Ordered"}


def trades_block(view: RunView, palette: Palette, scale: str) -> None:
    """Every trade, the newest on top; a chosen one is drawn on the price."""
    table = service.trades(view.request)
    if table.empty:
        states.empty("No trades with these settings.", " ".join(service.explain(view.request)))
        return
    newest = table.iloc[::-1].reset_index(drop=True)
    st.caption(
        "Newest first; profit and loss are after fees and slippage. Choose a row to see that trade on the price."
    )
    event: Any = st.dataframe(
        _coloured(_trade_rows(newest), palette),
        hide_index=True,
        column_config=_trade_columns(view, float(table["entry_price"].median())),
        key="tune_trades",
        on_select="rerun",
        selection_mode="single-row",
        alt=f"{len(newest)} trades, the newest first.",
    )
    if event.selection.rows:
        _one_trade(view, newest.iloc[event.selection.rows[0]], palette, scale)
    outcomes = service.closed_returns(view.request)
    if len(outcomes) > 1:
        show(trade_distribution(outcomes, palette), "tune_outcomes", alt=trade_distribution_alt(outcomes))


def _one_trade(view: RunView, trade: Any, palette: Palette, scale: str) -> None:
    first, last = int(trade["entry_bar"]), int(trade["exit_bar"])
    reach = max(30, (last - first) // 2)
    draw_prices(
        service.prices(view.request),
        max(0, first - reach),
        min(len(view.equity), last + reach + 1),
        palette,
        "tune_trade",
        scale,
    )


def _trade_rows(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Side": table["side"].str.capitalize(),
            "Entry": table["entry_time"],
            "Exit": table["exit_time"],
            "Entry price": table["entry_price"],
            "Exit price": table["exit_price"],
            "Profit": table["pnl"],
            "Return": 100.0 * table["return"],
            "Bars held": table["bars_held"],
            "Left by": [_capital("still open, last price" if how == "open" else how) for how in table["exit_reason"]],
            "Worst": 100.0 * table["mae"],
            "Best": 100.0 * table["mfe"],
            "Quantity": table["quantity"],
            "Fees": table["fees"],
        }
    )


def _trade_columns(view: RunView, middle_price: float) -> dict[str, Any]:
    # Five significant digits, at least cents: 186.06, 9.1234, 1.12345.
    digits = min(8, max(2, 4 - math.floor(math.log10(middle_price))))
    price = st.column_config.NumberColumn(format=f"%.{digits}f")
    percent, money = "%.2f%%", "%,.2f"
    return {
        "Entry": _time_column(view, "Entry"),
        "Exit": _time_column(view, "Exit"),
        "Entry price": price,
        "Exit price": price,
        "Quantity": st.column_config.NumberColumn(format="%.6g"),
        "Profit": st.column_config.NumberColumn("Profit ($)", format=money),
        "Fees": st.column_config.NumberColumn("Fees ($)", format=money),
        "Return": st.column_config.NumberColumn(format=percent),
        "Worst": st.column_config.NumberColumn(format=percent, help="Deepest the price went against the trade."),
        "Best": st.column_config.NumberColumn(format=percent, help="Furthest the price went in favour of the trade."),
    }


def _time_column(view: RunView, label: str) -> Any:
    if view.dataset.interval == "1d":
        return st.column_config.DatetimeColumn(label, format="DD MMM YYYY", timezone="UTC")
    return st.column_config.DatetimeColumn(f"{label} (UTC)", format="DD MMM YYYY HH:mm", timezone="UTC")


def _coloured(table: pd.DataFrame, palette: Palette) -> Any:
    """Gains and losses in their colours, unless the table is so long that this takes longer than the backtest."""
    if len(table) > MOST_MARKERS:
        return table

    def colours(column: pd.Series[float]) -> list[str]:
        return [f"color: {palette.up if value > 0 else palette.down}" if value else "" for value in column]

    return table.style.apply(colours, subset=["Profit", "Return"])


def reasons_block(view: RunView, palette: Palette) -> None:
    """Answer "why did it not trade?": in sentences, then by reason with the first and the last time of each."""
    st.markdown(plain(" ".join(service.explain(view.request))))
    table = service.decisions(view.request)
    limits = table[table["kind"] != "order"]
    if len(limits):
        reasons, counts = [_capital(reason) for reason in limits["reason"]], limits["count"].tolist()
        show(decisions_bar(reasons, counts, palette), "tune_reasons", alt=decisions_alt(reasons, counts))
    if table.empty:
        return
    rows = pd.DataFrame(
        {
            "Decision": table["reason"].map(_capital),
            "Kind": table["kind"].map(_KINDS),
            "Times": table["count"],
            "First": table["first"],
            "Last": table["last"],
        }
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"First": _time_column(view, "First"), "Last": _time_column(view, "Last")},
        height="content",
        key="tune_decisions",
        alt="Every kind of decision with how often it was made, first and last.",
    )


def numbers_block(view: RunView, palette: Palette) -> None:
    """Every statistic of the run beside buy-and-hold, its months, and what the numbers mean."""
    rows = [
        f"| {plain(view.label(name))} | {_worded(name, view.metrics)} | {_worded(name, view.benchmark_metrics)} |"
        for name in METRICS
    ]
    # Markdown aligns digits to the right, which a table of texts does not.
    left, right = st.columns([2, 3], gap="medium")
    left.markdown("\n".join(["| Number | Strategy | Buy and hold |", "|:--|--:|--:|", *rows]))
    months = service.months(view.request)
    with right:
        fig = monthly_returns(months.years, months.returns, months.annual, palette)
        show(fig, "tune_months", alt=monthly_returns_alt(months.returns))
    with st.expander("What the numbers mean"):
        st.markdown(
            "\n".join(f"- **{plain(view.label(name))}**: {plain(metric.help)}" for name, metric in METRICS.items())
        )


def _worded(name: str, metrics: Any) -> str:
    metric = METRICS[name]
    return plain(number(metrics[name], metric.unit, infinite=metric.infinite))


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
