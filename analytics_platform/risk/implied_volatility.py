"""Volatility implied by a European option price: bounds, parity and a safeguarded Newton search."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from analytics_platform.risk.arrays import Floats

LOWEST_VOLATILITY = 1e-9
HIGHEST_VOLATILITY = 8.0
_SQRT_2_PI = np.sqrt(2.0 * np.pi)
_MAX_STEPS = 100
_ROUNDING = 8 * np.finfo(np.float64).eps


class VolatilityStatus(IntEnum):
    """Whether a price implies a volatility, and why not."""

    OK = 0
    NOT_A_NUMBER = 1
    EXPIRED = 2
    NO_TIME_VALUE = 3
    ABOVE_UPPER_BOUND = 4
    OUTSIDE_BRACKET = 5


REASONS = {
    VolatilityStatus.OK: "",
    VolatilityStatus.NOT_A_NUMBER: "an input of the option is not a positive number",
    VolatilityStatus.EXPIRED: "the option has expired",
    VolatilityStatus.NO_TIME_VALUE: "the option price is not above its discounted intrinsic value",
    VolatilityStatus.ABOVE_UPPER_BOUND: "the option price is not below its upper arbitrage bound",
    VolatilityStatus.OUTSIDE_BRACKET: "the implied volatility lies outside 1e-9 to 8",
}


@dataclass(frozen=True)
class ImpliedVolatility:
    """Volatilities, decimals a year, with a status each: NaN where, and only where, `status` is not OK."""

    volatility: Floats
    status: NDArray[np.int8]


def _out_of_the_money(
    price: Floats, sign: Floats, spot: Floats, strike: Floats
) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Normalised out-of-the-money price, its log-moneyness (<= 0) and a status.

    `spot` and `strike` are discounted. The price is divided by sqrt(spot * strike); parity moves an
    option in the money to the other side of the strike.
    """
    intrinsic = np.maximum(sign * (spot - strike), 0.0)
    time_value = price - intrinsic
    status = np.zeros(price.shape, dtype=np.int8)
    status[time_value <= _ROUNDING * np.maximum(spot, strike) * (intrinsic > 0)] = (
        VolatilityStatus.NO_TIME_VALUE
    )
    status[time_value >= np.minimum(spot, strike)] = VolatilityStatus.ABOVE_UPPER_BOUND
    return time_value / np.sqrt(spot * strike), -np.abs(np.log(spot / strike)), status


def _normalised(x: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Normalised price of an out-of-the-money call and its derivative by the deviation."""
    d1 = x / deviation + 0.5 * deviation
    half = np.exp(0.5 * x)
    price = half * ndtr(d1) - ndtr(d1 - deviation) / half
    return np.maximum(price, 0.0), half * np.exp(-0.5 * d1**2) / _SQRT_2_PI


def _solve(target: Floats, x: Floats, low: Floats, high: Floats) -> Floats:
    """Deviation whose normalised price is `target`: Newton on the logarithm, bisection as a guard."""
    deviation = np.clip(np.sqrt(2.0 * np.abs(x)) + 1e-4, low, high)
    active = np.arange(target.size)
    for _ in range(_MAX_STEPS):
        s, goal = deviation[active], target[active]
        price, slope = _normalised(x[active], s)
        is_low = price < goal
        low[active] = np.where(is_low, s, low[active])
        high[active] = np.where(is_low, high[active], s)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = np.where(price < 0.5 * goal, price * np.log(price / goal), price - goal) / slope
        proposal = s - step
        is_inside = np.isfinite(step) & (proposal > low[active]) & (proposal < high[active])
        following = np.where(is_inside, proposal, 0.5 * (low[active] + high[active]))
        following = np.where(price == goal, s, following)
        deviation[active] = following
        active = active[np.abs(following - s) > 2e-16 * s]
        if active.size == 0:
            break
    return deviation


def implied_volatility(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    price: ArrayLike,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    t_years: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> ImpliedVolatility:
    """Volatility at which `options.option_price` gives back the price.

    Parameters
    ----------
    price : array_like
        Price of the option on one unit of the underlying.
    is_call, spot, strike, rate, t_years, dividend_yield : array_like
        As in `options.option_price`; all broadcast.

    Returns
    -------
    ImpliedVolatility
        Decimals a year in [1e-9, 8] and a `VolatilityStatus` each. How exact a volatility is depends
        on the time value: deep in the money most digits of the price are intrinsic value.

    Notes
    -----
    By parity the search always prices the out-of-the-money option, whose price is all time value.

    References
    ----------
    Jaeckel, P. (2015). Let's be rational. Wilmott 75 (the normalised form).

    Examples
    --------
    >>> found = implied_volatility(
    ...     price=4.759422392871532, is_call=True, spot=42, strike=40, rate=0.1, t_years=0.5
    ... )
    >>> round(float(found.volatility), 12)
    0.2

    """
    arrays = np.broadcast_arrays(
        np.asarray(price, dtype=np.float64),
        np.where(is_call, 1.0, -1.0),
        *(np.asarray(a, dtype=np.float64) for a in (spot, strike, rate, t_years, dividend_yield)),
    )
    shape = arrays[0].shape
    p, sign, s, k, r, t, q = (np.ravel(a) for a in arrays)
    status = np.zeros(p.shape, dtype=np.int8)
    status[t <= 0] = VolatilityStatus.EXPIRED
    status[~(np.isfinite(p + s + k + r + t + q) & (s > 0) & (k > 0))] = VolatilityStatus.NOT_A_NUMBER
    volatility = np.full(p.shape, np.nan)
    rows = np.flatnonzero(status == VolatilityStatus.OK)
    target, x, status[rows] = _out_of_the_money(
        p[rows], sign[rows], s[rows] * np.exp(-q[rows] * t[rows]), k[rows] * np.exp(-r[rows] * t[rows])
    )
    low, high = (bound * np.sqrt(t[rows]) for bound in (LOWEST_VOLATILITY, HIGHEST_VOLATILITY))
    is_ok = status[rows] == VolatilityStatus.OK
    is_inside = (_normalised(x, low)[0] <= target) & (target <= _normalised(x, high)[0])
    status[rows[is_ok & ~is_inside]] = VolatilityStatus.OUTSIDE_BRACKET
    is_ok &= is_inside
    found = _solve(target[is_ok], x[is_ok], low[is_ok], high[is_ok])
    volatility[rows[is_ok]] = found / np.sqrt(t[rows[is_ok]])
    return ImpliedVolatility(volatility.reshape(shape), status.reshape(shape))
