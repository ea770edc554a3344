"""The private key, the key id and a signature go to the venue and nowhere else: no log, no error, no traceback."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine import KalshiConfig
from engine.brokers.base import OrderRequest
from engine.core.errors import SteadyhandError
from engine.core.trading import Side
from tests.brokers.kalshi.bench import bench, run
from tests.brokers.kalshi.keys import KEY_ID, pem
from tests.brokers.loopback import Answer, Half, Hang, Reply, Reset


def canaries(sent: list[str]) -> list[str]:
    body = [line for line in pem().splitlines() if "-----" not in line]
    return [*body, KEY_ID, *sent]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any library logs at its most talkative."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(401, {"error": {"code": "authentication_error", "details": "INCORRECT_API_KEY_SIGNATURE"}}),
        Reply(500, b"<html>oops</html>"),
        Reply(200, b"no json"),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/steal"}),
        Hang(),
        Reset(),
        Half(),
    ],
    ids=lambda a: type(a).__name__ + str(getattr(a, "status", "")),
)
def test_no_fault_leaks_a_secret(answer: Answer, log: io.StringIO) -> None:
    shown: list[str] = []
    sent: list[str] = []

    async def work() -> None:
        async with bench(lambda _: answer, timeout_s=0.1 if isinstance(answer, Hang) else 5.0) as (adapter, server, _):
            order = OrderRequest("t1", "KXA-1", Side.BUY, Decimal(1), Decimal("0.5"))
            for call in (adapter.submit(order), adapter.balance()):
                try:
                    await call
                except SteadyhandError:
                    kind, error, trace = sys.exc_info()
                    shown.append(
                        "".join(traceback.TracebackException(kind, error, trace, capture_locals=False).format())
                    )
            sent.extend(request.headers["kalshi-access-signature"] for request in server.requests)

    run(work())
    assert len(shown) == 2 and sent
    for secret in canaries(sent):
        assert secret not in "".join(shown)
        assert secret not in log.getvalue()


def test_a_wrong_pem_is_not_quoted_by_the_error_that_refuses_it() -> None:
    lines = pem().splitlines()
    broken = "\n".join([*lines[:3], "!!!!", *lines[4:]])
    with pytest.raises(SteadyhandError) as caught:
        KalshiConfig(api_key=KEY_ID, private_key=broken).signer()
    text = "".join(traceback.format_exception(caught.value))
    assert not [line for line in lines[1:-1] if line in text]
