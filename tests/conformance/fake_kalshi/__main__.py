"""The fake venue to try things on by hand: a few markets, a street that quotes them, and a key in a file."""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from tests.conformance.fake_kalshi.control import FakeKalshi
from tests.conformance.fake_kalshi.values import Order, Refused

QUOTE_EVERY_S = 1.0


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fake_kalshi", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--cash", type=Decimal, default=Decimal(10_000), help="dollars on shard 0")
    parser.add_argument("--tier", default="basic", help="usage tier of the rate limits")
    parser.add_argument(
        "--key-file",
        type=Path,
        default=Path(tempfile.gettempdir()) / "fake_kalshi.pem",
        help="where the private key goes",
    )
    options = parser.parse_args()
    with FakeKalshi(options.port, options.cash, options.tier) as venue:
        _write_key(options.key_file, venue.private_pem)
        tickers = _list(venue)
        print(f"REST    {venue.rest_url}\nstream  {venue.stream_url}\nkey id  {venue.key_id}")
        print(f"key     {options.key_file}\nmarkets {', '.join(tickers)}\nCtrl-C stops it.", flush=True)
        try:
            _trade(venue, tickers)
        except KeyboardInterrupt:
            print("stopped")


def _write_key(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - a mode from the start
        file.write(text)


def _list(venue: FakeKalshi) -> list[str]:
    venue.add_series("KXHIGHNY", title="Highest temperature in New York", category="Climate and Weather")
    venue.add_event("KXHIGHNY-TODAY", "KXHIGHNY", title="Highest temperature today?", mutually_exclusive=True)
    return [
        venue.add_market(f"KXHIGHNY-TODAY-B{low}", title=f"{low} to {low + 1} degrees?").ticker for low in (60, 62, 64)
    ]


def _trade(venue: FakeKalshi, tickers: list[str]) -> None:
    """Let the street move its quotes, and now and then somebody trade."""
    dice = random.Random(1)
    resting: list[Order] = []
    while True:
        for order in resting:
            try:
                venue.pull(order)
            except Refused:
                continue  # it has traded
        resting = []
        for ticker in tickers:
            middle = dice.randint(20, 80)
            resting.append(venue.post(ticker, "bid", f"0.{middle - 2:02d}", str(dice.randint(1, 50))))
            resting.append(venue.post(ticker, "ask", f"0.{middle + 2:02d}", str(dice.randint(1, 50))))
            if dice.random() < 0.3:
                venue.hit(ticker, "bid", "0.99", "1")
        time.sleep(QUOTE_EVERY_S)


if __name__ == "__main__":
    main()
