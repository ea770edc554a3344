"""The map of two parameters holds the setting on the page, agrees with its numbers and ranks nothing undefined first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import service
from engine.service import HEATMAP_METRICS, OPENING, InputError

SPY = replace(OPENING, dataset="SPY 1d", params=(("fast_period", 10), ("slow_period", 30)))


@pytest.mark.parametrize("metric", HEATMAP_METRICS)
@pytest.mark.parametrize("span", ["whole", "near"])
def test_the_cell_of_the_setting_shows_the_number_of_the_page(metric: str, span: str) -> None:
    found = service.heatmap(OPENING, "fast_period", "slow_period", metric, span)
    column, row = np.searchsorted(found.x_values, 20.0), np.searchsorted(found.y_values, 100.0)
    assert found.current == (found.x_values[column], found.y_values[row]) == (20.0, 100.0)
    assert found.z[row, column] == pytest.approx(service.run(OPENING).metrics[metric], rel=1e-9)


def test_every_cell_is_a_run_of_its_own() -> None:
    found = service.heatmap(SPY, "slow_period", "max_volatility", "total_return")
    for row, column in ((0, 3), (4, 5), (9, 8)):
        cell = (
            ("fast_period", 10),
            ("slow_period", int(found.x_values[column])),
            ("max_volatility", found.y_values[row]),
        )
        view = service.run(replace(SPY, params=cell))
        assert found.z[row, column] == pytest.approx(view.metrics["total_return"], rel=1e-9)


def test_pairs_that_contradict_each_other_are_empty_and_counted() -> None:
    found = service.heatmap(OPENING, "fast_period", "slow_period")
    refused = found.x_values[None, :] >= found.y_values[:, None]
    assert np.isnan(found.z[refused]).all()
    assert found.refused == refused.sum() > 0


def test_infinite_and_undefined_statistics_are_empty() -> None:
    found = service.heatmap(SPY, "fast_period", "slow_period", "profit_factor")
    assert not np.isinf(found.z).any()
    assert found.undefined == np.isnan(found.z).sum() - found.refused


def test_values_lie_on_the_steps_of_the_slider_and_inside_its_range() -> None:
    param = service.strategy("mean_reversion").param("std_dev_threshold")
    request = replace(SPY, strategy="mean_reversion", params=(("std_dev_threshold", 2.3),))
    found = service.heatmap(request, "std_dev_threshold", "rsi_oversold", "sharpe", "near")
    assert 2.3 in found.x_values
    assert (found.x_values >= param.low).all()
    assert (found.x_values <= param.high).all()
    steps = (found.x_values - param.low) / param.step
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "metric", "words"),
    [
        ("fast_period", "fast_period", "sharpe", "choose two different"),
        ("fast_period", "slow", "sharpe", "no parameter 'slow'"),
        ("fast_period", "slow_period", "sharp", "did you mean 'sharpe'?"),
        ("fast_period", "slow_period", "trades", "no map of 'trades'"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(x: str, y: str, metric: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        service.heatmap(SPY, x, y, metric)
    assert words in str(caught.value)


def test_periods_that_the_data_is_too_short_for_are_left_out_of_the_map() -> None:
    from tests.service.test_library import csv

    data = service.add_csv("hundred.csv", csv(rows=100, seed=9))
    request = replace(OPENING, dataset=data.id, params=(("fast_period", 5), ("slow_period", 20)))
    found = service.heatmap(request, "fast_period", "slow_period")
    assert found.y_values.max() < 100
    assert np.isfinite(found.z).any()
