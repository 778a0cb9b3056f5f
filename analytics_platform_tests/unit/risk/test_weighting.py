"""Age-weighted and volatility-scaled historical measures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import expected_shortfall, value_at_risk
from analytics_platform.risk.weighting import (
    age_weighted_expected_shortfall,
    age_weighted_value_at_risk,
    age_weights,
    ewma_volatility,
    volatility_scaled,
)

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99])
PNL = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))
DECAYS = st.sampled_from([0.5, 0.94, 0.995, 1.0])

# Hull, Risk Management and Financial Institutions, "Weighting of observations": 500 scenarios and
# lambda 0.995. The ranked losses are as remembered of the book, the weights are re-computed from its
# formula and agree with those it prints (0.00528, 0.00243, 0.00255, 0.00231, 0.00510).
HULL_LOSSES = {494: 477_841.0, 339: 345_435.0, 349: 282_204.0, 329: 277_041.0, 487: 253_385.0}


def hull_pnl() -> Floats:
    pnl = np.zeros(500)
    for scenario, loss in HULL_LOSSES.items():
        pnl[scenario - 1] = -loss
    return pnl


def test_hulls_weighted_losses_are_reproduced() -> None:
    weights = age_weights(500, decay=0.995)
    printed = [float(weights[scenario - 1].round(5)) for scenario in HULL_LOSSES]
    assert printed == [0.00528, 0.00243, 0.00255, 0.00231, 0.0051]
    pnl = hull_pnl()
    assert float(age_weighted_value_at_risk(pnl, decay=0.995, confidence=0.99)) == 282_204.0
    assert float(value_at_risk(pnl, confidence=0.99)) == 253_385.0
    # By hand, with the weights of the book's formula: the third loss fills up to 0.01.
    expected = (0.0052831 * 477_841 + 0.0024290 * 345_435 + (0.01 - 0.0052831 - 0.0024290) * 282_204) / 0.01
    found = float(age_weighted_expected_shortfall(pnl, decay=0.995, confidence=0.99))
    assert found == pytest.approx(expected, rel=2e-5)


def test_weights_are_those_of_boudoukh_with_the_newest_heaviest() -> None:
    n, decay = 250, 0.98
    i = np.arange(1, n + 1)
    assert age_weights(n, decay=decay) == pytest.approx(
        decay ** (n - i) * (1 - decay) / (1 - decay**n), rel=1e-12
    )
    assert age_weights(4, decay=1.0).tolist() == [0.25] * 4


def test_a_loss_counts_more_the_younger_it_is() -> None:
    young, old = np.zeros(100), np.zeros(100)
    young[-1] = old[0] = -1.0
    assert float(age_weighted_value_at_risk(young, decay=0.97, confidence=0.99)) == 1.0
    assert float(age_weighted_value_at_risk(old, decay=0.97, confidence=0.99)) == 0.0


def test_the_shortfall_takes_the_last_loss_in_part() -> None:
    # Weights 1/7, 2/7, 4/7; a tail of 0.5 takes 1/7 of 9, 2/7 of 3 and 1/14 of -2.
    pnl = [-9.0, -3.0, 2.0]
    found = float(age_weighted_expected_shortfall(pnl, decay=0.5, confidence=0.5))
    assert found == pytest.approx((9 / 7 + 6 / 7 - 2 / 14) / 0.5, abs=1e-12)


@given(n=st.integers(1, 1200), confidence=CONFIDENCES)
def test_equal_weights_choose_the_rank_of_the_plain_measure(n: int, confidence: float) -> None:
    # A sum of weights that misses 1 - c by rounding would choose the next loss.
    pnl = -np.arange(1.0, n + 1.0)
    weighted = float(age_weighted_value_at_risk(pnl, decay=1.0, confidence=confidence))
    assert weighted == float(value_at_risk(pnl, confidence=confidence))


@given(pnl=PNL, confidence=CONFIDENCES)
def test_equal_weights_give_the_plain_shortfall(pnl: Floats, confidence: float) -> None:
    weighted = float(age_weighted_expected_shortfall(pnl, decay=1.0, confidence=confidence))
    plain = float(expected_shortfall(pnl, confidence=confidence))
    assert weighted == pytest.approx(plain, abs=1e-8 * max(1.0, float(np.abs(pnl).max())))


@given(pnl=PNL, decay=DECAYS)
def test_weighted_measures_rise_with_confidence_and_shortfall_is_the_larger(
    pnl: Floats, decay: float
) -> None:
    levels = (0.5, 0.9, 0.95, 0.99)
    values = [float(age_weighted_value_at_risk(pnl, decay=decay, confidence=c)) for c in levels]
    means = [float(age_weighted_expected_shortfall(pnl, decay=decay, confidence=c)) for c in levels]
    slack = 1e-9 * max(1.0, float(np.abs(pnl).max()))
    assert np.all(np.diff(values) >= 0.0)
    assert np.all(np.diff(means) >= -slack)
    assert np.all(np.subtract(means, values) >= -slack)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.floats(-1e4, 1e4)),
    DECAYS,
)
def test_the_weighted_shortfall_is_subadditive(position_pnl: Floats, decay: float) -> None:
    apart = age_weighted_expected_shortfall(position_pnl, decay=decay, confidence=0.9)
    together = age_weighted_expected_shortfall(position_pnl.sum(axis=0), decay=decay, confidence=0.9)
    assert float(together) <= float(apart.sum()) + 1e-7


def test_volatility_is_forecast_before_the_return_it_belongs_to() -> None:
    # First variance: (9 + 1 + 1) / 3; then half of the last one and half of the last square.
    variances = np.square(ewma_volatility([3.0, -1.0, 1.0], decay=0.5))
    assert variances == pytest.approx([11 / 3, 19 / 3, 11 / 3, 7 / 3], abs=1e-12)
    # A longer memory: three quarters of the last one and a quarter of the last square.
    longer = np.square(ewma_volatility([3.0, -1.0, 1.0], decay=0.75))
    assert longer == pytest.approx([11 / 3, 5.0, 4.0, 3.25], abs=1e-12)
    scaled = volatility_scaled([3.0, -1.0, 1.0], decay=0.5)
    last = 7 / 3
    assert scaled == pytest.approx(
        [3 * np.sqrt(last * 3 / 11), -np.sqrt(last * 3 / 19), np.sqrt(last * 3 / 11)], abs=1e-12
    )


def test_scaling_raises_losses_from_calm_times() -> None:
    calm, wild = [-0.01, 0.01] * 100, [-0.03, 0.03] * 100
    risen = float(value_at_risk(volatility_scaled(calm + wild), confidence=0.99))
    assert risen > float(value_at_risk(calm + wild, confidence=0.99)) * 1.5
    assert float(np.abs(volatility_scaled(wild + calm)[250:]).max()) < 0.011


@given(arrays(np.float64, 20, elements=st.floats(0.1, 10.0)), st.floats(0.01, 100.0))
def test_scaling_commutes_with_the_size_of_the_returns(returns: Floats, size: float) -> None:
    assert volatility_scaled(size * returns) == pytest.approx(size * volatility_scaled(returns), rel=1e-9)


def test_histories_are_measured_side_by_side() -> None:
    pnl = np.random.default_rng(2).normal(size=(3, 50))
    for measure in (age_weighted_value_at_risk, age_weighted_expected_shortfall):
        together = measure(pnl, decay=0.97, confidence=0.95)
        assert together.tolist() == [float(measure(row, decay=0.97, confidence=0.95)) for row in pnl]
    assert volatility_scaled(pnl).tolist() == [volatility_scaled(row).tolist() for row in pnl]


def test_faulty_histories_are_refused() -> None:
    for measure in (age_weighted_value_at_risk, age_weighted_expected_shortfall):
        with pytest.raises(ValueError, match=r"profits and losses: nan at \(1,\)"):
            measure([1.0, np.nan], decay=0.9, confidence=0.9)
        with pytest.raises(ValueError, match="profits and losses: there are none"):
            measure([], decay=0.9, confidence=0.9)
        for confidence in (0.0, 1.0, float("nan")):
            with pytest.raises(ValueError, match="confidence"):
                measure([1.0], decay=0.9, confidence=confidence)
        for decay in (0.0, 1.1, float("nan")):
            with pytest.raises(ValueError, match="decay"):
                measure([1.0], decay=decay, confidence=0.9)
    with pytest.raises(ValueError, match=r"decay 1\.0"):
        ewma_volatility([1.0, 2.0], decay=1.0)
    with pytest.raises(ValueError, match="no volatility"):
        volatility_scaled([[1.0, -1.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="inf at"):
        volatility_scaled([1.0, np.inf])
    with pytest.raises(ValueError, match="no scenarios"):
        age_weights(0, decay=0.9)


def test_the_default_decay_is_that_of_daily_returns() -> None:
    returns = [0.01, -0.02, 0.03]
    assert ewma_volatility(returns).tolist() == ewma_volatility(returns, decay=0.94).tolist()
    assert volatility_scaled(returns).tolist() == volatility_scaled(returns, decay=0.94).tolist()
