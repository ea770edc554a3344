"""Laws of the exchange core, whatever is done to it: no cash appears or vanishes, pairs are worth $1, deltas are the book."""

from __future__ import annotations

import contextlib
import random
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.fake_kalshi import lifecycle, matching, orders
from tests.conformance.fake_kalshi import wire_stream as wire
from tests.conformance.fake_kalshi.clock import MICRO, Clock
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.happenings import BookChanged
from tests.conformance.fake_kalshi.values import BID, FOK, GTC, IOC, ZERO, Event, Market, Refused, Series, Ticket

D = Decimal
TRADERS = ("ann", "bob", "cy")
CASH = D(50)
DAY = 86_400 * MICRO
SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)
FEES = ("quadratic", "quadratic_with_maker_fees")


def exchange(fee_type: str = "quadratic_with_maker_fees", structure: str = "deci_cent") -> Exchange:
    """An exchange with one market on each of two shards and three traders."""
    clock = Clock()
    clock.freeze(1_790_000_000)
    built = Exchange(clock)
    now = clock.now()
    built.add_series(Series("S", fee_type=fee_type))
    for shard, name in enumerate(("E0", "E1")):
        built.add_event(Event(name, "S", exchange_index=shard))
        times = (now - DAY, now + DAY, now - DAY, now + DAY, now + 9 * DAY)
        built.add_market(
            Market(f"{name}-M", name, built.new_id(), *times, structure=structure, shard=shard, timer_s=60)
        )
        for trader in TRADERS:
            built.deposit(trader, CASH, shard)
    return built


WEIGHTS = {"place": 30, "cancel": 2, "decrease": 2, "amend": 4, "settle": 0.4}


def plan_of(seed: int, length: int) -> list[tuple[Any, ...]]:
    """So many steps by the dice: most place an order at one of few prices, so that orders meet.

    The dice are Python's: lists that hypothesis draws element by element are short and hardly ever trade.
    """
    dice = random.Random(seed)

    def count() -> Decimal:
        return dice.choice((D(1), D(3), D("2.5"), D(dice.randint(1, 900)) / 100))

    def price() -> Decimal:
        return dice.choice((D("0.4"), D("0.5"), D("0.505"), D("0.6"), D(dice.randint(1, 999)) / 1000))

    def step(kind: str) -> tuple[Any, ...]:
        ticker, which = dice.choice(("E0-M", "E1-M")), dice.randrange(30)
        if kind == "place":
            tif, stp = dice.choice((GTC, GTC, GTC, IOC, FOK)), dice.choice(("maker", "taker_at_cross"))
            return kind, dice.choice(TRADERS), ticker, dice.choice(("bid", "ask")), price(), count(), tif, stp
        if kind == "settle":
            return kind, ticker, dice.choice(("yes", "no", "scalar")), D(dice.randint(0, 10_000)) / 10_000
        return (kind, which, price(), count()) if kind == "amend" else (kind, which, count())

    return [step(kind) for kind in dice.choices([*WEIGHTS], [*WEIGHTS.values()], k=length)]


counts = st.integers(1, 1_500).map(lambda n: D(n) / 100)
prices = st.integers(1, 999).map(lambda n: D(n) / 1000)
plans = st.builds(plan_of, st.integers(0, 10**9), st.integers(12, 60))


def act(built: Exchange, step: tuple[Any, ...]) -> None:
    """Carry out one step; the venue may refuse it."""
    with contextlib.suppress(Refused):
        if step[0] == "place":
            _, trader, ticker, side, price, count, tif, stp = step
            matching.place(built, trader, Ticket(ticker, side, price, count, tif=tif, stp=stp))
        elif step[0] == "settle":
            market = built.market(step[1])
            if not market.outcome:
                lifecycle.determine(built, market, step[2], step[3])
                built.clock.advance(61)
                lifecycle.tick(built)
        else:
            resting = [order for order in built.orders.values() if order.status == "resting"]
            if not resting:
                return
            order = resting[step[1] % len(resting)]
            if step[0] == "cancel":
                orders.cancel(built, order)
            elif step[0] == "decrease":
                orders.decrease(built, order, step[2], None)
            else:
                orders.amend(built, order, step[2], order.filled + step[3])


def test_the_plans_are_lively() -> None:
    """Laws over plans in which nothing trades hold whatever the code does."""
    trades = redeemed = 0
    for seed in range(15):
        built = exchange()
        for step in plan_of(seed, 50):
            act(built, step)
        trades += len(built.trades)
        redeemed += sum(h.volume > abs(h.position) for a in built.accounts.values() for h in a.holdings.values())
    assert trades > 90 and redeemed > 30


def cash(built: Exchange) -> Decimal:
    """All cash of all traders."""
    return sum((sum(account.cash.values(), ZERO) for account in built.accounts.values()), ZERO)


def net_positions(built: Exchange, ticker: str) -> list[Decimal]:
    """Every trader's position in a market."""
    return [account.position(ticker) for account in built.accounts.values()]


@SETTINGS
@given(plans, st.sampled_from(FEES))
def test_cash_positions_and_fees_add_up_to_what_was_deposited(plan: list[tuple[Any, ...]], fee_type: str) -> None:
    """At any settlement value v a long is worth v and a short 1 - v, so together one dollar a pair."""
    built = exchange(fee_type)
    deposited = cash(built)
    for step in plan:
        act(built, step)
        worth = ZERO
        for market in built.markets.values():
            positions = net_positions(built, market.ticker)
            assert sum(positions) == 0
            value = D("0.3")
            worth += sum(p * value if p > 0 else -p * (1 - value) for p in positions)
            assert market.open_interest == sum(p for p in positions if p > 0)
        assert cash(built) + worth + built.fees == deposited
        assert built.total() == deposited
        for account in built.accounts.values():
            books = sum((h.realized - h.cost - h.fees for h in account.holdings.values()), ZERO)
            assert sum(account.cash.values(), ZERO) == 2 * CASH + books


