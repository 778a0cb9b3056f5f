"""Sums of unit P&L over holdings: sparse where little is held, one BLAS call where much is."""

import numpy as np
from scipy.sparse import csr_array

from analytics_platform.risk.arrays import Floats

_DENSE_SHARE = 0.08
"""Share of instruments held from which a dense row costs less than a sparse one (measured: 1 / 16)."""


def portfolio_vectors(holdings: csr_array, unit_pnl: Floats) -> Floats:
    """P&L of portfolios in each scenario, [portfolio x scenario].

    Parameters
    ----------
    holdings : csr_array of shape (n_portfolios, n_instruments)
        Quantities.
    unit_pnl : ndarray of shape (n_instruments, n_scenarios), float64
        P&L of one unit of each instrument, in C order. A NaN or infinity stays with the portfolios
        that hold the instrument.

    Returns
    -------
    ndarray of shape (n_portfolios, n_scenarios)
        The order of summation, and so the last digit, depends on how much a portfolio holds.

    Examples
    --------
    >>> portfolio_vectors(csr_array([[2.0, 0.0], [1.0, 1.0]]), np.array([[1.0, -1.0], [0.5, 0.25]])).tolist()
    [[2.0, -2.0], [1.5, -0.75]]

    """
    is_dense = np.diff(holdings.indptr) >= _DENSE_SHARE * holdings.shape[1]
    # In a dense product nothing times NaN would be NaN.
    if not is_dense.any() or not np.isfinite(unit_pnl.sum()):
        return np.asarray(holdings @ unit_pnl)
    if is_dense.all():
        return np.asarray(holdings.toarray() @ unit_pnl)
    vectors = np.empty((holdings.shape[0], unit_pnl.shape[1]))
    vectors[is_dense] = holdings[is_dense].toarray() @ unit_pnl
    vectors[~is_dense] = holdings[~is_dense] @ unit_pnl
    return vectors
