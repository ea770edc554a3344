"""Kelly on a Kalshi contract: an order ticket in whole contracts, with the fee in the price and in the odds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.core.checks import fraction_of, not_negative, number, positive, probability
from engine.core.errors import InvalidConfig
from engine.numerics.fees import TAKER_RATE, kalshi_order_fee
from engine.numerics.rules import kelly_clip, kelly_full
from engine.risk.growth import growth_rate

_WORDS = {
    "trade": "the edge after fees and the size both allow it",
    "no_quote": "nothing is offered on either side",
    "no_edge": "your probability lies between the two break-evens: no edge after the spread and fees",
    "too_small": "the Kelly fraction is below the smallest meaningful position",
    "budget": "the budget does not buy one contract",
    "fee": "the rounded fee takes the whole edge of so few contracts",
}


@dataclass(frozen=True, slots=True)
class ContractKelly:
    """Full Kelly of one contract bought at `price`; `cost` has the unrounded fee in it, `raw` may be negative."""

    cost: float
    raw: float
    kelly: float
    edge: float
    growth: float

    @property
    def roi(self) -> float:
        """Expected gain per dollar spent."""
        return self.edge / self.cost


@dataclass(frozen=True, slots=True)
class ContractTicket:
    """What to send, or why not to.

    Money is dollars and exact; `probability` and `break_even` are of the side bought. `yes_break_even` and
    `no_break_even` are probabilities of YES: buy YES above the first, NO below the second, nothing in between.
    NaN where a side is not offered.
    """

    side: str
    price: Decimal
    probability: float
    contracts: int
    fee: Decimal
    stake: Decimal
    full_kelly: float
    position: float
    capped: bool
    yes_break_even: float
    no_break_even: float
    reason: str

    @property
    def worst_case(self) -> Decimal:
        """What is lost if the contract settles at 0, fee included; negative."""
        return -self.stake

    @property
    def best_case(self) -> Decimal:
        """What is won if it settles at 1, after the fee."""
        return Decimal(self.contracts) - self.stake

    @property
    def expected(self) -> float:
        """The expected gain in dollars, after the rounded fee."""
        return self.contracts * self.probability - float(self.stake) if self.contracts else 0.0

    @property
    def edge_per_contract(self) -> float:
        """The expected gain of one contract, after its share of the rounded fee; NaN without a trade."""
        return self.expected / self.contracts if self.contracts else math.nan

    @property
    def break_even(self) -> float:
        """The probability at which this order, rounded fee included, gains nothing; NaN without a trade."""
        return float(self.stake) / self.contracts if self.contracts else math.nan

    @property
    def words(self) -> str:
        """The reason in a sentence a page can show."""
        return _WORDS[self.reason]


def contract_kelly(p: float, price: Any, rate: Any = TAKER_RATE) -> ContractKelly:
    """Return Kelly (p - C) / (1 - C) of a contract that pays $1, C its price with the unrounded fee."""
    p, paid = probability("p", p), _inside("price", float(_dollars("price", price)))
    cost = paid + float(rate) * paid * (1.0 - paid)
    raw = kelly_full(p, (1.0 - cost) / cost, 1.0)
    kelly = 0.0 if math.isnan(raw) else max(0.0, raw)
    growth = growth_rate(kelly, p, (1.0 - cost) / cost) if cost < 1.0 else 0.0
    return ContractKelly(cost, raw, kelly, p - cost, growth)


def size_contract(
    p: float,
    yes_bid: Any,
    yes_ask: Any,
    bankroll: float,
    fraction: float = 0.25,
    max_fraction: float = 0.10,
    fee_mode: str = "direct",
    rate: Any = TAKER_RATE,
    min_fraction: float = 0.0,
) -> ContractTicket:
    """Return the ticket for a YES probability `p` against a quote in dollars (None = that side is empty).

    The budget is min(fraction x Kelly, max_fraction) of the bankroll; the size is the most whole contracts whose
    price and rounded fee fit into it, provided the expected gain after that fee is above 0.
    """
    p, bankroll = probability("p", p), positive("bankroll", bankroll)
    fraction, cap = fraction_of("fraction", fraction, of="full Kelly"), fraction_of("max_fraction", max_fraction)
    least = fraction_of("min_fraction", min_fraction, zero=True)
    kalshi_order_fee(0, 0, rate, fee_mode)  # an unknown mode is refused even where nothing is traded
    offers = _offers(p, yes_bid, yes_ask)
    edges = {side: contract_kelly(chance, price, rate) for side, (price, chance) in offers.items()}
    zone = (edges["yes"].cost if "yes" in edges else math.nan, 1.0 - edges["no"].cost if "no" in edges else math.nan)
    if not edges:
        return _no_trade(math.nan, 0.0, zone, "no_quote")
    side = max(edges, key=lambda name: -math.inf if math.isnan(edges[name].raw) else edges[name].raw)
    full = edges[side].raw
    position = kelly_clip(full, fraction, least, cap)
    if position <= 0.0:
        return _no_trade(full, 0.0, zone, "too_small" if full > 0.0 else "no_edge")
    price, chance = offers[side]
    contracts = _most(position * bankroll, price, rate, fee_mode)
    if contracts < 1:
        return _no_trade(full, position, zone, "budget")
    fee = kalshi_order_fee(contracts, price, rate, fee_mode)
    stake = contracts * price + fee
    if contracts * chance <= float(stake):
        return _no_trade(full, position, zone, "fee")
    capped = fraction * full > cap
    return ContractTicket(side, price, chance, contracts, fee, stake, full, position, capped, *zone, reason="trade")


def best_whole_contracts(
    p: float, price: Any, bankroll: float, fee_mode: str = "direct", rate: Any = TAKER_RATE
) -> int:
    """Return the whole number of contracts with the largest expected log wealth at full Kelly, rounded fee included."""
    paid, bankroll = _dollars("price", price), positive("bankroll", bankroll)
    edge = contract_kelly(p, paid, rate)
    centre = edge.kelly * bankroll / edge.cost
    # rounding is worth up to a cent: beyond this many contracts from the smooth optimum more than that is lost
    reach = 200 + int(4.0 * math.sqrt(0.02 * bankroll / (edge.cost * (1.0 - min(edge.cost, 0.999)))))
    best, best_growth = 0, 0.0
    for count in range(max(1, int(centre) - reach), min(int(centre) + reach, int(bankroll / float(paid))) + 1):
        wealth = bankroll - float(count * paid + kalshi_order_fee(count, paid, rate, fee_mode))
        if wealth <= 0.0:
            break
        growth = p * math.log((wealth + count) / bankroll) + (1.0 - p) * math.log(wealth / bankroll)
        if growth > best_growth:
            best, best_growth = count, growth
    return best


def contracts_to_buy(p: float, cost: float, wealth_yes: float, wealth_no: float) -> float:
    """Return how many YES to buy at all-in `cost` given the wealth in either outcome; negative: hold enough already."""
    p, cost = probability("p", p), _inside("cost", cost)
    return p * number("wealth_no", wealth_no) / cost - (1.0 - p) * number("wealth_yes", wealth_yes) / (1.0 - cost)


def contracts_to_sell(p: float, proceeds: float, wealth_yes: float, wealth_no: float) -> float:
    """Return how many YES to sell at net `proceeds` each; negative: sell none. Never churn between this and buying."""
    p, proceeds = probability("p", p), _inside("proceeds", proceeds)
    keep = p * number("wealth_no", wealth_no) / proceeds
    return (1.0 - p) * number("wealth_yes", wealth_yes) / (1.0 - proceeds) - keep


def equivalent_probability(p: float, price: float, k: float) -> float:
    """Return k p + (1-k) price: betting k of Kelly is full Kelly at this probability (trusting the market by 1-k)."""
    return not_negative("k", k) * probability("p", p) + (1.0 - k) * probability("price", price)


def growth_if_true(p_used: float, p_true: float, price: Any, k: float = 1.0, rate: Any = TAKER_RATE) -> float:
    """Return the growth per bet of k of Kelly sized with `p_used` when the truth is `p_true`."""
    edge = contract_kelly(p_used, price, rate)
    return float(growth_rate(not_negative("k", k) * edge.kelly, p_true, (1.0 - edge.cost) / edge.cost))


def _offers(p: float, yes_bid: Any, yes_ask: Any) -> dict[str, tuple[Decimal, float]]:
    bid = _dollars("yes_bid", 0 if yes_bid is None else yes_bid)
    ask = _dollars("yes_ask", 1 if yes_ask is None else yes_ask)
    if bid > ask:
        raise InvalidConfig(f"yes_bid is {bid}; it must not exceed yes_ask = {ask}: check the quote")
    both = {"yes": (ask, p), "no": (1 - bid, 1.0 - p)}
    return {side: offer for side, offer in both.items() if 0 < offer[0] < 1}


def _inside(name: str, value: float) -> float:
    if not 0.0 < number(name, value) < 1.0:
        raise InvalidConfig(f"{name} is {value}; it must lie between 0 and 1 dollar: pass for example 0.52")
    return float(value)


def _most(budget: float, price: Decimal, rate: Any, mode: str) -> int:
    # the ninth decimal is float noise of the fraction, not money
    limit = Decimal(repr(round(budget, 9)))
    low, high = 0, int(limit // price)
    while low < high:
        middle = (low + high + 1) // 2
        if middle * price + kalshi_order_fee(middle, price, rate, mode) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _no_trade(full: float, position: float, zone: tuple[float, float], reason: str) -> ContractTicket:
    nothing = Decimal(0)
    return ContractTicket("none", nothing, math.nan, 0, nothing, nothing, full, position, False, *zone, reason=reason)


def _dollars(name: str, value: Any) -> Decimal:
    """Return a price as exact dollars; a float is read as it prints, to the sixth decimal."""
    amount = value if isinstance(value, Decimal) else Decimal(repr(round(number(name, value), 6)))
    if not 0 <= amount <= 1:
        guess = f"did you mean {amount / 100}?" if 1 < amount < 100 else "pass for example 0.52"
        raise InvalidConfig(f"{name} is {value}; it is in dollars from 0 to 1: {guess}")
    return amount
