"""P&L explain: what the sensitivities of yesterday and the moves of today say, and what they leave open."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Booleans, Floats
from analytics_platform.risk.options import Greeks

UNEXPLAINED_SHARE = 0.05
"""Share of the P&L that may stay unexplained."""


@dataclass(frozen=True)
class Moves:
    """Moves of the risk factors of each position from one session to the next; they broadcast.

    Attributes
    ----------
    underlying : array_like
        Change of the price of the underlying, in its currency.
    volatility, rate : array_like
        Absolute changes, decimals a year.
    years : array_like
        Time that passed, not negative: calendar days over 365.

    """

    underlying: ArrayLike = 0.0
    volatility: ArrayLike = 0.0
    rate: ArrayLike = 0.0
    years: ArrayLike = 0.0


@dataclass(frozen=True)
class Effects:
    """Parts of the P&L of each position in the reporting currency, gains positive; all of one shape.

    Attributes
    ----------
    delta, gamma, vega, theta, rho : ndarray
        From the sensitivities at the start, gamma to second order.
    carry : ndarray
        Interest accrued, coupons and dividends less funding.
    fx : ndarray
        Value at the start times the change of the exchange rate.
    new_trades : ndarray
        Of what was bought or sold between the two sessions, fees in it.

    """

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    carry: Floats
    fx: Floats
    new_trades: Floats

    def total(self) -> Floats:
        """Sum of all parts."""
        return np.asarray(sum(getattr(self, field.name) for field in fields(self)))


@dataclass(frozen=True)
class Explained:
    """Effects beside the P&L that was had.

    Attributes
    ----------
    effects : Effects
    actual, unexplained : ndarray
        The P&L, and what the effects leave of it.
    is_within_limit : ndarray of bool
        Whether the unexplained part is small enough; False where it is NaN.

    """

    effects: Effects
    actual: Floats
    unexplained: Floats
    is_within_limit: Booleans


def pnl_effects(  # noqa: PLR0913 - the parts of a P&L, all by keyword
    *,
    greeks: Greeks,
    moves: Moves,
    units: ArrayLike,
    value: ArrayLike,
    fx_start: ArrayLike = 1.0,
    fx_end: ArrayLike = 1.0,
    carry: ArrayLike = 0.0,
    new_trades: ArrayLike = 0.0,
) -> Effects:
    """Split the P&L of positions by risk factor.

    What the price does in its own currency is taken at the exchange rate of the end, and the change of
    the exchange rate on the value of the start: the two sum to the whole, with no cross term left.

    Parameters
    ----------
    greeks : Greeks
        Raw sensitivities of one unit at the start. A share has delta 1; a bond has as rho the change of
        its price per 1.00 of yield.
    moves : Moves
    units : array_like
        Held at the start, signed: quantity times multiplier, times what a price is quoted on (1 / 100
        for a bond).
    value : array_like
        Of the position at the start, in its own currency, signed.
    fx_start, fx_end : array_like
        Reporting currency per unit of the own one, above 0.
    carry : array_like
        Of the position, in its own currency, not in theta: what time brings a bond or a share.
    new_trades : array_like
        P&L of the trades in between, in the reporting currency.

    Returns
    -------
    Effects

    Raises
    ------
    ValueError
        If time runs backward or an exchange rate is not positive.

    Examples
    --------
    Ten shares that rise from 100 to 103 while their currency falls from 1.30 to 1.25:

    >>> share = Greeks(np.array(100.0), *(np.array(x) for x in (1.0, 0.0, 0.0, 0.0, 0.0)))
    >>> effects = pnl_effects(
    ...     greeks=share, moves=Moves(underlying=3.0), units=10, value=1000, fx_start=1.3, fx_end=1.25
    ... )
    >>> float(effects.delta), float(effects.fx.round(9)), float(effects.total().round(9))
    (37.5, -50.0, -12.5)

    """
    spot, volatility, rate, years = (
        np.asarray(x, dtype=np.float64) for x in (moves.underlying, moves.volatility, moves.rate, moves.years)
    )
    before, after = (np.asarray(x, dtype=np.float64) for x in (fx_start, fx_end))
    if np.any(years < 0.0):
        message = "the end of a P&L is before its start"
        raise ValueError(message)
    if np.any(before <= 0.0) or np.any(after <= 0.0):
        message = "an exchange rate must be above 0"
        raise ValueError(message)
    each = np.asarray(units, dtype=np.float64) * after
    parts = np.broadcast_arrays(
        each * greeks.delta * spot,
        each * greeks.gamma * (0.5 * spot**2),
        each * greeks.vega * volatility,
        each * greeks.theta * years,
        each * greeks.rho * rate,
        np.asarray(carry, dtype=np.float64) * after,
        np.asarray(value, dtype=np.float64) * (after - before),
        np.asarray(new_trades, dtype=np.float64),
    )
    return Effects(*parts)


def explain_pnl(
    actual: ArrayLike, effects: Effects, *, floor: ArrayLike, share: float = UNEXPLAINED_SHARE
) -> Explained:
    """Compare the P&L that was had with its effects.

    Parameters
    ----------
    actual : array_like
        P&L in the reporting currency, of the shape of the effects.
    effects : Effects
    floor : array_like
        Amount in the reporting currency, not negative, below which nothing needs explaining.
    share : float
        Share of the absolute P&L that may stay unexplained, at least 0.

    Returns
    -------
    Explained
        Within the limit is ``abs(unexplained) <= max(share * abs(actual), floor)``.

    Raises
    ------
    ValueError
        If the floor or the share is negative.

    Examples
    --------
    >>> effects = Effects(*(np.array([x]) for x in (90.0, 4.0, 1.0, -1.0, 0.0, 0.0, 0.0, 2.0)))
    >>> found = explain_pnl([100.0], effects, floor=1.0)
    >>> found.unexplained.tolist(), found.is_within_limit.tolist()
    ([4.0], [True])

    """
    least = np.asarray(floor, dtype=np.float64)
    if np.any(least < 0.0) or share < 0.0:
        message = f"neither floor nor share of what may stay unexplained can be negative: {least}, {share}"
        raise ValueError(message)
    had = np.asarray(actual, dtype=np.float64)
    unexplained = had - effects.total()
    is_within = np.abs(unexplained) <= np.maximum(share * np.abs(had), least)
    return Explained(effects, had, unexplained, is_within)
