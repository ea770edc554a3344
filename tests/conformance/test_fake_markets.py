"""The fake venue's public data: pages and cursors, filters, books, candles and the archive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.conftest import MARKET
from tests.conformance.fake_kalshi import FakeKalshi
from tests.conformance.raw_kalshi import RawClient

D = Decimal
EVENT = "KXRAIN-26NOV30"


def tickers(read: Any) -> list[str]:
    return [row["ticker"] for row in read["markets"]]


def test_the_last_page_has_an_empty_cursor_and_a_rubbish_cursor_gives_the_first(
    venue: FakeKalshi, client: RawClient
) -> None:
    for n in range(4):
        venue.add_market(f"{EVENT}-T{n + 2}")
    every, cursor = [], ""
    for _ in range(3):
        read = client.public("/markets", limit=2, cursor=cursor).json()
        every += tickers(read)
        cursor = read["cursor"]
    assert cursor == "" and every == [f"{EVENT}-T{n + 1}" for n in range(5)]
    assert tickers(client.public("/markets", limit=2, cursor="rubbish").json()) == every[:2]


def test_rows_that_come_between_pages_shift_nothing(venue: FakeKalshi, client: RawClient) -> None:
    for n in range(6):
        venue.post(MARKET, "ask", "0.50", "1", f"t{n}")
        client.order(MARKET, "bid", "0.50")
    first = client.get("/portfolio/fills", limit=3)
    venue.post(MARKET, "ask", "0.50", "1")
    client.order(MARKET, "bid", "0.50")
    rest = client.get("/portfolio/fills", limit=10, cursor=first["cursor"])
    ids = [row["fill_id"] for row in first["fills"] + rest["fills"]]
    assert len(ids) == len(set(ids)) == 6 and rest["cursor"] == ""


def test_a_limit_beyond_the_most_has_a_body_of_its_own(client: RawClient) -> None:
    response = client.public("/markets", limit=1001)
    assert response.status_code == 400
    assert response.json() == {
        "msg": "Parameter validation failed for GetMarkets: Key: 'GetMarketsParams.Limit' "
        "Error:Field validation for 'Limit' failed on the 'lte' tag"
    }
    assert client.public("/events", limit=201).status_code == 400
    assert client.call("GET", "/portfolio/fills", limit=0).status_code == 400


def test_filters_have_words_of_their_own(venue: FakeKalshi, client: RawClient) -> None:
    venue.add_market("KXSOON-1-T1", opens_in=60)
    venue.add_market("KXPAST-1-T1", closes_in=-60)
    venue.add_market("KXDONE-1-T1")
    venue.settle("KXDONE-1-T1", "no")
    venue.pause_market(MARKET)
    found = {}
    for name in ("unopened", "open", "paused", "closed", "settled"):
        rows = client.public("/markets", status=name).json()["markets"]
        found[name] = {(row["ticker"], row["status"]) for row in rows}
    assert found == {
        "unopened": set(),
        "open": {("KXSOON-1-T1", "active")},  # paying the settled one took a minute
        "paused": {(MARKET, "inactive")},
        "closed": {("KXPAST-1-T1", "closed")},
        "settled": {("KXDONE-1-T1", "finalized")},
    }
    for status in ("active", "finalized"):
        refused = client.public("/markets", status=status)
        assert (refused.status_code, refused.json()["details"]) == (400, "invalid status filter")
    assert tickers(client.public("/markets", series_ticker="KXDONE").json()) == ["KXDONE-1-T1"]
    assert [e["event_ticker"] for e in client.public("/events", status="settled").json()["events"]] == ["KXDONE-1"]


def test_the_book_has_bids_of_both_legs_worst_first(venue: FakeKalshi, client: RawClient) -> None:
    for price in ("0.45", "0.47", "0.46"):
        venue.post(MARKET, "bid", price, "3")
    venue.post(MARKET, "ask", "0.52", "1.5")
    venue.post(MARKET, "ask", "0.55", "2")
    read = client.public(f"/markets/{MARKET}/orderbook").json()["orderbook_fp"]
    assert read["yes_dollars"] == [["0.4500", "3.00"], ["0.4600", "3.00"], ["0.4700", "3.00"]]
    assert read["no_dollars"] == [["0.4500", "2.00"], ["0.4800", "1.50"]]
    best = client.public(f"/markets/{MARKET}/orderbook", depth=1).json()["orderbook_fp"]
    assert (best["yes_dollars"], best["no_dollars"]) == ([["0.4700", "3.00"]], [["0.4800", "1.50"]])
    quoted = client.public(f"/markets/{MARKET}").json()["market"]
    assert (quoted["yes_ask_dollars"], quoted["no_ask_dollars"]) == ("0.5200", "0.5300")
    venue.add_market("KXEMPTY-1-T1")
    empty = client.public("/markets/KXEMPTY-1-T1").json()["market"]
    assert (empty["yes_bid_dollars"], empty["yes_ask_dollars"]) == ("0.0000", "1.0000")


def candles(client: RawClient, ticker: str, start: int, end: int, minutes: int = 1, **more: Any) -> Any:
    window = {"start_ts": start, "end_ts": end, "period_interval": minutes}
    return client.public(f"/series/ANY/markets/{ticker}/candlesticks", **window, **more)


def test_candles_are_sparse_and_leave_out_prices_where_nothing_traded(venue: FakeKalshi, client: RawClient) -> None:
    start = int(venue.clock.now() / 1e6) // 3600 * 3600 - 3600
    quotes = [(start + 10.0, "0.40", "0.44"), (start + 190.0, "0.41", "1.00"), (start + 550.0, "0.41", "1.00")]
    trades = [(start + 20.0, "0.44", "2"), (start + 40.0, "0.40", "1.50"), (start + 400.0, "0.42", "1")]
    venue.history(MARKET, quotes, trades)
    rows = candles(client, MARKET, start, start + 600).json()["candlesticks"]
    assert [row["end_period_ts"] - start for row in rows] == [60, 240, 420]
    first, second, third = rows
    assert {k: first["price"][f"{k}_dollars"] for k in ("open", "high", "low", "close")} == {
        "open": "0.4400",
        "high": "0.4400",
        "low": "0.4000",
        "close": "0.4000",
    }
    assert (first["volume_fp"], "previous_dollars" in first["price"]) == ("3.50", False)
    assert second["price"] == {"previous_dollars": "0.4000"}
    assert (second["yes_ask"]["open_dollars"], second["yes_ask"]["close_dollars"]) == ("0.4400", "1.0000")
    assert third["yes_bid"]["open_dollars"] == "0.4100"
    hour = candles(client, MARKET, start, start + 3600, 60).json()["candlesticks"]
    assert [row["volume_fp"] for row in hour] == ["4.50"]


def test_a_trade_at_the_end_of_a_minute_belongs_to_it(venue: FakeKalshi, client: RawClient) -> None:
    start = int(venue.clock.now() / 1e6) // 60 * 60 - 600
    venue.history(MARKET, trades=[(start + 60.0, "0.44", "1"), (start + 60.001, "0.45", "1")])
    rows = candles(client, MARKET, start, start + 600).json()["candlesticks"]
    assert [row["end_period_ts"] - start for row in rows] == [60, 120]


def test_the_candle_before_the_window_can_be_asked_for(venue: FakeKalshi, client: RawClient) -> None:
    start = int(venue.clock.now() / 1e6) // 60 * 60 - 6000
    venue.history(MARKET, [(start + 10.0, "0.40", "0.44")], [(start + 20.0, "0.44", "2")])
    late = candles(client, MARKET, start + 610, start + 900, include_latest_before_start="true").json()
    (row,) = late["candlesticks"]
    assert row["end_period_ts"] == start + 660
    assert row["price"]["previous_dollars"] == "0.4400" and row["price"]["open_dollars"] is None
    assert candles(client, MARKET, start + 610, start + 900).json()["candlesticks"] == []


def test_candle_requests_have_a_most_and_three_intervals(client: RawClient) -> None:
    too_long = candles(client, MARKET, 0, 11_400 * 60)
    assert too_long.status_code == 400
    wanted = "requested time range with candlesticks: 11400.000000, max candlesticks: 5000"
    assert too_long.json()["details"] == wanted
    assert candles(client, MARKET, 0, 5_000 * 60).status_code == 200
    assert "oneof" in candles(client, MARKET, 0, 60, 5).json()["msg"]
    assert candles(client, "KXNONE", 0, 60).status_code == 404


def test_what_is_behind_the_cut_off_is_only_in_the_archive(venue: FakeKalshi, client: RawClient) -> None:
    now = int(venue.clock.now() / 1e6)
    old, young = "KXRAIN-26AUG01-T1", "KXRAIN-26NOV20-T1"
    for ticker, days in ((old, 90), (young, 2)):
        venue.add_market(ticker, opens_in=-(days + 1) * 86_400, closes_in=-days * 86_400)
        begin = now - days * 86_400 - 3600
        venue.history(ticker, [(begin, "0.40", "0.44")], [(begin + 30, "0.44", "1")])
        venue.settled_at(ticker, "yes", now - days * 86_400)
    assert client.public(f"/markets/{old}").status_code == 404
    assert client.public(f"/historical/markets/{young}").status_code == 404
    assert tickers(client.public("/historical/markets").json()) == [old]
    assert old not in tickers(client.public("/markets", status="settled").json())
    assert candles(client, old, now - 91 * 86_400, now - 90 * 86_400, 60).status_code == 404
    window = {"start_ts": now - 91 * 86_400, "end_ts": now - 89 * 86_400, "period_interval": 60}
    (row,) = client.public(f"/historical/markets/{old}/candlesticks", **window).json()["candlesticks"]
    assert {"open", "previous"} < set(row["price"]) and "volume" in row and "volume_fp" not in row
    assert client.public("/markets/trades", ticker=old).json()["trades"] == []
    assert len(client.public("/historical/trades", ticker=old).json()["trades"]) == 1
    assert client.public("/historical/trades", ticker=young).json()["trades"] == []
    venue.archive.overlap_s = 60 * 86_400  # the archive may run ahead of the line: both tiers have it then
    assert client.public(f"/historical/markets/{young}").status_code == 200
    assert len(client.public("/historical/trades", ticker=young).json()["trades"]) == 1
