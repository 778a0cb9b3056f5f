"""Attribution of an active return to the weights and the choices within sectors (Brinson)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics_platform.risk.arrays import Floats
from analytics_platform.risk.linking import linked_contributions
from analytics_platform.risk.numeric_input import finite_array

Method = Literal["brinson_fachler", "brinson_hood_beebower"]
_TOLERANCE = 1e-9
"""Largest difference of the sum of weights from 1."""


@dataclass(frozen=True)
class Attribution:
    """Effects of each period and sector; of each period they sum to its active return.

    Attributes
    ----------
    allocation, selection, interaction : ndarray of shape (n_periods, n_sectors)
        From weighing sectors otherwise, from other returns within them, from both together.
    portfolio_return, benchmark_return : ndarray of shape (n_periods,)

    """

    allocation: Floats
    selection: Floats
    interaction: Floats
    portfolio_return: Floats
    benchmark_return: Floats


@dataclass(frozen=True)
class LinkedAttribution:
    """Effects of each sector over all periods; they sum to the difference of the compounded returns."""

    allocation: Floats
    selection: Floats
    interaction: Floats


def _weights(weights: ArrayLike, owner: str) -> Floats:
    array = finite_array(weights, f"weights of the {owner}", ndim=2)
    missed = np.abs(array.sum(axis=1) - 1.0)
    if missed.max() > _TOLERANCE:
        period = int(missed.argmax())
        message = f"weights of the {owner}: those of period {period} sum to {array[period].sum()}, not to 1"
        raise ValueError(message)
    return array


def _returns(returns: ArrayLike, weights: Floats, owner: str) -> Floats:
    """Sector returns, 0 where the weight is 0 and the return may be unknown."""
    array = np.asarray(returns, dtype=np.float64)
    if array.shape != weights.shape:
        message = (
            f"returns of the {owner} of shape {array.shape} do not match weights of shape {weights.shape}"
        )
        raise ValueError(message)
    is_absent = weights == 0.0
    faulty = np.argwhere(~np.isfinite(array) & ~is_absent)
    if faulty.size:
        period, sector = (int(index) for index in faulty[0])
        message = f"returns of the {owner}: none for sector {sector} in period {period}, which has a weight"
        raise ValueError(message)
    return np.where(is_absent, 0.0, array)


def brinson_attribution(
    portfolio_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_weights: ArrayLike,
    benchmark_returns: ArrayLike,
    *,
    method: Method = "brinson_fachler",
) -> Attribution:
    """Split the active return of each period into allocation, selection and interaction.

    Allocation is ``(wp - wb)(rb - B)``, or ``(wp - wb) rb`` by Brinson, Hood and Beebower; selection
    ``wb (rp - rb)``; interaction ``(wp - wb)(rp - rb)``; B is the return of the benchmark.

    Parameters
    ----------
    portfolio_weights, benchmark_weights : array_like of shape (n_periods, n_sectors)
        At the start of each period, summing to 1; cash is a sector.
    portfolio_returns, benchmark_returns : array_like of shape (n_periods, n_sectors)
        Decimals. Where the weight is 0 the sector is absent and its return is not read (NaN may
        stand there): a sector absent from the benchmark takes B as benchmark return, one absent from
        the portfolio the benchmark's.
    method : {"brinson_fachler", "brinson_hood_beebower"}

    Returns
    -------
    Attribution

    Raises
    ------
    ValueError
        If shapes differ, weights do not sum to 1, or a sector with a weight has no return.

    References
    ----------
    Brinson, G., Fachler, N. (1985). Measuring non-US equity portfolio performance. Journal of
    Portfolio Management 11(3), 73-76; Brinson, G., Hood, L. R., Beebower, G. (1986). Determinants of
    portfolio performance. Financial Analysts Journal 42(4), 39-44; Bacon, C. (2008). Practical
    Portfolio Performance Measurement and Attribution, 2nd edition, chapter 5.

    Examples
    --------
    >>> found = brinson_attribution([[0.6, 0.4]], [[0.10, 0.02]], [[0.5, 0.5]], [[0.08, 0.04]])
    >>> [effect.round(6).tolist() for effect in (found.allocation, found.selection, found.interaction)]
    [[[0.002, 0.002]], [[0.01, -0.01]], [[0.002, 0.002]]]

    """
    wp, wb = _weights(portfolio_weights, "portfolio"), _weights(benchmark_weights, "benchmark")
    if wp.shape != wb.shape:
        message = f"weights of the portfolio of shape {wp.shape} do not match {wb.shape} of the benchmark"
        raise ValueError(message)
    rp, rb = _returns(portfolio_returns, wp, "portfolio"), _returns(benchmark_returns, wb, "benchmark")
    portfolio, benchmark = (wp * rp).sum(axis=1), (wb * rb).sum(axis=1)
    rb = np.where(wb == 0.0, benchmark[:, None], rb)
    rp = np.where(wp == 0.0, rb, rp)
    level = benchmark[:, None] if method == "brinson_fachler" else 0.0
    return Attribution(
        allocation=(wp - wb) * (rb - level),
        selection=wb * (rp - rb),
        interaction=(wp - wb) * (rp - rb),
        portfolio_return=portfolio,
        benchmark_return=benchmark,
    )


def linked_attribution(attribution: Attribution) -> LinkedAttribution:
    """Effects over all periods by Carino's factors.

    Parameters
    ----------
    attribution : Attribution
        Periods in any order; they follow each other without a gap.

    Returns
    -------
    LinkedAttribution
        Arrays of shape (n_sectors,).

    Raises
    ------
    ValueError
        If a period loses everything.

    References
    ----------
    Carino, D. (1999), as in `linking.linking_coefficients`.

    Examples
    --------
    >>> once = brinson_attribution([[0.6, 0.4]], [[0.10, 0.02]], [[0.5, 0.5]], [[0.08, 0.04]])
    >>> linked_attribution(once).allocation.round(6).tolist()
    [0.002, 0.002]

    """
    n_sectors = attribution.allocation.shape[1]
    effects = np.hstack([attribution.allocation, attribution.selection, attribution.interaction])
    linked = linked_contributions(effects, attribution.portfolio_return, attribution.benchmark_return)
    return LinkedAttribution(*linked.reshape(3, n_sectors))
