"""Modified Dietz return: gain over the capital at work, flows weighted by the time that they were there."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measured import Measured

LARGE_FLOW = 0.10
"""Share of the capital from which on a flow asks for a valuation on its day."""
NO_CAPITAL = "the capital at work is not positive"


def flow_weights(
    days_gone: ArrayLike, *, period_days: int, timing: Literal["end", "start"] = "end"
) -> Floats:
    """Share of a period that flows are at work.

    Parameters
    ----------
    days_gone : array_like of int
        Day of the period on which each flow comes, the first day being 1.
    period_days : int
        Calendar days of the period.
    timing : {"end", "start"}
        Whether flows count from the end of their day, ``(D - d) / D``, or from its start,
        ``(D - d + 1) / D``.

    Raises
    ------
    ValueError
        If a day is not within the period.

    Examples
    --------
    >>> flow_weights([1, 15, 30], period_days=30).round(4).tolist()
    [0.9667, 0.5, 0.0]

    """
    days = np.asarray(days_gone, dtype=np.float64)
    if not ((days >= 1) & (days <= period_days)).all():
        message = f"a flow is not within the {period_days} days of the period, counted from 1"
        raise ValueError(message)
    return np.asarray((period_days - days + (timing == "start")) / period_days)


def _amounts(
    start_value: float, end_value: float, flows: ArrayLike, weights: ArrayLike
) -> tuple[Floats, Floats]:
    amounts, shares = np.asarray(flows, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if amounts.shape != shares.shape:
        message = f"{amounts.size} flows do not match {shares.size} weights"
        raise ValueError(message)
    if not (np.isfinite([start_value, end_value]).all() and np.isfinite(amounts).all()):
        message = "a value or flow of the period is not a finite number"
        raise ValueError(message)
    if not ((shares >= 0.0) & (shares <= 1.0)).all():
        message = "a weight of a flow is not between 0 and 1"
        raise ValueError(message)
    return amounts, shares


def modified_dietz_return(
    start_value: float, end_value: float, *, flows: ArrayLike, weights: ArrayLike
) -> Measured:
    """Gain of a period over the capital at work in it, ``(V1 - V0 - F) / (V0 + sum(w F))``.

    Parameters
    ----------
    start_value, end_value : float
        Market value before and after the period.
    flows : array_like of shape (n_flows,)
        External flows, positive into the portfolio; none are allowed.
    weights : array_like of shape (n_flows,)
        As from `flow_weights`, between 0 and 1.

    Returns
    -------
    Measured
        Decimal of the whole period; NaN if the capital at work is not positive.

    Raises
    ------
    ValueError
        If flows and weights differ in number, or a number is not finite or out of its range.

    References
    ----------
    Dietz, P. (1966). Pension Funds: Measuring Investment Performance; Bacon, C. (2008). Practical
    Portfolio Performance Measurement and Attribution, 2nd edition, chapter 2.

    Examples
    --------
    >>> float(modified_dietz_return(100.0, 300.0, flows=[50.0], weights=[0.5]).value)
    1.2

    """
    amounts, shares = _amounts(start_value, end_value, flows, weights)
    capital = start_value + float(shares @ amounts)
    if capital <= 0.0:
        return Measured(np.array(np.nan), NO_CAPITAL)
    return Measured(np.array((end_value - start_value - amounts.sum()) / capital))


def has_large_flow(start_value: float, flows: ArrayLike) -> bool:
    """Whether a flow of money is above a tenth of the value at the start: its day needs a valuation.

    References
    ----------
    CFA Institute. Global Investment Performance Standards (2020), large cash flows: the level is the
    firm's to set.

    Examples
    --------
    >>> has_large_flow(100.0, [10.0]), has_large_flow(100.0, [-10.5])
    (False, True)

    """
    return bool((np.abs(np.asarray(flows, dtype=np.float64)) > LARGE_FLOW * abs(start_value)).any())
