"""Real prices that ship with the product, so that everything works with no key and no network."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from engine.core.errors import InvalidData, suggest
from engine.data.columns import COLUMNS, PRICES
from engine.data.frame import bare_symbol, build_frame
from engine.data.rules import Floats, widened

FOLDER = Path(__file__).parent / "bundled"

_LISTED = (
    "symbol",
    "interval",
    "kind",
    "name",
    "first",
    "last",
    "bars",
    "close_only",
    "survivorship",
    "adjusted",
    "note",
    "source",
    "licence",
)
_ATTRS = ("symbol", "interval", "kind", "calendar", "close_only", "survivorship", "note", "source")


def list_samples() -> pd.DataFrame:
    """One row per bundled series; first and last are Timestamps without a zone (UTC within the day)."""
    rows = [{key: entry[key] for key in _LISTED} for entry in _series().values()]
    return pd.DataFrame([row | {end: pd.Timestamp(row[end]) for end in ("first", "last")} for row in rows])


def load_sample(symbol: str, interval: str = "1d") -> pd.DataFrame:
    """A bundled series as a fresh frame; `BTC/USDT`, `btc-usdt` and `BTCUSDT` are one symbol.

    Daily stocks and ETFs are adjusted for splits and dividends, their volume for splits only. A close-only series has
    open = high = low = close and volume 0, and says so in attrs.
    """
    return _frame(*_known(symbol, interval)).copy()


def _known(symbol: str, interval: str) -> tuple[str, str]:
    key = bare_symbol(symbol) if isinstance(symbol, str) else str(symbol)
    there = [known for known_symbol, known in _series() if known_symbol == key]
    if not there:
        symbols = sorted({known_symbol for known_symbol, _ in _series()})
        raise InvalidData(
            f"there is no sample '{symbol}'{suggest(key, symbols) or ';'} the samples are {', '.join(symbols)}"
        )
    if interval not in there:
        hint = suggest(str(interval), there) or ";"
        raise InvalidData(f"sample {key} has no interval {interval!r}{hint} it comes in {', '.join(there)}")
    return key, interval


@cache
def _series() -> dict[tuple[str, str], dict[str, Any]]:
    manifest = json.loads((FOLDER / "MANIFEST.json").read_text(encoding="utf-8"))
    return {(entry["symbol"], entry["interval"]): entry for entry in manifest["series"]}


@cache
def _group(file: str) -> pa.Table:
    # the dataset layer that pandas goes through costs more to import than these files take to read
    from pyarrow.parquet import ParquetFile

    return ParquetFile(FOLDER / file).read()


@cache
def _frame(symbol: str, interval: str) -> pd.DataFrame:
    entry = _series()[symbol, interval]
    table = _group(entry["file"])
    raw = _closes(table, symbol) if entry["close_only"] else _bars(table, symbol)
    times = pd.DatetimeIndex(raw.pop("time").astype("datetime64[us]"))
    if entry["kind"] == "crypto" or interval != "1d":
        times = times.tz_localize("UTC")
    columns = _adjusted(raw, times, entry.get("splits", ()))
    return build_frame(times, columns, {key: entry[key] for key in _ATTRS})


def _bars(table: pa.Table, symbol: str) -> dict[str, NDArray[Any]]:
    rows = np.asarray(table["symbol"].cast(pa.string()).to_numpy(zero_copy_only=False)) == symbol
    stamp = "date" if "date" in table.column_names else "ts"
    wanted = [name for name in (*COLUMNS, "adj_close") if name in table.column_names]
    columns = {name: table[name].cast(pa.float64()).to_numpy()[rows] for name in wanted}
    # two days of COMP have no volume; their source says 0
    columns["volume"] = np.nan_to_num(columns["volume"])
    return {"time": table[stamp].cast(pa.int64()).to_numpy()[rows], **columns}


def _closes(table: pa.Table, symbol: str) -> dict[str, NDArray[Any]]:
    close = table[symbol].to_numpy()
    rows = ~np.isnan(close)
    columns: dict[str, NDArray[Any]] = dict.fromkeys(PRICES, close[rows])
    return {"time": table["date"].cast(pa.int64()).to_numpy()[rows], **columns, "volume": np.zeros(int(rows.sum()))}


def _adjusted(raw: dict[str, Floats], times: pd.DatetimeIndex, splits: list[list[Any]]) -> dict[str, Floats]:
    """Prices scaled to adj_close where there is one, volume by every split that followed the bar."""
    columns = {name: raw[name].copy() for name in COLUMNS}
    if "adj_close" in raw:
        factor = raw["adj_close"] / raw["close"]
        columns |= {name: raw[name] * factor for name in PRICES} | {"close": raw["adj_close"]}
    for day, ratio in splits:
        columns["volume"] = np.where(times < pd.Timestamp(day), columns["volume"] * ratio, columns["volume"])
    return widened(columns)
