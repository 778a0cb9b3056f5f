"""Bonds on curves: the spread gives back the price, and no shock changes nothing."""

import numpy as np
import pytest

from analytics_platform.risk.curves import discount_factors
from analytics_platform.risk.spreads import present_values, solve_spreads

TIMES = np.array([0.5, 1.0, 1.5, 2.0])
FLOWS = np.array([[2.0, 102.0, 0.0, 0.0], [1.0, 1.0, 1.0, 101.0]])
DISCOUNT = discount_factors(np.array([1.0, 2.0]), np.array([0.01, 0.02]), TIMES)


def test_the_spread_gives_back_the_price() -> None:
    dirty = np.array([101.3, 97.0])
    found = solve_spreads(FLOWS, TIMES, DISCOUNT, dirty)
    assert found.is_ok.all()
    assert present_values(FLOWS, TIMES, DISCOUNT[None, :], found.spreads)[:, 0] == pytest.approx(
        dirty, abs=1e-12
    )


def test_one_payment_has_its_spread_in_closed_form() -> None:
    found = solve_spreads(
        np.array([[0.0, 100.0]]), np.array([1.0, 2.0]), np.array([0.99, 0.97]), np.array([95.0])
    )
    assert found.spreads[0] == pytest.approx(np.log(97.0 / 95.0) / 2.0, abs=1e-15)


def test_prices_that_no_spread_gives_are_marked() -> None:
    flows = np.array([[100.0], [100.0], [100.0], [0.0]])
    found = solve_spreads(flows, np.array([1.0]), np.array([0.98]), np.array([-1.0, 0.0, np.nan, 98.0]))
    assert found.is_ok.tolist() == [False] * 4
    assert np.isnan(found.spreads).all()
