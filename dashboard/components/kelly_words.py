"""The answers of the Kelly page as sentences, written from the engine's views by pure functions."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from dashboard.components.numbers import number
from engine.service import BetView, ContinuousView, ContractOrder, ContractView, KellySize, RecordView, Sizing

_PARTS = {0.25: "quarter Kelly", 0.5: "half Kelly", 1.0: "full Kelly"}
ODDS_NAMES = {
    "net": "Net (b to 1)",
    "decimal": "Decimal (2.00)",
    "american": "American (+150)",
    "fractional": "Fractional (5/2)",
    "price": "Contract price (¢)",
}
FEE_TYPE_NAMES = {
    "quadratic": "Free",
    "quadratic_with_maker_fees": "A quarter of the fee",
    "quadratic_with_combo_maker_fees": "Half of the fee",
}
FEE_MODE_NAMES = {"direct": "Direct member (to 0.01¢)", "cent": "Broker (up to 1¢)"}
UNIT_NAMES = {
    "auto": "Work it out",
    "percent": "Percent (1.5 = 1.5%)",
    "fraction": "Fractions (0.015 = 1.5%)",
    "money": "Dollars (P&L)",
}


def money(value: float) -> str:
    """Write dollars."""
    return number(value, "money")


def to_cents(amount: Decimal, *, cost: bool = True) -> float:
    """Round an exact amount to the cent against its reader: a cost up, a gain down; parts and sum then agree."""
    return float(amount.quantize(Decimal("0.01"), ROUND_CEILING if cost else ROUND_FLOOR))


def percent(value: float) -> str:
    """Write a fraction as a percentage."""
    return number(value, "percent", infinite="unbounded")


def times(value: float) -> str:
    """Write a leverage."""
    text = number(value, "ratio", infinite="unbounded")
    return f"{text}x" if text[-1].isdigit() else text


def rare(chance: float) -> str:
    """Write a probability that may be tiny but is not nothing."""
    return "<0.01%" if 0.0 < chance < 5e-5 else percent(chance)


def growth(value: float) -> str:
    """Write growth with its sign and one more decimal, because a bet grows little."""
    return f"{value:+.3%}" if abs(value) >= 5e-6 else "0.000%"


def shifted(value: float, shift: float) -> str:
    """Write an estimate and how many points it lies off the first one."""
    return f"{value:.1%}" if shift == 0.0 else f"{value:.1%} ({100 * shift:+.0f})"


def staked(stake: float) -> str:
    """Write a stake in dollars, or that there is none."""
    return money(stake) if stake > 0.0 else "none"


def counted(contracts: float) -> str:
    """Write a number of contracts, or that there are none."""
    return number(contracts, "count") if contracts > 0.0 else "none"


def part_of(fraction: float, full: float) -> str:
    """Name a part of full Kelly together with full Kelly."""
    return f"{_PARTS.get(fraction, f'{fraction:.0%} of the full Kelly')} of {percent(full)}"


def refusal(size: KellySize, sizing: Sizing) -> str:
    """Say why a full Kelly above 0 is not used; empty where it is."""
    if size.reason == "below_min":
        return (
            f"{part_of(sizing.fraction, size.full)} is {percent(size.scaled)} of the bankroll, "
            f"less than your smallest position of {percent(sizing.min_position_pct)}"
        )
    return "" if size.position > 0.0 else size.words


def how(size: KellySize, sizing: Sizing) -> str:
    """Say where a position comes from, as the second half of a sentence."""
    part = part_of(sizing.fraction, size.full)
    if size.reason == "capped":
        return f"capped at {percent(size.position)} of the bankroll ({part} would be {percent(size.scaled)})"
    if size.reason == "short_record":
        return f"your smallest position of {percent(size.position)}, until the record is longer"
    return f"{percent(size.position)} of the bankroll, {part}"


def bet_answer(view: BetView, sizing: Sizing) -> tuple[str, str]:
    """Return the answer to a binary bet and the sentence beneath it."""
    size = view.size
    if size.position > 0.0:
        detail = (
            f"A win pays {money(view.win)}, a loss costs {money(view.loss)}; on average a bet gains "
            f"{money(view.stake * view.kelly.edge)}."
        )
        return f"Bet {money(view.stake)} of {money(sizing.bankroll)}: {how(size, sizing)}.", detail
    if size.reason == "no_edge":
        detail = f"Full Kelly is {percent(size.full)}: every stake shrinks the bankroll in the long run."
        return f"No bet: edge {percent(view.kelly.edge)} of the stake.", detail
    return f"No bet: {refusal(size, sizing)}.", "Raise the fraction, or lower the smallest position."


def contract_answer(view: ContractView, order: ContractOrder, sizing: Sizing) -> tuple[str, str]:
    """Return the order ticket in a sentence and the sentence beneath it."""
    ticket = view.ticket
    if ticket.contracts:
        act = "Rest an order for" if order.resting else "Buy"
        price = number(float(ticket.price) * 100, "cents")
        count = f"{ticket.contracts:,} {ticket.side.upper()}"
        capped = f", capped at {percent(sizing.max_position_pct)}" if ticket.capped else ""
        head = (
            f"{act} {count} at {price} for {money(to_cents(ticket.stake))}: {percent(view.position)} of the bankroll"
            f"{capped or ', ' + part_of(sizing.fraction, ticket.full_kelly)}."
        )
        return head, (
            f"Pays {money(ticket.contracts)} if it settles {ticket.side.upper()}, nothing if not. You believe in "
            f"{percent(ticket.probability)} and break even at {percent(ticket.break_even)}."
        )
    if ticket.reason == "no_edge" and view.edge is not None:
        return f"No trade: edge {percent(view.edge.roi)} of the stake, after the spread and fees.", zone(view)
    return f"No trade: {ticket.words}.", zone(view)


def zone(view: ContractView) -> str:
    """Say from which probabilities on a side is worth buying."""
    ticket, said = view.ticket, []
    if ticket.yes_break_even == ticket.yes_break_even:
        said.append(f"YES is worth buying above {percent(ticket.yes_break_even)}")
    if ticket.no_break_even == ticket.no_break_even:
        said.append(f"NO below {percent(ticket.no_break_even)}")
    sentence = ", ".join(said)
    return f"{sentence}, fees included; these are probabilities of YES." if said else "Enter a bid or an ask."


def continuous_answer(view: ContinuousView, sizing: Sizing) -> tuple[str, str]:
    """Return the answer for an asset and the sentence beneath it."""
    size, kelly = view.size, view.kelly
    if size.position > 0.0:
        head = f"Hold {money(view.exposure)} with a bankroll of {money(sizing.bankroll)}: {how(size, sizing)}."
        return head, (
            f"Expect growth of {percent(view.growth)} a year with swings (volatility) of {percent(view.volatility)}; "
            f"full Kelly would grow {percent(kelly.growth_at_kelly)} with swings of {percent(kelly.vol_at_kelly)}."
        )
    if size.reason == "no_edge":
        edge = percent(kelly.mu - kelly.r)
        return f"No position: edge {edge} a year over cash.", f"Cash grows {percent(kelly.r)} a year without risk."
    return f"No position: {refusal(size, sizing)}.", "Raise the fraction, or lower the smallest position."


def mean_note(view: ContinuousView, *, log_mean: bool) -> str:
    """Warn of the trap: a mean of log returns is not the drift Kelly needs."""
    full, other = percent(view.size.full), percent(view.full_otherwise)
    if log_mean:
        return (
            f"A mean of log returns lies below the drift by half the variance; the drift is {percent(view.kelly.mu)}. "
            f"Full Kelly is {full}; without the correction it would be {other}."
        )
    more = "At twice Kelly it" if view.kelly.raw > 0.0 else "Every position"
    return (
        "A trap: if your mean is an average of LOG returns, the drift is higher by half the variance and full Kelly "
        f"would be {other}, not {full}. {more} grows no better than cash."
    )


def exact_note(view: ContinuousView, sizing: Sizing) -> str:
    """The closed form beside the simulation."""
    end, loss = view.terminal, percent(view.terminal.p_loss)
    low, median, high = (money(sizing.dollars(value)) for value in (end.q05, end.median, end.q95))
    return (
        f" Falls are measured against money left in cash. By the exact law, without a simulation: median {median}, 90% "
        f"of the outcomes between {low} and {high}, {loss} below the start; the chance to double before halving is "
        f"{percent(view.double_before_half)}."
    )


def record_answer(view: RecordView, sizing: Sizing) -> tuple[str, str]:
    """Return the answer for a record of trades and the sentence beneath it."""
    size, kelly = view.rule, view.kelly
    counted = f"{kelly.n:,} closed {'trade' if kelly.n == 1 else 'trades'} from {view.source}"
    if size.reason == "short_record":
        head = f"Put {money(view.stake)} of {money(sizing.bankroll)} at risk: {how(size, sizing)}."
        return head, f"{counted[0].upper()}{counted[1:]}; the rule needs {view.needed} before it trusts the record."
    if size.position > 0.0:
        return f"Put {money(view.stake)} of {money(sizing.bankroll)} at risk: {how(size, sizing)}.", (
            f"{counted}: won {kelly.wins:,}, lost {kelly.losses:,}. This is the rule the backtest and the runner use."
        )
    if size.reason == "no_edge":
        return f"No position: full Kelly of this record is {percent(size.full)}.", f"{counted}: no edge to size by."
    return f"No position: {refusal(size, sizing)}.", f"{counted}."
