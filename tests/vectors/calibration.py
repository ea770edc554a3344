"""Labels of 17: scores of forecasts, recalibration, and several forecasts made one."""

from __future__ import annotations

from typing import Any

from engine.models import aggregation, fitting, scores
from engine.models.special import logit
from tests.vectors.inputs import Inputs, Mapping, pick


def calibration_scores(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, y, bins = pick(inputs, "p"), pick(inputs, "y"), pick(inputs, "bins", "n_bins", default=10)
    by = "mass" if "mass" in str(pick(inputs, "binning", "by", "strategy", default="width")) else "width"
    curve, parts = scores.calibration_curve(p, y, bins, by), scores.brier_parts(p, y, bins)
    got: dict[str, Any] = {
        "brier": parts.brier,
        "log_loss": scores.log_loss(p, y),
        "ece": curve.ece,
        "mce": curve.mce,
        "bins_k_n_meanp_meany": [[one.index, one.n, one.forecast, one.outcome] for one in curve.bins],
        "wilson": [[one.low, one.high] for one in curve.bins],
        "reliability": parts.reliability,
        "resolution": parts.resolution,
        "uncertainty": parts.uncertainty,
        "within_bin_variance": parts.within_variance,
        "within_bin_covariance": parts.within_covariance,
        "brier_skill_vs_base_rate": scores.brier_skill(p, y),
        "spiegelhalter_z": scores.spiegelhalter_z(p, y),
    }
    for name in ("ece_equal_mass", "ece_mass", "ece_quantile"):
        got[name] = scores.calibration_curve(p, y, bins, "mass").ece
    market = pick(inputs, "market", "market_p", "p_market", default=None)
    if market is not None:
        skill = scores.skill(parts.brier, scores.brier(market, y))
        got |= dict.fromkeys(("brier_skill_vs_market", "skill_vs_market"), skill)
        got["market_brier"] = scores.brier(market, y)
    return got


def brier(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    cases = inputs.get("cases")
    if cases is None:
        return {"brier": scores.brier(pick(inputs, "p"), pick(inputs, "y"))}
    return {"brier": [scores.brier(p, y) for p, y in cases]}


def log_loss(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    cases = inputs.get("cases")
    if cases is None:
        return {"log_loss": scores.log_loss(pick(inputs, "p"), pick(inputs, "y"))}
    return {"log_loss": [scores.log_loss(p, y) for p, y in cases]}


def aggregate_forecasts(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    p, weights = pick(inputs, "p"), pick(inputs, "weights", default=None)
    a = pick(inputs, "a", "extremise", default=1.0)
    mean, pooled = float(aggregation.pool_linear(p, weights)), float(aggregation.pool_logit(p, weights))
    bolder = float(aggregation.pool_logit(p, weights, a))
    return {
        "mean": mean,
        "median": float(aggregation.pool_median(p)),
        "logit_mean": pooled,
        f"logit_mean_extremised_a{a}": bolder,
        f"logit_mean_extremised_a{a:g}": bolder,
        "logit_mean_extremised": bolder,
        "geometric_odds_same_as_logit_mean": pooled,
        "power_extremise_of_mean": float(aggregation.sharpen(mean, a)),
    }


def blend_logit(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    model, market = pick(inputs, "model", "p_model"), pick(inputs, "market", "p_market")
    w = pick(inputs, "w_model", "w", "weight")
    return {
        "p": float(aggregation.blend_logit(model, market, w)),
        "linear_blend": float(aggregation.pool_linear([model, market], [w, 1.0 - w])),
    }


def extremise(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    return {"p": aggregation.sharpen(pick(inputs, "p"), pick(inputs, "a")).tolist()}


def overround_power(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    fair, k = aggregation.fair_power(pick(inputs, "asks", "prices"))
    return {"k": k, "p": fair.tolist()}


def overround_proportional(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    asks = pick(inputs, "asks", "prices")
    return {"p": aggregation.fair_proportional(asks).tolist(), "overround": sum(asks) - 1.0}


def isotonic(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    y, weights = pick(inputs, "y"), pick(inputs, "w", "weights", "sample_weight", default=None)
    x = pick(inputs, "x", "p", "scores", default=list(range(len(y))))
    if weights is not None:
        order = sorted(range(len(x)), key=x.__getitem__)
        fitted = fitting.isotonic([y[i] for i in order], [weights[i] for i in order])
        values = [float(fitted[order.index(i)]) for i in range(len(x))]
    else:
        values = fitting.fit_isotonic(x, y)(x).tolist()
    got: dict[str, Any] = dict.fromkeys(("fitted", "fit", "p", "y_fit", "yhat", "isotonic"), values)
    at = pick(inputs, "x_new", "x_test", "predict_at", default=None)
    if at is not None:
        got |= {"predicted": fitting.fit_isotonic(x, y)(at).tolist()}
    margin = 1.0 / (len(y) + 2.0)
    clipped = [min(max(v, margin), 1.0 - margin) for v in values]
    return got | {"clipped": clipped, "fitted_clipped": clipped}


def platt(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    x = pick(inputs, "scores", "x", "f", "logits", "p")
    line = fitting.fit_platt(x, pick(inputs, "y"))
    return _line(line, x) | {"A": -line.slope, "B": -line.intercept}


def logistic_recalibration(inputs: Inputs, wanted: Inputs) -> dict[str, Any]:
    x = logit(pick(inputs, "p")).tolist()
    return _line(fitting.fit_logit_line(x, pick(inputs, "y")), x)


def _line(line: fitting.LogitLine, x: list[float]) -> dict[str, Any]:
    fitted = line(x).tolist()
    return {
        "slope": line.slope,
        "intercept": line.intercept,
        "a": line.intercept,
        "b": line.slope,
        "p": fitted,
        "fitted": fitted,
        "calibrated": fitted,
        "p_calibrated": fitted,
    }


LABELS: dict[str, Mapping] = {
    "calibration_scores": calibration_scores,
    "brier": brier,
    "log_loss": log_loss,
    "aggregate_forecasts": aggregate_forecasts,
    "blend_logit": blend_logit,
    "extremise": extremise,
    "remove_overround_power": overround_power,
    "remove_overround_proportional": overround_proportional,
    "isotonic": isotonic,
    "isotonic_regression": isotonic,
    "isotonic_calibration": isotonic,
    "platt": platt,
    "platt_scaling": platt,
    "logistic_recalibration": logistic_recalibration,
    "logit_recalibration": logistic_recalibration,
}
