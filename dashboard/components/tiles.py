"""The strip of headline numbers, each with its unit, what it means, and what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.components.numbers import Unit, number, plain
from dashboard.components.theme import colour_blind

DeltaColour = Literal["normal", "inverse", "off", "blue", "orange"]
_NARROWEST_PX = 140
_MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """One number; `reference` is what it is compared with, in the same unit."""

    label: str
    value: float | None
    unit: Unit
    help: str
    reference: float | None = None
    better: Literal["higher", "lower", "neither"] = "higher"
    missing: str = "the run is too short or has no such event"
    infinite: str = "no limit"


def show_tiles(tiles: Sequence[Tile], versus: str = "") -> None:
    """Draw the tiles, side by side on a wide screen and in pairs on a phone; `versus` names what the references are."""
    with st.grid(min(len(tiles), _MOST_COLUMNS), min_column_width=_NARROWEST_PX, gap="xsmall"):
        for tile in tiles:
            _show(tile, versus)
    if versus and any(_change(tile) is not None for tile in tiles):
        st.caption(plain(f"Arrows: difference from {versus}."))


def _show(tile: Tile, versus: str) -> None:
    change = _change(tile)
    st.metric(
        tile.label,
        plain(number(tile.value, tile.unit, infinite=tile.infinite)),
        delta=_worded(change, tile.unit),
        delta_color=_colour(change, tile.better),
        help=help_text(tile, versus),
        border=True,
        height="stretch",
    )


def help_text(tile: Tile, versus: str = "") -> str:
    """What the number means, what it is compared with, and where there is none, why."""
    text = tile.help
    if tile.value is None or math.isnan(tile.value):
        text += f" Not available: {tile.missing}."
    if versus and tile.reference is not None:
        text += f" {versus[0].upper()}{versus[1:]}: {number(tile.reference, tile.unit, infinite=tile.infinite)}."
    return plain(text)


def _change(tile: Tile) -> float | None:
    if tile.value is None or tile.reference is None:
        return None
    change = tile.value - tile.reference
    return change if math.isfinite(change) else None


def _worded(change: float | None, unit: Unit) -> str | int | None:
    """The change with its sign; the number 0 where it rounds to nothing: Streamlit would paint the word "0%" green."""
    if change is None:
        return None
    text = number(change, unit, signed=True)
    return plain(text) if text[0] in "+-" else 0


def _colour(change: float | None, better: Literal["higher", "lower", "neither"]) -> DeltaColour:
    if not change or better == "neither":
        return "off"
    if colour_blind():
        return "blue" if (change > 0) == (better == "higher") else "orange"
    return "normal" if better == "higher" else "inverse"
