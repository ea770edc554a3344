"""What the README says in code is run as written."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_readmes_python_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    space: dict[str, object] = {"__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), space)
    said = capsys.readouterr().out
    assert "Mean reversion on SPY" in said
    result = space["result"]
    assert isinstance(result.equity, pd.Series) and isinstance(result.drawdown, pd.Series)  # type: ignore[attr-defined]
    assert isinstance(result.trades, pd.DataFrame) and isinstance(result.decisions, pd.DataFrame)  # type: ignore[attr-defined]
    assert isinstance(result.metrics, dict)  # type: ignore[attr-defined]


def test_the_readme_has_the_two_commands_and_a_picture_that_exists() -> None:
    assert "pip install uv && uv run steadyhand\n" in README
    assert "pip install uv && uv run pytest\n" in README
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture


def test_no_link_in_the_readme_leads_nowhere() -> None:
    for path in re.findall(r"`((?:engine|dashboard|tests|docs)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path


def test_the_snippets_strategy_passes_its_own_look_ahead_check() -> None:
    from engine import load_sample
    from engine.research.robustness import check_lookahead

    space: dict[str, object] = {}
    exec(BLOCKS[1], space)
    strategy = space["DipInAnUptrend"]()  # type: ignore[operator]
    assert check_lookahead(strategy, load_sample("SPY"), symbol="SPY").clean
