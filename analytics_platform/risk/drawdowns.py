"""Falls of a chained series of returns below its highest level so far, the start included."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import finite_array


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of a series.

    Attributes
    ----------
    depth : float
        Fall as a share of the peak: 0 or negative, -0.25 for a quarter.
    peak, trough : int
        Number of periods gone at the last highest level before the fall, and at its end; 0 is the
        start. Equal if there is no fall.
    recovery : int or None
        Number of periods gone when the level of the peak was reached again; None if it was not.

    """

    depth: float
    peak: int
    trough: int
    recovery: int | None


def wealth(returns: ArrayLike) -> Floats:
    """Level of 1.0 invested at the start, at the start and after each period.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Decimals per period.

    Returns
    -------
    ndarray of shape (..., n_periods + 1)

    Raises
    ------
    ValueError
        If the returns are empty, hold a NaN or an infinity, or one is below -1.

    Examples
    --------
    >>> wealth([0.5, -0.5]).tolist()
    [1.0, 1.5, 0.75]

    """
    array = finite_array(returns, "returns")
    if (array < -1.0).any():
        message = f"returns: {array.min()} loses more than everything, and cannot be chained"
        raise ValueError(message)
    start = np.ones((*array.shape[:-1], 1))
    return np.concatenate([start, np.cumprod(1.0 + array, axis=-1)], axis=-1)


def drawdown_path(returns: ArrayLike) -> Floats:
    """Fall below the highest level so far, at the start and after each period.

    Parameters and errors as in `wealth`.

    Returns
    -------
    ndarray of shape (..., n_periods + 1)
        0 or negative, as a share of the highest level.

    References
    ----------
    Bacon, C. (2008). Practical Portfolio Performance Measurement and Attribution, 2nd edition,
    chapter 4.

    Examples
    --------
    >>> drawdown_path([-0.5, 1.5, -0.2]).round(12).tolist()
    [0.0, -0.5, 0.0, -0.2]

    """
    level = wealth(returns)
    return np.asarray(level / np.maximum.accumulate(level, axis=-1) - 1.0)


def max_drawdown(returns: ArrayLike) -> Floats:
    """Deepest fall as a share of the level before it: 0 or negative.

    Parameters and errors as in `wealth`.

    Returns
    -------
    ndarray of shape (...)

    Examples
    --------
    >>> float(max_drawdown([-0.5, 1.5, -0.2]))
    -0.5

    """
    return np.asarray(drawdown_path(returns).min(axis=-1))


def deepest_drawdown(returns: ArrayLike) -> Drawdown:
    """Deepest fall of one series with its dates; of equal ones the first.

    Parameters
    ----------
    returns : array_like of shape (n_periods,)
        Decimals per period.

    Raises
    ------
    ValueError
        As in `wealth`.

    Examples
    --------
    >>> deepest_drawdown([0.1, -0.5, 0.5, 1.0, -0.1])
    Drawdown(depth=-0.5, peak=1, trough=2, recovery=4)

    """
    level = wealth(finite_array(returns, "returns", ndim=1))
    path = drawdown_path(returns)
    trough = int(path.argmin())
    highest = level[: trough + 1].max()
    peak = int(np.flatnonzero(level[: trough + 1] == highest)[-1])
    regained = np.flatnonzero(level[trough:] >= highest)
    return Drawdown(float(path[trough]), peak, trough, trough + int(regained[0]) if regained.size else None)
