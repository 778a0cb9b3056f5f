"""American options on shares and indices by QuantLib, one by one: price, Greeks, implied volatility.

For many scenarios see `american_approximation`. QuantLib keeps one evaluation date for the whole process;
it is put back after each call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import QuantLib as ql  # noqa: N813 - the usual short name, as in its own documentation
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.implied_volatility import (
    HIGHEST_VOLATILITY,
    ImpliedVolatility,
    VolatilityStatus,
)
from analytics_platform.risk.options import Greeks, option_price

DAYS_A_YEAR = 365
_ANY_DAY = (1, 1, 2100)
"""Only days from it matter; no time zone or calendar can make it the past."""
_LEAST_VOLATILITY = 1e-3
_SPOT_BUMP, _VOLATILITY_BUMP, _RATE_BUMP = 1e-2, 1e-3, 1e-4
_BOUND_TOLERANCE = 1e-10


class _Market:
    """QuantLib's option engine over quotes that are moved from option to option."""

    def __init__(self) -> None:
        self._today = ql.Date(*_ANY_DAY)
        counter = ql.Actual365Fixed()
        self._spot, self._rate, self._dividend, self._volatility = (ql.SimpleQuote(0.1) for _ in range(4))
        rate, dividend = (
            ql.YieldTermStructureHandle(ql.FlatForward(self._today, ql.QuoteHandle(quote), counter))
            for quote in (self._rate, self._dividend)
        )
        surface = ql.BlackConstantVol(
            self._today, ql.NullCalendar(), ql.QuoteHandle(self._volatility), counter
        )
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self._spot), dividend, rate, ql.BlackVolTermStructureHandle(surface)
        )
        self._engine = ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.accurateScheme())

    @contextmanager
    def opened(self) -> Iterator["_Market"]:
        """Move QuantLib's evaluation date to the day of this market and back."""
        settings = ql.Settings.instance()
        before = settings.evaluationDate
        settings.evaluationDate = self._today
        try:
            yield self
        finally:
            settings.evaluationDate = before

    def price(  # noqa: PLR0913, PLR0917 - the arguments of the engine
        self,
        sign: float,
        spot: float,
        strike: float,
        rate: float,
        dividend: float,
        volatility: float,
        days: int,
    ) -> float:
        """Price one option; NaN where the engine has none."""
        inputs = (spot, strike, rate, dividend, volatility)
        if not all(map(np.isfinite, inputs)):
            return float("nan")
        intrinsic = max(sign * (spot - strike), 0.0)
        if days <= 0 or spot == 0.0:
            return intrinsic
        if volatility < _LEAST_VOLATILITY:
            terms = {"rate": rate, "dividend_yield": dividend, "volatility": volatility}
            european = option_price(
                is_call=sign > 0.0, spot=spot, strike=strike, t_years=days / DAYS_A_YEAR, **terms
            )
            return max(intrinsic, float(european))
        for quote, value in zip(
            (self._spot, self._rate, self._dividend, self._volatility),
            (spot, rate, dividend, volatility),
            strict=True,
        ):
            quote.setValue(value)
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if sign > 0.0 else ql.Option.Put, strike)
        option = ql.VanillaOption(payoff, ql.AmericanExercise(self._today, self._today + days))
        option.setPricingEngine(self._engine)
        try:
            return max(float(option.NPV()), intrinsic)
        except RuntimeError:  # how QuantLib says that rates below zero give two exercise boundaries
            return float("nan")


def _each(
    function: Callable[..., tuple[float, ...]], is_call: ArrayLike, days: ArrayLike, *given: ArrayLike
) -> list[Floats]:
    """Call a function of sign, the given numbers and days for each option; one array a result."""
    arrays = np.broadcast_arrays(
        np.where(is_call, 1.0, -1.0), *(np.asarray(x, dtype=np.float64) for x in given), np.asarray(days)
    )
    if not np.issubdtype(arrays[-1].dtype, np.integer):
        message = "days to expiry must be whole numbers"
        raise TypeError(message)
    rows = zip(*(x.ravel().tolist() for x in arrays), strict=True)
    found = np.array([function(*row) for row in rows])
    return [column.reshape(arrays[0].shape) for column in found.T]


def _check(spot: ArrayLike, strike: ArrayLike, volatility: ArrayLike) -> None:
    if np.any(np.less(spot, 0.0)) or np.any(np.less_equal(strike, 0.0)) or np.any(np.less(volatility, 0.0)):
        message = "an option needs spot >= 0, strike > 0 and volatility >= 0"
        raise ValueError(message)


