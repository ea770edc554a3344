"""The figures of the Markets page: what they draw, what they leave out, and the sentence that stands for them."""

from __future__ import annotations

import numpy as np

from dashboard.components.charts import (
    Reliability,
    calibration_alt,
    calibration_chart,
    depth_ladder,
    event_profit,
    event_profit_alt,
    market_alt,
    market_history,
)
from dashboard.components.theme import palette

NAN = float("nan")
TIME = np.arange(6) * 3.6e6
BID = np.array([0.40, 0.41, NAN, 0.50, 0.52, 0.60])
ASK = np.array([0.44, 0.45, 0.46, 0.54, NAN, 0.62])
TRADE = np.array([NAN, 0.42, NAN, 0.53, NAN, NAN])
VOLUME = np.array([0.0, 5.0, 0.0, 9.0, 0.0, 0.0])
CURVE = Reliability(*(np.array(row) for row in ([0.1, 0.6], [0.2, 0.5], [0.05, 0.3], [0.4, 0.55], [9.0, 4.0])))


def test_the_band_between_bid_and_ask_stops_where_a_side_is_missing() -> None:
    fig = market_history(TIME, BID, ASK, TRADE, VOLUME, palette("light"), now_ms=TIME[3], belief=0.7)
    band = next(trace for trace in fig.data if trace.fill == "toself")
    assert int(np.isnan(np.asarray(band.x)).sum()) == 3
    assert sorted(np.asarray(band.y)[np.isfinite(band.y)].round(1).tolist()) == [
        40.0, 41.0, 44.0, 45.0, 50.0, 54.0, 60.0, 62.0,
    ]  # fmt: skip
    names = [trace.name for trace in fig.data]
    assert {"Bid", "Ask", "Last trade", "Volume", "Your 70.0%"} <= set(names)
    assert fig.layout.shapes[0].x0 == TIME[3]


def test_a_market_without_trades_has_no_volume_and_one_without_quotes_says_so() -> None:
    none = np.full(6, NAN)
    fig = market_history(TIME, BID, ASK, none, np.zeros(6), palette("dark"))
    assert "Volume" not in [trace.name for trace in fig.data]
    empty = market_history(TIME, none, none, none, np.zeros(6), palette("dark"))
    assert "Nobody quoted" in empty.layout.annotations[0].text
    assert "was never quoted" in market_alt(none, none, "A")
    assert "went from 42.0¢ to 61.0¢" in market_alt(BID, ASK, "A")


def test_calibration_draws_each_interval_from_low_to_high() -> None:
    fig = calibration_chart([("Model", CURVE)], palette("light"))
    points = fig.data[1]
    assert np.allclose(points.y - points.error_y.arrayminus, CURVE.low)
    assert np.allclose(points.y + points.error_y.array, CURVE.high)
    assert calibration_alt([("Model", CURVE)]) == "Calibration. Model: 1 of 2 bins agree with what came true."


def test_profit_by_event_and_the_ladder_keep_order_and_sign() -> None:
    profit = np.array([5.0, -3.0])
    fig = event_profit(["A", "B"], profit, np.array([10.0, 10.0]), palette("light"))
    assert list(fig.data[0].marker.color) == [palette("light").up, palette("light").down]
    assert event_profit_alt(["A", "B"], profit).startswith("1 of 2 events made money; the best was A")
    book = depth_ladder(
        np.array([0.48, 0.47]), np.array([5.0, 9.0]), np.array([0.5]), np.array([7.0]), palette("light")
    )
    assert list(book.data[0].y) == ["50¢", "48¢", "47¢"]
    assert list(book.data[0].x) == [7.0, -5.0, -9.0]
    assert list(book.data[0].text) == ["7", "5", "9"]
