"""Simulated bankrolls: the same seed gives the same paths, and they agree with the closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InvalidConfig
from engine.risk.growth import drawdown_exponent
from engine.risk.paths import simulate_kelly_paths


def test_a_seed_gives_the_same_fan_again() -> None:
    first, again = (simulate_kelly_paths(0.55, 1.0, 0.05, 50, 500, seed=7) for _ in range(2))
    assert np.array_equal(first.bands, again.bands)
    assert not np.array_equal(first.bands, simulate_kelly_paths(0.55, 1.0, 0.05, 50, 500, seed=8).bands)


def test_a_fan_starts_at_1_and_its_bands_do_not_cross() -> None:
    paths = simulate_kelly_paths(0.55, 1.0, 0.05, 100, 1000)
    assert paths.bands.shape == (5, 101)
    assert (paths.bands[:, 0] == 1.0).all()
    assert (np.diff(paths.bands, axis=0) >= 0.0).all()
    assert paths.bands[2, -1] == pytest.approx(paths.median_final)


def test_drawdowns_are_shares_of_the_peak() -> None:
    paths = simulate_kelly_paths(0.55, 1.0, 0.1, 200, 1000, levels=())
    assert ((paths.max_drawdown >= 0.0) & (paths.max_drawdown < 1.0)).all()
    assert (1.0 - paths.lowest <= paths.max_drawdown + 1e-12).all()
    assert paths.median_max_drawdown <= paths.q95_max_drawdown


def test_the_bound_on_falling_below_half_holds_in_simulation() -> None:
    paths = simulate_kelly_paths(0.55, 1.0, 0.05, 1000, 4000, levels=())
    assert paths.p_ever_below(0.5) <= 0.5 ** drawdown_exponent(0.55, 1.0, 0.05) + 0.02


def test_no_stake_moves_nothing() -> None:
    paths = simulate_kelly_paths(0.55, 1.0, 0.0, 10, 10)
    assert (paths.final == 1.0).all()
    assert paths.p_final_below_start == 0.0


def test_a_stake_that_one_loss_takes_whole_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="one loss takes everything"):
        simulate_kelly_paths(0.55, 1.0, 1.0)
    with pytest.raises(InvalidConfig, match="whole number"):
        simulate_kelly_paths(0.55, 1.0, 0.1, n_bets=0)
