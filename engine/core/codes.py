"""Small integers that the compiled steps and the screen share, each with its words.

The kernels cannot carry text, so a decision, a fill or a state is a code in a column; this is the one place
where a code gets its meaning.
"""

from __future__ import annotations

# Account states (law 6): ACTIVE -> REDUCING (only exits pass) -> HALTED.
ACTIVE, REDUCING, HALTED = 0, 1, 2
STATES = {ACTIVE: "active", REDUCING: "reducing", HALTED: "halted"}

# How a position was left, or why an exit order exists.
(
    NO_EXIT,
    EXIT_SIGNAL,
    EXIT_STOP,
    EXIT_TARGET,
    EXIT_TRAIL,
    EXIT_FLIP,
    EXIT_DRAWDOWN,
    EXIT_DAILY,
    EXIT_BANKRUPT,
    EXIT_SETTLED,
) = range(10)
EXITS = {
    NO_EXIT: "open",
    EXIT_SIGNAL: "signal",
    EXIT_STOP: "stop-loss",
    EXIT_TARGET: "take-profit",
    EXIT_TRAIL: "trailing stop",
    EXIT_FLIP: "flip",
    EXIT_DRAWDOWN: "drawdown limit",
    EXIT_DAILY: "daily loss limit",
    EXIT_BANKRUPT: "account empty",
    EXIT_SETTLED: "settled",
}

# Why a decision came out as it did. Codes below 20 are what was done, 20 to 39 veto, 40 to 59 shrink, 60 on are states.
ENTER, EXIT, FLATTEN = 1, 2, 3
VETO_HALTED, VETO_REDUCING, VETO_DAILY_LOSS, VETO_LOSS_STREAK = 20, 21, 22, 23
VETO_NO_SHORT, VETO_VOLATILITY, VETO_NO_EDGE, VETO_TOO_SMALL = 24, 25, 26, 27
VETO_MAX_POSITIONS, VETO_GROSS, VETO_CLUSTER, VETO_LOT = 28, 29, 30, 31
VETO_NO_CASH, VETO_LIMIT_MISSED, VETO_CONFLICT, VETO_CANCELLED = 32, 33, 34, 35
VETO_NO_QUOTE, VETO_CLOSED = 36, 37
SHRINK_POSITION, SHRINK_CLUSTER, SHRINK_GROSS, SHRINK_DRAWDOWN = 40, 41, 42, 43
RESIZE_CASH, PARTIAL_VOLUME, WAIT_PRICE = 44, 45, 46
BREACH_DRAWDOWN, BREACH_DAILY, STATE_HALTED, STATE_RESUMED, STATE_BANKRUPT = 60, 61, 62, 63, 64

REASONS = {
    ENTER: "entry ordered",
    EXIT: "exit ordered",
    FLATTEN: "flatten ordered by a limit",
    VETO_HALTED: "no entry: the account is halted after a drawdown",
    VETO_REDUCING: "no entry: the account is reducing after a drawdown",
    VETO_DAILY_LOSS: "no entry: the daily loss limit is used up until the next session",
    VETO_LOSS_STREAK: "no entry: too many losses in a row",
    VETO_NO_SHORT: "no entry: short selling is not allowed",
    VETO_VOLATILITY: "no entry: volatility is above the limit, or not known yet",
    VETO_NO_EDGE: "no entry: Kelly sees no edge",
    VETO_TOO_SMALL: "no entry: the size is below the smallest meaningful position",
    VETO_MAX_POSITIONS: "no entry: the most positions allowed are open",
    VETO_GROSS: "no entry: gross exposure is at its limit",
    VETO_CLUSTER: "no entry: the correlated cluster is at its cap",
    VETO_LOT: "no entry: the size is less than one lot",
    VETO_NO_CASH: "no fill: cash does not cover one lot",
    VETO_LIMIT_MISSED: "no fill: the limit price was not reached",
    VETO_CONFLICT: "no entry: long and short were signalled on one bar",
    VETO_CANCELLED: "entry cancelled before it filled",
    VETO_NO_QUOTE: "no entry: nobody offers this side",
    VETO_CLOSED: "entry cancelled: the market closed before it filled",
    SHRINK_POSITION: "smaller: the largest position allowed",
    SHRINK_CLUSTER: "smaller: the cap of the correlated cluster",
    SHRINK_GROSS: "smaller: the gross exposure limit",
    SHRINK_DRAWDOWN: "smaller: scaled down in a drawdown",
    RESIZE_CASH: "smaller: cash at the fill did not cover the order",
    PARTIAL_VOLUME: "part filled: the share of the bar's volume is limited",
    WAIT_PRICE: "order waits: no price on this bar",
    BREACH_DRAWDOWN: "drawdown limit reached: flatten and halt",
    BREACH_DAILY: "daily loss limit reached",
    STATE_HALTED: "halted",
    STATE_RESUMED: "active again after the cool-down",
    STATE_BANKRUPT: "account empty: flatten and halt",
}
