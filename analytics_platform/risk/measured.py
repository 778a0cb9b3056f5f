"""Numbers that may not exist: the values, and the reason why some are missing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats

_NO_VARIATION = 1e-14
"""A deviation below this share of the largest value is what rounding leaves of none."""


@dataclass(frozen=True)
class Measured:
    """Values with the reason why some are missing.

    Attributes
    ----------
    value : ndarray
        NaN where the number does not exist; never an infinity.
    reason : str
        Why values are NaN; empty where none is.

    """

    value: Floats
    reason: str = ""


def ratio(numerator: ArrayLike, denominator: ArrayLike, *, least: ArrayLike, reason: str) -> Measured:
    """Quotient that does not exist where the denominator is, but for rounding, zero.

    Parameters
    ----------
    numerator, denominator : array_like
    least : array_like
        Size up to which the denominator counts as zero.
    reason : str
        What a denominator of zero means.

    Examples
    --------
    >>> ratio([1.0, 3.0], [0.0, 2.0], least=0.0, reason="no volatility")
    Measured(value=array([nan, 1.5]), reason='no volatility')

    """
    top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    is_zero = np.abs(bottom) <= least
    value = np.where(is_zero, np.nan, top / np.where(is_zero, 1.0, bottom))
    return Measured(value, reason if is_zero.any() else "")


def rounding_of(*arrays: Floats) -> Floats:
    """Size of a deviation that rounding alone can leave, from the largest values along the last axis."""
    largest = [np.abs(array).max(axis=-1, initial=0.0) for array in arrays]
    return np.asarray(_NO_VARIATION * np.sum(np.broadcast_arrays(*largest), axis=0))
