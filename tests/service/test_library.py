"""Data sets: what ships, what is uploaded, and what is refused without losing anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import service
from engine.service import OPENING, InputError


def csv(rows: int = 200, seed: int = 1, start: str = "2023-01-02") -> bytes:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, rows)))
    days = np.datetime64(start) + np.arange(rows)
    return "\n".join(["date,close", *(f"{day},{value:.4f}" for day, value in zip(days, close, strict=True))]).encode()


def test_every_sample_is_offered_under_a_label_of_its_own() -> None:
    found = [data for data in service.datasets() if not data.uploaded]
    assert len(found) == 36
    assert len({data.label for data in found}) == len({data.id for data in found}) == 36
    assert {data.label for data in found} >= {"MSFT daily", "MSFT 1-minute", "BTCUSDT hourly"}
    assert service.dataset(OPENING.dataset).name == "Microsoft"


def test_an_uploaded_file_is_checked_listed_and_run() -> None:
    data = service.add_csv("C:/secret/folder/my prices.csv", csv())
    assert data.symbol == "my prices"
    assert data.close_only
    assert data.uploaded
    assert data in service.datasets()
    view = service.run(replace(OPENING, dataset=data.id))
    assert len(view.equity) == 200
    assert any("closing prices" in note for note in view.notes)


def test_the_same_content_keeps_its_id_and_other_content_gets_another() -> None:
    assert service.add_csv("a.csv", csv(seed=2)).id == service.add_csv("a.csv", csv(seed=2)).id
    assert service.add_csv("a.csv", csv(seed=3)).id != service.add_csv("a.csv", csv(seed=2)).id
    assert service.add_csv("a.csv", csv(seed=3)).label != service.add_csv("a.csv", csv(seed=2)).label


def test_a_long_file_name_is_shortened_in_the_list() -> None:
    assert len(service.add_csv("a_very_long_name_of_a_file_with_prices.csv", csv(seed=4)).label) <= 29


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"date,close\n2023-01-02,5\n2023-01-03,-1\n", "row 2 (line 3), column close"),
        (b"date,price\n2023-01-02,5\n", "no column 'open'"),
        (b"\x00\x01\x02", ""),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_and_not_listed(content: bytes, words: str) -> None:
    before = service.datasets()
    with pytest.raises(InputError) as caught:
        service.add_csv("bad.csv", content)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert service.datasets() == before


def test_too_few_bars_for_the_periods_are_refused_with_the_number_needed() -> None:
    data = service.add_csv("short.csv", csv(rows=40, seed=5))
    with pytest.raises(InputError, match="has 40 bars and LowVolMomentumStrategy needs at least 101"):
        service.run(replace(OPENING, dataset=data.id))


def test_a_run_of_less_than_sixty_bars_shows_no_number_for_a_year() -> None:
    data = service.add_csv("brief.csv", csv(rows=50, seed=6))
    request = replace(
        OPENING, dataset=data.id, params=(("fast_period", 3), ("slow_period", 9), ("volatility_period", 5))
    )
    view = service.run(request)
    for name in ("cagr", "sharpe", "sortino", "annual_volatility", "calmar"):
        assert np.isnan(view.metrics[name]), name
        assert np.isnan(view.benchmark_metrics[name]), name
    assert "at least 60 bars" in view.missing("sharpe")
    assert any("Only 50 bars" in note for note in view.notes)


def test_only_the_newest_uploads_are_kept() -> None:
    first = service.add_csv("first.csv", csv(seed=100))
    for seed in range(101, 110):
        service.add_csv("next.csv", csv(seed=seed))
    assert first not in service.datasets()
    assert len([data for data in service.datasets() if data.uploaded]) == 8
    with pytest.raises(InputError, match="upload it again"):
        service.dataset(first.id)
