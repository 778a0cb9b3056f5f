"""US Treasury par-yield curves: bootstrap over many dates at once, and the moves of their zero rates."""

from dataclasses import dataclass

import numpy as np

from analytics_platform.risk.arrays import Booleans, Floats

SIMPLE_UP_TO_YEARS = 0.5
_COUPON_STEP = 0.5
_MAX_STEPS = 100
_TOLERANCE = 1e-14


@dataclass(frozen=True)
class ZeroCurves:
    """Zero curves of one market on several dates, on the same nodes.

    Attributes
    ----------
    times : ndarray of shape (n_nodes,)
        Years to each node, ascending.
    zero_rates : ndarray of shape (n_dates, n_nodes)
        Continuously compounded, decimals; NaN on a date without a curve. A node that was not quoted
        holds the rate that the curve has there, by interpolation or by flat extrapolation.
    is_quoted : ndarray of shape (n_dates, n_nodes), bool
    is_ok : ndarray of shape (n_dates,), bool
        False where nothing was quoted or the quotes admit no curve with positive discount factors.

    """

    times: Floats
    zero_rates: Floats
    is_quoted: Booleans
    is_ok: Booleans


def tenor_years(tenor: str) -> float:
    """Years of a constant-maturity tenor such as 1M, 6M or 30Y.

    Examples
    --------
    >>> tenor_years("6M"), tenor_years("30Y")
    (0.5, 30.0)

    """
    units = {"D": 1.0 / 365.0, "W": 7.0 / 365.0, "M": 1.0 / 12.0, "Y": 1.0}
    if tenor[-1:] not in units or not tenor[:-1].isdecimal():
        message = f"tenor {tenor!r} is not a number with D, W, M or Y"
        raise ValueError(message)
    return int(tenor[:-1]) * units[tenor[-1]]


def interpolation_weights(node_times: Floats, times: Floats) -> Floats:
    """Weights that turn zero rates at the nodes into logarithms of discount factors.

    Log-linear in the discount factor between the nodes and from the first node back to 1 today, and
    a flat zero rate beyond the last node. Both are linear in the zero rates, so one matrix product
    serves any number of curves: ``discount_factors = exp(-zero_rates @ weights)``.

    Parameters
    ----------
    node_times : ndarray of shape (n_nodes,)
        Years, positive and ascending.
    times : ndarray of shape (n_times,)
        Years, not negative.

    Returns
    -------
    ndarray of shape (n_nodes, n_times)

    Examples
    --------
    A payment after a year and a half, between nodes of one and two years:

    >>> interpolation_weights(np.array([1.0, 2.0]), np.array([1.5])).tolist()
    [[0.5], [1.0]]

    """
    n_nodes, columns = node_times.size, np.arange(times.size)
    weights = np.zeros((n_nodes, times.size))
    right = np.searchsorted(node_times, times)
    is_first, is_beyond = right == 0, right == n_nodes
    weights[0, is_first] = times[is_first]
    weights[-1, is_beyond] = times[is_beyond]
    between = ~(is_first | is_beyond)
    j, column = right[between], columns[between]
    share = (times[between] - node_times[j - 1]) / (node_times[j] - node_times[j - 1])
    weights[j - 1, column] = (1.0 - share) * node_times[j - 1]
    weights[j, column] += share * node_times[j]
    return weights


def discount_factors(node_times: Floats, zero_rates: Floats, times: Floats) -> Floats:
    """Discount factors of zero curves, shape (..., n_times); see `interpolation_weights`.

    Examples
    --------
    >>> discount_factors(np.array([1.0, 2.0]), np.array([0.05, 0.05]), np.array([0.0, 2.0])).round(6).tolist()
    [1.0, 0.904837]

    """
    factors: Floats = np.exp(-zero_rates @ interpolation_weights(node_times, times))
    return factors


def _solve_node(yields: Floats, known: Floats, last: Floats, shares: Floats) -> Floats:
    """Minus the log of the discount factor over one interval, from a par bond that ends with it.

    `known` is the value of 1 paid on each coupon date up to the last node, whose discount factor is
    `last`; `shares` are the places of the other coupon dates in the interval, ending with 1. The log
    of what the bond pays from there on is convex, decreasing and all but straight, so Newton's search
    on it cannot go astray; NaN where there is no answer.
    """
    coupon = 0.5 * yields
    amounts = (coupon[:, None] + (shares == 1.0)) * last[:, None]
    x = np.zeros_like(yields)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        goal = np.log(1.0 - coupon * known)
        for _ in range(_MAX_STEPS):
            flows = amounts * np.exp(-np.outer(x, shares))
            value = flows.sum(axis=1)
            step = (np.log(value) - goal) * value / (flows @ shares)
            x = x + step
            is_done = np.abs(step) <= _TOLERANCE * np.maximum(np.abs(x), 1.0)
            if np.all(is_done | ~np.isfinite(step)):
                break
    return np.where(is_done, x, np.nan)


