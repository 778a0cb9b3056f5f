"""Value at risk of curved portfolios by moments, against closed forms and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import Covariance, ledoit_wolf_covariance
from analytics_platform.risk.delta_gamma import (
    NOT_MONOTONE,
    PnlMoments,
    delta_gamma_moments,
    delta_gamma_value_at_risk,
)
from analytics_platform.risk.measures import value_at_risk
from analytics_platform.risk.monte_carlo import simulated_pnl
from analytics_platform.risk.parametric import parametric_value_at_risk

COVARIANCE = ledoit_wolf_covariance(np.random.default_rng(4).normal(scale=0.02, size=(60, 3)))
DELTAS, GAMMAS = np.array([100.0, -60.0, 30.0]), np.array([-900.0, 500.0, -700.0])


@given(arrays(np.float64, 3, elements=st.integers(-1000, 1000).map(float)))
def test_without_gamma_it_is_the_parametric_value_at_risk(deltas: Floats) -> None:
    moments = delta_gamma_moments(deltas, np.zeros(3), COVARIANCE)
    found = delta_gamma_value_at_risk(moments, confidence=0.99)
    expected = float(parametric_value_at_risk(deltas, COVARIANCE, confidence=0.99))
    assert float(found.value) == pytest.approx(expected, rel=1e-10)


def test_one_factor_has_the_moments_of_a_shifted_chi_square() -> None:
    # a u + b u^2 with u standard normal: b; a^2 + 2 b^2; 6 a^2 b + 8 b^3; 48 a^2 b^2 + 48 b^4.
    a, b = 3.0, 0.5
    found = delta_gamma_moments([a], [2 * b], Covariance(np.array([[1.0]])))
    variance = a**2 + 2 * b**2
    assert found.mean == pytest.approx(b, rel=1e-14)
    assert found.deviation == pytest.approx(variance**0.5, rel=1e-14)
    assert found.skewness == pytest.approx((6 * a**2 * b + 8 * b**3) / variance**1.5, rel=1e-14)
    assert found.excess_kurtosis == pytest.approx((48 * a**2 * b**2 + 48 * b**4) / variance**2, rel=1e-14)


def test_cross_gammas_count() -> None:
    # u1 u2 of independent normals: mean 0, variance 1, third moment 0, fourth cumulant 6.
    both = delta_gamma_moments([0.0, 0.0], [[0.0, 1.0], [1.0, 0.0]], Covariance(np.eye(2)))
    assert both == PnlMoments(0.0, 1.0, 0.0, 6.0)
    own = delta_gamma_moments([1.0, 2.0], [3.0, 4.0], Covariance(np.eye(2)))
    assert own == delta_gamma_moments([1.0, 2.0], np.diag([3.0, 4.0]), Covariance(np.eye(2)))


def test_it_comes_close_to_full_revaluation() -> None:
    moments = delta_gamma_moments(DELTAS, GAMMAS, COVARIANCE)
    pnl = simulated_pnl(
        COVARIANCE.root(), lambda x: x @ DELTAS + 0.5 * x**2 @ GAMMAS, n_scenarios=60_000, seed=2
    )
    for confidence in (0.95, 0.99):
        found = float(delta_gamma_value_at_risk(moments, confidence=confidence).value)
        assert found == pytest.approx(float(value_at_risk(pnl, confidence=confidence)), rel=0.03)
    linear = float(parametric_value_at_risk(DELTAS, COVARIANCE, confidence=0.99))
    assert found > 1.1 * linear


def test_the_expansion_by_hand() -> None:
    # At 99 % z = -2.326348: (z^2 - 1) / 6 = 0.735316, (z^3 - 3 z) / 24 = -0.233790 and
    # (2 z^3 - 5 z) / 36 = -0.376345.
    moments = PnlMoments(mean=2.0, deviation=10.0, skewness=-0.3, excess_kurtosis=0.6)
    quantile = -2.326348 + 0.735316 * -0.3 + -0.233790 * 0.6 - -0.376345 * 0.09
    found = delta_gamma_value_at_risk(moments, confidence=0.99)
    assert float(found.value) == pytest.approx(-(2.0 + 10.0 * quantile), abs=2e-5)


def test_what_is_too_skewed_has_a_reason_instead_of_a_number() -> None:
    square = delta_gamma_moments([0.0], [-2.0], Covariance(np.array([[0.1]])))
    found = delta_gamma_value_at_risk(square, confidence=0.99)
    assert (bool(np.isnan(found.value)), found.reason) == (True, NOT_MONOTONE)


def test_no_exposure_is_no_risk() -> None:
    moments = delta_gamma_moments(np.zeros(3), np.zeros(3), COVARIANCE)
    assert moments == PnlMoments(0.0, 0.0, 0.0, 0.0)
    assert float(delta_gamma_value_at_risk(moments, confidence=0.99).value) == 0.0


def test_faulty_sensitivities_are_refused() -> None:
    with pytest.raises(ValueError, match="do not match 3 risk factors"):
        delta_gamma_moments([1.0], [1.0], COVARIANCE)
    with pytest.raises(ValueError, match="deltas: nan"):
        delta_gamma_moments([1.0, np.nan, 0.0], GAMMAS, COVARIANCE)
    with pytest.raises(ValueError, match="gammas: inf"):
        delta_gamma_moments(DELTAS, [1.0, np.inf, 0.0], COVARIANCE)
    with pytest.raises(ValueError, match="not symmetric"):
        delta_gamma_moments(DELTAS, np.triu(np.ones((3, 3))), COVARIANCE)
    with pytest.raises(ValueError, match="confidence"):
        delta_gamma_value_at_risk(PnlMoments(0.0, 1.0, 0.0, 0.0), confidence=1.0)
