"""What the suite needs of a venue: a market to trade in, somebody to trade with, faults on demand, and the truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from types import TracebackType
from typing import Self

from engine.brokers.base import Broker
from engine.core.trading import Side

D = Decimal


class Harness(ABC):
    """A venue that runs for one test; `with` starts and stops it.

    `symbol` trades at prices around `middle` in steps of `tick`, by `lot`. The account can afford `size` at any of
    them. `closed` is a symbol that takes no orders any more. `missing` is no symbol at all.
    """

    symbol: str
    closed: str
    missing: str = "NO-SUCH-SYMBOL"
    middle: Decimal
    tick: Decimal
    lot: Decimal
    size: Decimal = D(10)
    patience_s: float = 10.0  # how long a broker of this harness waits for an answer
    skew_refused_s: float = 60.0  # a clock this far off is refused
    skew_taken_s: float = 5.0  # and this far off is not

    @abstractmethod
    def start(self) -> None:
        """Open the venue."""

    @abstractmethod
    def stop(self) -> None:
        """Shut the venue; connections to it are refused from now on. A second call does nothing."""

    @abstractmethod
    def broker(self, *, wrong_key: bool = False) -> Broker:
        """A broker of the account that is not connected yet, or one whose key the venue does not know."""

    @abstractmethod
    def rest(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Let somebody else's order rest in the book."""

    @abstractmethod
    def take(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Let somebody else trade at once, up to a price."""

    @abstractmethod
    def empty_pockets(self) -> None:
        """Leave the account too little cash for `size`."""

    @abstractmethod
    def lose_answer(self, how: str) -> None:
        """Lose the answer to the next order, which takes effect: "hang", "reset", "half" a body, "error" 5xx, "empty"."""

    @abstractmethod
    def lose_request(self, how: str) -> None:
        """Lose the next order before it takes effect: "hang", "reset" or "error" 5xx."""

    @abstractmethod
    def before_cancel(self, act: Callable[[], None]) -> None:
        """Let something happen at the venue just before the next cancel takes effect."""

    @abstractmethod
    def throttle(self, *, reads: bool) -> None:
        """Answer the next read, or the next order, with "too many requests"."""

    @abstractmethod
    def stumble(self) -> None:
        """Fail the next read with a 5xx."""

    @abstractmethod
    def lag(self, seconds: float) -> None:
        """Let reads trail behind writes."""

    @abstractmethod
    def skew(self, seconds: float) -> None:
        """Put the venue's clock ahead of ours."""

    @abstractmethod
    def slow_subscription(self, seconds: float) -> None:
        """Let every request for stream messages take effect late."""

    @abstractmethod
    def cut_stream(self) -> None:
        """Drop the stream's connection."""

    @abstractmethod
    def lose_fill_frame(self) -> None:
        """Lose the stream's next message about a fill."""

    @abstractmethod
    def repeat_fill_frame(self) -> None:
        """Send the stream's next message about a fill twice."""

    @abstractmethod
    def landed(self, client_order_id: str) -> int:
        """How many orders of this id the venue has ever taken."""

    @abstractmethod
    def sent(self) -> int:
        """How many requests to place an order have reached the venue."""

    @abstractmethod
    def held(self) -> Decimal:
        """The account's signed position in `symbol`."""

    @abstractmethod
    def fill_ids(self) -> set[str]:
        """The ids of all the account's fills."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
