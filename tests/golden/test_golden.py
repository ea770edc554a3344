"""Every bundled golden case, and the runner that anyone can point at a folder of their own."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.golden.case import load
from tests.golden.runner import BUNDLED, main, run_case

CASES = {case.name: case for case in load(BUNDLED)}


@pytest.mark.parametrize("name", CASES)
def test_a_golden_case_is_met(name: str) -> None:
    missed, remarks = run_case(CASES[name])
    assert missed == []
    assert remarks == [], "every figure of the bundled references is compared"


def test_the_four_kinds_of_run_are_all_there() -> None:
    assert [name[:2] for name in CASES] == ["g1", "g3", "g4", "g6"]
    assert all(case.equity() is not None and len(case.equity() or ()) == 1260 for case in CASES.values())


def copy_with(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    folder = tmp_path / "golden"
    shutil.copytree(BUNDLED, folder)
    content = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    change(content["cases"])
    (folder / "golden.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def outcome(folder: Path) -> tuple[int, str]:
    out = io.StringIO()
    return main([str(folder)], out), out.getvalue()


G4 = "g4_sl5_tp10_from_next_bar"


def test_an_untouched_copy_ends_with_0(tmp_path: Path) -> None:
    assert outcome(copy_with(tmp_path, lambda cases: None)) == (0, "4 of 4 golden cases as expected\n")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("final_equity",), 103482.90730300001 + 2e-6),
        (("total_return",), 0.034829073030000046 + 2e-9),
        (("max_drawdown",), -0.02108821),
        (("sharpe_252_ddof1_incl_first",), 0.43967662),
        (("sharpe_252_ddof1_pct_change",), 0.439851),
        (("n_closed_trades",), 15),
        (("open_position",), 100),
        (("trades", 0, "dir"), "short"),
        (("trades", 0, "size"), 100.000001),
        (("trades", 0, "entry_bar"), 77),
        (("trades", 3, "entry_price"), 1.0),
        (("trades", 13, "exit_bar"), 0),
        (("trades", 0, "exit_price"), 82.3904601),
        (("trades", 0, "fees"), 16.91),
        (("trades", 0, "pnl"), -450.55),
        (("trades", 0, "ret"), -0.0519),
        (("equity_every_126", 5), 1.0),
    ],
)
def test_a_tampered_figure_ends_with_1_and_is_named(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    def tamper(cases: dict[str, Any]) -> None:
        place = cases[G4]["reference"]
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != value
        place[path[-1]] = value

    status, said = outcome(copy_with(tmp_path, tamper))
    assert status == 1
    assert f"{G4}: " in said
    assert [key for key in path if isinstance(key, str)][-1] in said
    assert "3 of 4" in said


def test_one_changed_value_of_the_equity_curve_ends_with_1(tmp_path: Path) -> None:
    folder = copy_with(tmp_path, lambda cases: None)
    path = folder / f"equity_{G4}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[701].split(",")
    cells[1] = str(float(cells[1]) + 1e-5)
    path.write_text("\n".join([*lines[:701], ",".join(cells), *lines[702:]]), encoding="utf-8")
    status, said = outcome(folder)
    assert status == 1
    assert f"{G4}: equity: 1 values differ, first at 700" in said


def test_one_trade_too_many_is_a_miss(tmp_path: Path) -> None:
    status, said = outcome(copy_with(tmp_path, lambda cases: cases[G4]["reference"]["trades"].pop()))
    assert status == 1
    assert "trades: got 14, expected 13" in said


@pytest.mark.parametrize(
    ("semantics", "named"),
    [
        ({"fill": "next_open", "size": 100, "moon_phase": 3}, "unknown semantics key 'moon_phase' = 3"),
        ({"fill": "previous_close", "size": 100}, "fill is 'previous_close'"),
        ({"size": 100, "stop_basis": "moon"}, "stop_basis is 'moon'"),
        ({"fill": "next_open"}, "neither size nor allin"),
        ({"size": -100}, "raised InvalidConfig"),
    ],
)
def test_semantics_that_cannot_be_honoured_are_a_miss(tmp_path: Path, semantics: dict[str, Any], named: str) -> None:
    status, said = outcome(copy_with(tmp_path, lambda cases: cases[G4].update(semantics=semantics)))
    assert status == 1
    assert named in said


@pytest.mark.parametrize(
    "change",
    [
        {"fill": "same_close"},
        {"size": 99},
        {"allin": True},
        {"short": True},
        {"sl": 0.06},
        {"tp": 0.11},
        {"stop_on_entry_bar": True, "sl": 0.01},
        {"stop_basis": "signal_close"},
        {"trail": 0.04},
    ],
)
def test_every_key_of_the_semantics_changes_the_run(change: dict[str, Any]) -> None:
    case = CASES[G4]
    content = {**case.content, "semantics": {**case.semantics, **change}, "exits": [100, 140]}
    other = type(case)(case.name, case.folder, case.fee, case.cash, content)
    assert run_case(other)[0] != []


def test_a_reference_key_that_nothing_compares_is_said_aloud(tmp_path: Path) -> None:
    status, said = outcome(copy_with(tmp_path, lambda cases: cases[G4]["reference"].update(moon=1)))
    assert status == 0
    assert "reference key 'moon' is not compared" in said


def test_a_folder_without_cases_is_reported_and_not_raised(tmp_path: Path) -> None:
    status, said = outcome(tmp_path)
    assert status == 1
    assert "cannot be read" in said


def test_the_module_runs_from_the_command_line() -> None:
    command = [sys.executable, "-m", "tests.golden"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=BUNDLED.parents[2])
    assert (done.returncode, done.stdout) == (0, "4 of 4 golden cases as expected\n"), done.stderr
