"""Colours a person can read and tell apart, in both modes and both palettes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dashboard.components.theme import Palette, contrast, luminance, palette, rgb, rgba
from dashboard.settings import settings

ALL = [palette(mode, colour_blind=blind) for mode in ("light", "dark") for blind in (False, True)]
NAMED = pytest.mark.parametrize("colours", ALL, ids=["light", "light blind", "dark", "dark blind"])
# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def ratio(one: str, other: str) -> float:
    return contrast(luminance(*rgb(one)), luminance(*rgb(other)))


def linear(colour: str) -> np.ndarray:
    parts = np.array(rgb(colour)) / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def oklab(channels: np.ndarray) -> np.ndarray:
    """Ottosson 2020."""
    cone = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(cone @ channels)


def distance_to_a_deuteranope(one: str, other: str) -> float:
    seen = [oklab(np.clip(DEUTERANOPIA @ linear(colour), 0.0, 1.0)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_contrast_is_that_of_the_standard() -> None:
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert ratio("#777777", "#FFFFFF") == pytest.approx(4.478, abs=1e-3)


@NAMED
def test_text_is_readable_on_every_surface(colours: Palette) -> None:
    for surface in (colours.background, colours.surface):
        assert ratio(colours.text, surface) >= 7.0
        assert ratio(colours.muted, surface) >= 4.5


@NAMED
def test_gain_loss_and_warning_are_readable_as_text(colours: Palette) -> None:
    for colour in (colours.up, colours.down, colours.caution, colours.info):
        assert ratio(colour, colours.background) >= 4.5


@NAMED
def test_every_line_stands_out_from_the_background(colours: Palette) -> None:
    assert all(ratio(colour, colours.background) >= 3.0 for colour in colours.series)


@NAMED
def test_white_is_readable_on_the_accent(colours: Palette) -> None:
    assert ratio("#FFFFFF", colours.accent) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_colour_blind_palette_tells_gain_from_loss_twice_as_well(mode) -> None:
    usual, blind = palette(mode), palette(mode, colour_blind=True)
    assert distance_to_a_deuteranope(usual.up, usual.down) > 0.1
    assert distance_to_a_deuteranope(blind.up, blind.down) > 0.25


@NAMED
def test_strategy_pinned_run_and_benchmark_differ_for_a_deuteranope(colours: Palette) -> None:
    pairs = itertools.combinations((colours.strategy, colours.series[1], colours.muted), 2)
    assert min(distance_to_a_deuteranope(one, other) for one, other in pairs) > 0.1


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", ["chartCategoricalColors", "chartSequentialColors", "chartDivergingColors"])
def test_every_chart_palette_has_exactly_ten_colours(mode: str, name: str) -> None:
    """With fewer, Streamlit fills up with a word that is no colour and Plotly drops them all."""
    colours = settings()["theme"][mode][name]
    assert len(colours) == 10
    assert all(len(colour) == 7 and rgb(colour) for colour in colours)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_colour_is_one_that_streamlit_replaces(mode) -> None:
    """#000001 to #000040 are its place-holders."""
    colours = palette(mode)
    used = (*colours.series, *colours.sequential, *colours.diverging, colours.text, colours.background)
    assert not any(colour.startswith("#0000") for colour in used)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_brightness_of_the_sequential_palette_only_rises_or_only_falls(mode) -> None:
    steps = np.diff([luminance(*rgb(colour)) for colour in palette(mode).sequential])
    assert (steps > 0).all() or (steps < 0).all()


def test_opacity_is_written_as_css() -> None:
    assert rgba("#FF8000", 0.25) == "rgba(255,128,0,0.25)"
