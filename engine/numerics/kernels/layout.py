"""The records that the compiled steps work on: one layout for the backtest, the paper broker and the runner.

Everything is eight bytes wide, so that a record is a plain run of machine words.
"""

from __future__ import annotations

import numpy as np

# Rows of the price panel (5, symbols, bars). That of quoted markets has five more: the first are bids, which may be
# missing, then come a mark and open, high, low, close of the asks, what an entry pays. `ask_row` and `mark_row` of the
# rules say where to look; for stocks they are the prices themselves.
OPEN, HIGH, LOW, CLOSE, VOLUME, MARK, ASK = 0, 1, 2, 3, 4, 5, 6

KELLY, FRACTION, QUANTITY = 0, 1, 2  # position sizers
PERCENT_FEE, QUADRATIC_FEE = 0, 1  # fee models
FEE_CHANGES = 8  # changes of a fee rate within the life of one market
# The optional columns of a signal, in the order of `strategies.signal.COLUMNS`: the rule field that holds each one's row.
COLUMN_FIELDS = ("probability", "payoff", "score", "stop_column", "target_column", "trail_column", "limit", "weight")

_F, _I = "f8", "i8"

# What holds for a whole run. A limit of 0 is off; the last fields but one say in which row of
# `extra` an optional signal column lies, -1 for none.
RULES = np.dtype(
    [
        ("initial", _F), ("sizer", _I), ("size", _F), ("size_at_fill", _I),
        ("kelly_fraction", _F), ("min_position", _F), ("kelly_max", _F), ("max_position", _F),
        ("max_drawdown", _F), ("drawdown_kind", _I), ("cooldown", _I), ("scale_by_drawdown", _I),
        ("daily_loss", _F), ("daily_basis", _I), ("daily_flatten", _I),
        ("max_positions", _I), ("max_gross", _F), ("max_volatility", _F), ("cluster_cap", _F), ("max_losses", _I), ("loss_pause", _I),
        ("slip_rate", _F), ("slip_range", _F), ("volume_share", _F),
        ("fill_at_close", _I), ("fill_row", _I), ("stops_from_entry", _I), ("stop_basis_signal", _I), ("allow_short", _I),
        ("side", _I), ("has_side", _I), ("has_exit_short", _I), ("has_stops", _I), ("has_limits", _I), ("own_probability", _I),
        ("stop", _F), ("target", _F), ("trail", _F), ("probability", _I), ("payoff", _I), ("score", _I), ("stop_column", _I), ("target_column", _I),
        ("trail_column", _I), ("limit", _I), ("weight", _I), ("log", _I), ("ask_row", _I), ("mark_row", _I), ("settles", _I),
    ],
    align=True,
)  # fmt: skip

# What holds for one symbol: rounding, fee model as a code and numbers, cluster membership. Of an event contract also
# the finer tick of its tails, the most it can be worth (`top`, 0 for none), how its fee is rounded, what a resting order
# pays of it, when its rate changes, and the bars on which its market closes and settles (-1: never, as far as is known).
TERMS = np.dtype(
    [
        ("lot", _F), ("tick", _F), ("fee_code", _I), ("fee_rate", _F), ("fee_unit", _F), ("fee_min", _F), ("cluster", _I),
        ("tail_tick", _F), ("tail_low", _F), ("tail_high", _F), ("top", _F),
        ("fee_up", _I), ("fee_step", _I), ("maker", _F),
        ("changes", _I), ("change_bar", _I, (FEE_CHANGES,)), ("change_rate", _F, (FEE_CHANGES,)),
        ("close_bar", _I), ("settle_bar", _I), ("settle_value", _F),
    ],
    align=True,
)  # fmt: skip

# What the account remembers from bar to bar, then running statistics.
ACCOUNT = np.dtype(
    [
        ("bar", _I), ("initial", _F), ("cash", _F), ("equity", _F), ("before", _F), ("balance", _F), ("balance_before", _F),
        ("peak", _F), ("base", _F), ("floor", _F), ("state", _I), ("halted_at", _I), ("for_good", _I),
        ("session", _I), ("daily_floor", _F), ("daily_breached", _I), ("paused_until", _I),
        ("held", _I), ("exits", _I), ("queued", _I),
        ("closed", _I), ("wins", _I), ("losses", _I), ("sum_win", _F), ("sum_loss", _F), ("record_kelly", _F),
        ("loss_run", _I),
        ("sum_r", _F), ("sum_r2", _F), ("worst", _F), ("high_water", _F), ("fees", _F), ("traded", _F),
        ("bars_held", _I), ("profit", _F), ("loss", _F), ("ambiguous", _I), ("entries", _I), ("down", _F),
        ("gross", _F), ("worth", _F), ("promised", _F), ("places", _I), ("cluster", _F),
        ("noted", _I), ("notes", _F, (8, 4)),
    ],
    align=True,
)  # fmt: skip

# What is known of one symbol: the position, the trade being made of it, the exit order and the entry order.
SLOT = np.dtype(
    [
        ("quantity", _F), ("mark", _F), ("entry_value", _F), ("entry_quantity", _F), ("entry_price", _F),
        ("entry_bar", _I), ("exit_value", _F), ("exit_quantity", _F), ("fees", _F), ("best", _F), ("worst", _F),
        ("stop", _F), ("target", _F), ("trail", _F), ("trail_from", _F), ("live_from", _I),
        ("exit_reason", _I), ("used_volume", _F), ("used_bar", _I),
        ("order_side", _I), ("order_quantity", _F), ("order_limit", _F), ("order_stop", _F), ("order_target", _F),
        ("order_trail", _F), ("order_basis", _F), ("order_bar", _I), ("order_weight", _F),
        ("entry_carry", _I), ("exit_carry", _I), ("exit_waits", _I),
        ("noted", _I), ("notes", _F, (16, 4)), ("filled", _I), ("fills", _F, (6, 7)), ("done", _I), ("trades", _F, (3, 11)),
    ],
    align=True,
)  # fmt: skip

# The log. A step writes into the record it works on (`notes`, `fills`, `trades`, each with its count: `noted`, `filled`,
# `done`); at the end of a bar the loop moves that into these columns. So a step needs no array but its own record.
FILL = np.dtype(
    [
        ("side", _F), ("quantity", _F), ("price", _F), ("raw_price", _F), ("fee", _F), ("reason", _F), ("cash", _F),
        ("bar", _I), ("slot", _I),
    ],
    align=True,
)  # fmt: skip
TRADE = np.dtype(
    [
        ("side", _F), ("quantity", _F), ("entry_bar", _F), ("entry_price", _F), ("exit_bar", _F), ("exit_price", _F),
        ("fees", _F), ("pnl", _F), ("best", _F), ("worst", _F), ("reason", _F), ("slot", _I),
    ],
    align=True,
)  # fmt: skip
DECISION = np.dtype([("code", _F), ("asked", _F), ("allowed", _F), ("price", _F), ("bar", _I), ("slot", _I)])
