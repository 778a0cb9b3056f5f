"""Greeks in the units that people read; the raw ones are in `options` and `black76`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.options import Greeks

PERCENT = 0.01
BASIS_POINT = 1e-4
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class DisplayedGreeks:
    """Change of the price of one option in its currency, to first order; all of one shape.

    Attributes
    ----------
    delta_1pct : ndarray
        For a rise of the underlying by 1 %.
    gamma_1pct : ndarray
        Change of `delta_1pct` for a rise of the underlying by 1 %, its own move set aside.
    vega_1pct : ndarray
        For a rise of the volatility by one point, from 20 % to 21 %.
    theta_1day : ndarray
        For one calendar day of time passing.
    rho_1bp : ndarray
        For a rise of the rate by one basis point.

    """

    delta_1pct: Floats
    gamma_1pct: Floats
    vega_1pct: Floats
    theta_1day: Floats
    rho_1bp: Floats


def displayed(greeks: Greeks, underlying: ArrayLike) -> DisplayedGreeks:
    """Greeks per 1 %, one basis point and one day.

    Parameters
    ----------
    greeks : Greeks
        Raw: per 1.00 of the input, theta per year.
    underlying : array_like
        Spot or futures price at which they were taken; broadcasts with them.

    Returns
    -------
    DisplayedGreeks

    Examples
    --------
    >>> from analytics_platform.risk.options import option_greeks
    >>> raw = option_greeks(is_call=True, spot=49, strike=50, rate=0.05, volatility=0.2, t_years=20 / 52)
    >>> shown = displayed(raw, 49)
    >>> [round(float(x), 4) for x in (shown.delta_1pct, shown.vega_1pct, shown.theta_1day)]
    [0.2556, 0.1211, -0.0118]

    """
    move = PERCENT * np.asarray(underlying, dtype=np.float64)
    return DisplayedGreeks(
        greeks.delta * move,
        greeks.gamma * move**2,
        greeks.vega * PERCENT,
        greeks.theta / DAYS_A_YEAR,
        greeks.rho * BASIS_POINT,
    )
