"""Bond prices from yields and back, durations and convexity. Discounting on a curve is in `spreads`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.accruals import BondFlows
from analytics_platform.risk.arrays import Booleans, Floats, Integers

BASIS_POINT = 1e-4
_MAX_STEPS = 60
_LAST_STEP = 1e-9
"""Newton's method doubles the digits: after a step so small the yield is exact to 1e-13."""
_BLOCK = 2048
"""Bonds solved at once, of like length: their flows then stay in the cache of the processor."""


class YieldConvention(StrEnum):
    """How a yield, a decimal a year, discounts over the broken first period."""

    STREET = "street"
    """Compound: ``(1 + y/f) ** -w`` for a broken period of length w."""
    US_TREASURY = "us_treasury"
    """Simple: ``1 / (1 + w y/f)``, as 31 CFR 356 Appendix B does for new issues."""
    STREET_SIMPLE_LAST = "street_simple_last"
    """Compound, but simple once only the last payment is left (SIFMA)."""


@dataclass(frozen=True)
class BondTable:
    """Flows of several bonds side by side, padded with zero amounts.

    Attributes
    ----------
    amounts : ndarray of shape (n_bonds, n_flows)
        Per 100 face, one compounding period apart.
    n_flows : ndarray of shape (n_bonds,), int64
        How many of the amounts there are before the padding.
    broken_period : ndarray of shape (n_bonds,)
        Length of the broken first period in periods, above 0 and at most 1.
    whole_periods : ndarray of shape (n_bonds,)
        Whole periods from the end of the broken one to the first amount: 0, but in a long first period.
    accrued, frequency : ndarray of shape (n_bonds,)

    """

    amounts: Floats
    n_flows: Integers
    broken_period: Floats
    whole_periods: Floats
    accrued: Floats
    frequency: Floats

    def some(self, rows: Integers) -> "BondTable":
        """Pick some of the bonds, with no wider padding than they need."""
        width = int(self.n_flows[rows].max(initial=0))
        # Laid out by column, as the sums over the flows run through it.
        amounts = np.asfortranarray(self.amounts[rows, :width])
        others = (self.broken_period, self.whole_periods, self.accrued, self.frequency)
        return BondTable(amounts, self.n_flows[rows], *(x[rows] for x in others))


@dataclass(frozen=True)
class Yields:
    """Yields, decimals a year, with the mark of those that were found; NaN where `is_ok` is False."""

    yields: Floats
    is_ok: Booleans


@dataclass(frozen=True)
class BondSensitivities:
    """Per 100 face; duration in years, convexity in years squared, both relative to the dirty price."""

    modified_duration: Floats
    convexity: Floats
    dv01: Floats


class _Sums(NamedTuple):
    """A value with its first and second derivative by the periodic rate."""

    value: Floats
    slope: Floats
    curvature: Floats


def bond_table(flows: Sequence[BondFlows]) -> BondTable:
    """Put the flows of bonds, per 100 face, side by side for vectorised pricing.

    Examples
    --------
    >>> flows = BondFlows(np.array([3.0, 103.0]), np.array([1.0, 2.0]), np.array([365, 730]), 0.0, 1)
    >>> bond_table([flows]).amounts.tolist()
    [[3.0, 103.0]]

    """
    n_flows = np.array([f.amounts.size for f in flows], dtype=np.int64)
    amounts = np.zeros((len(flows), int(n_flows.max(initial=0))))
    for row, f in enumerate(flows):
        amounts[row, : f.amounts.size] = f.amounts
    first = np.array([f.periods[0] for f in flows])
    whole = np.ceil(first) - 1.0
    accrued = np.array([f.accrued for f in flows])
    frequency = np.array([float(f.frequency) for f in flows])
    return BondTable(amounts, n_flows, first - whole, whole, accrued, frequency)


