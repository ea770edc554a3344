"""Research over many runs: `sweep` a grid, rank it, check a strategy for look-ahead."""

from __future__ import annotations

from engine.research.robustness import check_lookahead
from engine.research.sweep import ranked, sweep

__all__ = ["check_lookahead", "ranked", "sweep"]
