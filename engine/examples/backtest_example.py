"""The strategies over bundled data: summaries printed, tear sheets written to ./tearsheets (or the folder you name)."""

from __future__ import annotations

import sys
from pathlib import Path

from engine import (
    Backtest,
    BuyAndHoldStrategy,
    Costs,
    FixedFraction,
    KellyCriterion,
    LowVolMomentumStrategy,
    MeanReversionStrategy,
    RiskManager,
    Strategy,
    load_sample,
)

COSTS = Costs(fee_rate=0.0005, slippage_rate=0.0005)
QUARTER_KELLY = RiskManager(
    position_sizer=KellyCriterion(fraction=0.25, max_position_pct=0.50, min_position_pct=0.10),
    max_drawdown_pct=0.15,
    daily_loss_limit_pct=0.03,
    max_open_positions=10,
)
ALL_IN = RiskManager(position_sizer=FixedFraction(1.0, at_fill=True))
RUNS: tuple[tuple[Strategy, RiskManager], ...] = (
    (MeanReversionStrategy(), QUARTER_KELLY),
    (LowVolMomentumStrategy(), QUARTER_KELLY),
    (BuyAndHoldStrategy(), ALL_IN),
)


def main(folder: str = "tearsheets") -> None:
    """Run every strategy on one symbol, then momentum on five symbols with one account."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for strategy, risk in RUNS:
        result = Backtest(strategy, 10_000, risk, COSTS).run(load_sample("MSFT"), symbol="MSFT")
        print(result.summary(), end="\n\n")
        result.to_html(out / f"{strategy.name}_msft.html")
    several = {symbol: load_sample(symbol) for symbol in ("AAPL", "GOOG", "IBM", "KO", "XOM")}
    result = Backtest(LowVolMomentumStrategy(), 10_000, QUARTER_KELLY, COSTS).run(several)
    print(result.summary(), end="\n\n")
    result.to_html(out / "low_vol_momentum_five_symbols.html")
    print(f"Tear sheets: {out.resolve()}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
