"""Discount factors out of one day's par yields. The builder's own, independent of the product's curve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TENOR_YEARS = {
    "1month": 1 / 12,
    "3month": 0.25,
    "6month": 0.5,
    "1year": 1.0,
    "2year": 2.0,
    "3year": 3.0,
    "5year": 5.0,
    "7year": 7.0,
    "10year": 10.0,
}
"""Tenors that the builder uses: its longest note has eight years to run."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Par yields of a day and the discount factors that they imply.

    Attributes
    ----------
    par_years, par_rates : ndarray of shape (n_tenors,)
        Quoted maturities in years and par yields as decimals, compounded twice a year.
    node_years, node_logs : ndarray of shape (n_nodes,)
        Maturities in years and natural logarithms of the discount factors, joined by straight lines.
    """

    par_years: Floats
    par_rates: Floats
    node_years: Floats
    node_logs: Floats

    def par_rate(self, years: float) -> float:
        """Par yield as a decimal, on the straight line between the quoted maturities."""
        return float(np.interp(years, self.par_years, self.par_rates))

    def discount(self, years: Floats) -> Floats:
        """Discount factors for maturities in years."""
        return np.exp(np.interp(years, self.node_years, self.node_logs))

    def zero_rate(self, years: float) -> float:
        """Continuously compounded zero rate as a decimal."""
        return float(-np.interp(years, self.node_years, self.node_logs)) / years


def bootstrap(par_years: Floats, par_rates: Floats) -> Curve:
    """Solve the half-yearly discount factors one after the other.

    Parameters
    ----------
    par_years, par_rates : ndarray of shape (n_tenors,)
        Maturities in years, ascending, and par yields as decimals, compounded twice a year.

    Returns
    -------
    Curve
        Nodes at the quoted maturities up to half a year, then at each half year up to ten.
    """
    short = par_years <= 0.5  # noqa: PLR2004 - the first coupon of a par bond falls due after half a year
    years = [0.0, *par_years[short].tolist()]
    factors = [1.0, *((1 + par_rates[short] / 2) ** (-2 * par_years[short])).tolist()]
    annuity = factors[-1]
    for half_years in range(2, 21):
        rate = float(np.interp(half_years / 2, par_years, par_rates))
        factor = (1 - rate / 2 * annuity) / (1 + rate / 2)
        years.append(half_years / 2)
        factors.append(factor)
        annuity += factor
    return Curve(par_years, par_rates, np.array(years), np.log(np.array(factors)))
