"""Reads are tried again and writes never: over real sockets, with every way in which a line can break."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from email.utils import formatdate

import pytest

from engine import KalshiAdapter, KalshiConfig
from engine.brokers.base import OrderRequest
from engine.core.errors import (
    AuthenticationFailed,
    BrokerUnavailable,
    ClockSkewed,
    DuplicateOrder,
    InvalidConfig,
    InvalidData,
    NotFound,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    Stopped,
)
from engine.core.trading import Side
from tests.brokers.kalshi.bench import ORDER_PATH, bench, run, standing
from tests.brokers.kalshi.keys import KEY_ID, pem
from tests.brokers.loopback import Answer, Drip, Half, Hang, Loopback, Reply, Request, Reset

ORDER = OrderRequest("t1abc", "KXA-1", Side.BUY, Decimal(2), Decimal("0.5"))
ACK = {"order_id": "o1", "client_order_id": "t1abc", "fill_count": "0.00", "remaining_count": "2.00", "ts_ms": 5}
PAGE = {"trades": [], "cursor": ""}
WORDS = {"error": {"code": "internal", "message": "something went wrong"}}
BROKEN: list[Answer] = [
    Hang(),
    Reset(),
    Half(),
    Drip(),
    *(Reply(status, WORDS) for status in (408, 500, 502, 503, 504)),
]
name = lambda a: f"{type(a).__name__}{getattr(a, 'status', '')}"  # noqa: E731


class Script:
    """Answers in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def __call__(self, _: Request) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize("fault", [*BROKEN, Reply(429, {"error": "too many requests"})], ids=name)
def test_a_read_is_tried_again_with_growing_jittered_waits(fault: Answer) -> None:
    async def work() -> None:
        script = Script(fault, fault, Reply(200, {"orders": [], "cursor": ""}))
        patience = 0.3 if isinstance(fault, Hang | Drip) else 5.0
        async with bench(script, timeout_s=patience) as (adapter, server, waits):
            assert await adapter.orders() == ()
            assert len(server.requests) == 3
            backoffs = [wait for wait in waits if wait >= 0.12]
            assert len(backoffs) == 2
            assert 0.125 <= backoffs[0] <= 0.25 < backoffs[1] <= 0.5

    run(work())


def test_a_read_gives_up_after_four_tries_and_says_so() -> None:
    async def work() -> None:
        async with bench(Script(Reset())) as (adapter, server, _):
            with pytest.raises(BrokerUnavailable, match=r"tried 4 times\); try again later"):
                await adapter.orders()
            assert len(server.requests) == 4

    run(work())


def test_a_read_that_stays_too_much_asks_to_slow_down() -> None:
    async def work() -> None:
        async with bench(Script(Reply(429, {"error": "too many requests"}))) as (adapter, server, _):
            with pytest.raises(RateLimited) as caught:
                await adapter.orders()
            assert caught.value.retry_after > 0 and len(server.requests) == 4

    run(work())


@pytest.mark.parametrize("fault", BROKEN, ids=name)
def test_a_write_is_sent_once_and_a_lost_reply_is_unknown_not_failed(fault: Answer) -> None:
    async def work() -> None:
        patience = 0.2 if isinstance(fault, Hang | Drip) else 5.0
        async with bench(Script(fault), timeout_s=patience) as (adapter, server, _):
            with pytest.raises(OutcomeUnknown, match=r"t1abc .*look it up") as caught:
                await adapter.submit(ORDER)
            assert caught.value.client_order_id == "t1abc"
            assert not isinstance(caught.value, DuplicateOrder)
            assert len(server.seen("POST", ORDER_PATH)) == 1

    run(work())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(201, b""),
        Reply(200, b"<html>maintenance</html>"),
        Reply(201, {"fill_count": "0", "remaining_count": "2"}),
        Reply(201, {**ACK, "client_order_id": "somebody-else"}),
        Reply(201, {**ACK, "remaining_count": None}),
        Reply(201, []),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Reply(400, b"<html>a proxy says no</html>"),
        Reply(404, b""),
    ],
    ids=range(9),
)
def test_an_answer_that_says_nothing_of_our_order_leaves_its_outcome_unknown(reply: Reply) -> None:
    async def work() -> None:
        async with bench(Script(reply)) as (adapter, server, _):
            with pytest.raises(OutcomeUnknown):
                await adapter.submit(ORDER)
            assert len(server.requests) == 1

    run(work())


