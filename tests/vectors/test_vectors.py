"""Every bundled reference case, and the runner that anyone can point at more of them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.compare import NOT_PRODUCED, misses
from tests.vectors.runner import BUNDLED, bundled_cases, main, run_case

CASES = dict(bundled_cases())


@pytest.mark.parametrize("name", CASES)
def test_a_reference_case_is_met(name: str) -> None:
    assert run_case(CASES[name]) == []


def test_the_bundled_files_hold_all_topics() -> None:
    topics = {path.name[:2] for path in BUNDLED.glob("*.json")}
    assert topics >= {"01", "02", "03", "04", "05", "06", "10", "15", "17", "18", "19", "21"}


def test_the_runner_ends_with_0_when_all_is_met() -> None:
    out = io.StringIO()
    assert main([str(BUNDLED / "01_kelly_single.json")], out) == 0
    assert "18 of 18 cases" in out.getvalue()


def tampered(tmp_path: Path, change: dict[str, Any]) -> Path:
    content = json.loads((BUNDLED / "01_kelly_single.json").read_text(encoding="utf-8"))
    content["cases"][0] |= change
    path = tmp_path / "tampered.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_runner_ends_with_1_on_a_tampered_file_and_names_the_miss(tmp_path: Path) -> None:
    path, out = tampered(tmp_path, {"expected": {"kelly": 0.11}}), io.StringIO()
    assert main([str(path)], out) == 1
    assert "reference_55pct_1to1: kelly: got 0.1" in out.getvalue()


def test_the_runner_ends_with_1_on_an_unknown_label(tmp_path: Path) -> None:
    path, out = tampered(tmp_path, {"function": "kelly_on_the_moon"}), io.StringIO()
    assert main([str(path)], out) == 1
    assert "unknown label 'kelly_on_the_moon'" in out.getvalue()


def test_the_runner_ends_with_1_on_a_key_that_no_mapping_produces(tmp_path: Path) -> None:
    path, out = tampered(tmp_path, {"expected": {"moon_phase": 1}}), io.StringIO()
    assert main([str(path)], out) == 1
    assert NOT_PRODUCED in out.getvalue()


def test_a_refusal_that_was_expected_but_does_not_come_is_a_miss(tmp_path: Path) -> None:
    assert main([str(tampered(tmp_path, {"expected": {"raises": "ValueError"}}))], io.StringIO()) == 1


def test_an_unreadable_file_is_reported_and_not_raised(tmp_path: Path) -> None:
    out = io.StringIO()
    assert main([str(tmp_path / "missing.json")], out) == 1
    assert "missing.json: cannot be read" in out.getvalue()


def test_informative_keys_are_not_compared() -> None:
    assert misses({"k": 1.0}, {"k": 1, "published_3dp": 2, "quantstats_k": 3, "k_numeric_exact": 4}, 0.0, 0.0) == []


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (0.1, 0.1 + 1e-13, True),
        (0.1, 0.2, False),
        (float("nan"), None, True),
        (0.0, None, False),
        (float("nan"), "NaN", True),
        (float("inf"), "Infinity", True),
        (float("-inf"), "Infinity", False),
        (True, True, True),
        (1, True, False),
        ("yes", "yes", True),
        ("yes", "no", False),
        ([1.0, 2.0], [1, 2], True),
        ([1.0], [1, 2], False),
    ],
)
def test_values_are_compared_with_their_special_cases(got: Any, expected: Any, same: bool) -> None:
    assert (misses(got, expected, 1e-12, 0.0) == []) is same


def test_the_module_runs_from_the_command_line() -> None:
    path = BUNDLED / "21_risk_limits.json"
    command = [sys.executable, "-m", "tests.vectors", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=BUNDLED.parents[2])
    assert done.returncode == 0, done.stdout + done.stderr
