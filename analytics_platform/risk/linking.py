"""Linking of contributions over periods (Carino), so that they sum to the compounded return."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import finite_array
from analytics_platform.risk.performance import chained_return

_TOLERANCE = 1e-9
"""Largest difference between a return and the sum of its contributions."""


def _log_ratio(returns: Floats, benchmark: Floats) -> Floats:
    """(ln(1 + a) - ln(1 + b)) / (a - b), and its limit 1 / (1 + b) where they are equal."""
    difference = (returns - benchmark) / (1.0 + benchmark)
    is_alike = difference == 0.0
    slope = np.where(is_alike, 1.0, np.log1p(difference) / np.where(is_alike, 1.0, difference))
    return np.asarray(slope / (1.0 + benchmark))


def linking_coefficients(returns: ArrayLike, benchmark: ArrayLike | None = None) -> Floats:
    """Factors by which what each period contributes must be multiplied before it is summed over time.

    Parameters
    ----------
    returns : array_like of shape (n_periods,)
        Of the portfolio, decimals per period, above -1.
    benchmark : array_like of shape (n_periods,), optional
        Of the benchmark: the factors are then those of active contributions, which sum to the
        difference of the two compounded returns.

    Returns
    -------
    ndarray of shape (n_periods,)
        k_t / k with k = (ln(1 + R) - ln(1 + B)) / (R - B), B being 0 without a benchmark.

    Raises
    ------
    ValueError
        If a return is -1 or less, the two differ in length, or one is empty or not finite.

    References
    ----------
    Carino, D. (1999). Combining attribution effects over time. Journal of Performance Measurement
    3(4), 5-14.

    Examples
    --------
    >>> factors = linking_coefficients([0.10, 0.20])
    >>> round(float(factors @ [0.10, 0.20]), 12)
    0.32

    """
    own = finite_array(returns, "returns", ndim=1)
    other = np.zeros_like(own)
    if benchmark is not None:
        other = finite_array(benchmark, "returns of the benchmark", ndim=1)
    if own.shape != other.shape:
        message = f"{own.size} returns do not match {other.size} of the benchmark"
        raise ValueError(message)
    if (own <= -1.0).any() or (other <= -1.0).any():
        message = "a period that loses everything cannot be linked"
        raise ValueError(message)
    return _log_ratio(own, other) / _log_ratio(chained_return(own), chained_return(other))


def linked_contributions(
    contributions: ArrayLike, returns: ArrayLike, benchmark: ArrayLike | None = None
) -> Floats:
    """Contributions over all periods, summing to the compounded return.

    Parameters
    ----------
    contributions : array_like of shape (n_periods, n_items)
        Weight at the start of the period times return, or effects of an attribution; those of each
        period sum to its return, or its active return.
    returns, benchmark : array_like of shape (n_periods,)
        As in `linking_coefficients`.

    Returns
    -------
    ndarray of shape (n_items,)

    Raises
    ------
    ValueError
        If the contributions of a period miss its return by more than 1e-9, and as in
        `linking_coefficients`.

    References
    ----------
    Carino (1999), as in `linking_coefficients`.

    Examples
    --------
    >>> linked_contributions([[0.06, 0.04], [0.0, 0.2]], [0.10, 0.20]).round(6).tolist()
    [0.065913, 0.254087]

    """
    parts = finite_array(contributions, "contributions", ndim=2)
    factors = linking_coefficients(returns, benchmark)
    if len(parts) != factors.size:
        message = f"contributions of {len(parts)} periods do not match {factors.size} returns"
        raise ValueError(message)
    wanted = np.asarray(returns, dtype=np.float64)
    if benchmark is not None:
        wanted = wanted - np.asarray(benchmark, dtype=np.float64)
    missed = np.abs(parts.sum(axis=1) - wanted)
    if missed.max() > _TOLERANCE:
        period = int(missed.argmax())
        message = f"contributions of period {period} sum to {parts[period].sum()}, not to {wanted[period]}"
        raise ValueError(message)
    return np.asarray(factors @ parts)
