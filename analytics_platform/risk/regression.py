"""Regression of returns on factor returns: betas by least squares, with errors and a check of the rank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measured import rounding_of
from analytics_platform.risk.numeric_input import finite_array


@dataclass(frozen=True)
class Regression:
    """A linear regression with an intercept.

    Attributes
    ----------
    alpha : float
        Intercept, in the unit of the dependent variable.
    betas : ndarray of shape (n_factors,)
    alpha_error : float
    beta_errors : ndarray of shape (n_factors,)
        Standard errors: classical, or robust if lags were given.
    residuals : ndarray of shape (n_periods,)
    residual_deviation : float
        Root of the residual sum of squares over the degrees of freedom.
    r_squared : float
        NaN where the dependent variable does not vary.
    degrees_of_freedom : int

    """

    alpha: float
    betas: Floats
    alpha_error: float
    beta_errors: Floats
    residuals: Floats
    residual_deviation: float
    r_squared: float
    degrees_of_freedom: int


def newey_west_lags(n_periods: int) -> int:
    """Customary number of lags, ``floor(4 (n / 100)^(2 / 9))``.

    References
    ----------
    Newey, W., West, K. (1994). Automatic lag selection in covariance matrix estimation. Review of
    Economic Studies 61(4), 631-653.

    Examples
    --------
    >>> newey_west_lags(100), newey_west_lags(500)
    (4, 5)

    """
    return int(np.floor(4.0 * (n_periods / 100.0) ** (2.0 / 9.0)))


def _inputs(returns: ArrayLike, factors: ArrayLike, lags: int | None) -> tuple[Floats, Floats]:
    y = finite_array(returns, "returns", ndim=1)
    x = finite_array(factors, "factor returns", ndim=2)
    if len(x) != y.size:
        message = f"{y.size} returns do not match {len(x)} periods of factor returns"
        raise ValueError(message)
    if y.size <= x.shape[1] + 1:
        message = f"returns: {y.size} are too few for {x.shape[1]} factors and an intercept"
        raise ValueError(message)
    if lags is not None and not 0 <= lags < y.size:
        message = f"{lags} lags do not fit {y.size} periods"
        raise ValueError(message)
    return y, x


def _meat(scores: Floats, lags: int) -> Floats:
    """Long-run covariance of the scores times n, with Bartlett weights."""
    total = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    return np.asarray(total)


def factor_regression(returns: ArrayLike, factors: ArrayLike, *, lags: int | None = None) -> Regression:
    """Ordinary least squares of returns on factor returns and an intercept.

    Factors are taken around their means and scaled to one length, and the normal equations are never
    formed: on nearly collinear factors those lose half of the digits.

    Parameters
    ----------
    returns : array_like of shape (n_periods,)
        Decimals; in excess of the risk-free return where the factors are.
    factors : array_like of shape (n_periods, n_factors)
        Fewer factors than periods less one.
    lags : int, optional
        Errors robust to heteroskedasticity and to autocorrelation up to this lag (Newey-West, without
        correction for small samples); 0 for heteroskedasticity alone. Classical errors without it.

    Returns
    -------
    Regression

    Raises
    ------
    ValueError
        If a factor is constant or a combination of others, the periods are too few or do not match,
        or a number is not finite.

    References
    ----------
    NIST Statistical Reference Datasets, Longley; Newey, W., West, K. (1987). A simple, positive
    semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix.
    Econometrica 55(3), 703-708.

    Examples
    --------
    >>> found = factor_regression([1.0, 3.0, 5.0, 8.0], [[0.0], [1.0], [2.0], [3.0]])
    >>> round(found.alpha, 12), found.betas.round(12).tolist(), round(found.r_squared, 6)
    (0.8, [2.3], 0.988785)

    """
    y, x = _inputs(returns, factors, lags)
    n, k = x.shape
    x_mean, y_mean = x.mean(axis=0), float(y.mean())
    x_centred, y_centred = x - x_mean, y - y_mean
    lengths = np.sqrt(np.square(x_centred).sum(axis=0))
    is_constant = lengths <= rounding_of(x.T) * np.sqrt(n)
    if is_constant.any():
        message = f"factor returns: factor {int(is_constant.argmax())} is constant"
        raise ValueError(message)
    scaled = x_centred / lengths
    solution, _residual, rank, _singular = np.linalg.lstsq(scaled, y_centred, rcond=n * np.finfo(float).eps)
    if rank < k:
        message = f"factor returns: only {rank} of {k} factors are independent of each other"
        raise ValueError(message)
    betas = solution / lengths
    residuals = y_centred - scaled @ solution
    freedom = n - k - 1
    residual_variance = float(residuals @ residuals) / freedom
    # Columns: the intercept at the mean of the factors, then the scaled factors; orthogonal to it.
    inverse_root = np.linalg.inv(np.linalg.qr(scaled, mode="r"))
    bread = np.zeros((k + 1, k + 1))
    bread[0, 0], bread[1:, 1:] = 1.0 / n, inverse_root @ inverse_root.T
    covariance = residual_variance * bread
    if lags is not None:
        scores = np.column_stack([np.ones(n), scaled]) * residuals[:, None]
        covariance = bread @ _meat(scores, lags) @ bread
    back = np.eye(k + 1)
    back[0, 1:], back[1:, 1:] = -x_mean / lengths, np.diag(1.0 / lengths)
    errors = np.sqrt(np.diag(back @ covariance @ back.T))
    y_size = float(np.sqrt(y_centred @ y_centred))
    varies = y_size > float(rounding_of(y)) * np.sqrt(n)
    return Regression(
        alpha=y_mean - float(x_mean @ betas),
        betas=betas,
        alpha_error=float(errors[0]),
        beta_errors=errors[1:],
        residuals=residuals,
        residual_deviation=float(np.sqrt(residual_variance)),
        r_squared=1.0 - float(residuals @ residuals) / y_size**2 if varies else float("nan"),
        degrees_of_freedom=freedom,
    )
