"""The headline numbers of the Kelly page, one list a question."""

from __future__ import annotations

from dashboard.components.kelly_words import to_cents
from dashboard.components.tiles import Tile
from engine.service import BetView, ContinuousView, ContractView, RecordView


def bet_tiles(view: BetView) -> list[Tile]:
    """A binary bet."""
    return [
        Tile("Stake", view.stake, "money", "What to bet now."),
        Tile("Full Kelly", view.size.full, "percent", "p/a - (1-p)/b: the share of the bankroll that grows fastest."),
        Tile("Edge", view.kelly.edge, "percent", "Expected gain per dollar staked, after costs."),
        Tile(
            "Bets to double",
            view.doubling_bets,
            "count",
            "Until the median bankroll has doubled at your stake.",
            missing="the bankroll does not grow",
        ),
    ]


def ticket_tiles(view: ContractView) -> list[Tile]:
    """An order for a contract, or what a trade would have to beat."""
    ticket = view.ticket
    if not ticket.contracts:
        edge = None if view.edge is None else 100.0 * view.edge.edge
        return [
            Tile("Edge per contract", edge, "cents", f"Of {view.side.upper()}, after the fee.", missing="no quote"),
            Tile("Full Kelly", ticket.full_kelly, "percent", "Of the better side, fee included.", missing="no quote"),
            Tile("Buy YES above", ticket.yes_break_even, "percent", "Break-even with the fee.", missing="no YES offer"),
            Tile("Buy NO below", ticket.no_break_even, "percent", "As a probability of YES.", missing="no NO offer"),
        ]
    return [
        Tile("Contracts", ticket.contracts, "count", f"Whole contracts of {ticket.side.upper()}."),
        Tile("Stake with fee", to_cents(ticket.stake), "money", "Price and fee of all contracts together."),
        Tile("Fee", to_cents(ticket.fee), "money", "Rounded as the venue rounds it."),
        Tile("Full Kelly", ticket.full_kelly, "percent", "(p - C) / (1 - C), C the price with the unrounded fee."),
        Tile("Best case", to_cents(ticket.best_case, cost=False), "money", "Every contract pays $1, less the stake."),
        Tile("Worst case", to_cents(ticket.worst_case, cost=False), "money", "The stake with its fee is lost."),
        Tile("Edge per contract", 100.0 * ticket.edge_per_contract, "cents", "Expected gain after the rounded fee."),
        Tile(
            "Break-even", ticket.break_even, "percent", f"The probability of {ticket.side.upper()} that gains nothing."
        ),
    ]


def asset_tiles(view: ContinuousView) -> list[Tile]:
    """An asset."""
    return [
        Tile("Position", view.exposure, "money", "What to hold; the rest stays in cash."),
        Tile("Full Kelly", view.size.full, "percent", "(mu - r) / sigma^2; more than 100% is leverage."),
        Tile("Sharpe (a year)", view.kelly.sharpe, "ratio", "(mu - r) / sigma, from the numbers a year you gave."),
        Tile("Growth a year", view.growth, "percent", "Expected log growth at your position, cash included."),
    ]


def record_tiles(view: RecordView) -> list[Tile]:
    """A record of trades."""
    kelly = view.kelly
    nothing = "the record has no trade of this kind"
    return [
        Tile("Put at risk", view.stake, "money", "By the rule of the engine, after your fraction and limits."),
        Tile("Win rate", kelly.win_rate, "percent", "Wins over decided trades; break-even trades left out."),
        Tile(
            "Win / loss",
            kelly.payoff_ratio,
            "ratio",
            "Average win over average loss.",
            missing=nothing,
            infinite="no losses",
        ),
        Tile(
            "Closed trades", kelly.n, "count", f"{kelly.wins:,} won, {kelly.losses:,} lost, {kelly.breakeven:,} even."
        ),
    ]
