"""Performance of a series of returns against a benchmark: beta, tracking error, information ratio."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measured import Measured, ratio, rounding_of
from analytics_platform.risk.numeric_input import finite_array, long_enough
from analytics_platform.risk.performance import PERIODS_A_YEAR

BENCHMARK_DOES_NOT_VARY = "the returns of the benchmark do not vary"
NO_TRACKING_ERROR = "the returns do not differ from the benchmark by more than a constant"


def _pair(returns: ArrayLike, benchmark: ArrayLike) -> tuple[Floats, Floats]:
    own = long_enough(finite_array(returns, "returns"), 2, "returns")
    other = finite_array(benchmark, "returns of the benchmark")
    if own.shape[-1] != other.shape[-1]:
        message = f"{own.shape[-1]} returns do not match {other.shape[-1]} of the benchmark"
        raise ValueError(message)
    return own, other


def beta(returns: ArrayLike, benchmark: ArrayLike) -> Measured:
    """Covariance with the benchmark over the variance of the benchmark.

    Parameters
    ----------
    returns, benchmark : array_like of shape (..., n_periods)
        Decimals of the same periods, at least two; in excess of the risk-free return where that moves.

    Returns
    -------
    Measured
        Of shape (...); NaN where the benchmark does not vary.

    Raises
    ------
    ValueError
        If there are fewer periods, the two differ in length, or a number is not finite.

    References
    ----------
    Bacon, C. (2008). Practical Portfolio Performance Measurement and Attribution, 2nd edition,
    chapter 4.

    Examples
    --------
    >>> float(beta([0.03, 0.01, -0.01], [0.02, 0.01, 0.0]).value.round(12))
    2.0

    """
    own, other = _pair(returns, benchmark)
    centred = other - other.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=-1))
    covariance = ((own - own.mean(axis=-1, keepdims=True)) * centred).mean(axis=-1)
    found = ratio(1.0, deviation, least=rounding_of(other), reason=BENCHMARK_DOES_NOT_VARY)
    return Measured(np.asarray(covariance * found.value**2), found.reason)


def alpha(returns: ArrayLike, benchmark: ArrayLike, *, periods_a_year: float = PERIODS_A_YEAR) -> Measured:
    """Mean return that beta does not explain, times the periods of a year (Jensen).

    Parameters and errors as in `beta`.

    Returns
    -------
    Measured
        Decimals a year, not compounded; NaN where the benchmark does not vary.

    References
    ----------
    Jensen, M. (1968). The performance of mutual funds in the period 1945-1964. Journal of Finance
    23(2), 389-416.

    Examples
    --------
    >>> float(alpha([0.035, 0.015, -0.005], [0.02, 0.01, 0.0], periods_a_year=1).value.round(12))
    -0.005

    """
    slope = beta(returns, benchmark)
    own, other = _pair(returns, benchmark)
    left = own.mean(axis=-1) - slope.value * other.mean(axis=-1)
    return Measured(np.asarray(left * periods_a_year), slope.reason)


def tracking_error(
    returns: ArrayLike, benchmark: ArrayLike, *, periods_a_year: float = PERIODS_A_YEAR
) -> Floats:
    """Sample deviation of the active return, divisor n - 1, times the root of the periods of a year.

    Parameters and errors as in `beta`.

    Returns
    -------
    ndarray of shape (...)

    References
    ----------
    Bacon (2008), chapter 4.

    Examples
    --------
    >>> round(float(tracking_error([0.03, 0.01, -0.01], [0.02, 0.01, 0.0], periods_a_year=1)), 12)
    0.01

    """
    own, other = _pair(returns, benchmark)
    return np.asarray((own - other).std(axis=-1, ddof=1) * np.sqrt(periods_a_year))


def information_ratio(
    returns: ArrayLike, benchmark: ArrayLike, *, periods_a_year: float = PERIODS_A_YEAR
) -> Measured:
    """Mean active return over its sample deviation, times the root of the periods of a year.

    Parameters and errors as in `beta`.

    Returns
    -------
    Measured
        Of shape (...); NaN where the active return does not vary.

    References
    ----------
    Goodwin, T. (1998). The information ratio. Financial Analysts Journal 54(4), 34-43; Bacon (2008),
    chapter 4.

    Examples
    --------
    >>> round(float(information_ratio([0.03, 0.02, 0.03], [0.02, 0.02, 0.01], periods_a_year=1).value), 6)
    1.0

    """
    own, other = _pair(returns, benchmark)
    active = own - other
    scaled = active.mean(axis=-1) * np.sqrt(periods_a_year)
    least = rounding_of(own, other)
    return ratio(scaled, active.std(axis=-1, ddof=1), least=least, reason=NO_TRACKING_ERROR)
