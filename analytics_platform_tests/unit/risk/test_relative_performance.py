"""Performance against a benchmark, and the shape of returns, against empyrical, SciPy and NIST."""

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.performance import NO_VOLATILITY
from analytics_platform.risk.relative_performance import (
    BENCHMARK_DOES_NOT_VARY,
    NO_TRACKING_ERROR,
    beta,
    information_ratio,
    tracking_error,
)
from analytics_platform.risk.return_distribution import autocorrelation, excess_kurtosis, skewness

PAIRS = arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(3, 40)),
    elements=st.integers(-9000, 9000).map(lambda x: x / 1e5),
).filter(lambda x: float(np.ptp(x, axis=1).min()) > 0.0 and float(np.ptp(x[0] - x[1])) > 1e-9)


@given(PAIRS)
def test_beta_and_information_ratio_are_those_of_empyrical(pair: Floats) -> None:
    own, benchmark = pair
    assert float(beta(own, benchmark).value) == pytest.approx(
        empyrical.beta(own, benchmark), rel=1e-8, abs=1e-9
    )
    # empyrical's is per period.
    yearly = empyrical.excess_sharpe(own, benchmark) * np.sqrt(252)
    assert float(information_ratio(own, benchmark).value) == pytest.approx(yearly, rel=1e-8, abs=1e-9)


@given(PAIRS)
def test_moments_are_those_of_scipy(pair: Floats) -> None:
    assert float(skewness(pair[0]).value) == pytest.approx(stats.skew(pair[0]), abs=1e-8)
    assert float(excess_kurtosis(pair[0]).value) == pytest.approx(stats.kurtosis(pair[0]), abs=1e-8)


def test_relative_measures_by_hand() -> None:
    own, benchmark = [0.03, 0.01, -0.02, 0.02], [0.02, 0.01, -0.01, 0.02]
    # Active 0.01, 0, -0.01, 0: mean 0, sum of squares 2e-4 over 3.
    assert float(tracking_error(own, benchmark)) == pytest.approx(np.sqrt(2e-4 / 3 * 252), rel=1e-12)
    assert float(information_ratio(own, benchmark).value) == pytest.approx(0.0, abs=1e-12)
    more = float(information_ratio(np.add(own, 0.001), benchmark, periods_a_year=12).value)
    assert more == pytest.approx(0.001 / np.sqrt(2e-4 / 3) * np.sqrt(12), rel=1e-12)
    # Around means of 0.01: covariance 0.02 0.01 + 0 + 0.03 0.02 + 0.01 0.01 = 9e-4 over 6e-4.
    assert float(beta(own, benchmark).value) == pytest.approx(1.5, rel=1e-12)
    assert float(beta(np.multiply(-2.0, benchmark), benchmark).value) == pytest.approx(-2.0, rel=1e-12)


def test_moments_by_hand() -> None:
    # 0, 0, 0, 4: population variance 3, third moment 6, fourth moment 21.
    assert float(skewness([0.0, 0.0, 0.0, 4.0]).value) == pytest.approx(6 / 3**1.5, rel=1e-12)
    assert float(excess_kurtosis([0.0, 0.0, 0.0, 4.0]).value) == pytest.approx(21 / 9 - 3, rel=1e-12)
    assert float(autocorrelation([1.0, 2.0, 3.0, 4.0]).value) == pytest.approx(1.25 / 5, rel=1e-12)
    assert float(autocorrelation([1.0, 2.0, 3.0, 4.0], lag=2).value) == pytest.approx(-1.5 / 5, rel=1e-12)


@pytest.mark.parametrize(
    ("data", "certified", "tolerance"),
    [
        ([10000001.0, 10000003.0, 10000002.0], -0.5, 1e-12),
        ([1.2, *[1.1, 1.3] * 500], -0.999, 1e-12),
        ([1000000.2, *[1000000.1, 1000000.3] * 500], -0.999, 1e-8),
        ([10000000.2, *[10000000.1, 10000000.3] * 500], -0.999, 1e-7),
    ],
    ids=["NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"],
)
def test_autocorrelation_keeps_the_digits_of_nist(
    data: list[float], certified: float, tolerance: float
) -> None:
    assert float(autocorrelation(data).value) == pytest.approx(certified, rel=tolerance)


def test_what_does_not_vary_has_a_reason_instead_of_a_number() -> None:
    constant, returns = np.full(7, 0.1), np.linspace(-0.3, 0.1, 7)
    for found, reason in (
        (beta(returns, constant), BENCHMARK_DOES_NOT_VARY),
        (information_ratio(returns + 0.01, returns), NO_TRACKING_ERROR),
        (skewness(constant), NO_VOLATILITY),
        (excess_kurtosis(constant), NO_VOLATILITY),
        (autocorrelation(constant), NO_VOLATILITY),
    ):
        assert (bool(np.isnan(found.value)), found.reason) == (True, reason)
    assert skewness(np.zeros(5)).reason == NO_VOLATILITY
    assert beta(constant, returns).reason == ""
    assert float(beta(constant, returns).value) == pytest.approx(0.0, abs=1e-12)


def test_one_benchmark_serves_several_portfolios() -> None:
    own, benchmark = np.random.default_rng(3).normal(size=(3, 20)), np.random.default_rng(4).normal(size=20)
    for measure in (beta, information_ratio):
        together = measure(own, benchmark).value
        assert together == pytest.approx([float(measure(row, benchmark).value) for row in own])
    assert skewness(own).value == pytest.approx([float(skewness(row).value) for row in own])


def test_faulty_pairs_are_refused() -> None:
    for measure in (beta, tracking_error, information_ratio):
        with pytest.raises(ValueError, match="returns of the benchmark: nan"):
            measure([0.1, 0.2], [0.1, np.nan])
        with pytest.raises(ValueError, match="2 returns do not match 3"):
            measure([0.1, 0.2], [0.1, 0.2, 0.3])
        with pytest.raises(ValueError, match="1 values are too few"):
            measure([0.1], [0.1])
    for moment in (skewness, excess_kurtosis, autocorrelation):
        with pytest.raises(ValueError, match="returns: inf"):
            moment([0.1, np.inf, 0.2])
        with pytest.raises(ValueError, match="too few"):
            moment([0.1])
    with pytest.raises(ValueError, match="a lag of 0"):
        autocorrelation([0.1, 0.2, 0.3], lag=0)
    with pytest.raises(ValueError, match="3 values are too few, 4 are needed"):
        autocorrelation([0.1, 0.2, 0.3], lag=2)