def _horner(amounts: Floats, factor: Floats, order: int) -> list[Floats]:
    """Sum of amount k times factor to the k, and its derivatives by the factor over 1!, 2! and so on."""
    sums = [np.zeros(factor.shape) for _ in range(order + 1)]
    for amount in amounts.T[::-1]:
        for k in range(order, 0, -1):
            sums[k] *= factor
            sums[k] += sums[k - 1]
        sums[0] *= factor
        sums[0] += amount
    return sums


def _to_first(bonds: BondTable, growth: Floats, convention: YieldConvention) -> _Sums:
    """Discount factor from settlement to the first amount, with derivatives."""
    w, n = bonds.broken_period, bonds.whole_periods
    is_simple = np.full(w.shape, convention == YieldConvention.US_TREASURY)
    if convention == YieldConvention.STREET_SIMPLE_LAST:
        is_simple = (bonds.n_flows == 1) & (n == 0.0)
    linear = 1.0 + w * (growth - 1.0)
    periods = np.where(is_simple, n, n + w)
    # The factor is 1 / linear times growth to the minus whole periods, or compound all the way.
    factor = np.where(is_simple, 1.0 / linear, 1.0) * growth**-periods
    decline = np.where(is_simple, w / linear, 0.0)
    ratio = decline + periods / growth
    return _Sums(factor, -factor * ratio, factor * (ratio**2 + decline**2 + periods / growth**2))


def _priced(bonds: BondTable, yields: Floats, convention: YieldConvention) -> _Sums:
    """Dirty price and its first and second derivative by the yield."""
    growth = 1.0 + yields / bonds.frequency
    to_first, factor = _to_first(bonds, growth, convention), 1.0 / growth
    value, first, second = _horner(bonds.amounts, factor, 2)
    # What follows the first amount, by the rate: the factor falls by its square.
    then = _Sums(value, -(factor**2) * first, 2.0 * factor**3 * (first + factor * second))
    slope = to_first.slope * then.value + to_first.value * then.slope
    curvature = (
        to_first.curvature * then.value + 2.0 * to_first.slope * then.slope + to_first.value * then.curvature
    )
    return _Sums(to_first.value * then.value, slope / bonds.frequency, curvature / bonds.frequency**2)


def _checked(bonds: BondTable, yields: ArrayLike) -> Floats:
    array = np.broadcast_to(np.asarray(yields, dtype=np.float64), bonds.accrued.shape)
    if not np.all(array > -bonds.frequency):
        message = f"a yield must be a number above minus the compounding frequency: {array.tolist()}"
        raise ValueError(message)
    return array


