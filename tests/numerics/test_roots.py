"""The root finder: the last bit, poles at the ends, either direction."""

from __future__ import annotations

import math

import pytest

from engine.numerics.roots import sign_change


def test_a_root_is_found_to_the_last_bit() -> None:
    assert sign_change(lambda x: x * x - 2.0, 0.0, 2.0, rising=True) == pytest.approx(math.sqrt(2.0), rel=1e-15)


def test_a_falling_function_is_found_too() -> None:
    assert sign_change(lambda x: 1.0 - x**3, 0.0, 3.0, rising=False) == pytest.approx(1.0, rel=1e-15)


def test_poles_at_the_ends_are_never_touched() -> None:
    assert sign_change(lambda x: 1.0 / x - 1.0 / (1.0 - x), 0.0, 1.0, rising=False) == pytest.approx(0.5)


def test_a_root_next_to_zero_keeps_its_relative_precision() -> None:
    assert sign_change(lambda x: x - 1e-200, 0.0, 1.0, rising=True) == pytest.approx(1e-200, rel=1e-12)
