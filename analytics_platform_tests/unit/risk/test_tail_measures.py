"""Value at risk, expected shortfall and its parts: pinned ranks, hand-worked cases, properties."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.special import ndtri

from analytics_platform.risk.measures import (
    expected_shortfall,
    shortfall_components,
    tail,
    tail_mean,
    value_at_risk,
)

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.999])
PNL = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))
POSITIONS = arrays(
    np.float64, st.tuples(st.integers(1, 8), st.integers(1, 60)), elements=st.floats(-1e6, 1e6)
)


@pytest.mark.parametrize(
    ("n_scenarios", "confidence", "rank"),
    [
        # Pairs for which a naive ceiling or a library quantile picks the wrong order statistic.
        (500, 0.99, 5),
        (100, 0.95, 5),
        (1000, 0.975, 25),
        (200, 0.99, 2),
        (300, 0.99, 3),
        (700, 0.99, 7),
        (1000, 0.999, 1),
        # A part of a scenario counts as one.
        (715, 0.99, 8),
        (250, 0.99, 3),
        (500, 0.975, 13),
        (101, 0.99, 2),
        (10, 0.99, 1),
    ],
)
def test_the_rank_is_the_ceiling_in_decimal(n_scenarios: int, confidence: float, rank: int) -> None:
    assert tail(n_scenarios, confidence).count == rank
    losses = np.arange(1.0, n_scenarios + 1.0)
    assert float(value_at_risk(-losses, confidence=confidence)) == n_scenarios - rank + 1


def test_the_fifth_worst_of_500_is_the_value_at_risk() -> None:
    """Fifth worst of 500 (Hull); mean of the five worst."""
    pnl = -np.arange(1.0, 501.0)
    assert float(value_at_risk(pnl, confidence=0.99)) == 496.0
    assert float(expected_shortfall(pnl, confidence=0.99)) == pytest.approx(498.0, abs=1e-12)
    assert float(tail_mean(pnl, confidence=0.99)) == 498.0


def test_shortfall_takes_the_last_scenario_in_part_by_hand() -> None:
    # n (1 - c) = 2.5: (10 + 6 + 4 / 2) / 2.5. The plain mean of the three is 20 / 3.
    pnl = np.array([1.0, -10.0, 2.0, -4.0, -6.0] + [3.0] * 20)
    assert float(expected_shortfall(pnl, confidence=0.9)) == pytest.approx(18.0 / 2.5, abs=1e-14)
    assert float(tail_mean(pnl, confidence=0.9)) == pytest.approx(20.0 / 3.0, abs=1e-14)
    assert float(value_at_risk(pnl, confidence=0.9)) == 4.0


def test_too_few_scenarios_give_the_worst_loss_and_a_flag() -> None:
    pnl = np.array([-3.0, 1.0, -7.0])
    assert tail(3, 0.99).is_short
    assert not tail(100, 0.99).is_short
    assert float(value_at_risk(pnl, confidence=0.99)) == 7.0
    assert float(expected_shortfall(pnl, confidence=0.99)) == pytest.approx(7.0, abs=1e-14)


def test_a_vector_of_gains_has_a_negative_value_at_risk_and_zeros_have_zero() -> None:
    assert float(value_at_risk(np.array([3.0, 5.0, 4.0]), confidence=0.9)) == -3.0
    zero = float(value_at_risk(np.zeros(10), confidence=0.9))
    assert str(zero) == "0.0"


@given(n=st.integers(1, 3000), confidence=CONFIDENCES)
def test_tail_weights_are_those_of_acerbi_and_tasche(n: int, confidence: float) -> None:
    size = n * (1 - Fraction(str(confidence)))
    found = tail(n, confidence)
    assert found.count == -(-size.numerator // size.denominator)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.weights[:-1] == pytest.approx(float(1 / size), abs=1e-15)
    assert found.is_short == (size < 1)


@given(pnl=PNL, confidence=CONFIDENCES)
def test_shortfall_is_at_least_value_at_risk(pnl: NDArray[np.float64], confidence: float) -> None:
    shortfall = float(expected_shortfall(pnl, confidence=confidence))
    assert shortfall >= float(value_at_risk(pnl, confidence=confidence)) - 1e-9


@given(pnl=PNL)
def test_measures_rise_with_confidence(pnl: NDArray[np.float64]) -> None:
    levels = (0.5, 0.9, 0.95, 0.975, 0.99, 0.999)
    for measure in (value_at_risk, expected_shortfall):
        values = [float(measure(pnl, confidence=c)) for c in levels]
        assert all(b >= a - 1e-9 for a, b in pairwise(values))


@given(position_pnl=POSITIONS, confidence=CONFIDENCES)
def test_components_sum_to_the_shortfall(position_pnl: NDArray[np.float64], confidence: float) -> None:
    total = float(expected_shortfall(position_pnl.sum(axis=0), confidence=confidence))
    parts = shortfall_components(position_pnl, confidence=confidence)
    assert float(parts.sum()) == pytest.approx(total, abs=1e-10 * max(1.0, float(np.abs(position_pnl).max())))


@given(position_pnl=POSITIONS, seed=st.integers(0, 100))
def test_shortfall_is_subadditive_and_ignores_the_order_of_scenarios(
    position_pnl: NDArray[np.float64], seed: int
) -> None:
    apart = expected_shortfall(position_pnl, confidence=0.9)
    together = float(expected_shortfall(position_pnl.sum(axis=0), confidence=0.9))
    assert together <= float(apart.sum()) + 1e-6
    shuffled = np.random.default_rng(seed).permutation(position_pnl, axis=1)
    assert expected_shortfall(shuffled, confidence=0.9) == pytest.approx(apart, rel=1e-12)


def test_portfolios_are_measured_side_by_side() -> None:
    pnl = np.random.default_rng(1).normal(size=(4, 500))
    together = value_at_risk(pnl, confidence=0.975)
    assert together.tolist() == [float(value_at_risk(row, confidence=0.975)) for row in pnl]


def test_a_large_normal_sample_approaches_the_closed_form() -> None:
    # Expected shortfall of a standard normal at 99 %: phi(z) / 0.01 = 2.665214220345808.
    pnl = ndtri((np.arange(1_000_000) + 0.5) / 1_000_000)
    assert float(expected_shortfall(pnl, confidence=0.99)) == pytest.approx(2.665214220345808, abs=1e-4)
    assert float(value_at_risk(pnl, confidence=0.99)) == pytest.approx(2.3263478740, abs=1e-4)


@pytest.mark.parametrize("measure", [value_at_risk, expected_shortfall, tail_mean, shortfall_components])
def test_faulty_vectors_and_confidences_are_refused(measure: object) -> None:
    assert callable(measure)
    for faulty in ([[1.0, np.nan]], [[1.0, np.inf]]):
        with pytest.raises(ValueError, match="not a finite number"):
            measure(faulty, confidence=0.95)
    with pytest.raises(ValueError, match="no scenarios"):
        measure(np.zeros((2, 0)), confidence=0.95)
    for confidence in (0.0, 1.0, -0.5, 99.0, float("nan")):
        with pytest.raises(ValueError, match="confidence"):
            measure([[1.0, 2.0]], confidence=confidence)
