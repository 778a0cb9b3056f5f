"""Value at risk and expected shortfall of normal returns with mean zero, and their parts."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.covariance import Covariance
from analytics_platform.risk.numeric_input import checked_confidence, finite_array, tail_share

_SQRT_2_PI = float(np.sqrt(2.0 * np.pi))


def value_at_risk_multiple(confidence: float) -> float:
    """Value at risk of a standard normal loss, z_c.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1.

    Examples
    --------
    >>> round(value_at_risk_multiple(0.99), 6)
    2.326348

    """
    return float(ndtri(checked_confidence(confidence)))


def expected_shortfall_multiple(confidence: float) -> float:
    """Mean of a standard normal loss beyond z_c, phi(z_c) / (1 - c).

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1.

    Examples
    --------
    >>> round(expected_shortfall_multiple(0.99), 6)
    2.665214

    """
    z = value_at_risk_multiple(confidence)
    return float(np.exp(-0.5 * z * z)) / _SQRT_2_PI / tail_share(confidence)


def _exposures(exposures: ArrayLike, covariance: Covariance, ndim: int | None = None) -> Floats:
    array = finite_array(exposures, "exposures", ndim=ndim)
    n_factors = covariance.factor.shape[1]
    if array.shape[-1] != n_factors:
        message = f"exposures: {array.shape[-1]} of them, but {n_factors} risk factors"
        raise ValueError(message)
    return array


def portfolio_deviation(exposures: ArrayLike, covariance: Covariance) -> Floats:
    """Deviation of the P&L of portfolios that are linear in the risk factors.

    Parameters
    ----------
    exposures : array_like of shape (..., n_factors)
        Money gained per 1.00 of each factor's return.
    covariance : Covariance
        Of the returns over the horizon.

    Returns
    -------
    ndarray of shape (...)
        Standard deviation, in the unit of the exposures.

    Raises
    ------
    ValueError
        If the exposures are empty, do not match the factors, or hold a NaN or an infinity.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> round(float(portfolio_deviation([10.0, 5.0], two_assets)), 6)
    0.206155

    """
    array = _exposures(exposures, covariance)
    variance = np.square(array @ covariance.factor.T).sum(axis=-1)
    return np.asarray(np.sqrt(variance + covariance.ridge * np.square(array).sum(axis=-1)))


def parametric_value_at_risk(exposures: ArrayLike, covariance: Covariance, *, confidence: float) -> Floats:
    """Value at risk of portfolios that are linear in normal risk factors, z_c sqrt(d' S d).

    Parameters
    ----------
    exposures : array_like of shape (..., n_factors)
        Money gained per 1.00 of each factor's return.
    covariance : Covariance
        Of the returns over the horizon; their mean is taken as zero.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    ndarray of shape (...)
        Positive for a loss; negative below a confidence of one half.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1, or the exposures are empty, do not match the
        factors, or hold a NaN or an infinity.

    References
    ----------
    J.P. Morgan, Reuters (1996). RiskMetrics - Technical Document, 4th edition, section 6.3.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> round(float(parametric_value_at_risk([10.0, 5.0], two_assets, confidence=0.99)), 6)
    0.479589

    """
    return value_at_risk_multiple(confidence) * portfolio_deviation(exposures, covariance)


def parametric_expected_shortfall(
    exposures: ArrayLike, covariance: Covariance, *, confidence: float
) -> Floats:
    """Mean loss beyond the value at risk of portfolios that are linear in normal risk factors.

    Parameters, errors and shape as in `parametric_value_at_risk`.

    References
    ----------
    McNeil, A., Frey, R., Embrechts, P. (2015). Quantitative Risk Management, example 2.14.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> round(float(parametric_expected_shortfall([10.0, 5.0], two_assets, confidence=0.99)), 6)
    0.549448

    """
    return expected_shortfall_multiple(confidence) * portfolio_deviation(exposures, covariance)


def _marginal_deviation(exposures: ArrayLike, covariance: Covariance) -> Floats:
    """Gradient of each standard deviation; NaN where there is none to differentiate."""
    array = _exposures(exposures, covariance)
    scores = array @ covariance.factor.T
    squares = np.square(scores).sum(axis=-1) + covariance.ridge * np.square(array).sum(axis=-1)
    deviation = np.where(squares == 0.0, np.nan, np.sqrt(squares))[..., None]
    gradient = (scores / deviation) @ covariance.factor
    if covariance.ridge:
        gradient += covariance.ridge * array / deviation
    return np.asarray(gradient)


def marginal_value_at_risk(exposures: ArrayLike, covariance: Covariance, *, confidence: float) -> Floats:
    """Change of the parametric value at risk per 1.00 more of each exposure, z_c (S d) / sigma.

    Parameters
    ----------
    exposures : array_like of shape (..., n_factors)
        Of one portfolio, or of many.
    covariance : Covariance
    confidence : float

    Returns
    -------
    ndarray of shape (..., n_factors)
        NaN throughout for a portfolio without variance: there is no derivative at zero risk.

    Raises
    ------
    ValueError
        As in `parametric_value_at_risk`.

    References
    ----------
    Jorion, P. (2007). Value at Risk, 3rd edition, chapter 7.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> marginal_value_at_risk([10.0, 5.0], two_assets, confidence=0.99).round(6).tolist()
    [0.045138, 0.005642]

    """
    return value_at_risk_multiple(confidence) * _marginal_deviation(exposures, covariance)


def component_value_at_risk(exposures: ArrayLike, covariance: Covariance, *, confidence: float) -> Floats:
    """Parts of the parametric value at risk that the exposures bring; they sum to it.

    Parameters, errors and shape as in `marginal_value_at_risk`.

    References
    ----------
    Jorion, P. (2007). Value at Risk, 3rd edition, chapter 7; Garman, M. (1997).
    Taking VaR to pieces. Risk 10(10), 70-71.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> component_value_at_risk([10.0, 5.0], two_assets, confidence=0.99).round(6).tolist()
    [0.451378, 0.028211]

    """
    marginal = marginal_value_at_risk(exposures, covariance, confidence=confidence)
    return np.asarray(exposures, dtype=np.float64) * marginal


def component_expected_shortfall(
    exposures: ArrayLike, covariance: Covariance, *, confidence: float
) -> Floats:
    """Parts of the parametric expected shortfall that the exposures bring; they sum to it.

    Parameters, errors and shape as in `marginal_value_at_risk`.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> component_expected_shortfall([10.0, 5.0], two_assets, confidence=0.99).round(6).tolist()
    [0.517128, 0.03232]

    """
    multiple = expected_shortfall_multiple(confidence)
    return np.asarray(exposures, dtype=np.float64) * (multiple * _marginal_deviation(exposures, covariance))


def incremental_value_at_risk(exposures: ArrayLike, covariance: Covariance, *, confidence: float) -> Floats:
    """Value at risk of the portfolio less that of the portfolio without each exposure, by recomputation.

    Parameters and errors as in `marginal_value_at_risk`, but of one portfolio, and it exists at zero risk.

    References
    ----------
    Jorion, P. (2007). Value at Risk, 3rd edition, chapter 7.

    Examples
    --------
    >>> two_assets = Covariance(np.diag([0.02, 0.01]))
    >>> incremental_value_at_risk([10.0, 5.0], two_assets, confidence=0.99).round(6).tolist()
    [0.363272, 0.014319]

    """
    array = _exposures(exposures, covariance, ndim=1)
    parts = covariance.factor * array
    without = np.square(parts.sum(axis=1)[:, None] - parts).sum(axis=0)
    squares = np.square(array)
    ridge = covariance.ridge * np.maximum(squares.sum() - squares, 0.0)
    change = portfolio_deviation(array, covariance) - np.sqrt(without + ridge)
    return np.asarray(value_at_risk_multiple(confidence) * change)


def root_of_time(horizon_days: float) -> float:
    """Factor that scales a one-day measure to more business days if days are independent and alike.

    A result so scaled is an approximation and must be labelled as such; overlapping windows need none.

    Raises
    ------
    ValueError
        If the horizon is not positive.

    Examples
    --------
    >>> root_of_time(4)
    2.0

    """
    if not 0.0 < horizon_days < np.inf:
        message = f"a horizon of {horizon_days} days is not positive"
        raise ValueError(message)
    return float(np.sqrt(horizon_days))