def dirty_price(
    bonds: BondTable, yields: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> Floats:
    """Price with accrued interest, per 100 face, from the yield to maturity.

    Parameters
    ----------
    bonds : BondTable
    yields : array_like, broadcast to (n_bonds,)
        Decimals a year, compounded with the frequency of each bond.
    convention : YieldConvention

    Returns
    -------
    ndarray of shape (n_bonds,)

    Raises
    ------
    ValueError
        If a yield is NaN or not above minus the compounding frequency.

    References
    ----------
    31 CFR 356 Appendix B, section II (US_TREASURY); SIFMA Standard Securities Calculation Methods
    (STREET).

    Examples
    --------
    >>> flows = BondFlows(np.array([3.0, 103.0]), np.array([1.0, 2.0]), np.array([365, 730]), 0.0, 1)
    >>> dirty_price(bond_table([flows]), [0.04]).round(6).tolist()
    [98.113905]

    """
    growth = 1.0 + _checked(bonds, yields) / bonds.frequency
    return _to_first(bonds, growth, convention).value * _horner(bonds.amounts, 1.0 / growth, 0)[0]


def clean_price(
    bonds: BondTable, yields: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> Floats:
    """Price without accrued interest; see `dirty_price`.

    Examples
    --------
    Half a year into the first period of a yearly coupon of 3:

    >>> flows = BondFlows(np.array([3.0, 103.0]), np.array([0.5, 1.5]), np.array([182, 547]), 1.5, 1)
    >>> clean_price(bond_table([flows]), [0.03]).round(6).tolist()
    [99.988916]

    """
    return dirty_price(bonds, yields, convention) - bonds.accrued


def bond_yield(
    bonds: BondTable, clean: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> Yields:
    """Yield to maturity from the clean price, by Newton's method to 1e-13.

    Parameters
    ----------
    bonds : BondTable
    clean : array_like, broadcast to (n_bonds,)
        Per 100 face.
    convention : YieldConvention

    Returns
    -------
    Yields of shape (n_bonds,)
        Not ok where the dirty price is not positive, or no yield was found.

    Examples
    --------
    >>> flows = BondFlows(np.array([3.0, 103.0]), np.array([1.0, 2.0]), np.array([365, 730]), 0.0, 1)
    >>> bond_yield(bond_table([flows]), [100.0]).yields.round(12).tolist()
    [0.03]

    """
    target = np.broadcast_to(np.asarray(clean, dtype=np.float64), bonds.accrued.shape) + bonds.accrued
    yields = np.full(target.shape, np.nan)
    order = np.argsort(bonds.n_flows, kind="stable")
    for start in range(0, order.size, _BLOCK):
        rows = order[start : start + _BLOCK]
        yields[rows] = _solve(bonds.some(rows), target[rows], convention)
    return Yields(yields, np.isfinite(yields))


def _solve(bonds: BondTable, target: Floats, convention: YieldConvention) -> Floats:
    """Find the yields at the dirty prices; NaN where there is none.

    Newton's method for the logarithm of the price as a function of the logarithm of the growth of a
    period: convex and nearly straight, and straight for a single payment. The first guess, all
    amounts at their mean time, is never above the root, so the search comes from one side.
    """
    total, moment = _horner(bonds.amounts, np.ones(target.shape), 1)
    is_ok = np.isfinite(target) & (target > 0.0) & (total > 0.0)
    goal = np.where(is_ok, target, 1.0)
    with np.errstate(all="ignore"):
        mean_time = bonds.whole_periods + bonds.broken_period + moment / total
        growth = np.where(is_ok, (total / goal) ** (1.0 / mean_time), 1.0)
        for _ in range(_MAX_STEPS):
            to_first = _to_first(bonds, growth, convention)
            value, first = _horner(bonds.amounts, 1.0 / growth, 1)
            periods = first / (value * growth) - growth * to_first.slope / to_first.value
            step = np.log(to_first.value * value / goal) / periods
            growth = growth * np.exp(step)
            is_done = ~is_ok | (np.abs(step) <= _LAST_STEP)
            if is_done.all():
                break
    return np.where(is_ok & is_done, bonds.frequency * (growth - 1.0), np.nan)


def bond_sensitivities(
    bonds: BondTable, yields: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> BondSensitivities:
    """Compute modified duration, convexity and the value of a basis point.

    DV01 is ``(P(y - 1 bp) - P(y + 1 bp)) / 2``, positive for a bond that is long rates down.

    Raises
    ------
    ValueError
        As in `dirty_price`.

    Examples
    --------
    A payment after two periods of a year: duration 2 / 1.04, convexity 6 / 1.04^2.

    >>> flows = BondFlows(np.array([0.0, 100.0]), np.array([1.0, 2.0]), np.array([365, 730]), 0.0, 1)
    >>> found = bond_sensitivities(bond_table([flows]), [0.04])
    >>> [x.round(6).tolist() for x in (found.modified_duration, found.convexity, found.dv01)]
    [[1.923077], [5.547337], [0.01778]]

    """
    array = _checked(bonds, yields)
    price = _priced(bonds, array, convention)
    down, up = (dirty_price(bonds, array + shift, convention) for shift in (-BASIS_POINT, BASIS_POINT))
    return BondSensitivities(-price.slope / price.value, price.curvature / price.value, 0.5 * (down - up))
