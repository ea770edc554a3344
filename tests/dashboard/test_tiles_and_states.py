"""Tiles and states as the page gets them, through Streamlit's own test runner."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.tiles import Tile, help_text


def page(body: str) -> AppTest:
    lines = [
        "from dashboard.components import states",
        "from dashboard.components.tiles import Tile, show_tiles",
        *body.strip().splitlines(),
    ]
    at = AppTest.from_string("\n".join(lines), default_timeout=30)
    return at.run()


def test_a_tile_shows_value_change_and_what_it_is_compared_with() -> None:
    at = page('show_tiles([Tile("Return a year", 0.0834, "percent", "CAGR.", 0.0721)], "buy and hold")')
    metric = at.metric[0]
    assert (metric.label, metric.value, metric.delta) == ("Return a year", "8.34%", "+1.13%")
    assert metric.help == "CAGR. Buy and hold: 7.21%.".replace(":", "\\:")
    assert at.caption[0].value == "Arrows\\: difference from buy and hold."


@pytest.mark.parametrize(
    ("value", "better", "colour"), [(2.0, "higher", "GREEN"), (2.0, "lower", "RED"), (1.0, "higher", "GRAY")]
)
def test_the_colour_of_a_change_says_whether_it_is_good(value: float, better: str, colour: str) -> None:
    at = page(f'show_tiles([Tile("x", {value}, "ratio", "y", 1.0, better="{better}")], "before")')
    assert at.metric[0].proto.MetricColor.Name(at.metric[0].proto.color) == colour


def test_the_colour_blind_palette_reaches_the_tiles() -> None:
    at = page('show_tiles([Tile("x", 2.0, "ratio", "y", 1.0)], "before")')
    at.session_state["colour_blind"] = True
    at.run()
    assert at.metric[0].proto.MetricColor.Name(at.metric[0].proto.color) == "BLUE"


def test_a_missing_number_says_why() -> None:
    at = page(
        'show_tiles([Tile("Win rate", float("nan"), "percent", "Share.", 0.5, missing="no trade has closed")], "b")'
    )
    assert at.metric[0].value == "n/a"
    assert at.metric[0].delta == ""
    assert "Not available\\: no trade has closed." in at.metric[0].help


def test_an_infinite_number_is_a_word_and_has_no_change() -> None:
    at = page('show_tiles([Tile("Profit factor", float("inf"), "ratio", "x", 2.0, infinite="no losses")], "b")')
    assert (at.metric[0].value, at.metric[0].delta) == ("no losses", "")
    assert not at.caption


def test_help_without_a_comparison_is_only_the_help() -> None:
    assert help_text(Tile("x", 1.0, "ratio", "Mean over deviation.")) == "Mean over deviation."


def test_an_empty_block_says_what_and_what_to_do() -> None:
    at = page('states.empty("No trades with these rules.", "Loosen the filter.", button="Reset", key="reset")')
    assert "No trades with these rules." in at.markdown[0].value
    assert at.caption[0].value == "Loosen the filter."
    assert at.button(key="reset").label == "Reset"


def test_a_fault_in_one_block_leaves_the_rest_of_the_page() -> None:
    at = page(
        """
import streamlit as st
with states.guarded("The heatmap", KeyError):
    raise RuntimeError("secret detail")
st.write("still here")
"""
    )
    assert at.error[0].value == "The heatmap could not be shown. The rest of the page still works."
    assert "secret detail" not in at.error[0].value + at.caption[0].value
    assert at.markdown[-1].value == "still here"
    assert not at.exception


def test_an_expected_error_speaks_for_itself() -> None:
    at = page('with states.guarded("The file", ValueError):\n    raise ValueError("row 3: price is $-1; it is > 0")')
    assert at.error[0].value == r"row 3\: price is \$-1; it is \> 0"
    assert not at.caption


def test_a_partial_result_says_so_and_a_whole_one_is_silent() -> None:
    at = page('states.partial(312, 320, "symbols")\nstates.partial(320, 320, "symbols")')
    assert len(at.markdown) == 1
    assert "312 of 320 symbols" in at.markdown[0].value


@pytest.mark.parametrize(
    ("age", "words"), [(3, "As of"), (300, "Stale"), (7_300, "2 h ago"), (200_000, "2 d ago"), (-5, "0 s ago")]
)
def test_a_live_number_carries_its_age(age: float, words: str) -> None:
    at = page(f'states.stale("14:02 UTC", {age}, 10)')
    said = [*(block.value for block in at.caption), *(block.value for block in at.markdown)]
    assert any(words in text for text in said), said
