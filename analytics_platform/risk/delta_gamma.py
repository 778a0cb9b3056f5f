"""Parametric value at risk of portfolios that curve: delta and gamma by the Cornish-Fisher expansion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import Covariance
from analytics_platform.risk.measured import Measured
from analytics_platform.risk.numeric_input import finite_array, tail_share

NOT_MONOTONE = "too skewed for the Cornish-Fisher expansion: its quantiles are out of order"


@dataclass(frozen=True)
class PnlMoments:
    """Moments of the P&L ``delta' x + x' gamma x / 2`` of normal factor returns x with mean zero."""

    mean: float
    deviation: float
    skewness: float
    excess_kurtosis: float


def delta_gamma_moments(deltas: ArrayLike, gammas: ArrayLike, covariance: Covariance) -> PnlMoments:
    """First four moments of a quadratic P&L, exact for normal factor returns.

    Parameters
    ----------
    deltas : array_like of shape (n_factors,)
        Money gained per 1.00 of each factor's return.
    gammas : array_like of shape (n_factors,) or (n_factors, n_factors)
        Change of the deltas per 1.00: each by its own factor alone, or by all of them (symmetric).
    covariance : Covariance
        Of the factor returns over the horizon.

    Returns
    -------
    PnlMoments
        Skewness and excess kurtosis are 0 where there is no deviation.

    Raises
    ------
    ValueError
        If shapes do not match, the gammas are not symmetric, or a number is not finite.

    References
    ----------
    Mina, J., Ulmer, A. (1999). Delta-gamma four ways. RiskMetrics Group; Britten-Jones, M., Schaefer,
    S. (1999). Non-linear value-at-risk. European Finance Review 2(2), 161-187.

    Examples
    --------
    >>> found = delta_gamma_moments([0.0], [2.0], Covariance(np.array([[0.1]])))  # a square of a normal
    >>> round(found.mean, 6), round(found.deviation, 6), round(found.skewness, 6), found.excess_kurtosis
    (0.01, 0.014142, 2.828427, 12.0)

    """
    slopes = finite_array(deltas, "deltas", ndim=1)
    bends = finite_array(gammas, "gammas")
    bends = np.diag(bends) if bends.ndim == 1 else bends
    root = covariance.root()
    n_factors = root.shape[1]
    if slopes.shape != (n_factors,) or bends.shape != (n_factors, n_factors):
        message = f"deltas {slopes.shape} and gammas {bends.shape} do not match {n_factors} risk factors"
        raise ValueError(message)
    if not np.allclose(bends, bends.T, rtol=1e-9, atol=0.0):
        message = "the gammas are not symmetric"
        raise ValueError(message)
    # In independent normals u, x = root' u: the P&L is p' u + u' m u / 2.
    p, m = root @ slopes, root @ bends @ root.T
    square, bent = m @ m, m @ p
    variance = float(p @ p) + 0.5 * float(np.trace(square))
    mean = 0.5 * float(np.trace(m))
    if variance == 0.0:
        return PnlMoments(mean, 0.0, 0.0, 0.0)
    third = 3.0 * float(p @ bent) + float(np.sum(square * m))
    fourth = 12.0 * float(bent @ bent) + 3.0 * float(np.sum(square * square))
    return PnlMoments(mean, variance**0.5, third / variance**1.5, fourth / variance**2)


def _expansion(z: Floats, skewness: float, excess_kurtosis: float) -> Floats:
    """Quantile of a standardised variable where a normal one has z."""
    return np.asarray(
        z
        + (z**2 - 1.0) * skewness / 6.0
        + (z**3 - 3.0 * z) * excess_kurtosis / 24.0
        - (2.0 * z**3 - 5.0 * z) * skewness**2 / 36.0
    )


def delta_gamma_value_at_risk(moments: PnlMoments, *, confidence: float) -> Measured:
    """Value at risk of a quadratic P&L from its moments.

    Parameters
    ----------
    moments : PnlMoments
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    Measured
        Positive for a loss. NaN if the expansion is not increasing between the tail and its mirror
        image: it then stands for no distribution, as with a portfolio of short options and no delta.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1.

    References
    ----------
    Cornish, E., Fisher, R. (1938). Moments and cumulants in the specification of distributions. Revue
    de l'Institut International de Statistique 5(4), 307-320; Jaschke, S. (2002). The Cornish-Fisher
    expansion in the context of delta-gamma-normal approximations. Journal of Risk 4(4), 33-52.

    Examples
    --------
    >>> normal = PnlMoments(mean=0.0, deviation=10.0, skewness=0.0, excess_kurtosis=0.0)
    >>> round(float(delta_gamma_value_at_risk(normal, confidence=0.99).value), 4)
    23.2635

    """
    z = float(ndtri(tail_share(confidence)))
    path = _expansion(np.linspace(-abs(z), abs(z), 201), moments.skewness, moments.excess_kurtosis)
    if (np.diff(path) < 0.0).any():
        return Measured(np.array(np.nan), NOT_MONOTONE)
    quantile = float(_expansion(np.array(z), moments.skewness, moments.excess_kurtosis))
    return Measured(np.array(-(moments.mean + moments.deviation * quantile)))
