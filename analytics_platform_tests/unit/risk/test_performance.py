"""Performance of returns by themselves, against empyrical and figures of NIST."""

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.drawdowns import max_drawdown
from analytics_platform.risk.performance import (
    NO_DRAWDOWN,
    NO_SHORTFALL,
    NO_VOLATILITY,
    UNDER_A_YEAR,
    annualised_return,
    calmar_ratio,
    chained_return,
    sharpe_ratio,
    sortino_ratio,
    volatility,
)

RETURNS = arrays(
    np.float64, st.integers(2, 60), elements=st.integers(-9000, 9000).map(lambda x: x / 1e5)
).filter(lambda x: float(np.ptp(x)) > 0.0)
ROOT = float(np.sqrt(252.0))


@given(RETURNS)
def test_volatility_and_sharpe_ratio_are_those_of_empyrical(returns: Floats) -> None:
    assert float(volatility(returns)) == pytest.approx(empyrical.annual_volatility(returns), rel=1e-10)
    ours = float(sharpe_ratio(returns, risk_free=0.0001).value)
    assert ours == pytest.approx(empyrical.sharpe_ratio(returns, risk_free=0.0001), rel=1e-8, abs=1e-12)


@given(RETURNS)
def test_sortino_ratio_is_that_of_empyrical(returns: Floats) -> None:
    ours = sortino_ratio(returns, required=0.001)
    if (returns < 0.001).any():
        theirs = empyrical.sortino_ratio(returns, required_return=0.001)
        assert float(ours.value) == pytest.approx(theirs, rel=1e-8, abs=1e-12)
    else:  # empyrical: infinity
        assert np.isnan(ours.value)
        assert ours.reason == NO_SHORTFALL


@given(RETURNS)
def test_chained_return_is_that_of_empyrical_and_a_product(returns: Floats) -> None:
    total = float(chained_return(returns))
    assert total == pytest.approx(empyrical.cum_returns_final(returns), abs=1e-12)
    half = returns.size // 2
    parts = [float(chained_return(part)) for part in (returns[:half], returns[half:]) if part.size]
    assert total == pytest.approx(float(np.prod([1 + part for part in parts])) - 1, abs=1e-12)
    assert total == pytest.approx(float(chained_return(returns[::-1])), abs=1e-12)


@given(RETURNS)
def test_calmar_ratio_is_that_of_empyrical_but_for_the_year(returns: Floats) -> None:
    depth = float(max_drawdown(returns))
    ours = calmar_ratio(returns, days=500)
    if depth < 0.0:
        growth = float(chained_return(returns)) + 1
        assert float(ours.value) == pytest.approx(
            (growth ** (365.25 / 500) - 1) / -depth, rel=1e-9, abs=1e-12
        )
        theirs = empyrical.calmar_ratio(returns)  # annualises by periods over 252
        again = (growth ** (252 / returns.size) - 1) / -depth
        assert theirs == pytest.approx(again, rel=1e-9, abs=1e-12)
    else:
        assert (bool(np.isnan(ours.value)), ours.reason) == (True, NO_DRAWDOWN)


def test_ratios_by_hand() -> None:
    returns = [0.02, -0.02, 0.03, 0.01]
    # Mean 0.01; squares around it 1, 9, 4, 0 x 1e-4; the one shortfall is 0.02 of four periods.
    deviation = np.sqrt(14e-4 / 3)
    assert float(volatility(returns)) == pytest.approx(deviation * ROOT, rel=1e-12)
    assert float(sharpe_ratio(returns).value) == pytest.approx(0.01 / deviation * ROOT, rel=1e-12)
    assert float(sharpe_ratio(returns, risk_free=0.01).value) == pytest.approx(0.0, abs=1e-12)
    assert float(sortino_ratio(returns).value) == pytest.approx(0.01 / 0.01 * ROOT, rel=1e-12)
    required = float(sortino_ratio(returns, required=0.01, periods_a_year=12).value)
    assert required == pytest.approx(0.0, abs=1e-12)
    moving = float(sharpe_ratio(returns, risk_free=[0.01, 0.01, 0.02, 0.0]).value)
    excess = np.array([0.01, -0.03, 0.01, 0.01])
    assert moving == pytest.approx(excess.mean() / excess.std(ddof=1) * ROOT, abs=1e-12)


