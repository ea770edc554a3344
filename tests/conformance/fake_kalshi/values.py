"""What the exchange keeps: series, events, markets, orders, trades, fills, settlements; and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.numerics.fees import OrderFees

ZERO, ONE = Decimal(0), Decimal(1)
CENT = Decimal("0.01")
BID, ASK = "bid", "ask"
GTC, IOC, FOK = "good_till_canceled", "immediate_or_cancel", "fill_or_kill"


class Refused(Exception):
    """A request the venue turns down; `shape` is which of its three error bodies carries it."""

    def __init__(self, status: int, code: str, details: str = "", message: str = "", shape: str = "nested") -> None:
        super().__init__(f"{status} {code} {details}")
        self.status, self.code, self.details = status, code, details
        self.message, self.shape = message or code.replace("_", " "), shape


@dataclass(frozen=True, slots=True)
class Series:
    """A family of events and the fee they start with."""

    ticker: str
    title: str = "A series"
    category: str = "Economics"
    frequency: str = "daily"
    tags: tuple[str, ...] = ()
    fee_type: str = "quadratic"
    fee_multiplier: Decimal = ONE
    exchange_index: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Markets on one question; of a mutually exclusive one at most one settles at YES."""

    event_ticker: str
    series_ticker: str
    title: str = "An event"
    sub_title: str = ""
    mutually_exclusive: bool = False
    exchange_index: int = 0


@dataclass(slots=True)
class Market:
    """One contract. Times in microseconds; `outcome` is what the REST status cannot be derived from by time alone."""

    ticker: str
    event_ticker: str
    market_id: str
    open_us: int
    close_us: int
    created_us: int
    expected_us: int
    latest_us: int
    structure: str = "linear_cent"
    title: str = "A market"
    shard: int = 0
    timer_s: int = 60
    paused: bool = False
    outcome: str = ""  # determined, disputed, amended, finalized
    result: str = ""
    value: Decimal | None = None
    determined_us: int = 0
    settled_us: int | None = None
    swept: bool = False  # resting orders cancelled after the close
    updated_us: int = 0
    clock: int = 0
    last: Decimal = ZERO
    volume: Decimal = ZERO
    dollar_volume: Decimal = ZERO
    last_size: Decimal = ZERO
    open_interest: Decimal = ZERO
    strike_type: str = "greater"
    floor_strike: float | None = None
    cap_strike: float | None = None
    fee_waiver_us: int | None = None


@dataclass(slots=True)
class Order:
    """An order of the YES book: `price` is dollars for YES, whichever way it goes."""

    order_id: str
    account: str
    client_order_id: str
    ticker: str
    side: str
    price: Decimal
    initial: Decimal
    remaining: Decimal
    tif: str
    stp: str
    seq: int
    shard: int
    created_us: int
    updated_us: int
    expires_us: int | None = None
    post_only: bool = False
    cancel_on_pause: bool = False
    group: str = ""
    filled: Decimal = ZERO
    status: str = "resting"
    reason: str = ""
    taker_cost: Decimal = ZERO
    maker_cost: Decimal = ZERO
    taker_fees: Decimal = ZERO
    maker_fees: Decimal = ZERO
    fees: OrderFees = field(default_factory=OrderFees)

    @property
    def leg(self) -> Decimal:
        """Dollars for the leg this order buys: YES for a bid, NO for an ask."""
        return self.price if self.side == BID else ONE - self.price


@dataclass(frozen=True, slots=True)
class Trade:
    """What the public sees of a match."""

    seq: int
    trade_id: str
    ticker: str
    price: Decimal
    count: Decimal
    taker_side: str
    us: int
    block: bool = False


@dataclass(frozen=True, slots=True)
class Fill:
    """One party's half of a match."""

    seq: int
    trade_id: str
    order_id: str
    client_order_id: str
    account: str
    ticker: str
    shard: int
    side: str
    price: Decimal
    count: Decimal
    taker: bool
    fee: Decimal
    us: int
    position_after: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an account got for a market that was paid out; counts and costs are gross, pairs were redeemed before."""

    seq: int
    account: str
    ticker: str
    event_ticker: str
    shard: int
    result: str
    value: Decimal
    yes_count: Decimal
    yes_cost: Decimal
    no_count: Decimal
    no_cost: Decimal
    revenue: Decimal
    fee: Decimal
    us: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """A create request whose JSON has been read."""

    ticker: str
    side: str
    price: Decimal
    count: Decimal
    tif: str = GTC
    stp: str = "taker_at_cross"
    client_order_id: str = ""
    expires_s: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    cancel_on_pause: bool = False
    group: str = ""
    exchange_index: int | None = None
    subaccount: int = 0
