"""Drawdowns: depth, dates, and the start as the first level."""

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.drawdowns import (
    Drawdown,
    deepest_drawdown,
    drawdown_path,
    max_drawdown,
    wealth,
)

RETURNS = arrays(np.float64, st.integers(1, 40), elements=st.integers(-99, 99).map(lambda x: x / 100))


@given(RETURNS)
def test_the_depth_is_that_of_empyrical(returns: Floats) -> None:
    assert float(max_drawdown(returns)) == pytest.approx(empyrical.max_drawdown(returns), abs=1e-12)


@given(RETURNS)
def test_the_dates_fit_the_levels(returns: Floats) -> None:
    level, found = wealth(returns), deepest_drawdown(returns)
    assert found.depth == float(max_drawdown(returns))
    assert level[found.trough] / level[found.peak] - 1 == pytest.approx(found.depth, abs=1e-12)
    assert found.peak <= found.trough
    assert level[found.peak] == level[: found.trough + 1].max()
    assert (level[found.peak + 1 : found.trough + 1] < level[found.peak]).all()
    end = level.size if found.recovery is None else found.recovery
    assert (level[found.peak + 1 : end] < level[found.peak]).all()
    if found.recovery is not None:
        assert level[found.recovery] >= level[found.peak]


def test_a_fall_from_the_start_counts() -> None:
    assert deepest_drawdown([-0.25, 0.1]) == Drawdown(-0.25, peak=0, trough=1, recovery=None)


def test_the_peak_is_the_last_of_equal_levels_and_recovery_the_first() -> None:
    # Levels 1, 2, 2, 1, 2, 4.
    found = deepest_drawdown([1.0, 0.0, -0.5, 1.0, 1.0])
    assert found == Drawdown(-0.5, peak=2, trough=3, recovery=4)


def test_of_equal_falls_the_first_is_told() -> None:
    assert deepest_drawdown([-0.5, 1.0, -0.5, 1.0]) == Drawdown(-0.5, peak=0, trough=1, recovery=2)


def test_no_fall_has_no_depth() -> None:
    assert deepest_drawdown([0.1, 0.0]) == Drawdown(0.0, peak=0, trough=0, recovery=0)
    assert drawdown_path([0.1, 0.0]).tolist() == [0.0, 0.0, 0.0]


def test_losing_everything_is_a_fall_of_one() -> None:
    assert deepest_drawdown([0.5, -1.0, 0.5]) == Drawdown(-1.0, peak=1, trough=2, recovery=None)


def test_series_are_measured_side_by_side() -> None:
    returns = np.array([[0.1, -0.2, 0.1], [-0.1, 0.3, -0.2]])
    assert max_drawdown(returns).tolist() == [float(max_drawdown(row)) for row in returns]


@pytest.mark.parametrize("measure", [wealth, drawdown_path, max_drawdown, deepest_drawdown])
def test_faulty_returns_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match=r"returns: nan at \(1,\)"):
        measure([0.1, np.nan])
    with pytest.raises(ValueError, match="loses more than everything"):
        measure([-1.5])
    with pytest.raises(ValueError, match="there are none"):
        measure([])
