"""The joint plan: fees and spread in the odds, caps, whole contracts, and never per-market Kelly inside an event."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidConfig, InvalidData
from engine.numerics.fees import kalshi_order_fee
from engine.risk.contract import contract_kelly
from engine.risk.joint import JointLimits, joint_kelly
from engine.risk.joint_event import JointEvent, JointMarket, event_states

DRAWN = settings(deadline=None, derandomize=True, max_examples=40)
FULL = JointLimits.full_kelly()


def drawn_event(seed: int, name: str = "E", edge: float = 0.3) -> JointEvent:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    p = rng.dirichlet(np.ones(n + 1))[:n].clip(0.01, 0.98)
    p *= min(1.0, 0.99 / p.sum())
    markets = []
    for i, chance in enumerate(p.tolist()):
        fair = min(max(chance * float(rng.uniform(1.0 - edge, 1.0 + edge)), 0.02), 0.97)
        bid, ask = round(max(0.01, fair - 0.01), 2), round(min(0.99, fair + 0.01), 2)
        markets.append(JointMarket(f"{name}-{i}", chance, bid if rng.random() < 0.9 else None, ask))
    return JointEvent(name, tuple(markets))


@DRAWN
@given(st.integers(0, 10**6))
def test_joint_growth_is_never_below_that_of_per_market_kelly(seed: int) -> None:
    for limits in (FULL, JointLimits(1.0, 0.1, 0.3), JointLimits(0.25)):
        plan = joint_kelly([drawn_event(seed), drawn_event(seed + 1, "F")], 1000.0, limits)
        assert plan.full_growth >= plan.separate_growth - 1e-9
        assert plan.gap <= 1e-9
        assert plan.growth >= -1e-15


@DRAWN
@given(
    st.integers(0, 10**6),
    st.floats(0.05, 1.0),
    st.floats(0.01, 0.5),
    st.floats(0.01, 1.0),
    st.floats(0.05, 1.0),
    st.sampled_from(["direct", "cent"]),
)
def test_the_caps_hold_and_whole_contracts_stay_inside_their_stakes(
    seed: int, fraction: float, position: float, event: float, total: float, mode: str
) -> None:
    limits = JointLimits(fraction, position, event, 0.15, total, clusters={"E": "weather", "F": "weather"})
    events = [drawn_event(seed), drawn_event(seed + 1, "F"), drawn_event(seed + 2, "G")]
    plan = joint_kelly(events, 5000.0, limits, mode)
    by_event: dict[str, float] = {}
    for bet in plan.bets:
        by_event[bet.offer.event] = by_event.get(bet.offer.event, 0.0) + bet.stake
        assert bet.stake <= position * (1.0 + 1e-12)
        assert float(bet.spent) <= bet.stake * 5000.0 + 1e-8
        assert bet.fee == kalshi_order_fee(bet.contracts, bet.offer.price, bet.offer.fee_rate, mode)
        more = bet.contracts + 1
        one_more = more * bet.offer.price + kalshi_order_fee(more, bet.offer.price, mode=mode)
        assert float(one_more) > bet.stake * 5000.0 - 1e-6
    assert all(stake <= event * (1.0 + 1e-12) for stake in by_event.values())
    assert by_event.get("E", 0.0) + by_event.get("F", 0.0) <= 0.15 * (1.0 + 1e-12)
    assert plan.total <= min(total, fraction) * (1.0 + 1e-12)
    assert plan.worst_case >= -plan.total - 1e-12


def test_a_fraction_comes_before_the_caps_so_that_a_cap_which_does_not_bind_changes_nothing() -> None:
    markets = (JointMarket("A", 0.55, 0.38, 0.39), JointMarket("B", 0.35, 0.33, 0.35))
    event = JointEvent("E", markets)
    full = joint_kelly(event, 1000.0, FULL)
    quarter = joint_kelly(event, 1000.0, JointLimits(0.25, 0.12, 0.2, 0.2, 0.2))
    assert full.total > 0.5
    assert [bet.stake for bet in quarter.bets] == pytest.approx([0.25 * bet.stake for bet in full.bets], abs=1e-9)


@DRAWN
@given(st.integers(0, 10**6), st.floats(10.0, 1e6))
def test_the_stakes_do_not_depend_on_the_bankroll(seed: int, bankroll: float) -> None:
    small, large = (joint_kelly(drawn_event(seed), money, FULL) for money in (100.0, bankroll))
    assert [(b.offer.ticker, b.offer.side, b.stake) for b in small.bets] == [
        (b.offer.ticker, b.offer.side, b.stake) for b in large.bets
    ]
    assert small.growth == large.growth


@DRAWN
@given(st.integers(1, 98), st.integers(1, 5))
def test_between_the_break_evens_nothing_is_staked(bid: int, spread: int) -> None:
    ask = min(99, bid + spread)
    yes, no = contract_kelly(0.5, Decimal(ask) / 100).cost, 1.0 - contract_kelly(0.5, 1 - Decimal(bid) / 100).cost
    for p in (yes, no, 0.5 * (yes + no)):
        if 0.0 < p < 1.0:
            market = JointMarket("A", p, Decimal(bid) / 100, Decimal(ask) / 100)
            assert joint_kelly(JointEvent("E", (market,)), 1000.0, FULL).bets == ()


def test_a_price_equal_to_the_probability_after_fees_takes_no_stake_in_any_event() -> None:
    asks = (0.30, 0.25, 0.20)
    costs = [ask + 0.07 * ask * (1.0 - ask) for ask in asks]
    markets = [JointMarket(f"M{i}", cost, None, ask) for i, (cost, ask) in enumerate(zip(costs, asks, strict=True))]
    assert joint_kelly(JointEvent("E", tuple(markets)), 1000.0, FULL).bets == ()


@DRAWN
@given(st.floats(0.02, 0.98), st.integers(1, 95), st.floats(0.05, 1.0))
def test_one_market_alone_is_kelly_of_its_better_side(p: float, bid: int, fraction: float) -> None:
    market = JointMarket("A", p, bid / 100, (bid + 3) / 100)
    plan = joint_kelly(JointEvent("E", (market,)), 1000.0, JointLimits(fraction, 1.0, 1.0, 1.0))
    alone = [contract_kelly(p, (bid + 3) / 100).kelly, contract_kelly(1.0 - p, (100 - bid) / 100).kelly]
    assert plan.total == pytest.approx(fraction * max(alone), abs=1e-7)


def test_inside_an_event_a_hedge_is_bought_and_the_favourite_is_not_bet_twice() -> None:
    markets = (JointMarket("A", 0.55, 0.38, 0.39), JointMarket("B", 0.35, 0.33, 0.35), JointMarket("C", 0.1, 0.2, 0.28))
    plan = joint_kelly(JointEvent("E", markets), 1000.0, FULL)
    stakes = {(bet.offer.ticker, bet.offer.side): bet for bet in plan.bets}
    assert stakes["B", "yes"].alone < 0.0 < stakes["B", "yes"].stake
    assert plan.growth > plan.separate_growth + 0.01
    assert plan.worst_case == pytest.approx(-plan.total, abs=1e-9)


def test_the_worst_of_nos_in_one_event_is_less_than_their_sum() -> None:
    markets = tuple(JointMarket(f"M{i}", 0.05, 0.30, 0.99) for i in range(3))
    plan = joint_kelly(JointEvent("E", markets), 1000.0, FULL)
    assert {bet.offer.side for bet in plan.bets} == {"no"}
    assert plan.worst_case > -0.5 * plan.total


def test_nested_thresholds_share_their_outcomes() -> None:
    markets = (
        JointMarket("T3", 0.2, 0.20, 0.24),
        JointMarket("T1", 0.8, 0.70, 0.72),
        JointMarket("T2", 0.5, 0.40, 0.42),
    )
    event = JointEvent("N", markets, "nested")
    pays, chances = event.outcomes()
    assert chances @ pays == pytest.approx([0.2, 0.8, 0.5])
    assert len(chances) == 4
    # whoever passes the third passed the second and the first
    assert (pays[:, 0] <= pays[:, 2]).all()
    assert (pays[:, 2] <= pays[:, 1]).all()
    assert joint_kelly(event, 1000.0, FULL).growth > 0.0


def test_independent_events_are_sized_a_little_smaller_together() -> None:
    markets = [JointEvent(name, (JointMarket(name, 0.7, 0.58, 0.60, Decimal(0)),)) for name in "ABCD"]
    one, four = joint_kelly(markets[0], 1000.0, FULL), joint_kelly(markets, 1000.0, FULL)
    assert one.total == pytest.approx(0.25)
    assert four.states == 16
    stakes = [bet.stake for bet in four.bets]
    assert max(stakes) - min(stakes) < 1e-7
    assert max(stakes) < 0.25
    assert four.growth > 3.5 * one.growth


def test_too_many_outcomes_are_drawn_with_a_seed_and_said_to_be() -> None:
    events = [JointEvent(f"E{i}", (JointMarket(f"M{i}", 0.6, 0.50, 0.52),)) for i in range(15)]
    plan = joint_kelly(events, 1000.0, scenarios=2000, seed=5)
    assert (plan.drawn, plan.states) == (True, 2000)
    again = joint_kelly(events, 1000.0, scenarios=2000, seed=5)
    assert [bet.stake for bet in plan.bets] == [bet.stake for bet in again.bets]
    assert plan.gap <= 1e-9


def test_a_stake_too_small_to_matter_is_left_out_and_the_rest_sized_again() -> None:
    event = JointEvent("E", (JointMarket("A", 0.55, 0.38, 0.39), JointMarket("B", 0.35, 0.33, 0.35)))
    whole = joint_kelly(event, 1000.0, JointLimits(1.0, 1.0, 1.0, 1.0))
    least = min(bet.stake for bet in whole.bets) * 1.01
    fewer = joint_kelly(event, 1000.0, JointLimits(1.0, 1.0, 1.0, 1.0, min_position_pct=least))
    assert len(fewer.bets) == len(whole.bets) - 1
    assert all(bet.stake >= least for bet in fewer.bets)


def test_what_is_not_offered_is_not_bought() -> None:
    assert event_states(JointEvent("E", (JointMarket("A", 0.6),))).offers == ()
    assert joint_kelly(JointEvent("E", (JointMarket("A", 0.6),)), 100.0).bets == ()
    assert joint_kelly([], 100.0).total == 0.0
    # a pulled book, bid 0 and ask 1, is no offer either
    assert joint_kelly(JointEvent("E", (JointMarket("A", 0.6, 0, 1),)), 100.0).bets == ()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: JointMarket("A", 1.0), InvalidConfig, "the probability of A is 1; nothing is certain"),
        (lambda: JointMarket("A", 55), InvalidConfig, "did you mean 0.55"),
        (lambda: JointMarket("A", 0.5, 48, 52), InvalidConfig, "yes_bid is 48; .* did you mean 0.48"),
        (lambda: JointMarket("A", 0.5, 0.6, 0.5), InvalidConfig, "A: yes_bid is 0.6; it must not exceed"),
        (lambda: JointEvent("E", ()), InvalidConfig, "event E has no markets"),
        (lambda: JointEvent("E", (JointMarket("A", 0.5),), "nest"), InvalidConfig, "did you mean 'nested'"),
        (lambda: JointEvent("E", (JointMarket("A", 0.5), JointMarket("A", 0.4))), InvalidConfig, "lists A twice"),
        (lambda: JointEvent("E", (JointMarket("A", 0.7), JointMarket("B", 0.4))), InvalidData, "sum to 1.1000"),
        (lambda: joint_kelly([drawn_event(1), drawn_event(2)], 10.0), InvalidConfig, "event E is given twice"),
        (lambda: joint_kelly([], 0.0), InvalidConfig, "bankroll is 0"),
        (lambda: JointLimits(max_event_pct=20), InvalidConfig, "did you mean 0.20"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
