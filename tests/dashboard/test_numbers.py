"""A number is written the same way everywhere, with its unit and its sign."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.numbers import Unit, number, plain


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (10_000.0, "money", "$10,000.00"),
        (-17.5, "money", "-$17.50"),
        (123_456.78, "money", "$123,457"),
        (99_999.994, "money", "$99,999.99"),
        (99_999.996, "money", "$100,000"),
        (1_234_567.0, "money", "$1.23M"),
        (999_999.4, "money", "$999,999"),
        (999_999.6, "money", "$1.00M"),
        (2.5e9, "money", "$2.50B"),
        (-0.2506, "percent", "-25.06%"),
        (12.5, "percent", "1,250%"),
        (1.113, "ratio", "1.11"),
        (318, "count", "318"),
        (1_234, "bars", "1,234 bars"),
        (1, "days", "1 day"),
        (2.5, "days", "2.5 days"),
        (41.0, "cents", "41¢"),
        (40.5, "cents", "40.5¢"),
        (300, "contracts", "300 contracts"),
        (-0.00001, "percent", "0.00%"),
        (-0.004, "ratio", "0.00"),
        (math.nan, "ratio", "n/a"),
        (None, "money", "n/a"),
        (math.inf, "ratio", "no limit"),
    ],
)
def test_a_number_is_written_with_its_unit(value: float | None, unit: Unit, text: str) -> None:
    assert number(value, unit) == text


def test_a_change_carries_its_sign_unless_it_rounds_to_nothing() -> None:
    assert number(0.0113, "percent", signed=True) == "+1.13%"
    assert number(-0.0113, "percent", signed=True) == "-1.13%"
    assert number(0.000001, "percent", signed=True) == "0.00%"


def test_an_infinite_value_has_its_own_word() -> None:
    assert number(math.inf, "ratio", infinite="no losses") == "no losses"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["money", "percent", "ratio", "count", "days"]))
def test_any_number_can_be_written_and_never_as_a_negative_zero(value: float, unit: Unit) -> None:
    text = number(value, unit)
    assert text
    assert not (text.startswith("-") and not any(digit in text for digit in "123456789"))


def test_words_are_shown_as_they_are() -> None:
    assert plain("from $5 to $6 in my_file*.csv") == r"from \$5 to \$6 in my\_file\*.csv"
