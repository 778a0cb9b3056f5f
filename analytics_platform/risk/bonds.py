"""Bond prices from yields and back, durations and convexity. Discounting on a curve is in `spreads`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.accruals import BondFlows
from analytics_platform.risk.arrays import Booleans, Floats

BASIS_POINT = 1e-4
_MAX_STEPS = 60
_TOLERANCE = 1e-13


class YieldConvention(StrEnum):
    """How a yield discounts over the broken first period."""

    STREET = "street"
    """Compound: ``(1 + y/f) ** -w`` for a broken period of length w."""
    US_TREASURY = "us_treasury"
    """Simple: ``1 / (1 + w y/f)``, as 31 CFR 356 Appendix B does for new issues."""


@dataclass(frozen=True)
class BondTable:
    """Flows of several bonds side by side, padded with zero amounts.

    Attributes
    ----------
    amounts, whole_periods : ndarray of shape (n_bonds, n_flows)
        Amounts per 100 face, and whole compounding periods after the broken one.
    broken_period : ndarray of shape (n_bonds,)
        Length of the broken first period in periods, above 0 and at most 1.
    accrued, frequency : ndarray of shape (n_bonds,)

    """

    amounts: Floats
    whole_periods: Floats
    broken_period: Floats
    accrued: Floats
    frequency: Floats


@dataclass(frozen=True)
class Yields:
    """Yields with the mark of those that were found; NaN where `is_ok` is False."""

    yields: Floats
    is_ok: Booleans


@dataclass(frozen=True)
class BondSensitivities:
    """Per 100 face; duration in years, convexity in years squared, both relative to the dirty price."""

    modified_duration: Floats
    convexity: Floats
    dv01: Floats


def bond_table(flows: Sequence[BondFlows]) -> BondTable:
    """Put the flows of bonds side by side for vectorised pricing."""
    width = max((f.amounts.size for f in flows), default=0)
    amounts, whole = np.zeros((len(flows), width)), np.zeros((len(flows), width))
    broken = np.ones(len(flows))
    for row, f in enumerate(flows):
        offset = np.ceil(f.periods[0]) - 1.0
        broken[row] = f.periods[0] - offset
        amounts[row, : f.amounts.size] = f.amounts
        whole[row, : f.amounts.size] = np.arange(f.amounts.size) + offset
    accrued = np.array([f.accrued for f in flows])
    return BondTable(amounts, whole, broken, accrued, np.array([float(f.frequency) for f in flows]))


def _street(bonds: BondTable, yields: Floats) -> tuple[Floats, Floats, Floats]:
    """Dirty price and its first and second derivative by the yield."""
    growth = 1.0 + yields / bonds.frequency
    periods = bonds.whole_periods + bonds.broken_period[:, None]
    present = bonds.amounts * growth[:, None] ** -periods
    by_rate = (present * periods).sum(axis=1) / growth
    second = (present * periods * (periods + 1.0)).sum(axis=1) / growth**2
    return present.sum(axis=1), -by_rate / bonds.frequency, second / bonds.frequency**2


def _us_treasury(bonds: BondTable, yields: Floats) -> tuple[Floats, Floats, Floats]:
    """Dirty price and its first and second derivative by the yield."""
    rate, w = yields / bonds.frequency, bonds.broken_period
    growth, simple = 1.0 + rate, 1.0 / (1.0 + w * rate)
    n = bonds.whole_periods
    present = bonds.amounts * growth[:, None] ** -n
    value = present.sum(axis=1)
    first = -(present * n).sum(axis=1) / growth
    second = (present * n * (n + 1.0)).sum(axis=1) / growth**2
    simple_first, simple_second = -w * simple**2, 2.0 * w**2 * simple**3
    slope = simple_first * value + simple * first
    curvature = simple_second * value + 2.0 * simple_first * first + simple * second
    return simple * value, slope / bonds.frequency, curvature / bonds.frequency**2


_PRICERS: dict[YieldConvention, Callable[[BondTable, Floats], tuple[Floats, Floats, Floats]]] = {
    YieldConvention.STREET: _street,
    YieldConvention.US_TREASURY: _us_treasury,
}


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

    """
    return _PRICERS[convention](bonds, _checked(bonds, yields))[0]


def clean_price(
    bonds: BondTable, yields: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> Floats:
    """Price without accrued interest; see `dirty_price`."""
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

    """
    target = np.broadcast_to(np.asarray(clean, dtype=np.float64), bonds.accrued.shape) + bonds.accrued
    is_ok = np.isfinite(target) & (target > 0.0)
    yields, floor = np.full(target.shape, 0.05), -bonds.frequency
    is_done = ~is_ok
    for _ in range(_MAX_STEPS):
        price, slope, _second = _PRICERS[convention](bonds, yields)
        # On the logarithm of the price, which is nearly straight, so that far starts converge too.
        step = np.where(is_done, 0.0, price / slope * np.log(np.where(is_ok, target / price, 1.0)))
        yields = np.maximum(yields + step, 0.5 * (yields + floor))
        is_done |= np.abs(step) <= _TOLERANCE
        if is_done.all():
            break
    is_ok &= is_done
    return Yields(np.where(is_ok, yields, np.nan), is_ok)


def bond_sensitivities(
    bonds: BondTable, yields: ArrayLike, convention: YieldConvention = YieldConvention.STREET
) -> BondSensitivities:
    """Compute modified duration, convexity and the value of a basis point.

    DV01 is ``(P(y - 1 bp) - P(y + 1 bp)) / 2``, positive for a bond that is long rates down.

    Raises
    ------
    ValueError
        As in `dirty_price`.

    """
    array = _checked(bonds, yields)
    pricer = _PRICERS[convention]
    price, slope, curvature = pricer(bonds, array)
    dv01 = 0.5 * (pricer(bonds, array - BASIS_POINT)[0] - pricer(bonds, array + BASIS_POINT)[0])
    return BondSensitivities(-slope / price, curvature / price, dv01)
