"""Bonds discounted on zero curves plus a continuous spread, and the spread that gives the market price."""

from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats

_MAX_STEPS = 60
_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Spreads:
    """Continuous spreads, decimals a year, marked if they were found; NaN where `is_ok` is False."""

    spreads: Floats
    is_ok: Booleans


def present_values(flows: Floats, times: Floats, discount: Floats, spreads: Floats) -> Floats:
    """Present values of cash flows on zero curves plus a continuous spread, [bond x scenario].

    Parameters
    ----------
    flows : ndarray of shape (n_bonds, n_times)
        Amounts of each bond at the common times, 0 where it pays nothing.
    times : ndarray of shape (n_times,)
        Years, ACT/365F.
    discount : ndarray of shape (n_scenarios, n_times)
        Discount factors of the curve in each scenario.
    spreads : ndarray of shape (n_bonds,)
        Continuously compounded, decimals a year.

    Returns
    -------
    ndarray of shape (n_bonds, n_scenarios)

    Examples
    --------
    100 after two years at a discount factor of 0.96, and a spread of one percent:

    >>> pv = present_values(np.array([[100.0]]), np.array([2.0]), np.array([[0.96]]), np.array([0.01]))
    >>> pv.round(4).tolist()
    [[94.0991]]

    """
    values: Floats = (flows * np.exp(-np.outer(spreads, times))) @ discount.T
    return values


def solve_spreads(flows: Floats, times: Floats, discount: Floats, dirty: Floats) -> Spreads:
    """Continuous spread over one curve at which the flows are worth the market's dirty price.

    Parameters
    ----------
    flows : ndarray of shape (n_bonds, n_times)
        Not negative, at times above 0.
    times, discount : ndarray of shape (n_times,)
    dirty : ndarray of shape (n_bonds,)
        In the unit of the flows.

    Returns
    -------
    Spreads
        Not ok where the price is not positive or the search found nothing.

    Examples
    --------
    >>> found = solve_spreads(np.array([[100.0]]), np.array([2.0]), np.array([0.96]), np.array([94.0991]))
    >>> found.spreads.round(6).tolist(), found.is_ok.tolist()
    ([0.01], [True])

    """
    is_ok = np.isfinite(dirty) & (dirty > 0.0) & (flows.max(axis=1, initial=0.0) > 0.0)
    flows = np.where(is_ok[:, None], flows, 0.0)
    spreads, is_done = np.zeros(dirty.shape), ~is_ok
    for _ in range(_MAX_STEPS):
        present = flows * discount * np.exp(-np.outer(spreads, times))
        value, slope = present.sum(axis=1), present @ times
        safe = np.where(is_ok, dirty, 1.0) / np.where(is_ok, value, 1.0)
        step = np.where(
            is_done, 0.0, -np.log(safe) * np.where(is_ok, value, 0.0) / np.where(is_ok, slope, 1.0)
        )
        spreads = spreads + step
        is_done |= np.abs(step) <= _TOLERANCE
        if is_done.all():
            break
    is_ok &= is_done
    return Spreads(np.where(is_ok, spreads, np.nan), is_ok)
