"""Covariances of risk factors in factor form: they act on exposures, and are never formed in full."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import checked_decay, finite_array

_LEAST_HISTORY = 2


@dataclass(frozen=True)
class Covariance:
    """Covariance ``factor' factor + ridge I`` of N risk factors; positive semi-definite by its form.

    Attributes
    ----------
    factor : ndarray of shape (n_periods, n_factors)
        Weighted returns.
    ridge : float
        Multiple of the identity that shrinkage adds.
    shrinkage : float
        Share of the target in a shrunk covariance, 0 in the others.

    """

    factor: Floats
    ridge: float = 0.0
    shrinkage: float = 0.0

    def times(self, exposures: Floats) -> Floats:
        """Product with exposures of shape (n_factors,), or (n_factors, n_portfolios)."""
        product: Floats = self.factor.T @ (self.factor @ exposures) + self.ridge * exposures
        return product

    def variances(self) -> Floats:
        """Return the diagonal, of shape (n_factors,)."""
        return np.asarray(np.square(self.factor).sum(axis=0) + self.ridge)

    def root(self) -> Floats:
        """Return a matrix R of shape (k, n_factors) with R' R equal to the covariance.

        k is n_periods, and n_factors more after shrinkage.
        """
        if self.ridge == 0.0:
            return self.factor
        return np.vstack([self.factor, np.sqrt(self.ridge) * np.eye(self.factor.shape[1])])

    def dense(self) -> Floats:
        """Return the covariance in full, (n_factors, n_factors): for few factors only."""
        return np.asarray(self.factor.T @ self.factor + self.ridge * np.eye(self.factor.shape[1]))


def _history(returns: ArrayLike) -> Floats:
    array = finite_array(returns, "returns of the risk factors", ndim=2)
    if len(array) < _LEAST_HISTORY:
        message = f"returns of the risk factors: {len(array)} period is too short a history"
        raise ValueError(message)
    return array


def sample_covariance(returns: ArrayLike) -> Covariance:
    """Sample covariance around the mean, divisor n - 1.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_factors)
        Decimals per period, at least two periods.

    Raises
    ------
    ValueError
        If the history is shorter, or holds a NaN or an infinity.

    Examples
    --------
    >>> sample_covariance([[1.0, 2.0], [3.0, 6.0]]).dense().tolist()
    [[2.0, 4.0], [4.0, 8.0]]

    """
    history = _history(returns)
    return Covariance((history - history.mean(axis=0)) / np.sqrt(len(history) - 1))


def ewma_covariance(returns: ArrayLike, *, decay: float = 0.94) -> Covariance:
    """Covariance around zero with weights that fall by a factor from each period to the one before.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_factors)
        Decimals per period, oldest first, at least two periods.
    decay : float
        Between 0 and 1; 0.94 for daily returns. The weights are normalised to sum to 1.

    Raises
    ------
    ValueError
        If the decay is not between 0 and 1, or as in `sample_covariance`.

    References
    ----------
    J.P. Morgan, Reuters (1996). RiskMetrics - Technical Document, 4th edition, section 5.2.

    Examples
    --------
    >>> ewma_covariance([[3.0], [-1.0], [1.0]], decay=0.5).dense().round(4).tolist()
    [[2.1429]]

    """
    history = _history(returns)
    weights = np.power(checked_decay(decay), np.arange(len(history) - 1, -1, -1.0))
    return Covariance(np.sqrt(weights / weights.sum())[:, None] * history)


def ledoit_wolf_covariance(returns: ArrayLike) -> Covariance:
    """Sample covariance (divisor n) shrunk towards a multiple of the identity.

    The intensity minimises the expected squared Frobenius distance to the true covariance. It is
    computed from the smaller of the two Gram matrices, so that many factors cost little.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_factors)
        Decimals per period, at least two periods.

    Raises
    ------
    ValueError
        As in `sample_covariance`.

    References
    ----------
    Ledoit, O., Wolf, M. (2004). A well-conditioned estimator for large-dimensional covariance
    matrices. Journal of Multivariate Analysis 88(2), 365-411.

    Examples
    --------
    >>> found = ledoit_wolf_covariance([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
    >>> round(found.shrinkage, 6), found.dense().round(6).tolist()
    (0.944444, [[1.208333, 0.0], [0.0, 1.291667]])

    """
    history = _history(returns)
    n_periods, n_factors = history.shape
    centred = history - history.mean(axis=0)
    sizes = np.square(centred).sum(axis=1)
    mean_variance = float(sizes.sum()) / (n_periods * n_factors)
    gram = centred @ centred.T if n_periods <= n_factors else centred.T @ centred
    size = float(np.square(gram).sum()) / n_periods**2
    distance = size - n_factors * mean_variance**2
    error = (float(np.square(sizes).sum()) / n_periods - size) / n_periods
    shrinkage = 0.0
    if n_factors > 1 and distance > 0.0:
        shrinkage = min(max(error, 0.0) / distance, 1.0)
    factor = np.sqrt((1.0 - shrinkage) / n_periods) * centred
    return Covariance(factor, ridge=shrinkage * mean_variance, shrinkage=shrinkage)