def american_price(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    days: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> Floats:
    """Price of an American option with a continuous dividend yield, to about 1e-8 of the strike.

    Parameters
    ----------
    is_call, spot, strike, rate, volatility, dividend_yield : array_like
        As in `options.option_price`; all broadcast.
    days : array_like of int
        Calendar days to expiry, a year being 365. Zero or less gives the intrinsic value.

    Returns
    -------
    ndarray
        Never below the intrinsic value. Below a volatility of 0.1 % the better of exercise now and at
        the end. NaN where an input is NaN, or where a rate below zero gives two exercise boundaries.

    Raises
    ------
    ValueError
        If a spot or volatility is negative or a strike is not positive.
    TypeError
        If the days are not whole numbers.

    References
    ----------
    Andersen, L., Lake, M., Offengenden, D. (2016). High-performance American option pricing. Journal of
    Computational Finance 20(1): QuantLib's QdFpAmericanEngine.

    Examples
    --------
    >>> price = american_price(is_call=False, spot=36, strike=40, rate=0.06, volatility=0.2, days=365)
    >>> round(float(price), 4)
    4.4867

    """
    _check(spot, strike, volatility)
    with _Market().opened() as market:
        (price,) = _each(
            lambda *row: (market.price(*row),), is_call, days, spot, strike, rate, dividend_yield, volatility
        )
    return price


def american_greeks(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    days: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> Greeks:
    """Price and Greeks of American options; arguments and errors as in `american_price`.

    Returns
    -------
    Greeks
        Raw, as in `options.option_greeks`, by central differences: 1 % of the spot, 0.1 % of volatility
        and 1 bp of rate. Theta is the change over the next day times 365. On the day of expiry delta is
        0 or 1 (-1 for a put), one half at the strike by the differences, and the rest is 0.

    Examples
    --------
    >>> found = american_greeks(is_call=False, spot=36, strike=40, rate=0.06, volatility=0.2, days=365)
    >>> round(float(found.delta), 2)
    -0.7

    """
    _check(spot, strike, volatility)
    with _Market().opened() as market:
        price = market.price

        def all_of(  # noqa: PLR0913, PLR0917 - the arguments of the engine
            sign: float, s: float, k: float, r: float, q: float, v: float, n: int
        ) -> tuple[float, ...]:
            here, h = price(sign, s, k, r, q, v, n), _SPOT_BUMP * s
            up, down = price(sign, s + h, k, r, q, v, n), price(sign, s - h, k, r, q, v, n)
            if n <= 0:
                side = sign * (s - k)
                return here, sign * (0.5 * (np.sign(side) + 1.0)), 0.0, 0.0, 0.0, 0.0
            low = max(v - _VOLATILITY_BUMP, 0.0)
            vega = (price(sign, s, k, r, q, v + _VOLATILITY_BUMP, n) - price(sign, s, k, r, q, low, n)) / (
                v + _VOLATILITY_BUMP - low
            )
            rho = price(sign, s, k, r + _RATE_BUMP, q, v, n) - price(sign, s, k, r - _RATE_BUMP, q, v, n)
            theta = (price(sign, s, k, r, q, v, n - 1) - here) * DAYS_A_YEAR
            slope, bend = (up - down) / (2.0 * h), (up - 2.0 * here + down) / h**2
            return here, slope, bend, vega, theta, rho / (2.0 * _RATE_BUMP)

        return Greeks(*_each(all_of, is_call, days, spot, strike, rate, dividend_yield, volatility))


def american_implied_volatility(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    price: ArrayLike,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    days: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> ImpliedVolatility:
    """Volatility at which `american_price` gives back the price; arguments as there.

    Returns
    -------
    ImpliedVolatility
        With a status each. A price at the intrinsic value tells only that the volatility is low:
        NO_TIME_VALUE. Volatilities below 0.1 % or above 800 % are OUTSIDE_BRACKET.

    Examples
    --------
    >>> found = american_implied_volatility(
    ...     price=4.4867, is_call=False, spot=36, strike=40, rate=0.06, days=365
    ... )
    >>> round(float(found.volatility), 4)
    0.2

    """
    with _Market().opened() as market:

        def solve(  # noqa: PLR0913, PLR0917 - the arguments of the engine
            sign: float, target: float, s: float, k: float, r: float, q: float, n: int
        ) -> tuple[float, float]:
            nan = float("nan")
            if not (np.isfinite(target + s + k + r + q) and s > 0.0 and k > 0.0):
                return nan, VolatilityStatus.NOT_A_NUMBER
            if n <= 0:
                return nan, VolatilityStatus.EXPIRED
            if target <= max(sign * (s - k), 0.0) + _BOUND_TOLERANCE * k:
                return nan, VolatilityStatus.NO_TIME_VALUE
            if target >= (s if sign > 0.0 else k):
                return nan, VolatilityStatus.ABOVE_UPPER_BOUND

            def gap(volatility: float) -> float:
                return market.price(sign, s, k, r, q, volatility, n) - target

            low, high = gap(_LEAST_VOLATILITY), gap(HIGHEST_VOLATILITY)
            if not low <= 0.0 <= high:
                return nan, VolatilityStatus.OUTSIDE_BRACKET
            return brentq(gap, _LEAST_VOLATILITY, HIGHEST_VOLATILITY, xtol=1e-12), VolatilityStatus.OK

        found, status = _each(solve, is_call, days, price, spot, strike, rate, dividend_yield)
    return ImpliedVolatility(found, status.astype(np.int8))