def test_an_order_that_never_left_may_be_sent_again() -> None:
    async def work() -> None:
        async with bench(Script(Reply(201, ACK))) as (adapter, server, _):
            server._server.close()
            await server._server.wait_closed()
            for task in list(server._tasks):
                task.cancel()
            await asyncio.gather(*server._tasks, return_exceptions=True)
            with pytest.raises(BrokerUnavailable, match="was not sent"):
                await adapter.submit(ORDER)

    run(work())


def test_too_many_writes_are_not_accepted_and_not_sent_again() -> None:
    async def work() -> None:
        async with bench(Script(Reply(429, {"error": {"code": "too_many_requests"}}))) as (adapter, server, _):
            with pytest.raises(RateLimited):
                await adapter.submit(ORDER)
            assert len(server.requests) == 1

    run(work())


REFUSALS = [
    ({"error": {"code": "insufficient_balance", "message": "insufficient balance"}}, "not enough cash"),
    ({"error": {"code": "invalid_price", "message": "invalid price"}}, "off this market's grid"),
    ({"code": "bad_request", "message": "bad request", "details": "json: cannot unmarshal"}, "cannot unmarshal"),
    ({"msg": "Parameter validation failed"}, "Parameter validation failed"),
    ({"error": {"code": "invalid_order", "details": "post only cross"}}, "would have crossed the book"),
    ({"details": "Expiration timestamp must be in the future"}, "must be in the future"),
]


@pytest.mark.parametrize(("body", "says"), REFUSALS, ids=range(len(REFUSALS)))
def test_the_three_shapes_of_a_refusal_are_all_read(body: dict[str, object], says: str) -> None:
    async def work() -> None:
        async with bench(Script(Reply(400, body))) as (adapter, server, _):
            with pytest.raises(OrderRejected, match=says) as caught:
                await adapter.submit(ORDER)
            assert caught.value.code == (body.get("error") or body).get("code", "")  # type: ignore[union-attr]
            assert len(server.requests) == 1

    run(work())


def test_an_id_that_is_taken_means_the_order_landed() -> None:
    async def work() -> None:
        body = {"error": {"code": "order_already_exists", "message": "order already exists"}}
        async with bench(Script(Reply(409, body))) as (adapter, _, _waits):
            with pytest.raises(DuplicateOrder) as caught:
                await adapter.submit(ORDER)
            assert isinstance(caught.value, OutcomeUnknown) and caught.value.client_order_id == "t1abc"

    run(work())


def test_a_killed_fill_or_kill_is_a_clear_no() -> None:
    async def work() -> None:
        body = {"error": {"code": "fill_or_kill_insufficient_resting_volume"}}
        async with bench(Script(Reply(409, body))) as (adapter, _, _waits):
            with pytest.raises(OrderRejected, match="too little rests"):
                await adapter.submit(ORDER)

    run(work())


@pytest.mark.parametrize(
    ("details", "says"),
    [("INCORRECT_API_KEY_SIGNATURE", "private key does not belong"), ("NOT_FOUND", "does not know this key id")],
)
def test_a_key_that_is_refused_stops_everything(details: str, says: str) -> None:
    async def work() -> None:
        body = {"error": {"code": "authentication_error", "message": "authentication_error", "details": details}}
        async with bench(Script(Reply(401, body))) as (adapter, server, _):
            for call in (adapter.balance(), adapter.submit(ORDER)):
                with pytest.raises(AuthenticationFailed, match=says):
                    await call
            assert len(server.requests) == 2

    run(work())


def test_a_key_without_the_scope_needs_a_person() -> None:
    async def work() -> None:
        async with bench(Script(Reply(403, {"error": {"code": "forbidden", "message": "scope"}}))) as (adapter, _, _w):
            with pytest.raises(Stopped, match="give the key the scope"):
                await adapter.submit(ORDER)

    run(work())


def test_a_read_that_the_venue_refuses_is_not_tried_again() -> None:
    async def work() -> None:
        async with bench(Script(Reply(400, {"msg": "invalid status filter"}))) as (adapter, server, _):
            with pytest.raises(InvalidData, match="invalid status filter"):
                await adapter.orders()
            assert len(server.requests) == 1

    run(work())


