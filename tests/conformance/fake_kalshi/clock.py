"""Time as the exchange sees it, which a test may move, and as its door sees it when it checks a signature."""

from __future__ import annotations

import time

MICRO = 1_000_000


class Clock:
    """Exchange time in whole microseconds UTC.

    It follows the computer unless it is frozen; moving it never moves the door's clock, because the client signs with
    its own. `skew_s` is how far the door's clock is ahead of the computer's.
    """

    def __init__(self) -> None:
        self.skew_s = 0.0
        self._offset = 0
        self._frozen: int | None = None

    def now(self) -> int:
        """The exchange's time, in microseconds."""
        if self._frozen is not None:
            return self._frozen
        return time.time_ns() // 1000 + self._offset

    def wall(self) -> float:
        """The door's time, in seconds."""
        return time.time() + self.skew_s

    def freeze(self, seconds: float | None = None) -> None:
        """Stop exchange time, at `seconds` (Unix) where given."""
        self._frozen = self.now() if seconds is None else int(seconds * MICRO)

    def advance(self, seconds: float) -> None:
        """Move exchange time forward."""
        if seconds < 0:
            raise ValueError(f"the clock is advanced by {seconds} s; it only goes forward")
        if self._frozen is not None:
            self._frozen += int(seconds * MICRO)
        else:
            self._offset += int(seconds * MICRO)
