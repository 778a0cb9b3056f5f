"""Arrays and numbers that a calculation takes from outside: checked, or refused with what is wrong."""

from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats

NOT_FINITE = "a scenario of the stored vector is no number"
"""Why a stored vector cannot be used."""


def finite_array(values: ArrayLike, name: str, *, ndim: int | None = None) -> Floats:
    """Values as float64, refused if there are none or one is no number.

    Parameters
    ----------
    values : array_like
    name : str
        What the values are, for the message.
    ndim : int, optional
        Number of dimensions they must have; at least one without it.

    Raises
    ------
    ValueError
        If the array is empty, has another number of dimensions, or holds a NaN or an infinity: a
        missing value must not be averaged away.

    Examples
    --------
    >>> finite_array([1, 2], "returns").tolist()
    [1.0, 2.0]

    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or (ndim is not None and array.ndim != ndim):
        message = f"{name}: {array.ndim} dimensions instead of {ndim or 'one or more'}"
        raise ValueError(message)
    if array.size == 0:
        message = f"{name}: there are none"
        raise ValueError(message)
    is_faulty = ~np.isfinite(array)
    if is_faulty.any():
        first = tuple(int(axis[0]) for axis in np.nonzero(is_faulty))
        message = f"{name}: {array[first]} at {first} is not a finite number"
        raise ValueError(message)
    return array


def long_enough(array: Floats, least: int, name: str) -> Floats:
    """Return an array whose last axis has at least a number of values.

    Raises
    ------
    ValueError
        If it is shorter.

    """
    if array.shape[-1] < least:
        message = f"{name}: {array.shape[-1]} values are too few, {least} are needed"
        raise ValueError(message)
    return array


def checked_confidence(confidence: float) -> float:
    """Return a confidence strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it is not.

    """
    if not 0.0 < confidence < 1.0:
        message = f"confidence {confidence} is not between 0 and 1"
        raise ValueError(message)
    return float(confidence)


def tail_share(confidence: float) -> float:
    """Share of scenarios in the tail, 1 - c formed in decimal.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1.

    Examples
    --------
    >>> tail_share(0.99), 1 - 0.99
    (0.01, 0.010000000000000009)

    """
    return float(1 - Decimal(str(checked_confidence(confidence))))


def checked_decay(decay: float, *, may_be_one: bool = False) -> float:
    """Return a decay factor strictly between 0 and 1, or 1 where that means equal weights.

    Raises
    ------
    ValueError
        If it is not.

    """
    if not (0.0 < decay < 1.0 or (may_be_one and decay == 1.0)):
        message = f"decay {decay} is not between 0 and 1"
        raise ValueError(message)
    return float(decay)