def test_an_unknown_ticker_is_said_so_after_both_tiers_were_asked() -> None:
    async def work() -> None:
        async with bench(Script(Reply(404, {"error": {"code": "not_found"}})), keyed=False) as (adapter, server, _):
            with pytest.raises(NotFound, match=r"no market 'KXNO-1'; find tickers with get_markets"):
                await adapter.get_market("kxno-1")
            assert [r.path for r in server.requests] == ["/markets/KXNO-1", "/historical/markets/KXNO-1"]

    run(work())


def test_without_a_key_an_account_is_not_asked_for_anything_that_changes_it() -> None:
    async def work() -> None:
        async with bench(Script(Reply(401, {})), keyed=False) as (adapter, server, _):
            with pytest.raises(InvalidConfig, match="needs a key"):
                await adapter.submit(ORDER)
            assert not server.requests
            with pytest.raises(AuthenticationFailed, match="this call needs a key"):
                await adapter.balance()

    run(work())


def test_an_adapter_that_is_not_connected_says_how_to_connect() -> None:
    with pytest.raises(InvalidConfig, match="await connect"):
        run(KalshiAdapter().get_exchange_status())


@pytest.mark.parametrize(
    ("off", "says"), [(-25, "25 seconds ahead of"), (90, "9[01] seconds behind|89 seconds behind")]
)
def test_a_clock_that_is_off_is_found_before_the_first_order(off: int, says: str) -> None:
    def handler(request: Request) -> Answer:
        answer = standing(request)
        assert isinstance(answer, Reply)
        return Reply(answer.status, answer.body, {"Date": formatdate(time.time() + off, usegmt=True)})

    async def work() -> None:
        async with Loopback(handler) as server:
            config = KalshiConfig(api_key=KEY_ID, private_key=pem(), rest_url=server.url)
            with pytest.raises(ClockSkewed, match=says):
                await KalshiAdapter(config).connect()
            async with KalshiAdapter(KalshiConfig(rest_url=server.url)) as public:  # needs no signature, so no clock
                skew = (await public.clock()).skew_s
                assert abs(skew + off) < 1.5

    run(work())


def test_a_clock_within_ten_seconds_is_taken() -> None:
    async def work() -> None:
        date = formatdate(time.time() + 8, usegmt=True)
        handler = lambda r: Reply(200, standing(r).body, {"Date": date})  # type: ignore[union-attr] # noqa: E731
        async with Loopback(handler) as server:
            adapter = KalshiAdapter(KalshiConfig(api_key=KEY_ID, private_key=pem(), rest_url=server.url))
            await adapter.connect()
            await adapter.close()

    run(work())


def test_a_signature_that_came_too_late_blames_the_clock() -> None:
    async def work() -> None:
        body = {"error": {"code": "header_timestamp_expired", "message": "header timestamp expired"}}
        async with bench(Script(Reply(401, body))) as (adapter, _, _waits):
            with pytest.raises(ClockSkewed, match="set the clock"):
                await adapter.submit(ORDER)

    run(work())


def test_the_limits_of_the_account_are_learnt_on_connecting() -> None:
    async def work() -> None:
        async with bench(Script(Reply(201, ACK))) as (adapter, _, _waits):
            assert adapter._http.limiter.write.limit.refill_rate == 10_000

    run(work())


def test_a_redirect_leads_no_key_to_another_address() -> None:
    async def work() -> None:
        async with Loopback(lambda _: Reply(200, {"orders": [], "cursor": ""})) as thief:
            away = Reply(307, b"", {"Location": f"{thief.url}/portfolio/orders"})
            async with bench(Script(away)) as (adapter, _, _w):
                with pytest.raises(BrokerUnavailable, match="status 307"):
                    await adapter.orders()
                with pytest.raises(OutcomeUnknown, match="status 307"):
                    await adapter.submit(ORDER)
            assert thief.requests == []

    run(work())


def test_proxies_named_by_the_environment_never_see_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")

    async def work() -> None:
        async with bench(Script(Reply(201, ACK))) as (adapter, server, _):
            assert (await adapter.submit(ORDER)).ref.venue_order_id == "o1"
            assert len(server.requests) == 1

    run(work())
