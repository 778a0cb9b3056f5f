"""Random moves of risk factors, the same however the work is cut up, and the error of what is estimated.

A scenario is a number: its draws depend on the seed, on the block of scenarios that it belongs to and
on nothing else, neither on the workers nor on how many scenarios are asked for.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.measures import expected_shortfall, tail, value_at_risk
from analytics_platform.risk.numeric_input import finite_array, long_enough, tail_share

BLOCK = 1024
"""Scenarios that share a random stream; another number gives other draws."""

Revaluation = Callable[[Floats], Floats]
"""P&L of shape (..., n) of moves of shape (n, n_factors)."""


def cholesky_root(covariance: ArrayLike) -> Floats:
    """Upper triangular root R of a covariance in full, R' R, for few factors.

    For many factors `Covariance.root` gives one without forming the covariance.

    Parameters
    ----------
    covariance : array_like of shape (n_factors, n_factors)

    Raises
    ------
    ValueError
        If it is not symmetric and positive definite, is empty, or holds a NaN or an infinity.

    Examples
    --------
    >>> cholesky_root([[4.0, 2.0], [2.0, 10.0]]).tolist()
    [[2.0, 1.0], [0.0, 3.0]]

    """
    matrix = finite_array(covariance, "covariance", ndim=2)
    if matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0.0):
        message = "the covariance is not symmetric"
        raise ValueError(message)
    try:
        return np.asarray(np.linalg.cholesky(matrix).T)
    except np.linalg.LinAlgError as error:
        message = "the covariance is not positive definite: factors repeat each other, or do not move"
        raise ValueError(message) from error


def _block_moves(root: Floats, block: int, seed: int) -> Floats:
    """All moves of one block, always drawn and multiplied in full."""
    stream = np.random.Philox(np.random.SeedSequence(seed, spawn_key=(block,)))
    draws = np.random.Generator(stream).standard_normal((BLOCK, len(root)))
    moves: Floats = draws @ root
    return moves


def simulated_moves(root: ArrayLike, *, n_scenarios: int, seed: int, first: int = 0) -> Floats:
    """Draw normal moves of the risk factors with mean zero and a given covariance.

    Parameters
    ----------
    root : array_like of shape (k, n_factors)
        Any R with R' R equal to the covariance: `Covariance.root` or `cholesky_root`.
    n_scenarios : int
        At least one.
    seed : int
        Not negative.
    first : int
        Number of the first scenario; a run cut into pieces gives each worker another one.

    Returns
    -------
    ndarray of shape (n_scenarios, n_factors)
        In the unit of the returns. Pieces laid one behind the other are the whole, bit for bit.

    Raises
    ------
    ValueError
        If a number is out of its range, or the root is empty or holds a NaN or an infinity.

    References
    ----------
    Salmon, J. et al. (2011). Parallel random numbers: as easy as 1, 2, 3. SC '11 (Philox);
    Glasserman, P. (2004). Monte Carlo Methods in Financial Engineering, section 2.3.3.

    Examples
    --------
    >>> whole = simulated_moves([[0.01]], n_scenarios=2000, seed=1)
    >>> bool((simulated_moves([[0.01]], n_scenarios=500, seed=1, first=900) == whole[900:1400]).all())
    True

    """
    matrix = finite_array(root, "root of the covariance", ndim=2)
    if n_scenarios < 1 or first < 0 or seed < 0:
        message = f"{n_scenarios} scenarios from number {first} with seed {seed} cannot be drawn"
        raise ValueError(message)
    last = first + n_scenarios
    blocks = [
        _block_moves(matrix, block, seed)[max(first - block * BLOCK, 0) : last - block * BLOCK]
        for block in range(first // BLOCK, (last - 1) // BLOCK + 1)
    ]
    return np.concatenate(blocks)


def simulated_pnl(
    root: ArrayLike, revalue: Revaluation, *, n_scenarios: int, seed: int, first: int = 0
) -> Floats:
    """P&L of simulated scenarios by full revaluation, one block of moves in memory at a time.

    Parameters
    ----------
    root, n_scenarios, seed, first
        As in `simulated_moves`.
    revalue : callable
        Takes moves of shape (n, n_factors), gives P&L of shape (..., n).

    Returns
    -------
    ndarray of shape (..., n_scenarios)
        What the measures of `measures` take.

    Raises
    ------
    ValueError
        As in `simulated_moves`, or if a revaluation gives another number of scenarios, or a NaN or
        an infinity.

    Examples
    --------
    >>> pnl = simulated_pnl([[0.01]], lambda moves: 100.0 * moves[:, 0], n_scenarios=20000, seed=7)
    >>> round(float(value_at_risk(pnl, confidence=0.95)), 1)  # 1.645 in the limit
    1.6

    """
    parts: list[Floats] = []
    start, end = first, first + n_scenarios
    while start < end or not parts:
        count = min(BLOCK - start % BLOCK, end - start)
        moves = simulated_moves(root, n_scenarios=count, seed=seed, first=start)
        pnl = finite_array(revalue(moves), f"P&L of the scenarios from number {start}")
        if pnl.shape[-1] != count:
            message = f"the revaluation of {count} scenarios gave {pnl.shape[-1]} values"
            raise ValueError(message)
        parts.append(pnl)
        start += count
    return np.concatenate(parts, axis=-1)


def value_at_risk_error(pnl: ArrayLike, *, confidence: float) -> Floats:
    """Chance error of the value at risk of independent scenarios.

    ``sqrt(n c (1 - c))`` times the spacing of the losses around the value at risk, which is one over n
    times their density; the spacing is the mean one over as many ranks to both sides.

    Parameters
    ----------
    pnl : array_like of shape (..., n_scenarios)
        At least two scenarios.
    confidence : float
        Strictly between 0 and 1.

    Returns
    -------
    ndarray of shape (...)
        One standard error, in the unit of the P&L.

    Raises
    ------
    ValueError
        If the confidence is not between 0 and 1, there are fewer scenarios, or one is not finite.

    References
    ----------
    Glasserman, P. (2004). Monte Carlo Methods in Financial Engineering, chapter 9; Serfling, R.
    (1980). Approximation Theorems of Mathematical Statistics, section 2.3.3.

    Examples
    --------
    >>> round(float(value_at_risk_error(-np.arange(1.0, 10001.0), confidence=0.99)), 4)  # in ranks
    9.9499

    """
    share = tail_share(confidence)
    array = long_enough(finite_array(pnl, "profits and losses"), 2, "profits and losses")
    n = array.shape[-1]
    width = np.sqrt(n * confidence * share)
    rank = tail(n, confidence).count - 1
    low, high = max(rank - max(round(width), 1), 0), min(rank + max(round(width), 1), n - 1)
    edges = np.partition(array, (low, high), axis=-1)
    return np.asarray(width * (edges[..., high] - edges[..., low]) / (high - low))


def expected_shortfall_error(pnl: ArrayLike, *, confidence: float) -> Floats:
    """Chance error of the expected shortfall of independent scenarios.

    ``sqrt((variance of the tail losses + c (ES - VaR)^2) / (n (1 - c)))``.

    Parameters, errors and shape as in `value_at_risk_error`.

    References
    ----------
    Manistre, B. J., Hancock, G. H. (2005). Variance of the CTE estimator. North American Actuarial
    Journal 9(2), 129-156.

    Examples
    --------
    >>> pnl = np.append([-4.0, -2.0], np.zeros(98))
    >>> round(float(expected_shortfall_error(pnl, confidence=0.98)), 4)  # sqrt((1 + 0.98) / 2)
    0.995

    """
    share = tail_share(confidence)
    array = long_enough(finite_array(pnl, "profits and losses"), 2, "profits and losses")
    least = value_at_risk(array, confidence=confidence)
    mean = expected_shortfall(array, confidence=confidence)
    # The second moment of the tail is the shortfall of the squared excess, which keeps the tail's order.
    excess = np.maximum(-array - least[..., None], 0.0)
    second = expected_shortfall(0.0 - np.square(excess), confidence=confidence)
    variance = second - (mean - least) ** 2 + confidence * (mean - least) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0) / (array.shape[-1] * share)))
