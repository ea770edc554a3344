"""The bundled event markets as books: the recorded Polymarket set, and the synthetic Kalshi-like candles."""

from __future__ import annotations

from typing import Any

from engine.core.errors import InvalidConfig
from engine.data.bundled import FOLDER
from engine.data.events import list_events
from engine.research.quoting.book import Book
from engine.research.quoting.recorded import book_from_candles, book_from_frame

_RECORDED = (
    "Polymarket order-book data from Resolved Markets (https://resolvedmarkets.com), CC BY 4.0, best level only; the "
    "fees charged here are Kalshi's."
)
_SYNTHETIC = "The markets are SYNTHETIC, in the manner of Kalshi: they show how a rule behaves, not what it earns."


def recorded_books() -> tuple[Book, ...]:
    """Return the 18 settled Polymarket BTC 15-minute markets, best prices about once a second, by their close."""
    rows = _rows("pm_polymarket_book", "market")
    return tuple(
        book_from_frame(rows[one.ticker], one.close_time, one.settlement, one.ticker, (_RECORDED,))
        for one in _markets("polymarket")
    )


def synthetic_books(most: int = 360, *, depth: float = 100.0, at_extremes: float = 0.25) -> tuple[Book, ...]:
    """Return the first `most` synthetic hourly markets by their close; see `book_from_candles` for what is assumed."""
    if most < 1:
        raise InvalidConfig(f"most is {most}; it is how many markets to return, at least 1: pass for example 12")
    rows = _rows("pm_synth_candles", "ticker")
    return tuple(
        book_from_candles(
            rows[one.ticker],
            one.close_time,
            one.settlement,
            one.ticker,
            depth=depth,
            at_extremes=at_extremes,
            notes=(_SYNTHETIC,),
        )
        for one in _markets("synthetic")[:most]
    )


def _markets(which: str) -> list[Any]:
    """Return the rows of the list of bundled markets that are of one set, by their close."""
    listed = list_events()
    return list(listed[listed["set"] == which].sort_values(["close_time", "ticker"]).itertuples())


def _rows(name: str, key: str) -> dict[Any, Any]:
    """Return a bundled table as one DataFrame for each market."""
    # the dataset layer that pandas goes through costs more to import than these files take to read
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(FOLDER / f"{name}.parquet").read().to_pandas()
    return dict(tuple(table.groupby(key, observed=True)))
