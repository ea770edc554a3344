"""What an account is worth: at the last marks while a bar goes on, at its closes when it ends."""

from __future__ import annotations

from .jit import hot, part


@part
def weigh(acct, slots):
    """Measure the account at the last marks: `worth` is equity, `gross` the sum of absolute exposures."""
    acct.worth = acct.cash
    acct.gross = 0.0
    for s in range(slots.shape[0]):
        value = slots[s].quantity * slots[s].mark
        if slots[s].quantity != 0.0:
            acct.worth += value
            acct.gross += abs(value)


@hot
def mark(acct, slots, prices, t, rules):
    """Value the account at this bar's closes; a symbol without one keeps the last price known."""
    equity = acct.cash
    if acct.held > 0:
        row = rules.mark_row
        for s in range(slots.shape[0]):
            if slots[s].quantity != 0.0:
                if prices[row, s, t] == prices[row, s, t]:
                    slots[s].mark = prices[row, s, t]
                equity += slots[s].quantity * slots[s].mark
    acct.equity = equity
