"""Parametric value at risk, expected shortfall and their parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import Covariance, ledoit_wolf_covariance, sample_covariance
from analytics_platform.risk.parametric import (
    component_expected_shortfall,
    component_value_at_risk,
    expected_shortfall_multiple,
    incremental_value_at_risk,
    marginal_value_at_risk,
    parametric_expected_shortfall,
    parametric_value_at_risk,
    portfolio_deviation,
    root_of_time,
    value_at_risk_multiple,
)

EXPOSURES = arrays(np.float64, 6, elements=st.floats(-1e6, 1e6).map(lambda x: round(x, 4)))
RETURNS = np.random.default_rng(11).normal(scale=0.01, size=(40, 6)) @ np.triu(np.ones((6, 6)))


def test_the_multiples_are_those_of_the_normal() -> None:
    # phi(z) / (1 - c) in closed form: 2.665214220345808 at 99 %; Basel's 97.5 % is 2.337803.
    assert expected_shortfall_multiple(0.99) == pytest.approx(2.665214220345808, abs=1e-12)
    assert expected_shortfall_multiple(0.975) == pytest.approx(2.337803, abs=1e-6)
    assert value_at_risk_multiple(0.99) == pytest.approx(2.3263478740408408, abs=1e-12)
    assert value_at_risk_multiple(0.95) == pytest.approx(1.6448536269514722, abs=1e-12)


def test_two_currencies_by_hand() -> None:
    # Jorion, Value at Risk, chapter 7: 2 million CAD at 5 % and 1 million EUR at 12 % a year, not
    # correlated. Variances 0.01 + 0.0144; at 95 % (z 1.65) VaR 257 738; components 105 630 and 152 108.
    covariance = Covariance(np.diag([0.05, 0.12]))
    exposures = np.array([2e6, 1e6])
    deviation = float(portfolio_deviation(exposures, covariance))
    assert deviation == pytest.approx(np.sqrt(0.0244) * 1e6, rel=1e-12)
    total = float(parametric_value_at_risk(exposures, covariance, confidence=0.95))
    assert total * 1.65 / value_at_risk_multiple(0.95) == pytest.approx(257_738, abs=1)
    parts = component_value_at_risk(exposures, covariance, confidence=0.95)
    assert parts / total * 257_738 == pytest.approx([105_630, 152_108], abs=1)
    marginal = marginal_value_at_risk(exposures, covariance, confidence=0.95)
    assert marginal * 1.65 / value_at_risk_multiple(0.95) == pytest.approx([0.0528, 0.1521], abs=5e-5)
    gone = incremental_value_at_risk(exposures, covariance, confidence=0.95)
    alone = value_at_risk_multiple(0.95) * np.array([0.1e6, 0.12e6])
    assert gone == pytest.approx(total - alone[::-1], rel=1e-12)


@given(exposures=EXPOSURES, confidence=st.sampled_from([0.9, 0.95, 0.99]), is_shrunk=st.booleans())
def test_components_sum_to_the_total(exposures: Floats, confidence: float, *, is_shrunk: bool) -> None:
    covariance = ledoit_wolf_covariance(RETURNS) if is_shrunk else sample_covariance(RETURNS)
    for measure, components in (
        (parametric_value_at_risk, component_value_at_risk),
        (parametric_expected_shortfall, component_expected_shortfall),
    ):
        total = float(measure(exposures, covariance, confidence=confidence))
        parts = components(exposures, covariance, confidence=confidence)
        if total > 0.0:
            assert float(parts.sum()) == pytest.approx(total, rel=1e-10)
        else:
            assert np.isnan(parts).all()


def test_marginals_are_the_derivative() -> None:
    covariance, exposures, step = ledoit_wolf_covariance(RETURNS), np.arange(1.0, 7.0), 1e-5
    for i, marginal in enumerate(marginal_value_at_risk(exposures, covariance, confidence=0.99)):
        up, down = exposures.copy(), exposures.copy()
        up[i] += step
        down[i] -= step
        change = parametric_value_at_risk(np.stack([down, up]), covariance, confidence=0.99)
        assert float(marginal) == pytest.approx(float(change[1] - change[0]) / (2 * step), rel=1e-6)


@given(exposures=EXPOSURES, is_shrunk=st.booleans())
def test_increments_are_recomputed_without_the_position(exposures: Floats, *, is_shrunk: bool) -> None:
    covariance = ledoit_wolf_covariance(RETURNS) if is_shrunk else sample_covariance(RETURNS)
    total = float(parametric_value_at_risk(exposures, covariance, confidence=0.99))
    found = incremental_value_at_risk(exposures, covariance, confidence=0.99)
    without = np.where(np.eye(6, dtype=bool), 0.0, exposures)
    expected = total - parametric_value_at_risk(without, covariance, confidence=0.99)
    assert found == pytest.approx(expected, abs=1e-7 * max(1.0, float(np.abs(exposures).max())))


@given(EXPOSURES, EXPOSURES)
def test_parametric_measures_are_subadditive_and_shortfall_is_the_larger(one: Floats, other: Floats) -> None:
    covariance = sample_covariance(RETURNS)
    apart = parametric_value_at_risk(np.stack([one, other]), covariance, confidence=0.99)
    together = float(parametric_value_at_risk(one + other, covariance, confidence=0.99))
    assert together <= float(apart.sum()) + 1e-6
    means = parametric_expected_shortfall(np.stack([one, other]), covariance, confidence=0.99)
    assert np.all(means >= apart)
    higher = parametric_value_at_risk(one, covariance, confidence=0.995)
    assert float(higher) >= float(apart[0])


def test_no_risk_is_a_zero_without_parts() -> None:
    covariance = sample_covariance(RETURNS)
    zero = np.zeros(6)
    assert float(parametric_value_at_risk(zero, covariance, confidence=0.99)) == 0.0
    assert np.isnan(marginal_value_at_risk(zero, covariance, confidence=0.99)).all()
    assert incremental_value_at_risk(zero, covariance, confidence=0.99).tolist() == [0.0] * 6


def test_a_horizon_scales_by_its_root() -> None:
    assert root_of_time(10) == pytest.approx(3.1622776601683795, abs=1e-15)
    assert root_of_time(0.25) == 0.5
    for days in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="horizon"):
            root_of_time(days)


@pytest.mark.parametrize(
    "measure",
    [
        parametric_value_at_risk,
        parametric_expected_shortfall,
        marginal_value_at_risk,
        component_value_at_risk,
        component_expected_shortfall,
        incremental_value_at_risk,
    ],
)
def test_faulty_exposures_and_confidences_are_refused(measure: object) -> None:
    assert callable(measure)
    covariance = sample_covariance(RETURNS)
    with pytest.raises(ValueError, match="exposures: nan at"):
        measure([1.0, np.nan, 0.0, 0.0, 0.0, 0.0], covariance, confidence=0.99)
    with pytest.raises(ValueError, match="2 of them, but 6 risk factors"):
        measure([1.0, 2.0], covariance, confidence=0.99)
    for confidence in (0.0, 1.0, float("nan")):
        with pytest.raises(ValueError, match="confidence"):
            measure(np.ones(6), covariance, confidence=confidence)
