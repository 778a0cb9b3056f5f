"""Historical value at risk, expected shortfall and its parts, from vectors of profit and loss."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats


@dataclass(frozen=True)
class Tail:
    """The worst scenarios that a confidence asks for.

    Attributes
    ----------
    count : int
        k, the rank of the value at risk: the smallest whole number not below n (1 - c).
    weights : ndarray of shape (count,)
        Weight of each of the k worst scenarios in the expected shortfall, worst first; they sum to 1.
    is_short : bool
        Whether n (1 - c) < 1: there are too few scenarios, and both measures are the worst loss.

    """

    count: int
    weights: Floats
    is_short: bool


def tail(n_scenarios: int, confidence: float) -> Tail:
    """Rank of the value at risk and weights of the expected shortfall.

    The product n (1 - c) is formed in decimal: in binary, (1 - 0.95) * 100 is above 5 and its
    ceiling the wrong rank.

    Parameters
    ----------
    n_scenarios : int
    confidence : float
        Share of scenarios that are not in the tail, strictly between 0 and 1, read as the shortest
        decimal that gives this float.

    Raises
    ------
    ValueError
        If there is no scenario or the confidence is outside (0, 1).

    Examples
    --------
    >>> tail(500, 0.99).count, tail(100, 0.95).count, tail(250, 0.99).count
    (5, 5, 3)

    """
    if n_scenarios < 1:
        message = "there are no scenarios"
        raise ValueError(message)
    if not 0.0 < confidence < 1.0:
        message = f"confidence {confidence} is not between 0 and 1"
        raise ValueError(message)
    size = n_scenarios * (1 - Decimal(str(float(confidence))))
    count = int(size.to_integral_value(rounding=ROUND_CEILING))
    weights = np.full(count, float(1 / size))
    weights[-1] = float((size - (count - 1)) / size)
    return Tail(count, weights, size < 1)


def _checked(pnl: ArrayLike) -> Floats:
    array = np.asarray(pnl, dtype=np.float64)
    if array.ndim == 0 or array.shape[-1] == 0:
        message = "there are no scenarios"
        raise ValueError(message)
    if not np.isfinite(array).all():
        message = "a profit or loss is not a finite number: a missing scenario must not be averaged away"
        raise ValueError(message)
    return array


def _worst(pnl: ArrayLike, confidence: float) -> tuple[Floats, Tail]:
    """Pick the k worst scenarios of each vector, worst first."""
    array = _checked(pnl)
    wanted = tail(array.shape[-1], confidence)
    part = np.partition(array, wanted.count - 1, axis=-1)[..., : wanted.count]
    return np.sort(part, axis=-1), wanted


def value_at_risk(pnl: ArrayLike, *, confidence: float) -> Floats:
    """Historical value at risk: the k-th worst loss, k = ceil(n (1 - c)).

    Parameters
    ----------
    pnl : array_like of shape (..., n_scenarios)
        Profit (positive) or loss of each portfolio in each scenario, in any order of the scenarios.
    confidence : float
        Share of scenarios that are not in the tail, strictly between 0 and 1.

    Returns
    -------
    ndarray of shape (...)
        Positive for a loss. If n (1 - c) < 1 it is the worst loss; `tail` tells.

    Raises
    ------
    ValueError
        If the confidence is outside (0, 1), or `pnl` is empty or holds a NaN or an infinity.

    References
    ----------
    Hull, J. C. Options, Futures, and Other Derivatives, chapter on value at risk: of 500 scenarios
    the fifth worst at 99 %.

    Examples
    --------
    >>> float(value_at_risk(-np.arange(1.0, 501.0), confidence=0.99))
    496.0

    """
    worst, _wanted = _worst(pnl, confidence)
    return np.asarray(0.0 - worst[..., -1])


def expected_shortfall(pnl: ArrayLike, *, confidence: float) -> Floats:
    """Mean loss over the worst ``1 - confidence`` share of the scenarios, the last one in part.

    Parameters, errors and shape as in `value_at_risk`.

    References
    ----------
    Acerbi, C., Tasche, D. (2002). On the coherence of expected shortfall. Journal of Banking &
    Finance 26(7), definition 2.6.

    Examples
    --------
    >>> float(expected_shortfall([-4.0, -2.0, 1.0, 3.0], confidence=0.5))
    3.0

    """
    worst, wanted = _worst(pnl, confidence)
    return np.asarray(0.0 - worst @ wanted.weights)


def tail_mean(pnl: ArrayLike, *, confidence: float) -> Floats:
    """Plain mean of the k worst losses; parameters as in `value_at_risk`.

    For comparison with systems that report it; it understates the tail unless n (1 - c) is whole.

    Examples
    --------
    >>> float(tail_mean([-6.0, -3.0, 0.0, 1.0, 2.0], confidence=0.7))
    4.5

    """
    worst, _wanted = _worst(pnl, confidence)
    return np.asarray(0.0 - worst.mean(axis=-1))


def shortfall_components(position_pnl: ArrayLike, *, confidence: float) -> Floats:
    """Parts of the expected shortfall that the positions of one portfolio bring.

    Each part is the position's mean loss over the portfolio's worst scenarios, with the weights of
    the expected shortfall; the parts sum to it.

    Parameters
    ----------
    position_pnl : array_like of shape (n_positions, n_scenarios)
        Profit or loss of each position; the portfolio is their sum. Of scenarios with equal loss at
        the edge of the tail the first ones count.
    confidence : float

    Returns
    -------
    ndarray of shape (n_positions,)
        Positive where the position adds to the shortfall.

    Raises
    ------
    ValueError
        As in `value_at_risk`.

    References
    ----------
    Tasche, D. (2000). Risk contributions and performance measurement.

    Examples
    --------
    >>> shortfall_components([[-3.0, 1.0, 0.0, 2.0], [1.0, -2.0, 1.0, 1.0]], confidence=0.5).tolist()
    [1.0, 0.5]

    """
    array = _checked(position_pnl)
    wanted = tail(array.shape[-1], confidence)
    worst = np.argsort(array.sum(axis=0), kind="stable")[: wanted.count]
    return np.asarray(0.0 - array[:, worst] @ wanted.weights)
