"""Prices at the edge: bundled samples, CSV files, users' frames and market calendars, loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.data.bundled import list_samples, load_sample
    from engine.data.calendar import (
        bars_per_year,
        bars_per_year_of,
        expected_times,
        infer_calendar,
        infer_interval,
        is_open,
        next_open,
        sessions,
    )
    from engine.data.csv_file import load_csv
    from engine.data.event_frame import events_from_frame
    from engine.data.events import list_events, load_events
    from engine.data.frame import check_frame

__all__ = [
    "bars_per_year",
    "bars_per_year_of",
    "check_frame",
    "events_from_frame",
    "expected_times",
    "infer_calendar",
    "infer_interval",
    "is_open",
    "list_events",
    "list_samples",
    "load_csv",
    "load_events",
    "load_sample",
    "next_open",
    "sessions",
]

_HOME = dict.fromkeys(__all__, "engine.data.calendar") | {
    "check_frame": "engine.data.frame",
    "events_from_frame": "engine.data.event_frame",
    "list_events": "engine.data.events",
    "list_samples": "engine.data.bundled",
    "load_events": "engine.data.events",
    "load_csv": "engine.data.csv_file",
    "load_sample": "engine.data.bundled",
}


def __getattr__(name: str) -> Any:
    # pandas costs a second on a cold disk, so nothing here imports it before it is asked for
    if name not in _HOME:
        raise AttributeError(f"module 'engine.data' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
