"""The colours of the figures, taken from the theme so that a chart and the page around it cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import streamlit as st

from dashboard.settings import settings

Mode = Literal["light", "dark"]
COLOUR_BLIND_KEY = "colour_blind"
_FOLLOW_KEY = "theme_seen"

# Reports the theme the page really has whenever it is not the one the figures were drawn for.
_follow = st.components.v2.component(
    "steadyhand_theme",
    js="""
    const timers = new WeakMap();
    export default function ({ data, parentElement, setStateValue }) {
      const host = parentElement.host ?? parentElement;
      clearInterval(timers.get(parentElement));
      let reported = data.mode;
      const look = () => {
        const colour = getComputedStyle(host).getPropertyValue("--st-background-color").trim();
        if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
        const parts = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
        const mode = parts[0] + parts[1] + parts[2] < 384 ? "dark" : "light";
        if (mode !== reported) {
          reported = mode;
          setStateValue("mode", mode);
        }
      };
      look();
      timers.set(parentElement, setInterval(look, 400));
      return () => clearInterval(timers.get(parentElement));
    }
    """,
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they mean, as #RRGGBB; `up` and `down` are for the sign of money only."""

    mode: Mode
    background: str
    surface: str
    border: str
    text: str
    muted: str
    accent: str
    up: str
    down: str
    caution: str
    info: str
    series: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]

    @property
    def strategy(self) -> str:
        """The run that is looked at."""
        return self.series[0]

    @property
    def grid(self) -> str:
        """Lines that must not compete with the data."""
        return rgba(self.muted, 0.18)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return #RRGGBB as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def rgba(colour: str, alpha: float) -> str:
    """Return #RRGGBB as a CSS colour with the given opacity in [0, 1]."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{alpha:g})"


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance in [0, 1] of an sRGB colour from 0 to 255 (WCAG 2.2)."""
    parts = (part / 255.0 for part in (red, green, blue))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    """Contrast ratio of two luminances, from 1 to 21 (WCAG 2.2); text needs 4.5."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@cache
def palette(mode: Mode = "light", *, colour_blind: bool = False) -> Palette:
    """The palette of a mode; the colour-blind one tells gain from loss by blue and orange."""
    theme = settings()["theme"][mode]
    up, down = ("blueColor", "orangeColor") if colour_blind else ("greenColor", "redColor")
    return Palette(
        mode=mode,
        background=theme["backgroundColor"],
        surface=theme["secondaryBackgroundColor"],
        border=theme["borderColor"],
        text=theme["textColor"],
        muted=theme["grayColor"],
        accent=theme["primaryColor"],
        up=theme[up],
        down=theme[down],
        caution=theme["yellowColor"],
        info=theme["blueColor"],
        series=tuple(theme["chartCategoricalColors"]),
        sequential=tuple(theme["chartSequentialColors"]),
        diverging=tuple(theme["chartDivergingColors"]),
    )


def current_palette() -> Palette:
    """The palette of the session that is being drawn."""
    return palette(_current_mode(), colour_blind=colour_blind())


def _current_mode() -> Mode:
    seen = st.session_state.get(_FOLLOW_KEY)
    mode = seen.mode if seen is not None and seen.mode else st.context.theme.type
    return "dark" if mode == "dark" else "light"


def follow_theme() -> None:
    """Draw the page again when the visitor turns from light to dark; called once, by the shell.

    Streamlit repaints the page but not the figures, and can be wrong about the theme on the first run of a session.
    """
    _follow(key=_FOLLOW_KEY, data={"mode": _current_mode()}, on_mode_change=lambda: None)


def colour_blind() -> bool:
    """Whether the visitor asked for blue and orange, in this session or in the link that was opened."""
    chosen = st.session_state.get(COLOUR_BLIND_KEY)
    return st.query_params.get(COLOUR_BLIND_KEY) == "true" if chosen is None else bool(chosen)


def palette_toggle() -> None:
    """The switch for the colour-blind palette; drawn once, by the shell."""
    st.toggle(
        "Colour-blind palette",
        key=COLOUR_BLIND_KEY,
        bind="query-params",
        help="Gains in blue and losses in orange instead of teal and red. Kept in the address, so a link keeps it.",
    )
