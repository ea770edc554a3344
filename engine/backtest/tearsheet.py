"""One self-contained HTML page about a run: it opens anywhere, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from engine.backtest import figures
from engine.backtest.measure import MIN_PERIODS
from engine.backtest.summary import metric_rows
from engine.backtest.words import cost_words, limit_words, named, sizing_words
from engine.core import codes as c

if TYPE_CHECKING:
    from engine.backtest.result import BacktestResult

_MOST_TRADES = 500
_CAVEAT = "Simulated: past results say little about future ones."
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 16px 48px; color: #131a24; background: #fff;
  font: 15px/1.5 "IBM Plex Sans", system-ui, -apple-system, "Segoe UI", sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; }
.muted { color: #5a6675; margin: 0 0 16px; }
.metrics { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 0 32px; }
.metrics div { display: flex; justify-content: space-between; gap: 12px; padding: 5px 0;
  border-bottom: 1px solid #d3dbe6; }
.metrics b { font-weight: 600; text-align: right; }
.note { border-left: 3px solid #b4530a; padding: 4px 12px; margin: 8px 0; background: #fbf5ef; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid #d3dbe6; white-space: nowrap; }
th { background: #f3f6fa; } th:nth-child(-n+3), td:nth-child(-n+3), th:last-child, td:last-child { text-align: left; }
@media print { .plot { break-inside: avoid; } }
"""


def tear_sheet(result: BacktestResult) -> str:
    """Return the page as text."""
    title = f"{result.strategy.title} on {named(result.bars.symbols)}"
    first, last = result.index[0], result.index[-1]
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p class='muted'>{first:%Y-%m-%d} to {last:%Y-%m-%d}, {len(result.bars):,} bars. {_CAVEAT}</p>",
        *(f"<p class='note'>{escape(note)}</p>" for note in result.notes),
        _settings(result),
        _metrics(result),
        *_sections(result),
        _trades(result),
    ]
    from plotly.offline import get_plotlyjs

    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body>{''.join(parts)}</body></html>"
    )


def _settings(result: BacktestResult) -> str:
    params = ", ".join(f"{name} {value:g}" for name, value in result.strategy.params.items()) or "none"
    sentences = (
        f"Parameters: {params}.",
        f"Sizing: {sizing_words(result.risk_manager.position_sizer)}.",
        f"Limits: {limit_words(result.risk_manager)}.",
        f"Costs: {cost_words(result.costs)}.",
        f"Orders fill at the {'same close' if result.optimistic else 'next open'}.",
    )
    return f"<p class='muted'>{escape(' '.join(sentences))}</p>"


def _metrics(result: BacktestResult) -> str:
    rows = "".join(f"<div><span>{escape(k)}</span><b>{escape(v)}</b></div>" for k, v in metric_rows(result))
    return f"<h2>Metrics</h2><div class='metrics'>{rows}</div>"


def _section(title: str, figure: go.Figure, least_width: int = 0) -> str:
    plot = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
    if least_width:
        plot = f"<div class='scroll'><div style='min-width:{least_width}px'>{plot}</div></div>"
    return f"<h2>{escape(title)}</h2><div class='plot'>{plot}</div>"


def _sections(result: BacktestResult) -> list[str]:
    found = [_section("Equity and drawdown", figures.equity_figure(result))]
    found.append(_section("Monthly returns", figures.monthly_figure(result), 640))
    window = min(int(result.bars_per_year / 2), len(result.bars) // 3)
    if len(result.bars) >= MIN_PERIODS and window >= MIN_PERIODS // 3:
        found.append(_section("Rolling Sharpe ratio", figures.sharpe_figure(result, window)))
    closed = result.trades[result.trades["exit_reason"] != c.EXITS[c.NO_EXIT]]
    if len(closed):
        found.append(_section("Trades by return", figures.trades_figure(closed["return"].to_numpy(float))))
    decisions = result.decisions
    reasons = decisions.loc[decisions["kind"] != "order", "reason"].value_counts().head(12)
    if len(reasons):
        found.append(
            _section(
                "Why it did not trade, or traded less", figures.decisions_figure(list(reasons.index), list(reasons))
            )
        )
    return found


def _trades(result: BacktestResult) -> str:
    trades = result.trades
    if not len(trades):
        return "<h2>Trades</h2><p>None: no entry signal passed the rules. The decisions above say why.</p>"
    shown = trades.tail(_MOST_TRADES)
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = "".join(_row(trade) for trade in shown.to_dict("records"))
    more = f"<p class='muted'>The last {_MOST_TRADES} of {len(trades):,}.</p>" if len(trades) > _MOST_TRADES else ""
    return f"<h2>Trades</h2>{more}<div class='scroll'><table><tr>{head}</tr>{rows}</table></div>"


_HEAD = (
    "Symbol", "Side", "Entry", "Exit", "Quantity", "Entry price", "Exit price",
    "Fees", "P&amp;L", "Return", "Bars", "Exit by",
)  # fmt: skip


def _row(trade: Mapping[Any, Any]) -> str:
    still_open = trade["exit_reason"] == c.EXITS[c.NO_EXIT]
    cells = (
        escape(str(trade["symbol"])),
        trade["side"],
        _day(trade["entry_time"]),
        "open" if still_open else _day(trade["exit_time"]),
        f"{trade['quantity']:,.6g}",
        f"{trade['entry_price']:,.4f}",
        f"{trade['exit_price']:,.4f}",
        f"{trade['fees']:,.2f}",
        f"{trade['pnl']:+,.2f}",
        f"{trade['return']:+.2%}",
        f"{trade['bars_held']}",
        trade["exit_reason"],
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _day(time: Any) -> str:
    return f"{time:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
