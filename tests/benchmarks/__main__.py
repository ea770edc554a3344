"""`uv run python -m tests.benchmarks [sweep] [single] [starts]`: our figures beside our peers', in one run.

The peers live in an environment of their own, made on first use in the user's cache folder. Rounds are interleaved, so that
a machine that slows down slows all of them; compare ratios, not seconds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from engine import Bars
from tests.benchmarks import ours
from tests.benchmarks.market import walk

HERE = Path(__file__).parent / "peers"
ROUNDS = 3
REPEATS = 5  # within a round, of those that take less than a few seconds


def peers_python() -> Path:
    """Return the Python of the peers' environment, which is made if it is not there."""
    chosen = os.environ.get("STEADYHAND_PEERS")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "steadyhand" / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            ["uv", "pip", "install", "--python", str(python), "-r", str(HERE / "requirements.txt")], check=True
        )
    return python


def calibrate() -> float:
    """Return seconds of a loop in plain Python: how fast this machine is right now."""
    began = time.perf_counter()
    total = 0
    for k in range(2_000_000):
        total += k
    return time.perf_counter() - began


def sweeps() -> None:
    """Print seconds, ns a bar a combination, and ratios."""
    frame = walk(ours.BARS)
    bars = Bars.from_frame(frame)
    pairs = np.array([(f, s) for f in ours.GRID["fast_period"] for s in ours.GRID["slow_period"]])
    took: dict[str, list[float]] = {"ours": [], "ours, a user's NumPy rule": [], "vectorbt": [], "raptorbt": []}
    ours.sweep_builtin(bars)
    ours.sweep_users(bars)
    own_peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        prices = Path(folder) / "prices.npz"
        columns = {name: frame[name].to_numpy() for name in frame.columns}
        stamps = frame.index.as_unit("ns").asi8  # type: ignore[attr-defined]
        np.savez(prices, **columns, stamps=stamps, fast=pairs[:, 0], slow=pairs[:, 1])
        command = [str(peers_python()), str(HERE / "sweep.py"), str(prices)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            assert peer.stdin is not None
            assert peer.stdout is not None
            for _ in range(2):
                peer.stdout.readline()
            answers: dict[str, Any] = {}
            for _ in range(ROUNDS):
                # A sweep of ours is over in a blink: the middle one of some says more than one.
                took["ours"].append(median(ours.timed(lambda: ours.sweep_builtin(bars)) for _ in range(REPEATS)))
                took["ours, a user's NumPy rule"].append(
                    median(ours.timed(lambda: ours.sweep_users(bars)) for _ in range(REPEATS))
                )
                own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                for name in ("raptorbt", "vectorbt"):
                    print(name, file=peer.stdin, flush=True)
                    answers[name] = json.loads(peer.stdout.readline())
                    seconds = [answers[name]["seconds"]]
                    if name == "raptorbt":
                        for _ in range(REPEATS - 1):
                            print(name, file=peer.stdin, flush=True)
                            seconds.append(json.loads(peer.stdout.readline())["seconds"])
                    took[name].append(median(seconds))
    table = ours.sweep_builtin(bars)
    print(f"{ours.COMBOS:,} combinations x {ours.BARS:,} bars, {os.cpu_count()} cores, {ROUNDS} interleaved rounds")
    for name, seconds in took.items():
        print(ours.row(name, [s / ours.COMBOS / ours.BARS * 1e9 for s in seconds], "ns/bar/combo"))
    for mine in ("ours", "ours, a user's NumPy rule"):
        for peer_name in ("vectorbt", "raptorbt"):
            ratios = [b / a for a, b in zip(took[mine], took[peer_name], strict=True)]
            print(f"{peer_name} / {mine}: {median(ratios):.0f} x (min {min(ratios):.0f}, max {max(ratios):.0f})")
    print(f"peak memory: ours {own_peak:.0f} MB, peers {max(a['peak_mb'] for a in answers.values()):.0f} MB")
    print(f"trades: ours {table['trades'].sum():,.0f} (limits on)", end="")
    print(*(f", {name} {a['trades']:,.0f}" for name, a in answers.items()), sep="")


def main(names: list[str]) -> None:
    """Run the named benchmarks, all of them by default."""
    print(f"calibration: 2,000,000 steps of a Python loop in {calibrate():.3f} s; load {os.getloadavg()[0]:.1f}")
    if not names or "starts" in names:
        for name, seconds in ours.starts().items():
            print(ours.row(name, seconds, "s"))
    if not names or "single" in names:
        for name, ms in ours.single_runs().items():
            print(ours.row(name, ms, "ms"))
    if not names or "sweep" in names:
        sweeps()


if __name__ == "__main__":
    main(sys.argv[1:])
