"""An account as the venue tells it: every fill once, every dollar exact, our own order ids found again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.brokers.kalshi.portfolio import FillCursor
from engine.core.errors import InvalidData
from engine.core.trading import Side, Status
from tests.brokers.kalshi.bench import bench, run
from tests.brokers.loopback import Answer, Reply, Request

D = Decimal
NOW = 1_790_000_000  # after bench.CUTOFF
NS = 10**9


def fill(name: str, when: int, order: str = "o1", **more: Any) -> dict[str, Any]:
    base = {
        "fill_id": name, "trade_id": name, "order_id": order, "ticker": "KXA-1", "book_side": "bid",
        "outcome_side": "yes", "count_fp": "1.00", "yes_price_dollars": "0.5000", "no_price_dollars": "0.5000",
        "is_taker": False, "fee_cost": "0.004400", "ts": when,
    }  # fmt: skip
    return base | more


def order(name: str, ours: str, **more: Any) -> dict[str, Any]:
    base = {
        "order_id": name, "client_order_id": ours, "ticker": "KXA-1", "book_side": "bid", "status": "resting",
        "yes_price_dollars": "0.5000", "initial_count_fp": "4.00", "fill_count_fp": "1.00",
        "remaining_count_fp": "3.00", "taker_fees_dollars": "0.0100", "maker_fees_dollars": "0.0000",
        "created_time": "2026-10-01T00:00:00Z", "last_update_time": "2026-10-01T00:00:01Z",
    }  # fmt: skip
    return base | more


class Venue:
    """Fills newest first in pages of two, orders by id."""

    def __init__(self) -> None:
        self.fills: list[dict[str, Any]] = []
        self.old: list[dict[str, Any]] = []
        self.orders: dict[str, dict[str, Any]] = {"o1": order("o1", "mine")}

    def __call__(self, request: Request) -> Answer:
        path, query = request.path, request.query
        if path in ("/portfolio/fills", "/historical/fills"):
            rows = self.fills if path.startswith("/portfolio") else self.old
            rows = [f for f in rows if f["ts"] >= int(query.get("min_ts", 0))]
            rows = sorted(rows, key=lambda f: (f["ts"], f["fill_id"]), reverse=True)
            at = int(query.get("cursor", 0))
            return Reply(200, {"fills": rows[at : at + 2], "cursor": str(at + 2) if at + 2 < len(rows) else ""})
        if path.startswith("/portfolio/orders/"):
            found = self.orders.get(path.rpartition("/")[2])
            return Reply(200, {"order": found}) if found else Reply(404, {"error": {"code": "not_found"}})
        if path in ("/portfolio/orders", "/historical/orders"):
            return Reply(200, {"orders": list(self.orders.values()) if "portfolio" in path else [], "cursor": ""})
        raise AssertionError(path)


def test_fills_come_oldest_first_exact_and_with_our_order_id() -> None:
    venue = Venue()
    venue.fills = [fill(f"f{n}", NOW + n) for n in range(5)]

    async def work() -> None:
        async with bench(venue, now_ns=(NOW + 9) * NS) as (adapter, server, _):
            page = await adapter.fills(since_ns=NOW * NS)
            assert [item.fill.fill_id for item in page.fills] == ["f0", "f1", "f2", "f3", "f4"]
            first = page.fills[0]
            assert (first.fill.client_order_id, first.venue_order_id, first.maker) == ("mine", "o1", True)
            assert (first.fill.price, first.fill.quantity, first.fill.fee) == (D("0.5"), D(1), D("0.0044"))
            assert first.fill.side is Side.BUY and first.fill.time_ns == NOW * NS
            assert len([r for r in server.requests if r.path == "/portfolio/orders/o1"]) == 1  # asked once, then known
            again = await adapter.fills(page.cursor)
            assert again.fills == () and again.cursor == page.cursor

    run(work())


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(-50, 200), max_size=4), min_size=1, max_size=5))
def test_no_fill_is_told_twice_and_none_is_missed_even_when_it_shows_up_late(rounds: list[list[int]]) -> None:
    venue = Venue()

    async def work() -> None:
        async with bench(venue, now_ns=(NOW + 10_000) * NS) as (adapter, _, _w):
            cursor, told, clock, made = "", [], NOW, 0
            for offsets in rounds:
                for offset in offsets:  # below 0: dated before fills that were read already
                    made += 1
                    newest = max((f["ts"] for f in venue.fills), default=clock)
                    venue.fills.append(fill(f"f{made}", newest + offset))
                page = await adapter.fills(cursor, since_ns=(NOW - 1000) * NS)
                cursor = page.cursor
                told += [item.fill.fill_id for item in page.fills]
            assert sorted(told) == sorted(f["fill_id"] for f in venue.fills)

    run(work())


def test_a_cursor_survives_a_restart_and_a_wrong_one_is_refused() -> None:
    cursor = FillCursor(NOW, frozenset({"b", "a"}))
    assert FillCursor.parse(str(cursor), 0) == cursor
    assert FillCursor.parse("", 7 * NS) == FillCursor(7, frozenset())
    for wrong in ("x", "{}", "[]", '{"since": "no", "seen": []}'):
        with pytest.raises(InvalidData, match="fill cursor is"):
            FillCursor.parse(wrong, 0)


def test_a_fresh_fill_whose_order_does_not_show_yet_waits_for_its_name() -> None:
    venue = Venue()
    venue.fills = [fill("f1", NOW, order="o2")]

    async def work() -> None:
        async with bench(venue, now_ns=(NOW + 1) * NS) as (adapter, _, _w):
            page = await adapter.fills()
            assert page.fills == ()
            venue.orders["o2"] = order("o2", "later")
            (item,) = (await adapter.fills(page.cursor)).fills
            assert item.fill.client_order_id == "later"

    run(work())


def test_an_old_fill_of_an_order_that_nobody_knows_is_told_as_foreign() -> None:
    venue = Venue()
    venue.fills = [fill("f1", NOW, order="gone")]

    async def work() -> None:
        async with bench(venue, now_ns=(NOW + 3600) * NS) as (adapter, _, _w):
            (item,) = (await adapter.fills()).fills
            assert item.fill.client_order_id == ""

    run(work())


def test_fills_from_before_the_cutoff_are_read_from_both_tiers_and_once() -> None:
    venue = Venue()
    old = 1_780_000_000
    venue.fills, venue.old = [fill("f2", old + 5), fill("f3", NOW)], [fill("f1", old), fill("f2", old + 5)]

    async def work() -> None:
        async with bench(venue, now_ns=NOW * NS) as (adapter, server, _):
            page = await adapter.fills(since_ns=old * NS)
            assert [item.fill.fill_id for item in page.fills] == ["f1", "f2", "f3"]
            server.requests.clear()
            await adapter.fills(page.cursor)
            assert "/historical/fills" not in [r.path for r in server.requests]

    run(work())


def test_an_order_is_found_again_by_our_id() -> None:
    venue = Venue()

    async def work() -> None:
        async with bench(venue) as (adapter, server, _):
            found = await adapter.order_by_client_id("mine", symbol="KXA-1", since_ns=NOW * NS)
            assert found is not None and found.ref.venue_order_id == "o1"
            assert (found.status, found.filled, found.remaining, found.fees) == (Status.PARTIAL, D(1), D(3), D("0.01"))
            query = server.requests[0].query
            assert (query["ticker"], query["min_ts"]) == ("KXA-1", str(NOW - 60))
            server.requests.clear()
            await adapter.order_by_client_id("mine")
            assert [r.path for r in server.requests] == ["/portfolio/orders/o1"]  # known by now, no search
            assert await adapter.order_by_client_id("never-sent") is None
            assert await adapter.order("no-such") is None

    run(work())


def test_only_what_rests_is_open() -> None:
    async def work() -> None:
        async with bench(Venue()) as (adapter, server, _):
            await adapter.open_orders("KXA-1")
            assert server.requests[0].query["status"] == "resting"

    run(work())


def test_an_order_that_came_to_its_end_in_time_is_expired() -> None:
    venue = Venue()
    ended = {
        "status": "canceled",
        "last_update_time": "2026-10-02T00:00:00Z",
        "expiration_time": "2026-10-02T00:00:00Z",
    }
    venue.orders["o1"] = order("o1", "mine", **ended)

    async def work() -> None:
        async with bench(venue) as (adapter, _, _w):
            found = await adapter.order("o1")
            assert found is not None and (found.status, found.remaining) == (Status.EXPIRED, 0)

    run(work())


def answered(body: Any, path: str) -> Any:
    def handler(request: Request) -> Answer:
        assert request.path == path, request.path
        return Reply(200, body)

    return handler


def test_the_balance_is_exact_where_the_venue_is() -> None:
    body = {"balance": 9801, "balance_dollars": "98.0186", "portfolio_value": 250, "updated_ts": NOW,
            "balance_breakdown": [{"exchange_index": 0, "balance": "90.0186"}, {"exchange_index": 2, "balance": "8"}]}  # fmt: skip

    async def work() -> None:
        async with bench(answered(body, "/portfolio/balance")) as (adapter, _, _w):
            balance = await adapter.balance()
            assert (balance.cash, balance.equity) == (D("98.0186"), D("100.5186"))
            assert dict(balance.parts) == {"0": D("90.0186"), "2": D(8)} and balance.as_of_ns == NOW * NS
        async with bench(answered({"balance": 9801}, "/portfolio/balance")) as (adapter, _, _w):
            assert (await adapter.balance()).cash == D("98.01")

    run(work())


def test_positions_are_signed_in_yes() -> None:
    rows = [
        {"ticker": "KXA-1", "position_fp": "4.00", "market_exposure_dollars": "2.00", "realized_pnl_dollars": "0.50", "fees_paid_dollars": "0.10", "last_updated_ts": "2026-10-01T00:00:00Z"},
        {"ticker": "KXB-1", "position_fp": "-10.00", "market_exposure_dollars": "3.00"},
        {"ticker": "KXC-1", "position_fp": "0.00", "market_exposure_dollars": "0"},
    ]  # fmt: skip

    async def work() -> None:
        body = {"market_positions": rows, "event_positions": [], "cursor": ""}
        async with bench(answered(body, "/portfolio/positions")) as (adapter, _, _w):
            long, short = await adapter.positions()
            assert (long.quantity, long.entry_price, long.realised) == (D(4), D("0.5"), D("0.4"))
            assert (short.quantity, short.entry_price) == (D(-10), D("0.7"))

    run(work())


def test_a_settlement_of_both_sides_counts_the_pairs_that_paid_before() -> None:
    row = {"ticker": "KXA-1", "event_ticker": "KXA", "market_result": "yes", "yes_count_fp": "10.00",
           "yes_total_cost_dollars": "4.00", "no_count_fp": "4.00", "no_total_cost_dollars": "2.00", "revenue": 600,
           "value": 100, "fee_cost": "0.25", "settled_time": "2026-10-01T00:00:00Z"}  # fmt: skip

    async def work() -> None:
        async with bench(answered({"settlements": [row], "cursor": ""}, "/portfolio/settlements")) as (adapter, _, _w):
            (paid,) = await adapter.settlements()
            assert (paid.revenue, paid.yes_payout) == (D(6), D(1))
            assert paid.pnl == 4 + 6 - 4 - 2 - D("0.25")

    run(work())


def test_the_venue_says_how_fresh_its_reads_are() -> None:
    async def work() -> None:
        body = {"as_of_time": "2026-10-01T00:00:00.123456Z"}
        async with bench(answered(body, "/exchange/user_data_timestamp")) as (adapter, _, _w):
            assert await adapter.reads_as_of_ns() == 1790812800123456000

    run(work())
