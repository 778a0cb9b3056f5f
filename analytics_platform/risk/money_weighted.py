"""Money-weighted return: the yearly rate at which dated cash flows are worth nothing (XIRR)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.numeric_input import finite_array

_DAYS_A_YEAR = 365.0
LOWEST_RATE, HIGHEST_RATE = -0.999999, 1e6
_LOWEST, _HIGHEST = float(np.log1p(LOWEST_RATE)), float(np.log1p(HIGHEST_RATE))
_GRID = np.append(np.linspace(_LOWEST, 0.0, 1000), np.linspace(0.0, _HIGHEST, 1001)[1:])
_MAX_STEPS = 200
_TOLERANCE = 1e-15

ONE_SIGN = "all cash flows have one sign: no rate makes them worth nothing"
NO_RATE = "no rate between -99.9999 % and 100 000 000 % makes the cash flows worth nothing"


@dataclass(frozen=True)
class MoneyWeighted:
    """A money-weighted return.

    Attributes
    ----------
    annual_rate : float
        Decimal a year of 365 days; NaN where it does not exist or is not the only one.
    period_return : float
        The same over the days that the flows span. For less than a year only this one is shown:
        shorter returns are not annualised.
    span_days : int
    reason : str
        Why there is no rate; empty where there is one.

    """

    annual_rate: float
    period_return: float
    span_days: int
    reason: str = ""


def _days(days: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    array = np.asarray(days)
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            message = "days of the cash flows: a date is missing"
            raise ValueError(message)
        return array.astype("datetime64[D]").astype(np.int64)
    if array.dtype.kind not in "iu":
        message = f"days of the cash flows: whole days or dates, not {array.dtype}"
        raise ValueError(message)
    return array.astype(np.int64)


def _value(x: Floats, amounts: Floats, years: Floats) -> Floats:
    """Present value at the rates exp(x) - 1, times a positive number that keeps it finite."""
    exponents = -np.multiply.outer(x, years)
    return np.asarray(np.exp(exponents - exponents.max(axis=-1, keepdims=True)) @ amounts)


def _root(low: float, high: float, amounts: Floats, years: Floats) -> float:
    """Zero of the present value between two points at which it differs in sign: Newton, safeguarded."""
    is_falling = float(_value(np.array(low), amounts, years)) > 0.0
    x = 0.5 * (low + high)
    for _step in range(_MAX_STEPS):
        value = float(_value(np.array(x), amounts, years))
        if value == 0.0:
            return x
        low, high = (x, high) if (value > 0.0) == is_falling else (low, x)
        slope = -float(_value(np.array(x), amounts * years, years))
        following = x - value / slope if slope else np.inf
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - x) <= _TOLERANCE * max(1.0, abs(x)):
            return following
        x = following
    return x


def _brackets(amounts: Floats, years: Floats) -> list[tuple[float, float]]:
    """Intervals with one zero each; a pair of zeros between two points of the grid counts as two."""
    value, slope = _value(_GRID, amounts, years), -_value(_GRID, amounts * years, years)
    found = [
        (float(_GRID[i]), float(_GRID[i + 1]))
        for i in np.flatnonzero(np.sign(value[:-1]) * np.sign(value[1:]) < 0.0)
    ]
    found += [(float(_GRID[i]), float(_GRID[i])) for i in np.flatnonzero(value == 0.0)]
    turns = (value[:-1] * slope[:-1] < 0.0) & (value[1:] * slope[1:] > 0.0) & (value[:-1] * value[1:] > 0.0)
    for i in np.flatnonzero(turns):
        low, high = float(_GRID[i]), float(_GRID[i + 1])
        turn = _root(low, high, amounts * years, years)
        if float(_value(np.array(turn), amounts, years)) * value[i] <= 0.0:
            found += [(low, turn), (turn, high)]
    return found


def _is_only(x: float, amounts: Floats, years: Floats) -> bool:
    """Tell whether money stays invested, or borrowed, at a root up to the end: then there is no other."""
    with np.errstate(over="ignore", invalid="ignore"):
        balances = np.cumsum(amounts * np.exp(-x * years))[:-1]
    return bool((balances < 0.0).all() or (balances > 0.0).all())


def money_weighted_return(amounts: ArrayLike, days: ArrayLike) -> MoneyWeighted:
    """Rate r at which ``sum(amounts / (1 + r)**(days / 365))`` is zero.

    Parameters
    ----------
    amounts : array_like of shape (n_flows,)
        What the investor pays is negative, what comes back positive; the value at the end counts as
        coming back.
    days : array_like of shape (n_flows,), int or datetime64
        Day of each flow, counted from any day, in any order. Flows of one day are netted.

    Returns
    -------
    MoneyWeighted
        Without a rate, but with the reason, if all flows have one sign, no rate between -99.9999 %
        and 100 000 000 % fits, or more than one does.

    Raises
    ------
    ValueError
        If there are no flows, amounts and days differ in number, an amount is not finite, or a day
        is not a whole one.

    Notes
    -----
    Flows in time whose sign changes once have one rate at most (Descartes). So have flows at whose rate
    the balance of what was paid and what came back keeps its sign up to the end (Soper). For others all
    rates are searched for on a grid, including pairs between two of its points.

    References
    ----------
    Microsoft Excel, function XIRR; Soper, C. S. (1959). The marginal efficiency of capital: a further
    note. Economic Journal 69(273), 174-177; CFA Institute. Global Investment Performance Standards (2020).

    Examples
    --------
    >>> dates = np.array(["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"])
    >>> flows = [-10000, 2750, 4250, 3250, 2750]
    >>> round(money_weighted_return(flows, dates.astype("datetime64[D]")).annual_rate, 8)
    0.37336253
    >>> money_weighted_return([-100.0, 230.0, -132.0], [0, 365, 730]).reason
    '2 rates make the cash flows worth nothing'

    """
    flows, when = finite_array(amounts, "cash flows", ndim=1), _days(days)
    if when.shape != flows.shape:
        message = f"{flows.size} cash flows do not match {when.size} days"
        raise ValueError(message)
    unique, group = np.unique(when, return_inverse=True)
    net: Floats = np.bincount(group, flows).astype(np.float64)
    span = int(unique[-1] - unique[0])
    years = (unique - unique[0]) / _DAYS_A_YEAR
    signs = np.sign(net[net != 0.0])
    n_changes = int((signs[1:] != signs[:-1]).sum())
    if n_changes == 0:
        return MoneyWeighted(np.nan, np.nan, span, ONE_SIGN)
    ends = _value(np.array([_LOWEST, _HIGHEST]), net, years)
    brackets = [(_LOWEST, _HIGHEST)] if ends[0] * ends[1] < 0.0 else []
    if n_changes > 1 and not (brackets and _is_only(_root(*brackets[0], net, years), net, years)):
        brackets = _brackets(net, years)
    if len(brackets) != 1:
        reason = f"{len(brackets)} rates make the cash flows worth nothing" if brackets else NO_RATE
        return MoneyWeighted(np.nan, np.nan, span, reason)
    x = _root(*brackets[0], net, years)
    return MoneyWeighted(float(np.expm1(x)), float(np.expm1(x * years[-1])), span)
