"""Prices and Greeks of European options (Black-Scholes-Merton); the way back is `implied_volatility`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analytics_platform.risk.arrays import Floats

_SQRT_2_PI = np.sqrt(2.0 * np.pi)
_NO_DEVIATION = 1e-100
"""Below it the square of d1 would overflow; the price is long the intrinsic value."""


@dataclass(frozen=True)
class Greeks:
    """Sensitivities of an option price, raw: per 1.00 of the input, theta per year; all of one shape."""

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


@dataclass(frozen=True)
class _Terms:
    """What price and Greeks have in common, broadcast to one shape."""

    spot_discounted: Floats
    strike_discounted: Floats
    deviation: Floats
    d1: Floats
    d2: Floats


def _terms(  # noqa: PLR0913, PLR0917 - the arguments of the formula
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
) -> _Terms:
    s, k, r, q, v = (
        np.asarray(x, dtype=np.float64) for x in (spot, strike, rate, dividend_yield, volatility)
    )
    if np.any(s < 0) or np.any(k <= 0) or np.any(v < 0):
        message = "an option needs spot >= 0, strike > 0 and volatility >= 0"
        raise ValueError(message)
    t = np.maximum(np.asarray(t_years, dtype=np.float64), 0.0)
    spot_discounted = s * np.exp(-q * t)
    strike_discounted = k * np.exp(-r * t)
    deviation = v * np.sqrt(t)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moneyness = np.log(s / k) + (r - q) * t
        d1 = moneyness / deviation + 0.5 * deviation
    # No deviation left (expired, or no volatility): the forward decides alone.
    flat = deviation < _NO_DEVIATION
    if np.any(flat):
        d1 = np.where(flat, np.where(moneyness == 0.0, 0.0, np.copysign(np.inf, moneyness)), d1)
    return _Terms(spot_discounted, strike_discounted, deviation, d1, d1 - deviation)


def option_price(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> Floats:
    """Price of a European option with a continuous dividend yield.

    All arguments broadcast against each other. Black-76 is the case `dividend_yield` = `rate` with
    the future's price as `spot`.

    Parameters
    ----------
    is_call : array_like of bool
        True for the right to buy, False for the right to sell.
    spot, strike : array_like
        Price of the underlying (not negative) and strike (positive), in the same currency.
    rate, dividend_yield : array_like
        Continuously compounded, decimals a year.
    volatility : array_like
        Decimal a year, not negative. Zero gives the discounted intrinsic value of the forward.
    t_years : array_like
        Time to expiry in years, ACT/365F. Zero or less gives the intrinsic value.

    Returns
    -------
    ndarray
        Price of the option on one unit of the underlying. NaN where an input is NaN.

    Raises
    ------
    ValueError
        If a spot or volatility is negative or a strike is not positive.

    References
    ----------
    Hull, J. C. Options, Futures, and Other Derivatives, chapter on the Black-Scholes-Merton model.

    Examples
    --------
    >>> float(option_price(is_call=True, spot=42, strike=40, rate=0.1, volatility=0.2, t_years=0.5).round(4))
    4.7594

    """
    x = _terms(spot, strike, rate, dividend_yield, volatility, t_years)
    sign = np.where(is_call, 1.0, -1.0)
    price: Floats = sign * (x.spot_discounted * ndtr(sign * x.d1) - x.strike_discounted * ndtr(sign * x.d2))
    return np.maximum(price, 0.0)


def option_greeks(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> Greeks:
    """Price and Greeks of a European option; arguments as in `option_price`.

    Returns
    -------
    Greeks
        Raw sensitivities: delta and gamma per 1.00 of spot, vega per 1.00 of volatility, theta per
        year of time passing, rho per 1.00 of rate. Where no deviation is left (expired, or zero
        volatility) gamma is 0 and delta steps from 0 to 1 with one half at the forward.

    Raises
    ------
    ValueError
        As in `option_price`.

    References
    ----------
    Hull, J. C. Options, Futures, and Other Derivatives, chapter "The Greek Letters".

    """
    x = _terms(spot, strike, rate, dividend_yield, volatility, t_years)
    s, v, r, q = (np.asarray(a, dtype=np.float64) for a in (spot, volatility, rate, dividend_yield))
    t = np.maximum(np.asarray(t_years, dtype=np.float64), 0.0)
    sign = np.where(is_call, 1.0, -1.0)
    spot_part = sign * x.spot_discounted * ndtr(sign * x.d1)
    strike_part = sign * x.strike_discounted * ndtr(sign * x.d2)
    vega = x.spot_discounted * np.exp(-0.5 * x.d1**2) / _SQRT_2_PI * np.sqrt(t)
    is_alive = (x.deviation >= _NO_DEVIATION) & (s > 0.0)
    safe = np.where(is_alive, x.deviation, 1.0)
    gamma = np.where(is_alive, vega / np.where(is_alive, s * s * safe * np.sqrt(t), 1.0), 0.0)
    decay = np.where(is_alive, vega * v / (2.0 * np.where(t > 0.0, t, 1.0)), 0.0)
    running = np.where(t > 0.0, q * spot_part - r * strike_part, 0.0)
    greeks = np.broadcast_arrays(
        np.maximum(spot_part - strike_part, 0.0),
        sign * np.exp(-q * t) * ndtr(sign * x.d1),
        gamma,
        vega,
        running - decay,
        t * strike_part,
    )
    return Greeks(*greeks)