def test_under_a_year_nothing_is_annualised() -> None:
    short = annualised_return([0.1, 0.2], days=364)
    assert np.isnan(short.value).all()
    assert short.reason == UNDER_A_YEAR
    year = annualised_return([0.1, -1.0], days=365)
    assert year.value == pytest.approx([1.1 ** (365.25 / 365) - 1, -1.0], rel=1e-12)
    assert year.reason == ""
    two = float(annualised_return(0.21, days=1461).value)
    assert two == pytest.approx(1.21**0.25 - 1, rel=1e-12)
    assert calmar_ratio([0.1, -0.1], days=100).reason == UNDER_A_YEAR
    assert annualised_return(0.1, days=1).reason == UNDER_A_YEAR


def test_without_volatility_there_is_no_ratio_and_no_infinity() -> None:
    # Rounding leaves a deviation of some 1e-18: the ratio would be astronomical instead of infinite.
    constant = np.full(11, 0.1)
    assert (bool(np.isnan(sharpe_ratio(constant).value)), sharpe_ratio(constant).reason) == (
        True,
        NO_VOLATILITY,
    )
    rates = np.linspace(0.001, 0.7, 30)
    shifted = sharpe_ratio(rates + 0.01, risk_free=rates)
    assert (bool(np.isnan(shifted.value)), shifted.reason) == (True, NO_VOLATILITY)
    both = sharpe_ratio([[0.01, 0.01], [0.01, 0.02]])
    assert np.isnan(both.value).tolist() == [True, False]
    assert both.reason == NO_VOLATILITY
    small = sharpe_ratio([1e-16, 2e-16, 3e-16], periods_a_year=1)
    assert small.reason == ""
    assert float(small.value) == pytest.approx(2.0, rel=1e-9)


@pytest.mark.parametrize(
    ("data", "mean", "tolerance"),
    [
        ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1e-9),
        ([1.2, *[1.1, 1.3] * 500], 1.2, 1e-12),
        ([1000000.2, *[1000000.1, 1000000.3] * 500], 1000000.2, 1e-8),
        ([10000000.2, *[10000000.1, 10000000.3] * 500], 10000000.2, 1e-7),
    ],
    ids=["NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"],
)
def test_the_deviation_keeps_the_digits_of_nist(data: list[float], mean: float, tolerance: float) -> None:
    # NIST StRD, univariate: standard deviations 1, 0.1, 0.1, 0.1. One pass gives nothing on the last.
    certified = 1.0 if len(data) == 3 else 0.1
    assert float(np.mean(data)) == pytest.approx(mean, rel=1e-15)
    assert float(volatility(data, periods_a_year=1)) == pytest.approx(certified, rel=tolerance)


def test_series_are_measured_side_by_side() -> None:
    returns = np.random.default_rng(1).normal(scale=0.01, size=(3, 40))
    for measure in (volatility, chained_return):
        assert measure(returns).tolist() == pytest.approx([float(measure(row)) for row in returns])
    for ratio in (sharpe_ratio, sortino_ratio):
        assert ratio(returns).value == pytest.approx([float(ratio(row).value) for row in returns])
    calmars = calmar_ratio(returns, days=400).value
    assert calmars == pytest.approx([float(calmar_ratio(row, days=400).value) for row in returns])


def test_faulty_returns_are_refused() -> None:
    for measure in (volatility, sharpe_ratio, sortino_ratio, chained_return):
        with pytest.raises(ValueError, match=r"returns: nan at \(1,\)"):
            measure([0.1, np.nan, 0.2])
        with pytest.raises(ValueError, match="returns: there are none"):
            measure([])
    for measure in (volatility, sharpe_ratio, sortino_ratio):
        with pytest.raises(ValueError, match="1 values are too few, 2 are needed"):
            measure([0.1])
    with pytest.raises(ValueError, match="risk-free returns: nan"):
        sharpe_ratio([0.1, 0.2], risk_free=[0.0, np.nan])
    with pytest.raises(ValueError, match=r"-1\.1 loses more than everything"):
        chained_return([0.5, -1.1])
    for total, days in ((0.1, 0), (-1.1, 400)):
        with pytest.raises(ValueError, match="cannot be annualised"):
            annualised_return(total, days=days)
