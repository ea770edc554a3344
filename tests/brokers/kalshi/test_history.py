"""A market's history is whole: over the cap of one request, across the tiers, quiet minutes filled, no price made up."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.kalshi.candles import COLUMNS, Candle, Interval, fill_sparse, read_candle
from engine.core.errors import BrokerUnavailable, InvalidData, NotFound
from tests.brokers.kalshi.bench import bench, run
from tests.brokers.loopback import Answer, Reply, Request

T0 = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
CUTOFF = int(datetime(2026, 9, 20, tzinfo=UTC).timestamp())  # as in bench.CUTOFF
NONE = {"open": "0.0000", "high": "0.0000", "low": "0.0000", "close": "0.0000"}


def iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def quad(o: str, h: str | None = None, low: str | None = None, c: str | None = None) -> dict[str, str]:
    return {"open": o, "high": h or o, "low": low or o, "close": c or o}


def candle(end: int, *, live: bool = True, bid: Any = None, ask: Any = None, price: Any = None, **more: Any) -> Any:
    mark = "_dollars" if live else ""
    side = lambda values: {f"{k}{mark}": v for k, v in values.items()}  # noqa: E731
    count = "_fp" if live else ""
    return {
        "end_period_ts": end,
        "yes_bid": side(bid or quad("0.4000")),
        "yes_ask": side(ask or quad("0.4500")),
        "price": side(price or {}),
        f"volume{count}": more.get("volume", "0.00"),
        f"open_interest{count}": more.get("open_interest", "7.00"),
    }


class Venue:
    """A market with candles in two tiers, and the cap of the real one."""

    def __init__(self, start: int, close: int, *, archived: bool = False) -> None:
        self.start, self.close, self.archived = start, close, archived
        self.live: list[Any] = []
        self.past: list[Any] = []
        self.cap_broken = False

    def market(self) -> dict[str, Any]:
        over = {"status": "finalized", "result": "yes", "settlement_value_dollars": "1.0000"}
        return {
            "ticker": "KXA-1", "event_ticker": "KXA", "title": "Will it?", "open_time": iso(self.start),
            "close_time": iso(self.close), "settlement_ts": iso(self.close + 60), **over,
        }  # fmt: skip

    def __call__(self, request: Request) -> Answer:
        path = request.path
        if path in ("/markets/KXA-1", "/historical/markets/KXA-1"):
            if path.startswith("/historical") is not self.archived:
                return Reply(404, {"error": {"code": "not_found"}})
            return Reply(200, {"market": self.market()})
        if path == "/events/KXA":
            return Reply(200, {"event": {"event_ticker": "KXA", "series_ticker": "KXS", "mutually_exclusive": True}})
        if path == "/series/KXS":
            return Reply(200, {"series": {"ticker": "KXS", "fee_type": "quadratic", "fee_multiplier": 1}})
        return self.candles(request)

    def candles(self, request: Request) -> Answer:
        past = request.path == "/historical/markets/KXA-1/candlesticks"
        if not past and (request.path != "/series/KXS/markets/KXA-1/candlesticks" or self.archived):
            return Reply(404, {"error": {"code": "not_found"}})
        if past and not self.past:
            return Reply(404, {"error": {"code": "not_found"}})
        low, high = int(request.query["start_ts"]), int(request.query["end_ts"])
        step = int(request.query["period_interval"]) * 60
        if (high - low) / step > 5000:
            self.cap_broken = True
            return Reply(400, {"error": {"code": "bad_request", "details": "max candlesticks: 5000"}})
        rows = self.past if past else self.live
        return Reply(200, {"ticker": "KXA-1", "candlesticks": [r for r in rows if low <= r["end_period_ts"] <= high]})


def history(venue: Venue, **asked: Any) -> tuple[pd.DataFrame, list[Request]]:
    async def work() -> tuple[pd.DataFrame, list[Request]]:
        async with bench(venue, keyed=False) as (adapter, server, _):
            frame = await adapter.get_market_history("KXA-1", **asked)
            return frame, server.requests

    return run(work())


def test_the_frame_has_bars_stamped_at_their_open_and_says_how_the_market_ended() -> None:
    venue = Venue(CUTOFF + 60, CUTOFF + 60 * 60)
    price = quad("0.42", "0.44", "0.41", "0.43")
    venue.live = [candle(CUTOFF + 120, price=price, volume="3.50"), candle(CUTOFF + 180)]
    frame, requests = history(venue, interval="1m", end=CUTOFF + 180)
    assert tuple(frame.columns) == COLUMNS and frame.index.name == "time"
    assert [str(t) for t in frame.index] == [
        iso(CUTOFF + s).replace("T", " ").replace("Z", "+00:00") for s in (60, 120)
    ]
    first, second = frame.iloc[0], frame.iloc[1]
    assert first[["open", "high", "low", "close", "volume"]].tolist() == [0.42, 0.44, 0.41, 0.43, 3.5]
    assert first[["bid_close", "ask_close", "open_interest"]].tolist() == [0.40, 0.45, 7.0]
    assert second[["open", "high", "low", "close"]].isna().all() and second["volume"] == 0
    attrs = {"symbol": "KXA-1", "interval": "1m", "kind": "event", "result": "yes", "settlement_value": 1.0}
    assert attrs.items() <= frame.attrs.items()
    assert frame.attrs["fee_type"] == "quadratic" and frame.attrs["mutually_exclusive"] is True
    assert "/historical/markets/KXA-1/candlesticks" not in [r.path for r in requests]


def test_more_than_five_thousand_candles_come_in_several_requests() -> None:
    minutes = 10_100
    venue = Venue(CUTOFF, CUTOFF + minutes * 60)
    venue.live = [candle(CUTOFF + 60 * n, bid=quad(f"0.{4000 + n % 999}")) for n in range(1, minutes + 1)]
    frame, requests = history(venue, interval=1)
    asked = [r for r in requests if r.path.endswith("candlesticks")]
    assert len(asked) == 3 and not venue.cap_broken
    assert [("include_latest_before_start" in r.query) for r in asked] == [True, False, False]
    assert len(frame) == minutes and frame.index.is_unique and frame.index.is_monotonic_increasing
    assert np.allclose(frame["bid_close"], [float(f"0.{4000 + n % 999}") for n in range(1, minutes + 1)])


def test_a_window_over_the_cutoff_joins_both_tiers_and_the_live_one_counts() -> None:
    hour = 3600
    venue = Venue(CUTOFF - 10 * hour, CUTOFF + 10 * hour)
    ends = [CUTOFF + n * hour for n in range(-9, 11)]
    venue.past = [candle(e, live=False, bid=quad("0.1000"), volume="1.00") for e in ends if e <= CUTOFF + 2 * hour]
    venue.live = [candle(e, bid=quad("0.2000"), volume="2.00") for e in ends if e >= CUTOFF - 2 * hour]
    frame, requests = history(venue, interval="1h")
    assert len([r for r in requests if r.path.endswith("candlesticks")]) == 2
    assert len(frame) == 20
    assert (frame["bid_close"].iloc[:7] == 0.1).all() and (frame["bid_close"].iloc[7:] == 0.2).all()
    assert frame["volume"].tolist() == [1.0] * 7 + [2.0] * 13


def test_a_market_of_the_historical_tier_is_found_there() -> None:
    venue = Venue(T0, T0 + 86_400, archived=True)
    venue.past = [candle(T0 + 3600 * n, live=False, price=quad("0.5"), volume="1") for n in range(1, 25)]
    frame, requests = history(venue)
    assert frame.attrs["interval"] == "1m"  # the finest that stays within 5,000 bars
    assert "/series/KXS/markets/KXA-1/candlesticks" not in [r.path for r in requests]
    assert np.count_nonzero(frame["close"].notna()) == 24


def test_a_live_market_that_the_historical_tier_does_not_know_is_no_error() -> None:
    venue = Venue(CUTOFF - 3600, CUTOFF + 3600)
    venue.live = [candle(CUTOFF + 60)]
    frame, _ = history(venue, interval="1m")
    assert len(frame) >= 1


def test_quiet_minutes_carry_the_quotes_that_stood_and_no_trade() -> None:
    venue = Venue(CUTOFF, CUTOFF + 600)
    venue.live = [
        candle(CUTOFF + 60, bid=quad("0.30", "0.35", "0.29", "0.33"), ask=quad("0.50", "0.55", "0.48", "0.52"),
               price=quad("0.4"), volume="9", open_interest="5"),
        candle(CUTOFF + 300, bid=quad("0.31"), open_interest="6"),
    ]  # fmt: skip
    frame, _ = history(venue, interval="1m")
    assert len(frame) == 10
    quiet = frame.iloc[1:4]
    for name in ("open", "high", "low", "close"):
        assert (quiet[f"bid_{name}"] == 0.33).all() and (quiet[f"ask_{name}"] == 0.52).all()
        assert quiet[name].isna().all()
    assert (quiet["volume"] == 0).all() and (quiet["open_interest"] == 5).all()
    assert (frame["bid_open"].iloc[4:] == 0.31).all()


def test_a_bid_of_zero_and_an_ask_of_one_are_no_prices_and_stay_none_while_it_is_quiet() -> None:
    gone = quad("1.0000")
    row = read_candle(candle(60, bid=NONE, ask=gone))
    assert all(map(math.isnan, (*row.bid, *row.ask, *row.trade)))
    venue = Venue(CUTOFF, CUTOFF + 240)
    venue.live = [candle(CUTOFF + 60), candle(CUTOFF + 120, bid=quad("0.4", c="0.0000"), ask=quad("0.45", "1.0000"))]
    frame, _ = history(venue, interval="1m")
    assert frame["bid_close"].tolist()[:1] == [0.4] and frame["bid_close"].iloc[1:].isna().all()
    assert frame["bid_open"].iloc[1] == 0.4  # it was quoted, and then pulled
    assert math.isnan(frame["ask_high"].iloc[1]) and frame["ask_low"].iloc[1] == 0.45
    assert not ((frame == 0.0) | (frame == 1.0)).drop(columns="volume").any().any()


def test_prices_that_the_venue_does_not_send_or_sends_as_null_are_nan() -> None:
    raw = candle(60, live=False, price={"open": None, "high": None, "low": None, "close": None, "previous": "0.4"})
    assert all(map(math.isnan, read_candle(raw).trade))
    raw["volume"] = None
    assert read_candle(raw).volume == 0.0
    with pytest.raises(BrokerUnavailable, match="where a candle was expected"):
        read_candle(["x"])


def test_a_bar_that_is_still_open_is_not_shown() -> None:
    venue = Venue(CUTOFF, CUTOFF + 36_000)
    venue.live = [candle(CUTOFF + 3600 * n) for n in range(1, 11)]

    async def work() -> pd.DataFrame:
        async with bench(venue, keyed=False, now_ns=(CUTOFF + 3600 * 3 + 1800) * 10**9) as (adapter, _, _w):
            return await adapter.get_market_history("KXA-1", interval=60)

    assert len(run(work())) == 3


def test_start_and_end_are_taken_as_text_dates_or_seconds() -> None:
    venue = Venue(CUTOFF, CUTOFF + 20 * 3600)
    venue.live = [candle(CUTOFF + 3600 * n) for n in range(1, 21)]
    for start, end in (
        ("2026-09-20 05:00", "2026-09-20T08:00Z"),
        (CUTOFF + 5 * 3600, CUTOFF + 8 * 3600),
        (pd.Timestamp("2026-09-20 01:00", tz="America/New_York"), datetime(2026, 9, 20, 8, tzinfo=UTC)),
    ):
        frame, _ = history(venue, start=start, end=end, interval="1h")
        assert [t.hour for t in frame.index] == [5, 6, 7]


def test_what_cannot_be_asked_for_is_said() -> None:
    venue = Venue(CUTOFF, CUTOFF + 3600)
    for asked, says in (
        ({"interval": "5m"}, "'1m', '1h' and '1d'"),
        ({"start": "yesterdayish"}, "time is 'yesterdayish'"),
        ({"start": "2026-10-30"}, "no history between start and end"),
        ({"interval": "1m"}, "no candles of 1m"),
    ):
        with pytest.raises(InvalidData, match=says):
            history(venue, **asked)


def test_the_interval_is_the_finest_that_gives_a_readable_number_of_bars() -> None:
    assert [Interval.of(None, days * 86_400).name for days in (1, 3, 4, 200, 400)] == ["1m", "1m", "1h", "1h", "1d"]


BARS = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 99)), min_size=1, max_size=20, unique_by=lambda t: t[0])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(BARS, st.integers(300, 400))
def test_filling_leaves_no_hole_changes_no_candle_and_knows_no_future(bars: list[tuple[int, int]], last: int) -> None:
    nan = (math.nan,) * 4
    rows = [Candle(60 * n, (p / 100,) * 4, nan, nan, 1.0, 5.0) for n, p in sorted(bars)]
    ends, values = fill_sparse(rows, 60, 0, 60 * last)
    assert ends.tolist() == list(range(rows[0].end, 60 * last + 1, 60))
    for end, value in zip(ends.tolist(), values, strict=True):
        source = max((row for row in rows if row.end <= end), key=lambda row: row.end)
        assert value[3] == source.bid[3]
        assert value[12] == (1.0 if source.end == end else 0.0)
    assert np.isnan(values[:, 4:12]).all()


def test_days_that_begin_at_midnight_in_new_york_survive_the_change_of_the_clocks() -> None:
    nan = (math.nan,) * 4
    midnights = pd.date_range("2026-10-30", periods=5, freq="D", tz="America/New_York")
    rows = [Candle(int(t.timestamp()), (0.5,) * 4, nan, nan, 1.0, 5.0) for t in midnights]
    ends, _ = fill_sparse(rows, 86_400, rows[0].end - 86_400, rows[-1].end)
    assert ends.tolist() == [row.end for row in rows]


def test_a_book_and_trades_of_both_tiers() -> None:
    trade = lambda n, when: {  # noqa: E731
        "trade_id": f"t{n}", "ticker": "KXA-1", "yes_price_dollars": "0.5", "count_fp": "1", "created_time": iso(when),
        "taker_book_side": "bid",
    }  # fmt: skip

    def handler(request: Request) -> Answer:
        if request.path == "/markets/trades":
            return Reply(200, {"trades": [trade(3, CUTOFF + 9), trade(2, CUTOFF)], "cursor": ""})
        if request.path == "/historical/trades":
            return Reply(200, {"trades": [trade(2, CUTOFF), trade(1, CUTOFF - 9)], "cursor": ""})
        assert request.path == "/markets/KXA-1/orderbook"
        return Reply(200, {"orderbook_fp": {"yes_dollars": [["0.4", "1"]], "no_dollars": []}})

    async def work() -> None:
        async with bench(handler, keyed=False) as (adapter, server, _):
            assert [t.trade_id for t in await adapter.get_trades("KXA-1")] == ["t3", "t2", "t1"]
            server.requests.clear()
            await adapter.get_trades("KXA-1", start=CUTOFF + 1)
            assert "/historical/trades" not in [r.path for r in server.requests]
            book = await adapter.get_orderbook("kxa-1")
            assert (book.best_bid, book.best_ask) == (Decimal("0.4"), None)

    run(work())


def test_a_ticker_cannot_become_another_path() -> None:
    async def work() -> None:
        async with bench(lambda _: Reply(404, {"msg": "no"}), keyed=False) as (adapter, server, _):
            with pytest.raises(InvalidData, match="pass a Kalshi ticker"):
                await adapter.get_market("KXA/../../portfolio/balance")
            with pytest.raises(NotFound):
                await adapter.get_market("KXA?x=1#y")
            assert [r.target.rpartition("/")[2] for r in server.requests] == ["KXA%3FX%3D1%23Y"] * 2

    run(work())
