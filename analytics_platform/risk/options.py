"""Prices and Greeks of European options (Black-Scholes-Merton).

The way back is `implied_volatility`; options on futures are in `black76`, units for readers in `greeks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analytics_platform.risk.arrays import Floats

_SQRT_2_PI = np.sqrt(2.0 * np.pi)
_NO_DEVIATION = 1e-100
"""Below it the square of d1 would overflow; the price is long the intrinsic value."""
_BLOCK = 16_000
"""Prices worked on at once: what is in between then stays in the cache of the processor."""


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
class _Parts:
    """What price and Greeks have in common; signs are those of the option, 1 for a call."""

    spot_part: Floats
    strike_part: Floats
    signed_d1: Floats
    signed_deviation: Floats


def _arguments(is_call: ArrayLike, *given: ArrayLike) -> tuple[Floats, ...]:
    """Signs and arrays of floats with equally many axes, ready to broadcast."""
    arrays = [np.where(is_call, 1.0, -1.0), *(np.asarray(x, dtype=np.float64) for x in given)]
    axes = max(x.ndim for x in arrays)
    return tuple(x.reshape((1,) * (axes - x.ndim) + x.shape) for x in arrays)


def _lowest_volatility(spot: Floats, strike: Floats, volatility: Floats) -> float:
    """Check the terms; NaN is allowed and comes back if there is one."""
    lowest = [float(x.min(initial=np.inf)) for x in (spot, strike, volatility)]
    # The minimum is NaN if anything is, and then tells nothing of the rest.
    if not all(low > 0.0 for low in lowest) and (
        np.any(spot < 0.0) or np.any(strike <= 0.0) or np.any(volatility < 0.0)
    ):
        message = "an option needs spot >= 0, strike > 0 and volatility >= 0"
        raise ValueError(message)
    return lowest[-1]


def _parts(  # noqa: PLR0913, PLR0917 - the arguments of the formula
    sign: Floats, spot: Floats, strike: Floats, rate: Floats, dividend: Floats, volatility: Floats, t: Floats
) -> _Parts:
    lowest = _lowest_volatility(spot, strike, volatility)
    t = np.maximum(t, 0.0)
    root, decay = np.sqrt(t), rate * -t
    signed = volatility * (sign * root)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moneyness = np.log(spot / (strike * np.exp(dividend * t))) - decay
        d1 = moneyness / signed
        d1 += 0.5 * signed
    if not lowest * float(root.min(initial=np.inf)) >= _NO_DEVIATION:
        # No deviation left (expired, or no volatility): the forward decides alone.
        flat = np.abs(signed) < _NO_DEVIATION
        sure = np.where(moneyness == 0.0, 0.0, sign * np.copysign(np.inf, moneyness))
        d1 = np.where(flat, sure, d1)
    spot_part, strike_part = ndtr(d1), ndtr(d1 - signed)
    spot_part *= spot
    spot_part *= sign * np.exp(-dividend * t)
    strike_part *= np.exp(decay)
    strike_part *= sign * strike
    return _Parts(spot_part, strike_part, d1, signed)


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

    All arguments broadcast against each other; what is the same for many options (the terms of one
    option over its scenarios) is cheapest as an axis of length 1. Options on futures are in `black76`.

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
    arguments = _arguments(is_call, spot, strike, rate, dividend_yield, volatility, t_years)
    price: Floats = np.empty(np.broadcast_shapes(*(x.shape for x in arguments)))
    if price.size <= _BLOCK:
        _price_into(price, arguments)
        return price
    step = max(1, _BLOCK * len(price) // price.size)
    for start in range(0, len(price), step):
        rows = slice(start, start + step)
        _price_into(price[rows], [x if len(x) == 1 else x[rows] for x in arguments])
    return price


def _price_into(price: Floats, arguments: Sequence[Floats]) -> None:
    x = _parts(*arguments)
    np.subtract(x.spot_part, x.strike_part, out=price)
    np.maximum(price, 0.0, out=price)


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

    Examples
    --------
    >>> found = option_greeks(is_call=True, spot=49, strike=50, rate=0.05, volatility=0.2, t_years=20 / 52)
    >>> [round(float(x), 3) for x in (found.delta, found.gamma, found.vega, found.theta, found.rho)]
    [0.522, 0.066, 12.105, -4.305, 8.907]

    """
    arguments = _arguments(is_call, spot, strike, rate, dividend_yield, volatility, t_years)
    sign, s, _strike, r, q, v, t = arguments
    x, t = _parts(*arguments), np.maximum(t, 0.0)
    d1 = x.signed_d1
    vega = s * np.exp(-q * t) * np.exp(-0.5 * d1**2) / _SQRT_2_PI * np.sqrt(t)
    deviation = np.abs(x.signed_deviation)
    is_alive = (deviation >= _NO_DEVIATION) & (s > 0.0)
    safe = np.where(is_alive, deviation, 1.0)
    gamma = np.where(is_alive, vega / np.where(is_alive, s * s * safe * np.sqrt(t), 1.0), 0.0)
    decay = np.where(is_alive, vega * v / (2.0 * np.where(t > 0.0, t, 1.0)), 0.0)
    running = np.where(t > 0.0, q * x.spot_part - r * x.strike_part, 0.0)
    greeks = np.broadcast_arrays(
        np.maximum(x.spot_part - x.strike_part, 0.0),
        sign * np.exp(-q * t) * ndtr(d1),
        gamma,
        vega,
        running - decay,
        t * x.strike_part,
    )
    return Greeks(*greeks)
