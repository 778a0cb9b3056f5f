"""Regression on factor returns against certified and published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.regression import factor_regression, newey_west_lags

# NIST StRD, linear regression, Longley (1967): employment on six nearly collinear series, 1947-1962.
LONGLEY = np.array(
    [
        [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
        [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
        [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
        [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
        [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
        [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
        [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
        [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
        [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
        [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
        [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
        [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
        [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
        [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
        [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
        [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ]
)
CERTIFIED_BETAS = [
    15.0618722713733,
    -0.358191792925910e-01,
    -2.02022980381683,
    -1.03322686717359,
    -0.511041056535807e-01,
    1829.15146461355,
]
CERTIFIED_ERRORS = [
    84.9149257747669,
    0.334910077722432e-01,
    0.488399681651699,
    0.214274163161675,
    0.226073200069370,
    455.478499142212,
]


def test_longley_keeps_the_certified_digits() -> None:
    found = factor_regression(LONGLEY[:, 0], LONGLEY[:, 1:])
    assert found.alpha == pytest.approx(-3482258.63459582, rel=1e-11)
    assert found.betas == pytest.approx(CERTIFIED_BETAS, rel=1e-11)
    assert found.alpha_error == pytest.approx(890420.383607373, rel=1e-11)
    assert found.beta_errors == pytest.approx(CERTIFIED_ERRORS, rel=1e-11)
    assert found.residual_deviation == pytest.approx(304.854073561965, rel=1e-11)
    assert found.r_squared == pytest.approx(0.995479004577296, rel=1e-12)
    assert found.degrees_of_freedom == 9


def test_errors_are_those_of_statsmodels() -> None:
    # statsmodels 0.15.0, OLS(...).fit(), with cov_type HC0 and HAC (maxlags 3) beside.
    t = np.arange(40.0)[:, None]
    factors = np.sin(t * [1.0, 1.7, 2.3] + [0.1, 0.2, 0.3]) * [0.01, 0.02, 0.015]
    returns = 0.3 + factors @ [1.0, -0.5, 0.25] + 0.004 * np.cos(np.arange(40.0) ** 1.3)
    for lags, alpha_error, beta_errors in (
        (None, 0.00047500266086543565, [0.06720726582663851, 0.033891173913612516, 0.04523933745208189]),
        (0, 0.00044664397791396713, [0.0637449878411968, 0.03133506146488959, 0.03940663657988475]),
        (3, 0.00018289622495939502, [0.03023299323275523, 0.02708447724434551, 0.04626867311588878]),
    ):
        found = factor_regression(returns, factors, lags=lags)
        assert found.alpha == pytest.approx(0.300050044189363, rel=1e-11)
        assert found.betas == pytest.approx(
            [0.9858672777370066, -0.478307600690159, 0.27871652423635496], rel=1e-11
        )
        assert found.alpha_error == pytest.approx(alpha_error, rel=1e-10)
        assert found.beta_errors == pytest.approx(beta_errors, rel=1e-10)
        assert found.r_squared == pytest.approx(0.9279555759132162, rel=1e-11)


def test_a_line_by_hand() -> None:
    # y = 0.8 + 2.3 x; residuals 0.2, -0.1, -0.4, 0.3: sum of squares 0.3 of 26.75, 2 degrees of freedom.
    found = factor_regression([1.0, 3.0, 5.0, 8.0], [[0.0], [1.0], [2.0], [3.0]])
    assert found.residuals == pytest.approx([0.2, -0.1, -0.4, 0.3], abs=1e-12)
    assert found.residual_deviation == pytest.approx(np.sqrt(0.15), rel=1e-12)
    assert found.r_squared == pytest.approx(1 - 0.3 / 26.75, rel=1e-12)
    assert found.beta_errors == pytest.approx([np.sqrt(0.15 / 5)], rel=1e-12)
    assert found.alpha_error == pytest.approx(np.sqrt(0.15 * (1 / 4 + 1.5**2 / 5)), rel=1e-12)


@given(
    arrays(np.float64, 3, elements=st.integers(-100, 100).map(float)),
    st.integers(0, 1000),
)
def test_residuals_are_orthogonal_and_betas_are_found(betas: Floats, seed: int) -> None:
    rng = np.random.default_rng(seed)
    factors, noise = rng.normal(size=(30, 3)), rng.normal(size=30)
    exact = factor_regression(5.0 + factors @ betas, factors)
    assert exact.betas == pytest.approx(betas, abs=1e-9)
    assert exact.alpha == pytest.approx(5.0, abs=1e-9)
    found = factor_regression(factors @ betas + noise, factors)
    assert factors.T @ found.residuals == pytest.approx(np.zeros(3), abs=1e-9)
    assert float(found.residuals.sum()) == pytest.approx(0.0, abs=1e-9)
    # Invariant to the unit of the factors.
    scaled = factor_regression(factors @ betas + noise, factors * 1e-6)
    assert scaled.betas == pytest.approx(found.betas * 1e6, rel=1e-8)
    assert scaled.beta_errors == pytest.approx(found.beta_errors * 1e6, rel=1e-8)


def test_the_customary_lags() -> None:
    assert [newey_west_lags(n) for n in (50, 100, 252, 300, 500, 1000)] == [3, 4, 4, 5, 5, 6]


def test_a_dependent_variable_that_does_not_vary_has_no_r_squared() -> None:
    found = factor_regression([0.1] * 5, [[1.0], [2.0], [3.0], [5.0], [4.0]])
    assert np.isnan(found.r_squared)
    assert found.betas == pytest.approx([0.0], abs=1e-15)


def test_faulty_factors_are_refused() -> None:
    x = np.random.default_rng(1).normal(size=(20, 2))
    y = x[:, 0]
    with pytest.raises(ValueError, match="only 2 of 3 factors are independent"):
        factor_regression(y, np.column_stack([x, x @ [1.0, -2.0]]))
    with pytest.raises(ValueError, match="factor 1 is constant"):
        factor_regression(y, np.column_stack([x[:, 0] * 1e-20, np.full(20, 0.1)]))
    with pytest.raises(ValueError, match="3 are too few for 2 factors"):
        factor_regression(y[:3], x[:3])
    with pytest.raises(ValueError, match="19 returns do not match 20 periods"):
        factor_regression(y[1:], x)
    with pytest.raises(ValueError, match="factor returns: nan at"):
        factor_regression(y, np.where(x == x[3, 1], np.nan, x))
    with pytest.raises(ValueError, match="returns: inf at"):
        factor_regression(np.where(y == y[0], np.inf, y), x)
    for lags in (-1, 20):
        with pytest.raises(ValueError, match="lags do not fit 20 periods"):
            factor_regression(y, x, lags=lags)
