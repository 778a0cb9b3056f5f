"""Backtest of a value at risk: whether exceptions are as rare as promised, and whether they come alone."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, chdtrc, xlogy

from analytics_platform.risk.arrays import Booleans
from analytics_platform.risk.numeric_input import finite_array, tail_share

Zone = Literal["green", "yellow", "red"]

BASEL_OBSERVATIONS = 250
BASEL_CONFIDENCE = 0.99
_YELLOW_FROM, _RED_FROM = 0.95, 0.9999
_PLUS_FACTORS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.40, 0.50, 0.65, 0.75, 0.85, 1.0)


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood ratio, not negative, and the probability of one as large if the model is right."""

    statistic: float
    p_value: float


@dataclass(frozen=True)
class Backtest:
    """Result of a backtest.

    Attributes
    ----------
    n_observations, n_exceptions : int
    expected_exceptions : float
        n (1 - c).
    coverage, independence, conditional_coverage : LikelihoodRatio
        Kupiec's test of the number of exceptions, Christoffersen's of their order, and of both.
    zone : str
        Traffic light.
    plus_factor : float
        Addition to the Basel multiplier; NaN unless the confidence is 99 % over 250 days.
    is_short : bool
        Fewer than 250 days: the tests have little power.

    """

    n_observations: int
    n_exceptions: int
    expected_exceptions: float
    coverage: LikelihoodRatio
    independence: LikelihoodRatio
    conditional_coverage: LikelihoodRatio
    zone: Zone
    plus_factor: float
    is_short: bool


def exceptions(pnl: ArrayLike, value_at_risk: ArrayLike) -> Booleans:
    """Days on which the loss was larger than the value at risk.

    Parameters
    ----------
    pnl : array_like of shape (n_days,)
        Hypothetical P&L of each day: of the positions held at the end of the day before.
    value_at_risk : array_like of shape (n_days,)
        As known at the end of the day before, positive for a loss.

    Returns
    -------
    ndarray of shape (n_days,), bool
        A loss that equals the value at risk is no exception.

    Raises
    ------
    ValueError
        If the two differ in length, are empty, or hold a NaN or an infinity: a day without a number
        must be left out by whoever knows why.

    Examples
    --------
    >>> exceptions([-3.0, -2.0, 1.0], [2.0, 2.0, 2.0]).tolist()
    [True, False, False]

    """
    gains = finite_array(pnl, "profits and losses", ndim=1)
    limits = finite_array(value_at_risk, "values at risk", ndim=1)
    if gains.shape != limits.shape:
        message = f"{gains.size} profits and losses do not match {limits.size} values at risk"
        raise ValueError(message)
    return np.asarray(-gains > limits)


def _log_likelihood(hits: float, misses: float, rate: float) -> float:
    return float(xlogy(hits, rate) + xlogy(misses, 1.0 - rate))


def _rate(hits: float, misses: float) -> float:
    return hits / (hits + misses) if hits else 0.0


def _tested(statistic: float, degrees: int) -> LikelihoodRatio:
    positive = max(statistic, 0.0)
    return LikelihoodRatio(positive, float(chdtrc(degrees, positive)))


def _check_counts(n_exceptions: int, n_observations: int) -> None:
    if not 0 <= n_exceptions <= n_observations or n_observations < 1:
        message = f"{n_exceptions} exceptions in {n_observations} observations cannot be"
        raise ValueError(message)


def kupiec_test(n_exceptions: int, n_observations: int, *, confidence: float) -> LikelihoodRatio:
    """Test whether exceptions are as frequent as the confidence says (proportion of failures).

    Parameters
    ----------
    n_exceptions, n_observations : int
    confidence : float
        Of the value at risk, strictly between 0 and 1.

    Returns
    -------
    LikelihoodRatio
        Chi-square with one degree of freedom.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1, or the numbers cannot be.

    References
    ----------
    Kupiec, P. (1995). Techniques for verifying the accuracy of risk measurement models. Journal of
    Derivatives 3(2), 73-84.

    Examples
    --------
    >>> found = kupiec_test(57, 1043, confidence=0.95)
    >>> round(found.statistic, 5), round(found.p_value, 5)
    (0.46147, 0.49694)

    """
    _check_counts(n_exceptions, n_observations)
    share, misses = tail_share(confidence), n_observations - n_exceptions
    found = _log_likelihood(n_exceptions, misses, n_exceptions / n_observations)
    return _tested(2.0 * (found - _log_likelihood(n_exceptions, misses, share)), 1)


