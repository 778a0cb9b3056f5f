"""Historical measures that do not weigh every scenario alike: by age, or scaled to today's volatility.

Scenarios stand in the order of time, oldest first; here the order matters.
"""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import checked_decay, finite_array, tail_share

_ROUNDING = 1e-12
"""Share by which a sum of weights may miss the tail share and still reach it."""


def age_weights(n_scenarios: int, *, decay: float) -> Floats:
    """Weights that fall by a factor from each scenario to the one before.

    Parameters
    ----------
    n_scenarios : int
    decay : float
        Factor between 0 and 1; 1 gives equal weights.

    Returns
    -------
    ndarray of shape (n_scenarios,)
        ``decay**(n - i) (1 - decay) / (1 - decay**n)`` of the i-th of n, oldest first; they sum to 1.

    Raises
    ------
    ValueError
        If there is no scenario or the decay is not between 0 and 1.

    References
    ----------
    Boudoukh, J., Richardson, M., Whitelaw, R. (1998). The best of both worlds. Risk 11(5), 64-67.

    Examples
    --------
    >>> age_weights(3, decay=0.5).round(4).tolist()
    [0.1429, 0.2857, 0.5714]

    """
    if n_scenarios < 1:
        message = "there are no scenarios"
        raise ValueError(message)
    powers = np.power(checked_decay(decay, may_be_one=True), np.arange(n_scenarios - 1, -1, -1.0))
    return np.asarray(powers / powers.sum())


def _weighted_losses(pnl: ArrayLike, decay: float) -> tuple[Floats, Floats]:
    """Losses, worst first, and their weights."""
    array = finite_array(pnl, "profits and losses")
    order = np.argsort(array, axis=-1, kind="stable")
    return 0.0 - np.take_along_axis(array, order, axis=-1), age_weights(array.shape[-1], decay=decay)[order]


def age_weighted_value_at_risk(pnl: ArrayLike, *, decay: float, confidence: float) -> Floats:
    """Worst loss at which the weights of the worst scenarios, summed up, reach ``1 - confidence``.

    Parameters
    ----------
    pnl : array_like of shape (..., n_scenarios)
        Profit (positive) or loss, oldest scenario first.
    decay : float
        As in `age_weights`. With 1 it is `measures.value_at_risk`.
    confidence : float
        Share of the weight that is not in the tail, strictly between 0 and 1.

    Returns
    -------
    ndarray of shape (...)
        Positive for a loss. If the worst scenario alone reaches the share, it is the worst loss.

    Raises
    ------
    ValueError
        If the confidence or the decay is not between 0 and 1, or `pnl` is empty or holds a NaN or
        an infinity.

    References
    ----------
    Boudoukh, J., Richardson, M., Whitelaw, R. (1998). The best of both worlds. Risk 11(5), 64-67.
    Hull, J. C. Risk Management and Financial Institutions, "Weighting of observations".

    Examples
    --------
    >>> float(age_weighted_value_at_risk([-9.0, -1.0, 2.0, -3.0], decay=0.5, confidence=0.8))
    3.0

    """
    share = tail_share(confidence)
    losses, weights = _weighted_losses(pnl, decay)
    is_reached = np.cumsum(weights, axis=-1) >= share * (1.0 - _ROUNDING)
    first = is_reached.argmax(axis=-1)
    return np.asarray(np.take_along_axis(losses, first[..., None], axis=-1)[..., 0])


def age_weighted_expected_shortfall(pnl: ArrayLike, *, decay: float, confidence: float) -> Floats:
    """Mean of the worst losses that carry ``1 - confidence`` of the weight, the last one in part.

    Parameters, errors and shape as in `age_weighted_value_at_risk`.

    References
    ----------
    Acerbi, C., Tasche, D. (2002). On the coherence of expected shortfall. Journal of Banking &
    Finance 26(7), definition 2.6, for a distribution with unequal weights.

    Examples
    --------
    >>> round(float(age_weighted_expected_shortfall([-9.0, -3.0, 2.0], decay=0.5, confidence=0.5)), 6)
    4.0

    """
    share = tail_share(confidence)
    losses, weights = _weighted_losses(pnl, decay)
    before = np.cumsum(weights, axis=-1) - weights
    used = np.clip(share - before, 0.0, weights)
    return np.asarray((used * losses).sum(axis=-1) / used.sum(axis=-1))


def ewma_volatility(returns: ArrayLike, *, decay: float = 0.94) -> Floats:
    """Volatility of each period as forecast at its start, and that of the period to come.

    ``variance[i + 1] = decay * variance[i] + (1 - decay) * returns[i]**2``; the first variance is the
    mean square of the whole history.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Oldest first, of mean zero.
    decay : float
        Between 0 and 1; 0.94 for daily returns.

    Returns
    -------
    ndarray of shape (..., n_periods + 1)
        Standard deviation per period.

    Raises
    ------
    ValueError
        If the decay is not between 0 and 1, or the returns are empty or hold a NaN or an infinity.

    References
    ----------
    J.P. Morgan, Reuters (1996). RiskMetrics - Technical Document, 4th edition, section 5.2.

    Examples
    --------
    >>> (ewma_volatility([3.0, -1.0, 1.0], decay=0.5) ** 2).round(4).tolist()
    [3.6667, 6.3333, 3.6667, 2.3333]

    """
    array = finite_array(returns, "returns")
    keep = checked_decay(decay)
    squares = array**2
    variances = np.empty((*array.shape[:-1], array.shape[-1] + 1))
    variances[..., 0] = squares.mean(axis=-1)
    for period in range(array.shape[-1]):
        variances[..., period + 1] = keep * variances[..., period] + (1.0 - keep) * squares[..., period]
    return np.sqrt(variances)


def volatility_scaled(returns: ArrayLike, *, decay: float = 0.94) -> Floats:
    """Scale returns, or profits and losses, to what they would have been at the volatility of today.

    Each is multiplied with the volatility forecast for the period to come over the one that was
    forecast for its own period. The historical measures of the result are those of Hull and White.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Oldest first: returns of risk factors, or the P&L of a portfolio.
    decay : float
        As in `ewma_volatility`.

    Returns
    -------
    ndarray of shape (..., n_periods)

    Raises
    ------
    ValueError
        As in `ewma_volatility`, and if a history is zero throughout: it has no volatility to scale by.

    References
    ----------
    Hull, J., White, A. (1998). Incorporating volatility updating into the historical simulation
    method for value-at-risk. Journal of Risk 1(1), 5-19.

    Examples
    --------
    >>> volatility_scaled([2.0, -2.0, 2.0, -2.0]).tolist()
    [2.0, -2.0, 2.0, -2.0]

    """
    array = finite_array(returns, "returns")
    volatility = ewma_volatility(array, decay=decay)
    if not volatility[..., :-1].all():
        message = "a history of zeros has no volatility to scale by"
        raise ValueError(message)
    return np.asarray(array * (volatility[..., -1:] / volatility[..., :-1]))
