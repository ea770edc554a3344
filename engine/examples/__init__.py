"""Examples that run as they are: `python -m engine.examples.backtest_example`."""
