"""Key-rate durations: payments by hand, and the sum over the keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.risk.curves import discount_factors
from analytics_platform.risk.key_rates import key_rate_durations, triangular_bumps

NODES = np.array([0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0])
RATES = np.array([0.01, 0.012, 0.015, 0.018, 0.02, 0.024, 0.027, 0.03, 0.031])
KEYS = np.array([1.0, 5.0, 10.0, 30.0])


def test_bumps_are_triangles_that_sum_to_a_parallel_move() -> None:
    bumps = triangular_bumps(KEYS, NODES)
    assert bumps[1].tolist() == [0.0, 0.0, 0.25, 0.5, 1.0, 0.6, 0.0, 0.0, 0.0]
    assert bumps[0, :2].tolist() == [1.0, 1.0]
    assert bumps[3, -2:].tolist() == [0.5, 1.0]
    assert bumps.sum(axis=0) == pytest.approx(np.ones(NODES.size), abs=1e-15)


def test_a_payment_at_a_key_has_its_time_as_duration_there() -> None:
    found = key_rate_durations(np.array([[80.0]]), np.array([5.0]), NODES, KEYS)
    # Central difference of exp(-5 z): 5 but for a third-order term of 5^3 bp^2 / 6.
    assert found.durations[0] == pytest.approx([0.0, 5.0, 0.0, 0.0], abs=1e-6)
    assert found.dv01[0, 1] == pytest.approx(80.0 * np.sinh(5e-4), abs=1e-15)
    assert found.effective_durations[0] == pytest.approx(np.sinh(5e-4) / 1e-4, abs=1e-12)


def test_durations_are_those_of_bumped_and_rebuilt_curves() -> None:
    times = np.array([0.25, 0.5, 1.7, 4.0, 8.5, 25.0, 40.0])
    flows = np.array([[3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 103.0], [0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0]])
    spread = np.exp(-0.004 * times)
    present = flows * spread * discount_factors(NODES, RATES, times)
    found = key_rate_durations(present, times, NODES, KEYS)
    for key, bump in enumerate(triangular_bumps(KEYS, NODES)):
        down, up = (
            (flows * spread * discount_factors(NODES, RATES + h * bump, times)).sum(axis=1)
            for h in (-1e-4, 1e-4)
        )
        assert found.dv01[:, key] == pytest.approx((down - up) / 2.0, abs=1e-12)
        assert found.durations[:, key] == pytest.approx((down - up) / 2e-4 / present.sum(axis=1), abs=1e-9)


@given(amounts=st.lists(st.floats(0.0, 200.0), min_size=4, max_size=4), first=st.floats(0.1, 9.0))
def test_durations_sum_to_the_effective_duration(amounts: list[float], first: float) -> None:
    times = first + np.array([0.0, 1.0, 4.5, 30.0])
    present = np.array([[*amounts[:3], amounts[3] + 1.0]])
    found = key_rate_durations(present, times, NODES, KEYS)
    # One basis point at a time leaves out products of bumps: relative (bp t)^2 / 6 at most.
    assert found.durations.sum(axis=1) == pytest.approx(found.effective_durations, rel=4e-6)
    mean_time = (present @ times) / present.sum(axis=1)
    assert found.effective_durations == pytest.approx(mean_time, rel=4e-6)


def test_a_bond_without_value_has_no_duration_and_keys_must_ascend() -> None:
    found = key_rate_durations(np.zeros((1, 1)), np.array([1.0]), NODES, KEYS)
    assert np.isnan(found.durations).all()
    assert np.isnan(found.effective_durations).all()
    assert found.dv01.tolist() == [[0.0] * 4]
    for keys in (np.array([]), np.array([2.0, 1.0]), np.array([1.0, 1.0])):
        with pytest.raises(ValueError, match="ascending"):
            triangular_bumps(keys, NODES)
