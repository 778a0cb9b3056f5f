"""Shape of a series of returns: skewness, kurtosis, autocorrelation."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.measured import Measured, ratio, rounding_of
from analytics_platform.risk.numeric_input import finite_array, long_enough
from analytics_platform.risk.performance import NO_VOLATILITY

_NORMAL_KURTOSIS = 3.0


def _standard_scores(returns: ArrayLike, least: int) -> Measured:
    """Deviations from the mean in units of the population deviation, of shape (..., n_periods)."""
    array = long_enough(finite_array(returns, "returns"), least, "returns")
    centred = array - array.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=-1))
    is_alike = deviation <= rounding_of(array)
    scores = ratio(centred, deviation[..., None], least=rounding_of(array)[..., None], reason=NO_VOLATILITY)
    return Measured(scores.value, NO_VOLATILITY if is_alike.any() else "")


def skewness(returns: ArrayLike) -> Measured:
    """Mean cube of the standard scores, with population moments (divisor n).

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        At least two.

    Returns
    -------
    Measured
        Of shape (...); NaN where the returns do not vary.

    Raises
    ------
    ValueError
        If there are fewer returns, or one is not finite.

    References
    ----------
    Bacon, C. (2008). Practical Portfolio Performance Measurement and Attribution, 2nd edition,
    chapter 4.

    Examples
    --------
    >>> round(float(skewness([0.0, 0.0, 0.0, 4.0]).value), 6)
    1.154701

    """
    scores = _standard_scores(returns, 2)
    return Measured(np.asarray((scores.value**3).mean(axis=-1)), scores.reason)


def excess_kurtosis(returns: ArrayLike) -> Measured:
    """Mean fourth power of the standard scores, with population moments, less the 3 of a normal.

    Parameters, errors, shape and references as in `skewness`.

    Examples
    --------
    >>> round(float(excess_kurtosis([0.0, 0.0, 0.0, 4.0]).value), 6)
    -0.666667

    """
    scores = _standard_scores(returns, 2)
    return Measured(np.asarray((scores.value**4).mean(axis=-1) - _NORMAL_KURTOSIS), scores.reason)


def autocorrelation(returns: ArrayLike, *, lag: int = 1) -> Measured:
    """Autocorrelation around the mean of the whole series, divisor n in both moments.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        In the order of time, at least two more than the lag.
    lag : int
        At least one.

    Returns
    -------
    Measured
        Of shape (...); NaN where the returns do not vary.

    Raises
    ------
    ValueError
        If the lag is below one, there are fewer returns, or one is not finite.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.12.

    Examples
    --------
    >>> float(autocorrelation([10000001.0, 10000003.0, 10000002.0]).value.round(12))
    -0.5

    """
    if lag < 1:
        message = f"a lag of {lag} is no autocorrelation"
        raise ValueError(message)
    scores = _standard_scores(returns, lag + 2)
    products = scores.value[..., lag:] * scores.value[..., :-lag]
    return Measured(np.asarray(products.sum(axis=-1) / scores.value.shape[-1]), scores.reason)