@SETTINGS
@given(plans)
def test_locks_are_what_the_resting_orders_need_and_never_more_than_there_is(plan: list[tuple[Any, ...]]) -> None:
    built = exchange()
    for step in plan:
        act(built, step)
        for name, account in built.accounts.items():
            for market in built.markets.values():
                locked = account.locks.get(market.ticker, (0, ZERO))[1]
                assert locked == built.requirement(name, market)
                # a fill of 0.01 contracts may cost the rounding of $0.0001 that no reserve foresees
                fills = sum(1 for trade in built.trades)
                assert account.available(market.shard) >= -D("0.0001") * fills


@SETTINGS
@given(plans)
def test_when_everything_has_settled_only_fees_are_gone(plan: list[tuple[Any, ...]]) -> None:
    built = exchange()
    deposited = cash(built)
    for step in [*plan, ("settle", "E0-M", "yes", ZERO), ("settle", "E1-M", "scalar", D("0.3333"))]:
        act(built, step)
    assert built.pool == 0
    assert cash(built) + built.fees == deposited
    assert built.fees >= 0
    assert not any(account.locked(shard) for account in built.accounts.values() for shard in (0, 1))


@SETTINGS
@given(counts, prices, prices, st.sampled_from(("yes", "no")))
def test_a_market_bought_on_both_sides_pays_a_dollar_a_pair_less_fees(
    count: Decimal, yes_price: Decimal, no_price: Decimal, result: str
) -> None:
    built = exchange("quadratic", "deci_cent")
    built.deposit("ann", D(1_000))
    built.deposit("bob", D(1_000))
    before = built.account("ann").cash[0]
    for side, price in (("bid", yes_price), ("ask", 1 - no_price)):
        matching.place(built, "bob", Ticket("E0-M", "ask" if side == "bid" else "bid", price, count))
        matching.place(built, "ann", Ticket("E0-M", side, price, count, tif=IOC))
    paid = built.account("ann").holdings["E0-M"].fees
    act(built, ("settle", "E0-M", result, ZERO))
    gained = built.account("ann").cash[0] - before
    assert gained == count * (1 - yes_price - no_price) - paid
    assert paid >= 2 * D("0.07") * count * min(yes_price * (1 - yes_price), no_price * (1 - no_price))


@SETTINGS
@given(plans, st.integers(0, 25))
def test_the_book_from_a_snapshot_and_its_deltas_is_the_book(plan: list[tuple[Any, ...]], joined: int) -> None:
    built = exchange()
    heard: list[BookChanged] = []
    built.listeners.append(lambda row: heard.append(row) if isinstance(row, BookChanged) else None)
    for step in plan[:joined]:
        act(built, step)
    mirror = {t: {(s, D(p)): D(c) for s in ("yes", "no") for p, c in _levels(built, t, s)} for t in built.markets}
    start = {ticker: market.clock for ticker, market in built.markets.items()}
    heard.clear()
    for step in plan[joined:]:
        act(built, step)
    for row in heard:
        assert row.clock > start[row.ticker]
        read = wire.delta(built, row, yes_price=False, mine=False)
        level = (read["side"], D(read["price_dollars"]))
        mirror[row.ticker][level] = mirror[row.ticker].get(level, ZERO) + D(read["delta_fp"])
        assert mirror[row.ticker][level] >= 0
        if not mirror[row.ticker][level]:
            del mirror[row.ticker][level]
    for ticker in built.markets:
        assert mirror[ticker] == {(s, D(p)): D(c) for s in ("yes", "no") for p, c in _levels(built, ticker, s)}


def _levels(built: Exchange, ticker: str, side: str) -> list[list[str]]:
    read: list[list[str]] = wire.snapshot(built, ticker, yes_price=False).get(f"{side}_dollars_fp", [])
    return read


@SETTINGS
@given(plans)
def test_the_book_never_crosses_and_no_order_trades_beyond_its_limit_or_count(plan: list[tuple[Any, ...]]) -> None:
    built = exchange()
    for step in plan:
        act(built, step)
        for ticker in built.markets:
            bid, ask = built.quote(ticker)
            assert bid < ask
    for order in built.orders.values():
        assert 0 <= order.filled <= order.initial
        assert order.remaining == 0 or order.status == "resting"
    for fill in (fill for name in TRADERS for fill in built.readings.fills(name)):
        if not any(step[0] == "amend" for step in plan):
            order = built.orders[fill.order_id]
            assert fill.price <= order.price if order.side == BID else fill.price >= order.price


@SETTINGS
@given(plans)
def test_the_fee_of_a_fill_is_never_below_the_formula(plan: list[tuple[Any, ...]]) -> None:
    built = exchange()
    for step in plan:
        act(built, step)
    for name in TRADERS:
        for order in built.orders.values():
            fills = [f for f in built.readings.fills(name) if f.order_id == order.order_id]
            exact = sum(
                (D("0.07") * (1 if f.taker else D("0.25")) * f.count * f.price * (1 - f.price) for f in fills), ZERO
            )
            assert sum((f.fee for f in fills), ZERO) >= exact