def _bootstrap(times: Floats, yields: Floats) -> Floats:
    """Find logs of discount factors at the nodes, all quoted; NaN where there is no curve."""
    logs = np.full(yields.shape, np.nan)
    t_last, log_last = 0.0, np.zeros(len(yields))
    for node, t in enumerate(times):
        y = yields[:, node]
        if t <= SIMPLE_UP_TO_YEARS:
            growth = 1.0 + y * t
            logs[:, node] = -np.log(np.where(growth > 0.0, growth, np.nan))
        else:
            dates = np.arange(1, round(t / _COUPON_STEP) + 1) * _COUPON_STEP
            old, new = dates[dates <= t_last], dates[dates > t_last]
            weights = interpolation_weights(times[:node], old) if node else np.zeros((0, 0))
            zero = -logs[:, :node] / times[:node]
            known = np.exp(-zero @ weights).sum(axis=1)
            x = _solve_node(y, known, np.exp(log_last), (new - t_last) / (t - t_last))
            logs[:, node] = log_last - x
        t_last, log_last = float(t), logs[:, node]
    return logs


def bootstrap_par_curves(times: Floats, par_yields: Floats) -> ZeroCurves:
    """Zero curves from constant-maturity par yields, for many dates at once.

    Up to six months a yield is simple (one payment); beyond, it is the coupon, paid every half year
    counted back from the tenor, of a bond worth par. Discount factors are log-linear between nodes.

    Parameters
    ----------
    times : ndarray of shape (n_nodes,)
        Tenors in years, positive and ascending; beyond half a year in whole half years.
    par_yields : ndarray of shape (n_dates, n_nodes)
        Decimals a year; NaN where a tenor was not quoted on a date: it is skipped on that date.

    Returns
    -------
    ZeroCurves
        Of shape (n_dates, n_nodes). A date whose quotes admit no curve has no numbers.

    Raises
    ------
    ValueError
        If the tenors are not as described or the shapes do not fit.

    References
    ----------
    US Department of the Treasury, "Treasury Yield Curve Methodology": par yields are semi-annual
    bond-equivalent.

    Examples
    --------
    At a flat par yield of 2 % every zero rate is 2 log(1.01):

    >>> curves = bootstrap_par_curves(np.array([0.5, 1.0, 2.0]), np.array([[0.02, 0.02, 0.02]]))
    >>> curves.zero_rates.round(6).tolist(), curves.is_ok.tolist()
    ([[0.019901, 0.019901, 0.019901]], [True])

    """
    _check_tenors(times, par_yields)
    is_quoted = np.isfinite(par_yields)
    zero_rates = np.full(par_yields.shape, np.nan)
    patterns, members = np.unique(is_quoted, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        rows = np.flatnonzero(np.ravel(members) == number)
        logs = _bootstrap(times[pattern], par_yields[np.ix_(rows, pattern)])
        quoted_rates = -logs / times[pattern]
        zero_rates[rows] = quoted_rates @ interpolation_weights(times[pattern], times) / times
    is_ok = np.isfinite(zero_rates).all(axis=1)
    zero_rates[~is_ok] = np.nan
    return ZeroCurves(times, zero_rates, is_quoted, is_ok)


def _check_tenors(times: Floats, par_yields: Floats) -> None:
    if times.ndim != 1 or par_yields.ndim != 2 or par_yields.shape[1] != times.size or times.size == 0:  # noqa: PLR2004 - a table has two axes
        message = f"shapes {times.shape} of tenors and {par_yields.shape} of yields do not fit"
        raise ValueError(message)
    halves = times / _COUPON_STEP
    if np.any(times <= 0.0) or np.any(np.diff(times) <= 0.0):
        message = f"tenors must be positive and ascending: {times.tolist()}"
        raise ValueError(message)
    if np.any((times > SIMPLE_UP_TO_YEARS) & (halves != np.round(halves))):
        message = f"tenors beyond half a year must be whole half years: {times.tolist()}"
        raise ValueError(message)


def zero_rate_moves(curves: ZeroCurves) -> tuple[Floats, Booleans]:
    """Change of each node's zero rate from the date before, and whether it had to be filled.

    A node that was not quoted on both dates takes the move interpolated in time between the nodes
    that were, and beyond them the move of the nearest: a tenor that starts or stops being quoted
    must not look like a move of the market.

    Returns
    -------
    moves : ndarray of shape (n_dates, n_nodes)
        Absolute, decimals; NaN in the first row, and where one of the two dates has no curve.
    is_filled : ndarray of shape (n_dates, n_nodes), bool

    Examples
    --------
    >>> quotes = np.array([[0.02, 0.02], [0.03, 0.03]])
    >>> moves, is_filled = zero_rate_moves(bootstrap_par_curves(np.array([0.5, 1.0]), quotes))
    >>> moves[1].round(6).tolist(), is_filled.any().tolist()
    ([0.009877, 0.009877], False)

    """
    moves = np.full(curves.zero_rates.shape, np.nan)
    moves[1:] = np.diff(curves.zero_rates, axis=0)
    is_both = np.zeros(moves.shape, dtype=np.bool_)
    is_both[1:] = curves.is_quoted[1:] & curves.is_quoted[:-1]
    has_move = np.isfinite(moves).all(axis=1)
    moves[has_move & ~is_both.any(axis=1)] = np.nan
    has_move &= is_both.any(axis=1)
    for row in np.flatnonzero(has_move & ~is_both.all(axis=1)):
        quoted = is_both[row]
        moves[row, ~quoted] = np.interp(curves.times[~quoted], curves.times[quoted], moves[row, quoted])
    return moves, has_move[:, None] & ~is_both
