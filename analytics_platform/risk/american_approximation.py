"""American option prices by a quadratic approximation, fast enough for scenarios; `american` is exact."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.options import option_price

_SQRT_2_PI = np.sqrt(2.0 * np.pi)
_LEAST_DEVIATION = 1e-4
"""Below it the price is the better of exercise now and exercise at the end."""
_BLOCK = 16_000
_LEAST_EARNED = 1e-9
"""Share of the strike or spot that early exercise must earn until the end to be worth a search."""
_MAX_STEPS = 60
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class _Options:
    """Options that may be exercised early; arrays of one length."""

    sign: Floats
    spot: Floats
    strike: Floats
    rate: Floats
    dividend_yield: Floats
    volatility: Floats
    t_years: Floats

    def some(self, rows: Booleans | slice) -> "_Options":
        return _Options(*(getattr(self, field.name)[rows] for field in fields(self)))

    def deviation(self) -> Floats:
        return np.asarray(self.volatility * np.sqrt(self.t_years))

    def drift(self) -> Floats:
        """Twice the cost of carry over the variance, less 1."""
        return np.asarray(2.0 * (self.rate - self.dividend_yield) / self.volatility**2 - 1.0)

    def exponent(self) -> Floats:
        """Power of the spot in the premium for early exercise: q2 of a call, q1 of a put."""
        growth = self.rate * self.t_years
        is_zero = growth == 0.0
        safe = np.where(is_zero, 1.0, growth)
        # 2 r / (variance (1 - exp(-r t))), whose limit at r = 0 is 2 / (variance t).
        lasting = 2.0 * np.where(is_zero, 1.0, safe / -np.expm1(-safe)) / self.deviation() ** 2
        drift = self.drift()
        return np.asarray(0.5 * (-drift + self.sign * np.sqrt(drift**2 + 4.0 * lasting)))

    def first_guess(self) -> Floats:
        """Critical price to start from, by the one of an option without end."""
        drift = self.drift()
        root = np.sqrt(np.maximum(drift**2 + 8.0 * self.rate / self.volatility**2, 0.0))
        forever = 0.5 * (-drift + self.sign * root)
        distance = self.strike / (1.0 - 1.0 / forever) - self.strike
        carry = (self.rate - self.dividend_yield) * self.t_years
        decay = -(self.sign * carry + 2.0 * self.deviation()) * self.strike / np.abs(distance)
        guess = self.strike + distance * -np.expm1(np.minimum(decay, 0.0))
        is_good = np.isfinite(guess) & (self.sign * (guess - self.strike) > 0.0) & (guess > 0.0)
        return np.where(is_good, guess, self.strike * np.exp(self.sign * self.deviation()))


def _critical_prices(x: _Options) -> tuple[Floats, Floats]:
    """Spot from which on exercise is best, and the premium for early exercise there.

    Newton's method for the spot at which exercise now is worth as much as holding on.
    """
    deviation, exponent = x.deviation(), x.exponent()
    paid_out, discount = np.exp(-x.dividend_yield * x.t_years), np.exp(-x.rate * x.t_years)
    critical = x.first_guess()
    for _ in range(_MAX_STEPS):
        d1 = (
            np.log(critical / x.strike) + (x.rate - x.dividend_yield) * x.t_years
        ) / deviation + 0.5 * deviation
        kept = paid_out * ndtr(x.sign * d1)
        held = x.sign * (critical * kept - x.strike * discount * ndtr(x.sign * (d1 - deviation)))
        premium = x.sign * (1.0 - kept) * critical / exponent
        gap = x.sign * (critical - x.strike) - held - premium
        bend = paid_out * np.exp(-0.5 * d1**2) / (_SQRT_2_PI * deviation)
        slope = x.sign * (1.0 - kept) * (1.0 - 1.0 / exponent) + bend / exponent
        following = critical - gap / slope
        is_beyond = (following > 0.0) & (x.sign * (following - x.strike) >= 0.0)
        following = np.where(is_beyond, following, 0.5 * (critical + x.strike))
        is_done = np.abs(following - critical) <= _TOLERANCE * critical
        critical = following
        if is_done.all():
            break
    return critical, np.asarray(premium)


def _early_price(x: _Options, european: Floats) -> Floats:
    intrinsic = x.sign * (x.spot - x.strike)
    with np.errstate(all="ignore"):
        critical, premium = _critical_prices(x)
        held = european + premium * (x.spot / critical) ** x.exponent()
    is_exercised = x.sign * (x.spot - critical) >= 0.0
    return np.where(is_exercised, intrinsic, np.maximum(held, intrinsic))


def approximate_american_price(  # noqa: PLR0913 - an option has this many terms, all by keyword
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    rate: ArrayLike,
    volatility: ArrayLike,
    t_years: ArrayLike,
    dividend_yield: ArrayLike = 0.0,
) -> Floats:
    """Price of an American option with a continuous dividend yield, by Barone-Adesi and Whaley.

    For many scenarios at once. Of options of up to a year half are within 0.1 % of the exact price and
    99 in 100 within 4 %; beyond, errors of 10 % occur. So take from it only the change from the base to
    a scenario, and add that to the exact price of `american.american_price`.

    Parameters
    ----------
    is_call, spot, strike, rate, volatility, t_years, dividend_yield : array_like
        As in `options.option_price`; all broadcast.

    Returns
    -------
    ndarray
        Never below the intrinsic value nor below the European price. Equal to the European price where
        early exercise is never best: a call without a dividend yield, a put without an interest rate.
        NaN where an input is NaN.

    Raises
    ------
    ValueError
        If a spot or volatility is negative or a strike is not positive.

    References
    ----------
    Barone-Adesi, G., Whaley, R. E. (1987). Efficient analytic approximation of American option values.
    Journal of Finance 42(2), equations 20 to 31.

    Examples
    --------
    >>> terms = {"spot": 90.0, "strike": 100.0, "rate": 0.1, "dividend_yield": 0.1}
    >>> put = approximate_american_price(is_call=False, volatility=0.15, t_years=0.1, **terms)
    >>> round(float(put), 4)
    10.0

    """
    terms = {"spot": spot, "strike": strike, "rate": rate, "dividend_yield": dividend_yield}
    terms |= {"volatility": volatility, "t_years": t_years}
    european = option_price(is_call=is_call, **terms)
    sign, *others = np.broadcast_arrays(
        np.where(is_call, 1.0, -1.0), *(np.asarray(x, dtype=np.float64) for x in terms.values())
    )
    price = european.ravel()
    options = _Options(np.ravel(sign), *(np.ravel(x) for x in others))
    for start in range(0, price.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        price[rows] = _block_price(options.some(rows), price[rows])
    return price.reshape(european.shape)


def _block_price(x: _Options, european: Floats) -> Floats:
    price = np.maximum(european, x.sign * (x.spot - x.strike))
    earned = np.where(x.sign > 0.0, x.dividend_yield, x.rate)
    is_early = earned * x.t_years > _LEAST_EARNED
    is_early &= (x.spot > 0.0) & ~np.isnan(price)
    is_early &= np.sqrt(np.maximum(x.t_years, 0.0)) * x.volatility >= _LEAST_DEVIATION
    if is_early.any():
        price[is_early] = _early_price(x.some(is_early), european[is_early])
    return price
