"""Performance of a series of returns by itself: growth, volatility, and return per unit of risk."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.drawdowns import max_drawdown
from analytics_platform.risk.measured import Measured, ratio, rounding_of
from analytics_platform.risk.numeric_input import finite_array, long_enough

PERIODS_A_YEAR = 252
"""Trading sessions."""
_DAYS_A_YEAR = 365.25
_LEAST_DAYS = 365

UNDER_A_YEAR = "under a year: not annualised"
NO_VOLATILITY = "the returns have no volatility"
NO_SHORTFALL = "no return falls short of the required one"
NO_DRAWDOWN = "there is no drawdown"


def chained_return(returns: ArrayLike) -> Floats:
    """Return over all periods, the product of ``1 + r`` less 1.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Decimals per period.

    Returns
    -------
    ndarray of shape (...)

    Raises
    ------
    ValueError
        If the returns are empty, hold a NaN or an infinity, or one is below -1: the chain breaks
        where the value turns negative.

    Examples
    --------
    >>> float(chained_return([0.5, -0.5]))
    -0.25

    """
    array = finite_array(returns, "returns")
    if (array < -1.0).any():
        message = f"returns: {array.min()} loses more than everything, and cannot be chained"
        raise ValueError(message)
    return np.asarray(np.prod(1.0 + array, axis=-1) - 1.0)


def annualised_return(total_return: ArrayLike, *, days: int) -> Measured:
    """Yearly return that compounds to a total, ``(1 + R)^(365.25 / days) - 1``.

    Parameters
    ----------
    total_return : array_like
        Decimal, at least -1.
    days : int
        Calendar days from the start of the first period to the end of the last one, positive.

    Returns
    -------
    Measured
        Decimals a year, in the shape of `total_return`. NaN for less than 365 days.

    Raises
    ------
    ValueError
        If the days are not positive, or a return is below -1 or not finite.

    References
    ----------
    CFA Institute. Global Investment Performance Standards (2020): returns for periods of less than
    one year must not be annualised.

    Examples
    --------
    >>> round(float(annualised_return(0.21, days=730).value), 5), annualised_return(0.21, days=364).reason
    (0.10007, 'under a year: not annualised')

    """
    total = finite_array(np.atleast_1d(total_return), "total return").reshape(np.shape(total_return))
    if days < 1 or (total < -1.0).any():
        message = f"a total return of {total.min()} over {days} days cannot be annualised"
        raise ValueError(message)
    if days < _LEAST_DAYS:
        return Measured(np.full(total.shape, np.nan), UNDER_A_YEAR)
    return Measured(np.asarray((1.0 + total) ** (_DAYS_A_YEAR / days) - 1.0))


def volatility(returns: ArrayLike, *, periods_a_year: float = PERIODS_A_YEAR) -> Floats:
    """Sample standard deviation, divisor n - 1, times the root of the periods of a year.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        At least two. The mean is taken first: one pass over large numbers would lose the digits.
    periods_a_year : float
        1 gives the deviation per period.

    Returns
    -------
    ndarray of shape (...)

    Raises
    ------
    ValueError
        If there are fewer returns, or one is not finite.

    Examples
    --------
    >>> round(float(volatility([0.01, 0.02, 0.03], periods_a_year=1)), 12)
    0.01

    """
    array = long_enough(finite_array(returns, "returns"), 2, "returns")
    return np.asarray(array.std(axis=-1, ddof=1) * np.sqrt(periods_a_year))


def _excess(returns: ArrayLike, level: ArrayLike, name: str) -> tuple[Floats, Floats]:
    """Subtract a level from returns; also what rounding may leave of their deviation."""
    array = long_enough(finite_array(returns, "returns"), 2, "returns")
    base = np.broadcast_to(finite_array(np.atleast_1d(level), name), array.shape)
    return array - base, rounding_of(array, base)


def sharpe_ratio(
    returns: ArrayLike, *, risk_free: ArrayLike = 0.0, periods_a_year: float = PERIODS_A_YEAR
) -> Measured:
    """Mean excess return over its sample deviation, times the root of the periods of a year.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Decimals per period, at least two.
    risk_free : array_like
        Return without risk per period (not per year): one, or one a period.
    periods_a_year : float

    Returns
    -------
    Measured
        Of shape (...); NaN where the excess returns do not vary, not an infinity.

    Raises
    ------
    ValueError
        If there are fewer returns, or a number is not finite.

    References
    ----------
    Sharpe, W. (1994). The Sharpe ratio. Journal of Portfolio Management 21(1), 49-58; Bacon, C.
    (2008). Practical Portfolio Performance Measurement and Attribution, 2nd edition, chapter 4.

    Examples
    --------
    >>> round(float(sharpe_ratio([0.01, 0.02, 0.03], periods_a_year=1).value), 12)
    2.0
    >>> sharpe_ratio([0.01, 0.01]).reason
    'the returns have no volatility'

    """
    excess, least = _excess(returns, risk_free, "risk-free returns")
    deviation = excess.std(axis=-1, ddof=1)
    scaled = excess.mean(axis=-1) * np.sqrt(periods_a_year)
    return ratio(scaled, deviation, least=least, reason=NO_VOLATILITY)


def downside_deviation(
    returns: ArrayLike, *, required: ArrayLike = 0.0, periods_a_year: float = PERIODS_A_YEAR
) -> Floats:
    """Root mean square of the shortfalls over all periods, times the root of the periods of a year.

    Parameters, errors and references as in `sortino_ratio`.

    Returns
    -------
    ndarray of shape (...)
        Decimals a year; 0 where no return falls short.

    Examples
    --------
    >>> round(float(downside_deviation([0.02, -0.02, 0.03, 0.01], periods_a_year=1)), 12)
    0.01

    """
    excess, _least = _excess(returns, required, "required returns")
    return np.asarray(np.sqrt(np.square(np.minimum(excess, 0.0)).mean(axis=-1) * periods_a_year))


def sortino_ratio(
    returns: ArrayLike, *, required: ArrayLike = 0.0, periods_a_year: float = PERIODS_A_YEAR
) -> Measured:
    """Mean excess return over its downside deviation, times the root of the periods of a year.

    The downside deviation is the root mean square of the shortfalls over all periods, those without
    a shortfall included.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Decimals per period, at least two.
    required : array_like
        Least acceptable return per period (not per year): one, or one a period.
    periods_a_year : float

    Returns
    -------
    Measured
        Of shape (...); NaN where no return falls short.

    Raises
    ------
    ValueError
        If there are fewer returns, or a number is not finite.

    References
    ----------
    Sortino, F., van der Meer, R. (1991). Downside risk. Journal of Portfolio Management 17(4),
    27-31; Bacon (2008), chapter 4.

    Examples
    --------
    >>> round(float(sortino_ratio([0.02, -0.02, 0.03, 0.01], periods_a_year=1).value), 12)
    1.0

    """
    excess, least = _excess(returns, required, "required returns")
    downside = np.sqrt(np.square(np.minimum(excess, 0.0)).mean(axis=-1))
    scaled = excess.mean(axis=-1) * np.sqrt(periods_a_year)
    return ratio(scaled, downside, least=least, reason=NO_SHORTFALL)


def calmar_ratio(returns: ArrayLike, *, days: int) -> Measured:
    """Annualised return over the size of the largest drawdown.

    Parameters
    ----------
    returns : array_like of shape (..., n_periods)
        Decimals per period, none below -1.
    days : int
        Calendar days that the returns cover, positive.

    Returns
    -------
    Measured
        Of shape (...); NaN for less than 365 days and where there is no drawdown.

    Raises
    ------
    ValueError
        As in `chained_return` and `annualised_return`.

    References
    ----------
    Young, T. (1991). Calmar ratio: a smoother tool. Futures 20(1), 40; Bacon (2008), chapter 4.

    Examples
    --------
    >>> round(float(calmar_ratio([0.5, -0.2, 0.1], days=365).value), 3)
    1.601

    """
    yearly = annualised_return(chained_return(returns), days=days)
    if yearly.reason:
        return yearly
    return ratio(yearly.value, np.abs(max_drawdown(returns)), least=0.0, reason=NO_DRAWDOWN)
