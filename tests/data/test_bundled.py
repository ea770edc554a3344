"""The samples that ship: intact, complete, adjusted and honestly labelled."""

from __future__ import annotations

import hashlib
import json
import time

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import InvalidData
from engine.data import check_frame, list_samples, load_sample
from engine.data.bundled import FOLDER

MANIFEST = json.loads((FOLDER / "MANIFEST.json").read_text(encoding="utf-8"))
SERIES = [(entry["symbol"], entry["interval"]) for entry in MANIFEST["series"]]
TWENTY = list_samples().query("kind == 'stock' and interval == '1d' and symbol not in ['GOOG', 'IBM']")["symbol"]


@pytest.mark.parametrize("file", sorted(MANIFEST["files"]))
def test_a_bundled_file_is_the_one_the_manifest_names(file):
    content = (FOLDER / file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == MANIFEST["files"][file]["sha256"]
    assert len(content) == MANIFEST["files"][file]["bytes"]


def test_every_file_in_the_folder_is_listed_and_its_source_stated():
    assert {path.name for path in FOLDER.glob("*.parquet")} == set(MANIFEST["files"])
    sources = (FOLDER / "DATA_SOURCES.md").read_text(encoding="utf-8")
    for file in MANIFEST["files"]:
        stem = file.removesuffix(".parquet")
        assert stem in sources or stem.rsplit("_", 1)[0] + "_*" in sources
    for keep in (
        "Public domain",
        "CC BY 4.0",
        "(c) 2026 Elcara LLC-FZ",
        "MIT, (c) 2022 Marcus Read",
        "NCSA",
        "Apache-2.0",
    ):
        assert keep in sources


@pytest.mark.parametrize(("symbol", "interval"), SERIES)
def test_a_sample_has_the_listed_shape_and_passes_the_door_unchanged(symbol, interval):
    entry = next(entry for entry in MANIFEST["series"] if (entry["symbol"], entry["interval"]) == (symbol, interval))
    bars = load_sample(symbol, interval)
    assert list(bars.columns) == ["open", "high", "low", "close", "volume"]
    assert (bars.dtypes == np.float64).all()
    assert bars.index.name == "time"
    assert bars.index.is_monotonic_increasing
    assert bars.index.is_unique
    assert (len(bars), bars.index[0].tz_localize(None), bars.index[-1].tz_localize(None)) == (
        entry["bars"],
        pd.Timestamp(entry["first"]),
        pd.Timestamp(entry["last"]),
    )
    assert str(bars.index.tz) == ("None" if interval == "1d" and entry["kind"] != "crypto" else "UTC")
    assert bars.attrs["symbol"] == symbol
    assert bars.attrs["interval"] == interval
    assert check_frame(bars, symbol) is bars


def test_the_list_names_every_series_with_its_terms():
    table = list_samples()
    assert list(table.columns) == [
        *("symbol", "interval", "kind", "name", "first", "last", "bars"),
        *("close_only", "survivorship", "adjusted", "note", "source", "licence"),
    ]
    assert list(table[["symbol", "interval"]].itertuples(index=False, name=None)) == SERIES
    assert (table["source"].str.len() > 0).all()
    assert (table["licence"].str.len() > 0).all()
    assert not table["symbol"].str.startswith(("btc-updown", "KX")).any()
    notes = table["note"][table["note"] != ""]
    assert notes.str.endswith(".").all()
    assert (notes.str.count(r"\.(?:\s|$)") == 1).all()


def test_microsoft_covers_2000_to_2022_with_full_bars():
    bars = load_sample("MSFT")
    assert (bars.index[0], bars.index[-1]) == (pd.Timestamp("2000-01-03"), pd.Timestamp("2022-06-15"))
    assert not bars.attrs["close_only"]
    assert (bars["high"] > bars["low"]).mean() > 0.999


def test_stocks_are_adjusted_for_splits_and_dividends():
    returns = load_sample("AAPL")["close"].pct_change()
    assert abs(returns["2000-06-21"]) < 0.12
    assert abs(returns["2005-02-28"]) < 0.05
    # a special dividend of 3 dollars, not a crash
    assert abs(load_sample("MSFT")["close"].pct_change()["2004-11-15"]) < 0.03


def test_a_real_crash_is_not_taken_for_a_split():
    assert load_sample("AAPL")["close"].pct_change()["2000-09-29"] == pytest.approx(-0.519, abs=5e-4)


def test_adjusted_bars_keep_the_proportions_of_the_traded_ones():
    raw = pd.read_parquet(FOLDER / "equities_daily.parquet").query("symbol == 'AAPL'").set_index("date")
    bars = load_sample("AAPL")
    np.testing.assert_allclose(bars["open"] / bars["close"], raw["open"] / raw["close"], rtol=1e-12)
    np.testing.assert_allclose(bars["high"] / bars["low"], raw["high"] / raw["low"], rtol=1e-12)
    np.testing.assert_array_equal(bars["close"], raw["adj_close"])


def test_volume_is_adjusted_by_splits_alone():
    raw = pd.read_parquet(FOLDER / "equities_daily.parquet").query("symbol == 'AAPL'").set_index("date")
    ratio = load_sample("AAPL")["volume"] / raw["volume"]
    assert ratio[:"2000-06-20"].unique().tolist() == [28.0]
    assert ratio["2000-06-21":"2005-02-25"].unique().tolist() == [14.0]
    assert ratio["2005-02-28":].unique().tolist() == [7.0]


def test_close_only_symbols_are_flat_bars_and_say_so():
    bars = load_sample("KO")
    assert bars.attrs["close_only"]
    assert "orders fill at the next close" in bars.attrs["note"]
    for column in ("open", "high", "low"):
        assert bars[column].equals(bars["close"])
    assert (bars["volume"] == 0.0).all()
    assert load_sample("MTUM").index[0] == pd.Timestamp("2014-01-02")


def test_the_twenty_survivors_are_labelled():
    table = list_samples().query("interval == '1d'").set_index("symbol")
    assert len(TWENTY) == 20
    assert table.loc[TWENTY, "survivorship"].all()
    assert table.loc[TWENTY, "note"].str.contains("past flatters any strategy").all()
    assert not table.loc[["SPX", "COMP", "SPY", "MTUM", "BTCUSDT"], "survivorship"].any()


def test_symbols_in_both_daily_files_come_with_their_ranges():
    table = list_samples().query("interval == '1d'").set_index("symbol")
    assert not table.loc[["AAPL", "MSFT", "SPX"], "close_only"].any()
    assert table.index.is_unique


@pytest.mark.parametrize(
    ("spelling", "interval", "symbol"),
    [("BTC/USDT", "1h", "BTCUSDT"), ("btc-usd", "1m", "BTCUSD"), ("BTC/USD", "1m", "BTCUSD"), ("msft", "1d", "MSFT")],
)
def test_a_symbol_is_found_however_it_is_spelled(spelling, interval, symbol):
    assert load_sample(spelling, interval).attrs["symbol"] == symbol


def test_a_sample_is_a_fresh_copy_each_time():
    first = load_sample("SPY")
    first.iloc[0, 0] = -1.0
    first.attrs["note"] = "changed"
    second = load_sample("SPY")
    assert second.iloc[0, 0] > 0.0
    assert second.attrs["note"] == ""


@pytest.mark.parametrize(
    ("symbol", "interval", "says"),
    [
        ("SPX500", "1d", r"there is no sample 'SPX500'; did you mean 'SPX'\? the samples are AAPL, AMD, .*XOM"),
        ("", "1d", "there is no sample ''; the samples are AAPL"),
        (None, "1d", "there is no sample 'None'"),
        ("MSFT", "5m", r"sample MSFT has no interval '5m'; did you mean '1m'\? it comes in 1d, 1m"),
        ("KO", "weekly", "sample KO has no interval 'weekly'; it comes in 1d"),
        ("MSFT", None, "sample MSFT has no interval None"),
    ],
)
def test_an_unknown_sample_is_refused_with_what_exists(symbol, interval, says):
    with pytest.raises(InvalidData, match=says):
        load_sample(symbol, interval)


def test_a_warm_load_takes_less_than_15_milliseconds():
    load_sample("BTCUSDT", "1h")
    took = []
    for _ in range(5):
        start = time.perf_counter()
        load_sample("BTCUSDT", "1h")
        took.append(time.perf_counter() - start)
    assert min(took) < 0.015
