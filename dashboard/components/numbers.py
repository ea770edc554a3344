"""One way to write a number and one way to write words, so that two pages cannot show the same figure differently."""

from __future__ import annotations

import math
import re
from typing import Literal

Unit = Literal["money", "percent", "ratio", "count", "days", "bars", "cents", "contracts"]
NOT_AVAILABLE = "n/a"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$:])")


def number(value: float | None, unit: Unit, *, signed: bool = False, infinite: str = "no limit") -> str:
    """Write a value with its unit; a missing one is `n/a`, an infinite one the word given. Percent takes a fraction."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return infinite
    text = _size(abs(value), unit)
    # A value that rounds to nothing has no sign: "-0.00%" would be read as a loss.
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'-' if value < 0 else '+' if signed else ''}{text}"


def _size(value: float, unit: Unit) -> str:
    if unit == "money":
        return _money(value)
    if unit == "percent":
        return f"{value:.2%}" if value < 10 else f"{value:,.0%}"
    if unit == "ratio":
        return f"{value:,.2f}"
    if unit == "cents":
        return f"{value:,.2f}".rstrip("0").rstrip(".") + "¢"
    noun = "" if unit == "count" else f" {unit[:-1] if value == 1 else unit}"
    return f"{value:,.0f}{noun}" if value == int(value) else f"{value:,.1f}{noun}"


def _money(value: float) -> str:
    # The thresholds lie where the shorter form would round up to the next: never "$1,000.00K".
    for least, scale, suffix in ((999_995_000_000.0, 1e12, "T"), (999_995_000.0, 1e9, "B"), (999_999.5, 1e6, "M")):
        if value >= least:
            return f"${value / scale:,.2f}{suffix}"
    return f"${value:,.2f}" if value < 99_999.995 else f"${value:,.0f}"


def plain(text: str) -> str:
    """Escape Markdown, so that a message with two dollar signs or a file name shows as it is."""
    return _MARKDOWN.sub(r"\\\1", text)
