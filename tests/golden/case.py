"""One golden case as it lies in a folder, and the run of ours that its semantics ask for."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from engine import (
    Backtest,
    BacktestResult,
    Bars,
    FixedFraction,
    FixedQuantity,
    Instrument,
    RiskManager,
    SignalStrategy,
    load_csv,
)
from engine.core.costs import Costs

DATA = "daily.csv"
LISTED = ("fill", "size", "allin", "short", "sl", "tp", "stop_on_entry_bar", "stop_basis", "trail")
_FILLS = {"next_open": "next_open", "same_close": "close"}
_STOPS = {"sl": "stop_loss_pct", "tp": "take_profit_pct", "trail": "trailing_stop_pct"}
_BASES = {"fill": "fill", "signal_close": "signal_close"}


@dataclass(frozen=True)
class Case:
    """A case of `golden.json`: what was asked (`semantics`, signals) and what the reference made of it."""

    name: str
    folder: Path
    fee: float
    cash: float
    content: dict[str, Any]

    @property
    def semantics(self) -> dict[str, Any]:
        """How orders fill, how large they are and which stops there are."""
        return dict(self.content.get("semantics", {}))

    @property
    def reference(self) -> dict[str, Any]:
        """The trades and figures to be met."""
        return dict(self.content.get("reference", {}))

    @cached_property
    def bars(self) -> Bars:
        """The prices, for an instrument that rounds nothing."""
        frame = load_csv(self.folder / self.content.get("data", DATA))
        return Bars.from_frame(frame, instrument=Instrument("GOLDEN", lot=0.0))

    def flags(self, name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return `entries` or `exits` as one flag a bar; a text instead of bar numbers points to the signals file."""
        given = self.content.get(name, [])
        if isinstance(given, str):
            column = _column(self.folder / f"signals_{self.name}.csv", {"entries": "entry", "exits": "exit"}[name])
            return np.array([float(cell) != 0.0 for cell in column])
        flags = np.zeros(len(self.bars), np.bool_)
        flags[given] = True
        return flags

    def equity(self) -> list[float] | None:
        """Return the reference's equity at every close, None where the folder has none."""
        path = self.folder / f"equity_{self.name}.csv"
        if not path.exists():
            return None
        column = _column(path, "reference")
        return [float(cell) for cell in column] or None

    def problems(self) -> list[str]:
        """Return what of the semantics this runner does not know how to honour."""
        asked = self.semantics
        found = [f"unknown semantics key '{key}' = {value!r}" for key, value in asked.items() if key not in LISTED]
        for key, known in (("fill", _FILLS), ("stop_basis", _BASES)):
            if key in asked and asked[key] not in known:
                found.append(f"semantics: {key} is {asked[key]!r}; known are {' and '.join(known)}")
        if not asked.get("allin") and "size" not in asked:
            found.append("semantics: neither size nor allin says how much to trade")
        return found

    def run(self) -> BacktestResult:
        """Run the case through the public face of the engine."""
        asked = self.semantics
        entries, exits = self.flags("entries"), self.flags("exits")
        stops = {name: asked.get(key) for key, name in _STOPS.items()}
        short = bool(asked.get("short"))
        if short:  # entries go long, exits go short: each turns the position round
            none = np.zeros_like(entries)
            strategy = SignalStrategy(entries, none, exits, none, **stops)
        else:
            strategy = SignalStrategy(entries, exits, **stops)
        sizer = FixedFraction(1.0, at_fill=True) if asked.get("allin") else FixedQuantity(asked["size"])
        return Backtest(
            strategy,
            self.cash,
            RiskManager(position_sizer=sizer),
            Costs(fee_rate=self.fee),
            fill=_FILLS[asked.get("fill", "next_open")],
            allow_short=short,
            stops_from="entry_bar" if asked.get("stop_on_entry_bar") else "next_bar",
            stop_basis=_BASES[asked.get("stop_basis", "fill")],
        ).run(self.bars)


def load(folder: Path) -> list[Case]:
    """Return the cases of a folder that holds a `golden.json`."""
    content = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    meta = content["meta"]
    return [Case(name, folder, meta["fee"], meta["cash"], case) for name, case in content["cases"].items()]


def _column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames is None or name not in reader.fieldnames:
            return []
        return [row[name] for row in reader]
