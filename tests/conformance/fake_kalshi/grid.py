"""The prices a market takes: bands of steps, named by its price level structure."""

from __future__ import annotations

from decimal import Decimal

D = Decimal
STEPS = {"whole": "0.01", "half": "0.005", "quint": "0.002", "deci": "0.001", "centi": "0.0001"}


def _banded(edge: str, edge_step: str, centre_step: str) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
    low, high = D(edge), 1 - D(edge)
    return (D(0), low, D(edge_step)), (low, high, D(centre_step)), (high, D(1), D(edge_step))


def price_ranges(structure: str) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
    """The bands (start, end, step) of a structure, in dollars."""
    if structure == "linear_cent":
        return ((D(0), D(1), D("0.01")),)
    if structure == "deci_cent":
        return ((D(0), D(1), D("0.001")),)
    if structure == "tapered_deci_cent":
        return _banded("0.1", "0.001", "0.01")
    if structure == "center_deci_edge_centi_cent":
        return _banded("0.01", "0.0001", "0.001")
    match structure.split("_"):
        case ["center", centre, "edge", edge, "cent"] if centre in STEPS and edge in STEPS:
            return _banded("0.1", STEPS[edge], STEPS[centre])
    raise ValueError(f"{structure} is no price level structure of Kalshi's")


def on_grid(structure: str, price: Decimal) -> bool:
    """Whether a limit at this price is taken: inside (0, 1) and on a step of its band."""
    if not 0 < price < 1:
        return False
    return any(start <= price <= end and (price - start) % step == 0 for start, end, step in price_ranges(structure))