def independence_test(is_exception: ArrayLike) -> LikelihoodRatio:
    """Test whether a day after an exception has another chance of one than any other day.

    Parameters
    ----------
    is_exception : array_like of bool of shape (n_days,)
        In the order of time, at least two days.

    Returns
    -------
    LikelihoodRatio
        Chi-square with one degree of freedom; 0 log 0 counts as 0, so that without exceptions the
        statistic is 0.

    Raises
    ------
    ValueError
        If there are fewer days, or the values are no truth values.

    References
    ----------
    Christoffersen, P. (1998). Evaluating interval forecasts. International Economic Review 39(4),
    841-862, section 3.

    Examples
    --------
    >>> round(independence_test([True, True, False, False, False, False]).statistic, 4)
    2.2314

    """
    hit = np.asarray(is_exception)
    if hit.dtype != np.bool_ or hit.ndim != 1 or hit.size <= 1:
        message = "the independence of exceptions needs a truth value for each of two or more days"
        raise ValueError(message)
    before, after = hit[:-1], hit[1:]
    n00, n01 = int((~before & ~after).sum()), int((~before & after).sum())
    n10, n11 = int((before & ~after).sum()), int((before & after).sum())
    together = _log_likelihood(n01 + n11, n00 + n10, _rate(n01 + n11, n00 + n10))
    apart = _log_likelihood(n01, n00, _rate(n01, n00)) + _log_likelihood(n11, n10, _rate(n11, n10))
    return _tested(2.0 * (apart - together), 1)


def traffic_light(n_exceptions: int, n_observations: int, *, confidence: float) -> Zone:
    """Zone of a number of exceptions by the chance of no more than those, if the model is right.

    Yellow begins where that chance reaches 95 %, red where it reaches 99.99 %.

    Parameters, errors as in `kupiec_test`.

    References
    ----------
    Basel Committee on Banking Supervision (January 1996). Supervisory framework for the use of
    "backtesting" in conjunction with the internal models approach, table 2.

    Examples
    --------
    >>> [traffic_light(n, 250, confidence=0.99) for n in (4, 5, 9, 10)]
    ['green', 'yellow', 'yellow', 'red']

    """
    _check_counts(n_exceptions, n_observations)
    chance = float(bdtr(n_exceptions, n_observations, tail_share(confidence)))
    if chance < _YELLOW_FROM:
        return "green"
    return "yellow" if chance < _RED_FROM else "red"


def basel_plus_factor(n_exceptions: int) -> float:
    """Addition to the multiplier of 3 for exceptions in 250 days at 99 %.

    Raises
    ------
    ValueError
        If the number is negative or above 250.

    References
    ----------
    Basel Committee on Banking Supervision (January 1996), as in `traffic_light`, table 2.

    Examples
    --------
    >>> [basel_plus_factor(n) for n in (4, 5, 12)]
    [0.0, 0.4, 1.0]

    """
    _check_counts(n_exceptions, BASEL_OBSERVATIONS)
    return _PLUS_FACTORS[min(n_exceptions, len(_PLUS_FACTORS) - 1)]


def backtest(pnl: ArrayLike, value_at_risk: ArrayLike, *, confidence: float) -> Backtest:
    """Compare each day's P&L with the value at risk that was known the evening before.

    Parameters
    ----------
    pnl, value_at_risk : array_like of shape (n_days,)
        As in `exceptions`, at least two days.
    confidence : float
        Of the value at risk, strictly between 0 and 1.

    Raises
    ------
    ValueError
        As in `exceptions` and `kupiec_test`.

    Examples
    --------
    >>> found = backtest(np.linspace(-1.2, 1.0, 250), np.full(250, 1.15), confidence=0.99)
    >>> found.n_exceptions, found.zone, found.plus_factor, found.is_short
    (6, 'yellow', 0.5, False)

    """
    hit = exceptions(pnl, value_at_risk)
    n, count = hit.size, int(hit.sum())
    coverage = kupiec_test(count, n, confidence=confidence)
    independence = independence_test(hit)
    is_basel = n == BASEL_OBSERVATIONS and confidence == BASEL_CONFIDENCE
    return Backtest(
        n_observations=n,
        n_exceptions=count,
        expected_exceptions=n * tail_share(confidence),
        coverage=coverage,
        independence=independence,
        conditional_coverage=_tested(coverage.statistic + independence.statistic, 2),
        zone=traffic_light(count, n, confidence=confidence),
        plus_factor=basel_plus_factor(count) if is_basel else float("nan"),
        is_short=n < BASEL_OBSERVATIONS,
    )
