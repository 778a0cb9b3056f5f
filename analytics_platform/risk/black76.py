"""European options on futures and forwards (Black 1976): prices, Greeks and implied volatility.

The formulas are those of `options` with the dividend yield put to the rate; what differs is said here.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.implied_volatility import ImpliedVolatility, implied_volatility
from analytics_platform.risk.options import Greeks, option_greeks, option_price


def future_option_price(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    future: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
) -> Floats:
    """Price of a European option on a future or forward, paid for up front.

    Parameters
    ----------
    is_call : array_like of bool
        True for the right to buy, False for the right to sell.
    future, strike : array_like
        Price of the future (not negative: a price that can be has no Black volatility) and strike
        (positive), in the same currency.
    rate : array_like
        To expiry, continuously compounded, decimal a year.
    volatility : array_like
        Decimal a year, not negative. Zero gives the discounted intrinsic value.
    t_years : array_like
        Time to expiry in years, ACT/365F. Zero or less gives the intrinsic value.

    Returns
    -------
    ndarray
        Broadcast from all arguments; NaN where an input is NaN.

    Raises
    ------
    ValueError
        If a future or volatility is negative or a strike is not positive.

    References
    ----------
    Black, F. (1976). The pricing of commodity contracts. Journal of Financial Economics 3, 167-179.
    Hull, J. C. Options, Futures, and Other Derivatives, chapter on futures options.

    Examples
    --------
    >>> terms = {"future": 20, "strike": 20, "rate": 0.09, "volatility": 0.25, "t_years": 4 / 12}
    >>> round(float(future_option_price(is_call=False, **terms)), 4)
    1.1166

    """
    return option_price(
        is_call=is_call,
        spot=future,
        strike=strike,
        rate=rate,
        dividend_yield=rate,
        volatility=volatility,
        t_years=t_years,
    )


def future_option_greeks(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    future: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
) -> Greeks:
    """Price and Greeks of a European option on a future; arguments as in `future_option_price`.

    Returns
    -------
    Greeks
        Raw, as in `options.option_greeks`; delta and gamma per 1.00 of the future. Rho holds the
        future's price and moves only the discounting: minus time times price. (The rho of a spot
        option moves the forward too.)

    Raises
    ------
    ValueError
        As in `future_option_price`.

    Examples
    --------
    >>> terms = {"future": 20, "strike": 20, "rate": 0.09, "volatility": 0.25, "t_years": 4 / 12}
    >>> found = future_option_greeks(is_call=False, **terms)
    >>> round(float(found.delta), 4), round(float(found.rho), 4)
    (-0.4573, -0.3722)

    """
    greeks = option_greeks(
        is_call=is_call,
        spot=future,
        strike=strike,
        rate=rate,
        dividend_yield=rate,
        volatility=volatility,
        t_years=t_years,
    )
    years = np.maximum(np.asarray(t_years, dtype=np.float64), 0.0)
    return replace(greeks, rho=-years * greeks.price)


def future_option_volatility(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    price: ArrayLike,
    is_call: ArrayLike,
    future: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    t_years: ArrayLike,
) -> ImpliedVolatility:
    """Volatility at which `future_option_price` gives back the price.

    Parameters
    ----------
    price : array_like
        Price of the option on one unit of the future.
    is_call, future, strike, rate, t_years : array_like
        As in `future_option_price`; all broadcast.

    Returns
    -------
    ImpliedVolatility
        With a status each, as from `implied_volatility.implied_volatility`.

    Examples
    --------
    >>> found = future_option_volatility(
    ...     price=1.1166414565589449, is_call=False, future=20, strike=20, rate=0.09, t_years=4 / 12
    ... )
    >>> round(float(found.volatility), 12)
    0.25

    """
    return implied_volatility(
        price=price,
        is_call=is_call,
        spot=future,
        strike=strike,
        rate=rate,
        dividend_yield=rate,
        t_years=t_years,
    )
