"""Trading fees: one integer function for event contracts with its `Decimal` face, and a percentage for the rest.

A Kalshi fee is rate x contracts x P x (1 - P), rounded in one of three ways (kinds of account and age of the schedule):

    cent     per order, up to the cent: the printed schedule; what a broker's client pays at worst
    direct   per fill, up to the sixth decimal; the balance then moves in steps of $0.0001 (`DIRECT`, an API member
             today) or of $0.01 (`BROKER`); what a step took too much adds up per order, comes back in whole steps
    spring   the rule of early 2026 (`SPRING_2026`): fee up to $0.0001, balance in cents, one cent back at a time

Binary floats are wrong by a cent in some hundred cases of the schedule, so nothing here passes through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from engine.core.errors import InvalidConfig, suggest
from engine.core.instrument import DIRECT as DIRECT_ROUNDING
from engine.core.instrument import QUADRATIC, FeeModel

# fixed-point scales: a rate of 0.07 is 7_000_000, 1.5 contracts are 150, 52 cents are 520_000
RATE_SCALE = 10**8
COUNT_SCALE = 10**2
PRICE_SCALE = 10**6
CASH_SCALE = 10**8

TAKER_RATE = Decimal("0.07")
# what a resting order pays of the taker's fee, by the series' fee type
MAKER_SHARE = {
    "quadratic": Decimal(0),
    "quadratic_with_maker_fees": Decimal("0.25"),
    "quadratic_with_combo_maker_fees": Decimal("0.5"),
}
ORDER_UNITS = {"cent": 10_000, "direct": 100}


def percent_fee(rate: float, per_share: float, minimum: float, quantity: float, price: float) -> float:
    """Return rate x value + per_share x quantity, at least `minimum`; 0 for no quantity. Signs do not matter."""
    shares = abs(quantity)
    if shares == 0.0:
        return 0.0
    return max(rate * shares * abs(price) + per_share * shares, minimum)


def quadratic_fee(rate: int, count: int, price: int, unit: int) -> int:
    """Return rate x count x P x (1 - P) in micro-dollars, rounded up to a multiple of `unit` micro-dollars.

    `rate`, `count` and `price` are fixed point (`RATE_SCALE`, `COUNT_SCALE`, `PRICE_SCALE`). Written so that no step
    leaves 64 bits for rates up to 0.36 and 900 million contracts: the kernels compile this source.
    """
    per_contract = rate * price * (PRICE_SCALE - price)
    # micro-dollars are 10^16 of (rate x price x price x count); half of that is split off to stay inside 64 bits
    half = 10**8
    whole, rest = per_contract // half // half, per_contract % (half * half)
    high = (rest // half) * count
    low = (rest % half) * count
    high += low // half
    remainder = (high % half) * half + low % half
    micro = whole * count + high // half
    if remainder > 0:
        micro += 1
    return (micro + unit - 1) // unit * unit


def align_fill(trade_fee: int, revenue: int, step: int, carried: int) -> tuple[int, int, int]:
    """Return (cash move, rounding fee, rebate) of one fill, all in `CASH_SCALE`, today's rule.

    The balance moves by whole steps, downwards; `carried` plus what that took is returned in whole steps while the
    fill's net fee stays at 0 or above. `revenue` is negative for a buy.
    """
    aligned = (revenue - trade_fee) // step * step
    rounding = revenue - trade_fee - aligned
    rebate = min((carried + rounding) // step * step, (trade_fee + rounding) // step * step)
    return aligned, rounding, rebate


@dataclass(frozen=True, slots=True)
class FeeRule:
    """How one kind of account is charged per fill: the fee's unit, the balance's step, how rebates come back."""

    trade_unit: Decimal
    step: Decimal
    one_rebate_a_fill: bool = False


DIRECT = FeeRule(Decimal("0.000001"), Decimal("0.0001"))
BROKER = FeeRule(Decimal("0.000001"), Decimal("0.01"))
SPRING_2026 = FeeRule(Decimal("0.0001"), Decimal("0.01"), one_rebate_a_fill=True)


@dataclass(frozen=True, slots=True)
class FillFee:
    """What one fill cost, in dollars: net_fee = trade_fee + rounding_fee - rebate."""

    trade_fee: Decimal
    aligned_change: Decimal
    rounding_fee: Decimal
    accumulator_before_rebate: Decimal
    rebate: Decimal

    @property
    def accumulator_after(self) -> Decimal:
        """What stays on the order's account of roundings."""
        return self.accumulator_before_rebate - self.rebate

    @property
    def net_fee(self) -> Decimal:
        """The fee the venue reports for the fill."""
        return self.trade_fee + self.rounding_fee - self.rebate

    @property
    def cash_change(self) -> Decimal:
        """What the balance moves by, price and fee together."""
        return self.aligned_change + self.rebate


