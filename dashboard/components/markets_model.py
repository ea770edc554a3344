"""Is a model worth anything: its calibration, its scores, and the honest question whether it beats the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from dashboard.components.charts import Reliability, calibration_alt, calibration_chart
from dashboard.components.kelly_panels import table
from dashboard.components.markets_browse import BOUND
from dashboard.components.markets_words import verdict
from dashboard.components.numbers import number, plain
from dashboard.components.show import show
from dashboard.components.theme import current_palette
from dashboard.components.tiles import Tile, show_tiles
from engine.service import (
    Bin,
    Estimate,
    ModelChoice,
    ScoreRequest,
    ScoreView,
    model_score,
    probability_models,
    score_moments,
)


def model_choice(key: str) -> ModelChoice:
    """Which model is judged."""
    models = {choice.title: choice for choice in probability_models()}
    return models[st.selectbox("Model", list(models), key=key, **BOUND)]


def model_block(which: str) -> None:
    """A model's calibration beside the price's, and its scores against it."""
    side, main = st.columns([1, 2.4], gap="medium")
    with side, st.container(border=True):
        chosen = model_choice("markets_model")
        moments = score_moments(which)
        said = {words: n for n, words in moments.items()}
        before = st.select_slider(
            "Forecast made before the close", list(said), list(said)[-1], key="markets_before", **BOUND
        )
        st.caption(plain(chosen.summary))
        st.caption(
            "Each forecast is made from what had settled before it, never from what came later. "
            "Markets quoted on one side only have no price and are left out."
        )
    with st.spinner("Walking through the settled markets ..."):
        view = model_score(ScoreRequest(which, chosen.id, said[before]))
    with main:
        _answer(view)
        show_tiles(_tiles(view))
        _curves(view)
    _scores(view)


def _answer(view: ScoreView) -> None:
    score = view.score
    with st.container(border=True, gap="xxsmall", key="markets_verdict"):
        icon = ":material/check_circle:" if score.verdict == "yes" else ":material/block:"
        st.header(f"{icon} {plain(verdict(view))}", anchor=False)
        st.caption(
            plain(
                f"{score.n:,} forecasts on {score.events} events, {view.when} before the close. "
                "Intervals are 95% and draw whole events again, because markets of one event share its outcome."
            )
        )


def _tiles(view: ScoreView) -> Sequence[Tile]:
    score = view.score
    same = "the model says what the price says"
    return [
        Tile("Brier skill", score.brier_skill, "percent", "1 - model / price: above 0 beats the price.", missing=same),
        Tile("Distance from price", view.moved, "percent", "How far the model is from the price on average."),
        Tile("Bets it would make", score.bets, "count", "Forecasts with an edge after the fee, one contract each."),
        Tile(
            "Return on those",
            score.return_on_cost.value,
            "percent",
            "Profit per dollar, after spread and fee.",
            missing="it makes no bet",
        ),
    ]


def _curves(view: ScoreView) -> None:
    st.subheader("Calibration", anchor=False, help="Of all forecasts of 30%, about 30% should settle YES.")
    curves = [("The price", _reliability(view.price_bins))]
    if not view.same:
        curves.insert(0, (view.model.title, _reliability(view.bins)))
    show(calibration_chart(curves, current_palette()), "markets_calibration", alt=calibration_alt(curves))
    st.caption("Bars: 95% Wilson interval of the share that settled YES. Larger points hold more forecasts.")


def _reliability(bins: Sequence[Bin]) -> Reliability:
    return Reliability(
        np.array([one.forecast for one in bins]),
        np.array([one.outcome for one in bins]),
        np.array([one.low for one in bins]),
        np.array([one.high for one in bins]),
        np.array([float(one.n) for one in bins]),
    )


def _scores(view: ScoreView) -> None:
    score = view.score
    st.subheader("Scores, model against price", anchor=False)
    rows: list[tuple[str, str, str, str]] = [
        ("Brier score (0 is perfect)", f"{score.model_brier:.4f}", f"{score.price_brier:.4f}", _gain(score.brier_gain)),
        (
            "Log loss (0 is perfect)",
            f"{score.model_log_loss:.4f}",
            f"{score.price_log_loss:.4f}",
            _gain(score.log_gain),
        ),
        ("Mean calibration gap", number(view.ece, "percent"), number(view.price_ece, "percent"), "not tested"),
        ("Calibration z (within ±2 is fine)", f"{view.z:.2f}", f"{view.price_z:.2f}", "not tested"),
        ("Profit a contract, after fees", _money(score.profit), "n/a", _interval(score.profit)),
    ]
    names = ("Score", "Model", "Price", "Model better by (95%)")
    columns: dict[str, Any] = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    table(columns, alt="Scores of the model beside those of the price.")


def _gain(found: Estimate) -> str:
    return f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})"


def _money(found: Estimate) -> str:
    return number(100.0 * found.value, "cents", signed=True)


def _interval(found: Estimate) -> str:
    low, high = (number(100.0 * value, "cents", signed=True) for value in (found.low, found.high))
    return "no bets" if np.isnan(found.value) else f"{low} to {high}"
