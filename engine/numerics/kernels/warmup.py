"""Compiles everything a first backtest and a first sweep call, with inputs too small to take time."""

from __future__ import annotations

import numpy as np

from .stage import NO_VOLATILITY, Desk, Log, Market, SignalBlock, new_rules, new_terms, stepper


def compile_all() -> None:
    """Run the loop and the indicators once."""
    compile_loop()
    compile_indicators()


def compile_loop() -> None:
    """Run the loop over the three steps once."""
    bars = 4
    prices = np.ones((5, 1, bars))
    market = Market(prices, NO_VOLATILITY, np.zeros(bars, np.int64), new_terms(1))
    flags = np.zeros((1, 1, bars), np.bool_)
    signals = SignalBlock(flags, flags.copy())
    rules = new_rules()
    rules["initial"] = 1.0
    stepper(Desk(1), signals, market, rules, Log(1, bars, 8))(-1, bars)


def compile_indicators() -> None:
    """Run the indicators of the built-in strategies once."""
    from engine.numerics import indicators as formulas

    x = np.linspace(1.0, 2.0, 8)
    formulas.sma(x, 2)
    formulas.ema(x, 2)
    formulas.rolling_std(x, 2, 0)
    formulas.rsi(x, 2)
    formulas.volatility(x, 2)