@dataclass(frozen=True, slots=True)
class OrderFees:
    """The running account of roundings of one order; `fill` returns the fee and the account after it."""

    rule: FeeRule = field(default=DIRECT)
    accumulator: Decimal = Decimal(0)

    def fill(
        self, count: Any, price: Any, buy: bool, rate: Any = TAKER_RATE, model_fee: Any = None
    ) -> tuple[FillFee, OrderFees]:
        """Charge a fill of `count` contracts at `price` dollars; `model_fee` replaces the formula where it is known."""
        contracts, dollars = _scaled("count", count, COUNT_SCALE), _price(price)
        unit = int(self.rule.trade_unit * PRICE_SCALE)
        if model_fee is None:
            micro = quadratic_fee(_rate(rate), contracts, dollars, unit)
        else:
            # a fee known to more decimals than we keep is rounded up like the formula's
            steps = _exact("model_fee", model_fee) / self.rule.trade_unit
            micro = int(steps.to_integral_value(ROUND_CEILING)) * unit
        trade, revenue = micro * (CASH_SCALE // PRICE_SCALE), contracts * dollars * (-1 if buy else 1)
        step, carried = int(self.rule.step * CASH_SCALE), int(self.accumulator * CASH_SCALE)
        aligned, rounding, rebate = align_fill(trade, revenue, step, carried)
        if self.rule.one_rebate_a_fill:
            rebate = min(step, rebate) if carried + rounding > step else 0
        fee = FillFee(
            _dollars(trade), _dollars(aligned), _dollars(rounding), _dollars(carried + rounding), _dollars(rebate)
        )
        return fee, OrderFees(self.rule, fee.accumulator_after)


def kalshi_fill_fees(
    fills: Iterable[tuple[Any, Any]], buy: bool = True, rate: Any = TAKER_RATE, rule: FeeRule = DIRECT
) -> tuple[FillFee, ...]:
    """Return the fee of each fill (contracts, price in dollars) of one order, in the order they happened."""
    account, fees = OrderFees(rule), []
    for count, price in fills:
        fee, account = account.fill(count, price, buy, rate)
        fees.append(fee)
    return tuple(fees)


def kalshi_order_fee(count: Any, price: Any, rate: Any = TAKER_RATE, mode: str = "direct") -> Decimal:
    """Return the fee in dollars of an order filled at once: up to $0.0001 ("direct") or to the cent ("cent")."""
    if mode not in ORDER_UNITS:
        raise InvalidConfig(f"fee mode is '{mode}'; it is one of {', '.join(ORDER_UNITS)}{suggest(mode, ORDER_UNITS)}")
    micro = quadratic_fee(_rate(rate), _scaled("count", count, COUNT_SCALE), _price(price), ORDER_UNITS[mode])
    return Decimal(micro) / PRICE_SCALE


def kalshi_rate(fee_type: str = "quadratic", taker: bool = True, multiplier: Any = 1) -> Decimal:
    """Return the fee rate of a series; an unknown fee type is assumed to charge resting orders a quarter."""
    share = Decimal(1) if taker else MAKER_SHARE.get(fee_type, Decimal("0.25"))
    return TAKER_RATE * share * _exact("multiplier", multiplier)


def kalshi_fees(
    fee_type: str = "quadratic",
    multiplier: Any = 1,
    rounding: str = DIRECT_ROUNDING,
    changes: Sequence[tuple[int, Any]] = (),
) -> FeeModel:
    """Return what a series charges as the fee model of an instrument.

    `multiplier` is the event's own where it overrides that of its series; `changes` are (time in nanoseconds UTC,
    multiplier from then on). `rounding` is "direct", "cent" or "conservative" (`core.instrument`).
    """
    share = MAKER_SHARE.get(fee_type, Decimal("0.25"))
    return FeeModel(
        QUADRATIC,
        float(kalshi_rate(multiplier=multiplier)),
        rounding=rounding,
        maker_share=float(share),
        changes=tuple((when, float(kalshi_rate(multiplier=factor))) for when, factor in changes),
    )


def kalshi_breakeven_probability(
    price: Any, rate: Any = TAKER_RATE, count: Any = None, mode: str = "direct"
) -> Decimal:
    """Return the probability at which a contract bought at `price` neither wins nor loses, fee included.

    Without `count` the fee is not rounded; with it the order's rounded fee is shared by its contracts.
    """
    paid = Decimal(_price(price)) / PRICE_SCALE
    if count is None:
        return paid + Decimal(_rate(rate)) / RATE_SCALE * paid * (1 - paid)
    return paid + kalshi_order_fee(count, price, rate, mode) / _exact("count", count)


def _exact(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise InvalidConfig(f"{name} is {value!r}; fees are exact: pass Decimal('{value}') or the text '{value}'")
    try:
        number = Decimal(value)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise InvalidConfig(f"{name} is {value}; it must be a number of 0 or more: correct it")
    return number


def _scaled(name: str, value: Any, scale: int) -> int:
    scaled = _exact(name, value) * scale
    if scaled != scaled.to_integral_value():
        raise InvalidConfig(f"{name} is {value}; it has at most {len(str(scale)) - 1} decimals: round it first")
    return int(scaled)


def _price(value: Any) -> int:
    price = _scaled("price", value, PRICE_SCALE)
    if price > PRICE_SCALE:
        raise InvalidConfig(
            f"price is {value}; it is in dollars from 0 to 1: did you mean {_exact('price', value) / 100}?"
        )
    return price


def _rate(value: Any) -> int:
    rate = _scaled("rate", value, RATE_SCALE)
    if rate > RATE_SCALE // 4:
        raise InvalidConfig(f"rate is {value}; it is a share of P x (1 - P) of at most 0.25: did you mean 0.07?")
    return rate


def _dollars(cash: int) -> Decimal:
    return Decimal(cash) / CASH_SCALE
