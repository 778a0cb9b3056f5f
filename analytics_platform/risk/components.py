"""Parts of the historical value at risk that positions bring; those of the shortfall are in `measures`."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import expected_shortfall, tail, value_at_risk
from analytics_platform.risk.numeric_input import finite_array

_ALIKE = 0.5
"""Largest share by which the losses around the value at risk may, on average, miss it."""


def default_neighbours(n_scenarios: int, confidence: float) -> int:
    """Ranks to each side of the value at risk over which its parts are averaged.

    One standard deviation of the number of scenarios beyond the quantile: the ranks that could as
    well have been the value at risk.

    Raises
    ------
    ValueError
        If there is no scenario or the confidence is not between 0 and 1.

    Examples
    --------
    >>> default_neighbours(500, 0.99)
    3

    """
    tail(n_scenarios, confidence)
    return int(np.ceil(np.sqrt(n_scenarios * confidence * (1.0 - confidence))))


def _kernel(losses: Floats, rank: int, neighbours: int) -> Floats:
    """Weights of losses sorted from the worst: a triangle around the rank; equal losses share theirs."""
    width = min(neighbours, rank, losses.size - 1 - rank)
    weights = np.maximum(1.0 - np.abs(np.arange(losses.size) - rank) / (width + 1.0), 0.0)
    _values, group = np.unique(losses, return_inverse=True)
    return np.asarray((np.bincount(group, weights) / np.bincount(group))[group] / weights.sum())


def value_at_risk_components(
    position_pnl: ArrayLike, *, confidence: float, neighbours: int | None = None
) -> Floats:
    """Parts of the historical value at risk that the positions of one portfolio bring.

    One scenario says little of what a position brings: each part is the position's mean loss over the
    scenarios around the value at risk, by rank, with weights that fall linearly to both sides, scaled
    so that the parts sum to the value at risk.

    Parameters
    ----------
    position_pnl : array_like of shape (n_positions, n_scenarios)
        Profit or loss of each position; the portfolio is their sum. The order of the scenarios does
        not matter.
    confidence : float
        Strictly between 0 and 1.
    neighbours : int, optional
        Ranks to each side, `default_neighbours` without it. As many as there are on the shorter side:
        with the worst loss as value at risk there are none. 0: the parts of the one scenario.

    Returns
    -------
    ndarray of shape (n_positions,)
        Positive where the position adds to the value at risk. NaN throughout if the losses around it
        average to less than half or more than one and a half of it: no scale makes parts of those.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1, `neighbours` is negative, or `position_pnl` is
        empty or holds a NaN or an infinity.

    References
    ----------
    Epperlein, E., Smillie, A. (2006). Cracking VaR with kernels. Risk 19(8), 70-74; Hallerbach, W.
    (2003). Decomposing portfolio value-at-risk: a general analysis. Journal of Risk 5(2), 1-18.

    Examples
    --------
    >>> pnl = [[-6.0, -3.0, 0.0, 1.0, 2.0], [0.0, -1.0, -2.0, 1.0, 1.0]]
    >>> value_at_risk_components(pnl, confidence=0.7, neighbours=1).tolist()
    [3.0, 1.0]

    """
    array = finite_array(position_pnl, "profits and losses", ndim=2)
    n_scenarios = array.shape[1]
    if neighbours is None:
        neighbours = default_neighbours(n_scenarios, confidence)
    if neighbours < 0:
        message = f"{neighbours} neighbours cannot be averaged over"
        raise ValueError(message)
    total = array.sum(axis=0)
    order = np.argsort(total, kind="stable")
    losses = 0.0 - total[order]
    rank = tail(n_scenarios, confidence).count - 1
    weights = _kernel(losses, rank, neighbours)
    average = float(weights @ losses)
    if losses[rank] == 0.0 and average == 0.0:
        scale = 1.0
    elif abs(average - losses[rank]) <= _ALIKE * abs(losses[rank]):
        scale = float(losses[rank]) / average
    else:
        scale = np.nan
    by_scenario = np.empty_like(weights)
    by_scenario[order] = weights
    return np.asarray(0.0 - (array @ by_scenario) * scale)


def _without_each(position_pnl: ArrayLike) -> tuple[Floats, Floats]:
    array = finite_array(position_pnl, "profits and losses", ndim=2)
    total = array.sum(axis=0)
    return total, total - array


def incremental_historical_value_at_risk(position_pnl: ArrayLike, *, confidence: float) -> Floats:
    """Historical value at risk of a portfolio less that of the portfolio without each position.

    Parameters
    ----------
    position_pnl : array_like of shape (n_positions, n_scenarios)
        Profit or loss of each position; the portfolio is their sum.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    ndarray of shape (n_positions,)
        Positive where the position adds risk, negative where it hedges. They do not sum to the whole.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1, or `position_pnl` is empty or holds a NaN or an
        infinity.

    References
    ----------
    Jorion, P. (2007). Value at Risk, 3rd edition, chapter 7.

    Examples
    --------
    >>> pnl = [[-6.0, -3.0, 0.0, 1.0], [2.0, 1.0, -2.0, 1.0]]
    >>> incremental_historical_value_at_risk(pnl, confidence=0.75).tolist()
    [2.0, -2.0]

    """
    total, without = _without_each(position_pnl)
    return value_at_risk(total, confidence=confidence) - value_at_risk(without, confidence=confidence)


def incremental_expected_shortfall(position_pnl: ArrayLike, *, confidence: float) -> Floats:
    """Shortfall of a portfolio less that of the portfolio without each position.

    Parameters, errors and shape as in `incremental_historical_value_at_risk`.

    Examples
    --------
    >>> pnl = [[-6.0, -3.0, 0.0, 1.0], [2.0, 1.0, -2.0, 1.0]]
    >>> incremental_expected_shortfall(pnl, confidence=0.5).tolist()
    [2.5, -1.5]

    """
    total, without = _without_each(position_pnl)
    return expected_shortfall(total, confidence=confidence) - expected_shortfall(
        without, confidence=confidence
    )
