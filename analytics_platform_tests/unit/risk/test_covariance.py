"""Covariances in factor form against their definitions in full."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import (
    Covariance,
    ewma_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)

HISTORIES = arrays(
    np.float64, st.tuples(st.integers(2, 8), st.integers(1, 12)), elements=st.floats(-10.0, 10.0)
)


def waves(n_periods: int, n_factors: int) -> Floats:
    """Make returns that any language reproduces."""
    return np.asarray(0.01 * np.sin(np.arange(n_periods)[:, None] * np.arange(1, n_factors + 1) + 0.5))


@given(HISTORIES)
def test_the_sample_covariance_has_the_divisor_n_less_one(returns: Floats) -> None:
    full = np.atleast_2d(np.cov(returns, rowvar=False, ddof=1))
    found = sample_covariance(returns)
    assert found.dense() == pytest.approx(full, abs=1e-10)
    assert (found.ridge, found.shrinkage) == (0.0, 0.0)


def test_the_ewma_covariance_is_around_zero_with_the_newest_heaviest() -> None:
    returns = np.array([[3.0, 1.0], [-1.0, 2.0], [1.0, 1.0]])
    weights = np.array([0.25, 0.5, 1.0]) / 1.75
    full = sum(w * np.outer(row, row) for w, row in zip(weights, returns, strict=True))
    assert ewma_covariance(returns, decay=0.5).dense() == pytest.approx(full, abs=1e-14)
    # The default is the daily decay of RiskMetrics: 5 % or 6 % of the weight on the last day.
    assert ewma_covariance(np.vstack([np.zeros((299, 1)), [[1.0]]])).dense() == pytest.approx(0.06, rel=1e-7)


def test_ledoit_wolf_agrees_with_scikit_learn() -> None:
    # sklearn 1.9.1, LedoitWolf().fit(waves(6, 8)): more factors than periods.
    wide = ledoit_wolf_covariance(waves(6, 8))
    assert wide.shrinkage == pytest.approx(0.5835637813658362, rel=1e-12)
    assert wide.dense()[0, :3] == pytest.approx(
        [4.4321701284412416e-05, 3.352631600086469e-08, -3.3745190083600977e-07], rel=1e-10
    )
    # The same of 40 periods of three factors.
    t = np.arange(40.0)[:, None]
    returns = np.sin(t * [1.0, 1.7, 2.3] + [0.1, 0.2, 0.3]) * [0.01, 0.02, 0.015]
    tall = ledoit_wolf_covariance(returns)
    assert tall.shrinkage == pytest.approx(0.23283341585694442, rel=1e-12)
    assert tall.dense()[1] == pytest.approx(
        [1.0243903274878262e-06, 0.00017843591008826425, -6.991255848765785e-06], rel=1e-10
    )


@given(HISTORIES)
def test_ledoit_wolf_keeps_the_total_variance_and_shrinks_by_the_paper(returns: Floats) -> None:
    n, k = returns.shape
    centred = returns - returns.mean(axis=0)
    sample = centred.T @ centred / n
    found = ledoit_wolf_covariance(returns)
    assert 0.0 <= found.shrinkage <= 1.0
    target = np.trace(sample) / k * np.eye(k)
    expected = found.shrinkage * target + (1 - found.shrinkage) * sample
    assert found.dense() == pytest.approx(expected, abs=1e-9)
    distance = float(np.square(sample - target).sum())
    if k > 1 and distance > 1e-6:
        error = sum(float(np.square(np.outer(row, row) - sample).sum()) for row in centred) / n**2
        assert found.shrinkage == pytest.approx(min(error, distance) / distance, abs=1e-6)


def test_one_factor_is_not_shrunk() -> None:
    found = ledoit_wolf_covariance([[1.0], [2.0], [4.0]])
    assert found.shrinkage == 0.0
    assert found.dense() == pytest.approx(np.array([[14 / 9]]), abs=1e-12)


@given(HISTORIES, st.floats(0.0, 2.0))
def test_the_factor_form_acts_as_the_full_covariance(returns: Floats, ridge: float) -> None:
    covariance = Covariance(sample_covariance(returns).factor, ridge=ridge)
    full = covariance.dense()
    exposures = np.linspace(-1.0, 2.0, returns.shape[1])
    assert covariance.times(exposures) == pytest.approx(full @ exposures, abs=1e-9)
    assert covariance.variances() == pytest.approx(np.diag(full), abs=1e-9)
    root = covariance.root()
    assert len(root) == len(returns) + (returns.shape[1] if ridge else 0)
    assert root.T @ root == pytest.approx(full, abs=1e-9)


def test_many_factors_cost_little_memory() -> None:
    # In full this covariance would take 20 GB.
    returns = np.random.default_rng(3).normal(size=(20, 50_000))
    found = ledoit_wolf_covariance(returns)
    assert found.times(np.ones(50_000)).shape == (50_000,)
    assert found.shrinkage > 0.9


@pytest.mark.parametrize("estimate", [sample_covariance, ewma_covariance, ledoit_wolf_covariance])
def test_faulty_histories_are_refused(estimate: object) -> None:
    assert callable(estimate)
    with pytest.raises(ValueError, match=r"returns of the risk factors: nan at \(1, 0\)"):
        estimate([[1.0, 1.0], [np.nan, 1.0]])
    with pytest.raises(ValueError, match="1 period is too short a history"):
        estimate([[1.0, 2.0]])
    with pytest.raises(ValueError, match="there are none"):
        estimate(np.zeros((0, 3)))
    with pytest.raises(ValueError, match="1 dimensions instead of 2"):
        estimate([1.0, 2.0])


def test_a_decay_outside_its_range_is_refused() -> None:
    for decay in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(ValueError, match="decay"):
            ewma_covariance([[1.0], [2.0]], decay=decay)
