"""Bet on an event where one's own probability is worth more than the price, after fees and spread."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InvalidParams
from engine.core.events import EventColumns
from engine.core.market import Columns, FloatArray
from engine.core.quotes import other_side
from engine.strategies.base import Strategy
from engine.strategies.param import Param
from engine.strategies.signal import Signals

# A model as a source: the columns of a market in, one probability of YES a bar out (NaN for none). It must be causal,
# like a feature: `check_lookahead` holds it to the prefix law. `bar_by_bar` makes one that cannot be anything else.
Source = Callable[[EventColumns], ArrayLike]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = -(2**63)


class PredictionValueStrategy(Strategy):
    """Buy the side whose all-in cost lies below its probability by `min_edge`, hold it to settlement, or sell it dear.

    The probability comes from `set_probability_estimate`, from `add_estimates` (a model's forecasts with their times)
    or from a `source`; where several speak the estimates go first. An edge is in dollars a contract: buying pays the
    ask and the fee, so the half-spread is in it. The size is Kelly's on the contract, (p - c) / (1 - c) at the all-in
    cost c.
    """

    name = "prediction_value"
    title = "Prediction value"
    for_events = True
    summary = "Bets on an event when your probability beats the price after fees and spread. Needs event markets."

    min_edge = Param(
        0.05, 0.0, 0.5, 0.005, "Buy when the probability is above price and fee by at least this", "Least edge", "$"
    )
    exit_edge = Param(
        0.05, 0.0, 0.5, 0.005, "Sell when what the market pays is above your probability by this", "Edge to sell", "$"
    )
    max_spread = Param(
        0.2, 0.01, 1.0, 0.01, "Do not buy while bid and ask are further apart than this", "Widest spread", "$"
    )

    source: Source | None = None
    _estimates: Mapping[str, list[tuple[int, float]]] = {}

    def __init__(
        self, params: Mapping[str, Any] | None = None, source: Source | None = None, *, checked: bool = True
    ) -> None:
        super().__init__(params, checked=checked)
        if source is not None:
            if not callable(source):
                raise InvalidParams(f"source is {source!r}; pass a function of a market's columns, or bar_by_bar(...)")
            self.source = source
        self._estimates: dict[str, list[tuple[int, float]]] = {}

    def set_probability_estimate(self, ticker: str, probability: float, as_of: Any = None) -> Self:
        """Believe that `ticker` ends YES with this probability, from `as_of` on until a later estimate.

        Without `as_of` it counts as known before the first bar, and the result says so. Returns the strategy itself.
        """
        self._keep(str(ticker), _ALWAYS if as_of is None else instant(as_of), _inside(ticker, probability))
        return self

    def add_estimates(self, tickers: Iterable[str], times: Any, probabilities: ArrayLike) -> Self:
        """Take in a model's forecasts: arrays of ticker, time from which each is known, probability (NaN: skipped)."""
        chances = np.asarray(probabilities, np.float64).ravel().tolist()
        stamps = getattr(times, "asi8", None)
        moments = times.as_unit("ns").asi8.tolist() if stamps is not None else [instant(t) for t in times]
        names = [str(t) for t in tickers]
        if not len(names) == len(moments) == len(chances):
            raise InvalidParams(
                f"there are {len(names)} tickers, {len(moments)} times and {len(chances)} probabilities; "
                "pass as many of each"
            )
        for ticker, moment, chance in zip(names, moments, chances, strict=True):
            if not math.isnan(chance):
                self._keep(ticker, int(moment), _inside(ticker, chance))
        return self

    def _keep(self, ticker: str, moment: int, chance: float) -> None:
        known = self._estimates.setdefault(ticker, [])  # type: ignore[attr-defined]
        known[:] = [one for one in known if one[0] != moment]
        insort(known, (moment, chance))

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        """Say which estimates carry no time: a backtest cannot tell whether they were known then."""
        timeless = [ticker for ticker, known in self._estimates.items() if known[0][0] == _ALWAYS]
        if not timeless:
            return ()
        some = ", ".join(timeless[:3]) + (f" and {len(timeless) - 3} more" if len(timeless) > 3 else "")
        return (
            f"The probability of {some} has no time and counts as known before the first bar: hindsight may be in it.",
        )

    def features(self, bars: Columns) -> dict[str, FloatArray]:
        """Return the probability of YES and the edges after fees, by bar."""
        yes, no, sell_yes, sell_no = self._edges(bars, self._probability(bars))
        return {
            "probability": self._probability(bars),
            "edge_yes": yes,
            "edge_no": no,
            "edge_of_selling_yes": sell_yes,
            "edge_of_selling_no": sell_no,
        }

    def signals(self, bars: Columns, ind: Any) -> Signals:
        """Buy the side with the larger edge if that is large enough; leave a side that the market pays too much for."""
        chance = self._probability(bars)
        yes, no, sell_yes, sell_no = self._edges(bars, chance)
        bid, ask = _quotes(bars)
        with np.errstate(invalid="ignore"):
            wide = ask - bid > self.p("max_spread") + 1e-9
            buys_yes = (yes >= self.p("min_edge")) & (yes > 0.0) & ~(no > yes) & ~wide
            buys_no = (no >= self.p("min_edge")) & (no > 0.0) & ~buys_yes & ~wide
            leave_yes = (sell_yes >= self.p("exit_edge")) & (sell_yes > 0.0)
            leave_no = (sell_no >= self.p("exit_edge")) & (sell_no > 0.0)
        side = np.where(buys_no, -1, 1).astype(np.int8)
        win = np.where(buys_no, 1.0 - chance, chance)
        cost = win - np.where(buys_no, no, yes)
        entry = buys_yes | buys_no
        inside = entry & (cost > 0.0) & (cost < 1.0)
        payoff = np.where(inside, (1.0 - cost) / np.where(inside, cost, 1.0), np.nan)
        return Signals(
            entry=inside & np.ones_like(wide),
            exit=leave_yes & np.ones_like(wide),
            side=side,
            exit_short=leave_no & np.ones_like(wide),
            probability=np.where(inside, win, np.nan),
            payoff=payoff,
            score=np.where(inside, win - cost, np.nan),
        )

    def _probability(self, bars: Columns) -> FloatArray:
        """Return the probability of YES that was known at each close; NaN for none."""
        if not isinstance(bars, EventColumns):
            return np.full(len(bars), np.nan)
        found = np.full(len(bars), np.nan)
        if self.source is not None:
            found = _checked(np.asarray(self.source(bars), np.float64), bars)
        known = self._estimates.get(bars.ticker)
        if known:
            moments = np.array([moment for moment, _ in known], np.int64)
            chances = np.array([chance for _, chance in known])
            last = np.searchsorted(moments, bars.ends, side="right") - 1
            found = np.where(last >= 0, chances[np.maximum(last, 0)], found)
        return found

    @staticmethod
    def _edges(bars: Columns, chance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the edge, in dollars a contract, of buying YES or NO and of selling YES or NO; NaN for none."""
        if not isinstance(bars, EventColumns):
            return chance, chance, chance, chance
        bid, ask = bars.bid, bars.ask
        no_ask = other_side(bid)
        fee_at_ask, fee_at_bid = bars.fee(ask), bars.fee(bid)  # a contract's fee is the same for YES and NO
        return (
            chance - (ask + fee_at_ask),
            (1.0 - chance) - (no_ask + bars.fee(no_ask)),
            (bid - fee_at_bid) - chance,
            (other_side(ask) - bars.fee(other_side(ask))) - (1.0 - chance),
        )


def _quotes(bars: Columns) -> tuple[FloatArray, FloatArray]:
    if isinstance(bars, EventColumns):
        # a side that is empty is as far away as it can be
        return np.where(np.isnan(bars.bid), 0.0, bars.bid), np.where(np.isnan(bars.ask), 1.0, bars.ask)
    nothing = np.full(len(bars), np.nan)
    return nothing, nothing


def bar_by_bar(predict: Callable[[EventColumns], float]) -> Source:
    """Return a source from a function that is shown the bars up to now and returns one probability, or NaN."""

    def each(bars: EventColumns) -> NDArray[np.float64]:
        return np.array([predict(bars[: k + 1]) for k in range(len(bars))], np.float64)

    return each


def instant(value: Any) -> int:
    """Return a time in nanoseconds UTC: a datetime or text with a time zone, or nanoseconds as they are."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidParams(f"as_of is {value!r}; write a time such as 2024-10-05T12:00+00:00") from None
    if not isinstance(value, datetime):
        raise InvalidParams(
            f"as_of is {value!r}; pass a datetime with a time zone, or None for an estimate without a time"
        )
    if value.tzinfo is None:
        raise InvalidParams(f"as_of is {value} without a time zone; say which, for example {value.isoformat()}+00:00")
    since = value - _EPOCH
    whole = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
    return whole + int(getattr(value, "nanosecond", 0))  # a pandas Timestamp is finer than a datetime


def _inside(ticker: Any, value: Any) -> float:
    number = float(value) if hasattr(value, "__float__") and not isinstance(value, (bool, str)) else math.nan
    if not 0.0 < number < 1.0:
        guess = f": did you mean {number / 100:g}?" if 1.0 < number < 100.0 else ""
        raise InvalidParams(f"the probability of {ticker} is {value!r}; it must lie between 0 and 1{guess}")
    return number


def _checked(found: FloatArray, bars: EventColumns) -> FloatArray:
    if found.shape != (len(bars),):
        raise InvalidParams(
            f"the source gave probabilities of shape {found.shape} for {len(bars)} bars of {bars.ticker}; "
            "give one a bar"
        )
    bad = (found <= 0.0) | (found >= 1.0)
    if bad.any():
        _inside(bars.ticker, float(found[bad][0]))
    return found
