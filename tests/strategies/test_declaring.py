"""What a strategy's class body declares, and what a subclass may say anew."""

from __future__ import annotations

import pytest

from engine import SMA, BarStrategy, MeanReversionStrategy, Param, Strategy
from engine.core.errors import InvalidParams


def test_a_subclass_may_give_a_parameter_another_default() -> None:
    class Slower(MeanReversionStrategy):
        lookback_period = 40

    assert Slower().params["lookback_period"] == 40
    assert MeanReversionStrategy().params["lookback_period"] != 40
    assert Slower({"lookback_period": 25}).params["lookback_period"] == 25
    assert Slower.PARAMS["lookback_period"].help == MeanReversionStrategy.PARAMS["lookback_period"].help


def test_a_default_outside_its_range_is_refused_where_it_is_written() -> None:
    with pytest.raises(InvalidParams, match="lookback_period is 0; it must lie in"):

        class Broken(MeanReversionStrategy):
            lookback_period = 0


def test_an_indicator_must_name_a_parameter_of_its_own_class() -> None:
    with pytest.raises(InvalidParams, match=r"Wrong\.mean names 'windoww', which is not one of its parameters"):

        class Wrong(Strategy):
            window = Param(20, 5, 100, 1, "bars in the mean")
            mean = SMA("close", "windoww")


def test_names_come_from_the_class_unless_it_says_otherwise() -> None:
    class DipBuyerStrategy(BarStrategy):
        pass

    class Named(BarStrategy):
        name, title = "dips", "Buys dips"

    assert (DipBuyerStrategy.name, DipBuyerStrategy.title) == ("dip_buyer", "Dip buyer")
    assert (Named.name, Named.title) == ("dips", "Buys dips")
