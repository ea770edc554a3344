"""A market's life after its listing: close, early close, determination, dispute, payment; pauses; what time brings."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from tests.conformance.fake_kalshi.accounts import STEP, Holding
from tests.conformance.fake_kalshi.clock import MICRO
from tests.conformance.fake_kalshi.exchange import Exchange
from tests.conformance.fake_kalshi.happenings import Lifecycle
from tests.conformance.fake_kalshi.orders import withdraw
from tests.conformance.fake_kalshi.values import ONE, ZERO, Market, Settlement


def tick(exchange: Exchange) -> None:
    """Let happen what is due by now: expiries, the sweep after a close, payments."""
    now = exchange.clock.now()
    for market in exchange.markets.values():
        if market.outcome == "finalized":
            continue
        if now >= market.close_us and not market.swept:
            market.swept = True
            _pull(exchange, market, "CloseCancel")
        if market.outcome in ("determined", "amended") and now >= market.determined_us + market.timer_s * MICRO:
            _pay(exchange, market)
    for order in [o for o in exchange.expiring.values() if o.expires_us is not None and o.expires_us <= now]:
        del exchange.expiring[order.order_id]
        if order.status == "resting":
            withdraw(exchange, order, "ExpiryCancel")


def _pull(exchange: Exchange, market: Market, reason: str, only_flagged: bool = False) -> None:
    for order in exchange.books[market.ticker].all():
        if order.cancel_on_pause or not only_flagged:
            withdraw(exchange, order, reason)


def move_close(exchange: Exchange, market: Market, close_us: int) -> None:
    """Move the closing time, to now for an early close, or later, which reopens a closed market."""
    market.close_us = close_us
    market.swept = False
    exchange.announce(Lifecycle(market.ticker, "close_date_updated", {"close_ts": close_us // MICRO}))
    tick(exchange)


def determine(exchange: Exchange, market: Market, result: str, value: Decimal | None = None) -> None:
    """Fix the outcome: "yes", "no", or "scalar" with the dollars that a YES gets. Cash moves when the timer is over."""
    if market.outcome == "finalized":
        raise ValueError(f"{market.ticker} has been paid; nothing can change its outcome")
    _check_exclusive(exchange, market, result)
    payouts = {"yes": ONE, "no": ZERO, "scalar": value}
    chosen = payouts[result]
    if chosen is None or not ZERO <= chosen <= ONE:
        raise ValueError(f"the value of {market.ticker} is {chosen}; a scalar result needs dollars from 0 to 1")
    now = exchange.clock.now()
    if now < market.close_us:
        move_close(exchange, market, now)
    market.outcome = "amended" if market.outcome == "disputed" else "determined"
    market.result, market.value, market.determined_us = result, chosen, now
    market.updated_us = now
    fields = {"determination_ts": now // MICRO, "result": result, "settlement_value": f"{chosen:.4f}"}
    exchange.announce(Lifecycle(market.ticker, "determined", fields))
    tick(exchange)


def _check_exclusive(exchange: Exchange, market: Market, result: str) -> None:
    event = exchange.event_of(market)
    if result != "yes" or not event.mutually_exclusive:
        return
    for other in exchange.markets.values():
        if other.event_ticker == market.event_ticker and other is not market and other.result == "yes":
            raise ValueError(f"{other.ticker} already settles at YES and {event.event_ticker} is mutually exclusive")


def dispute(exchange: Exchange, market: Market) -> None:
    """Stop the timer; the next determination is an amendment and starts it again."""
    if market.outcome != "determined":
        raise ValueError(f"{market.ticker} is {exchange.status(market)}; only a determined market is disputed")
    market.outcome = "disputed"


def _pay(exchange: Exchange, market: Market) -> None:
    assert market.value is not None
    now = exchange.clock.now()
    market.outcome, market.settled_us, market.updated_us = "finalized", now, now
    for name, account in exchange.accounts.items():
        holding = account.holdings.get(market.ticker)
        if holding is not None and not holding.settled:
            _pay_one(exchange, market, name, holding)
    market.open_interest = ZERO
    exchange.announce(Lifecycle(market.ticker, "settled", {"settled_ts": now // MICRO}))


def _pay_one(exchange: Exchange, market: Market, name: str, holding: Holding) -> None:
    assert market.value is not None
    each = market.value if holding.position > 0 else ONE - market.value
    exact = abs(holding.position) * each
    revenue = exact.quantize(STEP, ROUND_FLOOR)
    account = exchange.accounts[name]
    account.cash[market.shard] = account.cash.get(market.shard, ZERO) + revenue
    exchange.pool -= exact
    exchange.fees += exact - revenue
    holding.realized += revenue - holding.cost
    row = Settlement(
        exchange.next_seq(),
        name,
        market.ticker,
        market.event_ticker,
        market.shard,
        market.result,
        market.value,
        holding.yes_count,
        holding.yes_cost,
        holding.no_count,
        holding.no_cost,
        revenue,
        holding.fees,
        exchange.clock.now(),
    )
    holding.position = holding.cost = ZERO
    holding.settled = True
    exchange.settlements.append(row)
    exchange.readings.settled(row)
    exchange.position_changed(name, market.ticker)
    exchange.keep_account(name, (market.ticker,))


def pause_market(exchange: Exchange, market: Market, paused: bool) -> None:
    """Stop or restart one market; a restart cancels whatever rests."""
    market.paused = paused
    exchange.announce(Lifecycle(market.ticker, "deactivated" if paused else "activated", {"is_deactivated": paused}))
    _pull(exchange, market, "HaltCancel", only_flagged=paused)


def pause(exchange: Exchange, trading: bool = True, whole: bool = False) -> None:
    """Stop trading (cancels pass), or the whole exchange; orders that asked for it are cancelled."""
    exchange.trading_active = not trading and not whole
    exchange.exchange_active = not whole
    for market in exchange.markets.values():
        _pull(exchange, market, "HaltCancel", only_flagged=True)


def resume(exchange: Exchange) -> None:
    """Trade again."""
    exchange.trading_active = exchange.exchange_active = True
    exchange.maintenance = False
