"""Users' CSV files: whole and right, or refused in one sentence with the row, the column and what to do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import InvalidData
from engine.data import load_csv, load_sample
from engine.data.csv_text import _read_fast, _read_slow, open_text
from engine.data.rules import is_clean

HEADER = "Date,Open,High,Low,Close,Volume"
ROWS = ["2024-01-02,10,11,9,10.5,100", "2024-01-03,10.5,12,10,11,200", "2024-01-04,11,12,10,10.5,0"]
GOOD = "\n".join([HEADER, *ROWS, ""])


def load(text: str | bytes, **options: object) -> pd.DataFrame:
    buffer = io.BytesIO(text.encode() if isinstance(text, str) else text)
    buffer.name = "prices.csv"
    return load_csv(buffer, **options)


def with_row(row: str) -> str:
    return f"{GOOD}{row}\n"


def test_a_regular_file_becomes_bars_named_after_it(tmp_path: Path):
    path = tmp_path / "ACME.csv"
    path.write_text(GOOD)
    for source in (path, str(path)):
        bars = load_csv(source)
        assert bars["close"].tolist() == [10.5, 11.0, 10.5]
        assert bars.index.tolist() == [pd.Timestamp(day) for day in ("2024-01-02", "2024-01-03", "2024-01-04")]
        assert (bars.dtypes == np.float64).all()
        assert bars.attrs == {
            "symbol": "ACME",
            "interval": "1d",
            "kind": "stock",
            "calendar": "XNYS",
            "close_only": False,
            "survivorship": False,
            "note": "",
            "source": "ACME.csv",
        }
    assert load_csv(path, symbol="XYZ").attrs["symbol"] == "XYZ"
    with path.open() as text, path.open("rb") as raw:
        assert load_csv(text).equals(load_csv(raw))


def test_a_sample_written_by_pandas_comes_back_bit_for_bit(tmp_path: Path):
    for symbol, interval in (("MSFT", "1d"), ("BTCUSDT", "1d"), ("EURUSD", "1h"), ("SPY", "1m")):
        sample = load_sample(symbol, interval)
        sample.to_csv(tmp_path / f"{symbol}.csv")
        bars = load_csv(tmp_path / f"{symbol}.csv")
        pd.testing.assert_frame_equal(bars, sample, rtol=0.0, atol=0.0)
        assert [bars.attrs[key] for key in ("symbol", "interval", "calendar")] == [
            symbol,
            interval,
            sample.attrs["calendar"],
        ]


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        "\n\n" + GOOD.replace("\n", "\n\n"),
        GOOD.replace("Date,Open,High,Low,Close,Volume", " TIMESTAMP , o,H,low,CLOSE,Vol"),
        GOOD.replace(",", '","').replace("\n", '"\n"').removesuffix('"').join(['"', ""]),
        GOOD.replace(",", ", "),
        "\n".join(line + ",note" for line in GOOD.split("\n") if line),
        GOOD.replace("Date", ""),
        "\n".join([HEADER, *(row.replace(",", " 00:00:00-05:00,", 1) for row in ROWS)]),
        "\n".join([HEADER, *(row.replace(",", "T05:00:00Z,", 1) for row in ROWS)]),
    ],
    ids=["semicolon", "tab", "crlf", "bom", "blank", "names", "quoted", "spaced", "extra", "index", "local", "utc"],
)
def test_the_same_bars_are_read_however_the_file_is_written(text):
    pd.testing.assert_frame_equal(load(text), load(GOOD))


def test_the_adjusted_close_is_ignored_unless_asked_for():
    text = "date,open,high,low,close,Adj Close\n2024-01-02,10,12,8,11,5.5\n2024-01-03,10,12,8,11,11\n"
    assert load(text)["close"].tolist() == [11.0, 11.0]
    adjusted = load(text, adjust=True)
    assert adjusted.iloc[0, :4].tolist() == [5.0, 6.0, 4.0, 5.5]
    with pytest.raises(InvalidData, match=r"no column 'adj close' to adjust by"):
        load(GOOD, adjust=True)
    with pytest.raises(InvalidData, match=r"row 2 \(line 3\), column adj_close: 0 is not above 0"):
        load(text.replace("11,11\n", "11,0\n"), adjust=True)


def test_a_file_of_closes_is_close_only():
    bars = load("time,close\n2024-01-02,10\n2024-01-03,11\n")
    assert bars.attrs["close_only"]
    assert bars["high"].tolist() == bars["low"].tolist() == [10.0, 11.0]
    assert bars.attrs["note"].startswith("Only closing prices are known")


def test_epoch_numbers_are_utc():
    bars = load("ts,close\n1704205800,10\n1704205860,11\n")
    assert bars.index.equals(load("ts,close\n1704205800000,10\n1704205860000,11\n").index)
    assert bars.index[0] == pd.Timestamp("2024-01-02 14:30Z")
    assert bars.attrs["interval"] == "1m"


def test_a_date_and_a_clock_in_two_columns_are_one_time():
    bars = load("Date,Time,Close\n2024-01-02,14:30,10\n2024-01-02,14:35,11\n")
    assert bars.index.tolist() == [pd.Timestamp("2024-01-02 14:30Z"), pd.Timestamp("2024-01-02 14:35Z")]


def test_times_of_day_without_a_zone_are_utc_and_say_so_or_of_the_zone_given():
    text = "time,close\n2024-03-08 09:30,10\n2024-03-11 09:30,10\n2024-03-11 09:31,11\n2024-03-11 09:32,11\n"
    bars = load(text)
    assert bars.index[0] == pd.Timestamp("2024-03-08 09:30Z")
    assert "read as UTC" in bars.attrs["note"]
    local = load(text, tz="America/New_York")
    assert local.index[:2].tolist() == [pd.Timestamp("2024-03-08 14:30Z"), pd.Timestamp("2024-03-11 13:30Z")]
    assert "read as UTC" not in local.attrs["note"]


def test_bars_on_weekends_are_crypto_days_in_utc():
    bars = load("date,close\n" + "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 20)))
    assert str(bars.index.tz) == "UTC"
    assert (bars.attrs["calendar"], bars.attrs["kind"]) == ("24/7", "crypto")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("Close", "Clsoe"), r"prices.csv has no column 'close' .*; did you mean 'Clsoe'\? rename it"),
        (GOOD.replace("Close", "X"), r"no column 'close' \(it has: Date, Open, High, Low, X, Volume\); add it"),
        (GOOD.replace("Date", "Dtae"), r"no column 'time' .*; did you mean 'Dtae'\?"),
        (GOOD.replace("Low", "low,Low"), "columns 'low' and 'Low' mean the same; keep one of them"),
        ("\n".join(ROWS), "line 1 holds numbers; put the column names above"),
        (with_row("2024-01-05,10,11,9,abc,1"), r"row 4 \(line 5\), column close: 'abc' is not a number"),
        (with_row("\n\n2024-01-05,10,11,9,abc,1"), r"row 4 \(line 7\), column close: 'abc'"),
        (with_row("2024-01-05,10,11,9,,1"), r"row 4 \(line 5\), column close: is empty or NaN; fill it in"),
        (with_row("2024-01-05,NaN,11,9,10,1"), r"row 4 \(line 5\), column open: is empty or NaN"),
        (with_row("2024-01-05,inf,11,9,10,1"), r"column open: inf is not finite"),
        (with_row("2024-01-05,1e400,11,9,10,1"), r"column open: inf is not finite"),
        (with_row("2024-01-05,1_0,11,9,10,1"), r"column open: '1_0' is not a number"),
        (with_row("2024-01-05,10,11,-9,10,1"), r"row 4 \(line 5\), column low: -9 is not above 0"),
        (with_row("2024-01-05,10,11,9,0,1"), r"row 4 \(line 5\), column close: 0 is not above 0"),
        (with_row("2024-01-05,10,9,11,10,1"), r"row 4 \(line 5\), column high: 9 is below the low of 11"),
        (with_row("2024-01-05,10,11,9,12,1"), r"column close: 12 lies outside the bar's range 9 to 11"),
        (with_row("2024-01-05,8,11,9,10,1"), r"column open: 8 lies outside the bar's range 9 to 11"),
        (with_row("2024-01-05,10,11,9,10,-1"), r"row 4 \(line 5\), column volume: -1 is negative"),
        (with_row("2024-01-04,10,11,9,10,1"), r"column time: 2024-01-04 repeats the time of the row before"),
        (with_row("2024-01-01,10,11,9,10,1"), r"column time: 2024-01-01 is earlier than the row before; sort the rows"),
        (
            with_row("2024-01-05T00:00:00Z,10,11,9,10,1"),
            "row 4 .* has a time zone but row 1 has no time zone; write all",
        ),
        (with_row("1704412800,10,11,9,10,1"), "'1704412800' has epoch seconds but row 1 has no time zone"),
        (
            with_row("05.01.2024,10,11,9,10,1"),
            "'05.01.2024' could be read day-first or month-first; write year-month-day",
        ),
        (with_row("1/5/2024,10,11,9,10,1"), "'1/5/2024' could be read day-first or month-first"),
        (with_row("2024-02-30,10,11,9,10,1"), "'2024-02-30' is not in any calendar"),
        (with_row("20240105,10,11,9,10,1"), "'20240105' is neither an ISO date nor an epoch number; write it like"),
        (with_row(",10,11,9,10,1"), r"row 4 \(line 5\), column time: the time is empty"),
        (with_row("2024-01-05,10"), r"row 4 \(line 5\) has 2 cells but the header names 6; correct that line"),
        (with_row('2024-01-05,"10,11,9,10,1'), r"line 5 is not a CSV row .*; correct its quotes"),
        (GOOD.replace(",", ";").replace("10.5", "10,5"), r"'10,5' is not a number; write decimals with a point"),
        (GOOD.replace("2024", "1024"), "has a bar of the year 1024; check the unit"),
        (GOOD.replace("2024", "0000"), "'0000-01-02' is not in any calendar|year 0000; check the unit"),
        (
            GOOD.replace(",1", " 16:00,1", 1).replace("-03,", "-03 16:00,").replace("-04,", "-04 16:00,"),
            "daily bars with a time of day, such as 2024-01-02 16:00:00",
        ),
        ("time,close\n2024-01-02 09:30:00.1,1\n2024-01-02 09:30:00.2,1\n", "less than a second apart"),
        ("", "prices.csv is empty; it needs a header"),
        (" \n \n", "prices.csv is empty"),
        ("\ufeff\n", "prices.csv is empty"),
        (HEADER, "prices.csv has 0 rows of prices; at least 2 are needed"),
        (f"{HEADER}\n{ROWS[0]}", "prices.csv has 1 row of prices; at least 2 are needed"),
        (bytes(range(256)), "line 2 is not UTF-8 text"),
        (b"PK\x03\x04" + bytes(50), "prices.csv is a zip archive or a spreadsheet; save it as a plain CSV"),
        (GOOD.encode("utf-16"), "is UTF-16 text; save it as a plain CSV file in UTF-8"),
        (GOOD.encode() + b"\xe9", "line 5 is not UTF-8 text"),
        (GOOD.encode() + b"\0", "line 5 holds a NUL byte"),
        ('"' + GOOD, "line 1 is not a CSV header"),
    ],
)
def test_bad_content_is_refused_in_one_sentence_with_what_to_do(text, says):
    with pytest.raises(InvalidData, match=says) as caught:
        load(text)
    assert "\n" not in str(caught.value)


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("the file was read"))
    with pytest.raises(InvalidData, match=r"huge.csv has 2,147 MB and the limit is 200 MB; cut it into"):
        load_csv(path)
    with path.open("rb") as file, pytest.raises(InvalidData, match=r"huge.csv has 2,147 MB"):
        load_csv(file)


def test_the_size_limit_can_be_set_and_holds_for_streams_that_do_not_know_their_length():
    with pytest.raises(InvalidData, match=r"prices.csv has 116 bytes and the limit is 50 bytes"):
        load(GOOD, max_bytes=50)
    with pytest.raises(InvalidData, match=r"CSV has 51 bytes and the limit is 50 bytes"):
        load_csv(io.StringIO(GOOD), max_bytes=50)


def test_what_is_no_readable_file_is_refused(tmp_path: Path):
    with pytest.raises(InvalidData, match=r"there is no file nothing.csv; check the path"):
        load_csv(tmp_path / "nothing.csv")
    with pytest.raises(InvalidData, match=r"there is no file"):
        load_csv(tmp_path)
    with pytest.raises(InvalidData, match=r"there is no file|cannot be read"):
        load_csv("a\0b.csv")
    with pytest.raises(InvalidData, match=r"the file is a int; pass a path or an open file"):
        load_csv(7)
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(InvalidData, match=r"cannot be read"):
        load_csv(closed)
    with pytest.raises(InvalidData, match=r"symbol is ''; name the instrument"):
        load(GOOD, symbol="")
    with pytest.raises(InvalidData, match=r"time zone 'Mars/Olympus'"):
        load("time,close\n2024-01-02 09:30,1\n2024-01-02 09:31,1\n", tz="Mars/Olympus")
    with pytest.raises(InvalidData, match=r"time zone 'America/New_York'"):
        load("time,close\n2024-03-10 02:30,1\n2024-03-10 02:31,1\n", tz="America/New_York")


def assert_all_rules_hold(bars: pd.DataFrame) -> None:
    assert list(bars.columns) == ["open", "high", "low", "close", "volume"]
    assert len(bars) >= 2
    assert is_clean(bars.index.asi8, {name: bars[name].to_numpy() for name in bars})
    assert bars.attrs["interval"]


def loads_right_or_is_refused(data: bytes) -> None:
    try:
        bars = load(data)
    except InvalidData:
        return
    assert_all_rules_hold(bars)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.binary().map((HEADER + "\n").encode().__add__),
    )
)
def test_random_bytes_load_right_or_are_refused(data):
    loads_right_or_is_refused(data)


BITS = [
    "",
    ",",
    "\n",
    '"',
    "\r",
    ";",
    "-",
    "0",
    "1e308",
    "nan",
    "2024-01-03",
    "2024-01-05T00:00Z",
    "é",
    "\0",
    " ",
    "1704067200",
]
edits = st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.sampled_from(BITS)), min_size=1, max_size=4)


def edited(changes: list[tuple[int, int, str]]) -> str:
    text = GOOD
    for place, cut, bit in changes:
        text = text[:place] + bit + text[place + cut :]
    return text


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits)
def test_a_damaged_file_loads_right_or_is_refused(changes):
    loads_right_or_is_refused(edited(changes).encode())


cell = st.one_of(
    st.sampled_from(["10", " 10", "1e1", "+1.5", ".5", "5.", "-0", "nan", "", "1e400", "0x1", '"10"', "1_0", "x", "١"]),
    st.floats(allow_subnormal=False).map(repr),
)
stamp = st.sampled_from(
    [
        "2024-01-02",
        "2024-01-03 10:00",
        "2024-01-04T10:00:00.5",
        "2024-01-02T00:00Z",
        "2024-01-02 00:00:00-05:00",
        "1704067200",
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(stamp, cell, cell), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_the_compiled_reader_reads_what_the_plain_one_reads(rows, end):
    text = open_text("x", end.join(["time,close,volume", *(",".join(row) for row in rows)]).encode())
    fast = _read_fast(text)
    if fast is None:
        return
    slow = _read_slow(text)
    np.testing.assert_array_equal(fast.stamps.instants, slow.stamps.instants)
    np.testing.assert_array_equal(fast.stamps.wall, slow.stamps.wall)
    assert fast.stamps.aware == slow.stamps.aware
    for name, numbers in slow.values.items():
        np.testing.assert_array_equal(fast.values[name], numbers)
