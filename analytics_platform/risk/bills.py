"""Treasury bills: price from the discount rate and back, and the yields that compare them with bonds."""

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats

_DISCOUNT_YEAR = 360.0


def _days(days: ArrayLike) -> Floats:
    array = np.asarray(days, dtype=np.float64)
    if not np.all(array > 0.0):
        message = f"a bill needs days to maturity above 0: {np.min(array)}"
        raise ValueError(message)
    return array


def bill_price(discount_rate: ArrayLike, days: ArrayLike) -> Floats:
    """Price per 100 face from the bank discount rate, ``100 (1 - d r / 360)``.

    Parameters
    ----------
    discount_rate : array_like
        Decimal a year of 360 days, on the face.
    days : array_like
        Calendar days from settlement to maturity, above 0.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        If no day is left to maturity.

    References
    ----------
    31 CFR 356 Appendix B, section VI.A.

    Examples
    --------
    >>> round(float(bill_price(0.0761, 90)), 6)
    98.0975

    """
    return np.asarray(
        100.0 * (1.0 - np.asarray(discount_rate, dtype=np.float64) * _days(days) / _DISCOUNT_YEAR)
    )


def bill_discount_rate(price: ArrayLike, days: ArrayLike) -> Floats:
    """Bank discount rate from the price per 100 face; the inverse of `bill_price`.

    Examples
    --------
    A bill 90 days from maturity, at 98.0975 per 100 face:

    >>> round(float(bill_discount_rate(98.0975, 90)), 6)
    0.0761

    """
    return np.asarray((1.0 - np.asarray(price, dtype=np.float64) / 100.0) * _DISCOUNT_YEAR / _days(days))


def bill_money_market_yield(price: ArrayLike, days: ArrayLike) -> Floats:
    """Return the simple yield on the price in a year of 360 days (the CD equivalent).

    Examples
    --------
    >>> round(float(bill_money_market_yield(98.0, 90)), 6)
    0.081633

    """
    paid = np.asarray(price, dtype=np.float64)
    return np.asarray((100.0 - paid) / paid * _DISCOUNT_YEAR / _days(days))


def bill_investment_rate(price: ArrayLike, days: ArrayLike, *, days_a_year: ArrayLike = 365) -> Floats:
    """Coupon-equivalent yield: what a bond with half-yearly coupons would have to yield.

    Simple interest up to half a year; beyond, the rate at which the price grows to the face with
    interest added after half a year.

    Parameters
    ----------
    price : array_like
        Per 100 face, above 0.
    days : array_like
        Calendar days from settlement to maturity, above 0.
    days_a_year : array_like
        366 if a 29 February is in the year after the issue date, else 365.

    Returns
    -------
    ndarray
        Decimals a year.

    Raises
    ------
    ValueError
        If no day is left to maturity.

    References
    ----------
    31 CFR 356 Appendix B, section VI.D (formulas 1 and 2).

    Examples
    --------
    >>> bill_investment_rate([99.559444, 92.265], [20, 364]).round(8).tolist()
    [0.08075725, 0.08237324]

    """
    left, year = _days(days), np.asarray(days_a_year, dtype=np.float64)
    paid = np.asarray(price, dtype=np.float64)
    gain, share = (100.0 - paid) / paid, left / year
    quarter = 0.5 * share - 0.25
    is_long = quarter > 0.0
    a = np.where(is_long, quarter, 1.0)
    # The root in the form that loses no digits when a is small: 2 c / (b + sqrt(b^2 + 4 a c)).
    long = 2.0 * gain / (share + np.sqrt(np.maximum(share**2 + 4.0 * a * gain, 0.0)))
    return np.asarray(np.where(is_long, long, gain / share))
