"""A model beside the market price of the same moments: calibration, scores, and whether it beats that price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InvalidConfig, suggest
from engine.core.events import EventBars
from engine.models.against_price import AgainstPrice, Estimate, against_price
from engine.models.base import MarketPrice, ProbabilityModel
from engine.models.frequency import Frequency
from engine.models.recalibration import IsotonicRecalibration, LogitRecalibration, PlattRecalibration
from engine.models.record import Quoted, Settled
from engine.models.scores import Bin, calibration_curve, spiegelhalter_z
from engine.service.markets import events_of
from engine.service.recent import Recent

Floats = NDArray[np.float64]
_THIN = 6  # a quote and the one an hour later say nearly the same: a model learns from every sixth
_MOMENTS = {"synthetic": (1, 3, 6, 12, 24), "polymarket": (1, 3, 5, 10)}
_BARS = {"synthetic": "hour", "polymarket": "minute"}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be judged; `least` is how many settled quotes it wants before it says other than the price."""

    id: str
    title: str
    summary: str
    least: int


_MODELS: dict[str, tuple[ModelChoice, ProbabilityModel]] = {
    choice.id: (choice, model)
    for choice, model in (
        (
            ModelChoice("logit", "Recalibrated price (logit)", "Bends the price by one line through the log odds.", 30),
            LogitRecalibration(),
        ),
        (
            ModelChoice("platt", "Platt scaling", "The same line without a pull towards the price.", 30),
            PlattRecalibration(),
        ),
        (
            ModelChoice("isotonic", "Isotonic steps", "Any rising curve; needs many settled quotes.", 200),
            IsotonicRecalibration(),
        ),
        (
            ModelChoice("frequency", "Past frequency", "How often such markets ended YES, started from the price.", 1),
            Frequency(half_life_days=None),
        ),
        (ModelChoice("price", "The price itself", "The forecast to beat: nothing is added.", 0), MarketPrice()),
    )
}


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A model, a set and how many bars before the close its forecasts are made."""

    which: str = "synthetic"
    model: str = "logit"
    before: int = 6


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A model's scores. `z` is standard normal for calibrated forecasts; `moved` the mean distance from the price."""

    request: ScoreRequest
    model: ModelChoice
    bins: tuple[Bin, ...]
    price_bins: tuple[Bin, ...]
    ece: float
    price_ece: float
    z: float
    price_z: float
    score: AgainstPrice
    moved: float
    when: str

    @property
    def same(self) -> bool:
        """Whether the model said nothing but the price."""
        return self.moved < 1e-9


_SCORES: Recent[ScoreRequest, ScoreView] = Recent(16)
_FORECASTS: Recent[tuple[str, str], tuple[Quoted, Floats]] = Recent(8)


def probability_models() -> tuple[ModelChoice, ...]:
    """Return the models that can be chosen."""
    return tuple(choice for choice, _ in _MODELS.values())


def score_moments(which: str) -> dict[int, str]:
    """Return how many bars before the close a forecast may be made, with the words for it."""
    events_of(which)
    unit = _BARS[which]
    return {n: f"{n} {unit}{'s' if n > 1 else ''}" for n in _MOMENTS[which]}


def model_score(request: ScoreRequest) -> ScoreView:
    """Return how a model did on a set, each forecast from what had settled before it."""
    return _SCORES.made(request, lambda: _scored(request))


def forecasts(which: str, model: str) -> tuple[Quoted, Floats]:
    """Return every quote of a set with the model's probability at that moment; NaN while it knows too little."""
    return _FORECASTS.made((which, model), lambda: _forecast(which, model))


def quotes_of(bars: EventBars) -> Quoted:
    """Return the quotes at the closes of all bars, stamped when they were on the screen; one-sided books left out."""
    owner = np.repeat(np.arange(len(bars.markets)), bars.count)
    ends = np.concatenate([bars.ends[first : first + n] for first, _, n in bars.spans()])
    names = np.array(bars.symbols)[owner]
    events = np.array([market.event for market in bars.markets])[owner]
    bid, ask = np.nan_to_num(bars.quotes[3]), np.nan_to_num(bars.quotes[7], nan=1.0)
    return Quoted.from_book(names.tolist(), ends, bid, ask, events.tolist())


def outcomes_of(bars: EventBars) -> dict[str, tuple[int, float]]:
    """Return when each market was paid and what."""
    return {
        market.ticker: (market.over, market.settlement)
        for market in bars.markets
        if market.over is not None and market.settlement is not None
    }


def _forecast(which: str, model: str) -> tuple[Quoted, Floats]:
    bars = events_of(which)
    quoted = quotes_of(bars)
    return quoted, _made(model).fit(Settled.joined(quoted[_every(quoted, bars)], outcomes_of(bars))).predict_each(
        quoted
    )


def _every(quoted: Quoted, bars: EventBars) -> NDArray[np.intp]:
    return np.flatnonzero((quoted.time // bars.step) % _THIN == 0)


def _made(model: str) -> ProbabilityModel:
    if model not in _MODELS:
        raise InvalidConfig(
            f"there is no model {model!r}; the models are {', '.join(_MODELS)}{suggest(model, _MODELS)}"
        )
    return _MODELS[model][1]


def _scored(request: ScoreRequest) -> ScoreView:
    bars, model = events_of(request.which), _made(request.model)
    if request.before not in _MOMENTS[request.which]:
        allowed = ", ".join(map(str, _MOMENTS[request.which]))
        raise InvalidConfig(f"before is {request.before}; forecasts are judged {allowed} bars before the close")
    results = outcomes_of(bars)
    quoted = quotes_of(bars)
    close = {market.ticker: market.closes for market in bars.markets}
    ends = np.array([close[name] for name in quoted.ticker.tolist()], np.int64)
    here = quoted[np.flatnonzero(ends - quoted.time == request.before * bars.step)]
    p = model.fit(Settled.joined(here, results)).predict_each(here)
    known = np.isfinite(p)
    y = np.array([results[name][1] for name in here.ticker.tolist()])
    curve, of_price = calibration_curve(p[known], y[known]), calibration_curve(here.price[known], y[known])
    return ScoreView(
        request,
        _MODELS[request.model][0],
        curve.bins,
        of_price.bins,
        curve.ece,
        of_price.ece,
        spiegelhalter_z(p[known], y[known]),
        spiegelhalter_z(here.price[known], y[known]),
        against_price(p, here.price, y, here.event, here.bid, here.ask),
        float(np.mean(np.abs(p[known] - here.price[known]))),
        score_moments(request.which)[request.before],
    )


__all__ = ["AgainstPrice", "Bin", "Estimate", "ModelChoice", "ScoreRequest", "ScoreView"]
